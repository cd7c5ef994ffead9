/**
 * The handlers of `WahaActivityApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { WahaFigures } from "../WahaFigures.ts"
import { WahaLimits } from "../WahaLimits.ts"
import { WahaRequests } from "../WahaRequests.ts"
import { WahaActivityApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WahaActivityApi),
  "wahaActivity",
  Effect.fn(function*(handlers) {
    const requests = yield* WahaRequests
    const limits = yield* WahaLimits
    const figures = yield* WahaFigures
    return handlers.handleAll({
      requests: ({ params, query }) => requests.list(params.id, query),
      limits: ({ params }) => Effect.map(limits.list(params.id), (data) => ({ data })),
      figures: ({ params, query }) => Effect.map(figures.list(params.id, query), (data) => ({ data }))
    })
  })
)
