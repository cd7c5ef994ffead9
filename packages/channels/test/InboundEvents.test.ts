import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Layer, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient, SqlError } from "effect/sql"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import type { InboundEventsOptions } from "@wicara/channels/InboundEvents"
import * as Id from "@wicara/core/Id"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import { transaction } from "@wicara/core/Sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { ids, migrated } from "./support.ts"

const encoder = new TextEncoder()
const bodyOf = (text: string) => encoder.encode(text)

describe.each(TestDatabase.all)("InboundEvents on $name", (database) => {
  const layer = (options: InboundEventsOptions = {}) =>
    InboundEvents.layerSqlWith(options).pipe(Layer.provideMerge(migrated(database.layer)))

  const stored = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    return yield* sql<{ readonly dedupe_key: string; readonly state: number; readonly attempts: number }>`
      SELECT dedupe_key, state, attempts FROM channels_inbound_events ORDER BY dedupe_key`
  })

  it.live("acknowledges a delivery only when it is durable, and stores its exact bytes", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const account = yield* ids
      const body = new Uint8Array([0, 255, 123, 34, 195, 40, 10])
      yield* events.ingest({ ...account, dedupeKey: "a", body })
      assert.strictEqual((yield* stored).length, 1)
      const [claimed] = yield* events.claim({ limit: 10, leaseFor: "1 minute" })
      assert.deepStrictEqual(Array.from(claimed!.body), Array.from(body))
      assert.strictEqual(claimed!.organizationId, account.organizationId)
      assert.strictEqual(claimed!.channelAccountId, account.channelAccountId)
    }).pipe(Effect.provide(layer())))

  it.live("stores the same delivery once, also when it comes many times at once and in other batches", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const account = yield* ids
      const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
      const deliveries = keys.flatMap((key) => Array.from({ length: 10 }, () => key))
      yield* Effect.forEach(
        deliveries,
        (dedupeKey, index) => events.ingest({ ...account, dedupeKey, body: bodyOf(`${dedupeKey}/${index}`) }),
        { concurrency: "unbounded", discard: true }
      )
      yield* events.ingest({ ...account, dedupeKey: "key-0", body: bodyOf("again") })
      assert.deepStrictEqual((yield* stored).map((row) => row.dedupe_key), [...keys].sort())
    }).pipe(Effect.provide(layer({ maxBatch: 32 }))))

  it.live("keeps equal keys of two organizations and two accounts apart", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const one = yield* ids
      const two = yield* ids
      const other = { ...one, channelAccountId: two.channelAccountId }
      yield* Effect.forEach([one, two, other], (account) =>
        events.ingest({ ...account, dedupeKey: "same", body: bodyOf("{}") }), { concurrency: 3, discard: true })
      assert.strictEqual((yield* stored).length, 3)
    }).pipe(Effect.provide(layer())))

  it.live("tells long keys apart that begin alike", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const account = yield* ids
      const long = "x".repeat(400)
      yield* events.ingest({ ...account, dedupeKey: `${long}1`, body: bodyOf("{}") })
      yield* events.ingest({ ...account, dedupeKey: `${long}2`, body: bodyOf("{}") })
      yield* events.ingest({ ...account, dedupeKey: `${long}1`, body: bodyOf("{}") })
      assert.strictEqual((yield* stored).length, 2)
    }).pipe(Effect.provide(layer())))

  it.live("acknowledges nothing when the transaction fails, and works again afterwards", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const sql = yield* SqlClient.SqlClient
      const account = yield* ids
      yield* sql`ALTER TABLE channels_inbound_events RENAME TO channels_inbound_events_away`
      const results = yield* Effect.forEach(
        [1, 2, 3],
        (key) => Effect.result(events.ingest({ ...account, dedupeKey: String(key), body: bodyOf("{}") })),
        { concurrency: "unbounded" }
      )
      assert.isTrue(results.every((result) => Result.isFailure(result) && result.failure._tag === "Unavailable"))
      yield* sql`ALTER TABLE channels_inbound_events_away RENAME TO channels_inbound_events`
      yield* events.ingest({ ...account, dedupeKey: "1", body: bodyOf("{}") })
      assert.strictEqual((yield* stored).length, 1)
    }).pipe(Effect.provide(layer())))

  it.live("refuses more than may wait, and bounds the bytes that wait", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const account = yield* ids
      const results = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, index) => index),
        (key) => Effect.result(events.ingest({ ...account, dedupeKey: String(key), body: bodyOf("{}") })),
        { concurrency: "unbounded" }
      )
      const refused = results.filter(Result.isFailure).length
      assert.strictEqual(refused, 40)
      assert.strictEqual((yield* stored).length, 10)
      const large = new Uint8Array(600)
      const large2 = yield* Effect.forEach(
        ["a", "b", "c"],
        (key) => Effect.result(events.ingest({ ...account, dedupeKey: key, body: large })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(large2.map(Result.isSuccess), [true, true, false])
    }).pipe(Effect.provide(layer({ maxWaiting: 10, maxWaitingBytes: 1000 }))))

  it.live("commits what waits when its scope closes", () =>
    Effect.gen(function*() {
      const account = yield* ids
      const fibers = yield* Effect.scoped(Effect.gen(function*() {
        const context = yield* Layer.build(InboundEvents.layerSql)
        const events = Context.get(context, InboundEvents)
        return yield* Effect.forEach(["a", "b", "c"], (key) =>
          Effect.forkDetach(events.ingest({ ...account, dedupeKey: key, body: bodyOf("{}") }), {
            startImmediately: true
          }))
      }))
      assert.deepStrictEqual(
        fibers.map((fiber) =>
          fiber.pollUnsafe()
        ),
        [Exit.void, Exit.void, Exit.void]
      )
      assert.strictEqual((yield* stored).length, 3)
    }).pipe(Effect.provide(migrated(database.layer))))

  it.effect("gives each delivery to one worker, oldest first", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const account = yield* ids
      for (let index = 0; index < 60; index++) {
        yield* TestClock.adjust("1 millis")
        yield* events.ingest({
          ...account,
          dedupeKey: `k${String(index).padStart(2, "0")}`,
          body: bodyOf(String(index))
        })
      }
      const claims = yield* Effect.forEach(
        [1, 2, 3, 4],
        () => events.claim({ limit: 20, leaseFor: "1 minute" }),
        { concurrency: "unbounded" }
      )
      const rest = yield* events.claim({ limit: 100, leaseFor: "1 minute" })
      const all = [...claims.flat(), ...rest].map((event) => event.id)
      assert.strictEqual(all.length, 60)
      assert.strictEqual(new Set(all).size, 60)
      for (const claim of claims) {
        const received = claim.map((event) => event.receivedAt)
        assert.deepStrictEqual(received, [...received].sort((a, b) => a - b))
      }
    }).pipe(Effect.provide(layer())))

  it.effect("gives a delivery to someone else when the lease ends, and then refuses the first one's completion", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const sql = yield* SqlClient.SqlClient
      const account = yield* ids
      yield* events.ingest({ ...account, dedupeKey: "a", body: bodyOf("{}") })
      const [first] = yield* events.claim({ limit: 1, leaseFor: "30 seconds" })
      assert.deepStrictEqual(yield* events.claim({ limit: 1, leaseFor: "30 seconds" }), [])
      yield* TestClock.adjust("31 seconds")
      const [second] = yield* events.claim({ limit: 1, leaseFor: "30 seconds" })
      assert.strictEqual(second!.id, first!.id)
      const late = yield* Effect.flip(transaction(sql, events.complete([{ event: first!, unknownKinds: 0 }])))
      assert.strictEqual((late as { _tag: string })._tag, "LeaseLost")
      yield* transaction(sql, events.complete([{ event: second!, unknownKinds: 0 }]))
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* events.claim({ limit: 1, leaseFor: "30 seconds" }), [])
    }).pipe(Effect.provide(layer())))

  it.effect("leaves a delivery pending when the transaction of its effect rolls back", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const sql = yield* SqlClient.SqlClient
      const account = yield* ids
      yield* events.ingest({ ...account, dedupeKey: "a", body: bodyOf("{}") })
      const claimed = yield* events.claim({ limit: 1, leaseFor: "30 seconds" })
      yield* Effect.exit(transaction(
        sql,
        Effect.andThen(events.complete([{ event: claimed[0]!, unknownKinds: 0 }]), Effect.fail("the effect failed"))
      ))
      yield* events.release(claimed)
      assert.strictEqual((yield* events.claim({ limit: 1, leaseFor: "30 seconds" })).length, 1)
    }).pipe(Effect.provide(layer())))

  it.effect("retries a failing delivery later and later, gives it up, keeps it and can try it again", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const account = yield* ids
      yield* events.ingest({ ...account, dedupeKey: "poison", body: bodyOf("{}") })
      const outcomes: Array<string> = []
      for (let attempt = 0; attempt < 3; attempt++) {
        const [claimed] = yield* events.claim({ limit: 1, leaseFor: "30 seconds" })
        outcomes.push(yield* events.fail(claimed!, "does not decode"))
        assert.deepStrictEqual(yield* events.claim({ limit: 1, leaseFor: "30 seconds" }), [])
        yield* TestClock.adjust("2 minutes")
      }
      assert.deepStrictEqual(outcomes, ["retry", "retry", "dead"])
      assert.deepStrictEqual(yield* events.claim({ limit: 1, leaseFor: "30 seconds" }), [])
      const backlog = yield* events.backlog
      assert.strictEqual(backlog.dead, 1)
      assert.strictEqual(backlog.pending, 0)
      const stranger = yield* ids
      assert.strictEqual(yield* events.retryDead(stranger.organizationId, 10), 0)
      assert.strictEqual(yield* events.retryDead(account.organizationId, 10), 1)
      assert.strictEqual((yield* events.claim({ limit: 1, leaseFor: "30 seconds" }))[0]!.attempts, 0)
    }).pipe(Effect.provide(layer({ maxAttempts: 3 }))))

  it.effect("ends all leases at the start of the only process, and tells how much waits", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const account = yield* ids
      const start = yield* Clock.currentTimeMillis
      yield* events.ingest({ ...account, dedupeKey: "a", body: bodyOf("{}") })
      yield* events.ingest({ ...account, dedupeKey: "b", body: bodyOf("{}") })
      yield* events.claim({ limit: 10, leaseFor: "1 hour" })
      const backlog = yield* events.backlog
      assert.strictEqual(backlog.pending, 2)
      assert.deepStrictEqual(backlog.oldestReceivedAt, Option.some(start))
      yield* events.releaseLeases("all")
      assert.strictEqual((yield* events.claim({ limit: 10, leaseFor: "1 hour" })).length, 2)
    }).pipe(Effect.provide(layer())))

  it.effect("ends the leases of one runner, whose late result is refused then", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const sql = yield* SqlClient.SqlClient
      const account = yield* ids
      const runner = yield* CurrentRunner
      const other = yield* Id.next(RunnerId)
      yield* events.ingest({ ...account, dedupeKey: "a", body: bodyOf("{}") })
      const [held] = yield* events.claim({ limit: 10, leaseFor: "1 hour" })
      yield* events.releaseLeases(other)
      assert.deepStrictEqual(yield* events.claim({ limit: 10, leaseFor: "1 hour" }), [])
      yield* events.releaseLeases(runner)
      const [again] = yield* events.claim({ limit: 10, leaseFor: "1 hour" })
      assert.strictEqual(again!.id, held!.id)
      const late = yield* Effect.flip(transaction(sql, events.complete([{ event: held!, unknownKinds: 0 }])))
      assert.strictEqual(late._tag, "LeaseLost")
      yield* transaction(sql, events.complete([{ event: again!, unknownKinds: 0 }]))
    }).pipe(Effect.provide(layer())))

  it.effect("deletes only what was worked off, and knows the key until then", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const sql = yield* SqlClient.SqlClient
      const account = yield* ids
      yield* events.ingest({ ...account, dedupeKey: "done", body: bodyOf("{}") })
      const claimed = yield* events.claim({ limit: 1, leaseFor: "1 minute" })
      yield* transaction(sql, events.complete(claimed.map((event) => ({ event, unknownKinds: 0 }))))
      yield* events.ingest({ ...account, dedupeKey: "waiting", body: bodyOf("{}") })
      yield* events.ingest({ ...account, dedupeKey: "done", body: bodyOf("{}") })
      assert.strictEqual((yield* stored).length, 2)
      yield* TestClock.adjust("30 days")
      const now = yield* Clock.currentTimeMillis
      assert.strictEqual(yield* events.purge({ before: now, limit: 100 }), 1)
      assert.deepStrictEqual((yield* stored).map((row) => row.dedupe_key), ["waiting"])
    }).pipe(Effect.provide(layer())))

  it.effect("claims no more bytes at once than fit in memory, but always one delivery", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const account = yield* ids
      const large = new Uint8Array(3 * 1024 * 1024)
      for (const key of ["a", "b", "c", "d", "e", "f", "g"]) {
        yield* events.ingest({ ...account, dedupeKey: key, body: large })
      }
      const claimed = yield* events.claim({ limit: 10, leaseFor: "1 minute" })
      assert.strictEqual(claimed.length, 5)
    }).pipe(Effect.provide(layer())))

  it.effect("dies with the database's own error when a worker can't reach it", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const sql = yield* SqlClient.SqlClient
      yield* sql`DROP TABLE channels_inbound_events`
      const exit = yield* Effect.exit(events.claim({ limit: 1, leaseFor: "1 minute" }))
      assert.isTrue(
        Exit.isFailure(exit) &&
          exit.cause.reasons.some((reason) => reason._tag === "Die" && reason.defect instanceof SqlError.SqlError)
      )
    }).pipe(Effect.provide(layer())))
})
