/**
 * How a session has to be set up at WAHA so that nothing is lost and nothing comes twice, what is found to be otherwise,
 * and the configuration that mends it.
 *
 * @since 0.1.0
 */
import type { SetupFinding } from "@wicara/channels/ChannelLifecycle"
import { Option, Redacted, Schema } from "effect"
import { lenient } from "./internal/lenient.ts"
import * as WahaEvent from "./WahaEvent.ts"

const JsonRecord = Schema.Record(Schema.String, Schema.Unknown)

/**
 * A session as WAHA's API describes it. `config` is as it came: changing it means sending all of it back.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionInfo = Schema.Struct({
  status: Schema.String,
  me: lenient(WahaEvent.Me),
  config: lenient(JsonRecord),
  engine: lenient(Schema.Struct({ engine: lenient(Schema.String) }))
})
/** @since 0.1.0 */
export type SessionInfo = typeof SessionInfo.Type

/** @category decoding @since 0.1.0 */
export const decodeSession = Schema.decodeUnknownOption(SessionInfo)

/**
 * What the server itself is started with, as far as it bears on a session.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ServerEnvironment = Schema.Struct({
  WHATSAPP_HOOK_URL: lenient(Schema.String),
  WHATSAPP_DOWNLOAD_MEDIA: lenient(Schema.String),
  WHATSAPP_DEFAULT_ENGINE: lenient(Schema.String)
})
/** @since 0.1.0 */
export type ServerEnvironment = typeof ServerEnvironment.Type

const upTo = (length: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(length))

/**
 * What an account's settings say of its session. What they do not say stays as the session has it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const settings = {
  /** Through which proxy WAHA reaches WhatsApp: `host:port`. Its password is a secret of the account. */
  proxy: Schema.optionalKey(Schema.Struct({
    server: Schema.String.check(
      Schema.isPattern(/^[A-Za-z0-9.-]{1,253}:\d{1,5}$/, {
        expected: "a host and its port, such as proxy.example:3128"
      })
    ),
    username: Schema.optionalKey(upTo(190))
  })),
  /** Of which chats WAHA tells nothing: stories, groups, channels, broadcast lists. */
  ignore: Schema.optionalKey(Schema.Struct({
    status: Schema.optionalKey(Schema.Boolean),
    groups: Schema.optionalKey(Schema.Boolean),
    channels: Schema.optionalKey(Schema.Boolean),
    broadcast: Schema.optionalKey(Schema.Boolean)
  })),
  /** What the phone's list of linked devices calls the session, from its next pairing on: `Firefox (Counter 1)`. */
  client: Schema.optionalKey(Schema.Struct({
    deviceName: Schema.optionalKey(upTo(60)),
    browserName: Schema.optionalKey(upTo(60))
  }))
}

const SessionSettings = Schema.Struct(settings)
/** @since 0.1.0 */
export type SessionSettings = typeof SessionSettings.Type

const Webhook = Schema.Struct({
  url: lenient(Schema.String),
  events: lenient(Schema.Array(Schema.String)),
  hmac: lenient(Schema.Struct({ key: lenient(Schema.String) }))
})

const Config = Schema.Struct({
  webhooks: lenient(Schema.Array(JsonRecord)),
  noweb: lenient(Schema.Struct({ store: lenient(Schema.Struct({ enabled: lenient(Schema.Boolean) })) })),
  gows: lenient(Schema.Struct({
    storage: lenient(Schema.Struct({ messages: lenient(Schema.Boolean), chats: lenient(Schema.Boolean) }))
  }))
})

const decodeConfig = Schema.decodeUnknownOption(Config)
const decodeWebhook = Schema.decodeUnknownOption(Webhook)

/**
 * What a session's webhook subscribes to. `message.any` says all that `message` says, and the business's own messages:
 * with both, each incoming message comes twice. `engine.event` is for finding faults in an engine.
 *
 * @category constants
 * @since 0.1.0
 */
export const events: ReadonlyArray<string> = [
  "session.status",
  "message.any",
  "message.ack",
  "message.ack.group",
  "message.reaction",
  "message.edited",
  "message.revoked",
  "message.waiting",
  "poll.vote",
  "poll.vote.failed",
  "event.response",
  "event.response.failed",
  "group.v2.join",
  "group.v2.leave",
  "group.v2.update",
  "group.v2.participants",
  "presence.update",
  "chat.archive",
  "call.received",
  "call.accepted",
  "call.rejected",
  "label.upsert",
  "label.deleted",
  "label.chat.added",
  "label.chat.deleted"
]

// Without these, messages or what becomes of them stay unseen.
const needed = ["session.status", "message.any", "message.ack", "message.edited", "message.revoked"]

/**
 * How a session's events are to reach us: by a webhook that is signed with the key, or by a socket that we open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Target {
  readonly webhookUrl: string
  readonly transport: "webhook" | "websocket"
  readonly hmacKey: Redacted.Redacted<string>
  readonly session: SessionSettings
  readonly proxyPassword: Redacted.Redacted<string> | undefined
}

/** What the account's settings ask of the session, in WAHA's words. */
const wanted = ({ proxyPassword, session: { client, ignore, proxy } }: Target) => ({
  ...(proxy === undefined ? {} : {
    proxy: {
      ...proxy,
      ...(proxyPassword === undefined ? {} : { password: Redacted.value(proxyPassword) })
    }
  }),
  ...(ignore === undefined ? {} : { ignore }),
  ...(client === undefined ? {} : { client })
})

/** Which of that the session has otherwise; what the account does not name may be as it is. */
const differing = (session: SessionInfo, target: Target): ReadonlyArray<string> =>
  Object.entries(wanted(target)).flatMap(([name, value]) => {
    const current = recordOf(session.config?.[name])
    return Object.entries(value).every(([field, one]) => current[field] === one) ? [] : [name]
  })

const webhookOf = (url: string, hmacKey: Redacted.Redacted<string>) => ({
  url,
  events,
  hmac: { key: Redacted.value(hmacKey) },
  // Two seconds, doubled each time: the last attempt is nine hours after the first.
  retries: { policy: "exponential", delaySeconds: 2, attempts: 15 }
})

const pathOf = (url: string | undefined): string | undefined => /^https?:\/\/[^/?#]+([^?#]*)/i.exec(url ?? "")?.[1]

// The path names the account, so another host with the same path leads to the same account by another way.
const leadsHere = (url: string | undefined, target: string): boolean =>
  url === target || (pathOf(url) !== undefined && pathOf(url) !== "" && pathOf(url) === pathOf(target))

const configOf = (session: SessionInfo): typeof Config.Type =>
  Option.getOrElse(decodeConfig(session.config ?? {}), () => ({}))

interface Ours {
  readonly ours: ReadonlyArray<typeof Webhook.Type>
  readonly others: ReadonlyArray<Readonly<Record<string, unknown>>>
}

const split = (session: SessionInfo, target: string): Ours => {
  const ours: Array<typeof Webhook.Type> = []
  const others: Array<Readonly<Record<string, unknown>>> = []
  for (const raw of configOf(session).webhooks ?? []) {
    const webhook = Option.getOrUndefined(decodeWebhook(raw))
    if (webhook !== undefined && leadsHere(webhook.url, target)) ours.push(webhook)
    else others.push(raw)
  }
  return { ours, others }
}

const storage = (session: SessionInfo): boolean => {
  const { gows, noweb } = configOf(session)
  return noweb?.store?.enabled === true && gows?.storage?.messages !== false && gows?.storage?.chats !== false
}

/** Whether the engine forgets what the setting of its store lets it forget; browser engines keep nothing of their own. */
const forgets = (session: SessionInfo, engine: string | undefined): boolean => {
  const { gows, noweb } = configOf(session)
  switch (engine) {
    case "NOWEB":
      return noweb?.store?.enabled !== true
    case "GOWS":
      return gows?.storage?.messages === false || gows?.storage?.chats === false
    default:
      return false
  }
}

const finding = (
  code: string,
  severity: SetupFinding["severity"],
  message: string,
  repairable = true
): SetupFinding => ({ code, severity, message, repairable })

const subscribes = (events: ReadonlyArray<string>, event: string): boolean =>
  events.includes(event) || events.includes("*")

const webhookFindings = (ours: Ours["ours"], others: Ours["others"], { hmacKey, webhookUrl }: Target) => {
  const found: Array<SetupFinding> = []
  if (ours.length === 0) {
    found.push(finding(
      "webhook_missing",
      "fail",
      others.length === 0
        ? "The session has no webhook: nothing that customers write arrives. WAHA may have lost it in a restart"
        : "The session's webhooks lead elsewhere: nothing that customers write arrives"
    ))
    return found
  }
  if (!ours.some((webhook) => webhook.url === webhookUrl)) {
    found.push(finding("webhook_elsewhere", "warn", "The session's webhook leads here by another address"))
  }
  if (ours.length > 1) {
    found.push(finding("webhook_doubled", "warn", `${ours.length} webhooks lead here: each event comes that often`))
  }
  const events = ours.flatMap((webhook) => webhook.events ?? [])
  if (events.includes("*") || (events.includes("message") && events.includes("message.any"))) {
    found.push(finding(
      "events_doubled",
      "warn",
      "The webhook subscribes to message and message.any: each incoming message comes twice"
    ))
  }
  const missing = needed.filter((event) => !subscribes(events, event))
  if (missing.length > 0) {
    found.push(finding(
      "events_missing",
      missing.includes("message.any") && !subscribes(events, "message") ? "fail" : "warn",
      `The webhook does not subscribe to ${missing.join(", ")}`
    ))
  }
  if (ours.some((webhook) => webhook.hmac?.key !== Redacted.value(hmacKey))) {
    found.push(finding(
      "hmac_key_wrong",
      "fail",
      ours.every((webhook) => webhook.hmac?.key === undefined || webhook.hmac.key === "")
        ? "The webhook is not signed: its deliveries are refused"
        : "The webhook is signed with another key than the account's: its deliveries are refused"
    ))
  }
  return found
}

/**
 * What is wrong with a session's set-up. `environment` is what the server was started with, where the key may read it:
 * a server-wide webhook shows there. Where it may not, such a webhook shows only in deliveries that come twice.
 *
 * @category checks
 * @since 0.1.0
 */
export const inspect = (
  session: SessionInfo,
  environment: ServerEnvironment | undefined,
  engine: string | undefined,
  target: Target
): ReadonlyArray<SetupFinding> => {
  const { others, ours } = split(session, target.webhookUrl)
  const found = target.transport === "webhook"
    ? webhookFindings(ours, others, target)
    : ours.length === 0
    ? []
    : [finding("webhook_beside_socket", "warn", "The session posts to our webhook, and we read its socket as well")]
  const differences = differing(session, target)
  if (differences.length > 0) {
    found.push(finding(
      "config_differs",
      "warn",
      `The session's configuration is not what the account says: ${differences.join(", ")}`
    ))
  }
  if (leadsHere(environment?.WHATSAPP_HOOK_URL, target.webhookUrl)) {
    found.push(finding(
      "global_webhook",
      "fail",
      "WAHA's own WHATSAPP_HOOK_URL leads here as well: each event of every session comes to this account. Take it out of "
        + "the server's environment",
      false
    ))
  }
  if (environment?.WHATSAPP_DOWNLOAD_MEDIA?.toLowerCase() === "false") {
    found.push(finding(
      "media_not_downloaded",
      "warn",
      "WAHA runs with WHATSAPP_DOWNLOAD_MEDIA=false: the files that customers send can't be had",
      false
    ))
  }
  if (forgets(session, engine ?? environment?.WHATSAPP_DEFAULT_ENGINE)) {
    found.push(finding(
      "store_disabled",
      "warn",
      "The engine's store is off: chats and messages of the past can't be read, so what was missed can't be found"
    ))
  }
  return found
}

/**
 * The configuration that a session should have: its own, with one webhook that leads here (none, if its events are read
 * from a socket), those that lead elsewhere as they are, the engines' stores on, and what the account's settings say.
 *
 * @category constructors
 * @since 0.1.0
 */
export const desired = (session: SessionInfo | undefined, target: Target): Readonly<Record<string, unknown>> => {
  const { hmacKey, transport, webhookUrl } = target
  const others = session === undefined ? [] : split(session, webhookUrl).others
  const config = session?.config ?? {}
  const asked = Object.entries(wanted(target)).map(([name, value]) => [name, { ...recordOf(config[name]), ...value }])
  return {
    ...config,
    ...Object.fromEntries(asked),
    webhooks: transport === "websocket" ? others : [webhookOf(webhookUrl, hmacKey), ...others],
    ...(session !== undefined && storage(session) ? {} : {
      noweb: { markOnline: true, ...recordOf(config["noweb"]), store: { enabled: true, fullSync: false } },
      gows: {
        ...recordOf(config["gows"]),
        storage: { messages: true, groups: true, chats: true, labels: true }
      }
    })
  }
}

const isRecord = Schema.is(JsonRecord)
const recordOf = (value: unknown): Readonly<Record<string, unknown>> => isRecord(value) ? value : {}
