import { assert, describe, layer } from "@effect/vitest"
import { Authentication } from "@wicara/core/Authentication"
import { layerMiddleware } from "@wicara/core/Http"
import * as Id from "@wicara/core/Id"
import { Idempotency } from "@wicara/core/Idempotency"
import { cleanup, releaseLeases } from "@wicara/core/Idempotency/Http"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict } from "@wicara/core/Problem"
import { leaseId, RunnerId } from "@wicara/core/Runners"
import { SignIn } from "@wicara/core/SignIn"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Deferred, Effect, Layer, Redacted, Schema } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { SqlClient } from "effect/sql"
import { serve } from "./http.ts"
import { core, migrated, newTenant, password } from "./layers.ts"

const Payload = Schema.Struct({ name: Schema.String })
const Made = Schema.Struct({ n: Schema.Int, name: Schema.String })

class ThingsApi extends HttpApiGroup.make("things")
  .add(
    HttpApiEndpoint.post("make", "/things", {
      payload: Payload,
      success: Made.pipe(HttpApiSchema.status(201)),
      error: Conflict
    }),
    HttpApiEndpoint.post("makeOther", "/others", { payload: Payload, success: HttpApiSchema.NoContent })
  )
  .annotateEndpoints(Permissions.Access, Permissions.member)
  .middleware(Idempotency)
  .middleware(Authentication)
  .prefix("/v1")
{}

const api = HttpApi.make("wicara").add(ThingsApi)

/** What the handler does besides its insert: nothing, unless a test says so. */
let during: Effect.Effect<void, Conflict> = Effect.void

const handlers = HttpApiBuilder.group(
  api,
  "things",
  Effect.fnUntraced(function*(handlers) {
    const sql = yield* SqlClient.SqlClient
    const insert = Effect.fnUntraced(function*(name: string) {
      const { id } = yield* CurrentOrganization
      yield* Effect.orDie(
        sql`INSERT INTO things (organization_id, id, name) VALUES (${Id.toBytes(id)}, ${
          Id.toBytes(yield* Id.next(Schema.String))
        }, ${name})`
      )
      const rows = yield* Effect.orDie(sql`SELECT id FROM things WHERE organization_id = ${Id.toBytes(id)}`)
      return rows.length
    })
    return handlers.handleAll({
      make: Effect.fnUntraced(function*({ payload: { name } }) {
        const n = yield* insert(name)
        yield* during
        return { n, name }
      }),
      makeOther: ({ payload }) => Effect.asVoid(insert(payload.name))
    })
  })
).pipe(Layer.provideMerge(layerMiddleware))

const tables = Layer.effectDiscard(Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const type = sql.onDialectOrElse({ mysql: () => sql.literal("BINARY(16)"), orElse: () => sql.literal("BLOB") })
  yield* sql`CREATE TABLE things (organization_id ${type}, id ${type}, name VARCHAR(50))`
})).pipe(Layer.orDie)

describe.each(TestDatabase.all)("Idempotency on $name", (database) => {
  layer(Layer.merge(core, tables).pipe(Layer.provideMerge(migrated(database))))((it) => {
    const begin = Effect.gen(function*() {
      during = Effect.void
      const tenant = yield* newTenant
      const { token } = yield* Effect.orDie(
        SignIn.use((signIn) => signIn.withPassword({ email: tenant.email, password: Redacted.make(password) }))
      )
      const fetch = yield* serve(api, handlers)
      const sql = yield* SqlClient.SqlClient
      const names = Effect.map(
        sql<{ readonly name: string }>`SELECT name FROM things WHERE organization_id = ${
          Id.toBytes(tenant.organization.id)
        }`,
        (rows) => rows.map((row) => row.name)
      )
      const make = (key: string, name: string, path = "/v1/things") =>
        fetch(path, { token, json: { name }, headers: { "idempotency-key": key } })
      return { ...tenant, fetch, token, names, make }
    })

    it.effect("32 requests at once with one key take effect once, and all get the one answer", () =>
      Effect.gen(function*() {
        const { make, names } = yield* begin
        const answers = yield* Effect.forEach(
          Array.from({ length: 32 }),
          () =>
            make("k1", "a").pipe(
              Effect.repeat({ while: (answer) => answer.status === 409 })
            ),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(yield* names, ["a"])
        for (const answer of answers) assert.deepStrictEqual([answer.status, answer.body], [201, { n: 1, name: "a" }])
        assert.lengthOf(answers.filter((answer) => answer.headers.get("idempotency-replayed") === null), 1)
      }))

    it.effect("the same key with another body or path is refused", () =>
      Effect.gen(function*() {
        const { make, names } = yield* begin
        yield* make("k", "a")
        for (const other of [yield* make("k", "b"), yield* make("k", "a", "/v1/others")]) {
          assert.deepStrictEqual([other.status, other.body.type], [
            422,
            "https://wicara.dev/problems/idempotency-key-reused"
          ])
        }
        assert.deepStrictEqual(yield* names, ["a"])
      }))

    it.effect("an answer without a body is repeated too, and without a key nothing is", () =>
      Effect.gen(function*() {
        const { fetch, make, names, token } = yield* begin
        assert.strictEqual((yield* make("k", "a", "/v1/others")).status, 204)
        assert.strictEqual((yield* make("k", "a", "/v1/others")).status, 204)
        yield* fetch("/v1/things", { token, json: { name: "b" } })
        yield* fetch("/v1/things", { token, json: { name: "b" } })
        assert.deepStrictEqual((yield* names).toSorted(), ["a", "b", "b"])
        assert.strictEqual((yield* make("x".repeat(191), "a")).status, 422)
        assert.strictEqual((yield* make("with space", "a")).status, 422)
      }))

    it.effect("a repetition while the first is being worked on is told to come back", () =>
      Effect.gen(function*() {
        const { make, names } = yield* begin
        if (database.name === "sqlite") return
        const [reached, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        during = Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(go))
        const first = yield* Effect.forkChild(make("k", "a"))
        yield* Deferred.await(reached)
        const second = yield* make("k", "a")
        assert.deepStrictEqual([second.status, second.body.type], [
          409,
          "https://wicara.dev/problems/idempotency-key-in-flight"
        ])
        yield* Deferred.succeed(go, undefined)
        while (first.pollUnsafe() === undefined) {
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))
        }
        assert.strictEqual((yield* make("k", "a")).status, 201)
        assert.deepStrictEqual(yield* names, ["a"])
      }))

    it.effect("a request that failed took no effect and can be repeated with its key", () =>
      Effect.gen(function*() {
        const { make, names } = yield* begin
        during = Effect.fail(new Conflict({ detail: "Not now." }))
        assert.strictEqual((yield* make("k", "a")).status, 409)
        during = Effect.die(new Error("bug"))
        const bug = yield* make("k", "a")
        assert.strictEqual(bug.status, 500)
        assert.notInclude(bug.text, "bug\"")
        assert.deepStrictEqual(yield* names, [])
        during = Effect.void
        assert.strictEqual((yield* make("k", "a")).status, 201)
        assert.deepStrictEqual(yield* names, ["a"])
      }))

    it.effect("a key claimed by a process that died is taken over after its lease, with no second effect", () =>
      Effect.gen(function*() {
        const { make, names } = yield* begin
        const sql = yield* SqlClient.SqlClient
        yield* make("k", "a")
        // As if the process had died before the answer was stored: the effect is gone with it.
        yield* sql`UPDATE core_idempotency SET status = NULL, body = NULL`
        yield* sql`DELETE FROM things`
        assert.strictEqual((yield* make("k", "a")).status, 409)
        yield* sql`UPDATE core_idempotency SET lease_until = 0`
        assert.strictEqual((yield* make("k", "a")).status, 201)
        assert.strictEqual((yield* make("k", "a")).status, 201)
        assert.deepStrictEqual(yield* names, ["a"])
      }))

    it.effect("a key claimed by a runner that is gone is free at once, those of others and stored answers stay", () =>
      Effect.gen(function*() {
        const { make, names } = yield* begin
        const sql = yield* SqlClient.SqlClient
        const [gone, other] = [yield* Id.next(RunnerId), yield* Id.next(RunnerId)]
        const claimedBy = (runner: RunnerId) =>
          sql`UPDATE core_idempotency SET status = NULL, body = NULL, lease_id = ${leaseId(runner)}
            WHERE status IS NOT NULL`
        yield* make("of-gone", "a")
        yield* claimedBy(gone)
        yield* make("of-other", "b")
        yield* claimedBy(other)
        yield* make("answered", "c")
        yield* sql`DELETE FROM things`
        for (const [key, name] of [["of-gone", "a"], ["of-other", "b"]] as const) {
          assert.strictEqual((yield* make(key, name)).status, 409)
        }
        yield* releaseLeases(gone)
        assert.strictEqual((yield* make("of-other", "b")).status, 409)
        assert.strictEqual((yield* make("of-gone", "a")).status, 201)
        assert.strictEqual((yield* make("answered", "c")).headers.get("idempotency-replayed"), "true")
        yield* releaseLeases("all")
        assert.strictEqual((yield* make("of-other", "b")).status, 201)
        assert.deepStrictEqual((yield* names).toSorted(), ["a", "b"])
      }))

    it.effect("a slow first request does not commit after another took its key over", () =>
      Effect.gen(function*() {
        const { make, names } = yield* begin
        const sql = yield* SqlClient.SqlClient
        during = Effect.orDie(Effect.asVoid(sql`UPDATE core_idempotency SET lease_id = ${Buffer.alloc(16)}
          WHERE status IS NULL`))
        assert.strictEqual((yield* make("k", "a")).status, 409)
        assert.deepStrictEqual(yield* names, [])
      }))

    it.effect("keys of two organizations are apart, and are forgotten after a day", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* begin, yield* begin]
        assert.strictEqual((yield* one.make("same", "a")).body.name, "a")
        assert.strictEqual((yield* two.make("same", "b")).body.name, "b")
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE core_idempotency SET expires_at = 0`
        assert.strictEqual((yield* one.make("same", "c")).body.name, "c")
        assert.isAbove(yield* cleanup(1000), 0)
        assert.strictEqual((yield* one.make("same", "c")).headers.get("idempotency-replayed"), "true")
        assert.strictEqual((yield* two.make("same", "d")).body.name, "d")
        assert.deepStrictEqual(yield* two.names, ["b", "d"])
      }))
  })
})
