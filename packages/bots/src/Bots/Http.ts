/**
 * The handlers of `BotsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Bots } from "../Bots.ts"
import { TurnLog } from "../TurnLog.ts"
import { BotsApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(BotsApi),
  "bots",
  Effect.fn(function*(handlers) {
    const bots = yield* Bots
    const log = yield* TurnLog
    return handlers.handleAll({
      list: ({ query }) => bots.list(query),
      create: ({ payload }) => bots.create(payload),
      get: ({ params }) => bots.get(params.id),
      update: ({ params, payload }) => bots.update(params.id, payload),
      delete: ({ params }) => bots.delete(params.id),
      ask: ({ payload }) => bots.ask(payload),
      turns: ({ query }) => log.list(query),
      turn: ({ params }) => log.get(params.id)
    })
  })
)
