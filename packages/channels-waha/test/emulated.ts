/** The adapter beside the emulator: over HTTP, with the faults that a send can meet. */
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import * as Emulator from "@wicara/testing/Emulator"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"

export const customer = { phone: "6281300000042", name: "Dewi" }
export const quick = {
  sentDelay: { min: 1, max: 2 },
  deliveredDelay: { min: 1, max: 2 },
  readDelay: { min: 1, max: 2 }
}

export const emulator = Layer.mergeAll(
  WahaEmulator.layer({
    accounts: { lintang: {} },
    faults: quick,
    retryAfter: (attempt) => attempt > 20 ? undefined : 5
  }),
  NodeHttpClient.layerUndici
)

export const accountAt = (url: string): Waha.Account => ({
  ...fixtures.account({ baseUrl: url }),
  secrets: { apiKey: Redacted.make("key-lintang"), hmacKey: Redacted.make("hmac-lintang") }
})

export const current = Effect.map(WahaEmulator, ({ url }) => accountAt(url))

let made = 0
export const outbound = (content: OutboundContent, more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  id: `message ${++made}`,
  to: { kind: "phone", value: customer.phone },
  content,
  ...more
})
export const text = (words = "Kami buka pukul 8.") => outbound({ type: "text", text: words })

const { reconcile: reconciles, reserveMessageId: reserves } = Waha.adapter
if (reconciles === undefined || reserves === undefined) throw new Error("the adapter reconciles by id")
export const reconcile = reconciles
export const reserveMessageId = reserves

export const reserved = Effect.fnUntraced(function*(message: OutboundMessage, account: Waha.Account) {
  const id = yield* reserveMessageId(message, account)
  return { ...message, providerMessageId: Option.getOrUndefined(id) }
})

export const sent = Effect.map(
  WahaEmulator,
  (emulator) => emulator.ledger.all().filter((entry) => entry.direction === "send")
)

const decodeRequest = Schema.decodeUnknownSync(
  Schema.Struct({ path: Schema.String, body: Schema.Record(Schema.String, Schema.Unknown) })
)
export const requestOf = (entry: Emulator.LedgerEntry) => decodeRequest(entry.raw)

export const codeOf = (outcome: SendOutcome) => "code" in outcome ? `${outcome._tag} ${outcome.code}` : outcome._tag

/** Kills the server, and waits until the client has noticed that its idle connections are gone. */
export const kill = Effect.flatMap(WahaEmulator, (emulator) => Effect.andThen(emulator.kill, Effect.sleep("50 millis")))

/** Receives the emulator's webhooks as a server would: verified, identified, decoded. */
export const receiver = Effect.fnUntraced(function*(account: Waha.Account) {
  const events: Array<InboundEvent> = []
  const keys: Array<string> = []
  const { url } = yield* Emulator.serve(HttpRouter.add(
    "POST",
    "/hook",
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const body = new Uint8Array(yield* request.arrayBuffer)
      const inbound = { headers: request.headers, query: {}, body }
      yield* Waha.adapter.verify(inbound, account)
      const { dedupeKey } = yield* Waha.adapter.identify(inbound)
      if (!keys.includes(dedupeKey)) events.push(...yield* Waha.adapter.decode(body, account))
      keys.push(dedupeKey)
      return HttpServerResponse.empty()
    }).pipe(Effect.catch((error) => Effect.succeed(HttpServerResponse.jsonUnsafe(error, { status: 401 }))))
  ))
  return { events, keys, url: `${url}/hook` }
})
