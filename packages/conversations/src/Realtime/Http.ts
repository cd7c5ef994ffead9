/**
 * The handlers of `RealtimeApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Realtime } from "../Realtime.ts"
import { RealtimeApi } from "./Api.ts"

const streamHeaders = HttpEffect.appendPreResponseHandler((_request, response) =>
  Effect.succeed(HttpServerResponse.setHeaders(response, {
    "cache-control": "no-store, no-transform",
    // Proxies of the nginx family would hold events back until their buffer is full.
    "x-accel-buffering": "no"
  }))
)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(RealtimeApi),
  "realtime",
  Effect.fn(function*(handlers) {
    const realtime = yield* Realtime
    return handlers.handleAll({
      events: ({ headers, query }) =>
        Effect.andThen(streamHeaders, realtime.stream(headers["last-event-id"] ?? query.after))
    })
  })
)
