import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { toText } from "@wicara/channels/MessageContent"
import type { MessageContent } from "@wicara/channels/MessageContent"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { connect, echoed, eventsOf, happen, layer, phone, theConversation, transcriptOf, wrote } from "./support.ts"

const image = (id: string): MessageContent => ({ type: "image", media: { source: { type: "provider_id", id } } })
const placeholder: MessageContent = { type: "unsupported", kind: "media_placeholder" }

const order: MessageContent = {
  type: "order",
  catalogId: "500100",
  text: "Kirim besok",
  items: [{ productId: "router-ax", quantity: 2, price: "450000", currency: "IDR" }]
}
const answers: MessageContent = {
  type: "flow_reply",
  name: "flow",
  body: "Sent",
  data: { flow_token: "t1", city: "Bandung", floors: [1, 2] }
}

describe.each(TestDatabase.all)("what a message comes with on $name", (database) => {
  const TestLayer = layer(database.layer)

  it.effect("keeps the advertisement, the product, the order and the answers of a form, and shows them", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      const stranger = yield* connect()
      const referral = { source_type: "ad", source_url: "https://fb.me/x", headline: "Promo", ctwa_clid: "c1" }
      const product = { catalogId: "500100", productId: "router-ax" }
      yield* happen(
        account,
        wrote("m1", "Promo?", { referral }),
        wrote("m2", "Masih ada?", { product, replyTo: "wamid.P" }),
        wrote("m3", order),
        wrote("m4", answers)
      )
      yield* happen(stranger, wrote("m1", "Halo"))
      const [fromAd, asked, ordered, filled] = yield* transcriptOf(account.organizationId)
      assert.deepStrictEqual(fromAd!.referral, referral)
      assert.isNull(fromAd!.product)
      assert.deepStrictEqual(asked!.product, product)
      assert.isNull(asked!.referral)
      assert.deepStrictEqual(ordered!.content, order)
      assert.strictEqual(toText(ordered!.content), "Kirim besok\n2 × router-ax (450000 IDR)")
      assert.deepStrictEqual(filled!.content, answers)
      assert.strictEqual(toText(filled!.content), "city: Bandung\nfloors: [1,2]")
      assert.strictEqual((yield* theConversation(account.organizationId)).preview, "city: Bandung floors: [1,2]")
      const [other] = yield* transcriptOf(stranger.organizationId)
      assert.deepStrictEqual([other!.referral, other!.product], [null, null])
    }).pipe(Effect.provide(TestLayer)))

  it.effect("fills in the files of the past that come after their places, once, and takes none of them away", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      const past = { historical: true, at: 1_780_000_000_000 }
      yield* happen(
        account,
        wrote("h1", placeholder, past),
        echoed("h2", placeholder, "phone", past),
        wrote("h3", image("M3"), past)
      )
      const before = (yield* eventsOf("conversation.message.backfilled")).length
      yield* happen(
        account,
        wrote("h1", image("M1"), past),
        echoed("h2", image("M2"), "phone", past),
        wrote("h3", placeholder, past)
      )
      // The same once more.
      yield* happen(account, wrote("h1", image("M1"), past), echoed("h2", image("M2"), "phone", past))
      const transcript = yield* transcriptOf(account.organizationId)
      assert.deepStrictEqual(transcript.map(({ content }) => content), [image("M1"), image("M2"), image("M3")])
      assert.isTrue(transcript.every(({ editedAt, historical }) => historical && editedAt === null))
      // Whoever fetches files hears of those that came.
      assert.strictEqual((yield* eventsOf("conversation.message.backfilled")).length, before + 2)
      assert.strictEqual((yield* theConversation(account.organizationId)).unread, 0)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("fills in nothing of another organization's message", () =>
    Effect.gen(function*() {
      const account = yield* connect()
      const other = yield* connect()
      const past = { historical: true, at: 1_780_000_000_000, from: phone("628111") }
      yield* happen(account, wrote("h1", placeholder, past))
      yield* happen(other, wrote("h1", image("M1"), past))
      const [own] = yield* transcriptOf(account.organizationId)
      assert.deepStrictEqual(own!.content, placeholder)
    }).pipe(Effect.provide(TestLayer)))
})
