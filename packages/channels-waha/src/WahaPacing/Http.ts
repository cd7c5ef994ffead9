/**
 * The handlers of `WahaPacingApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { WahaPacing } from "../WahaPacing.ts"
import { WahaPacingApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WahaPacingApi),
  "wahaPacing",
  Effect.fn(function*(handlers) {
    const pacing = yield* WahaPacing
    return handlers.handleAll({
      get: ({ params }) => pacing.status(params.id),
      release: ({ params }) => pacing.release(params.id)
    })
  })
)
