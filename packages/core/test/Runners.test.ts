import { assert, describe, it } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import * as Runners from "@wicara/core/Runners"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import { migrations } from "@wicara/core/sql/migrations"
import { columnTypes } from "@wicara/core/Sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Exit, Layer, Schedule, Scope } from "effect"
import { SqlClient } from "effect/sql"

describe.each(TestDatabase.all)("Runners on $name", (database) => {
  const TestLayer = Layer.effectDiscard(Effect.orDie(Migrations.run([migrations]))).pipe(
    Layer.provideMerge(database.layer)
  )

  /** A process that beats until its scope closes, and the runners that it took for gone. */
  const start = Effect.fnUntraced(function*(goneAfter = 400) {
    const id = yield* Id.next(RunnerId)
    const took: Array<RunnerId> = []
    const scope = yield* Scope.fork(yield* Effect.scope)
    yield* Layer.buildWithScope(
      Runners.layer({
        beatEvery: 50,
        goneAfter,
        onGone: (runner) => Effect.sync(() => took.push(runner))
      }),
      scope
    ).pipe(Effect.provideService(CurrentRunner, id))
    return { id, took, stop: Scope.close(scope, Exit.void) }
  })

  const registered = Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      Effect.map(
        sql<{ readonly id: Uint8Array }>`SELECT id FROM core_runners ORDER BY id`,
        (rows) => rows.map((row) => Id.fromBytes<RunnerId>(row.id))
      )
  )

  const until = (condition: () => boolean) =>
    Effect.repeat(Effect.sync(condition), { until: (done) => done, schedule: Schedule.spaced("10 millis") }).pipe(
      Effect.timeout("10 seconds")
    )

  it.live("takes a process that fell silent for gone, and none that lives or has said goodbye", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const one = yield* start()
      const other = yield* start()
      const polite = yield* start()
      // What a killed process leaves behind.
      const killed = yield* Id.next(RunnerId)
      yield* sql`INSERT INTO core_runners ${sql.insert({ id: Id.toBytes(killed), started_at: 1, seen_at: 1 })}`
      yield* polite.stop
      yield* until(() => one.took.length + other.took.length > 0)
      yield* Effect.sleep("600 millis")
      assert.deepStrictEqual([...new Set([...one.took, ...other.took])], [killed])
      assert.deepStrictEqual(yield* registered, [one.id, other.id])
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))

  it.live("leaves those that are gone to others when it does not know their leases", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const id = yield* Id.next(RunnerId)
      yield* Effect.provideService(Layer.build(Runners.layer({ beatEvery: 50, goneAfter: 400 })), CurrentRunner, id)
      const killed = yield* Id.next(RunnerId)
      yield* sql`INSERT INTO core_runners ${sql.insert({ id: Id.toBytes(killed), started_at: 1, seen_at: 1 })}`
      yield* Effect.sleep("300 millis")
      assert.sameMembers([...(yield* registered)], [id, killed])
      const other = yield* start()
      yield* until(() => other.took.length > 0)
      assert.deepStrictEqual(other.took, [killed])
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))

  it.live("is there again when others took it for gone though it was only slow", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const slow = yield* start()
      yield* sql`DELETE FROM core_runners WHERE id = ${Id.toBytes(slow.id)}`
      yield* Effect.sleep("300 millis")
      assert.deepStrictEqual(yield* registered, [slow.id])
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))

  it.live("tells the leases of one runner from those of others", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const types = columnTypes(sql)
      yield* sql`CREATE TABLE leased (name ${types.text(8)} NOT NULL PRIMARY KEY, lease_id ${types.id})`
      const ids = yield* Effect.forEach(Array.from({ length: 20 }), () => Id.next(RunnerId))
      const [mine] = ids
      const rows = ids.flatMap((id, index) => [
        { name: `${index}a`, lease_id: Runners.leaseId(id) },
        { name: `${index}b`, lease_id: Runners.leaseId(id) }
      ])
      assert.strictEqual(new Set(rows.map((row) => Id.fromBytes(row.lease_id))).size, 40)
      yield* sql`INSERT INTO leased ${sql.insert([...rows, { name: "free", lease_id: null }] as never)}`
      const named = (of: RunnerId | "all") =>
        Effect.map(
          sql<{ readonly name: string }>`SELECT name FROM leased WHERE ${Runners.holds(sql, of)} ORDER BY name`,
          (found) => found.map((row) => row.name)
        )
      assert.deepStrictEqual(yield* named(mine!), ["0a", "0b"])
      assert.strictEqual((yield* named("all")).length, 40)
    }).pipe(Effect.provide(TestLayer)))
})
