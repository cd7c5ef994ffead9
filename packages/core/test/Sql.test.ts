import { assert, describe, it } from "@effect/vitest"
import {
  affectedByMany,
  columnTypes,
  insertAll,
  insertIfAbsent,
  isUnavailable,
  orUnique,
  padded,
  transaction
} from "@wicara/core/Sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Data, Effect, Exit } from "effect"
import { SqlClient, SqlError } from "effect/sql"

class Taken extends Data.TaggedError("Taken") {}

describe.each(TestDatabase.all)("Sql on $name", (database) => {
  const withTables = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const types = columnTypes(sql)
    yield* sql`CREATE TABLE composite (
      organization_id ${types.id} NOT NULL, id ${types.id} NOT NULL, name ${types.text(10)} NOT NULL,
      PRIMARY KEY (organization_id, id)) ${types.tableOptions}`
    yield* sql`CREATE TABLE clustered (
      id ${types.id} NOT NULL, name ${types.text(10)}, PRIMARY KEY (id)) ${types.clustered}`
    yield* sql`CREATE TABLE counted (id INTEGER NOT NULL PRIMARY KEY, name ${types.text(10)}) ${types.tableOptions}`
    yield* sql`CREATE UNIQUE INDEX composite_name ON composite (name)`
    return sql
  })
  const key = (byte: number) => new Uint8Array(16).fill(byte)

  it.effect("tells a taken primary key or unique value from every other violation", () =>
    Effect.gen(function*() {
      const sql = yield* withTables
      const attempt = (table: string, row: Record<string, unknown>) =>
        sql`INSERT INTO ${sql(table)} ${sql.insert(row as never)}`.pipe(orUnique(() => new Taken()), Effect.exit)
      for (
        const [table, row] of [
          ["composite", { organization_id: key(1), id: key(1), name: "a" }],
          ["clustered", { id: key(1), name: "a" }],
          ["counted", { id: 1, name: "a" }]
        ] as const
      ) {
        assert.isTrue(Exit.isSuccess(yield* attempt(table, row)), table)
        assert.deepStrictEqual(yield* attempt(table, { ...row, name: "b" }), Exit.fail(new Taken()), table)
      }
      const sameName = yield* attempt("composite", { organization_id: key(1), id: key(2), name: "a" })
      assert.deepStrictEqual(sameName, Exit.fail(new Taken()))
      const withoutName = yield* attempt("composite", { organization_id: key(1), id: key(3), name: null })
      assert.isTrue(Exit.hasDies(withoutName))
    }).pipe(Effect.provide(database.layer)))

  it.effect("says how many rows a statement found to change, whether they were so before or not", () =>
    Effect.gen(function*() {
      const sql = yield* withTables
      yield* sql`INSERT INTO counted ${sql.insert([1, 2, 3].map((id) => ({ id, name: "new" })) as never)}`
      const rename = (ids: ReadonlyArray<number>) =>
        transaction(sql, affectedByMany(sql, sql`UPDATE counted SET name = 'known' WHERE ${sql.in("id", ids)}`))
      assert.strictEqual(yield* rename([1, 2, 9]), 2)
      assert.strictEqual(yield* rename([1, 2, 3]), 3)
      assert.strictEqual(yield* rename([9]), 0)
    }).pipe(Effect.provide(database.layer)))

  it.effect("inserts any number of rows, and finds them by conditions of any length", () =>
    Effect.gen(function*() {
      const sql = yield* withTables
      const all = (count: number) => Array.from({ length: count }, (_, id) => ({ id, name: `n${id % 7}` }))
      for (const count of [0, 1, 2, 3, 37, 511, 1_300]) {
        yield* insertAll(sql, all(count), (rows) => sql`INSERT INTO counted ${sql.insert(rows as never)}`)
        const found = yield* sql<{ readonly id: number }>`SELECT id FROM counted ORDER BY id`
        assert.deepStrictEqual(found.map(({ id }) => id), all(count).map(({ id }) => id))
        // Those that are there stay as they are.
        yield* insertIfAbsent(sql, "counted", "name", all(count + 5).map((row) => ({ ...row, name: "other" })))
        const others = yield* sql<{ readonly id: number }>`SELECT id FROM counted WHERE name = 'other' ORDER BY id`
        assert.deepStrictEqual(others.map(({ id }) => id), all(count + 5).map(({ id }) => id).slice(count))
        const asked = [...new Set([0, 1, 3, count, count + 6])]
        const some = yield* sql<{ readonly id: number }>`SELECT id FROM counted
          WHERE ${sql.or(padded(asked).map((id) => sql`(id = ${id})`))} ORDER BY id`
        assert.deepStrictEqual(
          some.map(({ id }) => id),
          asked.filter((id) => id < count + 5).toSorted((a, b) => a - b)
        )
        yield* sql`DELETE FROM counted`
      }
      assert.deepStrictEqual([1, 2, 3, 5, 8].map((length) => padded(all(length)).length), [1, 2, 4, 8, 8])
    }).pipe(Effect.provide(database.layer)))
})

describe("isUnavailable", () => {
  it("is so of a connection that ended before its next statement, and not of a wrong statement", () => {
    const failure = (cause: Error) =>
      new SqlError.SqlError({ reason: new SqlError.UnknownError({ message: "Failed", operation: "execute", cause }) })
    const closed = Object.assign(new Error("Can't add new command when connection is in closed state"), { fatal: true })
    assert.isTrue(isUnavailable(failure(closed)))
    assert.isFalse(isUnavailable(failure(Object.assign(new Error("Unknown column"), { fatal: false }))))
  })
})
