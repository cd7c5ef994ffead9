import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { coalesce } from "../src/internal/coalesce.ts"
import { as, connect, count, eventsOf, happen, layer, phone, Provider, sendAll, statusOf, wrote } from "./support.ts"
import type { Connected } from "./support.ts"

const start = 1_790_000_000_000

describe("coalesce", () => {
  it.effect("makes one call of those that come while one is under way, and answers each", () =>
    Effect.gen(function*() {
      const calls: Array<ReadonlyArray<number>> = []
      const open = yield* Deferred.make<void>()
      const double = yield* coalesce((items: ReadonlyArray<number>) =>
        Effect.gen(function*() {
          calls.push(items)
          if (calls.length === 1) yield* Deferred.await(open)
          return items.map((item) => item * 2)
        }), 3)
      const first = yield* Effect.forkChild(double(1))
      while (calls.length === 0) yield* Effect.yieldNow
      const rest = yield* Effect.forkChild(Effect.forEach([2, 3, 4, 5], double, { concurrency: "unbounded" }))
      yield* Effect.yieldNow
      yield* Deferred.succeed(open, undefined)
      assert.strictEqual(yield* Fiber.join(first), 2)
      assert.deepStrictEqual(yield* Fiber.join(rest), [4, 6, 8, 10])
      assert.deepStrictEqual(calls, [[1], [2, 3, 4], [5]])
    }))

  it.effect("lets one that fails take no other with it, and goes on when who asked is gone", () =>
    Effect.gen(function*() {
      const calls: Array<ReadonlyArray<string>> = []
      const run = yield* coalesce((items: ReadonlyArray<string>) => {
        calls.push(items)
        return items.includes("bad") ? Effect.die("bad") : Effect.succeed(items.map((item) => item.toUpperCase()))
      }, 10)
      const exits = yield* Effect.forEach(["a", "bad", "b"], (item) => Effect.exit(run(item)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, true])
      assert.isTrue(Exit.isFailure(exits[1]!) && Cause.squash(exits[1]!.cause) === "bad")
      assert.deepStrictEqual(calls, [["a", "bad", "b"], ["a"], ["bad"], ["b"]])
      const gone = yield* Effect.forkChild(run("c"))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(gone)
      assert.strictEqual(yield* run("d"), "D")
    }))
})

describe.each(TestDatabase.all)("messages on their way together, on $name", (database) => {
  const TestLayer = layer(database.layer)

  /** Customers who wrote, each with an answer that is queued. */
  const answered = Effect.fnUntraced(function*(account: Connected, customers: number) {
    const messages = yield* Messages
    const conversations = yield* Conversations
    yield* happen(
      account,
      ...Array.from(
        { length: customers },
        (_, index) => wrote(`m${index}`, "Hello", { at: start, from: phone(`62811${String(index).padStart(4, "0")}`) })
      )
    )
    const page = yield* conversations.list({ limit: 100 }).pipe(as(account.organizationId))
    assert.strictEqual(page.data.length, customers)
    return yield* Effect.forEach(
      page.data,
      ({ id }) =>
        messages.send({ conversationId: id, content: { type: "text", text: "Hi" } }).pipe(
          Effect.map(({ messages: [message] }) => message),
          as(account.organizationId)
        )
    )
  })

  const statusesIn = Effect.fnUntraced(function*() {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly status: string }>`SELECT status FROM conversations_messages
      WHERE direction = 'outbound' ORDER BY status`
    return rows.map(({ status }) => status)
  })

  it.effect("settles each of many of two organizations once, with its event in its organization", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const provider = yield* Provider
      const one = yield* connect()
      const other = yield* connect()
      const sent = [...yield* answered(one, 20), ...yield* answered(other, 20)]
      yield* sendAll
      assert.strictEqual(provider.calls.length, 40)
      assert.deepStrictEqual([...new Set(yield* statusesIn())], ["accepted"])
      assert.strictEqual(yield* count("conversations_outbox"), 0)
      const sql = yield* SqlClient.SqlClient
      const events = yield* sql<{ readonly organization_id: Uint8Array; readonly payload: string }>`
        SELECT organization_id, payload FROM core_events WHERE type = 'conversation.message.sent'`
      const told = new Map(
        events.map((event) => [JSON.parse(event.payload).messageId, Id.fromBytes(event.organization_id)])
      )
      assert.strictEqual(events.length, 40)
      sent.forEach(({ id }, index) => assert.strictEqual(told.get(id), (index < 20 ? one : other).organizationId))
    }).pipe(Effect.provide(TestLayer)))

  it.effect("applies many statuses in one delivery as it does one at a time, and keeps what is not known yet", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const sent = yield* answered(account, 12)
      yield* sendAll
      const names = sent.map(({ id }) => `r-${id}`)
      yield* happen(
        account,
        ...names.flatMap((name, index) => [
          statusOf(name, "read"),
          statusOf(name, index % 2 === 0 ? "delivered" : "failed"),
          statusOf(name, "delivered"),
          statusOf(`unknown-${index}`, "sent")
        ])
      )
      assert.deepStrictEqual([...new Set(yield* statusesIn())], ["read"])
      assert.strictEqual(yield* count("conversations_early_changes"), 12)
      const changed = (yield* eventsOf("conversation.message.status_changed")).map((event) => event["status"])
      assert.deepStrictEqual(changed, sent.map(() => "read"))
      const sql = yield* SqlClient.SqlClient
      const [times] = yield* sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM conversations_messages
        WHERE delivered_at IS NOT NULL AND read_at IS NOT NULL`
      assert.strictEqual(Number(times!.total), 12)
    }).pipe(Effect.provide(TestLayer)))
})
