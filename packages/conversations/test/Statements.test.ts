import { assert, describe, layer } from "@effect/vitest"
import { Contacts } from "@wicara/contacts/Contacts"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { CustomerPresences } from "@wicara/conversations/CustomerPresences"
import { Feedbacks } from "@wicara/conversations/Feedbacks"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Exit, Option } from "effect"
import { as, connect, eventsOf, happen, layer as services, phone, theConversation, wrote } from "./support.ts"

const visitor = { kind: "visitor", value: "v1" } as const

const stated = (more: Partial<Extract<InboundEvent, { readonly _tag: "ProfileStated" }>>): InboundEvent => ({
  _tag: "ProfileStated",
  raw: {},
  verified: false,
  person: { identities: [visitor] },
  ...more
})

describe.each(TestDatabase.all)("what customers state on $name", (database) => {
  layer(services(database.layer), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.effect("is kept as their word, and never in the place of what is known", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const contacts = yield* Contacts
        const contact = Effect.gen(function*() {
          const id = Option.getOrThrow(yield* contacts.findByIdentity(account.channelAccountId, visitor))
          return yield* contacts.get(id)
        }).pipe(as(account.organizationId))
        yield* happen(
          account,
          stated({
            person: { identities: [visitor], displayName: "Budi" },
            email: "budi@home.example",
            attributes: { plan: "platinum", topic: "bill" },
            consent: { purpose: "marketing", text: "You may write to me." }
          })
        )
        const first = yield* contact
        assert.deepStrictEqual(
          [
            first.displayName,
            first.email,
            first.attributes,
            first.consent.marketing.state,
            first.consent.marketing.source
          ],
          ["Budi", "budi@home.example", { stated: { plan: "platinum", topic: "bill" } }, "granted", "form"]
        )
        // The site says who it is, and what is so: under the attributes' own names, beside the visitor's word.
        const external = { kind: "external", value: "user-7" } as const
        yield* happen(
          account,
          stated({
            verified: true,
            person: { identities: [visitor, external] },
            email: "budi@work.example",
            // What they call so themselves is no proof, whatever a site calls so.
            attributes: { plan: "gold", stated: "nothing" }
          }),
          stated({ email: "someone@else.example", attributes: { plan: "diamond" } })
        )
        const second = yield* contact
        assert.deepStrictEqual([second.id, second.email, second.attributes], [first.id, "budi@work.example", {
          plan: "gold",
          stated: { plan: "diamond", topic: "bill" }
        }])
        assert.deepInclude(second.identities, { ...external, channelAccountId: account.channelAccountId })
        yield* happen(
          account,
          stated({ attributes: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n])) })
        )
        assert.strictEqual(Object.keys((yield* contact).attributes["stated"] as object).length, 100)
      }))

    it.effect("is how one conversation of theirs was: said once, changed by what is said later", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const other = yield* connect()
        yield* happen(account, wrote("m1", "Hello"))
        yield* happen(other, wrote("m1", "Hello"))
        const { id } = yield* theConversation(account.organizationId)
        const feedbacks = yield* Feedbacks
        const feedback = feedbacks.get(id).pipe(as(account.organizationId))
        assert.isNull((yield* feedback).score)
        const rated = (score: number, timestamp: number): InboundEvent => ({
          _tag: "ConversationRated",
          raw: {},
          conversationId: id,
          score,
          solved: score > 3,
          comment: `It was ${score}`,
          timestamp
        })
        const now = Date.now()
        // Another organization's customer rates nothing here.
        yield* happen(other, rated(1, now - 2000))
        assert.isNull((yield* feedback).score)
        yield* happen(account, rated(4, now - 3000), rated(2, now - 1000), rated(5, now - 2000))
        const kept = yield* feedback
        assert.deepStrictEqual([kept.score, kept.solved, kept.comment], [2, false, "It was 2"])
        assert.isTrue(Exit.isFailure(yield* Effect.exit(feedbacks.get(id).pipe(as(other.organizationId)))))
      }))

    it.effect("is told while they write, of their conversation alone, and never late", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const other = yield* connect()
        yield* happen(account, wrote("m3", "Hello", { from: phone("628333") }))
        yield* happen(other, wrote("m3", "Hello", { from: phone("628333") }))
        const typing = (until: number | null, chat = phone("628333")): InboundEvent => ({
          _tag: "TypingChanged",
          raw: {},
          chat,
          until
        })
        const { id } = yield* theConversation(account.organizationId)
        const told = Effect.map(eventsOf("conversation.typing_changed"), (all) =>
          all.flatMap((one) => one["conversationId"] === id ? [one["until"]] : []))
        const until = Date.now() + 30_000
        yield* happen(account, typing(Date.now() - 1), typing(until), typing(null), typing(until, phone("628334")))
        assert.deepStrictEqual(yield* told, [new Date(until).toISOString(), null])
      }))

    it.effect("says nothing of whether they are there, where their channel does not", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        yield* happen(account, wrote("m2", "Hello", { from: phone("628222") }))
        const { id } = yield* theConversation(account.organizationId)
        const presence = yield* CustomerPresences.use((presences) => presences.of(id)).pipe(as(account.organizationId))
        assert.deepStrictEqual(presence, { typing: false, lastSeenAt: null })
      }))
  })
})
