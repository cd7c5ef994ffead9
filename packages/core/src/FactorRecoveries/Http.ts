/**
 * Handlers of `FactorRecoveriesApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { FactorRecoveries } from "../FactorRecoveries.ts"
import * as Caller from "../internal/caller.ts"
import { FactorRecoveriesApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(FactorRecoveriesApi),
  "factorRecoveries",
  Effect.fnUntraced(function*(handlers) {
    const recoveries = yield* FactorRecoveries
    return handlers.handleAll({
      list: ({ query }) => recoveries.list(query),
      approve: ({ params, payload }) =>
        Effect.flatMap(
          Caller.session,
          (session) => recoveries.approve(session, params.factorRecoveryId, payload.identifiedBy)
        ),
      refuse: ({ params, payload }) =>
        Effect.flatMap(
          Caller.session,
          (session) => recoveries.refuse(session, params.factorRecoveryId, payload.reason)
        ),
      own: () => Effect.flatMap(Caller.session, ({ userId }) => recoveries.own(userId)),
      stopOwn: () =>
        Effect.flatMap(
          Effect.all([Caller.session, Caller.clientInfo]),
          ([{ userId }, client]) => recoveries.stop(userId, client)
        ),
      request: ({ payload }) =>
        Effect.flatMap(Caller.clientInfo, (client) => recoveries.request(payload.challenge, client)),
      confirm: ({ payload }) =>
        Effect.flatMap(Caller.clientInfo, (client) => recoveries.confirm(payload.token, client)),
      stop: ({ payload }) => Effect.flatMap(Caller.clientInfo, (client) => recoveries.stopWith(payload.token, client))
    })
  })
)
