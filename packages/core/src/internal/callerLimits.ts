/** Counts each request for whoever sent it, as soon as it is known who that is. */
import { Clock, Context, Effect } from "effect"
import { HttpServerRequest } from "effect/http"
import type { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { sessionCookie } from "../Authentication.ts"
import { TooManyRequests } from "../Problem.ts"
import { EndpointClass } from "../RateLimit.ts"
import { RateLimits } from "../RateLimits.ts"
import type { Subject } from "../RateLimits.ts"
import type { Actor, OrganizationId } from "../Tenancy.ts"
import * as Tokens from "../Tokens.ts"

/** Who calls, and for whom. */
export interface Counted {
  readonly actor: Actor
  readonly organizationId: OrganizationId
  /** A key's own limit. */
  readonly requestsPerMinute?: number | null | undefined
}

const subjectsOf = (
  { actor, organizationId, requestsPerMinute }: Counted,
  group: HttpApiGroup.Top,
  endpoint: HttpApiEndpoint.Top
): ReadonlyArray<Subject> => {
  const caller = actor._tag === "System" ? actor.name : actor.id
  const endpointClass = Context.get(Context.merge(group.annotations, endpoint.annotations), EndpointClass)
  const own = requestsPerMinute === null || requestsPerMinute === undefined
    ? {}
    : { rateLimit: { limit: requestsPerMinute, windowMillis: 60_000 } }
  return [
    { scope: actor._tag === "ApiKey" ? "api-key" : "user", subject: caller, organizationId, ...own },
    { scope: "organization", subject: organizationId, organizationId },
    ...(endpointClass === "heavy" ? [{ scope: endpointClass, subject: caller, organizationId }] : [])
  ]
}

const credentialOf = ({ cookies, headers: { authorization } }: HttpServerRequest.HttpServerRequest) =>
  authorization === undefined ? cookies[sessionCookie] : authorization

const keyOf = (credential: string) => Buffer.from(Tokens.hash(credential)).toString("base64")

export const make = Effect.gen(function*() {
  const limits = yield* RateLimits
  const refusals = new Map<string, { readonly until: number; readonly retryAt: number; readonly detail: string }>()

  const remember = (credential: string | undefined, { detail, retryAfterSeconds }: TooManyRequests) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      if (credential === undefined) return
      if (refusals.size >= maximumRefusals) refusals.clear()
      refusals.set(keyOf(credential), {
        until: now + Math.min(retryAfterSeconds * 1000, rememberedMillis),
        retryAt: now + retryAfterSeconds * 1000,
        detail: detail ?? "Too many requests."
      })
    })

  return {
    /** Refuses again who was refused a moment ago, without the database being asked who they are. */
    check: Effect.gen(function*() {
      if (refusals.size === 0) return
      const credential = credentialOf(yield* HttpServerRequest.HttpServerRequest)
      if (credential === undefined) return
      const key = keyOf(credential)
      const refusal = refusals.get(key)
      if (refusal === undefined) return
      const now = yield* Clock.currentTimeMillis
      if (refusal.until <= now) return void refusals.delete(key)
      const retryAfterSeconds = Math.max(1, Math.ceil((refusal.retryAt - now) / 1000))
      return yield* new TooManyRequests({ retryAfterSeconds, detail: refusal.detail })
    }),
    count: Effect.fnUntraced(function*(
      caller: Counted,
      group: HttpApiGroup.Top,
      endpoint: HttpApiEndpoint.Top
    ) {
      const request = yield* HttpServerRequest.HttpServerRequest
      yield* Effect.tapErrorTag(
        limits.take(subjectsOf(caller, group, endpoint)),
        "TooManyRequests",
        (refusal) => remember(credentialOf(request), refusal)
      )
    })
  }
})

const maximumRefusals = 10_000
// Whoever lifts a block, or ends a key, need not wait longer for it to show.
const rememberedMillis = 1000
