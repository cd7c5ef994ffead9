/**
 * How a number is paired through WAHA, stays so, and is let go.
 *
 * @since 0.1.0
 */
import type { ChannelLifecycle, ConnectionState, ConnectRequest } from "@wicara/channels/ChannelLifecycle"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Clock, Effect, Option, Schema } from "effect"
import * as ChatId from "./ChatId.ts"
import * as Failure from "./Failure.ts"
import * as SessionSetup from "./SessionSetup.ts"
import type { SessionInfo } from "./SessionSetup.ts"
import type { Account, Secrets, Settings } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"

// Creating, starting and stopping a session have WAHA start and stop a browser.
const slowly = "60 seconds"

const sessionPath = ({ settings }: Account) => WahaApi.path`/api/sessions/${settings.session}`

/**
 * The session, or nothing where WAHA has none of its name.
 *
 * @category calls
 * @since 0.1.0
 */
export const find = Effect.fnUntraced(function*(account: Account) {
  const reply = yield* Failure.reply(account, { method: "GET", path: sessionPath(account) })
  const failure = Failure.fromReply(reply)
  if (reply._tag !== "Answered" || (reply.status !== 404 && reply.status !== 200)) return yield* failure
  // A wrong base URL answers as well, but not in WAHA's words.
  if (reply.status === 404 && failure.code === "session_not_found") return Option.none<SessionInfo>()
  const session = reply.status === 200 ? SessionSetup.decodeSession(reply.body) : Option.none<SessionInfo>()
  return Option.isSome(session) ? session : yield* new ProviderFailure({
    kind: "refused",
    code: "no_waha",
    reason: "The base URL answers, but not as WAHA does"
  })
})

const decodeQr = Schema.decodeUnknownEffect(Schema.Struct({ value: Schema.NonEmptyString }))
const decodeCode = Schema.decodeUnknownEffect(Schema.Struct({ code: Schema.NonEmptyString }))

// WAHA does not say when a code began. All but the first, which lives a minute, live this long, milliseconds: whoever
// asks again by then shows none that has expired for longer.
const qrLifetime = 20_000

/** The session went on between two calls: what was asked for belongs to a state that is over. */
const elsewhere: ConnectionState = { _tag: "Starting", reason: "The session is changing its state" }

const orElsewhere = <A, R>(effect: Effect.Effect<A, ProviderFailure, R>, otherwise: ConnectionState = elsewhere) =>
  Effect.catchIf(
    effect,
    ({ code }) => code === "unprocessable" || code === "session_not_working",
    () => Effect.succeed(otherwise)
  )

// A pairing code is good for less than three minutes, and WAHA does not show one twice: the process that asked for it
// goes on showing it. Another process shows the QR code of the same pairing.
const codeLifetime = 160_000
const mostCodes = 1_000
const codes = new Map<string, { readonly code: string; readonly until: number }>()

const enterCode = (account: Account) =>
  Effect.map(Clock.currentTimeMillis, (now): ConnectionState | undefined => {
    const shown = codes.get(account.id)
    return shown === undefined || shown.until <= now
      ? undefined
      : { _tag: "EnterCode", code: shown.code, expiresAt: shown.until }
  })

const scanQr = Effect.fnUntraced(function*(account: Account): Effect.fn.Return<
  ConnectionState,
  ProviderFailure,
  Effect.Services<ReturnType<typeof find>>
> {
  const { value } = yield* Failure.ask(account, {
    method: "GET",
    path: WahaApi.path`/api/${account.settings.session}/auth/qr`,
    query: { format: "raw" }
  }, decodeQr)
  return { _tag: "ScanQr", qr: value, expiresAt: (yield* Clock.currentTimeMillis) + qrLifetime }
})

const confirm = Effect.fnUntraced(function*(account: Account) {
  const { code } = yield* Failure.ask(account, {
    method: "GET",
    path: WahaApi.path`/api/${account.settings.session}/auth/passkey/confirmation`
  }, decodeCode)
  return {
    _tag: "Confirm" as const,
    action: "passkey_confirmation",
    reason: `Compare the code ${code} with the phone's, and confirm it in WAHA's dashboard`
  }
})

const stateOf = Effect.fnUntraced(function*(session: SessionInfo, account: Account): Effect.fn.Return<
  ConnectionState,
  ProviderFailure,
  Effect.Services<ReturnType<typeof find>>
> {
  switch (session.status) {
    case "WORKING": {
      const me = ChatId.parse(session.me?.id)
      return { _tag: "Connected", as: me?.user ?? session.me?.pushName ?? null }
    }
    case "STARTING":
      return { _tag: "Starting", reason: "The session is starting" }
    case "SCAN_QR_CODE":
      return (yield* enterCode(account)) ?? (yield* orElsewhere(scanQr(account)))
    case "PASSKEY_REQUIRED":
      return {
        _tag: "Confirm",
        action: "passkey",
        reason: "WhatsApp wants the passkey of this number: give it in WAHA's dashboard, on a device that has it"
      }
    case "PASSKEY_CONFIRMATION_REQUIRED":
      return yield* orElsewhere(confirm(account))
    case "STOPPED":
      return { _tag: "Disconnected", reason: "The session is stopped" }
    case "FAILED":
      return {
        _tag: "Failed",
        reason: session.me?.id === undefined
          ? "The session failed: nobody scanned its codes in time, or the phone unlinked it"
          : "The session failed: restart it, and pair it again if that does not help"
      }
    default:
      return { _tag: "Starting", reason: `The session is ${session.status}` }
  }
})

const state = Effect.fn("Waha.lifecycle.state")(
  function*(account: Account) {
    const session = yield* find(account)
    return Option.isNone(session)
      ? { _tag: "Disconnected" as const, reason: `WAHA has no session named ${account.settings.session}` }
      : yield* stateOf(session.value, account)
  },
  (effect) =>
    Effect.catchIf(
      effect,
      ({ code }) => code === "unauthorized",
      () => Effect.succeed<ConnectionState>({ _tag: "Reauthorize", reason: "WAHA does not accept the API key" })
    )
)

const move = (account: Account, to: "start" | "stop" | "restart" | "logout") =>
  Failure.call(account, { method: "POST", path: `${sessionPath(account)}/${to}`, body: {}, timeout: slowly })

const targetOf = (webhookUrl: string, account: Account): SessionSetup.Target => ({
  webhookUrl,
  transport: account.settings.transport ?? "webhook",
  hmacKey: account.secrets.hmacKey,
  session: account.settings,
  proxyPassword: account.secrets.proxyPassword
})

const create = (target: SessionSetup.Target, account: Account) =>
  Failure.call(account, {
    method: "POST",
    path: "/api/sessions",
    body: { name: account.settings.session, start: true, config: SessionSetup.desired(undefined, target) },
    timeout: slowly
  }).pipe(
    // Somebody else made it in between: it is there, which is what was wanted.
    Effect.catchIf(({ code }) => code === "unprocessable" || code === "session_not_working", () => Effect.void)
  )

const configure = (session: SessionInfo, target: SessionSetup.Target, account: Account) =>
  Failure.call(account, {
    method: "PUT",
    path: sessionPath(account),
    body: { config: SessionSetup.desired(session, target) },
    timeout: slowly
  })

const Version = Schema.Struct({ engine: Schema.optionalKey(Schema.Unknown) })
const decodeVersion = Schema.decodeUnknownOption(Version)
const decodeEnvironment = Schema.decodeUnknownOption(SessionSetup.ServerEnvironment)

/** What the server says of itself; a key of one session may be refused it. */
const server = Effect.fnUntraced(function*(account: Account) {
  const environment = yield* Failure.reply(account, {
    method: "GET",
    path: "/api/server/environment",
    query: { all: "true" }
  })
  const version = yield* Failure.reply(account, { method: "GET", path: "/api/server/version" })
  const bodyOf = (reply: WahaApi.Reply) => reply._tag === "Answered" && reply.status === 200 ? reply.body : undefined
  const engine = Option.getOrUndefined(decodeVersion(bodyOf(version)))?.engine
  return {
    environment: Option.getOrUndefined(decodeEnvironment(bodyOf(environment))),
    engine: typeof engine === "string" ? engine : undefined
  }
})

const findings = Effect.fnUntraced(function*(session: SessionInfo, target: SessionSetup.Target, account: Account) {
  const { engine, environment } = yield* server(account)
  return SessionSetup.inspect(session, environment, session.engine?.engine ?? engine, target)
})

const inspect = Effect.fn("Waha.lifecycle.inspect")(function*(webhookUrl: string, account: Account) {
  const session = yield* find(account)
  return Option.isNone(session)
    ? [{
      code: "session_missing",
      severity: "fail" as const,
      message: `WAHA has no session named ${account.settings.session}: it was deleted, or lost in a restart`,
      repairable: true
    }]
    : yield* findings(session.value, targetOf(webhookUrl, account), account)
})

const repair = Effect.fn("Waha.lifecycle.repair")(function*(webhookUrl: string, account: Account) {
  const target = targetOf(webhookUrl, account)
  const session = yield* find(account)
  if (Option.isNone(session)) return yield* Effect.asVoid(create(target, account))
  const found = yield* findings(session.value, target, account)
  // Another configuration restarts the session: not without need.
  if (found.some(({ repairable }) => repairable)) yield* configure(session.value, target, account)
})

const requestCode = Effect.fnUntraced(function*(phone: string, account: Account): Effect.fn.Return<
  ConnectionState,
  ProviderFailure,
  Effect.Services<ReturnType<typeof find>>
> {
  const { code } = yield* Failure.ask(account, {
    method: "POST",
    path: WahaApi.path`/api/${account.settings.session}/auth/request-code`,
    body: { phoneNumber: phone.replaceAll(/\D/g, "") },
    timeout: slowly
  }, decodeCode)
  const until = (yield* Clock.currentTimeMillis) + codeLifetime
  if (codes.size >= mostCodes) codes.clear()
  codes.set(account.id, { code, until })
  return { _tag: "EnterCode", code, expiresAt: until }
})

const connect = Effect.fn("Waha.lifecycle.connect")(function*(request: ConnectRequest, account: Account) {
  const target = targetOf(request.webhookUrl, account)
  codes.delete(account.id)
  const before = yield* find(account)
  if (Option.isNone(before)) {
    yield* create(target, account)
  } else {
    yield* repair(request.webhookUrl, account)
    const { status } = before.value
    if (status === "STOPPED") yield* move(account, "start")
    if (status === "FAILED") yield* move(account, "restart")
  }
  const now = yield* state(account)
  if (request.method !== "code" || now._tag !== "ScanQr") return now
  if (request.phone === undefined) {
    return yield* new ProviderFailure({
      kind: "refused",
      code: "phone_missing",
      reason: "A pairing code is made for a phone number: name it"
    })
  }
  return yield* orElsewhere(requestCode(request.phone, account), now)
})

const restart = Effect.fn("Waha.lifecycle.restart")(function*(account: Account) {
  yield* move(account, "restart")
  return yield* state(account)
})

const disconnect = Effect.fn("Waha.lifecycle.disconnect")(
  function*({ forget }: { readonly forget: boolean }, account: Account) {
    const session = yield* find(account)
    if (Option.isNone(session)) return
    if (!forget) return yield* Effect.asVoid(move(account, "stop"))
    // The phone hears of a log-out only from a session that is connected; the credentials go with the session anyway.
    yield* Effect.ignore(move(account, "logout"))
    yield* Failure.call(account, { method: "DELETE", path: sessionPath(account), timeout: slowly })
  }
)

/**
 * The life of a session at WAHA.
 *
 * **Gotchas**
 *
 * - A pairing code is not remembered by WAHA: the process that asked for it shows it until it expires, others show the QR
 *   code of the same pairing. `connect` with `code` asks for a new one.
 * - A passkey can only be given on WhatsApp's own origin, so both passkey states are a `Confirm`.
 * - Another configuration restarts the session: `connect` and `repair` send one only if something is wrong with it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const lifecycle: ChannelLifecycle<Settings, Secrets> = {
  methods: new Set(["qr", "code"]),
  ownSecrets: ["hmacKey"],
  connect,
  state,
  restart,
  disconnect,
  inspect,
  repair
}
