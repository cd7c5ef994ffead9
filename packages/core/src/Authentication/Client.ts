/**
 * The client's side of `Authentication`: it puts the bearer token on each request.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Layer, Redacted } from "effect"
import { HttpClientRequest } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { Authentication } from "../Authentication.ts"

/**
 * A token, or an effect that reads the current one before each request (`undefined`: send none).
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  token: Redacted.Redacted<string> | Effect.Effect<Redacted.Redacted<string> | undefined>
): Layer.Layer<HttpApiMiddleware.ForClient<Authentication>> =>
  HttpApiMiddleware.layerClient(
    Authentication,
    Effect.fnUntraced(function*({ next, request }) {
      const current = Effect.isEffect(token) ? yield* token : token
      return yield* next(current === undefined ? request : HttpClientRequest.bearerToken(request, current))
    })
  )
