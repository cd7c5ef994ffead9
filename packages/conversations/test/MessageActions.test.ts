import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { ConversationId } from "@wicara/conversations/Conversation"
import { CustomerPresences } from "@wicara/conversations/CustomerPresences"
import type { MessageId } from "@wicara/conversations/Message"
import { MessageActions } from "@wicara/conversations/MessageActions"
import { Messages } from "@wicara/conversations/Messages"
import { Audit } from "@wicara/core/Audit"
import { CurrentActor, UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  eventsOf,
  happen,
  layer,
  phone,
  Provider,
  sendAll,
  textOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"
import type { Connected } from "./support.ts"

const sari = UserId.make("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b11")
const budi = UserId.make("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b12")

/** An agent, who may answer and no more. */
const agent = (userId: UserId, ...more: ReadonlyArray<string>) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, CurrentActor, {
    actor: { _tag: "User", id: userId },
    permissions: new Set(["conversations:read", "conversations:reply", ...more])
  })

const Told = Schema.Struct({
  conversationId: Schema.optionalKey(ConversationId),
  channelAccountId: Schema.String,
  messageId: Schema.optionalKey(Schema.String),
  pinned: Schema.optionalKey(Schema.Boolean),
  starred: Schema.optionalKey(Schema.Boolean),
  until: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const decodeTold = Schema.decodeUnknownSync(Schema.Array(Told))

/** What the event log tells, of one kind. */
const toldOf = (type: string) => Effect.map(eventsOf(type), (events) => decodeTold(events))

const tagOf = (exit: Exit.Exit<unknown, { readonly _tag: string; readonly detail?: string | undefined }>) =>
  Exit.isSuccess(exit) ?
    "done" :
    exit.cause.reasons.map((reason) =>
      reason._tag === "Fail" ? `${reason.error._tag}: ${reason.error.detail ?? ""}` : reason._tag
    ).join()

/** A conversation in which Sari has sent a text. */
const written = Effect.fnUntraced(function*(account: Connected, text = "We open at 8.") {
  const messages = yield* Messages
  const conversation = yield* theConversation(account.organizationId)
  const sent = yield* messages.send({ conversationId: conversation.id, content: { type: "text", text } }).pipe(
    agent(sari),
    as(account.organizationId, sari)
  )
  yield* sendAll
  return sent.messages[0].id
})

const begin = Effect.fnUntraced(function*(channel = "acting") {
  const account = yield* connect(channel)
  yield* happen(account, wrote("m1", "When do you open?"))
  return { account, id: yield* written(account) }
})

const acting = <A, E, R>(account: Connected, userId: UserId, effect: Effect.Effect<A, E, R>, ...more: Array<string>) =>
  effect.pipe(agent(userId, ...more), as(account.organizationId, userId))

const read = (account: Connected, id: MessageId) => acting(account, sari, Messages.use((messages) => messages.get(id)))

describe.each(TestDatabase.all)("what is done to sent messages on $name", (database) => {
  it.layer(layer(database.layer), { excludeTestServices: true })((it) => {
    it.effect("edits what one wrote, keeps what it said, and takes its echo for no news", () =>
      Effect.gen(function*() {
        const { account, id } = yield* begin()
        const { edit } = yield* MessageActions
        const provider = yield* Provider
        yield* acting(account, sari, edit(id, "We open at 9."))
        // Asked for again, nothing happens.
        const asked = provider.acts.length
        yield* acting(account, sari, edit(id, "We open at 9."))
        assert.strictEqual(provider.acts.length, asked)
        const message = yield* read(account, id)
        assert.strictEqual(textOf(message), "We open at 9.")
        assert.isNotNull(message.editedAt)
        assert.deepStrictEqual(provider.acts.at(-1), {
          target: { chat: phone("628111"), providerMessageId: message.providerMessageId ?? "", fromBusiness: true },
          action: { type: "edit", text: "We open at 9." }
        })
        const echo: InboundEvent = {
          _tag: "MessageEdited",
          raw: {},
          targetProviderMessageId: message.providerMessageId ?? "",
          chat: phone("628111"),
          sender: { identities: [phone("628111")] },
          content: { type: "text", text: "We open at 9." },
          fromBusiness: true,
          timestamp: Date.now() + 1000
        }
        yield* happen(account, echo)
        const versions = yield* acting(account, sari, Messages.use((messages) => messages.versions(id)))
        assert.deepStrictEqual(versions.map(textOf), ["We open at 8.", "We open at 9."])
        assert.strictEqual((yield* theConversation(account.organizationId)).preview, "We open at 9.")
        const records = yield* Audit.use((audit) => audit.list({})).pipe(as(account.organizationId))
        const record = records.data.find(({ action }) => action === "message.edited")
        assert.deepStrictEqual(record?.target, { type: "message", id })
      }))

    it.effect("edits what is said under a file, which stays, also where the provider tells of the words alone", () =>
      Effect.gen(function*() {
        const content = {
          type: "image",
          media: { source: { type: "url", url: "https://files.test/menu.png" }, mimeType: "image/png" },
          caption: "Our menu"
        } as const
        for (const channel of ["acting", "wordless"]) {
          const { account } = yield* begin(channel)
          const messages = yield* Messages
          const { edit } = yield* MessageActions
          const provider = yield* Provider
          const conversation = yield* theConversation(account.organizationId)
          const { messages: [{ id }] } = yield* acting(
            account,
            sari,
            messages.send({ conversationId: conversation.id, content })
          )
          yield* sendAll
          const exit = yield* Effect.exit(acting(account, sari, edit(id, "Menu of May")))
          if (channel === "wordless") {
            assert.strictEqual(tagOf(exit), "Conflict: This channel can't do this to messages that were sent.")
            continue
          }
          assert.strictEqual(tagOf(exit), "done")
          assert.deepStrictEqual(provider.acts.at(-1)?.action, { type: "edit", text: "Menu of May", caption: true })
          const { content: edited, providerMessageId } = yield* read(account, id)
          assert.deepStrictEqual(edited, { ...content, caption: "Menu of May" })
          yield* happen(account, {
            _tag: "MessageEdited",
            raw: {},
            targetProviderMessageId: providerMessageId ?? "",
            chat: phone("628111"),
            sender: { identities: [phone("628111")] },
            content: { type: "text", text: "Menu of June" },
            fromBusiness: true,
            timestamp: Date.now() + 60_000
          })
          assert.deepStrictEqual((yield* read(account, id)).content, { ...content, caption: "Menu of June" })
        }
      }))

    it.effect("deletes for everyone, once, and nothing is edited after that", () =>
      Effect.gen(function*() {
        const { account, id } = yield* begin()
        const { edit, remove } = yield* MessageActions
        const provider = yield* Provider
        const before = provider.acts.length
        yield* acting(account, sari, remove(id))
        yield* acting(account, sari, remove(id))
        assert.strictEqual(provider.acts.length, before + 1)
        const message = yield* read(account, id)
        assert.isNotNull(message.revokedAt)
        assert.strictEqual(textOf(message), "We open at 8.")
        const late = yield* Effect.exit(acting(account, sari, edit(id, "We open at 10.")))
        assert.strictEqual(tagOf(late), "Conflict: The message was deleted.")
      }))

    it.effect("leaves what other people wrote to them, and to who answers for them", () =>
      Effect.gen(function*() {
        const { account, id } = yield* begin()
        const { edit, remove } = yield* MessageActions
        for (const act of [edit(id, "No."), remove(id)]) {
          assert.match(tagOf(yield* Effect.exit(acting(account, budi, act))), /^Forbidden/)
        }
        const inbound = (yield* transcriptOf(account.organizationId))[0]
        assert(inbound !== undefined)
        const theirs = yield* Effect.exit(acting(account, sari, remove(inbound.id)))
        assert.match(tagOf(theirs), /^Conflict: Only messages of the business/)
        yield* acting(account, budi, edit(id, "We open at 10."), "conversations:assign")
        assert.strictEqual(textOf(yield* read(account, id)), "We open at 10.")
      }))

    it.effect("is not there for another organization", () =>
      Effect.gen(function*() {
        const { id } = yield* begin()
        const other = yield* connect("acting")
        const actions = yield* MessageActions
        for (
          const act of [
            actions.edit(id, "x"),
            actions.remove(id),
            actions.pin(id, 1),
            actions.star(id, true),
            actions.react(id, "🙏"),
            actions.vote(id, [])
          ]
        ) assert.match(tagOf(yield* Effect.exit(acting(other, sari, act))), /^NotFound/)
      }))

    it.effect("changes nothing here where the provider refuses, is silent, or can't", () =>
      Effect.gen(function*() {
        const { account, id } = yield* begin()
        const { edit, remove } = yield* MessageActions
        const provider = yield* Provider
        for (
          const [outcome, expected] of [
            [{ _tag: "Rejected", code: "message_not_found", reason: "Message not found" }, /^Conflict: The provider/],
            [{ _tag: "Rejected", code: "not_supported", reason: "x" }, /^Conflict: This channel can't do this/],
            [{ _tag: "Unknown", reason: "No answer" }, /^Unavailable: The provider did not answer/],
            [{ _tag: "Retryable", code: "ECONNREFUSED", reason: "No connection" }, /^Unavailable/]
          ] as const
        ) {
          provider.act = outcome
          assert.match(tagOf(yield* Effect.exit(acting(account, sari, edit(id, "Later")))), expected)
          assert.match(tagOf(yield* Effect.exit(acting(account, sari, remove(id)))), expected)
        }
        provider.act = { _tag: "Accepted", providerMessageId: null }
        const message = yield* read(account, id)
        assert.deepStrictEqual([message.editedAt, message.revokedAt, textOf(message)], [null, null, "We open at 8."])
        const cloud = yield* begin("callback")
        const asked = provider.acts.length
        for (const act of [edit(cloud.id, "x"), remove(cloud.id)]) {
          assert.match(
            tagOf(yield* Effect.exit(acting(cloud.account, sari, act))),
            /^Conflict: This channel can't do this to messages that were sent/
          )
        }
        assert.strictEqual(provider.acts.length, asked)
      }))

    it.effect("edits no message that is too old, or that was never sent", () =>
      Effect.gen(function*() {
        const { account, id } = yield* begin("impatient")
        const { edit } = yield* MessageActions
        const late = yield* Effect.exit(acting(account, sari, edit(id, "Later")))
        assert.match(tagOf(late), /^Conflict: The message is too old to be edited: 0 minutes/)
        const provider = yield* Provider
        const plan = provider.plan
        provider.plan = () => ({ reject: "refused" })
        const failed = yield* written(account, "Never sent")
        provider.plan = plan
        const unsent = yield* Effect.exit(acting(account, sari, edit(failed, "Later")))
        assert.strictEqual(tagOf(unsent), "Conflict: The message has not been sent.")
      }))

    it.effect("pins, stars and reacts, and takes each of them back", () =>
      Effect.gen(function*() {
        const { account, id } = yield* begin()
        const { pin, react, star } = yield* MessageActions
        const now = Date.now()
        yield* acting(account, budi, pin(id, 7))
        yield* acting(account, budi, star(id, true))
        yield* acting(account, budi, react(id, "🙏"))
        const marked = yield* read(account, id)
        assert.isAtLeast(marked.pinnedUntil?.epochMilliseconds ?? 0, now + 7 * 86_400_000)
        assert.isTrue(marked.starred)
        assert.deepStrictEqual(marked.reactions, [{ emoji: "🙏", by: "business" }])
        yield* acting(account, budi, pin(id, null))
        yield* acting(account, budi, star(id, false))
        yield* acting(account, budi, react(id, null))
        const bare = yield* read(account, id)
        assert.deepStrictEqual([bare.pinnedUntil, bare.starred, bare.reactions], [null, false, []])
        const told = (yield* toldOf("conversation.message.marked")).filter((payload) => payload.messageId === id)
        assert.deepStrictEqual(told.map((payload) => [payload.pinned, payload.starred]), [
          [true, false],
          [true, true],
          [false, true],
          [false, false]
        ])
      }))

    it.effect("forwards to another conversation of the account, whatever it is, and to no other account", () =>
      Effect.gen(function*() {
        const { account } = yield* begin()
        const provider = yield* Provider
        const messages = yield* Messages
        const location = { type: "location", latitude: -6.9, longitude: 107.6 } as const
        const here = yield* theConversation(account.organizationId)
        yield* happen(account, wrote("m2", location), wrote("m3", "Hello", { from: phone("628222") }))
        const all = (yield* acting(account, sari, messages.list(here.id, {}))).data
        const original = all.find(({ content }) => content.type === "location")
        assert(original !== undefined)
        const there = (yield* toldOf("conversation.opened")).find((one) =>
          one.channelAccountId === account.channelAccountId && one.conversationId !== here.id
        )?.conversationId
        assert(there !== undefined)
        const sent = yield* acting(account, sari, messages.forward(original.id, { conversationId: there }))
        yield* sendAll
        const copy = yield* read(account, sent.messages[0].id)
        assert.deepStrictEqual([copy.content, copy.forwarded, copy.status], [location, true, "accepted"])
        assert.deepStrictEqual(provider.calls.at(-1)?.forwardOf, {
          chat: phone("628111"),
          providerMessageId: "m2",
          fromBusiness: false
        })
        const elsewhere = yield* connect("acting", account.organizationId)
        yield* happen(elsewhere, wrote("m4", "Hello", { from: phone("628333") }))
        const far = (yield* toldOf("conversation.opened")).find((one) =>
          one.channelAccountId === elsewhere.channelAccountId
        )?.conversationId
        assert(far !== undefined)
        const refused = yield* Effect.exit(
          acting(account, sari, messages.forward(original.id, { conversationId: far }))
        )
        assert.strictEqual(tagOf(refused), "Conflict: A message is forwarded within its channel account.")
      }))

    it.effect("keeps the latest choice of each person beside a poll, whatever comes first", () =>
      Effect.gen(function*() {
        const account = yield* connect("acting")
        yield* happen(account, wrote("m1", "Hello"))
        const messages = yield* Messages
        const { contactId, id } = yield* theConversation(account.organizationId)
        const content = { type: "poll", question: "When?", options: ["Monday", "Tuesday"], multiple: false } as const
        const sent = yield* acting(account, sari, messages.send({ conversationId: id, content }))
        yield* sendAll
        const poll = yield* read(account, sent.messages[0].id)
        const vote = (options: ReadonlyArray<string>, timestamp: number, fromBusiness = false): InboundEvent => ({
          _tag: "PollVoted",
          raw: {},
          targetProviderMessageId: poll.providerMessageId ?? "",
          options,
          chat: phone("628111"),
          sender: { identities: [phone("628111")] },
          fromBusiness,
          timestamp
        })
        const now = Date.now()
        yield* happen(account, vote(["Tuesday"], now), vote(["Monday"], now - 1000), vote(["Monday"], now + 1, true))
        assert.deepStrictEqual((yield* read(account, poll.id)).votes, [
          { contactId, options: ["Tuesday"] },
          { contactId: null, options: ["Monday"] }
        ])
        yield* happen(account, vote([], now + 1000))
        assert.deepStrictEqual((yield* read(account, poll.id)).votes, [{ contactId: null, options: ["Monday"] }])
      }))

    it.effect("votes in a poll for the business, with answers that it has, and takes that back", () =>
      Effect.gen(function*() {
        const account = yield* connect("acting")
        const options = ["Monday", "Tuesday", "Friday"]
        const poll = { type: "poll", question: "When?", options, multiple: false } as const
        yield* happen(account, wrote("p1", poll), wrote("p2", { ...poll, multiple: true }), wrote("t1", "Hello"))
        const { vote } = yield* MessageActions
        const provider = yield* Provider
        const all = yield* transcriptOf(account.organizationId)
        const idOf = (providerMessageId: string) => all.find((one) => one.providerMessageId === providerMessageId)!.id
        const one = idOf("p1")
        const several = idOf("p2")
        const votes = (id: MessageId) =>
          Effect.map(read(account, id), (message) => message.votes.map(({ options }) => options))
        const asked = provider.acts.length
        for (
          const [id, chosen, expected] of [
            [one, ["Sunday"], /^InvalidInput/],
            [one, ["Monday", "Friday"], /^InvalidInput/],
            [idOf("t1"), ["Monday"], /^Conflict: Only polls/]
          ] as const
        ) assert.match(tagOf(yield* Effect.exit(acting(account, sari, vote(id, chosen)))), expected)
        assert.strictEqual(provider.acts.length, asked)
        provider.act = { _tag: "Rejected", code: "not_supported", reason: "The engine can't" }
        assert.match(tagOf(yield* Effect.exit(acting(account, sari, vote(one, ["Monday"])))), /^Conflict: This channel/)
        assert.deepStrictEqual(yield* votes(one), [])
        provider.act = { _tag: "Accepted", providerMessageId: null }
        yield* acting(account, sari, vote(one, ["Monday"]))
        yield* acting(account, budi, vote(one, ["Friday"]))
        yield* acting(account, budi, vote(several, ["Monday", "Friday"]))
        assert.deepStrictEqual([yield* votes(one), yield* votes(several)], [[["Friday"]], [["Monday", "Friday"]]])
        const last = provider.acts.at(-1)
        assert.deepStrictEqual(last?.action, { type: "vote", options: ["Monday", "Friday"] })
        assert.deepInclude(last?.target, { providerMessageId: "p2", fromBusiness: false })
        yield* acting(account, budi, vote(one, []))
        assert.deepStrictEqual(yield* votes(one), [])
        const records = yield* Audit.use((audit) => audit.list({})).pipe(as(account.organizationId))
        assert.strictEqual(records.data.filter(({ action }) => action === "message.voted").length, 4)
      }))

    it.effect("keeps the place of a message that can't be read yet, and tells of it when its words come", () =>
      Effect.gen(function*() {
        const account = yield* connect("acting")
        const from = phone("628111")
        const at = Date.now() - 5000
        yield* happen(account, {
          _tag: "MessageWaiting",
          raw: {},
          providerMessageId: "w1",
          chat: from,
          sender: { identities: [from] },
          timestamp: at
        })
        const [placeholder] = yield* transcriptOf(account.organizationId)
        assert(placeholder?.content.type === "unsupported" && placeholder.content.kind === "waiting")
        const told = () =>
          Effect.map(
            toldOf("conversation.message.received"),
            (events) => events.filter((payload) => payload.channelAccountId === account.channelAccountId).length
          )
        assert.strictEqual(yield* told(), 0)
        yield* happen(account, wrote("w1", "Is it open?", { at }), wrote("w1", "Is it open?", { at }))
        const [message, ...others] = yield* transcriptOf(account.organizationId)
        assert.strictEqual(message === undefined ? "" : textOf(message), "Is it open?")
        assert.deepStrictEqual([others.length, message?.historical, yield* told()], [0, false, 1])
        assert.strictEqual((yield* theConversation(account.organizationId)).preview, "Is it open?")
      }))

    it.effect("hands over to who writes on the phone, before their words can be read", () =>
      Effect.gen(function*() {
        const account = yield* connect("acting")
        const chat = phone("628111")
        yield* happen(account, wrote("m1", "Is it open?"))
        const sender = { identities: [chat] } as const
        const waiting: InboundEvent = {
          _tag: "MessageWaiting",
          raw: {},
          providerMessageId: "w2",
          chat,
          sender,
          fromBusiness: true,
          timestamp: Date.now()
        }
        yield* happen(account, waiting)
        assert.deepInclude(yield* theConversation(account.organizationId), { ownership: "human", ownerId: null })
        const last = Effect.map(transcriptOf(account.organizationId), (all) => all.at(-1))
        assert.deepInclude(yield* last, { direction: "outbound", author: "phone" })
        const { providerMessageId, timestamp } = waiting
        yield* happen(account, {
          _tag: "MessageEchoed",
          raw: {},
          providerMessageId,
          timestamp: timestamp ?? 0,
          chat,
          recipient: sender,
          source: "phone",
          content: { type: "text", text: "Yes, until 9." }
        }, waiting)
        const message = yield* last
        assert.strictEqual(message === undefined ? "" : textOf(message), "Yes, until 9.")
        assert.lengthOf(yield* transcriptOf(account.organizationId), 2)
        assert.strictEqual((yield* theConversation(account.organizationId)).preview, "Yes, until 9.")
      }))

    it.effect("shows that a customer writes, as long as the provider says so", () =>
      Effect.gen(function*() {
        const account = yield* connect("acting")
        const from = phone("628111")
        const presence = (
          kind: "typing" | "paused" | "offline",
          timestamp: number,
          lastSeenAt?: number
        ): InboundEvent => ({
          _tag: "PresenceChanged",
          raw: {},
          chat: from,
          people: [{
            person: { identities: [from] },
            presence: kind,
            ...(lastSeenAt === undefined ? {} : { lastSeenAt })
          }],
          timestamp
        })
        const now = Date.now()
        // Of somebody who never wrote nothing is kept.
        yield* happen(account, presence("typing", now))
        assert.strictEqual(
          (yield* toldOf("conversation.typing_changed")).filter((payload) =>
            payload.channelAccountId === account.channelAccountId
          ).length,
          0
        )
        yield* happen(account, wrote("m1", "Hello"), presence("typing", now), presence("typing", now + 1))
        const { id } = yield* theConversation(account.organizationId)
        const shown = acting(account, sari, CustomerPresences.use((presences) => presences.of(id)))
        assert.isTrue((yield* shown).typing)
        yield* happen(account, presence("offline", now + 2, now - 60_000), presence("typing", now + 1))
        const left = yield* shown
        assert.isFalse(left.typing)
        assert.strictEqual(left.lastSeenAt?.epochMilliseconds, now + 1)
        const told = (yield* toldOf("conversation.typing_changed")).filter((payload) => payload.conversationId === id)
        assert.deepStrictEqual(told.map((payload) => payload.until !== null), [true, false])
        // What was said long ago says nothing of now.
        yield* happen(account, presence("typing", now - 60_000))
        assert.isFalse((yield* shown).typing)
        assert.isAtLeast(yield* count("conversations_presences"), 1)
      }))

    it.effect("tells of labels and of chats that were put away", () =>
      Effect.gen(function*() {
        const account = yield* connect("acting")
        const chat = phone("628111")
        yield* happen(
          account,
          wrote("m1", "Hello"),
          { _tag: "ChatLabelChanged", raw: {}, chat, labelId: "6", name: "Paid", added: true },
          { _tag: "ChatArchived", raw: {}, chat, archived: true },
          { _tag: "LabelChanged", raw: {}, labelId: "6", name: "Paid", color: "#00a0f2", deleted: false },
          { _tag: "ChatLabelChanged", raw: {}, chat: phone("628999"), labelId: "6", added: true }
        )
        const { id } = yield* theConversation(account.organizationId)
        const told = (type: string) =>
          Effect.map(eventsOf(type), (events) =>
            events.filter((one) => one["channelAccountId"] === account.channelAccountId))
        const [labelled, ...others] = yield* told("conversation.chat_label_changed")
        assert.deepInclude(labelled, { conversationId: id, labelId: "6", name: "Paid", added: true })
        assert.strictEqual(others.length, 0)
        assert.deepInclude((yield* told("conversation.chat_archived"))[0], { conversationId: id, archived: true })
        assert.deepInclude((yield* told("channel.account.label_changed"))[0], { labelId: "6", deleted: false })
      }))
  })
})
