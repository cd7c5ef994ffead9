/**
 * The handlers of `WahaOperationsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { WahaFeatures } from "../WahaFeatures.ts"
import { WahaOperations } from "../WahaOperations.ts"
import { WahaOperationsApi } from "./Api.ts"

const listed = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.map(effect, (data) => ({ data }))

/** It is of now, and for whoever asked for it. */
const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff" }

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WahaOperationsApi),
  "wahaOperations",
  Effect.fn(function*(handlers) {
    const operations = yield* WahaOperations
    const features = yield* WahaFeatures
    return handlers.handleAll({
      channels: ({ params }) => listed(operations.channels(params.id)),
      channel: ({ params }) => operations.channel(params.id, params.channelId),
      screenshot: ({ params }) =>
        Effect.map(
          operations.screenshot(params.id),
          (bytes) => HttpServerResponse.uint8Array(bytes, { contentType: "image/png", headers })
        ),
      features: ({ params }) => listed(features.list(params.id)),
      server: ({ params }) => operations.server(params.id),
      keys: ({ params }) => listed(operations.keys(params.id)),
      createKey: ({ params, payload }) => operations.createKey(params.id, payload),
      updateKey: ({ params, payload }) => operations.updateKey(params.id, params.keyId, payload),
      deleteKey: ({ params }) => operations.deleteKey(params.id, params.keyId)
    })
  })
)
