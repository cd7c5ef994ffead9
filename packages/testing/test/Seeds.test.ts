import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { Ledger } from "@wicara/testing/Emulator"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"

const faults = {
  error: { probability: 0.3 },
  errorAfterAcceptance: { probability: 0.3 },
  closeAfterAcceptance: { probability: 0.2 },
  closeBeforeAcceptance: { probability: 0.2 },
  statuses: false
}

const customer = "6281234500001"
const sends = Array.from({ length: 40 }, (_, index) => `Message ${index}`)

/** What became of every send, and under which id. */
const record = ({ all }: Ledger) =>
  all().filter(({ direction }) => direction === "send").map(({ outcome, providerMessageId, text }) => ({
    outcome,
    providerMessageId,
    text
  }))

const post = (url: string, headers: Record<string, string>, body: object) =>
  HttpClient.execute(HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(url, { headers }), body)).pipe(
    Effect.map(({ status }) => String(status)),
    Effect.orElseSucceed(() => "cut")
  )

const cloud = (seed: string) =>
  Effect.gen(function*() {
    const { customerWrites, ledger, url } = yield* WhatsAppCloudEmulator
    const { providerMessageId } = yield* customerWrites({ account: "1001", from: { phone: customer }, content: "Halo" })
    const answers = yield* Effect.forEach(sends, (body) =>
      post(`${url}/v23.0/1001/messages`, { authorization: "Bearer token-1001" }, {
        messaging_product: "whatsapp",
        to: customer,
        type: "text",
        text: { body }
      }))
    return { first: providerMessageId, answers, record: record(ledger) }
  }).pipe(Effect.provide(Layer.merge(
    WhatsAppCloudEmulator.layer({ seed, accounts: { "1001": {} }, faults }),
    NodeHttpClient.layerUndici
  )))

const waha = (seed: string) =>
  Effect.gen(function*() {
    const { customerWrites, ledger, url } = yield* WahaEmulator
    const { providerMessageId } = yield* customerWrites({ account: "shop", from: { phone: customer }, content: "Halo" })
    const answers = yield* Effect.forEach(sends, (text) =>
      post(`${url}/api/sendText`, { "x-api-key": "waha-key" }, { session: "shop", chatId: `${customer}@c.us`, text }))
    return { first: providerMessageId, answers, record: record(ledger) }
  }).pipe(Effect.provide(Layer.merge(
    WahaEmulator.layer({ seed, accounts: { shop: {} }, startDelay: 1, faults }),
    NodeHttpClient.layerUndici
  )))

describe.each([["WhatsApp Cloud API", cloud], ["WAHA server", waha]] as const)("an emulated %s", (_, run) => {
  it.live("gives the same ids and makes the same faults in the same order for the same seed", () =>
    Effect.gen(function*() {
      const [one, again, other] = [yield* run("seed one"), yield* run("seed one"), yield* run("seed two")]
      assert.deepStrictEqual(again, one)
      assert.notStrictEqual(other.first, one.first)
      assert.notDeepEqual(other.answers, one.answers)
      // Not because nothing happened.
      assert.isAbove(new Set(one.answers).size, 2)
      assert.isAbove(one.record.filter(({ outcome }) => outcome === "accepted").length, 5)
    }))
})
