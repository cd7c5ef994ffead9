import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Layer, Scope } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ContactId } from "@wicara/contacts/Contact"
import { Contacts } from "@wicara/contacts/Contacts"
import type { ConversationId } from "@wicara/conversations/Conversation"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import * as EmulatorFaults from "@wicara/testing/EmulatorFaults"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import type { Template } from "@wicara/testing/whatsapp-cloud/CloudAccount"
import { connectSender, hear, say, sendDue, sending, statusesIn } from "./fixtures/sending.ts"
import type { Sender, World } from "./fixtures/sending.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000

const template = (name: string, category: Template["category"]): Template => ({
  name,
  language: "id",
  category,
  status: "APPROVED",
  components: [{ type: "BODY", text: "Diskon untuk Anda." }]
})

const templates = [template("promo", "MARKETING"), template("tagihan", "UTILITY")]

const content = (name: string, category: string) =>
  ({ type: "template", name, language: "id", components: [], category }) as const

/** Which way each send went, and how it was answered. */
const ways = ({ core }: World) =>
  core.requests.flatMap(({ body, method, status, url }) => {
    const way = /\/(messages|marketing_messages)$/.exec(url)?.[1]
    return method === "POST" && way !== undefined && typeof body === "object" && body !== null && "template" in body
      ? [[way, status, "biz_opaque_callback_data" in body] as const]
      : []
  })

describe.each(TestDatabase.all)("templates of the category MARKETING on $name", (database) => {
  const test = <A, E>(
    body: (world: World) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof sending>> | Scope.Scope>
  ) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = yield* virtual()
      const client = yield* world.run(HttpClient.HttpClient)
      return yield* body(world).pipe(Effect.provide(sending(database.layer, client)))
    }).pipe(Effect.scoped)

  const connect = Effect.fnUntraced(function*(world: World, number: string, marketingMessages: boolean) {
    const sender = yield* connectSender(world, number, { templates })
    const accounts = yield* ChannelAccounts
    const { settings } = yield* sender.within(accounts.get(sender.id))
    assert(typeof settings === "object" && settings !== null)
    yield* sender.within(accounts.update(sender.id, { settings: { ...settings, marketingMessages } }))
    return sender
  })

  const write = Effect.fnUntraced(function*(sender: Sender, phone: string, name: string, category: string) {
    const { id } = yield* Conversations.use((conversations) =>
      conversations.start({ channelAccountId: sender.id, to: { kind: "phone", value: phone } })
    ).pipe(sender.within)
    yield* say(sender, id, content(name, category))
    yield* sendDue
    return id
  })

  it.effect("go as marketing messages where the account asks for it, with their statuses and prices; others do not", () =>
    test((world) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const asking = yield* connect(world, "700100", true)
        const plain = yield* connect(world, "700200", false)
        world.core.control.faults.set(EmulatorFaults.faults({ statuses: true }))
        const promo = yield* write(asking, "62811", "promo", "MARKETING")
        const bill = yield* write(asking, "62812", "tagihan", "UTILITY")
        const other = yield* write(plain, "62813", "promo", "MARKETING")
        assert.deepStrictEqual(ways(world), [
          ["marketing_messages", 200, false],
          ["messages", 200, true],
          ["messages", 200, true]
        ])
        yield* TestClock.adjust("1 minute")
        yield* hear(world, [asking, plain])
        for (const [sender, conversation] of [[asking, promo], [asking, bill], [plain, other]] as const) {
          assert.deepStrictEqual(yield* statusesIn(sender, conversation), ["read"])
        }
        const rows = yield* sql<{ readonly pricing: string }>`SELECT pricing FROM conversations_messages
          WHERE direction = 'outbound' AND pricing IS NOT NULL`
        const prices = rows.map(({ pricing }) => /"category":"(\w+)"/.exec(pricing)?.[1])
        assert.sameMembers(prices, ["marketing_lite", "utility", "marketing"])
      })
    ))

  it.effect("go as any other where they can't go that way: another category by now, or no terms; nothing goes twice", () =>
    test((world) =>
      Effect.gen(function*() {
        const sender = yield* connect(world, "700100", true)
        const changed = yield* write(sender, "62811", "tagihan", "MARKETING")
        yield* world.core.configure("700100", { marketingTerms: false })
        const unsigned = yield* write(sender, "62812", "promo", "MARKETING")
        assert.deepStrictEqual(ways(world), [
          ["marketing_messages", 400, false],
          ["messages", 200, true],
          ["marketing_messages", 403, false],
          ["messages", 200, true]
        ])
        assert.deepStrictEqual(yield* statusesIn(sender, changed), ["accepted"])
        assert.deepStrictEqual(yield* statusesIn(sender, unsigned), ["accepted"])
        const taken = world.core.control.ledger.all().filter(({ outcome }) => outcome === "accepted")
        assert.deepStrictEqual(taken.map(({ to }) => to), ["62811", "62812"])
        // What may have been sent is never sent the other way.
        yield* world.core.configure("700100", { marketingTerms: true })
        world.core.control.faults.set(EmulatorFaults.faults({
          statuses: false,
          errorAfterAcceptance: { probability: 1 }
        }))
        const lost = yield* write(sender, "62813", "promo", "MARKETING")
        yield* TestClock.adjust("1 hour")
        yield* sendDue
        assert.deepStrictEqual(yield* statusesIn(sender, lost), ["unknown"])
        assert.deepStrictEqual(ways(world).slice(4), [["marketing_messages", 500, false]])
      })
    ))

  it.effect("are kept back as any template is", () =>
    test((world) =>
      Effect.gen(function*() {
        const sender = yield* connect(world, "700100", true)
        yield* world.core.configure("700100", { templateHold: "held_for_quality_assessment" })
        const promo = yield* write(sender, "62811", "promo", "MARKETING")
        yield* world.core.release("700100", "drop")
        yield* TestClock.adjust("1 minute")
        yield* hear(world, [sender])
        assert.deepStrictEqual(yield* statusesIn(sender, promo), ["132015"])
      })
    ))

  it.effect("are sent to nobody any more who stopped them, as a refusal or a failed status first says it", () =>
    test((world) =>
      Effect.gen(function*() {
        const contacts = yield* Contacts
        const sender = yield* connect(world, "700100", false)
        const other = yield* connect(world, "700200", false)
        const begin = (one: Sender, phone: string) =>
          Conversations.use((conversations) =>
            conversations.start({ channelAccountId: one.id, to: { kind: "phone", value: phone } })
          ).pipe(one.within)
        const advertise = Effect.fnUntraced(function*(one: Sender, conversationId: ConversationId) {
          const message = { conversationId, content: content("promo", "MARKETING"), purpose: "marketing" } as const
          const sent = yield* Effect.result(Messages.use((messages) => messages.send(message)).pipe(one.within))
          yield* sendDue
          return sent._tag
        })
        const optedOut = (one: Sender, contactId: ContactId) =>
          Effect.map(one.within(contacts.optOuts(contactId)), ({ marketing }) => Option.isSome(marketing))
        // They stopped on their phone, and no webhook of that came.
        yield* world.core.preference("700100", { phone: "62811" }, "stop")
        const stopped = yield* begin(sender, "62811")
        yield* advertise(sender, stopped.id)
        assert.deepStrictEqual(yield* statusesIn(sender, stopped.id), ["131050"])
        assert.isTrue(yield* optedOut(sender, stopped.contactId))
        const asked = ways(world).length
        assert.strictEqual(yield* advertise(sender, stopped.id), "Failure")
        assert.strictEqual(ways(world).length, asked)
        // What is no advertisement goes.
        yield* say(sender, stopped.id, content("tagihan", "UTILITY"))
        yield* sendDue
        assert.strictEqual((yield* statusesIn(sender, stopped.id)).at(-1), "accepted")
        const theirs = yield* begin(other, "62811")
        yield* advertise(other, theirs.id)
        assert.deepStrictEqual(yield* statusesIn(other, theirs.id), ["accepted"])
        assert.isFalse(yield* optedOut(other, theirs.contactId))
        const late = world.core.control.ledger.all().at(-1)?.providerMessageId
        yield* world.core.webhook("700200", "messages", {
          messaging_product: "whatsapp",
          metadata: { phone_number_id: "700200", display_phone_number: "15550000000" },
          statuses: [{
            id: late,
            status: "failed",
            timestamp: String(start / 1000),
            recipient_id: "62811",
            errors: [{ code: 131050, title: "User has stopped marketing messages" }]
          }]
        })
        yield* TestClock.adjust("1 minute")
        yield* hear(world, [other])
        assert.deepStrictEqual(yield* statusesIn(other, theirs.id), ["131050"])
        assert.isTrue(yield* optedOut(other, theirs.contactId))
      })
    ))
})
