import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import type { OutboxSenderOptions } from "@wicara/conversations/OutboxSender"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  connect,
  deliver,
  layer,
  phone,
  process,
  Provider,
  sendAll,
  textOf,
  theConversation,
  wrote
} from "./support.ts"
import { at, customer, say } from "./answering.ts"

describe.each(TestDatabase.all)("OutboxSender, about many messages, on $name", (database) => {
  const withLayer = (options?: OutboxSenderOptions) => layer(database.layer, options)
  const TestLayer = withLayer()

  it.live(
    "sends one conversation's messages one after another, and doubles nothing with three senders at once",
    () =>
      Effect.gen(function*() {
        const provider = yield* Provider
        const account = yield* connect()
        const people = Array.from({ length: 12 }, (_, index) => phone(`6281${index + 100}`))
        for (const [index, from] of people.entries()) yield* deliver(account, [wrote(`m${index}`, "hi", { from })])
        yield* process
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations`
        const conversations = rows.map((row) => {
          const hex = Buffer.from(row.id).toString("hex")
          return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
        })
        for (let number = 0; number < 5; number++) {
          for (const id of conversations) yield* say(account, id, `${id}/${number}`)
        }
        const overlapping = new Map<string, number>()
        let overlaps = 0
        provider.during = (message) =>
          Effect.gen(function*() {
            const key = message.to.value
            overlapping.set(key, (overlapping.get(key) ?? 0) + 1)
            if (overlapping.get(key)! > 1) overlaps += 1
            yield* Effect.sleep("2 millis")
            overlapping.set(key, overlapping.get(key)! - 1)
          })
        const senders = yield* Effect.forEach(
          [1, 2, 3],
          () => Effect.provide(OutboxSender, Layer.fresh(OutboxSender.layer()))
        )
        yield* Effect.forEach(senders, (sender) => Effect.repeat(sender.runOnce, { times: 30 }), {
          concurrency: "unbounded"
        })
        yield* sendAll
        assert.strictEqual(overlaps, 0)
        assert.strictEqual(provider.ledger.length, 60)
        assert.strictEqual(provider.calls.length, 60)
        for (const id of conversations) {
          const sent = provider.ledger.map((entry) => textOf(entry)).filter((content) => content.startsWith(id))
          assert.deepStrictEqual(sent, [0, 1, 2, 3, 4].map((number) => `${id}/${number}`))
        }
      }).pipe(Effect.provide(TestLayer)),
    60_000
  )

  it.live("lets no account wait for another one that hangs", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      const stuck = yield* connect()
      const fine = yield* connect()
      provider.plan = (_message, _call, account) => account === stuck.channelAccountId ? "hang" : "accept"
      for (let index = 0; index < 30; index++) {
        yield* deliver(stuck, [wrote(`s${index}`, "hi", { from: phone(`6281${index + 100}`) })])
      }
      yield* deliver(fine, [wrote("f", "hi")])
      yield* process
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations
        WHERE channel_account_id = ${Buffer.from(stuck.channelAccountId.replaceAll("-", ""), "hex")}`
      for (const row of rows) {
        const hex = Buffer.from(row.id).toString("hex")
        yield* say(
          stuck,
          `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
          "x"
        )
      }
      const { id } = yield* theConversation(fine.organizationId)
      for (let index = 0; index < 10; index++) yield* say(fine, id, `answer ${index}`)
      const sender = yield* OutboxSender
      const running = yield* Effect.forkChild(sender.run)
      yield* Effect.repeat(Effect.sync(() => provider.ledger.length), {
        until: (length) => length === 10,
        schedule: Schedule.spaced("10 millis")
      }).pipe(Effect.timeout("10 seconds"))
      assert.strictEqual(provider.calls.length - 10, 8)
      yield* Fiber.interrupt(running)
    }).pipe(Effect.provide(withLayer({ stopTimeout: "50 millis" }))), 60_000)

  it.effect("keeps to an account's rate", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const account = yield* connect("slow")
      for (let index = 0; index < 40; index++) {
        yield* deliver(account, [wrote(`m${index}`, "hi", { from: phone(`6281${index + 100}`) })])
      }
      yield* process
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations`
      for (const row of rows) {
        const hex = Buffer.from(row.id).toString("hex")
        yield* say(
          account,
          `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
          "x"
        )
      }
      yield* sendAll
      const burst = provider.calls.length
      assert.isAtMost(burst, 10)
      yield* TestClock.adjust("5 millis")
      for (let second = 1; second <= 2; second++) {
        for (let tenth = 0; tenth < 10; tenth++) {
          yield* TestClock.adjust("101 millis")
          yield* sendAll
        }
        assert.isAtMost(provider.calls.length, burst + second * 10)
        assert.isAtLeast(provider.calls.length, burst + second * 10 - 2)
      }
    }).pipe(Effect.provide(withLayer({ concurrencyPerAccount: 100 }))))

  it.effect("keeps a distance between messages to one person where that is asked for", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "one")
      yield* say(account, conversationId, "two")
      yield* sendAll
      assert.strictEqual(provider.calls.length, 1)
      yield* TestClock.adjust("5 seconds")
      yield* sendAll
      assert.strictEqual(provider.calls.length, 1)
      yield* TestClock.adjust("1 seconds")
      yield* sendAll
      assert.strictEqual(provider.calls.length, 2)
    }).pipe(Effect.provide(withLayer({ pairSpacing: "6 seconds" }))))
})
