import { assert, describe, it } from "@effect/vitest"
import { Effect, Random, Result } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import type { Conversation } from "@wicara/conversations/Conversation"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { Audit } from "@wicara/core/Audit"
import { transaction } from "@wicara/core/Sql"
import { UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  echoed,
  eventsOf,
  happen,
  layer,
  Provider,
  sendAll,
  stranger,
  textOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"

const start = 1_790_000_000_000
const agent = UserId.make("0197c6a2-5f0e-7c3d-9b61-000000000001")
const colleague = UserId.make("0197c6a2-5f0e-7c3d-9b61-000000000002")
const text = (content: string) => ({ type: "text", text: content } as const)

describe.each(TestDatabase.all)("Ownership on $name", (database) => {
  const TestLayer = layer(database.layer)

  const begin = Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const account = yield* connect()
    yield* happen(account, wrote("m1", "Hello", { at: start - 1000 }))
    return { ...account, conversation: yield* theConversation(account.organizationId) }
  })

  const answer = (conversation: Conversation, key: string, epoch = conversation.epoch) =>
    Effect.flatMap(Messages, (messages) =>
      messages.sendAsBot({
        conversationId: conversation.id,
        epoch,
        content: text(`answer ${key}`),
        idempotencyKey: key
      }))

  it.effect("lets the bot answer while it owns the conversation", () =>
    Effect.gen(function*() {
      const { conversation, organizationId } = yield* begin
      const sent = yield* answer(conversation, "a").pipe(as(organizationId))
      assert.strictEqual(sent.messages[0].author, "bot")
      assert.strictEqual(sent.messages[0].verdict?._tag, "Allowed")
      assert.strictEqual((yield* theConversation(organizationId)).lifecycle, "bot_active")
      yield* sendAll
      assert.strictEqual((yield* Provider).ledger.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("refuses the bot's answer once a person took over, also when it was handed back since", () =>
    Effect.gen(function*() {
      const { conversation, organizationId } = yield* begin
      const conversations = yield* Conversations
      const taken = yield* conversations.takeOver(conversation.id).pipe(as(organizationId, agent))
      assert.strictEqual(taken.ownership, "human")
      assert.strictEqual(taken.ownerId, agent)
      assert.strictEqual(taken.epoch, 1)
      const stale = yield* Effect.flip(answer(conversation, "a").pipe(as(organizationId)))
      assert.strictEqual(stale._tag === "StaleEpoch" && stale.ownership, "human")
      const back = yield* conversations.handBack(conversation.id).pipe(as(organizationId))
      assert.strictEqual((yield* Effect.flip(answer(conversation, "a").pipe(as(organizationId))))._tag, "StaleEpoch")
      yield* answer(back, "b").pipe(as(organizationId))
      assert.strictEqual(yield* count("conversations_outbox"), 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("sends the bot's answer once for one key, however often it is asked for and whoever owns it by then", () =>
    Effect.gen(function*() {
      const { conversation, organizationId } = yield* begin
      const conversations = yield* Conversations
      const first = yield* answer(conversation, "a").pipe(as(organizationId))
      const second = yield* answer(conversation, "a").pipe(as(organizationId))
      assert.strictEqual(second.messages[0].id, first.messages[0].id)
      assert.isTrue(second.repeated)
      yield* sendAll
      yield* conversations.takeOver(conversation.id).pipe(as(organizationId, agent))
      const third = yield* answer(conversation, "a").pipe(as(organizationId))
      assert.strictEqual(third.messages[0].id, first.messages[0].id)
      yield* sendAll
      assert.strictEqual((yield* Provider).ledger.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("takes back what the bot said and nobody began to send when a person takes over", () =>
    Effect.gen(function*() {
      const { conversation, organizationId } = yield* begin
      yield* answer(conversation, "a").pipe(as(organizationId))
      yield* (yield* Conversations).takeOver(conversation.id).pipe(as(organizationId, agent))
      yield* sendAll
      assert.deepStrictEqual((yield* Provider).ledger, [])
      const [, bot] = yield* transcriptOf(organizationId)
      assert.strictEqual(bot!.status, "failed")
      assert.strictEqual(bot!.error?.code, "superseded")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("gives a conversation to the person who replies, and leaves it to the one who already answers", () =>
    Effect.gen(function*() {
      const { conversation, organizationId } = yield* begin
      const messages = yield* Messages
      const reply = (userId: UserId) =>
        messages.send({ conversationId: conversation.id, content: text("Hi, a person here") }).pipe(
          as(organizationId, userId)
        )
      yield* reply(agent)
      const taken = yield* theConversation(organizationId)
      assert.deepStrictEqual([taken.ownership, taken.ownerId, taken.epoch, taken.unread], ["human", agent, 1, 0])
      yield* reply(colleague)
      const kept = yield* theConversation(organizationId)
      assert.deepStrictEqual([kept.ownerId, kept.epoch], [agent, 1])
      // A program is nobody who takes over.
      yield* (yield* Conversations).handBack(conversation.id).pipe(as(organizationId))
      yield* messages.send({ conversationId: conversation.id, content: text("by a program") }).pipe(as(organizationId))
      assert.strictEqual((yield* theConversation(organizationId)).ownership, "bot")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("gives a conversation to the person on the paired phone, and does not send what the bot still had to say", () =>
    Effect.gen(function*() {
      const account = yield* begin
      const { conversation, organizationId } = account
      yield* answer(conversation, "late").pipe(as(organizationId))
      yield* happen(account, echoed("p1", "I'll take this one", "phone", { at: start }))
      const taken = yield* theConversation(organizationId)
      assert.deepStrictEqual([taken.ownership, taken.ownerId, taken.epoch, taken.ownershipReason], [
        "human",
        null,
        1,
        "phone"
      ])
      assert.strictEqual((yield* Effect.flip(answer(conversation, "b").pipe(as(organizationId))))._tag, "StaleEpoch")
      yield* sendAll
      assert.deepStrictEqual((yield* Provider).ledger, [])
      const transcript = yield* transcriptOf(organizationId)
      assert.deepStrictEqual(transcript.map((message) => message.author).sort(), ["bot", "contact", "phone"])
      // Told twice, it is one message and one change of hands.
      yield* happen(account, echoed("p1", "I'll take this one", "phone", { at: start }))
      assert.strictEqual((yield* transcriptOf(organizationId)).length, 3)
      assert.strictEqual((yield* theConversation(organizationId)).epoch, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("does not take a conversation from the bot for an echo of before it was handed back", () =>
    Effect.gen(function*() {
      const account = yield* begin
      const { conversation, organizationId } = account
      const conversations = yield* Conversations
      yield* conversations.takeOver(conversation.id).pipe(as(organizationId, agent))
      yield* TestClock.adjust("10 minutes")
      yield* conversations.handBack(conversation.id).pipe(as(organizationId))
      yield* happen(account, echoed("p1", "typed long before", "phone", { at: start + 1000 }))
      assert.strictEqual((yield* theConversation(organizationId)).ownership, "bot")
      yield* happen(account, echoed("p2", "typed now", "phone", { at: start + 600_000 }))
      assert.strictEqual((yield* theConversation(organizationId)).ownership, "human")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("passes a conversation from bot to queue to person and back, each under a new epoch", () =>
    Effect.gen(function*() {
      const { conversation, organizationId } = yield* begin
      const conversations = yield* Conversations
      const queued = yield* conversations.handOver({
        conversationId: conversation.id,
        epoch: 0,
        reason: "asked for a person"
      }).pipe(as(organizationId))
      assert.deepStrictEqual([queued.ownership, queued.lifecycle, queued.epoch], ["nobody", "escalated", 1])
      const again = yield* conversations.handOver({ conversationId: conversation.id, epoch: 1, reason: "x" }).pipe(
        as(organizationId),
        Effect.flip
      )
      assert.strictEqual(again._tag, "StaleEpoch")
      const assigned = yield* conversations.assign(conversation.id, colleague).pipe(as(organizationId, agent))
      assert.deepStrictEqual([assigned.ownerId, assigned.lifecycle], [colleague, "transferred"])
      assert.strictEqual(
        (yield* Effect.flip(conversations.assign(conversation.id, stranger).pipe(as(organizationId))))._tag,
        "InvalidInput"
      )
      assert.strictEqual(
        (yield* Effect.flip(conversations.release(conversation.id, { epoch: 1 }).pipe(as(organizationId))))._tag,
        "StaleEpoch"
      )
      yield* conversations.release(conversation.id, { epoch: 2 }).pipe(as(organizationId))
      yield* conversations.handBack(conversation.id).pipe(as(organizationId))
      const resolved = yield* conversations.resolve(conversation.id).pipe(as(organizationId))
      assert.deepStrictEqual([resolved.lifecycle, resolved.ownership, resolved.epoch], ["resolved", "bot", 5])
      yield* conversations.close(conversation.id).pipe(as(organizationId))
      assert.strictEqual(
        (yield* Effect.flip(conversations.takeOver(conversation.id).pipe(as(organizationId, agent))))._tag,
        "ConversationClosed"
      )
      assert.strictEqual((yield* eventsOf("conversation.ownership_changed")).length, 6)
      // What people did; the bot's part is in the conversation's history.
      const page = yield* Audit.use((audit) => audit.list({})).pipe(as(organizationId))
      const data = page.data.filter(({ target }) => target?.type === "conversation")
      assert.deepStrictEqual(
        data.map(({ action, target }) => [action, target?.id]).toReversed(),
        ["assigned", "released", "handed-back", "resolved", "closed"].map((action) => [
          `conversation.${action}`,
          conversation.id
        ])
      )
      assert.deepStrictEqual(data.at(-1)?.actor, { _tag: "User", id: agent })
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps the bot's last words when it hands over in the same transaction", () =>
    Effect.gen(function*() {
      const { conversation, organizationId } = yield* begin
      const conversations = yield* Conversations
      const sql = yield* SqlClient.SqlClient
      yield* transaction(
        sql,
        Effect.andThen(
          answer(conversation, "bye"),
          conversations.handOver({ conversationId: conversation.id, epoch: 0, reason: "not covered" })
        )
      ).pipe(as(organizationId))
      yield* sendAll
      assert.strictEqual((yield* Provider).ledger.length, 1)
      // Or nothing of both.
      yield* Effect.exit(
        transaction(
          sql,
          Effect.andThen(
            conversations.handBack(conversation.id),
            Effect.fail("no")
          )
        ).pipe(as(organizationId))
      )
      assert.strictEqual((yield* theConversation(organizationId)).ownership, "nobody")
    }).pipe(Effect.provide(TestLayer)))

  it.live(
    "never stores a bot's message under an epoch that is no longer current, whoever acts at once",
    () =>
      Effect.gen(function*() {
        const account = yield* connect()
        yield* happen(account, wrote("m1", "Hello"))
        const { organizationId } = account
        const { id } = yield* theConversation(organizationId)
        const conversations = yield* Conversations
        const rounds = database.name === "sqlite" ? 60 : 20
        for (let round = 0; round < rounds; round++) {
          yield* conversations.handBack(id).pipe(as(organizationId))
          const acts = yield* Effect.forEach(
            Array.from({ length: 12 }, (_, index) => index),
            (index) => Effect.map(Random.nextIntBetween(0, 12), (kind) => ({ kind, index }))
          )
          yield* Effect.forEach(acts, ({ index, kind }) =>
            Effect.gen(function*() {
              if (kind === 0) return yield* conversations.takeOver(id).pipe(as(organizationId, agent))
              if (kind === 1) return yield* conversations.handBack(id).pipe(as(organizationId))
              const seen = yield* conversations.get(id).pipe(as(organizationId))
              // The bot thinks for a while.
              yield* Effect.yieldNow
              if (kind === 2) {
                return yield* Effect.result(
                  conversations.handOver({ conversationId: id, epoch: seen.epoch, reason: "r" }).pipe(
                    as(organizationId)
                  )
                )
              }
              return yield* Effect.result(answer(seen, `${round}-${index}`).pipe(as(organizationId)))
            }), { concurrency: "unbounded", discard: true })
        }
        const sql = yield* SqlClient.SqlClient
        const messages = yield* sql<{ readonly id: Uint8Array; readonly epoch: unknown }>`
        SELECT id, epoch FROM conversations_messages WHERE author = 'bot'`
        const epochOf = new Map(messages.map((row) => [Buffer.from(row.id).toString("hex"), Number(row.epoch)]))
        const log = yield* sql<{ readonly type: string; readonly payload: string }>`
        SELECT e.type, e.payload FROM core_events_pending p
        JOIN core_events e ON e.organization_id = p.organization_id AND e.id = p.event_id
        WHERE e.type IN ('conversation.ownership_changed', 'conversation.message.queued')
        ORDER BY p.appended_at, p.event_id`
        let epoch = 0
        let ownership = "bot"
        let answers = 0
        for (const event of log) {
          const payload = JSON.parse(event.payload) as Record<string, any>
          if (event.type === "conversation.ownership_changed") {
            assert.strictEqual(payload["epoch"], epoch + 1)
            epoch = payload["epoch"]
            ownership = payload["ownership"]
          } else {
            answers += 1
            assert.strictEqual(ownership, "bot")
            assert.strictEqual(epochOf.get(payload["messageId"].replaceAll("-", "")), epoch)
          }
        }
        assert.strictEqual(answers, epochOf.size)
        assert.isAbove(answers, 0)
        assert.isAbove(epoch, rounds)
      }).pipe(Effect.provide(TestLayer)),
    60_000
  )

  it.effect("says who may be answered how, and stores nothing that may not be sent", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect("callback")
      const messages = yield* Messages
      yield* happen(account, wrote("m1", "Hello", { at: start }))
      const { id } = yield* theConversation(account.organizationId)
      yield* TestClock.adjust("25 hours")
      const refused = yield* Effect.result(
        messages.send({ conversationId: id, content: text("too late") }).pipe(as(account.organizationId, agent))
      )
      assert.isTrue(
        Result.isFailure(refused) && refused.failure._tag === "CannotSend" &&
          refused.failure.verdict._tag === "NeedsTemplate"
      )
      assert.strictEqual(yield* count("conversations_outbox"), 0)
      assert.strictEqual((yield* theConversation(account.organizationId)).ownership, "bot")
      yield* messages.send({
        conversationId: id,
        content: { type: "template", name: "back", language: "en", components: [], text: "We are back" }
      }).pipe(as(account.organizationId, agent))
      yield* sendAll
      assert.deepStrictEqual((yield* Provider).ledger.map((entry) => entry.content.type), ["template"])
    }).pipe(Effect.provide(TestLayer)))

  it.effect("stores what does not fit into one message as several, and a repeated key finds them all", () =>
    Effect.gen(function*() {
      const { conversation, organizationId } = yield* begin
      const messages = yield* Messages
      const long = Array.from({ length: 30 }, (_, index) => `word${index}`).join(" ")
      const send = messages.send({ conversationId: conversation.id, content: text(long), idempotencyKey: "k" }).pipe(
        as(organizationId)
      )
      const first = yield* send
      const second = yield* send
      assert.isAbove(first.messages.length, 1)
      assert.deepStrictEqual(second.messages.map((message) => message.id), first.messages.map((message) => message.id))
      yield* sendAll
      assert.strictEqual((yield* Provider).ledger.map((entry) => textOf(entry)).join(" "), long)
    }).pipe(Effect.provide(TestLayer)))
})
