/**
 * A business phone number and its access token as the Graph API describes them.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
 * @since 0.1.0
 */
import { Effect, Redacted, Schema } from "effect"
import type { HttpClient } from "effect/http"
import type { AccountFacts } from "@wicara/channels/InboundEvent"
import * as GraphApi from "./GraphApi.ts"
import { dailyRecipients } from "./internal/decodeAccount.ts"
import { optional } from "./internal/optional.ts"

const text = Schema.optional(Schema.NullOr(Schema.String))
const flag = Schema.optional(Schema.NullOr(Schema.Boolean))

const HealthError = Schema.Struct({
  error_code: Schema.optional(Schema.NullOr(Schema.Number)),
  error_description: text,
  possible_solution: text
})

/**
 * @category schemas
 * @since 0.1.0
 */
export const PhoneNumber = Schema.Struct({
  id: Schema.String,
  display_phone_number: text,
  verified_name: text,
  quality_rating: text,
  code_verification_status: text,
  name_status: text,
  platform_type: text,
  status: text,
  throughput: Schema.optional(Schema.NullOr(Schema.Struct({ level: text }))),
  is_on_biz_app: flag,
  is_pin_enabled: flag,
  whatsapp_business_manager_messaging_limit: text,
  webhook_configuration: Schema.optional(Schema.NullOr(Schema.Struct({
    phone_number: text,
    whatsapp_business_account: text,
    application: text
  }))),
  health_status: Schema.optional(Schema.NullOr(Schema.Struct({
    can_send_message: text,
    entities: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
      entity_type: text,
      can_send_message: text,
      additional_info: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
      errors: Schema.optional(Schema.NullOr(Schema.Array(HealthError)))
    }))))
  })))
}).annotate({ identifier: "WhatsAppPhoneNumber" })
/** @since 0.1.0 */
export type PhoneNumber = typeof PhoneNumber.Type

const fields = Object.keys(PhoneNumber.fields).join(",")

/** @category requests @since 0.1.0 */
export const get = (
  caller: GraphApi.Caller,
  id: string
): Effect.Effect<PhoneNumber, GraphApi.Failure, HttpClient.HttpClient> =>
  GraphApi.call(caller, PhoneNumber, { method: "GET", path: id, query: { fields } })

/**
 * What the account may do, as the number's description says it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const factsOf = (number: PhoneNumber): AccountFacts => ({
  ...optional("quality", number.quality_rating ?? undefined),
  ...optional("dailyRecipients", dailyRecipients(number.whatsapp_business_manager_messaging_limit ?? undefined)),
  ...optional("messagesPerSecond", messagesPerSecond(number))
})

const levels: Readonly<Record<string, number>> = { STANDARD: 80, HIGH: 1_000 }

/** Messages a second; 20 when the number is on the business app as well. */
const messagesPerSecond = ({ is_on_biz_app: isOnApp, throughput }: PhoneNumber): number | undefined =>
  isOnApp === true ? 20 : levels[throughput?.level ?? ""]

/**
 * Where the number's webhooks lead: its own address, else its business account's, else the app's.
 *
 * @category getters
 * @since 0.1.0
 */
export const callbackOf = ({ webhook_configuration: hooks }: PhoneNumber): string | undefined =>
  hooks?.phone_number ?? hooks?.whatsapp_business_account ?? hooks?.application ?? undefined

const Token = Schema.Struct({
  data: Schema.Struct({
    app_id: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Number]))),
    is_valid: Schema.Boolean,
    expires_at: Schema.optional(Schema.NullOr(Schema.Number)),
    data_access_expires_at: Schema.optional(Schema.NullOr(Schema.Number)),
    scopes: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
    error: Schema.optional(Schema.NullOr(Schema.Struct({ message: text })))
  })
})

/**
 * What the API says of an access token.
 *
 * @category models
 * @since 0.1.0
 */
export interface TokenInfo {
  readonly appId: string | undefined
  readonly isValid: boolean
  /** Why it is not valid. */
  readonly reason: string | undefined
  readonly permissions: ReadonlyArray<string>
  /** Epoch milliseconds; `null`: it does not end. */
  readonly expiresAt: number | null
}

/** @category requests @since 0.1.0 */
export const token = (
  caller: GraphApi.Caller
): Effect.Effect<TokenInfo, GraphApi.Failure, HttpClient.HttpClient> =>
  GraphApi.call(caller, Token, {
    method: "GET",
    path: "debug_token",
    query: { input_token: Redacted.value(caller.accessToken) }
  }).pipe(Effect.map(({ data }) => {
    const ends = [data.expires_at, data.data_access_expires_at].filter((at) => at != null && at > 0)
    return {
      appId: data.app_id == null ? undefined : String(data.app_id),
      isValid: data.is_valid,
      reason: data.error?.message ?? undefined,
      permissions: data.scopes ?? [],
      expiresAt: ends.length === 0 ? null : Math.min(...ends.map((at) => (at ?? 0) * 1000))
    }
  }))

const Subscriptions = Schema.Struct({
  data: Schema.Array(Schema.Struct({
    whatsapp_business_api_data: Schema.optional(Schema.NullOr(Schema.Struct({ id: text, name: text }))),
    override_callback_uri: text
  }))
})

/**
 * The apps that get webhooks of a business account.
 *
 * @category requests
 * @since 0.1.0
 */
export const subscribedApps = (
  caller: GraphApi.Caller,
  businessAccountId: string
): Effect.Effect<
  ReadonlyArray<{ readonly id: string; readonly name: string; readonly callback: string | null }>,
  GraphApi.Failure,
  HttpClient.HttpClient
> =>
  GraphApi.call(caller, Subscriptions, { method: "GET", path: `${businessAccountId}/subscribed_apps` }).pipe(
    Effect.map(({ data }) =>
      data.map(({ override_callback_uri: callback, whatsapp_business_api_data: app }) => ({
        id: app?.id ?? "",
        name: app?.name ?? "",
        callback: callback ?? null
      }))
    )
  )

const Numbers = Schema.Struct({
  data: Schema.Array(PhoneNumber),
  paging: GraphApi.Paging
})

/**
 * The numbers of a business account, one page.
 *
 * @category requests
 * @since 0.1.0
 */
export const list = (
  caller: GraphApi.Caller,
  businessAccountId: string,
  after?: string
): Effect.Effect<
  { readonly numbers: ReadonlyArray<PhoneNumber>; readonly after: string | null },
  GraphApi.Failure,
  HttpClient.HttpClient
> =>
  GraphApi.call(caller, Numbers, {
    method: "GET",
    path: `${businessAccountId}/phone_numbers`,
    query: { fields, limit: "100", ...optional("after", after) }
  }).pipe(Effect.map(({ data, paging }) => ({
    numbers: data,
    after: GraphApi.nextOf(paging)
  })))

const Owned = Schema.Struct({ owner_business_info: Schema.optional(Schema.NullOr(Schema.Struct({ id: text }))) })

/**
 * The business portfolio that a business account belongs to; `undefined` where the token may not see it.
 *
 * @see https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/
 * @category requests
 * @since 0.1.0
 */
export const portfolio = (
  caller: GraphApi.Caller,
  businessAccountId: string
): Effect.Effect<string | undefined, GraphApi.Failure, HttpClient.HttpClient> =>
  Effect.map(
    GraphApi.call(caller, Owned, { method: "GET", path: businessAccountId, query: { fields: "owner_business_info" } }),
    (account) => account.owner_business_info?.id ?? undefined
  )

const Success = Schema.Struct({ success: Schema.Union([Schema.Literal(true), Schema.Literal("true")]) })

/**
 * A change that is answered with success and nothing else.
 *
 * @category requests
 * @since 0.1.0
 */
export const change = (
  caller: GraphApi.Caller,
  path: string,
  body?: object,
  method: "POST" | "DELETE" = "POST"
): Effect.Effect<void, GraphApi.Failure, HttpClient.HttpClient> =>
  Effect.asVoid(GraphApi.call(caller, Success, { method, path, body }))

/**
 * Has a code sent to the number, or said to whoever answers it, in a language such as `en_US`.
 *
 * @category requests
 * @since 0.1.0
 */
export const requestCode = (
  caller: GraphApi.Caller,
  id: string,
  { language, method }: { readonly method: "SMS" | "VOICE"; readonly language: string }
): Effect.Effect<void, GraphApi.Failure, HttpClient.HttpClient> =>
  change(caller, `${id}/request_code`, { code_method: method, language })

/**
 * Proves with the code that the number is the business's.
 *
 * @category requests
 * @since 0.1.0
 */
export const verifyCode = (
  caller: GraphApi.Caller,
  id: string,
  code: Redacted.Redacted<string>
): Effect.Effect<void, GraphApi.Failure, HttpClient.HttpClient> =>
  change(caller, `${id}/verify_code`, { code: Redacted.value(code) })

/**
 * Registers a number for the Cloud API with its two-step PIN, which this also sets where there is none.
 *
 * @category requests
 * @since 0.1.0
 */
export const register = (
  caller: GraphApi.Caller,
  id: string,
  pin: Redacted.Redacted<string>
): Effect.Effect<void, GraphApi.Failure, HttpClient.HttpClient> =>
  change(caller, `${id}/register`, { messaging_product: "whatsapp", pin: Redacted.value(pin) })
