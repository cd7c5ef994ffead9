import { assert, describe, it } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import * as Leases from "@wicara/core/Leases"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import { columnTypes, transaction } from "@wicara/core/Sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"

const leaseFor = 30_000

describe.each(TestDatabase.all)("Leases on $name", (database) => {
  /** A process with rows of its own table in front of it. */
  const server = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const runner = yield* Id.next(RunnerId)
    const leases = yield* Leases.make(sql, { table: "work", until: "due_at", leaseFor }).pipe(
      Effect.provideService(CurrentRunner, runner)
    )
    return { ...leases, runner }
  })

  const begin = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const types = columnTypes(sql)
    yield* sql`CREATE TABLE work (id INTEGER NOT NULL PRIMARY KEY, lease_id ${types.id}, due_at ${types.instant})`
    const insert = (id: number, due_at: number | null) =>
      sql`INSERT INTO work ${sql.insert({ id, lease_id: null, due_at })}`
    const row = (id: number) => sql`id = ${id}`
    const dueAt = Effect.fnUntraced(function*(id: number) {
      const [found] = yield* sql<{ readonly due_at: unknown }>`SELECT due_at FROM work WHERE id = ${id}`
      return Number(found?.due_at)
    })
    return { sql, insert, row, dueAt, one: yield* server, other: yield* server }
  })

  it.effect("gives a due row to one process, for the time of a lease", () =>
    Effect.gen(function*() {
      const { dueAt, insert, one, other, row } = yield* begin
      yield* TestClock.setTime(1_000_000)
      yield* insert(1, 1_000_000)
      yield* insert(2, 1_000_001)
      yield* insert(3, null)
      assert.isDefined(yield* one.claim(row(1)))
      assert.isUndefined(yield* one.claim(row(1)))
      assert.isUndefined(yield* other.claim(row(1)))
      assert.strictEqual(yield* dueAt(1), 1_030_000)
      assert.isUndefined(yield* one.claim(row(2)), "not due yet")
      assert.isUndefined(yield* one.claim(row(3)), "never due")
      assert.isUndefined(yield* one.claim(row(4)), "no such row")
    }).pipe(Effect.provide(database.layer)))

  it.effect("gives a row to exactly one of many who want it at once", () =>
    Effect.gen(function*() {
      const { insert, one, other, row } = yield* begin
      for (let id = 1; id <= 10; id++) yield* insert(id, 0)
      for (let id = 1; id <= 10; id++) {
        const taken = yield* Effect.forEach(
          Array.from({ length: 12 }, (_, index) => index % 2 === 0 ? one : other),
          (process) => process.claim(row(id)),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(taken.filter((lease) => lease !== undefined), 1)
      }
    }).pipe(Effect.provide(database.layer)))

  it.effect("is kept while it is renewed, and taken over when it has run out", () =>
    Effect.gen(function*() {
      const { dueAt, insert, one, other, row } = yield* begin
      yield* insert(1, 0)
      const lease = (yield* one.claim(row(1)))!
      yield* TestClock.adjust(leaseFor - 1)
      assert.isUndefined(yield* other.claim(row(1)))
      assert.isTrue(yield* one.renew(row(1), lease))
      assert.isTrue(yield* one.renew(row(1), lease), "in the same millisecond, too")
      yield* TestClock.adjust(leaseFor - 1)
      assert.isUndefined(yield* other.claim(row(1)))
      yield* TestClock.adjust(1)
      const taken = (yield* other.claim(row(1)))!
      assert.isDefined(taken)

      // The first process was only slow: it finds out, and changes nothing.
      assert.isFalse(yield* one.renew(row(1), lease))
      assert.isFalse(yield* one.isHeld(row(1), lease))
      assert.isFalse(yield* one.giveBack(row(1), lease, 0))
      assert.isTrue(yield* other.isHeld(row(1), taken))
      assert.strictEqual(yield* dueAt(1), (2 * leaseFor) - 1 + leaseFor)
    }).pipe(Effect.provide(database.layer)))

  it.effect("goes on with a lease that ran out and that nobody took", () =>
    Effect.gen(function*() {
      const { insert, one, other, row } = yield* begin
      yield* insert(1, 0)
      const lease = (yield* one.claim(row(1)))!
      yield* TestClock.adjust(3 * leaseFor)
      assert.isTrue(yield* one.renew(row(1), lease))
      assert.isUndefined(yield* other.claim(row(1)))
    }).pipe(Effect.provide(database.layer)))

  it.effect("is due again when its holder says so", () =>
    Effect.gen(function*() {
      const { insert, one, other, row } = yield* begin
      yield* insert(1, 0)
      const lease = (yield* one.claim(row(1)))!
      assert.isTrue(yield* one.giveBack(row(1), lease, 500))
      assert.isFalse(yield* one.giveBack(row(1), lease, 0), "once")
      assert.isUndefined(yield* other.claim(row(1)))
      yield* TestClock.adjust(500)
      assert.isDefined(yield* other.claim(row(1)))
    }).pipe(Effect.provide(database.layer)))

  it.effect("ends early for a process that is gone, and for no other", () =>
    Effect.gen(function*() {
      const { insert, one, other, row } = yield* begin
      for (const id of [1, 2, 3]) yield* insert(id, 0)
      const mine = (yield* one.claim(row(1)))!
      const others = (yield* other.claim(row(2)))!
      yield* other.release(one.runner)
      assert.isFalse(yield* one.isHeld(row(1), mine))
      assert.isTrue(yield* other.isHeld(row(2), others))
      assert.isDefined(yield* other.claim(row(1)))
      yield* one.release("all")
      assert.isFalse(yield* other.isHeld(row(2), others))
      assert.isDefined(yield* one.claim(row(2)))
    }).pipe(Effect.provide(database.layer)))

  it.effect("is not taken from a transaction that looked whether it holds it", () =>
    Effect.gen(function*() {
      const { insert, one, other, row, sql } = yield* begin
      yield* insert(1, 0)
      const lease = (yield* one.claim(row(1)))!
      const held = yield* transaction(
        sql,
        Effect.gen(function*() {
          const held = yield* one.isHeld(row(1), lease)
          yield* one.giveBack(row(1), lease, 0)
          return held
        })
      )
      assert.isTrue(held)
      // What was given back within a transaction that fails is still held.
      const again = (yield* other.claim(row(1)))!
      yield* Effect.ignore(transaction(sql, Effect.andThen(other.giveBack(row(1), again, 0), Effect.fail("no"))))
      assert.isTrue(yield* other.isHeld(row(1), again))
    }).pipe(Effect.provide(database.layer)))
})
