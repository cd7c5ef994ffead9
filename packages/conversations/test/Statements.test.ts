import { assert, describe, layer } from "@effect/vitest"
import { Contacts } from "@wicara/contacts/Contacts"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { CustomerPresences } from "@wicara/conversations/CustomerPresences"
import { Conversations } from "@wicara/conversations/Conversations"
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

    it.effect("is kept apart from what somebody vouched for, which no claim changes", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const contacts = yield* Contacts
        const of = (value: string) =>
          Effect.gen(function*() {
            const identity = { kind: "visitor", value } as const
            return yield* contacts.get(
              Option.getOrThrow(yield* contacts.findByIdentity(account.channelAccountId, identity))
            )
          }).pipe(as(account.organizationId))
        const claims = stated({
          person: { identities: [visitor], displayName: "The director" },
          email: "director@else.example",
          attributes: { plan: "diamond", verified: true }
        })
        yield* happen(account, claims)
        assert.isNull((yield* of("v1")).verified)
        yield* happen(
          account,
          stated({
            verified: true,
            person: { identities: [visitor], displayName: "Sari" },
            email: "sari@shop.example",
            attributes: { plan: "gold", since: 2020 }
          })
        )
        const proved = yield* of("v1")
        yield* happen(
          account,
          claims,
          stated({ person: { identities: [visitor], displayName: "Somebody else" } })
        )
        const after = yield* of("v1")
        assert.deepStrictEqual([after.displayName, after.email, after.attributes["plan"], after.verified], [
          "Sari",
          "sari@shop.example",
          "gold",
          proved.verified
        ])
        assert.deepStrictEqual(
          [proved.verified?.displayName, proved.verified?.email, proved.verified?.attributes],
          ["Sari", "sari@shop.example", { plan: "gold", since: 2020 }]
        )
        // Only another proof does, of what it names.
        yield* happen(account, stated({ verified: true, attributes: { plan: "silver" } }))
        const later = yield* of("v1")
        assert.deepStrictEqual([later.displayName, later.verified?.displayName, later.verified?.attributes], [
          "Sari",
          "Sari",
          { plan: "silver", since: 2020 }
        ])
        // People here may call them otherwise; what was vouched for stays what it was.
        yield* contacts.update(later.id, { displayName: "Bu Sari", attributes: {} }).pipe(as(account.organizationId))
        yield* happen(account, stated({ verified: true, person: { identities: [visitor], displayName: "Sari P." } }))
        const named = yield* of("v1")
        assert.deepStrictEqual([named.displayName, named.verified?.displayName, named.verified?.attributes], [
          "Bu Sari",
          "Sari P.",
          { plan: "silver", since: 2020 }
        ])
      }))

    it.effect("keeps what was vouched for when contacts become one, and gives it back when they are two again", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const contacts = yield* Contacts
        const person = (value: string) => ({ identities: [{ kind: "visitor", value }] }) as const
        const idOf = (value: string) =>
          contacts.findByIdentity(account.channelAccountId, { kind: "visitor", value }).pipe(
            Effect.map(Option.getOrThrow),
            as(account.organizationId)
          )
        yield* happen(
          account,
          stated({ person: person("v2"), attributes: { topic: "bill" } }),
          stated({ person: person("v3"), verified: true, attributes: { plan: "gold" } })
        )
        const [into, other] = [yield* idOf("v2"), yield* idOf("v3")]
        const merge = yield* contacts.merge(into, other).pipe(as(account.organizationId))
        const verified = Effect.map(contacts.get(into), (contact) => contact.verified?.attributes).pipe(
          as(account.organizationId)
        )
        assert.deepStrictEqual(yield* verified, { plan: "gold" })
        yield* contacts.unmerge(merge.id).pipe(as(account.organizationId))
        assert.isUndefined(yield* verified)
      }))

    it.effect("is kept of the conversation in which they say it, and not of the next one", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const conversations = yield* Conversations
        const attributes = Effect.map(theConversation(account.organizationId), (one) => one.attributes)
        yield* happen(account, wrote("m11", "Hello"))
        assert.deepStrictEqual(yield* attributes, {})
        const first = { url: "https://shop.example/plans", campaign: { source: "news" } }
        yield* happen(account, wrote("m12", "Which one?", { stated: { visit: first, cart: 1 } }))
        yield* happen(account, wrote("m13", "And this one?", { stated: { cart: 2 } }), wrote("m14", "Well?"))
        assert.deepStrictEqual(yield* attributes, { stated: { visit: first, cart: 2 } })
        const { id } = yield* theConversation(account.organizationId)
        yield* conversations.close(id).pipe(as(account.organizationId))
        yield* happen(account, wrote("m15", "Hello again", { stated: { cart: 3 } }))
        const all = yield* conversations.list({}).pipe(as(account.organizationId))
        assert.deepStrictEqual(all.data.map((one) => one.attributes), [
          { stated: { cart: 3 } },
          { stated: { visit: first, cart: 2 } }
        ])
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
