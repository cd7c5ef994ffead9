import { assert, describe, layer } from "@effect/vitest"
import { Client } from "@wicara/client/Client"
import * as Id from "@wicara/core/Id"
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import { FetchHttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { spawn } from "node:child_process"
import * as Net from "node:net"
import * as Harness from "./harness.ts"
import type { RequestOptions } from "./harness.ts"

/** A way to the database that can be cut: refused, as by a server that is down, or silent, as by a network that is. */
class Wire extends Context.Service<Wire, {
  readonly port: number
  readonly refuse: Effect.Effect<void>
  readonly silence: Effect.Effect<void>
  readonly restore: Effect.Effect<void>
}>()("test/Wire") {
  static readonly to = (host: string, port: number) =>
    Effect.gen(function*() {
      const pairs = new Set<readonly [Net.Socket, Net.Socket]>()
      let state: "open" | "refused" | "silent" = "open"
      const server = Net.createServer((client) => {
        if (state === "refused") {
          client.resetAndDestroy()
          return
        }
        const upstream = Net.connect(port, host)
        const pair = [client, upstream] as const
        pairs.add(pair)
        const pass = (from: Net.Socket, to: Net.Socket) => {
          // What is said into the silence is lost, as are the connections that said it.
          from.on("data", (data) => state === "open" ? to.write(data) : undefined)
          from.on("error", () => to.destroy())
          from.on("close", () => {
            pairs.delete(pair)
            if (state !== "silent") to.destroy()
          })
        }
        pass(client, upstream)
        pass(upstream, client)
      })
      const address = yield* Effect.callback<Net.AddressInfo>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server.address() as Net.AddressInfo)))
      })
      const cutAll = () => pairs.forEach((pair) => pair.forEach((socket) => socket.resetAndDestroy()))
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          server.close()
          cutAll()
        })
      )
      return Wire.of({
        port: address.port,
        refuse: Effect.sync(() => {
          state = "refused"
          cutAll()
        }),
        silence: Effect.sync(() => {
          state = "silent"
        }),
        restore: Effect.sync(() => {
          if (state === "silent") cutAll()
          state = "open"
        })
      })
    })
}

const layerBehindWire = Layer.unwrap(Effect.gen(function*() {
  const place = yield* Harness.makePlace("mysql")
  const url = new URL(place.databaseUrl)
  const wire = yield* Wire.to(url.hostname, Number(url.port === "" ? 3306 : url.port))
  url.hostname = "127.0.0.1"
  url.port = String(wire.port)
  const databaseUrl = url.toString()
  return Harness.layerAt({ ...place, databaseUrl, variables: { ...place.variables, WICARA_DATABASE_URL: databaseUrl } })
    .pipe(Layer.merge(Layer.succeed(Wire, wire)))
})).pipe(Layer.provideMerge(Harness.layerEmulators))

class Fixture extends Context.Service<Fixture>()("test/Fixture", {
  make: Effect.gen(function*() {
    const tenant = yield* Harness.newTenant("Acme")
    const { key } = yield* Harness.newApiKey(tenant)
    const cloud = yield* Harness.newCloudAccount(tenant)
    const widget = yield* Harness.newWidgetAccount(tenant)
    const visitor = yield* Harness.newVisitor(widget.id)
    return { tenant, key, session: yield* Harness.tokenOf(tenant, "owner"), cloud, widget, visitor }
  })
}) {
  static readonly layer = Layer.effect(Fixture, Fixture.make)
}

type Ask = readonly [string, RequestOptions]

let messages = 0
const webhookOf = (cloud: { readonly phoneNumberId: string; readonly appSecret: string }, from = "6281234500001") =>
  Harness.signedCloud(
    Harness.cloudText({
      phoneNumberId: cloud.phoneNumberId,
      from,
      id: `wamid.OUTAGE${++messages}`,
      text: `Message ${messages}`,
      timestamp: String(1_763_700_000 + messages)
    }),
    cloud.appSecret
  )

/** One request of each kind. */
const everything = Effect.map(Fixture, ({ cloud, key, session, tenant, visitor, widget }): ReadonlyArray<Ask> => {
  const n = Harness.unique()
  return [
    ["/v1/members", { token: key }],
    ["/v1/members", { token: session }],
    ["/v1/conversations", { token: key }],
    ["/v1/members", {
      token: key,
      json: { email: `away-${n}@wicara.example`, name: "Away", role: "viewer" },
      headers: { "idempotency-key": `away-${n}` }
    }],
    ["/v1/knowledge/items", { token: key, json: { kind: "question", title: `Away ${n}?`, body: "Yes." } }],
    ["/v1/sessions", { json: { email: tenant.users.owner.email, password: Harness.password } }],
    [`/v1/inbound/${cloud.id}`, webhookOf(cloud)],
    // A new visit needs nothing that is stored.
    [`/v1/widget/${widget.id}/sessions`, { json: { token: visitor.token } }],
    ["/v1/widget/messages", { token: visitor.token }],
    ["/v1/widget/messages", {
      token: visitor.token,
      json: { id: `0197c6a2-5f0e-7c3d-9b61-${String(n).padStart(12, "0")}`, text: "Hi" }
    }]
  ]
})

/** The limit of an answer while the database is away, milliseconds. */
const within = 10_000

/** Asks everything at once, and fails unless all of it is refused as unavailable, in time. */
const expectUnavailable = Effect.gen(function*() {
  const asks = yield* everything
  const answers = yield* Effect.forEach(asks, ([path, options]) => Harness.request(path, { ...options, within }), {
    concurrency: "unbounded"
  })
  for (const [index, answer] of answers.entries()) {
    yield* Harness.expectProblem(answer, 503, `${asks[index]?.[1].method ?? ""} ${asks[index]?.[0]}`)
    assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/)
  }
  const [ready, live] = yield* Effect.all(
    [Harness.request("/health/ready", { within }), Harness.request("/health/live", { within: 2000 })],
    { concurrency: 2 }
  )
  yield* Harness.expectStatus(ready, 503, "/health/ready")
  yield* Harness.expectStatus(live, 200, "/health/live")
})

/** Fails unless everything is answered well again, soon. */
const expectRecovered = Effect.gen(function*() {
  const asks = yield* everything
  for (const [path, options] of asks) {
    yield* Harness.eventually(Harness.request(path, { ...options, within }), ({ status }) => status < 300)
  }
  yield* Harness.eventually(Harness.request("/health/ready"), ({ status }) => status === 200)
})

describe.skipIf(!Harness.databases.includes("mysql"))("the database away", () => {
  const server = Fixture.layer.pipe(Layer.provideMerge(layerBehindWire))

  layer(server, { excludeTestServices: true, timeout: "60 seconds" })("on mysql", (it) => {
    it.effect("a database that refuses is 503, and all is well when it is back", () =>
      Effect.gen(function*() {
        const wire = yield* Wire
        yield* expectRecovered
        yield* wire.refuse
        yield* expectUnavailable
        yield* expectUnavailable
        yield* wire.restore
        yield* expectRecovered
      }), 60_000)

    it.effect(
      "a database that says nothing is 503 in time, and all is well when it is back",
      () =>
        Effect.gen(function*() {
          const wire = yield* Wire
          yield* wire.silence
          yield* expectUnavailable
          yield* expectUnavailable
          yield* wire.restore
          yield* expectRecovered
        }),
      90_000
    )

    it.effect(
      "nothing that was acknowledged is lost while the database comes and goes, and nothing is doubled",
      () =>
        Effect.gen(function*() {
          const wire = yield* Wire
          const { cloud, key } = yield* Fixture
          const { url } = yield* Harness.TestServer
          const sql = yield* SqlClient.SqlClient
          const flapping = Effect.gen(function*() {
            for (let round = 0; round < 4; round++) {
              yield* Effect.sleep("150 millis")
              yield* wire.refuse
              yield* Effect.sleep("250 millis")
              yield* wire.restore
            }
          })
          // A provider delivers again until it is told that the delivery arrived.
          const delivered = Effect.forEach(Array.from({ length: 300 }, (_, index) => index), (index) => {
            const options = webhookOf(cloud, `62812345${String(index % 30).padStart(5, "0")}`)
            return Harness.request(`/v1/inbound/${cloud.id}`, { ...options, within }).pipe(
              Effect.tap((answer) =>
                answer.status === 200 ? Effect.void : Harness.expectProblem(answer, 503, "a delivery")
              ),
              Effect.repeat({ until: ({ status }) => status === 200, schedule: Schedule.spaced("50 millis") })
            )
          }, { concurrency: 16 })
          const client = yield* Client.make({ baseUrl: url, token: Redacted.make(key), repeats: 20 })
          const added = Effect.forEach(Array.from({ length: 40 }), () => {
            const n = Harness.unique()
            return client.members.add({
              payload: { email: `flap-${n}@wicara.example`, name: `Flap ${n}`, role: "viewer" }
            })
          }, { concurrency: 4 })
          const [deliveries, people] = yield* Effect.all([delivered, added, flapping], { concurrency: "unbounded" })
          assert.strictEqual(new Set(people.map(({ userId }) => userId)).size, 40)
          const first = messages - deliveries.length
          const wanted = Array.from(deliveries, (_, index) => `wamid.OUTAGE${first + index + 1}`).toSorted()
          const stored = Effect.map(
            sql<{ readonly provider_message_id: string }>`SELECT provider_message_id FROM conversations_messages
            WHERE channel_account_id = ${Id.toBytes(cloud.id)} AND provider_message_id LIKE ${"wamid.OUTAGE%"}`,
            (rows) => rows.map((row) => row.provider_message_id).filter((id) => wanted.includes(id)).toSorted()
          )
          yield* Effect.repeat(stored, {
            until: (ids) => ids.length >= wanted.length,
            schedule: Schedule.spaced("200 millis"),
            times: 100
          })
          assert.deepStrictEqual(yield* stored, wanted)
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie),
      90_000
    )

    it.effect("the server met no bug", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual((yield* Harness.TestServer).errors, [])
      }))
  })
})

/** Holds the database's write lock from another process, until told otherwise or the scope closes. */
const holdLock = Effect.gen(function*() {
  const { place } = yield* Harness.TestServer
  const program = `
    const { DatabaseSync } = require("node:sqlite")
    const db = new DatabaseSync(process.argv[1])
    db.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE")
    console.log("locked")
    process.stdin.on("end", () => { db.exec("ROLLBACK"); db.close() }).resume()
  `
  const file = place.databaseUrl.slice("file:".length)
  const child = spawn(process.execPath, ["-e", program, file], { stdio: ["pipe", "pipe", "inherit"] })
  const unlock = Effect.sync(() => child.stdin.end())
  yield* Effect.addFinalizer(() => unlock)
  yield* Effect.callback<void>((resume) => {
    child.stdout.once("data", () => resume(Effect.void))
  })
  return unlock
})

describe.skipIf(!Harness.databases.includes("sqlite"))("the database locked by another process", () => {
  const server = Fixture.layer.pipe(Layer.provideMerge(Harness.layer("sqlite")))

  layer(server, { excludeTestServices: true, timeout: "60 seconds" })("on sqlite", (it) => {
    it.effect("a short lock is waited for", () =>
      Effect.gen(function*() {
        const { cloud, key } = yield* Fixture
        const unlock = yield* holdLock
        yield* Effect.forkScoped(Effect.andThen(Effect.sleep("1 second"), unlock))
        const asks: ReadonlyArray<Ask> = [
          [`/v1/inbound/${cloud.id}`, webhookOf(cloud)],
          ["/v1/members", { token: key }],
          ["/v1/knowledge/items", { token: key, json: { kind: "question", title: "Locked?", body: "For a while." } }]
        ]
        const answers = yield* Effect.forEach(
          asks,
          ([path, options]) => Harness.request(path, { ...options, within }),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(answers.map(({ status }) => status), [200, 200, 201])
      }))

    it.effect("a long lock is 503 to what writes, keeps reading possible, and passes", () =>
      Effect.gen(function*() {
        const { cloud, key } = yield* Fixture
        const unlock = yield* holdLock
        const json = { kind: "question", title: "Still locked?", body: "Yes." }
        const refused = yield* Effect.all([
          Harness.request(`/v1/inbound/${cloud.id}`, { ...webhookOf(cloud), within: 15_000 }),
          Harness.request("/v1/knowledge/items", { token: key, json, within: 15_000 })
        ], { concurrency: 2 })
        for (const answer of refused) {
          yield* Harness.expectProblem(answer, 503)
          assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/)
        }
        yield* Harness.expectStatus(yield* Harness.request("/v1/members", { token: key, within }), 200)
        yield* Harness.expectStatus(yield* Harness.request("/health/live"), 200)
        yield* unlock
        yield* expectRecovered
        const items = yield* Harness.request("/v1/knowledge/items?limit=200", { token: key })
        assert.isFalse(items.body.data.some(({ title }: { title: string }) => title === json.title))
      }), 60_000)

    it.effect("the server met no bug", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual((yield* Harness.TestServer).errors, [])
      }))
  })
})
