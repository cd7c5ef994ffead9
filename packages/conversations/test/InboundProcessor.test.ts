import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Latch, Layer, Option, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import type { Identity } from "@wicara/channels/Address"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { Contacts } from "@wicara/contacts/Contacts"
import { Conversations } from "@wicara/conversations/Conversations"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Messages } from "@wicara/conversations/Messages"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  deliver,
  echoed,
  encodeBody,
  eventsOf,
  happen,
  layer,
  phone,
  process,
  Provider,
  sendAll,
  statusOf,
  textOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"

const user = UserId.make("0197c6a2-5f0e-7c3d-9b61-000000000001")
const start = 1_790_000_000_000
const lid = (value: string): Identity => ({ kind: "lid", value })

describe.each(TestDatabase.all)("InboundProcessor on $name", (database) => {
  const TestLayer = layer(database.layer)

  it.effect("makes a contact, a conversation and a message of a customer's first words", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      yield* happen(account, wrote("m1", "Hello", { at: start - 1000 }))
      const conversation = yield* theConversation(account.organizationId)
      assert.strictEqual(conversation.lifecycle, "new")
      assert.strictEqual(conversation.ownership, "bot")
      assert.strictEqual(conversation.unread, 1)
      assert.strictEqual(conversation.preview, "Hello")
      assert.strictEqual(DateTime.toEpochMillis(conversation.lastInboundAt!), start - 1000)
      const [message] = yield* transcriptOf(account.organizationId)
      assert.strictEqual(message!.author, "contact")
      assert.strictEqual(message!.providerMessageId, "m1")
      const [received] = yield* eventsOf("conversation.message.received")
      assert.deepStrictEqual(received, {
        conversationId: conversation.id,
        messageId: message!.id,
        contactId: conversation.contactId,
        channelAccountId: account.channelAccountId
      })
      assert.strictEqual((yield* eventsOf("conversation.opened")).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps what a message quotes, in both directions, and quotes nothing of another conversation", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      const { organizationId } = account
      yield* happen(account, wrote("m1", "Which plan is faster?"), wrote("m2", "This one", { replyTo: "m1" }))
      const [question, quoting] = yield* transcriptOf(organizationId)
      assert.deepStrictEqual([question?.replyTo, quoting?.replyTo], [null, "m1"])
      const { id } = yield* theConversation(organizationId)
      const messages = yield* Messages
      const content = { type: "text", text: "The second one." } as const
      const send = (conversationId: typeof id, replyTo = question!.id) =>
        messages.send({ conversationId, content, replyTo }).pipe(as(organizationId))
      const { messages: [sent] } = yield* send(id)
      assert.strictEqual(sent.replyTo, "m1")
      yield* sendAll
      assert.strictEqual((yield* Provider).calls[0]?.replyTo, "m1")
      yield* happen(account, wrote("m3", "Hello", { from: phone("628222") }))
      const conversations = yield* (yield* Conversations).list({}).pipe(as(organizationId))
      const other = conversations.data.find((one) => one.id !== id)!
      assert.strictEqual((yield* Effect.flip(send(other.id)))._tag, "InvalidInput")
    }).pipe(Effect.provide(TestLayer)))

  it.live("takes one message of the same event ten times, in any order and through two processors at once", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      const other = yield* Effect.provide(InboundProcessor, Layer.fresh(InboundProcessor.layer({ batchSize: 7 })))
      const one = yield* InboundProcessor
      const now = Date.now()
      const events = Array.from(
        { length: 20 },
        (_, index) => wrote(`m${index}`, `text ${index}`, { at: now - 1000 + index })
      )
      const shuffled = events.flatMap((event) => Array.from({ length: 10 }, () => event))
        .map((event, index) => ({ event, order: (index * 7919) % 211 }))
        .sort((a, b) => a.order - b.order)
      yield* Effect.forEach(shuffled, ({ event }) => deliver(account, [event]), { concurrency: 32, discard: true })
      yield* Effect.all([one.drain, other.drain], { concurrency: 2 })
      yield* one.drain
      const transcript = yield* transcriptOf(account.organizationId)
      assert.deepStrictEqual(transcript.map(textOf), events.map((_, index) => `text ${index}`))
      assert.strictEqual((yield* theConversation(account.organizationId)).unread, 20)
      assert.strictEqual((yield* eventsOf("conversation.message.received")).length, 20)
      assert.strictEqual((yield* eventsOf("conversation.opened")).length, 1)
      assert.strictEqual((yield* eventsOf("contact.created")).length, 1)
      assert.strictEqual((yield* (yield* InboundEvents).backlog).pending, 0)
    }).pipe(Effect.provide(TestLayer)))

  it.live("opens one conversation when many customers' and one customer's first messages race", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      const others = yield* Effect.forEach(
        [1, 2],
        () =>
          Effect.provide(InboundProcessor, Layer.fresh(InboundProcessor.layer({ batchSize: 3, transactionSize: 2 })))
      )
      for (let index = 0; index < 30; index++) {
        yield* deliver(account, [wrote(`m${index}`, "x", { from: phone(`62811${index % 3}00`) })])
      }
      yield* Effect.forEach([yield* InboundProcessor, ...others], (processor) => processor.drain, {
        concurrency: "unbounded"
      })
      yield* process
      assert.strictEqual(yield* count("conversations_conversations"), 3)
      assert.strictEqual(yield* count("conversations_messages"), 30)
      assert.strictEqual(yield* count("contacts_contacts"), 3)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps two organizations apart that have the same customer, message ids and visitors", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const one = yield* connect()
      const two = yield* connect()
      yield* happen(one, wrote("same", "for one"), statusOf("same-out", "delivered"))
      yield* happen(two, wrote("same", "for two"))
      assert.deepStrictEqual((yield* transcriptOf(one.organizationId)).map(textOf), ["for one"])
      assert.deepStrictEqual((yield* transcriptOf(two.organizationId)).map(textOf), ["for two"])
      const conversations = yield* Conversations
      const messages = yield* Messages
      const theirs = yield* theConversation(one.organizationId)
      const [message] = yield* transcriptOf(one.organizationId)
      const attempts: ReadonlyArray<
        Effect.Effect<unknown, { readonly _tag: string }, CurrentOrganization | CurrentActor>
      > = [
        conversations.get(theirs.id),
        conversations.handBack(theirs.id),
        conversations.markRead(theirs.id),
        conversations.ofContact(theirs.contactId, {}),
        messages.list(theirs.id, {}),
        messages.get(message!.id),
        messages.send({ conversationId: theirs.id, content: { type: "text", text: "hi" } })
      ]
      for (const attempt of attempts) {
        assert.strictEqual((yield* Effect.flip(attempt).pipe(as(two.organizationId)))._tag, "NotFound")
      }
      assert.strictEqual((yield* conversations.list({}).pipe(as(two.organizationId))).data.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("reads messages in the order in which they were written, whatever the order in which they came", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      yield* happen(
        account,
        wrote("m3", "third", { at: start - 1000 }),
        wrote("m1", "first", { at: start - 3000 }),
        wrote("m2", "second", { at: start - 2000 })
      )
      assert.deepStrictEqual((yield* transcriptOf(account.organizationId)).map(textOf), ["first", "second", "third"])
      const conversation = yield* theConversation(account.organizationId)
      assert.strictEqual(conversation.preview, "third")
      assert.strictEqual(DateTime.toEpochMillis(conversation.lastMessageAt), start - 1000)
      // Seconds are all that some providers give: then the order of arrival decides, and of the payload.
      const second = start - 500 - (start - 500) % 1000
      yield* TestClock.adjust("2 seconds")
      yield* deliver(account, [wrote("s1", "a", { at: second }), wrote("s2", "b", { at: second })])
      yield* TestClock.adjust("5 millis")
      yield* deliver(account, [wrote("s3", "c", { at: second })])
      yield* process
      const texts = (yield* transcriptOf(account.organizationId)).map(textOf)
      assert.deepStrictEqual(texts.filter((text) => text.length === 1), ["a", "b", "c"])
    }).pipe(Effect.provide(TestLayer)))

  it.effect("falls back to the time of arrival when the provider's time can't be true", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const absurd = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1, 0, 8.64e15, start + 86_400_000]
      yield* happen(account, ...absurd.map((at, index) => wrote(`m${index}`, `t${index}`, { at })))
      const transcript = yield* transcriptOf(account.organizationId)
      assert.strictEqual(transcript.length, absurd.length)
      for (const message of transcript) assert.strictEqual(DateTime.toEpochMillis(message.sentAt), start)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps one conversation when the provider names the customer now by number and now by a hidden id", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      yield* happen(account, wrote("m1", "by number", { from: phone("628111"), also: [lid("42")] }))
      yield* happen(account, wrote("m2", "by lid", { from: lid("42") }))
      const conversation = yield* theConversation(account.organizationId)
      assert.deepStrictEqual(conversation.chat, { kind: "lid", value: "42" })
      assert.strictEqual((yield* transcriptOf(account.organizationId)).length, 2)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps one contact and one conversation when an identity becomes another", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const from: Identity = { kind: "bsuid", value: "ID.1" }
      const to: Identity = { kind: "bsuid", value: "ID.2" }
      yield* happen(account, wrote("m1", "before", { from }))
      yield* happen(account, { _tag: "IdentityChanged", raw: {}, from, to })
      assert.deepStrictEqual((yield* theConversation(account.organizationId)).chat, to)
      yield* happen(account, wrote("m2", "after", { from: to }))
      assert.strictEqual((yield* transcriptOf(account.organizationId)).length, 2)
      assert.strictEqual(yield* count("contacts_contacts"), 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("opens a resolved conversation again within 7 days, and another one later or when it was closed", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const conversations = yield* Conversations
      yield* happen(account, wrote("m1", "one"))
      const first = yield* theConversation(account.organizationId)
      yield* conversations.takeOver(first.id).pipe(as(account.organizationId, user))
      yield* conversations.resolve(first.id).pipe(as(account.organizationId))
      yield* TestClock.adjust("6 days")
      yield* happen(account, wrote("m2", "two"))
      const again = yield* theConversation(account.organizationId)
      assert.strictEqual(again.id, first.id)
      assert.strictEqual(again.lifecycle, "bot_active")
      assert.strictEqual(again.ownership, "bot")
      yield* conversations.resolve(first.id).pipe(as(account.organizationId))
      yield* TestClock.adjust("8 days")
      yield* happen(account, wrote("m3", "three"))
      const two = yield* conversations.list({}).pipe(as(account.organizationId))
      assert.strictEqual(two.data.length, 2)
      assert.notStrictEqual(two.data[0]!.id, first.id)
      yield* conversations.close(two.data[0]!.id).pipe(as(account.organizationId))
      yield* happen(account, wrote("m4", "four"))
      const three = yield* conversations.ofContact(first.contactId, {}).pipe(as(account.organizationId))
      assert.strictEqual(three.data.length, 3)
      assert.strictEqual((yield* eventsOf("conversation.reopened")).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("gives a group's conversation to nobody and knows who of it wrote", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const chat = { kind: "group", value: "120363@g" } as const
      yield* happen(
        account,
        wrote("m1", "a", { from: phone("628111"), chat }),
        wrote("m2", "b", { from: phone("628222"), chat })
      )
      const conversation = yield* theConversation(account.organizationId)
      assert.strictEqual(conversation.ownership, "nobody")
      assert.strictEqual(yield* count("contacts_contacts"), 2)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("applies statuses that come before the message's id is known, in any order, once", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect("callback")
      const messages = yield* Messages
      const provider = yield* Provider
      const processor = yield* InboundProcessor
      yield* happen(account, wrote("m1", "hi", { at: start }))
      const { id } = yield* theConversation(account.organizationId)
      yield* messages.send({ conversationId: id, content: { type: "text", text: "answer" } }).pipe(
        as(account.organizationId)
      )
      // The provider reports while the answer to our request is still on its way.
      provider.during = () =>
        Effect.gen(function*() {
          const next = `callback-${account.channelAccountId.slice(-6)}-1`
          for (const status of ["read", "delivered", "sent", "delivered"] as const) {
            yield* deliver(account, [statusOf(next, status)])
          }
          yield* processor.drain
        }).pipe(Effect.provideService(InboundEvents, inbound), Effect.orDie)
      const inbound = yield* InboundEvents
      yield* sendAll
      const [, answer] = yield* transcriptOf(account.organizationId)
      assert.strictEqual(answer!.status, "read")
      assert.isNotNull(answer!.deliveredAt)
      assert.strictEqual(yield* count("conversations_early_changes"), 0)
      assert.strictEqual((yield* eventsOf("conversation.message.sent")).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("applies what came early also when both were committed at the same moment", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const sql = yield* SqlClient.SqlClient
      yield* happen(account, wrote("m0", "hi"))
      yield* happen(account, statusOf("late", "delivered"))
      // Another process stored the echo without seeing the status.
      yield* sql`DELETE FROM conversations_early_changes`
      yield* happen(account, echoed("late", "typed on the phone", "phone"))
      yield* sql`INSERT INTO conversations_early_changes (organization_id, channel_account_id, provider_message_id,
          change_key, payload, received_at)
        SELECT organization_id, channel_account_id, provider_message_id, 'status:delivered',
          ${`{"_tag":"Status","status":"delivered","at":${start}}`}, ${start}
        FROM conversations_messages WHERE provider_message_id = 'late'`
      yield* TestClock.adjust("5 seconds")
      yield* process
      const messages = yield* transcriptOf(account.organizationId)
      assert.strictEqual(messages[1]!.status, "delivered")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps reactions, edits and revocations, also those that come before their message", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const messages = yield* Messages
      const sender = { identities: [phone("628111")] } as const
      const chat = phone("628111")
      const react = (id: string, emoji: string | null, at: number, fromBusiness = false): InboundEvent => ({
        _tag: "ReactionChanged",
        raw: {},
        providerMessageId: `r-${id}-${at}`,
        targetProviderMessageId: id,
        emoji,
        chat,
        sender,
        fromBusiness,
        timestamp: at
      })
      const edit = (id: string, text: string, at: number): InboundEvent => ({
        _tag: "MessageEdited",
        raw: {},
        targetProviderMessageId: id,
        chat,
        sender,
        content: { type: "text", text },
        fromBusiness: false,
        timestamp: at
      })
      const revoke = (id: string): InboundEvent => ({
        _tag: "MessageRevoked",
        raw: {},
        targetProviderMessageId: id,
        fromBusiness: false
      })
      yield* happen(
        account,
        react("m1", "👍", start - 10),
        edit("m1", "third version", start - 20),
        edit("m1", "second version", start - 30),
        revoke("m2"),
        wrote("m1", "first version", { at: start - 1000 }),
        wrote("m2", "said too much", { at: start - 900 }),
        react("m1", "❤️", start - 5),
        react("m1", "👍", start - 10),
        react("m1", "🙏", start - 4, true)
      )
      const [first, second] = yield* transcriptOf(account.organizationId)
      assert.strictEqual(textOf(first!), "third version")
      assert.deepStrictEqual(first!.reactions, [{ emoji: "❤️", by: "contact" }, { emoji: "🙏", by: "business" }])
      assert.isNotNull(second!.revokedAt)
      const versions = yield* messages.versions(first!.id).pipe(as(account.organizationId))
      assert.deepStrictEqual(versions.map(textOf), ["first version", "second version", "third version"])
      yield* happen(account, react("m1", null, start - 1), edit("m2", "x", start), edit("m2", "x", start))
      const [after] = yield* transcriptOf(account.organizationId)
      assert.deepStrictEqual(after!.reactions, [{ emoji: "🙏", by: "business" }])
    }).pipe(Effect.provide(TestLayer)))

  it.effect("records refusals by keyword and by the platform, and ends them the same way", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const contacts = yield* Contacts
      const messages = yield* Messages
      yield* happen(account, wrote("m1", "start", { at: start - 5000 }), wrote("m2", " Stop! ", { at: start - 4000 }))
      const { contactId, id } = yield* theConversation(account.organizationId)
      const optOuts = contacts.optOuts(contactId).pipe(as(account.organizationId))
      const verdict = messages.canSend({ conversationId: id, content: { type: "text", text: "x" } }).pipe(
        as(account.organizationId),
        Effect.map((one) => one._tag)
      )
      assert.deepStrictEqual((yield* optOuts).all, Option.some(start - 4000))
      assert.strictEqual(yield* verdict, "OptedOut")
      yield* happen(account, wrote("m3", "What is my bill?", { at: start - 3000 }))
      assert.strictEqual(yield* verdict, "Allowed")
      yield* happen(account, wrote("m4", "START", { at: start - 2000 }))
      assert.deepStrictEqual((yield* optOuts).all, Option.none())
      yield* happen(account, {
        _tag: "MarketingPreferenceChanged",
        raw: {},
        identity: phone("628111"),
        value: "stop",
        timestamp: start - 1000
      })
      assert.deepStrictEqual((yield* optOuts).marketing, Option.some(start - 1000))
    }).pipe(Effect.provide(TestLayer)))

  it.effect("gives a bad webhook up without holding up the others, and keeps it", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const inbound = yield* InboundEvents
      yield* deliver(account, [wrote("m1", "one")])
      yield* inbound.ingest({ ...account, dedupeKey: "not json", body: new Uint8Array([0xff, 0xfe]) })
      // Decodes, but can't be stored: the whole batch fails first, then only this one.
      yield* deliver(account, [wrote("x".repeat(5), "bad", { chat: { kind: "phone", value: "9".repeat(70_000) } })])
      yield* deliver(account, [wrote("m2", "two")])
      yield* process
      const texts = (yield* (yield* Conversations).list({}).pipe(as(account.organizationId))).data
      assert.isAtLeast(texts.length, 1)
      const all = yield* count("conversations_messages")
      assert.isAtLeast(all, 2)
      for (let attempt = 0; attempt < 12; attempt++) {
        yield* TestClock.adjust("2 hours")
        yield* process
      }
      const backlog = yield* inbound.backlog
      assert.strictEqual(backlog.pending, 0)
      assert.isAtLeast(backlog.dead, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("counts what has no meaning yet and keeps the raw webhook", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const sql = yield* SqlClient.SqlClient
      yield* deliver(account, [{ _tag: "Unknown", kind: "new_thing", raw: { a: 1 } }, wrote("m1", "hello")])
      yield* process
      const [row] = yield* sql<{ readonly unknown_kinds: unknown; readonly body: Uint8Array }>`
        SELECT unknown_kinds, body FROM channels_inbound_events`
      assert.strictEqual(Number(row!.unknown_kinds), 1)
      assert.deepStrictEqual(
        Array.from(row!.body),
        Array.from(encodeBody([{ _tag: "Unknown", kind: "new_thing", raw: { a: 1 } }, wrote("m1", "hello")]))
      )
    }).pipe(Effect.provide(TestLayer)))

  it.effect("remembers the account's connection, and refuses to send while it is down", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const accounts = yield* ChannelAccounts
      yield* happen(account, wrote("m1", "hello"), {
        _tag: "AccountChanged",
        raw: {},
        kind: "session.status",
        state: "needs_action"
      })
      const stored = yield* accounts.get(account.channelAccountId).pipe(as(account.organizationId))
      assert.strictEqual(stored.connection, "needs_action")
      const { id } = yield* theConversation(account.organizationId)
      const error = yield* (yield* Messages).send({ conversationId: id, content: { type: "text", text: "x" } }).pipe(
        as(account.organizationId),
        Effect.flip
      )
      assert.strictEqual(error._tag === "CannotSend" && error.verdict._tag, "AccountDown")
    }).pipe(Effect.provide(TestLayer)))

  it.live("gives back what it holds when it is stopped", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      const inbound = yield* InboundEvents
      const provider = yield* Provider
      const processor = yield* InboundProcessor
      yield* deliver(account, [wrote("m1", "hello")])
      const reached = yield* Latch.make()
      provider.decoding = Effect.andThen(reached.open, Effect.never)
      const fiber = yield* Effect.forkChild(processor.runOnce)
      yield* reached.await
      assert.deepStrictEqual(yield* inbound.claim({ limit: 10, leaseFor: "1 minute" }), [])
      yield* Fiber.interrupt(fiber)
      provider.decoding = Effect.void
      assert.strictEqual(yield* processor.runOnce, 1)
      assert.strictEqual(yield* count("conversations_messages"), 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("works in the background as soon as a webhook is stored", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Layer.build(InboundProcessor.layerWorker({ pollInterval: "1 minute" }))
        for (const id of ["m1", "m2"]) {
          yield* deliver(account, [wrote(id, "hello")])
          yield* Effect.repeat(count("conversations_messages"), {
            until: (messages) => messages === Number(id[1]),
            schedule: Schedule.spaced("10 millis")
          }).pipe(Effect.timeout("10 seconds"))
        }
      }))
      yield* deliver(account, [wrote("m3", "after it stopped")])
      yield* Effect.sleep("50 millis")
      assert.strictEqual(yield* count("conversations_messages"), 2)
    }).pipe(Effect.provide(TestLayer)))
})
