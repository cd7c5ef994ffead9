import { assert, describe, it } from "@effect/vitest"
import * as BufferedRows from "@wicara/core/BufferedRows"
import { columnTypes } from "@wicara/core/Sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Scope } from "effect"
import { SqlClient, SqlError, Statement } from "effect/sql"
import { TestClock } from "effect/testing"

interface Row {
  readonly id: number
  readonly word: string | null
}

const lost = Effect.die(
  new SqlError.SqlError({
    reason: new SqlError.ConnectionError({ message: "lost", operation: "execute", cause: new Error("lost") })
  })
)

/** As when the database can't be reached. */
const away = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, Statement.CurrentTransformer, () => lost)

describe.each(TestDatabase.all)("Rows that nobody waits for, on $name", (database) => {
  const begin = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const types = columnTypes(sql)
    yield* sql`CREATE TABLE words (id INTEGER NOT NULL PRIMARY KEY, word ${types.text(20)} NOT NULL)`
    const words = Effect.map(
      sql<{ readonly id: unknown }>`SELECT id FROM words ORDER BY id`,
      (rows) => rows.map(({ id }) => Number(id))
    )
    return { sql, words }
  })
  const row = (id: number): Row => ({ id, word: `word ${id}` })

  it.effect("are written within a second or so, and when the server ends", () =>
    Effect.gen(function*() {
      const { words } = yield* begin
      const scope = yield* Scope.make()
      const buffer = yield* Scope.provide(BufferedRows.make<Row>("words"), scope)
      yield* buffer.add(row(1))
      yield* TestClock.adjust("1 second")
      yield* buffer.flush
      assert.deepStrictEqual(yield* words, [1])
      yield* buffer.add(row(2))
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      assert.deepStrictEqual(yield* words, [1, 2])
    }).pipe(Effect.provide(database.layer)))

  it.effect("wait while the database is away, in their order, and are written once when it is back", () =>
    Effect.gen(function*() {
      const { words } = yield* begin
      const buffer = yield* BufferedRows.make<Row>("words")
      for (let id = 1; id <= 450; id++) yield* buffer.add(row(id))
      yield* away(buffer.flush)
      yield* away(buffer.flush)
      assert.deepStrictEqual(yield* words, [])
      yield* buffer.flush
      assert.lengthOf(yield* words, 450)
      yield* buffer.flush
      assert.lengthOf(yield* words, 450)
    }).pipe(Effect.scoped, Effect.provide(database.layer)))

  it.effect("are written by themselves when the database is back, though nothing more is added", () =>
    Effect.gen(function*() {
      const { words } = yield* begin
      let isAway = true
      const buffer = yield* Effect.provideService(
        BufferedRows.make<Row>("words"),
        Statement.CurrentTransformer,
        (statement) => isAway ? lost : Effect.succeed(statement)
      )
      yield* buffer.add(row(1))
      for (let second = 0; second < 5; second++) yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* words, [])
      isAway = false
      for (let tries = 0; tries < 500 && (yield* words).length === 0; tries++) {
        yield* TestClock.adjust("1 second")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
      }
      assert.deepStrictEqual(yield* words, [1])
    }).pipe(Effect.scoped, Effect.provide(database.layer)))

  it.effect("are lost alone when the database refuses one of them", () =>
    Effect.gen(function*() {
      const { words } = yield* begin
      const buffer = yield* BufferedRows.make<Row>("words")
      yield* buffer.add(row(1))
      yield* buffer.add({ id: 2, word: null })
      yield* buffer.add(row(3))
      yield* buffer.flush
      assert.deepStrictEqual(yield* words, [1, 3])
    }).pipe(Effect.scoped, Effect.provide(database.layer)))

  it.effect("are kept up to a bound, however long the database is away", () =>
    Effect.gen(function*() {
      const { words } = yield* begin
      const buffer = yield* BufferedRows.make<Row>("words")
      for (let id = 1; id <= 10_000; id++) yield* buffer.add(row(id))
      yield* away(buffer.flush)
      assert.isTrue(buffer.isFull())
      yield* buffer.add(row(10_001))
      yield* buffer.flush
      const written = yield* words
      assert.deepStrictEqual([written.length, written.at(-1)], [10_000, 10_000])
      assert.isFalse(buffer.isFull())
    }).pipe(Effect.scoped, Effect.provide(database.layer)))
})
