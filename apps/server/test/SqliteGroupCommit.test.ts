import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, FileSystem, Layer } from "effect"
import { SqlClient, SqlError } from "effect/sql"
import type { FileHandle } from "node:fs/promises"
import { join } from "node:path"
import * as SqliteGroupCommit from "../src/SqliteGroupCommit.ts"

/** A disk that confirms nothing until it is told to. */
const makeDisk = () => {
  const waiting: Array<{ readonly confirm: () => void; readonly break: () => void }> = []
  return {
    waiting,
    asked: 0,
    synchronise(_log: FileHandle): Promise<void> {
      this.asked++
      return new Promise((resolve, reject) =>
        waiting.push({ confirm: resolve, break: () => reject(new Error("EIO: i/o error, fdatasync")) })
      )
    }
  }
}

type Disk = ReturnType<typeof makeDisk>

const on = <A, E>(
  test: (sql: SqlClient.SqlClient, disk: Disk) => Effect.Effect<A, E>
) =>
  Effect.scoped(Effect.gen(function*() {
    const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
    const filename = join(folder, "test.db")
    // Made at once, before there is a disk to wait for.
    yield* Effect.provide(
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE notes (id INTEGER PRIMARY KEY)`),
      SqliteGroupCommit.layer({ filename })
    )
    const disk = makeDisk()
    const layer = SqliteGroupCommit.layer({ filename, synchronise: (log) => disk.synchronise(log) })
    return yield* Effect.flatMap(SqlClient.SqlClient, (sql) => test(sql, disk)).pipe(Effect.provide(layer))
  })).pipe(Effect.provide(Layer.mergeAll(NodeServices.layer)))

/** Long enough for whatever does not wait for the disk. */
const soon = Effect.sleep("50 millis")

const count = (sql: SqlClient.SqlClient) =>
  Effect.map(sql<{ readonly n: number }>`SELECT COUNT(*) AS n FROM notes`, ([row]) => row?.n)

describe("SQLite's commits", () => {
  it.live("are on the disk when a transaction ends, and keep nobody waiting", () =>
    on(Effect.fnUntraced(function*(sql, disk) {
      const writing = yield* Effect.forkChild(sql.withTransaction(sql`INSERT INTO notes VALUES (1)`))
      yield* soon
      assert.strictEqual(writing.pollUnsafe(), undefined)
      assert.strictEqual(disk.asked, 1)
      // Others go on meanwhile, with what was written.
      assert.strictEqual(yield* count(sql), 1)
      const next = yield* Effect.forkChild(sql.withTransaction(sql`INSERT INTO notes VALUES (2)`))
      yield* soon
      assert.strictEqual(yield* count(sql), 2)
      // The first may be confirmed, the second came after that was asked for.
      disk.waiting[0]!.confirm()
      yield* Fiber.join(writing)
      yield* soon
      assert.strictEqual(next.pollUnsafe(), undefined)
      disk.waiting[1]!.confirm()
      yield* Fiber.join(next)
    })))

  it.live("share what the disk does", () =>
    on(Effect.fnUntraced(function*(sql, disk) {
      const first = yield* Effect.forkChild(sql.withTransaction(sql`INSERT INTO notes VALUES (0)`))
      yield* soon
      const writing = yield* Effect.forkChild(Effect.forEach(
        Array.from({ length: 49 }, (_, index) => index + 1),
        (index) => sql.withTransaction(sql`INSERT INTO notes VALUES (${index})`),
        { concurrency: "unbounded", discard: true }
      ))
      yield* soon
      disk.waiting[0]!.confirm()
      yield* Fiber.join(first)
      yield* soon
      disk.waiting[1]!.confirm()
      yield* Fiber.join(writing)
      assert.strictEqual(disk.asked, 2)
      assert.strictEqual(yield* count(sql), 50)
    })))

  it.live("fail when the disk does, and only those that it did not keep", () =>
    on(Effect.fnUntraced(function*(sql, disk) {
      const writing = yield* Effect.forkChild(Effect.flip(sql.withTransaction(sql`INSERT INTO notes VALUES (1)`)))
      yield* soon
      disk.waiting[0]!.break()
      const error = yield* Fiber.join(writing)
      assert.instanceOf(error, SqlError.SqlError)
      assert.strictEqual(error.reason._tag, "ConnectionError")
      assert.include(error.message, "did not confirm")
      const next = yield* Effect.forkChild(sql.withTransaction(sql`INSERT INTO notes VALUES (2)`))
      yield* soon
      disk.waiting[1]!.confirm()
      yield* Fiber.join(next)
    })))

  it.live("of single statements are waited for as well; what only reads and what is taken back is not", () =>
    on(Effect.fnUntraced(function*(sql, disk) {
      const writing = yield* Effect.forkChild(sql`INSERT INTO notes VALUES (1)`)
      yield* soon
      assert.strictEqual(writing.pollUnsafe(), undefined)
      disk.waiting[0]!.confirm()
      yield* Fiber.join(writing)
      yield* Effect.flip(sql.withTransaction(Effect.andThen(sql`INSERT INTO notes VALUES (2)`, Effect.fail("no"))))
      assert.strictEqual(yield* count(sql), 1)
      assert.strictEqual(disk.asked, 1)
      // What is within another transaction ends with it.
      const outer = yield* Effect.forkChild(sql.withTransaction(
        Effect.andThen(sql.withTransaction(sql`INSERT INTO notes VALUES (3)`), sql`INSERT INTO notes VALUES (4)`)
      ))
      yield* soon
      assert.strictEqual(disk.asked, 2)
      disk.waiting[1]!.confirm()
      yield* Fiber.join(outer)
      assert.strictEqual(yield* count(sql), 3)
      // However its answer is read.
      const changes = [sql`DELETE FROM notes WHERE id = 1`.values, sql`DELETE FROM notes WHERE id = 3`.raw]
      for (const [index, change] of changes.entries()) {
        const changing = yield* Effect.forkChild(Effect.asVoid(change))
        yield* soon
        assert.strictEqual(changing.pollUnsafe(), undefined)
        disk.waiting[index + 2]!.confirm()
        yield* Fiber.join(changing)
      }
      assert.strictEqual(yield* count(sql), 1)
    })))

  it.live("of a single statement that was kept waiting by another process are in nobody's transaction", () =>
    Effect.scoped(Effect.gen(function*() {
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const filename = join(folder, "test.db")
      const pragmas = ["PRAGMA busy_timeout = 0"]
      const clientOf = Effect.map(
        Layer.build(SqliteGroupCommit.layer({ filename, pragmas })),
        Context.get(SqlClient.SqlClient)
      )
      const [sql, other] = [yield* clientOf, yield* clientOf]
      yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY)`
      const release = yield* Deferred.make<void>()
      const holding = yield* Effect.forkChild(
        other.withTransaction(Effect.andThen(other`INSERT INTO notes VALUES (1)`, Deferred.await(release)))
      )
      yield* Effect.sleep("20 millis")
      const writing = yield* Effect.forkChild(sql`INSERT INTO notes VALUES (2)`)
      yield* Effect.sleep("20 millis")
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(holding)
      // It is tried again while this one is under way, which is taken back.
      yield* Effect.flip(sql.withTransaction(
        Effect.andThen(sql`INSERT INTO notes VALUES (3)`, Effect.andThen(Effect.sleep("200 millis"), Effect.fail("no")))
      ))
      yield* Fiber.join(writing)
      assert.deepStrictEqual(yield* sql`SELECT id FROM notes ORDER BY id`, [{ id: 1 }, { id: 2 }])
    })).pipe(Effect.provide(NodeServices.layer)))
})
