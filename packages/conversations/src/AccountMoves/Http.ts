/**
 * The handlers of `AccountMovesApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { AccountMoves } from "../AccountMoves.ts"
import { AccountMovesApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(AccountMovesApi),
  "accountMoves",
  Effect.fn(function*(handlers) {
    const moves = yield* AccountMoves
    return handlers.handleAll({
      start: ({ params, payload }) => moves.start(params.id, payload.to),
      get: ({ params }) => moves.get(params.id)
    })
  })
)
