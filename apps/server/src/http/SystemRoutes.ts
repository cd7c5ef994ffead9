/**
 * What operators and tools ask of the server itself: liveness, readiness, metrics, the API's description.
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar, OpenApi } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { Api } from "@wicara/client/Api"
import { Health } from "../Health.ts"

const live = HttpRouter.add("GET", "/health/live", HttpServerResponse.jsonUnsafe({ status: "ok" }))

const ready = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const health = yield* Health
  yield* router.add(
    "GET",
    "/health/ready",
    Effect.map(health.check, (report) =>
      HttpServerResponse.jsonUnsafe(report, {
        status: report.status === "ok" ? 200 : 503,
        headers: { "cache-control": "no-store" }
      }))
  )
}))

const openApi = HttpRouter.add(
  "GET",
  "/openapi.json",
  Effect.sync(() => HttpServerResponse.jsonUnsafe(OpenApi.fromApi(Api)))
)

/**
 * The system routes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.mergeAll(
  live,
  ready,
  openApi,
  HttpApiScalar.layer(Api, { path: "/docs" }),
  PrometheusMetrics.layerHttp({ path: "/metrics", prefix: "wicara" })
)
