/**
 * Tells those who look after channel accounts of one that lost its connection.
 *
 * @since 0.1.0
 */
import { DateTime, Effect, Option } from "effect"
import type { Layer } from "effect"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import { Notifier } from "@wicara/core/Notification"
import type { AccountConnection } from "./ChannelAccount.ts"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import { AccountConnectionChanged } from "./events.ts"
import { accountUnhealthy } from "./notifications.ts"
import { permissions } from "./permissions.ts"

const unhealthy: ReadonlySet<AccountConnection> = new Set(["needs_action", "disconnected", "failed"])

const hour = 3_600_000

/**
 * The consumer, in the background of the layer's scope. An account that comes and goes is told of once an hour.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Notifier | ChannelAccounts
> = EventConsumers.consume({
  name: "channels.notifications",
  types: [AccountConnectionChanged.type],
  startAt: "now",
  handle: Effect.fnUntraced(function*(event) {
    const { channelAccountId, connection } = yield* Events.payload(AccountConnectionChanged, event)
    if (!unhealthy.has(connection)) return
    const accounts = yield* ChannelAccounts
    const account = yield* Effect.option(accounts.get(channelAccountId))
    // Back again, or gone: there is nothing to look after.
    if (Option.isNone(account) || !unhealthy.has(account.value.connection)) return
    const notifier = yield* Notifier
    yield* notifier.notify(accountUnhealthy, {
      to: { _tag: "Holders", permission: permissions.write },
      values: { channelAccountId, name: account.value.name },
      dedupeKey: `${channelAccountId}/${Math.floor(DateTime.toEpochMillis(event.occurredAt) / hour)}`
    })
  })
})
