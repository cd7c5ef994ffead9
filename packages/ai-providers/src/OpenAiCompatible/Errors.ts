/**
 * Failures of OpenAI-compatible servers as `AiError`.
 *
 * @since 0.1.0
 */
import { Clock, Duration, Effect, Option, Result, Schema } from "effect"
import { AiError } from "effect/ai"
import { Headers } from "effect/http"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import * as Wire from "./Wire.ts"

const module = "OpenAiCompatible"

/** @category constructors @since 0.1.0 */
export const make = (method: string, reason: AiError.AiErrorReason): AiError.AiError =>
  AiError.make({ module, method, reason })

const decodeBody = Schema.decodeUnknownOption(Schema.fromJsonString(Wire.ErrorBody))

/** @category conversions @since 0.1.0 */
export const detailOf = (body: Wire.ErrorBody | { readonly error?: Wire.ErrorBody["error"] }): Wire.ErrorDetail => {
  const { error } = body
  if (typeof error === "string") return { message: error }
  return error ?? { message: "message" in body ? body.message ?? null : null }
}

const durationPattern = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g
const unitMillis: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `6m0s`, `250ms`, or seconds without a unit. */
const parseReset = (text: string): number | undefined => {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000
  let total = 0
  let found = false
  for (const [, amount, unit] of text.matchAll(durationPattern)) {
    found = true
    total += Number(amount) * (unitMillis[unit ?? "s"] ?? 1000)
  }
  return found ? total : undefined
}

/**
 * How long the server asks to wait: `retry-after-ms`, `retry-after` (seconds or a date), else the reset of the limit
 * that is used up.
 *
 * @category conversions
 * @since 0.1.0
 */
export const retryAfter = (headers: Headers.Headers, now: number): Duration.Duration | undefined => {
  const millis = Number(headers["retry-after-ms"])
  if (headers["retry-after-ms"] !== undefined && Number.isFinite(millis)) return Duration.millis(Math.max(0, millis))
  const standard = headers["retry-after"]
  if (standard !== undefined) {
    const parsed = Headers.parseRetryAfter(standard)
    if (Result.isSuccess(parsed)) return Headers.retryAfterDelay(parsed.success, now)
    const seconds = Number(standard)
    if (Number.isFinite(seconds)) return Duration.millis(Math.max(0, seconds * 1000))
  }
  const resets = ["requests", "tokens"].flatMap((limit) => {
    const reset = headers[`x-ratelimit-reset-${limit}`]
    const wait = reset === undefined || headers[`x-ratelimit-remaining-${limit}`] !== "0"
      ? undefined
      : parseReset(reset)
    return wait === undefined ? [] : [wait]
  })
  return resets.length === 0 ? undefined : Duration.millis(Math.max(...resets))
}

const contextHeaders: ReadonlyArray<string> = [
  "x-request-id",
  "retry-after",
  "retry-after-ms",
  "openai-processing-ms",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-remaining-tokens",
  "content-type"
]

/**
 * Maps the status and body of an error answer. A quota that is used up is not retryable, a rate limit is; a prompt that
 * is too long or breaks the provider's policy is neither.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromStatus = (options: {
  readonly status: number
  readonly detail: Wire.ErrorDetail
  readonly headers: Headers.Headers
  readonly body: string
  readonly now: number
}): AiError.AiErrorReason => {
  const { detail, status } = options
  const code = detail.code === undefined || detail.code === null ? detail.type ?? undefined : String(detail.code)
  const description = detail.message ?? undefined
  const http = {
    response: {
      status,
      headers: Object.fromEntries(
        contextHeaders.flatMap((name) => {
          const value = options.headers[name]
          return value === undefined ? [] : [[name, value]]
        })
      )
    },
    body: options.body.slice(0, 2000)
  }
  const metadata = code === undefined ? {} : { code }
  const common = { http, metadata, ...(description === undefined ? {} : { description }) }
  if (code === "insufficient_quota" || detail.type === "insufficient_quota" || status === 402) {
    return new AiError.QuotaExhaustedError({ http, metadata })
  }
  if (code === "content_filter" || code === "content_policy_violation" || code === "moderation_blocked") {
    return new AiError.ContentPolicyError({ http, metadata, description: description ?? code })
  }
  switch (status) {
    case 401:
      return new AiError.AuthenticationError({ kind: "InvalidKey", ...common })
    case 403:
      return new AiError.AuthenticationError({ kind: "InsufficientPermissions", ...common })
    case 429: {
      const wait = retryAfter(options.headers, options.now)
      return new AiError.RateLimitError({ http, metadata, ...(wait === undefined ? {} : { retryAfter: wait }) })
    }
    case 408:
    case 409:
      return new AiError.InternalProviderError({ http, metadata, description: description ?? `HTTP ${status}` })
  }
  if (status >= 500) {
    return new AiError.InternalProviderError({ http, metadata, description: description ?? `HTTP ${status}` })
  }
  if (status >= 400) {
    return new AiError.InvalidRequestError({
      ...common,
      ...(typeof detail.param === "string" ? { parameter: detail.param } : {}),
      ...(code === undefined ? {} : { constraint: code })
    })
  }
  return new AiError.UnknownError(common)
}

/**
 * Reads an answer whose status is not 2xx.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromResponse = Effect.fnUntraced(
  function*(method: string, response: HttpClientResponse.HttpClientResponse) {
    const body = yield* Effect.orElseSucceed(response.text, () => "")
    const now = yield* Clock.currentTimeMillis
    const detail = Option.match(decodeBody(body), { onNone: (): Wire.ErrorDetail => ({}), onSome: detailOf })
    return make(method, fromStatus({ status: response.status, detail, headers: response.headers, body, now }))
  }
)

/**
 * An error that arrived with status 200, in the body or in the middle of a stream.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromDetail = (method: string, detail: Wire.ErrorDetail, now: number): AiError.AiError => {
  const code = typeof detail.code === "number" ? detail.code : Number(detail.code)
  const status = Number.isInteger(code) && code >= 400 && code < 600
    ? code
    : /rate_limit/.test(`${detail.code} ${detail.type}`)
    ? 429
    : /invalid_request|context_length/.test(`${detail.code} ${detail.type}`)
    ? 400
    : 500
  return make(method, fromStatus({ status, detail, headers: Headers.empty, body: "", now }))
}

/** @category conversions @since 0.1.0 */
export const fromHttpClient = (method: string, error: HttpClientError.HttpClientError): AiError.AiError => {
  const { reason } = error
  switch (reason._tag) {
    case "TransportError":
    case "EncodeError":
    case "InvalidUrlError":
      return make(
        method,
        new AiError.NetworkError({
          reason: reason._tag,
          method: reason.request.method,
          url: reason.request.url,
          description: reason.description
        })
      )
    default:
      return make(method, new AiError.InvalidResponseError({ description: error.message }))
  }
}

/** @category constructors @since 0.1.0 */
export const timedOut = (method: string, url: string, after: Duration.Duration): AiError.AiError =>
  make(
    method,
    new AiError.NetworkError({
      reason: "TransportError",
      method: "POST",
      url,
      description: `No answer within ${Duration.format(after)}`
    })
  )

/** @category constructors @since 0.1.0 */
export const invalid = (method: string, description: string): AiError.AiError =>
  make(method, new AiError.InvalidResponseError({ description }))
