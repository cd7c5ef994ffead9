/**
 * The handlers of `WebhooksApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { WebhookDeliveries } from "../WebhookDeliveries.ts"
import { WebhookEndpoints } from "../WebhookEndpoints.ts"
import { WebhookEventTypes } from "../WebhookEventTypes.ts"
import { WebhooksApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WebhooksApi),
  "webhooks",
  Effect.fn(function*(handlers) {
    const endpoints = yield* WebhookEndpoints
    const deliveries = yield* WebhookDeliveries
    const types = yield* WebhookEventTypes
    return handlers.handleAll({
      eventTypes: () => Effect.sync(() => ({ data: types.all })),
      list: ({ query }) => endpoints.list(query),
      create: ({ payload }) => endpoints.create(payload),
      get: ({ params }) => endpoints.get(params.id),
      update: ({ params, payload }) => endpoints.update(params.id, payload),
      delete: ({ params }) => endpoints.delete(params.id),
      rotate: ({ params, payload }) => endpoints.rotate(params.id, payload),
      test: ({ params }) => deliveries.test(params.id),
      replayRange: ({ params, payload }) => deliveries.replayRange(params.id, payload),
      deliveries: ({ query }) => deliveries.list(query),
      delivery: ({ params }) => deliveries.get(params.id),
      replay: ({ params }) => deliveries.replay(params.id)
    })
  })
)
