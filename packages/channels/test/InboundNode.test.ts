import { assert, describe, it } from "@effect/vitest"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Exit, Layer, Logger, Metric, References, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { createServer } from "node:http"
import type { RequestListener } from "node:http"
import * as Net from "node:net"
import type { AddressInfo } from "node:net"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundNode from "@wicara/channels/InboundNode"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import { accounts, actingFor, sign } from "./support.ts"

const key = "very secret key"

const services = InboundEvents.layerSql.pipe(
  Layer.provideMerge(accounts(SqliteClient.layer({ filename: ":memory:" })))
)

const connect = Effect.gen(function*() {
  const service = yield* ChannelAccounts
  const organization = yield* Id.next(OrganizationId)
  const account = { channel: "test", name: "Line", settings: { number: "100" }, secrets: { key } }
  return yield* service.create(account).pipe(actingFor(organization))
})

const listening = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
      const server = createServer(listener)
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          port: (server.address() as AddressInfo).port,
          close: () => {
            server.closeAllConnections()
            server.close()
          }
        })))
    }),
    ({ close }) => Effect.sync(close)
  )

const nowhere: RequestListener = (_request, response) => void response.writeHead(404).end("elsewhere")

const serving = (handler: InboundNode.Handler) =>
  listening((request, response) =>
    handler(request, response, (error) =>
      error === undefined
        ? nowhere(request, response)
        : void response.writeHead(500).end(error instanceof Error ? error.message : "?"))
  )

interface Delivered {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

const head = (id: string, body: string, { headers = {}, method = "POST" }: Delivered = {}) =>
  [
    `${method} /v1/inbound/${id} HTTP/1.1`,
    "Host: x",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Signature: ${sign(body, key)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    ""
  ].join("\r\n")

/** A connection, and what came over it so far. */
const dial = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const socket = Net.connect(port, "127.0.0.1")
      const line = { text: "", isClosed: false }
      socket.on("data", (data) => {
        line.text += data.toString("latin1")
      })
      socket.on("close", () => {
        line.isClosed = true
      })
      socket.on("error", () => {})
      return { socket, line }
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

const until = (isTrue: () => boolean) =>
  Effect.gen(function*() {
    while (!isTrue()) yield* Effect.sleep("5 millis")
  })

const stored = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.map(sql`SELECT id FROM channels_inbound_events`, (rows) => rows.length)
)

describe("InboundNode", () => {
  it.live("takes deliveries whose bytes come at once, apart, or one after another on one connection", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const { port } = yield* serving(yield* InboundNode.make())
      const { line, socket } = yield* dial(port)
      const answers = () => line.text.split("HTTP/1.1 200 OK").length - 1
      socket.write(head(id, `{"id":"1"}`) + `{"id":"1"}`)
      yield* until(() => answers() === 1)
      socket.write(head(id, `{"id":"2"}`))
      yield* Effect.sleep("20 millis")
      socket.write(`{"id":`)
      yield* Effect.sleep("20 millis")
      socket.write(`"2"}`)
      yield* until(() => answers() === 2)
      socket.write(["3", "4", "5"].map((one) => head(id, `{"id":"${one}"}`) + `{"id":"${one}"}`).join(""))
      yield* until(() => answers() === 5)
      const large = `{"id":"6","x":"${"x".repeat(2_000_000)}"}`
      socket.write(head(id, large) + large)
      yield* until(() => answers() === 6)
      const chunked = head(id, `{"id":"7"}`).replace(/Content-Length: \d+/, "Transfer-Encoding: chunked")
      socket.write(`${chunked}a\r\n{"id":"7"}\r\n0\r\n\r\n`)
      yield* until(() => answers() === 7)
      assert.strictEqual(yield* stored, 7)
      assert.isFalse(line.isClosed)
    }).pipe(Effect.provide(services)))

  it.live("answers with the headers of its server, and with the request's id", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const { port } = yield* serving(yield* InboundNode.make({ headers: { "x-content-type-options": "nosniff" } }))
      const post = (headers: Record<string, string>) =>
        Effect.promise(() =>
          fetch(`http://127.0.0.1:${port}/v1/inbound/${id}`, {
            method: "POST",
            body: `{"id":"1"}`,
            headers: { "content-type": "application/json", "x-signature": sign(`{"id":"1"}`, key), ...headers }
          })
        )
      const named = yield* post({ "x-request-id": "request-of-mine" })
      const unnamed = yield* post({ "x-request-id": "bad id" })
      const refused = yield* post({ "x-signature": "00", "x-request-id": "request-of-mine" })
      assert.deepStrictEqual([named.status, unnamed.status, refused.status], [200, 200, 401])
      for (const { headers } of [named, unnamed, refused]) {
        assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
      }
      assert.strictEqual(named.headers.get("x-request-id"), "request-of-mine")
      assert.strictEqual(named.headers.get("content-length"), "0")
      assert.match(unnamed.headers.get("x-request-id") ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
      assert.strictEqual(refused.headers.get("x-request-id"), "request-of-mine")
    }).pipe(Effect.provide(services)))

  it.live("leaves other methods and other spellings of its paths to what comes next", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const { port } = yield* serving(yield* InboundNode.make())
      const ask = (method: string, path: string) =>
        Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`, { method }).then((one) => one.text()))
      for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
        assert.strictEqual(yield* ask(method, `/v1/inbound/${id}`), "elsewhere")
      }
      const spellings = [
        `/v1/inbound/${id.toUpperCase()}`,
        `/V1/inbound/${id}`,
        `/v1//inbound/${id}`,
        `/v1/inbound/${id}/`,
        `/v1/inbound/${id}/x`,
        `/v1/inbound/%30${id.slice(1)}`,
        `/v1/inbound/${id}x`,
        "/v1/inbound/",
        "/v1/inbound"
      ]
      for (const path of spellings) assert.strictEqual(yield* ask("POST", path), "elsewhere", path)
    }).pipe(Effect.provide(services)))

  it.live("tells who sent what nobody signed, by the word of the proxies that are trusted", () => {
    const noted: Array<unknown> = []
    const noting = Logger.layer([
      Logger.make(({ fiber }) => void noted.push(fiber.getRef(References.CurrentLogAnnotations)["address"]))
    ])
    return Effect.gen(function*() {
      const { id } = yield* connect
      const { port } = yield* serving(yield* InboundNode.make())
      const { line, socket } = yield* dial(port)
      const before = yield* unsigned
      const forged = head(id, "{}", {
        headers: { "X-Forwarded-For": "198.51.100.7, 203.0.113.9", "Set-Cookie": "a=b" }
      })
      socket.write(forged.replace(/X-Signature: .*/, "X-Signature: 00") + "{}")
      yield* until(() => line.text.startsWith("HTTP/1.1 401 ") && noted.length > 0)
      assert.deepStrictEqual(noted, ["203.0.113.9"])
      assert.strictEqual((yield* unsigned) - before, 1)
    }).pipe(Effect.provide(services), Effect.provide(noting))
  })

  it.live("says what is wrong to whoever reads a body before it", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const handler = yield* InboundNode.make()
      const { port } = yield* serving((request, response, next) => {
        request.on("data", () => {}).on("end", () => handler(request, response, next))
      })
      const { line, socket } = yield* dial(port)
      socket.write(head(id, "{}") + "{}")
      yield* until(() => line.text.includes("put this handler first"))
      assert.match(line.text, /^HTTP\/1\.1 500 /)
    }).pipe(Effect.provide(services)))

  it.live("forgets a client that goes away, and stores nothing of it", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const { port } = yield* serving(yield* InboundNode.make())
      const { socket } = yield* dial(port)
      socket.write(`${head(id, `{"id":"1"}`)}{"id"`)
      yield* Effect.sleep("50 millis")
      socket.destroy()
      const other = yield* dial(port)
      other.socket.write(head(id, `{"id":"2"}`) + `{"id":"2"}`)
      yield* until(() => other.line.text.startsWith("HTTP/1.1 200 "))
      assert.strictEqual(yield* stored, 1)
    }).pipe(Effect.provide(services)))

  it.live("acknowledges what is being stored when it ends, and sends everybody else away to come again", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const sql = yield* SqlClient.SqlClient
      const scope = yield* Scope.make()
      const { port } = yield* serving(yield* Scope.provide(InboundNode.make(), scope))
      const storing = yield* dial(port)
      const slow = yield* dial(port)
      const late = yield* dial(port)
      // Its account is known from now on.
      late.socket.write(head(id, `{"id":"0"}`) + `{"id":"0"}`)
      yield* until(() => late.line.text !== "")
      late.line.text = ""
      // A transaction that nobody else gets past, until it ends.
      yield* sql.withTransaction(Effect.gen(function*() {
        storing.socket.write(head(id, `{"id":"1"}`) + `{"id":"1"}`)
        slow.socket.write(`${head(id, `{"id":"2"}`)}{"id"`)
        yield* Effect.sleep("100 millis")
        yield* Effect.forkDetach(Scope.close(scope, Exit.void), { startImmediately: true })
        late.socket.write(head(id, `{"id":"3"}`) + `{"id":"3"}`)
        yield* until(() => late.line.text !== "" && slow.line.text !== "")
        assert.strictEqual(storing.line.text, "")
      }))
      yield* until(() => storing.line.text !== "")
      assert.match(storing.line.text, /^HTTP\/1\.1 200 /)
      for (const { line } of [slow, late]) {
        assert.match(line.text, /^HTTP\/1\.1 503 /)
        assert.match(line.text, /retry-after: 5/i)
      }
      assert.strictEqual(yield* stored, 2)
    }).pipe(Effect.provide(services)))
})

const unsigned = Effect.map(
  Metric.snapshot,
  (all) =>
    all.reduce(
      (sum, { id, state }) => (id === "wicara_inbound_unsigned" && "count" in state ? Number(state.count) : sum),
      0
    )
)
