/**
 * Handlers of `RateLimitsApi`, and the middleware that counts the requests of each address.
 *
 * @since 0.1.0
 */
import { Context, Duration, Effect } from "effect"
import type { Layer } from "effect"
import { FindMyWay, HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import type { HttpApiGroup } from "effect/http-api"
import { EndpointClass } from "../RateLimit.ts"
import type { Decision } from "../RateLimit.ts"
import { RateLimits, RequestDecisions } from "../RateLimits.ts"
import type { Subject } from "../RateLimits.ts"
import { networkOf, RequestOrigin } from "../RequestOrigin.ts"
import { RateLimitsApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(RateLimitsApi),
  "rateLimits",
  Effect.fnUntraced(function*(handlers) {
    const limits = yield* RateLimits
    return handlers.handleAll({
      violations: ({ query }) => limits.violations(query),
      blocks: ({ query }) => limits.blocks(query),
      block: ({ payload: { minutes, ...block } }) =>
        limits.block({ ...block, duration: minutes === undefined ? undefined : Duration.minutes(minutes) }),
      unblock: ({ params }) => limits.unblock(params.blockId)
    })
  })
)

const signInPaths = <Id extends string, Groups extends HttpApiGroup.Constraint>(api: HttpApi.HttpApi<Id, Groups>) => {
  const paths = FindMyWay.make<true>()
  HttpApi.reflect(api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, group }) => {
      if (Context.get(Context.merge(group.annotations, endpoint.annotations), EndpointClass) !== "sign-in") return
      paths.on(endpoint.method, endpoint.path as FindMyWay.PathInput, true)
    }
  })
  return paths
}

/**
 * The fields `RateLimit-Policy` and `RateLimit` of an answer: every limit that counted the request.
 *
 * @category conversions
 * @since 0.1.0
 */
export const headers = (decisions: ReadonlyArray<Decision>): Readonly<Record<string, string>> => ({
  "ratelimit-policy": decisions.map(({ rateLimit, scope }) =>
    `"${scope}";q=${rateLimit.limit};w=${Math.ceil(rateLimit.windowMillis / 1000)}`
  ).join(", "),
  ratelimit: decisions.map(({ remaining, resetMillis, scope }) =>
    `"${scope}";r=${remaining};t=${Math.ceil(resetMillis / 1000)}`
  ).join(", ")
})

/**
 * Counts every request below `prefix`, but for those below one of `except`, for the address that it comes from, and
 * those to endpoints of the class `sign-in` once more; what comes from this machine itself is not counted. Answers, also
 * those of endpoints that count their callers, get their `RateLimit` fields here. It belongs after `RequestOrigin.layer`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerGuard = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>,
  options: { readonly prefix: `/${string}`; readonly except: ReadonlyArray<`/${string}`> }
): Layer.Layer<never, never, HttpRouter.HttpRouter | RateLimits> => {
  const signIn = signInPaths(api)
  return HttpRouter.use(Effect.fnUntraced(function*(router) {
    const limits = yield* RateLimits

    const subjectsOf = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
      const origin = yield* RequestOrigin
      if (origin?.address === undefined || origin.isLocal) return []
      const subject = networkOf(origin.address)
      const subjects: Array<Subject> = [{ scope: "address", subject }]
      if (signIn.find(request.method, request.url) !== undefined) subjects.push({ scope: "sign-in", subject })
      return subjects
    })

    yield* router.addGlobalMiddleware((effect) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
        if (!request.url.startsWith(options.prefix) || options.except.some((path) => request.url.startsWith(path))) {
          return effect
        }
        const decisions: Array<Decision> = []
        return Effect.flatMap(subjectsOf(request), limits.take).pipe(
          Effect.matchEffect({ onSuccess: () => effect, onFailure: HttpServerRespondable.toResponse }),
          Effect.map((response) =>
            decisions.length === 0 ? response : HttpServerResponse.setHeaders(response, headers(decisions))
          ),
          Effect.provideService(RequestDecisions, decisions)
        )
      })
    )
  }))
}
