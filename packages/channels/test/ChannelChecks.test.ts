import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import * as SendGate from "@wicara/channels/SendGate"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as MemoryChannel from "@wicara/testing/testkit/channel/MemoryChannel"
import { account, onBench } from "./memory.ts"
import { actingFor } from "./support.ts"

const told = (type: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ readonly payload: string }>`SELECT payload FROM core_events WHERE type = ${type} ORDER BY id`,
      (rows) => rows.map((row) => JSON.parse(row.payload))
    ))

/** Looks as often as accounts are due in this time. */
const lookFor = Effect.fnUntraced(function*(minutes: number) {
  const checks = yield* ChannelChecks
  for (let minute = 0; minute < minutes; minute++) {
    yield* checks.runOnce
    yield* TestClock.adjust("1 minute")
  }
})

const minute = 60_000
const day = 86_400_000

describe.each(TestDatabase.all)("ChannelChecks on $name", (database) => {
  it.effect("keeps what it found, page by page and as figures, for those whose account it is", () =>
    onBench(
      database,
      Effect.fnUntraced(function*(bench) {
        const checks = yield* ChannelChecks
        const { acting, id } = yield* account()
        yield* lookFor(20)
        const works = yield* checks.list(id, {}).pipe(acting)
        // Every 5 minutes, give or take a fifth.
        assert.isAtLeast(works.data.length, 3)
        assert.isAtMost(works.data.length, 6)
        assert.isTrue(works.data.every(({ connection, status }) => status === "ok" && connection === "connected"))
        bench.provider.withdraw(true)
        yield* lookFor(10)
        const first = yield* checks.list(id, { limit: 1 }).pipe(acting)
        const second = yield* checks.list(id, { limit: 1, cursor: first.nextCursor! }).pipe(acting)
        assert.strictEqual(first.data[0]?.status, "fail")
        assert.isBelow(
          second.data[0]!.checkedAt.epochMilliseconds,
          first.data[0]!.checkedAt.epochMilliseconds + 1
        )
        const [today] = yield* checks.uptime(id).pipe(acting)
        const all = yield* checks.list(id, { limit: 200 }).pipe(acting)
        const failed = all.data.filter(({ status }) => status === "fail").length
        assert.isAbove(failed, 0)
        assert.deepInclude(today, {
          days: 1,
          checks: all.data.length,
          failed,
          uptime: (all.data.length - failed) / all.data.length
        })
        const stranger = actingFor(yield* Id.next(OrganizationId))
        assert.strictEqual((yield* Effect.flip(stranger(checks.list(id, {}))))._tag, "NotFound")
        assert.strictEqual((yield* Effect.flip(stranger(checks.uptime(id))))._tag, "NotFound")
        yield* TestClock.adjust(31 * day)
        assert.strictEqual(yield* checks.purge, all.data.length)
        assert.strictEqual((yield* checks.uptime(id).pipe(acting))[3]?.checks, all.data.length)
      })
    ))

  const plain = { ...MemoryChannel.make(), lifecycle: undefined }

  it.effect("tells what a test warns of, where the test is all that there is", () =>
    onBench(
      database,
      Effect.fnUntraced(function*(bench) {
        const checks = yield* ChannelChecks
        const { acting, id } = yield* account()
        yield* checks.runOnce
        assert.strictEqual(bench.requests, 1)
        const { data: [found] } = yield* checks.list(id, {}).pipe(acting)
        assert.deepInclude(found, { status: "warn", message: "Half of it works.", connection: "connected" })
      }),
      {},
      {
        ...plain,
        test: (account) => Effect.as(plain.test(account), { status: "warn", message: "Half of it works." } as const)
      }
    ))

  it.effect.each([["memory", plain], [undefined, plain], [undefined, MemoryChannel.make()]] as const)(
    "says what holds an account back, by a gate of %s",
    ([channel, adapter]) =>
      onBench(
        database,
        Effect.fnUntraced(function*() {
          const checks = yield* ChannelChecks
          const { acting, id } = yield* account()
          yield* checks.runOnce.pipe(Effect.provideService(SendGate.SendGates, [{
            channel,
            ask: () => Effect.succeed(SendGate.go),
            held: () => Effect.succeedSome("It warms up.")
          }]))
          const { data: [found] } = yield* checks.list(id, {}).pipe(acting)
          assert.deepInclude(found, { status: "warn", message: "It warms up." })
        }),
        {},
        adapter
      )
  )

  it.effect("lets a provider that hangs hold up nobody else, and looks at each account once", () =>
    onBench(
      database,
      Effect.fnUntraced(function*(bench) {
        const here = yield* ChannelChecks
        const elsewhere = yield* Effect.provide(ChannelChecks, bench.elsewhere)
        const one = yield* account("1001")
        const two = yield* account("2002")
        bench.hanging.add("1001")
        const looking = yield* Effect.forkChild(
          Effect.all([here.runOnce, elsewhere.runOnce], { concurrency: "unbounded" })
        )
        const seen = () => Effect.map(here.list(two.id, {}).pipe(two.acting), ({ data }) => data.length)
        while ((yield* seen()) === 0) yield* TestClock.withLive(Effect.sleep(5))
        assert.strictEqual((yield* here.list(one.id, {}).pipe(one.acting)).data.length, 0)
        while (looking.pollUnsafe() === undefined) {
          yield* TestClock.adjust("1 second")
          yield* TestClock.withLive(Effect.sleep(2))
        }
        const [mine, theirs] = yield* Fiber.join(looking)
        assert.strictEqual(mine + theirs, 2)
        const silent = yield* here.list(one.id, {}).pipe(one.acting)
        assert.deepStrictEqual(silent.data.map(({ status }) => status), ["fail"])
        assert.strictEqual(yield* seen(), 1)
      })
    ))

  it.effect("starts a connection that failed again, at most so often, and tells once", () =>
    onBench(
      database,
      Effect.fnUntraced(function*({ provider }) {
        const accounts = yield* ChannelAccounts
        const { acting, id } = yield* account()
        yield* lookFor(1)
        provider.session.status = "failed"
        yield* lookFor(8)
        assert.strictEqual(provider.session.restarts, 1)
        assert.strictEqual((yield* accounts.get(id).pipe(acting)).connection, "connected")
        // One that can't be helped: its phone is not linked any more, and nobody scans.
        provider.session.paired = false
        Object.defineProperty(provider.session, "status", { get: () => "failed", set: () => {} })
        yield* lookFor(240)
        assert.strictEqual(provider.session.restarts, 6)
        const changes = yield* told("channel.account.connection_changed")
        assert.deepStrictEqual(changes.map(({ connection }) => connection), [
          "connected",
          "failed",
          "connected",
          "failed"
        ])
      }),
      { every: 5 * minute }
    ))

  it.effect("leaves alone what somebody ended and what was never connected", () =>
    onBench(
      database,
      Effect.fnUntraced(function*({ provider }) {
        yield* account()
        provider.session.status = "failed"
        yield* lookFor(12)
        assert.strictEqual(provider.session.restarts, 0)
        provider.session.status = "connected"
        yield* lookFor(8)
        provider.session.status = "ended"
        yield* lookFor(12)
        assert.strictEqual(provider.session.restarts, 0)
      })
    ))

  it.effect("tells of credentials that end 7 days and 1 day before, once each, and anew of other ones", () =>
    onBench(
      database,
      Effect.fnUntraced(function*({ provider }) {
        yield* account()
        const checks = yield* ChannelChecks
        const days = Effect.map(
          told("channel.account.credentials_expiring"),
          (events) => events.map((event) => event.days)
        )
        const pass = Effect.fnUntraced(function*(hours: number) {
          for (let hour = 0; hour < hours; hour += 6) {
            yield* TestClock.adjust("6 hours")
            yield* checks.runOnce
          }
        })
        provider.session.keyExpiresAt = 8 * day
        yield* checks.runOnce
        assert.deepStrictEqual(yield* days, [])
        yield* pass(48)
        assert.deepStrictEqual(yield* days, [7])
        yield* pass(24 * 5)
        assert.deepStrictEqual(yield* days, [7, 1])
        provider.session.keyExpiresAt = 60 * day
        yield* pass(24)
        provider.session.keyExpiresAt = 9 * day
        yield* pass(12)
        assert.deepStrictEqual(yield* days, [7, 1, 1])
      })
    ))

  it.effect("inspects the set-up now and then, and tells of what is new once", () =>
    onBench(
      database,
      Effect.fnUntraced(function*({ provider }) {
        const { id } = yield* account()
        provider.session.webhook = { url: `http://localhost:3000/v1/inbound/${id}`, key: "hook-of-1001-77ab" }
        yield* lookFor(2)
        const added = Effect.map(told("channel.account.setup_changed"), (events) => events.map((event) => event.added))
        assert.deepStrictEqual(yield* added, [])
        provider.session.webhook = { url: "https://elsewhere.example", key: "another" }
        yield* lookFor(150)
        assert.deepStrictEqual(yield* added, [["webhook_elsewhere"]])
        provider.session.webhook = { url: `http://localhost:3000/v1/inbound/${id}`, key: "hook-of-1001-77ab" }
        yield* lookFor(75)
        assert.deepStrictEqual(yield* added, [["webhook_elsewhere"], []])
      })
    ))
})
