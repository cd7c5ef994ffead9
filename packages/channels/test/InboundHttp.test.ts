import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, References, Schema } from "effect"
import { FetchHttpClient, HttpBody, HttpClient, HttpClientRequest, HttpRouter, HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import express from "express"
import { createServer } from "node:http"
import type { Server } from "node:http"
import * as Net from "node:net"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHttp from "@wicara/channels/InboundHttp"
import * as InboundNode from "@wicara/channels/InboundNode"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { accounts, actingFor, sign } from "./support.ts"

const key = "very secret key"
const Problem = Schema.Struct({ type: Schema.String, status: Schema.Int, title: Schema.String })

const quiet = { disableLogger: true, disableListenLog: true }

const listeningOn = (server: Server) =>
  HttpServer.layerTestClient.pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provideMerge(NodeHttpServer.layer(() => server, { port: 0, gracefulShutdownTimeout: "1 second" }))
  )

/** Where deliveries come in: the routes, what stands before them on Node, and that alone in somebody's Express. */
const ways: Record<
  string,
  Layer.Layer<HttpServer.HttpServer | HttpClient.HttpClient, unknown, ChannelAccounts | InboundEvents>
> = {
  routes: Layer.suspend(() =>
    HttpRouter.serve(InboundHttp.layer, quiet).pipe(Layer.provideMerge(listeningOn(createServer())))
  ),
  "Node before its routes": Layer.suspend(() => {
    const server = createServer()
    return Layer.effectDiscard(
      Effect.flatMap(InboundNode.makeBefore(), (handler) => InboundNode.putBefore(server, handler))
    ).pipe(Layer.provideMerge(HttpRouter.serve(InboundHttp.layer, quiet)), Layer.provideMerge(listeningOn(server)))
  }),
  Express: Layer.unwrap(Effect.map(InboundNode.make(), (handler) => {
    const application = express().use(handler).use(express.json())
    const nothing = { type: "https://wicara.dev/problems/not-found", title: "Not found", status: 404 }
    application.use((_request, response) => void response.status(404).type("application/problem+json").json(nothing))
    return listeningOn(createServer(application))
  }))
}

const cases = TestDatabase.all.flatMap((database) =>
  Object.entries(ways).map(([way, served]) => ({ name: `${way} on ${database.name}`, database, served }))
)

describe.each(cases)("inbound through $name", ({ database, served }) => {
  const noted: Array<Record<string, unknown>> = []
  const noting = Logger.layer([
    Logger.make(({ fiber }) => void noted.push({ ...fiber.getRef(References.CurrentLogAnnotations) }))
  ])
  const layer = served.pipe(
    Layer.provideMerge(InboundEvents.layerSql),
    Layer.provideMerge(accounts(database.layer)),
    Layer.provideMerge(noting)
  )

  const connect = Effect.gen(function*() {
    const service = yield* ChannelAccounts
    const organization = yield* Id.next(OrganizationId)
    return yield* service.create({ channel: "test", name: "Line", settings: { number: "100" }, secrets: { key } }).pipe(
      actingFor(organization)
    )
  })

  const post = (id: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    Effect.flatMap(HttpClient.HttpClient, (client) =>
      client.execute(
        HttpClientRequest.post(`/v1/inbound/${id}`).pipe(
          HttpClientRequest.setBody(
            HttpBody.uint8Array(typeof body === "string" ? new TextEncoder().encode(body) : body, "application/json")
          ),
          HttpClientRequest.setHeaders({ "x-signature": sign(body, key), ...headers })
        )
      ))

  const stored = Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => Effect.map(sql`SELECT id FROM channels_inbound_events`, (rows) => rows.length)
  )

  const isProblem = Effect.fnUntraced(function*(
    response: {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly json: Effect.Effect<unknown, unknown>
    },
    status: number,
    name: string
  ) {
    assert.strictEqual(response.status, status)
    assert.match(response.headers["content-type"] ?? "", /^application\/problem\+json/)
    const problem = yield* Schema.decodeUnknownEffect(Problem)(yield* response.json)
    assert.strictEqual(problem.status, status)
    assert.strictEqual(problem.type, `https://wicara.dev/problems/${name}`)
  })

  it.live("answers 200 to a signed delivery once it is stored, and once more when it is repeated", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      for (let repeat = 0; repeat < 3; repeat++) {
        assert.strictEqual((yield* post(id, `{"id":"1"}`)).status, 200)
        assert.strictEqual(yield* stored, 1)
      }
    }).pipe(Effect.provide(layer)))

  it.live("answers 401 to a wrong or missing signature, stores nothing, and notes who tried", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      yield* isProblem(yield* post(id, `{"id":"1"}`, { "x-signature": "00" }), 401, "invalid-signature")
      yield* isProblem(yield* post(id, `{"id":"1"}`, { "x-signature": "" }), 401, "invalid-signature")
      yield* isProblem(
        yield* post(id, `{"id":"1"}`, { "x-signature": sign(`{"id":"2"}`, key) }),
        401,
        "invalid-signature"
      )
      assert.strictEqual(yield* stored, 0)
      assert.deepStrictEqual(
        noted.filter((note) => note["channelAccountId"] === id).map(({ address }) => address),
        ["127.0.0.1", "127.0.0.1", "127.0.0.1"]
      )
    }).pipe(Effect.provide(layer)))

  it.live("answers 400 to signed bodies that are no webhook: bad JSON, bad UTF-8, deep nesting", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const bodies: ReadonlyArray<string | Uint8Array> = [
        "",
        "{",
        `{"no":"id"}`,
        new Uint8Array([0x7b, 0xff, 0xfe]),
        "[".repeat(200_000),
        `{"id":${"[".repeat(50_000)}${"]".repeat(50_000)}}`
      ]
      for (const body of bodies) yield* isProblem(yield* post(id, body), 400, "malformed-webhook")
      assert.strictEqual(yield* stored, 0)
    }).pipe(Effect.provide(layer)))

  it.live("answers 404 to accounts that are not known, removed or no ids at all", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const organization = yield* Id.next(OrganizationId)
      const { id } = yield* service.create({
        channel: "test",
        name: "Line",
        settings: { number: "100" },
        secrets: { key }
      }).pipe(actingFor(organization))
      yield* service.delete(id).pipe(actingFor(organization))
      for (const unknown of [id, "0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10", "1", "%00", "..%2f"]) {
        yield* isProblem(yield* post(unknown, `{"id":"1"}`), 404, "not-found")
      }
    }).pipe(Effect.provide(layer)))

  it.live("answers 415 to anything but JSON", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
        yield* isProblem(yield* post(id, `{"id":"1"}`, { "content-type": type }), 415, "unsupported-media-type")
      }
      assert.strictEqual(
        (yield* post(id, `{"id":"1"}`, { "content-type": "application/json; charset=utf-8" })).status,
        200
      )
      assert.strictEqual((yield* post(id, `{"id":"2"}`, { "content-type": "application/vnd.x+json" })).status, 200)
    }).pipe(Effect.provide(layer)))

  it.live("takes 3 MiB and answers 413 to more, announced or not", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const large = `{"id":"1","x":"${"x".repeat(InboundHttp.maxBodyBytes - 17)}"}`
      assert.strictEqual((yield* post(id, large)).status, 200)
      yield* isProblem(yield* post(id, `${large} `), 413, "payload-too-large")
      yield* isProblem(yield* post(id, new Uint8Array(10 * 1024 * 1024)), 413, "payload-too-large")
      const server = yield* HttpServer.HttpServer
      const port = "port" in server.address ? server.address.port : 0
      const answer = yield* chunked(port, `/v1/inbound/${id}`, 10 * 1024 * 1024)
      assert.match(answer, /^HTTP\/1\.1 413 /)
      assert.strictEqual(yield* stored, 1)
    }).pipe(Effect.provide(layer)))

  it.live("tells a sender that waits for it to go on", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const server = yield* HttpServer.HttpServer
      const socket = Net.connect("port" in server.address ? server.address.port : 0, "127.0.0.1")
      yield* Effect.addFinalizer(() => Effect.sync(() => socket.destroy()))
      let answer = ""
      socket.on("data", (data) => {
        answer += data.toString("latin1")
      })
      const body = `{"id":"1"}`
      const head = `POST /v1/inbound/${id} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
        `X-Signature: ${sign(body, key)}\r\nContent-Length: ${body.length}\r\n`
      socket.write(`${head}Expect: 100-continue\r\n\r\n`)
      while (!answer.startsWith("HTTP/1.1 100 ")) yield* Effect.sleep("5 millis")
      socket.write(body)
      while (!answer.includes("HTTP/1.1 200 ")) yield* Effect.sleep("5 millis")
      assert.strictEqual(yield* stored, 1)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("answers the provider's verification request, and 401 when its token is wrong", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const client = yield* HttpClient.HttpClient
      const good = yield* client.get(`/v1/inbound/${id}?token=${encodeURIComponent(key)}&challenge=a%20b`)
      assert.strictEqual(good.status, 200)
      assert.strictEqual(yield* good.text, "a b")
      yield* isProblem(yield* client.get(`/v1/inbound/${id}?token=x&challenge=1`), 401, "invalid-signature")
    }).pipe(Effect.provide(layer)))

  it.live("answers 503, never 200, while the table is away, and recovers without a restart", () =>
    Effect.gen(function*() {
      const { id } = yield* connect
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual((yield* post(id, `{"id":"1"}`)).status, 200)
      yield* sql`ALTER TABLE channels_inbound_events RENAME TO away`
      const refused = yield* post(id, `{"id":"2"}`)
      yield* isProblem(refused, 503, "unavailable")
      assert.strictEqual(refused.headers["retry-after"], "5")
      yield* sql`ALTER TABLE away RENAME TO channels_inbound_events`
      assert.strictEqual((yield* post(id, `{"id":"2"}`)).status, 200)
      assert.strictEqual(yield* stored, 2)
    }).pipe(Effect.provide(layer)))

  it.live("keeps equal deliveries to two organizations' accounts apart", () =>
    Effect.gen(function*() {
      const one = yield* connect
      const two = yield* connect
      for (const { id } of [one, two, one]) assert.strictEqual((yield* post(id, `{"id":"same"}`)).status, 200)
      assert.strictEqual(yield* stored, 2)
    }).pipe(Effect.provide(layer)))
})

/** A request whose length is not announced, sent until the server answers. */
const chunked = (port: number, path: string, bytes: number): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    let answer = ""
    socket.on("data", (data) => {
      answer += data.toString("latin1")
    })
    socket.on("error", () => resume(Effect.succeed(answer)))
    socket.on("close", () => resume(Effect.succeed(answer)))
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    )
    const chunk = Buffer.alloc(64 * 1024, "x")
    let sent = 0
    const write = () => {
      while (sent < bytes && !socket.destroyed) {
        if (answer.length > 0) return
        sent += chunk.length
        if (!socket.write(Buffer.concat([Buffer.from("10000\r\n"), chunk, Buffer.from("\r\n")]))) {
          socket.once("drain", write)
          return
        }
      }
      if (answer !== "") socket.end()
    }
    write()
    return Effect.sync(() => socket.destroy())
  })
