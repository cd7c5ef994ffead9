/**
 * Which request and which trace the running code belongs to, as a text that is stored with work done later (jobs, events,
 * messages on their way) and taken up again by whoever does it: one trace leads from a request to what it made a provider
 * do, through any number of processes.
 *
 * @since 0.1.0
 */
import { Effect, Option, Tracer } from "effect"
import { Headers, HttpTraceContext } from "effect/http"
import * as RequestId from "./RequestId.ts"

/**
 * The longest stored text, characters.
 *
 * @category constants
 * @since 0.1.0
 */
export const maximumLength = 190

/**
 * The W3C `traceparent` of the current span and the request's id after a space, either of which may be absent; `null`
 * when there is neither.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 * @category accessors
 * @since 0.1.0
 */
export const current: Effect.Effect<string | null> = Effect.gen(function*() {
  const span = yield* Effect.serviceOption(Tracer.ParentSpan)
  const requestId = yield* RequestId.RequestId
  const traceparent = Option.match(span, {
    onNone: () => "",
    onSome: ({ sampled, spanId, traceId }) => `00-${traceId.padStart(32, "0")}-${spanId}-${sampled ? "01" : "00"}`
  })
  const text = `${traceparent} ${requestId ?? ""}`.trimEnd()
  return text === "" ? null : text.slice(0, maximumLength)
})

/**
 * Runs the effect as a part of the stored request and trace.
 *
 * @category running
 * @since 0.1.0
 */
export const resume = (stored: string | null | undefined) => <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  if (stored === null || stored === undefined) return effect
  const [traceparent = "", requestId = ""] = stored.split(" ")
  const parent = HttpTraceContext.w3c(Headers.fromRecordUnsafe({ traceparent }))
  const traced = Option.isSome(parent) ? Effect.withParentSpan(effect, parent.value) : effect
  return requestId === "" ? traced : traced.pipe(
    Effect.provideService(RequestId.RequestId, requestId),
    Effect.annotateLogs({ requestId })
  )
}

/**
 * Continues the trace that a request's headers name, unless a span was begun for it already.
 *
 * @category running
 * @since 0.1.0
 */
export const continueFrom = (headers: Headers.Headers) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.serviceOption(Tracer.ParentSpan), (span) => {
    if (Option.isSome(span)) return effect
    const parent = HttpTraceContext.fromHeaders(headers)
    return Option.isSome(parent) ? Effect.withParentSpan(effect, parent.value) : effect
  }) as Effect.Effect<A, E, R>
