/**
 * Where providers deliver their webhooks: `GET` and `POST /v1/inbound/{channelAccountId}`. A delivery is verified on its
 * exact bytes, stored under its key and then acknowledged; everything else happens later.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Metric } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerResponse, ProblemDetails } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import { typeUri } from "@wicara/core/Problem"
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import { isOutage } from "@wicara/core/Sql"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import type { ResolvedAccount } from "./ChannelAccounts.ts"
import type { InboundRequest } from "./ChannelAdapter.ts"
import { InboundEvents } from "./InboundEvents.ts"
import { readBody, tooLarge as bodyTooLarge } from "./internal/readBody.ts"

/**
 * The largest body that is read, in bytes: the Cloud API sends at most 3 MiB.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxBodyBytes = 3 * 1024 * 1024

// The length is said: without it the empty answer would be sent in chunks.
const acknowledged = HttpServerResponse.empty({ status: 200, headers: { "content-length": "0" } })

const problem = (status: number, name: string, title: string, detail: string): HttpServerResponse.HttpServerResponse =>
  ProblemDetails.toResponse({ type: typeUri(name), status, title, detail })

const notFound = problem(404, "not-found", "Not found", "There is no channel account at this address.")
const unsupportedMediaType = problem(
  415,
  "unsupported-media-type",
  "Unsupported media type",
  "Deliver webhooks as application/json."
)
const tooLarge = problem(
  413,
  "payload-too-large",
  "Payload too large",
  `A webhook may have ${maxBodyBytes} bytes at most.`
)
const unreadable = problem(400, "malformed-webhook", "Malformed webhook", "The body could not be read.")
const unavailable = HttpServerResponse.setHeader(
  problem(503, "unavailable", "Service unavailable", "The webhook could not be stored. Deliver it again later."),
  "retry-after",
  "5"
)
const unauthorized = (reason: string) => problem(401, "invalid-signature", "Invalid signature", reason)
const malformed = (reason: string) => problem(400, "malformed-webhook", "Malformed webhook", reason)

const isJson = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType)

const queryOf = (url: string): Record<string, string> => {
  const start = url.indexOf("?")
  return start === -1 ? noQuery : Object.fromEntries(new URLSearchParams(url.slice(start + 1)))
}
const noQuery: Record<string, string> = {}
const noBody = new Uint8Array(0)

const toRequest = (request: HttpServerRequest.HttpServerRequest, body: Uint8Array): InboundRequest => ({
  headers: request.headers,
  query: queryOf(request.url),
  body
})

const path = "/v1/inbound/:channelAccountId"

/**
 * The two routes. Add it to the server's routes; it needs no signed-in caller.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter | ChannelAccounts | InboundEvents> = HttpRouter.use(
  Effect.fnUntraced(function*(router) {
    const accounts = yield* ChannelAccounts
    const events = yield* InboundEvents

    const deliver = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
      const { channelAccountId } = yield* HttpRouter.params
      const resolved = yield* accounts.lookup(channelAccountId ?? "")
      if (!isJson(request.headers["content-type"])) return unsupportedMediaType
      if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return tooLarge
      const body = yield* readBody(request, maxBodyBytes)
      if (body === bodyTooLarge) return tooLarge
      const inbound = toRequest(request, body)
      yield* Effect.tapErrorTag(
        resolved.adapter.verify(inbound, resolved.account),
        "InvalidSignature",
        ({ reason }) => unsigned(resolved, reason)
      )
      const { dedupeKey } = yield* resolved.adapter.identify(inbound)
      yield* events.ingest({
        organizationId: resolved.organizationId,
        channelAccountId: resolved.id,
        dedupeKey,
        body
      })
      return acknowledged
    })

    const handshake = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
      const { channelAccountId } = yield* HttpRouter.params
      const resolved = yield* accounts.lookup(channelAccountId ?? "")
      if (resolved.adapter.handshake === undefined) return notFound
      return HttpServerResponse.text(yield* resolved.adapter.handshake(toRequest(request, noBody), resolved.account))
    })

    yield* router.add("POST", path, (request) => answered(deliver(request)))
    yield* router.add("GET", path, (request) => answered(handshake(request)))
  })
)

const unsignedTotal = Metric.counter("wicara_inbound_unsigned", { incremental: true })

/** Somebody who knows the address and not the secret, or a secret that was changed on one side only. */
const unsigned = Effect.fnUntraced(function*(account: Pick<ResolvedAccount, "id" | "organizationId">, reason: string) {
  const { address } = yield* RequestOrigin.current
  yield* Metric.update(unsignedTotal, 1)
  yield* Effect.annotateLogs(Effect.logWarning("A webhook was refused"), {
    address,
    channelAccountId: account.id,
    organizationId: account.organizationId,
    reason
  })
})

const answered = <E extends { readonly _tag: string }, R>(
  handler: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchCause(handler, (cause) => {
    const failure = cause.reasons.find(Cause.isFailReason)
    if (failure !== undefined) return Effect.succeed(toResponse(failure.error))
    // The provider delivers again what was not acknowledged, so an outage must never look like a refusal.
    if (isOutage(cause)) {
      return Effect.succeed(unavailable)
    }
    return Effect.failCause(cause as Cause.Cause<never>)
  })

const toResponse = (error: { readonly _tag: string }): HttpServerResponse.HttpServerResponse => {
  switch (error._tag) {
    case "NotFound":
      return notFound
    case "InvalidSignature":
      return unauthorized("reason" in error ? String(error.reason) : "The signature is missing or wrong.")
    case "MalformedInbound":
      return malformed("reason" in error ? String(error.reason) : "The body is not a webhook of this channel.")
    case "HttpServerError":
      return unreadable
    default:
      return unavailable
  }
}
