/**
 * What operators and tools ask of the server itself: liveness, readiness, metrics, the API's description.
 *
 * @since 0.1.0
 */
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerError, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { Health } from "../Health.ts"
import { ServerConfig } from "../ServerConfig.ts"
import * as Docs from "./Docs.ts"

const live = HttpRouter.add("GET", "/health/live", HttpServerResponse.jsonUnsafe({ status: "ok" }))

const ready = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const health = yield* Health
  yield* router.add(
    "GET",
    "/health/ready",
    Effect.map(health.check, (report) =>
      HttpServerResponse.jsonUnsafe(report, {
        status: report.status === "ok" ? 200 : 503
      }))
  )
}))

/** For those alone who look after the server: whoever else asks is told nothing of it. */
const metrics = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const { metricsFrom } = yield* ServerConfig
  yield* router.add(
    "GET",
    "/metrics",
    Effect.fnUntraced(function*(request) {
      const { address, isLocal } = yield* RequestOrigin.current
      if (!isLocal && (address === undefined || !metricsFrom.includes(address))) {
        return yield* new HttpServerError.HttpServerError({ reason: new HttpServerError.RouteNotFound({ request }) })
      }
      return HttpServerResponse.text(yield* PrometheusMetrics.format({ prefix: "wicara" }), {
        contentType: "text/plain; version=0.0.4; charset=utf-8"
      })
    })
  )
}))

/**
 * The system routes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.mergeAll(
  live,
  ready,
  Docs.layer,
  metrics
)
