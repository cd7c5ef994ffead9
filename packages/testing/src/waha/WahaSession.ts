/**
 * A session of the emulated WAHA server: one paired number, with its state, webhooks and messages.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { Effect } from "effect"
import type { WahaMessage } from "./WahaMessage.ts"

/** @category models @since 0.1.0 */
export const SessionStatus = Schema.Literals([
  "STOPPED",
  "STARTING",
  "SCAN_QR_CODE",
  "PASSKEY_REQUIRED",
  "PASSKEY_CONFIRMATION_REQUIRED",
  "WORKING",
  "FAILED"
])
/** @since 0.1.0 */
export type SessionStatus = typeof SessionStatus.Type

/** How WAHA repeats a webhook that was not acknowledged. @category models @since 0.1.0 */
export const Retries = Schema.Struct({
  policy: Schema.optionalKey(Schema.NullOr(Schema.Literals(["linear", "exponential", "constant"]))),
  delaySeconds: Schema.optionalKey(Schema.NullOr(Schema.Number)),
  attempts: Schema.optionalKey(Schema.NullOr(Schema.Int))
})
/** @since 0.1.0 */
export type Retries = typeof Retries.Type

/** Where events go: `events` names them, `*` means all. @category models @since 0.1.0 */
export const Webhook = Schema.Struct({
  url: Schema.NonEmptyString,
  events: Schema.Array(Schema.String),
  hmac: Schema.optionalKey(Schema.NullOr(Schema.Struct({ key: Schema.NullOr(Schema.String) }))),
  retries: Schema.optionalKey(Schema.NullOr(Retries)),
  customHeaders: Schema.optionalKey(
    Schema.NullOr(Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.String })))
  )
})
/** @since 0.1.0 */
export type Webhook = typeof Webhook.Type

const asItIs = Schema.optionalKey(Schema.Unknown)

/**
 * A group that the session is in. Members are chat ids.
 *
 * @category models
 * @since 0.1.0
 */
export interface WahaGroup {
  readonly id: string
  subject: string
  description: string
  inviteCode: string
  /** Where its picture is. */
  picture?: string | null | undefined
  messagesAdminsOnly: boolean
  infoAdminsOnly: boolean
  readonly members: Map<string, "participant" | "admin" | "superadmin">
}

/** A label of a business account. @category models @since 0.1.0 */
export interface WahaLabel {
  readonly id: string
  readonly name: string
  /** 0 to 19. */
  readonly color: number
}

/** A channel that the session follows or owns. @category models @since 0.1.0 */
export interface WahaChannel {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly role: "OWNER" | "ADMIN" | "SUBSCRIBER" | "GUEST"
  readonly subscribersCount: number
}

/** A call to the session. @category models @since 0.1.0 */
export interface WahaCall {
  readonly id: string
  /** The caller's chat id, as the session sees it. */
  readonly from: string
  readonly video: boolean
  readonly status: "ringing" | "rejected"
}

/** A session's configuration; what nothing here depends on is kept as it came. @category models @since 0.1.0 */
export const SessionConfig = Schema.Struct({
  proxy: asItIs,
  debug: asItIs,
  ignore: asItIs,
  client: asItIs,
  noweb: asItIs,
  gows: asItIs,
  webjs: asItIs,
  metadata: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String))),
  webhooks: Schema.optionalKey(Schema.NullOr(Schema.Array(Webhook)))
})
/** @since 0.1.0 */
export type SessionConfig = typeof SessionConfig.Type

const text = Schema.optionalKey(Schema.String)

/**
 * What may be configured through `PUT /_emulator/accounts/{session}`; what is left out stays as it was. A new session is
 * paired and working.
 *
 * @category models
 * @since 0.1.0
 */
export const AccountInput = Schema.Struct({
  /** A key that opens this session only; `key-{session}` by default. */
  apiKey: text,
  /** Where webhooks go; `null`: nowhere. Sets one webhook, in place of those that the API set. */
  webhookUrl: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** What webhooks are signed with; `hmac-{session}` by default. */
  hmacKey: text,
  /** The events that the webhook gets; everything but `message` when left out, as `message.any` says the same. */
  events: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Subscribe to `message` beside `message.any`, so that every incoming message comes twice. */
  doubled: Schema.optionalKey(Schema.Boolean),
  retries: Schema.optionalKey(Retries),
  /** The session's own number, digits. */
  phone: text,
  name: text,
  /** Whether customers appear under their hidden LID, as they mostly do, or under their phone number. */
  addressing: Schema.optionalKey(Schema.Literals(["lid", "phone"])),
  /** Decides what an engine decides: WEBJS and WPP reserve no message ids. */
  engine: Schema.optionalKey(Schema.Literals(["GOWS", "NOWEB", "WEBJS", "WPP"])),
  /** The answer to a send: a whole message, the engine's own short form, or nothing. */
  answer: Schema.optionalKey(Schema.Literals(["message", "engine", "empty"])),
  /** Phone numbers (digits) that are not on WhatsApp: accepted, then failed. */
  unreachable: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The session says that it works, and hears nothing any more, until it is restarted. */
  hangs: Schema.optionalKey(Schema.Boolean),
  /** WhatsApp restricts the number: sends are accepted, then failed with 463. */
  restricted: Schema.optionalKey(Schema.Boolean),
  /** WhatsApp lets the number write to nobody new until then, epoch seconds; `null`: it does again. */
  timelockedUntil: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  /** Labels are for business accounts; the number is one unless this says otherwise. */
  business: Schema.optionalKey(Schema.Boolean),
  /** Channels that the session follows. */
  channels: Schema.optionalKey(Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String }))),
  status: Schema.optionalKey(SessionStatus),
  /** The customer scans the QR code (or unlinks the device). */
  paired: Schema.optionalKey(Schema.Boolean)
})
/** @since 0.1.0 */
export type AccountInput = typeof AccountInput.Type

/**
 * @category models
 * @since 0.1.0
 */
export interface WahaSession {
  readonly name: string
  status: SessionStatus
  /** Oldest first, epoch milliseconds. */
  history: Array<{ readonly status: SessionStatus; readonly timestamp: number }>
  /** Rises with every change of state, so that the timers of an earlier one know that they are late. */
  generation: number
  paired: boolean
  config: SessionConfig
  phone: string
  lid: string
  pushName: string
  addressing: "lid" | "phone"
  engine: "GOWS" | "NOWEB" | "WEBJS" | "WPP"
  answer: "message" | "engine" | "empty"
  unreachable: ReadonlySet<string>
  restricted: boolean
  /** Epoch seconds. */
  timelockedUntil: number | null
  hangs: boolean
  about: string
  picture: string | null
  /** By id. */
  readonly groups: Map<string, WahaGroup>
  /** By id; only business accounts have them. */
  readonly labels: Map<string, WahaLabel>
  /** Ids of labels by chat id. */
  readonly chatLabels: Map<string, ReadonlyArray<string>>
  /** What the phone's address book calls people, by chat id. */
  readonly bookNames: Map<string, string>
  /** How often its groups were read from WhatsApp again. */
  groupRefreshes: number
  /** Chat ids. */
  readonly blocked: Set<string>
  readonly archived: Set<string>
  readonly unread: Set<string>
  /** Bare ids of customers' messages that were marked as read. */
  readonly seen: Set<string>
  readonly subscriptions: Set<string>
  presence: "online" | "offline"
  isBusiness: boolean
  readonly channels: Map<string, WahaChannel>
  /** By id. */
  readonly calls: Map<string, WahaCall>
  /** By bare id, oldest first. */
  readonly messages: Map<string, WahaMessage>
  /** What happened on WhatsApp while the session was not working. */
  readonly held: Array<Effect.Effect<void>>
}

/** What a webhook gets unless it says otherwise. @category constants @since 0.1.0 */
export const defaultEvents: ReadonlyArray<string> = [
  "session.status",
  "message.any",
  "message.ack",
  "message.reaction",
  "message.edited",
  "message.revoked",
  "message.waiting",
  "poll.vote",
  "call.received",
  "call.accepted",
  "call.rejected",
  "group.v2.join",
  "group.v2.leave",
  "group.v2.update",
  "group.v2.participants",
  "presence.update",
  "chat.archive",
  "label.upsert",
  "label.deleted",
  "label.chat.added",
  "label.chat.deleted"
]

/**
 * A session that was paired long ago and works.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (name: string, lid: string, at: number): WahaSession => ({
  name,
  status: "WORKING",
  history: [{ status: "WORKING", timestamp: at }],
  generation: 0,
  paired: true,
  config: {},
  phone: "15550000001",
  lid,
  pushName: "Emulated business",
  addressing: "lid",
  engine: "GOWS",
  answer: "message",
  unreachable: new Set(),
  restricted: false,
  timelockedUntil: null,
  hangs: false,
  about: "",
  picture: null,
  groups: new Map(),
  groupRefreshes: 0,
  labels: new Map(),
  chatLabels: new Map(),
  bookNames: new Map(),
  blocked: new Set(),
  archived: new Set(),
  unread: new Set(),
  seen: new Set(),
  subscriptions: new Set(),
  presence: "offline",
  isBusiness: true,
  channels: new Map(),
  calls: new Map(),
  messages: new Map(),
  held: []
})

/** The session as its API describes it. @category conversions @since 0.1.0 */
export const me = (session: WahaSession) =>
  session.paired
    ? {
      id: `${session.phone}@c.us`,
      pushName: session.pushName,
      lid: `${session.lid}@lid`,
      jid: `${session.phone}:12@s.whatsapp.net`
    }
    : null

/** Whether the webhook asked for the event. @category predicates @since 0.1.0 */
export const subscribes = (webhook: Pick<Webhook, "events">, event: string): boolean =>
  webhook.events.includes(event) || (webhook.events.includes("*") && event !== "engine.event")

/**
 * The wait before attempt `n` (2, 3, …) in milliseconds; `undefined` gives up. WAHA's exponential waits vary by a fifth.
 *
 * @category conversions
 * @since 0.1.0
 */
export const retryAfter = (retries: Retries, draw: () => number) => (attempt: number): number | undefined => {
  const delay = (retries.delaySeconds ?? 2) * 1000
  if (attempt > (retries.attempts ?? 15)) return undefined
  switch (retries.policy ?? "exponential") {
    case "constant":
      return delay
    case "linear":
      return delay * (attempt - 1)
    case "exponential":
      return delay * 2 ** (attempt - 2) * (0.8 + 0.4 * draw())
  }
}
