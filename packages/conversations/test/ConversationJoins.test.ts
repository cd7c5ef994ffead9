import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Identity } from "@wicara/channels/Address"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { Contacts } from "@wicara/contacts/Contacts"
import type { Conversation } from "@wicara/conversations/Conversation"
import * as ConversationConsumers from "@wicara/conversations/ConversationConsumers"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { EventLog } from "@wicara/core/EventLog"
import { UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { as, connect, eventsOf, happen, layer, phone, Provider, sendAll, textOf, wrote } from "./support.ts"
import type { Connected } from "./support.ts"

const number = phone("628111")
const lid: Identity = { kind: "lid", value: "99887766" }
const agent = UserId.make("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b11")

describe.each(TestDatabase.all)("two conversations of one customer on $name", (database) => {
  const TestLayer = ConversationConsumers.layer.pipe(
    Layer.provideMerge(EventConsumers.layerSql.pipe(Layer.provideMerge(EventLog.layerSql))),
    Layer.provideMerge(layer(database.layer))
  )
  const settled = Effect.flatMap(EventConsumers, (consumers) => consumers.settled)

  const listed = ({ organizationId }: Connected) =>
    Effect.flatMap(Conversations, (conversations) => conversations.list({ limit: 50 })).pipe(
      as(organizationId),
      Effect.map(({ data }) => data)
    )
  const open = (account: Connected) =>
    Effect.map(listed(account), (all) => all.filter(({ lifecycle }) => lifecycle !== "closed"))
  const of = (all: ReadonlyArray<Conversation>, identity: Identity) =>
    all.find(({ chat }) => chat.value === identity.value)!
  const history = (account: Connected, id: Conversation["id"], limit = 50) =>
    Effect.flatMap(Messages, (messages) => messages.list(id, { limit })).pipe(as(account.organizationId))
  const say = (account: Connected, id: Conversation["id"], text: string) =>
    Effect.flatMap(Messages, (messages) => messages.send({ conversationId: id, content: { type: "text", text } })).pipe(
      as(account.organizationId, agent)
    )

  /** A customer who wrote from a number and from a hidden id that nobody knows to be theirs. */
  const twice = Effect.gen(function*() {
    const account = yield* connect()
    const at = Date.now() - 60_000
    yield* happen(account, wrote("m1", "one", { from: number, at }))
    yield* happen(account, wrote("m2", "two", { from: lid, at: at + 1_000 }))
    yield* happen(account, wrote("m3", "three", { from: number, at: at + 2_000 }))
    assert.lengthOf(yield* open(account), 2)
    return { account, at }
  })
  const linked: InboundEvent = { _tag: "IdentityChanged", raw: {}, from: lid, to: number }

  it.live(
    "become one when the hidden id is linked to the number, in the order of time, whatever address they use",
    () =>
      Effect.gen(function*() {
        const provider = yield* Provider
        const { account, at } = yield* twice
        const byLid = of(yield* open(account), lid)
        yield* say(account, byLid.id, "I answer you")
        yield* happen(account, linked)
        yield* settled
        const [one, ...more] = yield* open(account)
        assert.lengthOf(more, 0)
        // The one that a person answers goes on, and stays theirs.
        assert.deepStrictEqual([one!.id, one!.ownership, one!.ownerId], [byLid.id, "human", agent])
        assert.deepStrictEqual(one!.chat, number)
        yield* happen(account, wrote("m4", "four", { from: lid, at: at + 50_000 }))
        yield* happen(account, wrote("m5", "five", { from: number, at: at + 51_000 }))
        assert.lengthOf(yield* open(account), 1)
        const { data } = yield* history(account, one!.id)
        assert.deepStrictEqual(data.map(textOf).filter((text) => text !== "I answer you"), [
          "five",
          "four",
          "three",
          "two",
          "one"
        ])
        const first = yield* history(account, one!.id, 2)
        assert.lengthOf(first.data, 2)
        const rest = yield* Effect.flatMap(
          Messages,
          (messages) => messages.list(one!.id, { limit: 50, cursor: first.nextCursor! })
        ).pipe(as(account.organizationId))
        assert.deepStrictEqual([...first.data, ...rest.data].map(({ id }) => id), data.map(({ id }) => id))
        yield* sendAll
        assert.deepStrictEqual(provider.ledger.map(textOf), ["I answer you"])
        assert.deepStrictEqual((yield* eventsOf("conversation.joined")).map((event) => event["joined"]), [true])
      }).pipe(Effect.provide(TestLayer)),
    60_000
  )

  it.live(
    "the bot's turn in the one that ends is stale, and what it was asked there people see",
    () =>
      Effect.gen(function*() {
        const messages = yield* Messages
        const { account } = yield* twice
        const [byNumber, byLid] = [of(yield* open(account), number), of(yield* open(account), lid)]
        assert.deepStrictEqual([byNumber.ownership, byLid.ownership], ["bot", "bot"])
        yield* happen(account, linked)
        yield* settled
        const [one] = yield* open(account)
        assert.deepStrictEqual([one!.id, one!.ownership, one!.lifecycle], [byNumber.id, "nobody", "escalated"])
        for (const { epoch, id } of [byNumber, byLid]) {
          const late = messages.sendAsBot({
            conversationId: id,
            epoch,
            content: { type: "text", text: "Late" },
            idempotencyKey: id
          })
          assert.strictEqual((yield* Effect.flip(late.pipe(as(account.organizationId))))._tag, "StaleEpoch")
        }
      }).pipe(Effect.provide(TestLayer)),
    60_000
  )

  it.live("are two again when the merge is undone, as they were", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, at } = yield* twice
      const before = yield* open(account)
      const byLid = of(before, lid)
      yield* say(account, byLid.id, "I answer you")
      yield* happen(account, linked)
      yield* settled
      const [one] = yield* open(account)
      const [merge] = yield* contacts.merges(one!.contactId).pipe(as(account.organizationId))
      yield* contacts.unmerge(merge!.id).pipe(as(account.organizationId))
      yield* settled
      yield* settled
      const after = yield* open(account)
      assert.deepStrictEqual(after.map(({ id }) => id).sort(), before.map(({ id }) => id).sort())
      assert.deepStrictEqual([of(after, lid).id, of(after, lid).ownership], [byLid.id, "human"])
      assert.strictEqual(of(after, number).ownership, "bot")
      yield* happen(account, wrote("m4", "four", { from: lid, at: at + 50_000 }))
      yield* happen(account, wrote("m5", "five", { from: number, at: at + 51_000 }))
      const texts = (id: Conversation["id"]) => Effect.map(history(account, id), ({ data }) => data.map(textOf))
      assert.deepStrictEqual((yield* texts(byLid.id)).toSorted(), ["I answer you", "four", "two"])
      assert.deepStrictEqual(yield* texts(of(after, number).id), ["five", "three", "one"])
    }).pipe(Effect.provide(TestLayer)), 60_000)
})
