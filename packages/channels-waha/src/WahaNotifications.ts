/**
 * Tells those who look after channel accounts of a number that is in danger, once each time the brake is put on.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { permissions } from "@wicara/channels/permissions"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import { Notifier } from "@wicara/core/Notification"
import { Effect, Option } from "effect"
import type { Layer } from "effect"
import { AccountBraked } from "./events.ts"
import { accountBraked } from "./notifications.ts"

/**
 * The consumer, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, EventConsumers.EventConsumers | Notifier | ChannelAccounts> =
  EventConsumers.consume({
    name: "waha.notifications",
    types: [AccountBraked.type],
    startAt: "now",
    handle: Effect.fnUntraced(function*(event) {
      const { channelAccountId, code, until } = yield* Events.payload(AccountBraked, event)
      const accounts = yield* ChannelAccounts
      const account = yield* Effect.option(accounts.get(channelAccountId))
      if (Option.isNone(account)) return
      const notifier = yield* Notifier
      yield* notifier.notify(accountBraked, {
        to: { _tag: "Holders", permission: permissions.write },
        values: { channelAccountId, name: account.value.name, code },
        dedupeKey: `${channelAccountId}/${until}`
      })
    })
  })
