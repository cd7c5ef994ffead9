/**
 * How accounts of the channel in memory are connected: the provider's side, where numbers are paired, and the adapter's.
 *
 * @since 0.1.0
 */
import { Effect, Option, Predicate, Redacted, Schema } from "effect"
import type { HttpClient } from "effect/http"
import type { ChannelLifecycle, ConnectionState } from "@wicara/channels/ChannelLifecycle"
import type { ChannelProfile } from "@wicara/channels/ChannelProfile"
import { Profile } from "@wicara/channels/ChannelProfile"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import type { call, MemoryAccount, Reply, Secrets, Settings } from "./MemoryChannel.ts"

/** How long a QR code, or a code to type, lives, in milliseconds. @category constants @since 0.1.0 */
export const codeLifetime = 20_000

/** How many codes follow one another before the provider gives up. @category constants @since 0.1.0 */
export const codes = 6

const Session = Schema.Struct({
  status: Schema.Literals(["connected", "starting", "qr", "code", "confirm", "ended", "failed"]),
  as: Schema.NullOr(Schema.String),
  code: Schema.NullOr(Schema.String),
  expiresAt: Schema.NullOr(Schema.Int),
  keyExpiresAt: Schema.NullOr(Schema.Int),
  webhook: Schema.NullOr(Schema.Struct({ url: Schema.String, key: Schema.String }))
})

/**
 * A number at the provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemorySession {
  status: typeof Session.Type["status"]
  /** Whether a phone has been linked: it works again after a restart. */
  paired: boolean
  code: string | null
  shown: number
  expiresAt: number | null
  /** When the account's key ends, epoch milliseconds. */
  keyExpiresAt: number | null
  webhook: { readonly url: string; readonly key: string } | null
  profile: Profile
  /** How often it was started again. */
  restarts: number
}

/** @category constructors @since 0.1.0 */
export const session = (number: string): MemorySession => ({
  status: "connected",
  paired: true,
  code: null,
  shown: 0,
  expiresAt: null,
  keyExpiresAt: null,
  webhook: null,
  profile: { name: `Number ${number}`, about: "In memory" },
  restarts: 0
})

const show = (number: string, of: MemorySession, as: "qr" | "code", at: number): void => {
  of.shown++
  of.status = of.shown > codes ? "failed" : as
  of.code = of.shown > codes ? null : as === "qr" ? `memory:${number}:${of.shown}` : `ABCD-${1000 + of.shown}`
  of.expiresAt = of.shown > codes ? null : at + codeLifetime
}

/** What time did to it. */
const pass = (number: string, of: MemorySession, at: number): void => {
  while ((of.status === "qr" || of.status === "code") && of.expiresAt !== null && at >= of.expiresAt) {
    show(number, of, of.status, of.expiresAt)
  }
}

const Begin = Schema.Struct({
  method: Schema.Literals(["credentials", "qr", "code"]),
  webhook: Schema.Struct({ url: Schema.String, key: Schema.String })
})

const decodeBegin = Schema.decodeUnknownOption(Begin)
const decodeProfile = Schema.decodeUnknownOption(Profile)
const decodeHook = Schema.decodeUnknownOption(Begin.fields.webhook)

const described = (number: string, of: MemorySession): typeof Session.Type => ({
  status: of.status,
  as: of.status === "connected" ? number : null,
  code: of.code,
  expiresAt: of.expiresAt,
  keyExpiresAt: of.keyExpiresAt,
  webhook: of.webhook
})

/** Somebody scanned the QR code, or typed the code. @category running @since 0.1.0 */
export const pair = (of: MemorySession): void => {
  of.paired = true
  of.status = "connected"
  of.code = null
  of.expiresAt = null
  of.shown = 0
}

/**
 * The provider's answer to a request about the number itself: its status and body; `undefined`: it is about something
 * else.
 *
 * @category running
 * @since 0.1.0
 */
export const respond = (
  number: string,
  of: MemorySession,
  request: { readonly method: string; readonly resource: string; readonly what: string; readonly body: unknown },
  at: number
): { readonly status: number; readonly body: unknown } | undefined => {
  pass(number, of, at)
  const { body, method, resource, what } = request
  if (resource === "profile") {
    if (method === "GET") return { status: 200, body: of.profile }
    const change = decodeProfile(body)
    if (Option.isNone(change)) return { status: 422, body: { error: "malformed" } }
    of.profile = { ...of.profile, ...change.value }
    return { status: 200, body: {} }
  }
  if (resource !== "session") return undefined
  if (method === "POST" && what === "webhook") {
    of.webhook = Option.getOrNull(decodeHook(body))
  } else if (method === "POST" && what === "end") {
    of.status = "ended"
    of.code = null
    of.expiresAt = null
    if (Predicate.hasProperty(body, "forget") && body.forget === true) {
      of.paired = false
      of.webhook = null
    }
  } else if (method === "POST" && what === "restart") {
    of.restarts++
    of.shown = 0
    if (of.paired) pair(of)
    else show(number, of, "qr", at)
  } else if (method === "POST") {
    const begin = decodeBegin(body)
    if (Option.isNone(begin)) return { status: 422, body: { error: "malformed" } }
    of.webhook = begin.value.webhook
    const wanted = begin.value.method
    if (of.status === "connected") return { status: 200, body: described(number, of) }
    if (of.paired) pair(of)
    else if (wanted === "credentials") of.status = "confirm"
    else if (of.status !== wanted) {
      of.shown = 0
      show(number, of, wanted, at)
    }
  }
  return { status: 200, body: described(number, of) }
}

const decodeSession = Schema.decodeUnknownOption(Session)

/** @category errors @since 0.1.0 */
export const failed = (kind: ProviderFailure["kind"], code: string, reason: string) =>
  Effect.fail(new ProviderFailure({ kind, code, reason }))

/** What an answer says, or why there is none. @category conversions @since 0.1.0 */
export const answered = (reply: Reply): Effect.Effect<unknown, ProviderFailure> => {
  if (reply._tag !== "Answered") return failed("later", "no_answer", "The provider does not answer.")
  const { body, retryAfter, status } = reply
  if (status === 200 && body !== undefined) return Effect.succeed(body)
  if (status === 401) return failed("account", "unauthorized", "The key is not taken.")
  if (status === 404) return failed("missing", "not_found", "There is nothing of this kind.")
  return status === 429 || status >= 500 || status === 200
    ? Effect.fail(
      new ProviderFailure({ kind: "later", code: `http_${status}`, reason: "The provider failed.", retryAfter })
    )
    : failed("refused", `http_${status}`, "The provider refuses this.")
}

const read = (reply: Reply) =>
  Effect.flatMap(
    answered(reply),
    (body) =>
      Option.match(decodeSession(body), {
        onNone: () => failed("later", "answer", "The provider's answer can't be read."),
        onSome: (session) => Effect.succeed(session)
      })
  )

const toState = (session: typeof Session.Type): ConnectionState => {
  switch (session.status) {
    case "connected":
      return { _tag: "Connected", as: session.as }
    case "starting":
      return { _tag: "Starting", reason: "The number starts." }
    case "qr":
      return { _tag: "ScanQr", qr: session.code ?? "", expiresAt: session.expiresAt }
    case "code":
      return { _tag: "EnterCode", code: session.code ?? "", expiresAt: session.expiresAt }
    case "confirm":
      return { _tag: "Confirm", action: "link_phone", reason: "Link a phone first." }
    case "ended":
      return { _tag: "Disconnected", reason: "It was ended." }
    case "failed":
      return { _tag: "Failed", reason: "Nobody scanned the code." }
  }
}

/**
 * The adapter's side, over its way to call the provider.
 *
 * @category constructors
 * @since 0.1.0
 */
export const lifecycle = (ask: typeof call): ChannelLifecycle<Settings, Secrets> => {
  const hook = (url: string, account: MemoryAccount) => ({ url, key: Redacted.value(account.secrets.hookKey) })
  const stateOf = (reply: Effect.Effect<Reply, never, HttpClient.HttpClient>) =>
    Effect.flatMap(reply, read).pipe(
      Effect.map(toState),
      Effect.catchIf(
        ({ kind }) => kind === "account",
        ({ reason }) => Effect.succeed<ConnectionState>({ _tag: "Reauthorize", reason })
      )
    )
  return {
    methods: new Set(["credentials", "qr", "code"]),
    ownSecrets: ["hookKey"],
    connect: ({ method, phone, webhookUrl }, account) =>
      stateOf(ask(account, "POST", "/session", { method, phone, webhook: hook(webhookUrl, account) })),
    state: (account) => stateOf(ask(account, "GET", "/session")),
    restart: (account) => stateOf(ask(account, "POST", "/session/restart", {})),
    disconnect: ({ forget }, account) =>
      Effect.asVoid(Effect.flatMap(ask(account, "POST", "/session/end", { forget }), read)),
    inspect: (webhookUrl, account) =>
      Effect.map(
        Effect.flatMap(ask(account, "GET", "/session"), read),
        ({ webhook }) =>
          webhook?.url === webhookUrl && webhook.key === Redacted.value(account.secrets.hookKey) ? [] : [{
            code: "webhook_elsewhere",
            severity: "fail" as const,
            message: webhook === null
              ? "No webhook is registered."
              : "The webhook leads elsewhere, or is signed otherwise.",
            repairable: true
          }]
      ),
    repair: (webhookUrl, account) =>
      Effect.asVoid(Effect.flatMap(ask(account, "POST", "/session/webhook", hook(webhookUrl, account)), read)),
    credentialsExpireAt: (account) =>
      Effect.map(Effect.flatMap(ask(account, "GET", "/session"), read), ({ keyExpiresAt }) => keyExpiresAt)
  }
}

/**
 * What customers see of a number.
 *
 * @category constructors
 * @since 0.1.0
 */
export const profile = (ask: typeof call): ChannelProfile<Settings, Secrets> => ({
  changeable: new Set(["name", "about"]),
  get: (account) =>
    Effect.flatMap(
      Effect.flatMap(ask(account, "GET", "/profile"), answered),
      (body) =>
        Option.match(decodeProfile(body), {
          onNone: () => failed("later", "answer", "The provider's answer can't be read."),
          onSome: (profile) => Effect.succeed(profile)
        })
    ),
  update: ({ about, name, picture, ...others }, account) =>
    picture !== undefined || Object.keys(others).length > 0
      ? failed("refused", "unchangeable", "Only the name and the words about it can be changed.")
      : Effect.asVoid(Effect.flatMap(
        ask(account, "POST", "/profile", {
          ...(name === undefined ? {} : { name }),
          ...(about === undefined ? {} : { about })
        }),
        answered
      ))
})
