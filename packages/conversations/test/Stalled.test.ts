import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { MessageId } from "@wicara/conversations/Message"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import * as Id from "@wicara/core/Id"
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

  it.effect("are all looked at when they are due, however many were accepted at once", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const sql = yield* SqlClient.SqlClient
      const account = yield* connect()
      const { organizationId } = account
      yield* happen(account, wrote("m1", "Hello", { at: start - 5 }))
      const { id } = yield* theConversation(organizationId)
      const messages = yield* Messages
      yield* messages.send({ conversationId: id, content: { type: "text", text: "One of many" } }).pipe(
        as(organizationId)
      )
      yield* sendAll
      const [message] = yield* sql<Record<string, unknown>>`SELECT * FROM conversations_messages
        WHERE direction = 'outbound'`
      const [awaited] = yield* sql<Record<string, unknown>>`SELECT * FROM conversations_awaited`
      const ids = yield* Effect.forEach(Array.from({ length: 1_200 }), () => Id.next(MessageId))
      for (const some of Arr.chunksOf(ids, 300)) {
        yield* sql`INSERT INTO conversations_messages ${
          sql.insert(some.map((id) => ({ ...message, id: Id.toBytes(id), provider_message_id: id })) as never)
        }`
        yield* sql`INSERT INTO conversations_awaited ${
          sql.insert(some.map((id) => ({ ...awaited, message_id: Id.toBytes(id) })) as never)
        }`
      }
      yield* TestClock.adjust("10 minutes")
      yield* sendAll
      assert.strictEqual(yield* count("conversations_awaited"), 0)
      assert.strictEqual((yield* eventsOf("conversation.message.stalled")).length, ids.length + 1)
    }).pipe(Effect.provide(layer(database.layer))))
})
