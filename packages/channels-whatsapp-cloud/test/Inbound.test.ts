import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { HttpClient } from "effect/http"
import type { InboundRequest } from "@wicara/channels/ChannelAdapter"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as Emulator from "@wicara/testing/Emulator"
import type * as EmulatorFaults from "@wicara/testing/EmulatorFaults"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { account, businessAccountId, makeAccount, phoneNumberId } from "./fixtures/account.ts"

const { adapter } = WhatsAppCloud

/** A business that receives webhooks as the adapter's contract says, and dedupes deliveries by their key. */
const receiver = Effect.gen(function*() {
  const events: Array<InboundEvent> = []
  const seen = new Set<string>()
  const refused: Array<string> = []
  const inbound = Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const query = yield* HttpServerRequest.ParsedSearchParams
    return {
      headers: request.headers,
      query: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, String(value)])),
      body: new Uint8Array(yield* request.arrayBuffer)
    } satisfies InboundRequest
  })
  const refuse = (error: { readonly reason: string }) =>
    Effect.sync(() => {
      refused.push(error.reason)
      return HttpServerResponse.empty({ status: 401 })
    })
  const listening = yield* Emulator.serve(Layer.merge(
    HttpRouter.add(
      "GET",
      "/hook",
      Effect.gen(function*() {
        const challenge = yield* adapter.handshake?.(yield* inbound, account) ?? Effect.die("no handshake")
        return HttpServerResponse.text(challenge)
      }).pipe(Effect.catchTag("InvalidSignature", refuse), Effect.orDie)
    ),
    HttpRouter.add(
      "POST",
      "/hook",
      Effect.gen(function*() {
        const request = yield* inbound
        yield* adapter.verify(request, account)
        const { dedupeKey } = yield* adapter.identify(request)
        if (!seen.has(dedupeKey)) {
          seen.add(dedupeKey)
          events.push(...(yield* adapter.decode(request.body, account)))
        }
        return HttpServerResponse.empty({ status: 200 })
      }).pipe(Effect.catchTag("InvalidSignature", refuse), Effect.orDie)
    )
  ))
  return { ...listening, events, seen, refused, hook: `${listening.url}/hook` }
})

const withBusiness = <A, E>(
  test: (
    business: Effect.Success<typeof receiver>,
    emulator: WhatsAppCloudEmulator["Service"]
  ) => Effect.Effect<A, E, Scope.Scope | HttpClient.HttpClient>,
  faults: EmulatorFaults.FaultsInput = {}
) =>
  Effect.gen(function*() {
    const business = yield* receiver
    const emulator = yield* WhatsAppCloudEmulator
    yield* emulator.setAccount(phoneNumberId, {
      businessAccountId,
      accessToken: "invented-access-token",
      appSecret: "invented-app-secret",
      verifyToken: "invented-verify-token",
      webhookUrl: business.hook
    })
    return yield* test(business, emulator)
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(
      WhatsAppCloudEmulator.layer({
        seed: "inbound",
        faults: {
          sentDelay: { min: 1, max: 2 },
          deliveredDelay: { min: 1, max: 2 },
          readDelay: { min: 1, max: 2 },
          ...faults
        },
        delivery: { retryAfter: (attempt) => attempt > 50 ? undefined : 10 }
      }),
      NodeHttpClient.layerUndici
    ))
  )

const from = { phone: "6281234500001", name: "Sari 😀 Lestari" }
const send = (emulator: WhatsAppCloudEmulator["Service"], id: string) =>
  adapter.send(
    { id, to: { kind: "phone", value: from.phone }, content: { type: "text", text: "Baik" } },
    makeAccount({ graphBaseUrl: emulator.url })
  )

describe("webhooks of the emulator, received through the adapter", () => {
  it.live("pass the handshake with the right token only", () =>
    withBusiness((business, emulator) =>
      Effect.gen(function*() {
        assert.isTrue(yield* emulator.handshake(phoneNumberId))
        yield* emulator.setAccount(phoneNumberId, { verifyToken: "another" })
        assert.isFalse(yield* emulator.handshake(phoneNumberId))
        assert.deepStrictEqual(business.refused, ["the verify token is wrong"])
      })
    ))

  it.live("are refused when another app signed them", () =>
    withBusiness((business, emulator) =>
      Effect.gen(function*() {
        yield* emulator.setAccount(phoneNumberId, { appSecret: "another" })
        yield* emulator.customerWrites({ account: phoneNumberId, from, content: "halo" })
        yield* emulator.idle
        assert.deepStrictEqual(business.events, [])
        assert.isAbove(business.refused.length, 1)
      })
    ))

  it.live("carry everything a customer can do", () =>
    withBusiness((business, emulator) =>
      Effect.gen(function*() {
        const write = (content: Emulator.CustomerMessage["content"], over: Partial<Emulator.CustomerMessage> = {}) =>
          emulator.customerWrites({ account: phoneNumberId, from, content, ...over })
        const { providerMessageId } = yield* write("Café — halo 😀")
        yield* write({ type: "image", caption: "foto" })
        yield* write({ type: "video" })
        yield* write({ type: "document", fileName: "a.pdf" })
        yield* write({ type: "sticker" })
        yield* write({ type: "audio", voice: true })
        yield* write({ type: "location", latitude: 1, longitude: 2, name: "Rumah" })
        yield* write({ type: "contacts", contacts: [{ name: "Budi", phone: "62812" }] })
        yield* write({ type: "button_reply", id: "yes", title: "Ya" })
        yield* write({ type: "list_reply", id: "20", title: "20 Mbps" }, { replyTo: providerMessageId })
        yield* write({ type: "native", message: { type: "order", order: { catalog_id: "1", product_items: [] } } })
        yield* write({ type: "reaction", messageId: providerMessageId, emoji: "👍" })
        yield* write({ type: "edit", messageId: providerMessageId, text: "halo!" })
        yield* write({ type: "revoke", messageId: providerMessageId })
        yield* emulator.businessWrites({ account: phoneNumberId, to: from, content: "Saya bantu" })
        yield* emulator.preference(phoneNumberId, from, "stop")
        yield* emulator.webhook(phoneNumberId, "account_update", { event: "ACCOUNT_VIOLATION" })
        yield* emulator.idle
        const summary = business.events.map((event) => {
          switch (event._tag) {
            case "MessageReceived":
            case "MessageEchoed":
            case "MessageEdited":
              return `${event._tag} ${event.content.type}`
            default:
              return event._tag
          }
        })
        assert.sameMembers(summary, [
          ...[
            "text",
            "image",
            "video",
            "document",
            "sticker",
            "audio",
            "location",
            "contacts",
            "button_reply",
            "list_reply",
            "order"
          ]
            .map((type) => `MessageReceived ${type}`),
          "ReactionChanged",
          "MessageEdited text",
          "MessageRevoked",
          "MessageEchoed text",
          "MarketingPreferenceChanged",
          "ContactChanged",
          "AccountChanged"
        ])
        const [first] = business.events
        assert.deepInclude(first, { content: { type: "text", text: "Café — halo 😀" }, providerMessageId })
        assert.strictEqual(first?._tag === "MessageReceived" ? first.sender.displayName : "", from.name)
        assert.isTrue(
          business.events.every((event) => event._tag === "AccountChanged" || event.timestamp !== undefined)
        )
      })
    ))

  it.live("bring the statuses of a send back to our message id", () =>
    withBusiness((business, emulator) =>
      Effect.gen(function*() {
        yield* emulator.customerWrites({ account: phoneNumberId, from, content: "halo" })
        const outcome = yield* send(emulator, "our-id")
        yield* emulator.idle
        const statuses = business.events.filter((event) => event._tag === "StatusChanged")
        assert.deepStrictEqual(statuses.map(({ status }) => status), ["sent", "delivered", "read"])
        for (const event of statuses) {
          assert.strictEqual(event.callbackData, "our-id")
          assert.strictEqual(event.providerMessageId, outcome._tag === "Accepted" ? outcome.providerMessageId : "")
        }
        assert.strictEqual(emulator.phones.chat(from.phone).at(-1)?.status, "read")
      })
    ))

  it.live("settle a send whose answer was lost: the callback data says that it arrived", () =>
    withBusiness((business, emulator) =>
      Effect.gen(function*() {
        yield* emulator.customerWrites({ account: phoneNumberId, from, content: "halo" })
        yield* emulator.setFaults({ closeAfterAcceptance: { next: 1 } })
        const outcome = yield* send(emulator, "lost-answer")
        assert.strictEqual(outcome._tag, "Unknown")
        yield* emulator.idle
        const found = business.events.find((event) =>
          event._tag === "StatusChanged" && event.callbackData === "lost-answer"
        )
        const accepted = emulator.ledger.all().find(({ direction }) => direction === "send")
        assert.strictEqual(found?._tag === "StatusChanged" ? found.providerMessageId : "", accepted?.providerMessageId)
      })
    ))

  it.live("tell that a number is not on WhatsApp", () =>
    withBusiness((business, emulator) =>
      Effect.gen(function*() {
        yield* emulator.setAccount(phoneNumberId, { unreachable: [from.phone] })
        assert.strictEqual((yield* send(emulator, "nobody"))._tag, "Accepted")
        yield* emulator.idle
        const [failed] = business.events
        assert.deepInclude(failed, { _tag: "StatusChanged", status: "failed", callbackData: "nobody" })
        assert.strictEqual(failed?._tag === "StatusChanged" ? failed.error?.code : "", "131026")
      })
    ))

  it.live("lose nothing and double nothing when they are duplicated, reordered, delayed, dropped and batched", () =>
    withBusiness((business, emulator) =>
      Effect.gen(function*() {
        const count = 150
        yield* Effect.forEach(Array.from({ length: count }, (_, index) => index), (index) =>
          Effect.gen(function*() {
            const customer = { phone: `62810000${index % 7}`, name: `Customer ${index % 7}` }
            yield* emulator.customerWrites({ account: phoneNumberId, from: customer, content: `message ${index}` })
            if (index % 5 === 0) yield* send(emulator, `reply ${index}`)
          }), { concurrency: 8 })
        yield* emulator.idle
        const texts = business.events.flatMap((event) =>
          event._tag === "MessageReceived" && event.content.type === "text" ? [event.content.text] : []
        )
        const ids = new Set(
          business.events.flatMap((event) => event._tag === "MessageReceived" ? [event.providerMessageId] : [])
        )
        assert.strictEqual(ids.size, count)
        assert.strictEqual(texts.length, count)
        assert.deepStrictEqual(
          [...texts].sort(),
          Array.from({ length: count }, (_, index) => `message ${index}`).sort()
        )
        const stats = emulator.deliveries.stats()
        assert.strictEqual(stats.pending, 0)
        assert.isAbove(stats.duplicates + stats.dropped + stats.reordered, 20)
        assert.isBelow(business.seen.size, count, "batches carry several")
      }), {
      duplicate: { probability: 0.3 },
      duplicateTimes: 3,
      reorder: { probability: 0.3 },
      reorderHold: { min: 5, max: 30 },
      delay: { min: 0, max: 10 },
      drop: { probability: 0.3 },
      batchMax: 6,
      batchWindow: 5
    }))
})
