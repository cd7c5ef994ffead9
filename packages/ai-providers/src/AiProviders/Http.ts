/**
 * The handlers of `AiProvidersApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { AiProviders } from "../AiProviders.ts"
import { AiProvidersApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(AiProvidersApi),
  "aiProviders",
  Effect.fn(function*(handlers) {
    const providers = yield* AiProviders
    return handlers.handleAll({
      list: ({ query }) => providers.list(query),
      create: ({ payload }) => providers.create(payload),
      get: ({ params }) => providers.get(params.id),
      update: ({ params, payload }) => providers.update(params.id, payload),
      delete: ({ params }) => providers.delete(params.id),
      test: ({ params }) => providers.test(params.id)
    })
  })
)
