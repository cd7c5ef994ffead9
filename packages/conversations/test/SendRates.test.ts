import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Option, Random, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import type { ChannelAccountId, SendLimit, SendOutcome } from "@wicara/channels/ChannelAdapter"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import type { ConversationId } from "@wicara/conversations/Conversation"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import type { OutboxSenderOptions } from "@wicara/conversations/OutboxSender"
import * as Id from "@wicara/core/Id"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { as, connect, deliver, layer, phone, process, textOnly, wrote } from "./support.ts"
import type { Connected } from "./support.ts"
import * as SendWindow from "../src/internal/sendWindow.ts"

const start = 1_790_000_000_000

/** When the provider got each message, and from which account to whom. */
interface Arrived {
  readonly account: ChannelAccountId
  readonly to: string
  readonly at: number
}

/** A provider that is slow by chance, and may hang or refuse for one account. */
class Wire {
  readonly arrived: Array<Arrived> = []
  limits: ReadonlyArray<SendLimit> = []
  latency: Effect.Effect<number> = Effect.succeed(0)
  plan: (account: ChannelAccountId) => "take" | "hang" | "busy" | "too fast" = () => "take"
  tries = 0
}

const adapterOf = (wire: Wire) =>
  ChannelAdapter.make({
    id: "wire",
    name: "Wire",
    capabilities: { ...textOnly, reconcile: "message_id" },
    settings: Schema.Struct({}),
    secrets: Schema.Struct({}),
    verify: () => Effect.void,
    identify: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not used" })),
    decode: (body) =>
      Effect.orDie(Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Any))(new TextDecoder().decode(body))),
    limits: () => wire.limits,
    reserveMessageId: (message) => Effect.succeed(Option.some(`r-${message.id}`)),
    send: (message, account): Effect.Effect<SendOutcome> =>
      Effect.gen(function*() {
        wire.tries++
        const plan = wire.plan(account.id)
        if (plan === "hang") return yield* Effect.never
        if (plan === "busy") return { _tag: "Retryable", code: "130429", reason: "Too many", retryAfter: 1_000 }
        if (plan === "too fast") {
          return { _tag: "Retryable", code: "130429", reason: "Too many", retryAfter: 1_000, limit: "account" }
        }
        // On its way there, and back.
        yield* Effect.sleep(yield* wire.latency)
        wire.arrived.push({ account: account.id, to: message.to.value, at: yield* Clock.currentTimeMillis })
        yield* Effect.sleep(yield* wire.latency)
        return { _tag: "Accepted", providerMessageId: message.providerMessageId ?? null }
      }),
    reconcile: () => Effect.succeed({ _tag: "Absent" }),
    test: () => Effect.succeed({ status: "ok", message: "" })
  })

/** The most that arrived within any span of this length, milliseconds. */
const mostWithin = (times: ReadonlyArray<number>, span: number): number => {
  const sorted = times.toSorted((a, b) => a - b)
  let most = 0
  let first = 0
  sorted.forEach((time, index) => {
    while (time - sorted[first]! >= span) first++
    most = Math.max(most, index - first + 1)
  })
  return most
}

const customers = Effect.fnUntraced(function*(account: Connected, count: number, from = 0) {
  const sql = yield* SqlClient.SqlClient
  for (let index = 0; index < count; index++) {
    yield* deliver(account, [
      wrote(`m${from + index}`, "hi", { from: phone(`6281${1000 + from + index}`), at: start - 1 })
    ])
  }
  yield* process
  const rows = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations
    WHERE organization_id = ${Id.toBytes(account.organizationId)} ORDER BY id`
  return rows.map((row) => Id.fromBytes<ConversationId>(row.id))
})

const say = (account: Connected, conversationId: ConversationId, words = "x") =>
  Effect.flatMap(Messages, (messages) => messages.send({ conversationId, content: { type: "text", text: words } }))
    .pipe(
      as(account.organizationId)
    )

describe("a send window", () => {
  it("of 1,000 a second is never exceeded where messages arrive, and is nearly used up", () => {
    for (let run = 0; run < 12; run++) {
      const window = SendWindow.make(1_000, 1_000)
      const arrived: Array<number> = []
      const ends = new Map<number, number>()
      const slowest = [5, 40, 300, 1_500][run % 4]!
      for (let now = 0; now < 20_000; now++) {
        for (let ended = ends.get(now) ?? 0; ended > 0; ended--) window.end(now)
        // Bursts and pauses, and more than fits.
        if (Math.floor(now / 700) % 5 === 4) continue
        for (let tries = 0; tries < 40 && window.room(now) > 0; tries++) {
          window.begin()
          const there = now + Math.random() * slowest
          arrived.push(there)
          const end = Math.ceil(there + Math.random() * slowest) + 1
          ends.set(end, (ends.get(end) ?? 0) + 1)
        }
      }
      assert.isAtMost(mostWithin(arrived, 1_000), 1_000)
      assert.isAtLeast(arrived.length, 0.6 * 20_000 / (1 + 2 * slowest / 1_000))
    }
  })

  it("says when it has room again", () => {
    const window = SendWindow.make(1_000, 2)
    window.begin()
    window.begin()
    assert.strictEqual(window.roomAt(5), Number.POSITIVE_INFINITY)
    window.end(10)
    assert.strictEqual(window.roomAt(20), 1_012)
    assert.deepStrictEqual([window.room(1_011), window.room(1_012)], [0, 1])
    window.end(30)
    assert.deepStrictEqual([window.isEmpty(1_031), window.isEmpty(1_032)], [false, true])
  })
})

describe.each(TestDatabase.all)("rates on $name", (database) => {
  const wired = <A, E>(
    test: (wire: Wire) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof layer>>>,
    options: OutboxSenderOptions = {}
  ) => {
    const wire = new Wire()
    return test(wire).pipe(Effect.provide(layer(database.layer, options, ChannelRegistry.layer([adapterOf(wire)]))))
  }

  const senders = (count: number, options: OutboxSenderOptions = {}) =>
    Effect.forEach(
      Array.from({ length: count }),
      () =>
        Effect.flatMap(Id.next(RunnerId), (runner) =>
          Effect.provide(OutboxSender, Layer.fresh(OutboxSender.layer({ concurrencyPerAccount: 50, ...options }))).pipe(
            Effect.provideService(CurrentRunner, runner)
          ))
    )

  it.live(
    "are kept in every second, whatever the way there takes, by several processes one after another",
    () =>
      wired((wire) =>
        Effect.gen(function*() {
          wire.limits = [{ scope: "account", messages: 20, per: 1_000 }, { scope: "account", messages: 8, per: 200 }]
          wire.latency = Random.nextIntBetween(0, 120)
          const account = yield* connect("wire")
          for (const id of yield* customers(account, 50)) yield* say(account, id)
          const arrived = (count: number) =>
            Effect.repeat(Effect.sync(() => wire.arrived.length), {
              until: (length) => length >= count,
              schedule: Schedule.spaced("5 millis")
            })
          const [one, two, three] = yield* senders(3)
          const first = yield* Effect.forkChild(Effect.all([one!.run, two!.run], { concurrency: 2 }))
          yield* arrived(15)
          // Another process takes over while something is on its way.
          yield* Fiber.interrupt(first)
          const second = yield* Effect.forkChild(three!.run)
          yield* arrived(50)
          yield* Fiber.interrupt(second)
          const times = wire.arrived.map(({ at }) => at)
          assert.isAtMost(mostWithin(times, 1_000), 20)
          assert.isAtMost(mostWithin(times, 200), 8)
          assert.strictEqual(wire.tries, 50)
        })
      ),
    60_000
  )

  it.effect("of which the provider says for an hour that they are too high fail no message, and are tried ever less", () =>
    wired((wire) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(start)
        const account = yield* connect("wire")
        for (const id of yield* customers(account, 30)) yield* say(account, id)
        const [sender] = yield* senders(1)
        wire.plan = () => "too fast"
        for (let second = 0; second < 3_600; second += 5) {
          yield* sender!.runOnce
          yield* TestClock.adjust("5 seconds")
        }
        assert.deepStrictEqual(wire.arrived, [])
        // All that may be under way together, but once a minute at last.
        assert.isAtMost(wire.tries, 30 * 70)
        wire.plan = () => "take"
        while (wire.arrived.length < 30) {
          yield* TestClock.adjust("5 seconds")
          yield* sender!.runOnce
        }
        assert.strictEqual(new Set(wire.arrived.map(({ to }) => to)).size, 30)
        assert.strictEqual(wire.arrived.length, 30)
      })
    ))

  /** So much time passes, and what is asked of the database meanwhile is answered. */
  const pass = (millis: number) =>
    Effect.repeat(
      Effect.andThen(TestClock.adjust("10 millis"), TestClock.withLive(Effect.sleep("15 millis"))),
      { times: millis / 10 - 1 }
    )

  const outbox = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly state: string; readonly attempts: unknown; readonly lease_id: unknown }>`
      SELECT state, attempts, lease_id FROM conversations_outbox ORDER BY message_id`
    return rows.map(({ attempts, lease_id, state }) => [state, Number(attempts), lease_id === null])
  })

  it.effect("over a second are used evenly by who sends without end", () =>
    wired((wire) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(start)
        wire.limits = [{ scope: "account", messages: 20, per: 1_000 }]
        const account = yield* connect("wire")
        for (const id of yield* customers(account, 20)) yield* say(account, id)
        const [sender] = yield* senders(1)
        const running = yield* Effect.forkChild(sender!.run)
        while (wire.arrived.length < 20) yield* pass(50)
        yield* Fiber.interrupt(running)
        const times = wire.arrived.map(({ at }) => at)
        assert.isAtMost(mostWithin(times, 450), 11)
        assert.isAtMost(times.at(-1)! - times[0]!, 1_000)
      })
    ), 60_000)

  it.effect(
    "a message that is marked and not sent is put back when its sender stops, and is sent once",
    () =>
      wired((wire) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          wire.limits = [{ scope: "account", messages: 1, per: 1_000 }]
          const account = yield* connect("wire")
          for (const id of yield* customers(account, 2)) yield* say(account, id)
          const [one, two] = yield* senders(2, { stopTimeout: 0 })
          const running = yield* Effect.forkChild(one!.run)
          while (wire.arrived.length < 1) yield* pass(10)
          // Until right before there is room for the next one.
          while ((yield* outbox)[0]?.[0] !== "sending") yield* pass(10)
          assert.strictEqual(wire.tries, 1)
          yield* Fiber.interrupt(running)
          assert.deepStrictEqual([wire.tries, yield* outbox], [1, [["queued", 0, true]]])
          yield* TestClock.adjust("3 seconds")
          yield* two!.drain
          yield* TestClock.adjust("3 seconds")
          yield* two!.drain
          assert.deepStrictEqual([wire.tries, new Set(wire.arrived.map(({ to }) => to)).size, yield* outbox], [
            2,
            2,
            []
          ])
        })
      ),
    60_000
  )

  it.effect(
    "that its provider finds too fast stop what is marked as well, and no try of it counts",
    () =>
      wired((wire) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          wire.limits = [{ scope: "account", messages: 100, per: 1_000 }]
          wire.plan = () => "too fast"
          const account = yield* connect("wire")
          for (const id of yield* customers(account, 12)) yield* say(account, id)
          const [sender] = yield* senders(1)
          const running = yield* Effect.forkChild(sender!.run)
          while (wire.tries === 0) yield* pass(10)
          yield* pass(300)
          assert.isBelow(wire.tries, 6)
          assert.deepStrictEqual(new Set((yield* outbox).map(([, attempts]) => attempts)), new Set([0]))
          wire.plan = () => "take"
          while (wire.arrived.length < 12) yield* pass(100)
          yield* Fiber.interrupt(running)
          assert.strictEqual(new Set(wire.arrived.map(({ to }) => to)).size, 12)
          assert.strictEqual(wire.arrived.length, 12)
        })
      ),
    60_000
  )

  it.effect(
    "over a day hold for every process, also after one is gone; no more than allowed is ever sent",
    () =>
      wired((wire) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          const day = 86_400_000
          wire.limits = [{ scope: "account", messages: 5, per: day, burst: 5 }]
          const account = yield* connect("wire")
          const other = yield* connect("wire")
          const all = yield* customers(account, 8)
          for (const id of all) yield* say(account, id)
          const [theirs] = yield* customers(other, 1)
          const [one, two] = yield* senders(2)
          yield* one!.drain
          assert.strictEqual(wire.arrived.length, 5)
          yield* one!.releaseLeases("all")
          yield* TestClock.adjust("2 hours")
          yield* two!.drain
          assert.strictEqual(wire.arrived.length, 5)
          yield* say(other, theirs!)
          yield* two!.drain
          assert.strictEqual(wire.arrived.length, 6)
          for (let hour = 0; hour < 26; hour++) {
            yield* TestClock.adjust("1 hour")
            yield* two!.drain
          }
          assert.strictEqual(wire.arrived.length, 9)
          const times = wire.arrived.filter((one) => one.account === account.channelAccountId).map(({ at }) => at)
          assert.isAtMost(mostWithin(times, day), 5)
        })
      ),
    60_000
  )

  it.effect("to one person are kept, with what may go at once borrowed from what follows, and bind nobody else", () =>
    wired((wire) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(start)
        wire.limits = [{ scope: "recipient", messages: 1, per: 6_000, burst: 3 }]
        const account = yield* connect("wire")
        const [busy, calm] = yield* customers(account, 2)
        for (let index = 0; index < 6; index++) yield* say(account, busy!, `${index}`)
        const [one, two] = yield* senders(2)
        yield* one!.drain
        assert.strictEqual(wire.arrived.length, 3)
        yield* say(account, calm!)
        yield* one!.drain
        assert.strictEqual(wire.arrived.length, 4)
        yield* one!.releaseLeases("all")
        for (const expected of [5, 6, 7]) {
          yield* TestClock.adjust("5 seconds")
          yield* two!.drain
          assert.strictEqual(wire.arrived.length, expected - 1)
          yield* TestClock.adjust("1 seconds")
          yield* two!.drain
          assert.strictEqual(wire.arrived.length, expected)
        }
      })
    ))

  it.live(
    "let no account wait for one that hangs, and none for one that is refused all the time",
    () =>
      wired((wire) =>
        Effect.gen(function*() {
          const [hangs, refused, fine] = [yield* connect("wire"), yield* connect("wire"), yield* connect("wire")]
          // More than are read at once.
          const backlog = 100
          wire.limits = [{ scope: "account", messages: 1_000, per: 1_000 }]
          wire.plan = (account) =>
            account === hangs.channelAccountId ? "hang" : account === refused.channelAccountId ? "busy" : "take"
          for (const account of [hangs, refused]) {
            for (const id of yield* customers(account, backlog)) yield* say(account, id)
          }
          const all = yield* customers(fine, 20)
          const sender = yield* OutboxSender
          const running = yield* Effect.forkChild(sender.run)
          yield* Effect.repeat(Effect.sync(() => wire.tries), {
            until: (tries) => tries >= 8,
            schedule: Schedule.spaced("10 millis")
          })
          // What was said last goes first: the others' messages are older, and still due.
          for (const id of all) yield* say(fine, id)
          yield* Effect.repeat(Effect.sync(() => wire.arrived.length), {
            until: (arrived) => arrived === 20,
            schedule: Schedule.spaced("10 millis")
          })
          const sql = yield* SqlClient.SqlClient
          const [left] = yield* sql<{ readonly left: unknown }>`SELECT COUNT(*) AS ${
            sql("left")
          } FROM conversations_outbox
          WHERE organization_id = ${Id.toBytes(hangs.organizationId)}`
          assert.strictEqual(Number(left!.left), backlog)
          assert.isTrue(wire.arrived.every(({ account }) => account === fine.channelAccountId))
          yield* Fiber.interrupt(running)
        }), { concurrency: 20, stopTimeout: "10 millis" }),
    60_000
  )
})
