/**
 * Handlers of `ApiKeysApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { ApiKeys } from "../ApiKeys.ts"
import { ApiKeysApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ApiKeysApi),
  "apiKeys",
  Effect.fnUntraced(function*(handlers) {
    const apiKeys = yield* ApiKeys
    return handlers.handleAll({
      list: ({ query }) => apiKeys.list(query),
      create: ({ payload }) => apiKeys.create(payload),
      change: ({ params, payload }) => apiKeys.change(params.apiKeyId, payload),
      rotate: ({ params, payload }) => apiKeys.rotate(params.apiKeyId, payload),
      revoke: ({ params }) => apiKeys.revoke(params.apiKeyId)
    })
  })
)
