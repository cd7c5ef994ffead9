import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import * as Migrations from "@wicara/core/Migrations"
import { migrations } from "@wicara/core/sql/migrations"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, References } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const total = migrations.migrations.length

describe.each(TestDatabase.all)("Migrations on $name", (database) => {
  it.effect("run once: a second run changes nothing", () =>
    Effect.gen(function*() {
      assert.lengthOf(yield* Migrations.run([migrations]), total)
      assert.lengthOf(yield* Migrations.run([migrations]), 0)
    }).pipe(Effect.provide(database.layer)))

  it.effect("each is repeatable: one that was interrupted before it was recorded runs again without harm", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Migrations.run([migrations])
      yield* sql`DELETE FROM core_migrations`
      assert.lengthOf(yield* Migrations.run([migrations]), total)
    }).pipe(Effect.provide(database.layer)))

  it.effect("of processes that start together each statement is run by one", () =>
    Effect.gen(function*() {
      const ran = yield* Effect.forEach(Array.from({ length: 4 }), () => Migrations.run([migrations]), {
        concurrency: "unbounded"
      })
      assert.strictEqual(ran.flat().length, total)
    }).pipe(Effect.provide(database.layer)))

  it("names are unique and never longer than their column", () => {
    const names = migrations.migrations.map(({ name }) => name)
    assert.strictEqual(new Set(names).size, names.length)
    assert.isTrue(names.every((name) => name.length <= 190))
  })
})

describe("Migrations of a database file", () => {
  it.live("two processes that open one new file both end with all tables", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "wicara-core-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      const client = SqliteClient.layer({ filename: join(folder, "wicara.sqlite") })
      const ready = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA busy_timeout = 5000`)
      // In one thread, who waits for the lock would keep the other from giving it back: each runs through.
      const process = Effect.andThen(ready, Migrations.run([migrations])).pipe(
        Effect.provide(client),
        Effect.provideService(References.PreventSchedulerYield, true)
      )
      yield* Effect.all([process, process], { concurrency: "unbounded" })
      assert.lengthOf(yield* process, 0)
    }).pipe(Effect.scoped))
})
