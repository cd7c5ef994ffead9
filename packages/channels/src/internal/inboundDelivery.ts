import { Cause, Clock, Effect, Metric, Result } from "effect"
import { typeUri } from "@wicara/core/Problem"
import { isOutage } from "@wicara/core/Sql"
import { ChannelAccounts } from "../ChannelAccounts.ts"
import type { PreviousCredentials, ResolvedAccount } from "../ChannelAccounts.ts"
import type { InboundRequest } from "../ChannelAdapter.ts"
import { InboundEvents } from "../InboundEvents.ts"
import type { IncomingEvent } from "../InboundEvents.ts"
import { tooLarge as bodyTooLarge } from "./readBody.ts"
import { urlKeyName } from "./webhookUrl.ts"

export { prefix } from "./webhookUrl.ts"

/** The Cloud API sends at most 3 MiB. */
export const maxBodyBytes = 3 * 1024 * 1024

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
}

/** A request that is answered with a problem, and never acknowledged. */
export class Refused {
  readonly _tag = "Refused"
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
  /** Whose secret the request was not signed with. */
  readonly unsigned: ResolvedAccount | undefined
  constructor(
    problem: Problem,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly unsigned?: ResolvedAccount } = {}
  ) {
    this.problem = problem
    this.headers = options.headers ?? {}
    this.unsigned = options.unsigned
  }
}

const problem = (status: number, name: string, title: string, detail: string): Problem => ({
  type: typeUri(name),
  title,
  status,
  detail
})

const notFound = new Refused(problem(404, "not-found", "Not found", "There is no channel account at this address."))
const unsupportedMediaType = new Refused(
  problem(415, "unsupported-media-type", "Unsupported media type", "Deliver webhooks as application/json.")
)
const tooLarge = new Refused(
  problem(413, "payload-too-large", "Payload too large", `A webhook may have ${maxBodyBytes} bytes at most.`)
)
const unreadable = new Refused(problem(400, "malformed-webhook", "Malformed webhook", "The body could not be read."))
export const unavailable = new Refused(
  problem(503, "unavailable", "Service unavailable", "The webhook could not be stored. Deliver it again later."),
  { headers: { "retry-after": "5" } }
)
const malformed = (reason: string) => new Refused(problem(400, "malformed-webhook", "Malformed webhook", reason))
const unsigned = (reason: string, account: ResolvedAccount | undefined) =>
  new Refused(problem(401, "invalid-signature", "Invalid signature", reason), account && { unsigned: account })

const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i
const isJson = (contentType: string | undefined): boolean =>
  contentType === "application/json" || (contentType !== undefined && json.test(contentType))

const noQuery: Record<string, string> = {}
const queryOf = (url: string): Record<string, string> => {
  const start = url.indexOf("?")
  return start === -1 ? noQuery : Object.fromEntries(new URLSearchParams(url.slice(start + 1)))
}
const noBody = new Uint8Array(0)

/** A request as any server has it. */
export interface Arrival {
  readonly headers: InboundRequest["headers"]
  readonly url: string
  readonly body: Effect.Effect<Uint8Array | typeof bodyTooLarge, { readonly _tag: "HttpServerError" }>
}

/** What happens to a delivery, whatever server it came through. */
export interface Delivery {
  /** Believes a delivery, and names it. */
  readonly accept: (channelAccountId: string, arrival: Arrival) => Effect.Effect<IncomingEvent, Refused>
  /** Returns when it is durable. */
  readonly store: (event: IncomingEvent) => Effect.Effect<void, Refused>
  /** The text that answers the provider's verification request. */
  readonly handshake: (channelAccountId: string, arrival: Omit<Arrival, "body">) => Effect.Effect<string, Refused>
}

export const make: Effect.Effect<Delivery, never, ChannelAccounts | InboundEvents> = Effect.gen(function*() {
  const accounts = yield* ChannelAccounts
  const events = yield* InboundEvents
  return {
    accept: (channelAccountId, { body: reading, headers, url }) =>
      refused(Effect.flatMapEager(accounts.lookup(channelAccountId), (resolved) => {
        const query = queryOf(url)
        const key = keyOf(resolved, query)
        if (key === undefined) return Effect.fail(notFound)
        if (!isJson(headers["content-type"])) return Effect.fail(unsupportedMediaType)
        if (Number(headers["content-length"] ?? 0) > maxBodyBytes) return Effect.fail(tooLarge)
        return Effect.flatMapEager(
          reading,
          (body) =>
            body === bodyTooLarge
              ? Effect.fail(tooLarge)
              : believe(accounts, resolved, { headers, query, body }, key)
        )
      })),
    store: (event) => refused(events.ingest(event)),
    handshake: Effect.fnUntraced(function*(channelAccountId, { headers, url }) {
      const resolved = yield* accounts.lookup(channelAccountId)
      const { adapter, previous } = resolved
      const request = { headers, query: queryOf(url), body: noBody }
      if (adapter.handshake === undefined || keyOf(resolved, request.query) === undefined) {
        return yield* Effect.fail(notFound)
      }
      const { handshake } = adapter
      return yield* Effect.catch(
        handshake(request, resolved.account),
        (error) => previous === null ? Effect.fail(error) : handshake(request, previous.account)
      )
    }, refused)
  }
})

/** In constant time: how long it takes says nothing of what is right. */
const same = (given: string | undefined, wanted: string): boolean => {
  if (given === undefined || given.length !== wanted.length) return false
  let difference = 0
  for (let at = 0; at < wanted.length; at++) difference |= given.charCodeAt(at) ^ wanted.charCodeAt(at)
  return difference === 0
}

/** Which of an account's addresses was called; `undefined`: none of them. */
const keyOf = (
  { previous, urlKey }: ResolvedAccount,
  query: InboundRequest["query"]
): "current" | "previous" | undefined => {
  if (urlKey === null || same(query[urlKeyName], urlKey)) return "current"
  if (previous === null) return undefined
  return previous.urlKey === null || same(query[urlKeyName], previous.urlKey) ? "previous" : undefined
}

/** The eager combinators cost nothing where an adapter decides at once, as most do. */
const believe = (
  accounts: ChannelAccounts["Service"],
  resolved: ResolvedAccount,
  request: InboundRequest,
  key: "current" | "previous"
) => {
  const { account, adapter, id, organizationId, previous } = resolved
  const verified = previous === null
    ? Effect.mapErrorEager(adapter.verify(request, account), ({ reason }) => unsigned(reason, resolved))
    : verifyRotated(accounts, resolved, previous, request, key)
  return Effect.flatMapEager(verified, () =>
    Effect.mapEager(
      adapter.identify(request),
      ({ dedupeKey }): IncomingEvent => ({ organizationId, channelAccountId: id, dedupeKey, body: request.body })
    ))
}

/** Until a rotation is over the old signature is as good as the new one, whose first use begins the end of the old. */
const verifyRotated = Effect.fnUntraced(function*(
  accounts: ChannelAccounts["Service"],
  resolved: ResolvedAccount,
  previous: PreviousCredentials,
  request: InboundRequest,
  key: "current" | "previous"
) {
  const { account, adapter } = resolved
  const now = yield* Clock.currentTimeMillis
  const isOver = now >= previous.until
  if (isOver && key === "previous") return yield* Effect.fail(notFound)
  const current = yield* Effect.result(adapter.verify(request, account))
  if (Result.isFailure(current)) {
    const { reason } = current.failure
    if (isOver) return yield* Effect.fail(unsigned(reason, resolved))
    return yield* Effect.mapError(adapter.verify(request, previous.account), () => unsigned(reason, resolved))
  }
  if (key === "current" && !previous.takenOver) yield* Effect.ignoreCause(accounts.takeOver(resolved))
})

const unsignedTotal = Metric.counter("wicara_inbound_unsigned", { incremental: true })

/** Somebody who knows the address and not the secret, or a secret that was changed on one side only. */
export const noteUnsigned = Effect.fnUntraced(function*({ problem, unsigned }: Refused, address: string | undefined) {
  if (unsigned === undefined) return
  yield* Metric.update(unsignedTotal, 1)
  yield* Effect.annotateLogs(Effect.logWarning("A webhook was refused"), {
    address,
    channelAccountId: unsigned.id,
    organizationId: unsigned.organizationId,
    reason: problem.detail
  })
})

const refused = <A, E extends { readonly _tag: string }, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Refused, R> =>
  Effect.catchCause(effect, (cause) => {
    const failure = cause.reasons.find(Cause.isFailReason)
    if (failure !== undefined) return Effect.fail(toRefused(failure.error))
    // The provider delivers again what was not acknowledged, so an outage must never look like a refusal.
    if (isOutage(cause)) return Effect.fail(unavailable)
    return Effect.failCause(cause as Cause.Cause<never>)
  })

const toRefused = (error: { readonly _tag: string }): Refused => {
  if (error instanceof Refused) return error
  switch (error._tag) {
    case "NotFound":
      return notFound
    case "InvalidSignature":
      return unsigned("reason" in error ? String(error.reason) : "The signature is missing or wrong.", undefined)
    case "MalformedInbound":
      return malformed("reason" in error ? String(error.reason) : "The body is not a webhook of this channel.")
    case "HttpServerError":
      return unreadable
    default:
      return unavailable
  }
}
