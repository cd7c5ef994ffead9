/**
 * The webhooks of the emulated WAHA server: one envelope an event, signed, with the same event id at every attempt.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHmac } from "node:crypto"
import type { SeededRandom } from "../EmulatorFaults.ts"
import type { Delivery, WebhookDelivery } from "../WebhookDelivery.ts"
import { version } from "./WahaFailure.ts"
import * as Message from "./WahaMessage.ts"
import * as Session from "./WahaSession.ts"
import type { WahaSession, Webhook } from "./WahaSession.ts"

/** What an event is about: its lane keeps a chat in order. @category models @since 0.1.0 */
export interface About {
  readonly lane: string
  readonly customer?: string
  readonly text?: string
  readonly messageId?: string
}

/** Who reads events from a socket. @category models @since 0.1.0 */
export interface Listener {
  /** A session's name, or `*`. */
  readonly session: string
  /** The events that it wants, `*` for all. */
  readonly events: ReadonlyArray<string>
  readonly send: (frame: string) => void
}

/** @category models @since 0.1.0 */
export interface WahaWebhooks {
  /** What is written to them is lost when they are not there: a socket has no second attempt. */
  readonly listeners: Set<Listener>
  /** Sends an event to the session's webhooks that asked for it. */
  readonly emit: (session: WahaSession, name: string, payload: unknown, about: About) => Effect.Effect<void>
  /** The same for what reaches a session only while it is connected; held back until then. */
  readonly emitWhenWorking: (
    session: WahaSession,
    name: string,
    payload: unknown,
    about: About
  ) => Effect.Effect<void>
}

const encodeJson = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))
const utf8 = new TextEncoder()

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  deliveries: WebhookDelivery,
  random: SeededRandom,
  environment: Readonly<Record<string, string>>
): WahaWebhooks => {
  const { WHATSAPP_HOOK_EVENTS: names = "*", WHATSAPP_HOOK_HMAC_KEY: key, WHATSAPP_HOOK_URL: url } = environment
  const serverWide: ReadonlyArray<Webhook> = url === undefined ? [] : [{
    url,
    events: names.split(",").map((name) => name.trim()),
    ...(key === undefined ? undefined : { hmac: { key } })
  }]

  const listeners = new Set<Listener>()

  const deliver = (
    session: WahaSession,
    webhook: Webhook,
    event: { readonly id: string; readonly name: string },
    body: Uint8Array,
    lane: string,
    about: Delivery["about"]
  ) => {
    const key = webhook.hmac?.key
    return deliveries.enqueue({
      id: `${event.id}:${webhook.url}`,
      account: session.name,
      lane: `${session.name}:${lane}:${webhook.url}`,
      url: webhook.url,
      body,
      headers: () =>
        Effect.map(Clock.currentTimeMillis, (now) => ({
          "content-type": "application/json",
          "user-agent": `WAHA/${version}`,
          "x-webhook-request-id": SecureRandom.ulidUnsafe().toLowerCase(),
          "x-webhook-timestamp": String(now),
          ...(key === undefined || key === null || key === "" ? undefined : {
            "x-webhook-hmac": createHmac("sha512", key).update(body).digest("hex"),
            "x-webhook-hmac-algorithm": "sha512"
          }),
          ...Object.fromEntries(webhook.customHeaders?.map(({ name, value }) => [name.toLowerCase(), value]) ?? [])
        })),
      about,
      retryAfter: webhook.retries === undefined || webhook.retries === null
        ? undefined
        : Session.retryAfter(webhook.retries, () => random(`retry:${event.id}`))
    })
  }

  const emit = Effect.fnUntraced(function*(
    session: WahaSession,
    name: string,
    payload: unknown,
    about: About
  ) {
    const webhooks = [...serverWide, ...session.config.webhooks ?? []].filter((webhook) =>
      Session.subscribes(webhook, name)
    )
    const heard = [...listeners].filter((listener) =>
      (listener.session === "*" || listener.session === session.name) && Session.subscribes(listener, name)
    )
    if (webhooks.length === 0 && heard.length === 0) return
    const event = {
      id: `evt_${SecureRandom.ulidUnsafe().toLowerCase()}`,
      name,
      payload,
      at: yield* Clock.currentTimeMillis
    }
    const text = encodeJson(Message.envelope(session, event))
    const body = utf8.encode(text)
    for (const { send } of heard) send(text)
    yield* Effect.forEach(webhooks, (webhook) =>
      deliver(session, webhook, event, body, about.lane, {
        raw: { event: name },
        ...(about.customer === undefined ? undefined : { to: about.customer }),
        ...(about.text === undefined ? undefined : { text: about.text }),
        ...(about.messageId === undefined ? undefined : { providerMessageId: about.messageId })
      }), { discard: true })
  })

  return {
    listeners,
    emit,
    emitWhenWorking: (session, name, payload, about) =>
      Effect.suspend(() => {
        const effect = emit(session, name, payload, about)
        if (session.status === "WORKING" && !session.hangs) return effect
        session.held.push(effect)
        return Effect.void
      })
  }
}
