import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  eventsOf,
  happen,
  layer,
  Provider,
  sendAll,
  statusOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"

const start = 1_790_000_000_000

describe.each(TestDatabase.all)("messages that a provider took on $name", (database) => {
  it.effect("and says nothing more of are stalled, told of once by whoever looks, and healed by what it says later", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const { organizationId } = account
      yield* happen(account, wrote("m1", "Hello", { at: start - 5 }))
      const { id } = yield* theConversation(organizationId)
      const messages = yield* Messages
      for (const text of ["heard of", "silent", "refused"]) {
        yield* messages.send({ conversationId: id, content: { type: "text", text } }).pipe(as(organizationId))
      }
      yield* sendAll
      const provider = yield* Provider
      const [heard, silent, refused] = provider.ledger.map(({ providerMessageId }) => providerMessageId)
      yield* happen(account, statusOf(heard!, "sent"), statusOf(refused!, "failed"))
      yield* TestClock.adjust("9 minutes")
      yield* sendAll
      const stalled = Effect.map(
        transcriptOf(organizationId),
        (transcript) => transcript.slice(1).map(({ stalledAt, status }) => [status, stalledAt !== null])
      )
      assert.deepStrictEqual(yield* stalled, [["sent", false], ["accepted", false], ["failed", false]])
      yield* TestClock.adjust("1 minute")
      const other = yield* Effect.provide(OutboxSender, Layer.fresh(OutboxSender.layer()))
      yield* Effect.all([sendAll, other.drain], { concurrency: 2 })
      assert.deepStrictEqual(yield* stalled, [["sent", false], ["accepted", true], ["failed", false]])
      assert.strictEqual((yield* eventsOf("conversation.message.stalled")).length, 1)
      assert.strictEqual(yield* count("conversations_awaited"), 0)
      const [, , message] = yield* transcriptOf(organizationId)
      assert.strictEqual(DateTime.toEpochMillis(message!.stalledAt!), start + 600_000)
      yield* happen(account, statusOf(silent!, "delivered"))
      assert.deepStrictEqual(yield* stalled, [["sent", false], ["delivered", false], ["failed", false]])
      yield* TestClock.adjust("1 hour")
      yield* sendAll
      assert.strictEqual((yield* eventsOf("conversation.message.stalled")).length, 1)
      assert.strictEqual(provider.calls.length, 3)
    }).pipe(Effect.provide(layer(database.layer))))
})
