import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Layer, Scope } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { Conversations } from "@wicara/conversations/Conversations"
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
})
