import { header } from "@wicara/core/Idempotency"
import { typeUri } from "@wicara/core/Problem"
import { DateTime, Duration, Effect, Random, Result, Schema } from "effect"
import { Headers, HttpClient } from "effect/http"
import type { HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"

type Request = HttpClientRequest.HttpClientRequest
type Response = HttpClientResponse.HttpClientResponse

/** Whether sending the request twice does what sending it once does. */
const isRepeatable = (request: Request): boolean =>
  ["GET", "HEAD", "PUT", "DELETE"].includes(request.method) || request.headers[header] !== undefined

const isInFlight = Schema.is(Schema.Struct({ type: Schema.Literal(typeUri("idempotency-key-in-flight")) }))

/** Whether the server asks for the request once more, a little later. */
const asksAgain = (request: Request, response: Response): Effect.Effect<boolean> => {
  if (response.status === 429 || response.status === 503) return Effect.succeed(true)
  if (response.status !== 409 || request.headers[header] === undefined) return Effect.succeed(false)
  return Effect.orElseSucceed(Effect.map(response.json, isInFlight), () => false)
}

/** What `Retry-After` asks to wait, if it says. */
const askedWait = (response: Response): Effect.Effect<Duration.Duration> =>
  Effect.map(DateTime.now, (now) => {
    const text = response.headers["retry-after"]
    const parsed = text === undefined ? undefined : Headers.parseRetryAfter(text)
    if (parsed === undefined || Result.isFailure(parsed)) return Duration.zero
    return parsed.success._tag === "Duration"
      ? parsed.success.duration
      : Duration.max(Duration.zero, DateTime.distance(now, parsed.success.dateTime))
  })

const ownWait = (attempt: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.nextBetween(0.5, 1), (jitter) => Duration.millis(Math.min(200 * 2 ** attempt, 5000) * jitter))

/** Repeats what may be repeated when the server is away, busy or asks for it. */
export const repeating = (options: {
  readonly times: number
  readonly maxWait: Duration.Duration
}) => {
  const attempt = <E extends HttpClientError.HttpClientError, R>(
    effect: Effect.Effect<Response, E, R>,
    request: Request,
    n: number
  ): Effect.Effect<Response, E, R> => {
    if (n >= options.times || !isRepeatable(request)) return effect
    const again = (wait: Duration.Duration) => Effect.andThen(Effect.sleep(wait), attempt(effect, request, n + 1))
    return Effect.matchEffect(effect, {
      onSuccess: Effect.fnUntraced(function*(response) {
        if (!(yield* asksAgain(request, response))) return response
        const wait = Duration.max(yield* askedWait(response), yield* ownWait(n))
        if (Duration.isGreaterThan(wait, options.maxWait)) return response
        // An answer that is not read to its end would keep its connection.
        yield* Effect.ignore(response.text)
        return yield* again(wait)
      }),
      onFailure: (error) =>
        error.reason._tag === "TransportError" ? Effect.flatMap(ownWait(n), again) : Effect.fail(error)
    })
  }
  return HttpClient.transform((
    effect: Effect.Effect<Response, HttpClientError.HttpClientError>,
    request
  ) => attempt(effect, request, 0))
}
