/**
 * What this package hears: accounts that are removed, of which nothing is kept that tells of people.
 *
 * @since 0.1.0
 */
import * as ChannelEvents from "@wicara/channels/events"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import { Effect } from "effect"
import type { Layer } from "effect"
import { SqlClient } from "effect/sql"
import { isOf } from "./internal/ownAccount.ts"

/** All but the figures, which name nobody, and the log of requests, which is kept for its own time. */
const forgotten = [
  "waha_contacts",
  "waha_groups",
  "waha_chats",
  "waha_chat_labels",
  "waha_labels",
  "waha_followed_chats",
  "waha_lids",
  "waha_first_contacts",
  "waha_syncs",
  "waha_business_features",
  "waha_pacing",
  "waha_sockets",
  "waha_rate_limits"
] as const

/**
 * The consumer, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, EventConsumers.EventConsumers | SqlClient.SqlClient> = EventConsumers
  .consume({
    name: "waha.accounts",
    types: [ChannelEvents.AccountDeleted.type],
    handle: Effect.fnUntraced(function*(event) {
      const sql = yield* SqlClient.SqlClient
      const { channelAccountId } = yield* Events.payload(ChannelEvents.AccountDeleted, event)
      const key = { organizationId: event.organizationId, channelAccountId }
      for (const table of forgotten) yield* sql`DELETE FROM ${sql(table)} WHERE ${isOf(sql, key)}`
    })
  })
