/** Webhooks as WAHA sends them, with invented people: Kopi Lintang writes with Dewi, whose number WhatsApp hides. */
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import * as Waha from "@wicara/channels-waha/Waha"
import { Effect, Redacted } from "effect"

export const shop = "6281300000001@c.us"
export const shopLid = "880000000000001@lid"
export const dewi = "880000000000042@lid"
export const dewiPhone = "6281300000042@c.us"

export const account = (settings: Partial<Waha.Settings> = {}): Waha.Account => ({
  id: Effect.runSync(Id.next(ChannelAccountId)),
  organizationId: Effect.runSync(Id.next(OrganizationId)),
  settings: { baseUrl: "http://waha.test:3000", session: "lintang", ...settings },
  secrets: { apiKey: Redacted.make("key of the shop"), hmacKey: Redacted.make("hmac of the shop") }
})

export const envelope = (event: string, payload: unknown, more: Readonly<Record<string, unknown>> = {}) => ({
  id: "evt_01k9lintang0000000000000001",
  timestamp: 1795200001500,
  event,
  session: "lintang",
  metadata: {},
  me: { id: shop, pushName: "Kopi Lintang", lid: shopLid, jid: "6281300000001:7@s.whatsapp.net" },
  payload,
  engine: "GOWS",
  environment: { version: "2026.7.1", engine: "GOWS", tier: "PLUS", browser: null },
  ...more
})

/** A text that Dewi sent, as GOWS describes it. */
export const message = (more: Readonly<Record<string, unknown>> = {}) => ({
  id: `false_${dewi}_3EB0D3W100000000000001`,
  timestamp: 1795200001,
  from: dewi,
  fromMe: false,
  source: "app",
  to: null,
  participant: null,
  body: "Jam berapa buka?",
  hasMedia: false,
  media: null,
  ack: 2,
  ackName: "DEVICE",
  location: null,
  vCards: null,
  replyTo: null,
  _data: {},
  ...more
})

export const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value))

export const decode = (value: unknown, settings: Partial<Waha.Settings> = {}): ReadonlyArray<InboundEvent> =>
  Effect.runSync(Waha.adapter.decode(bytes(value), account(settings)))

export const decodeOne = (value: unknown): InboundEvent => {
  const events = decode(value)
  const [first] = events
  if (events.length !== 1 || first === undefined) throw new Error(`decoded to ${events.length} events`)
  return first
}
