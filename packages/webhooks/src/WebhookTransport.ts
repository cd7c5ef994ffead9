/**
 * The port to the receivers of webhooks.
 *
 * @since 0.1.0
 */
import { CurrentOutboundAddresses } from "@wicara/core/OutboundAddresses"
import { Context, DateTime, Effect, Layer, Option, Predicate, Stream } from "effect"
import type { Duration } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import { urlProblem } from "./internal/endpointRules.ts"

/**
 * What is posted.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebhookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What became of it.
 *
 * @category models
 * @since 0.1.0
 */
export type WebhookOutcome =
  | {
    readonly _tag: "Answered"
    readonly status: number
    /** The first 2 KiB of the answer. */
    readonly response: string
    readonly retryAfterMillis: number | undefined
  }
  | { readonly _tag: "Unanswered"; readonly error: "timeout" | "connection" | "refused_address" }

/**
 * @category models
 * @since 0.1.0
 */
export interface WebhookTransportOptions {
  /** How long a receiver may take, from the connection to the end of its answer (15 seconds). */
  readonly timeout?: Duration.Input | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class WebhookTransport extends Context.Service<WebhookTransport, {
  readonly post: (request: WebhookRequest) => Effect.Effect<WebhookOutcome>
}>()("@wicara/webhooks/WebhookTransport") {
  /**
   * Posts with the HTTP client, which has to refuse what is not to be called as it connects (see `OutboundAddresses`).
   * Redirects are not followed.
   *
   * @since 0.1.0
   */
  static readonly layer = (
    options?: WebhookTransportOptions
  ): Layer.Layer<WebhookTransport, never, HttpClient.HttpClient> =>
    Layer.effect(
      WebhookTransport,
      Effect.gen(function*() {
        const client = yield* HttpClient.HttpClient
        const addresses = yield* CurrentOutboundAddresses
        const timeout = options?.timeout ?? "15 seconds"
        return WebhookTransport.of({
          post: Effect.fn("WebhookTransport.post")(function*({ body, headers, url }) {
            if (urlProblem(addresses, url) !== undefined) return unanswered("refused_address")
            const request = HttpClientRequest.post(url, { headers, body: HttpBody.text(body, "application/json") })
            return yield* Effect.flatMap(client.execute(request), answered).pipe(
              Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.succeed(unanswered("timeout")) }),
              Effect.catch((error) => Effect.succeed(unanswered(isRefused(error) ? "refused_address" : "connection"))),
              // Who traces here is none of the receiver's business.
              Effect.provideService(HttpClient.TracerPropagationEnabled, false)
            )
          })
        })
      })
    )
}

const unanswered = (error: "timeout" | "connection" | "refused_address"): WebhookOutcome => ({
  _tag: "Unanswered",
  error
})

const kept = 2048
const longest = 65_536

/** Reads on behind what is kept, so that the connection can be used again, but not for ever. */
const answered = Effect.fnUntraced(function*(response: HttpClientResponse.HttpClientResponse) {
  let first = Buffer.alloc(0)
  let read = 0
  yield* Stream.runForEachWhile(response.stream, (chunk) =>
    Effect.sync(() => {
      if (first.length < kept) first = Buffer.concat([first, chunk]).subarray(0, kept)
      read += chunk.length
      return read < longest
    })).pipe(
      // The status has been read: a body that breaks off takes nothing from it.
      Effect.ignore
    )
  return {
    _tag: "Answered",
    status: response.status,
    response: first.toString("utf8"),
    retryAfterMillis: retryAfter(response.headers["retry-after"], response.headers["date"])
  } satisfies WebhookOutcome
})

/** Seconds, or a date: of the receiver's own clock. */
const retryAfter = (value: string | undefined, date: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  if (/^\d{1,7}$/.test(value)) return Number(value) * 1000
  const at = DateTime.make(value)
  const now = DateTime.make(date ?? "")
  return Option.isNone(at) || Option.isNone(now)
    ? undefined
    : Math.max(0, at.value.epochMilliseconds - now.value.epochMilliseconds)
}

const isRefused = ({ reason }: HttpClientError.HttpClientError): boolean => {
  let cause: unknown = reason.cause
  for (let depth = 0; depth < 4; depth++) {
    if (Predicate.isTagged(cause, "AddressRefused")) return true
    if (!Predicate.hasProperty(cause, "cause")) return false
    cause = cause.cause
  }
  return false
}
