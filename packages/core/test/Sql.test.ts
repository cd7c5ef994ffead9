import { assert, describe, it } from "@effect/vitest"
import { columnTypes, orUnique } from "@wicara/core/Sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Data, Effect, Exit } from "effect"
import { SqlClient } from "effect/sql"

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
})
