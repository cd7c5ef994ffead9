import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { Contacts } from "@wicara/contacts/Contacts"
import { Conversations } from "@wicara/conversations/Conversations"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Messages } from "@wicara/conversations/Messages"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  deliver,
  echoed,
  eventsOf,
  happen,
  layer,
  phone,
  statusOf,
  textOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"
import type { Connected } from "./support.ts"

const start = 1_790_000_000_000
const day = 86_400_000

const past = (event: InboundEvent): InboundEvent =>
  event._tag === "MessageReceived" || event._tag === "MessageEchoed" ? { ...event, historical: true } : event

const call = (
  callId: string,
  status: Extract<InboundEvent, { _tag: "CallChanged" }>["status"],
  options: { readonly direction?: "inbound" | "outbound"; readonly duration?: number; readonly at?: number } = {}
): InboundEvent => ({
  _tag: "CallChanged",
  raw: {},
  callId,
  chat: phone("628111"),
  participant: { identities: [phone("628111")] },
  direction: options.direction ?? "inbound",
  status,
  video: false,
  timestamp: options.at ?? start - 1_000,
  ...(options.duration === undefined ? {} : { duration: options.duration })
})

const sendTo = Effect.fnUntraced(function*(account: Connected) {
  const { id } = yield* theConversation(account.organizationId)
  const messages = yield* Messages
  return yield* messages.send({ conversationId: id, content: { type: "text", text: "hi" } }).pipe(
    as(account.organizationId)
  )
})

const shuffles = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  all.length < 2
    ? [all]
    : all.flatMap((one, index) =>
      shuffles([...all.slice(0, index), ...all.slice(index + 1)]).map((rest) => [one, ...rest])
    )

describe.each(TestDatabase.all)("what happens beside new messages, on $name", (database) => {
  const TestLayer = layer(database.layer)

  it.effect("keeps history in its place, before and after what is new, and nothing follows from it", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect("callback")
      const { organizationId } = account
      yield* happen(
        account,
        past(wrote("h2", "two", { at: start - 20 * day })),
        past(echoed("h3", "three", "phone", { at: start - 19 * day })),
        past(wrote("h1", "one", { at: start - 30 * day }))
      )
      const before = yield* theConversation(organizationId)
      assert.deepStrictEqual(
        [before.lifecycle, before.ownership, before.unread, before.lastInboundAt, before.preview],
        ["resolved", "bot", 0, null, "three"]
      )
      assert.strictEqual(DateTime.toEpochMillis(before.lastMessageAt), start - 19 * day)
      const refused = yield* Effect.flip(sendTo(account))
      assert.strictEqual(refused._tag === "CannotSend" && refused.verdict._tag, "NeedsTemplate")
      yield* happen(account, wrote("n1", "new", { at: start - 5_000 }))
      yield* happen(account, past(wrote("h4", "four", { at: start - 10 * day })))
      yield* happen(account, past(wrote("h5", "five", { at: start - 1_000 })))
      const after = yield* theConversation(organizationId)
      assert.deepStrictEqual(
        [after.id, after.lifecycle, after.ownership, after.unread, after.epoch],
        [before.id, "bot_active", "bot", 1, 0]
      )
      assert.strictEqual(DateTime.toEpochMillis(after.lastInboundAt!), start - 5_000)
      const transcript = yield* transcriptOf(organizationId)
      assert.deepStrictEqual(transcript.map(textOf), ["one", "two", "three", "four", "new", "five"])
      assert.deepStrictEqual(transcript.map(({ historical }) => historical), [true, true, true, true, false, true])
      assert.strictEqual((yield* eventsOf("conversation.message.received")).length, 1)
      assert.strictEqual((yield* eventsOf("conversation.message.backfilled")).length, 5)
      assert.strictEqual((yield* eventsOf("conversation.message.sent")).length, 0)
      assert.strictEqual((yield* eventsOf("conversation.ownership_changed")).length, 0)
      yield* sendTo(account)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("leaves what was resolved resolved, and what a person owns theirs, when history comes late", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const { organizationId } = account
      yield* happen(account, wrote("n1", "new", { at: start - 5_000 }))
      const { id } = yield* theConversation(organizationId)
      const conversations = yield* Conversations
      yield* conversations.resolve(id).pipe(as(organizationId))
      yield* happen(
        account,
        past(wrote("h1", "one", { at: start - 20 * day })),
        past(echoed("h2", "two", "phone", { at: start - 100 }))
      )
      const after = yield* theConversation(organizationId)
      assert.deepStrictEqual([after.lifecycle, after.unread], ["resolved", 0])
      yield* conversations.close(id).pipe(as(organizationId))
      yield* happen(account, past(wrote("h3", "three", { at: start - 19 * day })))
      assert.strictEqual((yield* theConversation(organizationId)).lifecycle, "closed")
      assert.deepStrictEqual((yield* transcriptOf(organizationId)).map(textOf), ["one", "three", "new", "two"])
    }).pipe(Effect.provide(TestLayer)))

  it.live("answers a message that history told of first, as soon as it is delivered as new; once", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      const at = Date.now() - 1_000
      yield* happen(account, past(wrote("m1", "Anybody?", { at })), past(wrote("m2", "stop", { at: at - 1 })))
      assert.strictEqual((yield* theConversation(account.organizationId)).unread, 0)
      const contacts = yield* Contacts
      const { contactId } = yield* theConversation(account.organizationId)
      assert.isTrue(Option.isSome((yield* contacts.optOuts(contactId).pipe(as(account.organizationId))).all))
      const other = yield* Effect.provide(InboundProcessor, Layer.fresh(InboundProcessor.layer({ batchSize: 1 })))
      for (let again = 0; again < 6; again++) yield* deliver(account, [wrote("m1", "Anybody?", { at })])
      yield* Effect.all([other.drain, Effect.flatMap(InboundProcessor, (one) => one.drain)], { concurrency: 2 })
      yield* happen(account, past(wrote("m1", "Anybody?", { at })))
      const conversation = yield* theConversation(account.organizationId)
      assert.deepStrictEqual([conversation.unread, conversation.lifecycle], [1, "bot_active"])
      assert.strictEqual((yield* eventsOf("conversation.message.received")).length, 1)
      assert.strictEqual(yield* count("conversations_messages"), 2)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("applies to history what was told of it before, and takes it for the message that was sent from here", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      yield* happen(account, statusOf("h1", "read"), past(echoed("h1", "long ago", "phone", { at: start - day })))
      const [message] = yield* transcriptOf(account.organizationId)
      assert.deepStrictEqual([message?.status, message?.author, message?.historical], ["read", "phone", true])
      yield* happen(account, past(echoed("h1", "long ago", "phone", { at: start - day })))
      assert.strictEqual((yield* transcriptOf(account.organizationId)).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("notes a call once however it is told of, and shows missed ones as unread", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      for (const order of shuffles(["ringing", "accepted", "ended"] as const)) {
        const account = yield* connect("callback")
        for (const status of order) {
          yield* happen(account, call("c1", status, status === "ended" ? { duration: 65 } : {}))
        }
        const conversation = yield* theConversation(account.organizationId)
        const [entry, ...more] = yield* transcriptOf(account.organizationId)
        assert.deepStrictEqual(more, [])
        assert.deepStrictEqual(entry?.content, {
          type: "system",
          kind: "call",
          text: "Voice call, 1:05",
          call: { id: "c1", direction: "inbound", status: "ended", video: false, duration: 65 }
        })
        assert.deepStrictEqual(
          [conversation.unread, conversation.preview, conversation.previewDirection, entry?.author],
          [0, "Voice call, 1:05", "inbound", "system"]
        )
        // A call opens the service window as a message does.
        yield* sendTo(account)
      }
      const account = yield* connect()
      yield* happen(account, wrote("m1", "Call me", { at: start - day }))
      const { id } = yield* theConversation(account.organizationId)
      yield* (yield* Conversations).resolve(id).pipe(as(account.organizationId))
      yield* happen(
        account,
        call("c2", "missed"),
        call("c2", "ringing"),
        call("c2", "missed"),
        call("c3", "ringing"),
        call("c3", "missed"),
        call("c4", "ended", { direction: "outbound" })
      )
      const conversation = yield* theConversation(account.organizationId)
      assert.deepStrictEqual([conversation.unread, conversation.lifecycle], [2, "bot_active"])
      assert.deepStrictEqual(
        (yield* transcriptOf(account.organizationId)).map(({ content }) =>
          content.type === "system" ? content.text : ""
        ),
        ["", "Missed voice call", "Missed voice call", "Voice call"]
      )
      assert.deepStrictEqual(
        (yield* eventsOf("conversation.call_changed")).slice(-4).map(({ callId, status }) => `${callId} ${status}`),
        ["c2 missed", "c3 ringing", "c3 missed", "c4 ended"]
      )
      assert.strictEqual((yield* eventsOf("conversation.message.received")).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("learns names of people it knows, makes nobody of an address book, and forgets nobody", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const other = yield* connect()
      yield* happen(account, wrote("m1", "Hello"))
      yield* happen(other, wrote("m1", "Hello"))
      const changed = (value: string, displayName: string | undefined, removed = false): InboundEvent => ({
        _tag: "ContactChanged",
        raw: {},
        participant: { identities: [phone(value)], ...(displayName === undefined ? {} : { displayName }) },
        removed
      })
      yield* happen(
        account,
        changed("628111", "Sari Dewi"),
        changed("628999", "A stranger"),
        changed("628111", undefined, true)
      )
      const nameIn = Effect.fnUntraced(function*({ organizationId }: Connected) {
        const contacts = yield* Contacts
        const { contactId } = yield* theConversation(organizationId)
        return (yield* contacts.get(contactId).pipe(as(organizationId))).displayName
      })
      assert.deepStrictEqual([yield* nameIn(account), yield* nameIn(other)], ["Sari Dewi", "Sari"])
      assert.strictEqual(yield* count("contacts_contacts"), 2)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("says in a group's conversation what became of the group, once, and makes none for it", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const group = { kind: "group", value: "1203630@g.us" } as const
      const joined: InboundEvent = {
        _tag: "GroupChanged",
        raw: {},
        group,
        kind: "joined",
        participants: [{ identities: [phone("628222")], displayName: "Budi" }, { identities: [phone("628333")] }],
        timestamp: start - 500
      }
      yield* happen(account, joined)
      assert.strictEqual(yield* count("conversations_conversations"), 0)
      yield* happen(account, wrote("m1", "Welcome", { chat: group, at: start - 1_000 }))
      yield* happen(account, joined, joined, {
        _tag: "GroupChanged",
        raw: {},
        group,
        kind: "updated",
        subject: "Plans",
        participants: [],
        timestamp: start - 400
      })
      const conversation = yield* theConversation(account.organizationId)
      assert.deepStrictEqual([conversation.unread, conversation.preview], [1, "Welcome"])
      assert.deepStrictEqual(
        (yield* transcriptOf(account.organizationId)).map(({ author, content }) =>
          `${author}: ${content.type === "system" ? `${content.kind}: ${content.text}` : content.type}`
        ),
        [
          "contact: text",
          "system: group_joined: Budi, 628333 joined",
          "system: group_updated: The group is called \"Plans\" now"
        ]
      )
      assert.strictEqual((yield* eventsOf("conversation.group_changed")).length, 2)
    }).pipe(Effect.provide(TestLayer)))
})
