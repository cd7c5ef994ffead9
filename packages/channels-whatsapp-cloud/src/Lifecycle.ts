/**
 * How a number is connected to this server, stays so, and is let go: the `lifecycle` facet of the adapter.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
 * @since 0.1.0
 */
import { Clock, Effect, Redacted } from "effect"
import type { HttpClient } from "effect/http"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type { ChannelLifecycle, ConnectionState, SetupFinding } from "@wicara/channels/ChannelLifecycle"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import type * as GraphApi from "./GraphApi.ts"
import { failureOf } from "./internal/failureOf.ts"
import * as PhoneNumber from "./PhoneNumber.ts"

/** @category models @since 0.1.0 */
export interface LifecycleSettings {
  readonly phoneNumberId: string
  readonly businessAccountId: string
  readonly messagesPerSecond?: number | undefined
}

/** @category models @since 0.1.0 */
export interface LifecycleSecrets {
  readonly verifyToken: Redacted.Redacted<string>
  readonly pin?: Redacted.Redacted<string> | undefined
}

/** What the token needs: to send, and to manage templates, profile and webhooks. */
const needed = ["whatsapp_business_messaging", "whatsapp_business_management"]

/** A token that ends sooner than this is worth a word, milliseconds. */
const soon = 7 * 86_400_000

/**
 * The facet, over whatever says how an account calls the API.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Settings extends LifecycleSettings, Secrets extends LifecycleSecrets>(
  callerOf: (account: Account<Settings, Secrets>) => GraphApi.Caller
): ChannelLifecycle<Settings, Secrets> => {
  type Own = Account<Settings, Secrets>

  const asked = <A>(effect: Effect.Effect<A, GraphApi.Failure, HttpClient.HttpClient>) =>
    Effect.mapError(effect, failureOf)

  const number = (account: Own) => asked(PhoneNumber.get(callerOf(account), account.settings.phoneNumberId))

  /** What a token's end or lack of permissions means; `undefined` when it is as it should be. */
  const refused = Effect.fnUntraced(function*(account: Own): Effect.fn.Return<
    ConnectionState | undefined,
    ProviderFailure,
    HttpClient.HttpClient
  > {
    const token = yield* asked(PhoneNumber.token(callerOf(account)))
    if (!token.isValid) {
      return { _tag: "Reauthorize", reason: token.reason ?? "The access token is not valid" }
    }
    const lacking = needed.filter((permission) => !token.permissions.includes(permission))
    return lacking.length === 0 ? undefined : {
      _tag: "Reauthorize",
      reason: `The access token lacks the permission ${lacking.join(" and ")}`
    }
  })

  const whenRefused = (
    effect: Effect.Effect<ConnectionState, ProviderFailure, HttpClient.HttpClient>
  ): Effect.Effect<ConnectionState, ProviderFailure, HttpClient.HttpClient> =>
    Effect.catchIf(
      effect,
      ({ kind }) => kind === "account",
      ({ reason }) => Effect.succeed<ConnectionState>({ _tag: "Reauthorize", reason })
    )

  const route = (account: Own, webhookUrl: string) =>
    asked(PhoneNumber.change(callerOf(account), account.settings.phoneNumberId, {
      webhook_configuration: {
        override_callback_uri: webhookUrl,
        ...(webhookUrl === "" ? undefined : { verify_token: Redacted.value(account.secrets.verifyToken) })
      }
    }))

  const subscribe = (account: Own) =>
    asked(PhoneNumber.change(callerOf(account), `${account.settings.businessAccountId}/subscribed_apps`))

  const register = (account: Own) =>
    account.secrets.pin === undefined
      ? Effect.void
      : asked(PhoneNumber.register(callerOf(account), account.settings.phoneNumberId, account.secrets.pin))

  const state = (account: Own) => whenRefused(Effect.map(number(account), stateOf))

  const connect = Effect.fn("WhatsAppCloud.lifecycle.connect")(function*(webhookUrl: string, account: Own) {
    const wrong = yield* refused(account)
    if (wrong !== undefined) return wrong
    yield* subscribe(account)
    yield* route(account, webhookUrl)
    if (stateOf(yield* number(account))._tag === "Confirm") yield* register(account)
    return yield* state(account)
  })

  const inspect = Effect.fn("WhatsAppCloud.lifecycle.inspect")(function*(
    webhookUrl: string,
    account: Own
  ): Effect.fn.Return<ReadonlyArray<SetupFinding>, ProviderFailure, HttpClient.HttpClient> {
    const caller = callerOf(account)
    const token = yield* Effect.catchIf(
      asked(PhoneNumber.token(caller)),
      ({ kind }) => kind === "account",
      ({ reason }): Effect.Effect<PhoneNumber.TokenInfo> =>
        Effect.succeed({ isValid: false, reason, permissions: [], appId: undefined, expiresAt: null })
    )
    if (!token.isValid) {
      return [{
        code: "token_invalid",
        severity: "fail",
        message: token.reason ?? "The access token is not valid",
        repairable: false
      }]
    }
    const lacking = needed.filter((permission) => !token.permissions.includes(permission)).map((
      permission
    ): SetupFinding => ({
      code: "permission_missing",
      severity: "fail",
      message: `The access token lacks the permission ${permission}`,
      repairable: false
    }))
    const now = yield* Clock.currentTimeMillis
    const ending: ReadonlyArray<SetupFinding> = token.expiresAt === null || token.expiresAt - now > soon ? [] : [{
      code: "token_expires",
      severity: "warn",
      message: `The access token ends in ${Math.max(0, Math.ceil((token.expiresAt - now) / 86_400_000))} days`,
      repairable: false
    }]
    if (lacking.some(({ message }) => message.endsWith("management"))) return [...lacking, ...ending]
    const apps = yield* asked(PhoneNumber.subscribedApps(caller, account.settings.businessAccountId))
    const described = yield* number(account)
    return [
      ...lacking,
      ...ending,
      ...(apps.some(({ id }) => token.appId === undefined || id === token.appId) ? [] : [unsubscribed]),
      ...setUp(described, webhookUrl, account)
    ]
  })

  return {
    methods: new Set(["credentials"]),
    ownSecrets: ["verifyToken"],
    connect: ({ webhookUrl }, account) => whenRefused(connect(webhookUrl, account)),
    state,
    restart: (account) => Effect.andThen(register(account), state(account)),
    disconnect: Effect.fn("WhatsAppCloud.lifecycle.disconnect")(function*({ forget }, account) {
      yield* route(account, "")
      if (!forget) return
      // Numbers of one business account share its subscription.
      const { numbers } = yield* asked(PhoneNumber.list(callerOf(account), account.settings.businessAccountId))
      const isShared = numbers.some(({ id, webhook_configuration: hooks }) =>
        id !== account.settings.phoneNumberId && hooks?.phone_number != null
      )
      if (isShared) return
      const path = `${account.settings.businessAccountId}/subscribed_apps`
      yield* asked(PhoneNumber.change(callerOf(account), path, undefined, "DELETE"))
    }),
    inspect,
    repair: Effect.fn("WhatsAppCloud.lifecycle.repair")(function*(webhookUrl, account) {
      yield* subscribe(account)
      // Also where it leads here already: the verify token may be another one.
      yield* route(account, webhookUrl)
      const described = yield* number(account)
      if (stateOf(described)._tag === "Confirm") yield* register(account)
    }),
    credentialsExpireAt: (account) =>
      Effect.map(asked(PhoneNumber.token(callerOf(account))), ({ expiresAt }) => expiresAt)
  }
}

const unsubscribed: SetupFinding = {
  code: "not_subscribed",
  severity: "fail",
  message: "The app gets no webhooks of this business account",
  repairable: true
}

const stateOf = (number: PhoneNumber.PhoneNumber): ConnectionState => {
  switch (number.status) {
    case "PENDING":
    case "UNVERIFIED":
    case "UNKNOWN":
      return {
        _tag: "Confirm",
        action: "register",
        reason: "The number is not registered for the Cloud API: register it with its two-step PIN of six digits"
      }
    case "DISCONNECTED":
    case "DELETED":
    case "MIGRATED":
      return { _tag: "Disconnected", reason: `The number is ${number.status}` }
    case "BANNED":
    case "RESTRICTED":
      return {
        _tag: "Failed",
        reason: `WhatsApp has ${number.status === "BANNED" ? "banned" : "restricted"} the number`
      }
    default:
      return { _tag: "Connected", as: number.display_phone_number ?? null }
  }
}

/** What a number's description shows to be wrong with it. */
const setUp = (
  number: PhoneNumber.PhoneNumber,
  webhookUrl: string,
  account: Account<LifecycleSettings, LifecycleSecrets>
): ReadonlyArray<SetupFinding> => {
  const findings: Array<SetupFinding> = []
  const state = stateOf(number)
  if (state._tag === "Confirm") {
    findings.push({
      code: "not_registered",
      severity: "fail",
      message: state.reason,
      repairable: account.secrets.pin !== undefined
    })
  } else if (state._tag === "Disconnected" || state._tag === "Failed") {
    findings.push({ code: "number_down", severity: "fail", message: state.reason, repairable: false })
  }
  if (PhoneNumber.callbackOf(number) !== webhookUrl) {
    findings.push({
      code: "webhook_elsewhere",
      severity: "fail",
      message: `Webhooks lead to ${PhoneNumber.callbackOf(number) ?? "nowhere"} instead of ${webhookUrl}`,
      repairable: true
    })
  }
  if (number.quality_rating === "YELLOW" || number.quality_rating === "RED") {
    findings.push({
      code: "quality_low",
      severity: "warn",
      message: `The number's quality is ${number.quality_rating}: people block or report its messages`,
      repairable: false
    })
  }
  const { messagesPerSecond: allowed } = PhoneNumber.factsOf(number)
  const { messagesPerSecond: wanted } = account.settings
  if (allowed !== undefined && wanted !== undefined && wanted > allowed) {
    findings.push({
      code: "throughput_too_high",
      severity: "warn",
      message: `${wanted} messages a second are configured, and WhatsApp takes ${allowed} from this number`,
      repairable: false
    })
  }
  if (number.is_pin_enabled === false) {
    findings.push({
      code: "two_step_off",
      severity: "warn",
      message: "The number has no two-step PIN: whoever gets its text messages can take it over",
      repairable: false
    })
  }
  if (number.name_status === "DECLINED" || number.name_status === "EXPIRED") {
    findings.push({
      code: "name_not_approved",
      severity: "warn",
      message: `The display name is ${number.name_status}`,
      repairable: false
    })
  }
  const health = number.health_status
  if (
    state._tag === "Connected" && (health?.can_send_message === "BLOCKED" || health?.can_send_message === "LIMITED")
  ) {
    const reasons = (health.entities ?? []).flatMap((entity) => [
      ...(entity.additional_info ?? []),
      ...(entity.errors ?? []).flatMap((error) => [error.error_description, error.possible_solution])
    ]).filter((reason) => reason != null)
    findings.push({
      code: health.can_send_message === "BLOCKED" ? "sending_blocked" : "sending_limited",
      severity: health.can_send_message === "BLOCKED" ? "fail" : "warn",
      message: [`Sending is ${health.can_send_message}`, ...reasons].join(". "),
      repairable: false
    })
  }
  return findings
}
