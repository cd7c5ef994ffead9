/**
 * What this package hears: accounts that are removed, which take no more part in their portfolio.
 *
 * @since 0.1.0
 */
import * as ChannelEvents from "@wicara/channels/events"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import { Effect } from "effect"
import type { Layer } from "effect"
import { MessagingLimits } from "./MessagingLimits.ts"

/**
 * The consumer, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, EventConsumers.EventConsumers | MessagingLimits> = EventConsumers.consume(
  {
    name: "whatsapp_cloud.accounts",
    types: [ChannelEvents.AccountDeleted.type],
    handle: Effect.fnUntraced(function*(event) {
      const { channelAccountId } = yield* Events.payload(ChannelEvents.AccountDeleted, event)
      const limits = yield* MessagingLimits
      yield* limits.forget({ organizationId: event.organizationId, channelAccountId })
    })
  }
)
