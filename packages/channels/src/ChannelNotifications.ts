/**
 * Tells those who look after channel accounts of what happens to them: one that lost its connection or has it again, one
 * that does not answer, credentials that end, a set-up that loses messages. Each once.
 *
 * @since 0.1.0
 */
import { DateTime, Effect, Option } from "effect"
import type { Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import { Notifier } from "@wicara/core/Notification"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { AccountConnection } from "./ChannelAccount.ts"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import {
  AccountConnectionChanged,
  AccountCredentialsExpiring,
  AccountHealthChanged,
  AccountSetupChanged
} from "./events.ts"
import { makeConnectionRows } from "./internal/connectionRows.ts"
import {
  accountConnected,
  accountSetup,
  accountUnhealthy,
  accountUnreachable,
  credentialsExpiring
} from "./notifications.ts"
import { permissions } from "./permissions.ts"

const unhealthy: ReadonlySet<AccountConnection> = new Set(["needs_action", "disconnected", "failed"])

const hour = 3_600_000

/** An account that comes and goes is told of once an hour. */
const hourly = (event: StoredEvent, id: ChannelAccountId) =>
  `${id}/${Math.floor(DateTime.toEpochMillis(event.occurredAt) / hour)}`

const to = { _tag: "Holders", permission: permissions.write } as const

const accountOf = Effect.fnUntraced(function*(id: ChannelAccountId) {
  const accounts = yield* ChannelAccounts
  return Option.getOrUndefined(yield* Effect.option(accounts.get(id)))
})

/** Whoever connects it now sees for themselves how it stands. */
const isBeingConnected = Effect.fnUntraced(function*(event: StoredEvent, id: ChannelAccountId) {
  const rows = makeConnectionRows(yield* SqlClient.SqlClient)
  const row = yield* Effect.orDie(rows.find((yield* CurrentOrganization).id, id, false))
  return row !== undefined && row.connectingUntil !== null &&
    DateTime.toEpochMillis(event.occurredAt) < row.connectingUntil
})

const connection = Effect.fnUntraced(function*(event: StoredEvent) {
  const payload = yield* Events.payload(AccountConnectionChanged, event)
  const { channelAccountId } = payload
  const isLost = unhealthy.has(payload.connection)
  const isBack = payload.connection === "connected" && payload.previous !== undefined && unhealthy.has(payload.previous)
  if (!isLost && !isBack) return
  const account = yield* accountOf(channelAccountId)
  // Back again, or gone: there is nothing to look after.
  if (account === undefined || unhealthy.has(account.connection) !== isLost) return
  if (yield* isBeingConnected(event, channelAccountId)) return
  const notifier = yield* Notifier
  yield* notifier.notify(isLost ? accountUnhealthy : accountConnected, {
    to,
    values: { channelAccountId, name: account.name },
    dedupeKey: hourly(event, channelAccountId)
  })
})

const health = Effect.fnUntraced(function*(event: StoredEvent) {
  const { channelAccountId, message, status } = yield* Events.payload(AccountHealthChanged, event)
  const account = yield* accountOf(channelAccountId)
  // What its connection says is told already.
  if (status !== "fail" || account?.health?.status !== "fail" || unhealthy.has(account.connection)) return
  const notifier = yield* Notifier
  yield* notifier.notify(accountUnreachable, {
    to,
    values: { channelAccountId, name: account.name, message: message.slice(0, 300) },
    dedupeKey: hourly(event, channelAccountId)
  })
})

const expiring = Effect.fnUntraced(function*(event: StoredEvent) {
  const { channelAccountId, days, expiresAt } = yield* Events.payload(AccountCredentialsExpiring, event)
  const account = yield* accountOf(channelAccountId)
  if (account === undefined) return
  const notifier = yield* Notifier
  yield* notifier.notify(credentialsExpiring, {
    to,
    values: { channelAccountId, name: account.name, days },
    dedupeKey: `${channelAccountId}/${expiresAt}/${days}`
  })
})

const setup = Effect.fnUntraced(function*(event: StoredEvent) {
  const { added, channelAccountId } = yield* Events.payload(AccountSetupChanged, event)
  const account = yield* accountOf(channelAccountId)
  if (account === undefined || added.length === 0) return
  const notifier = yield* Notifier
  yield* notifier.notify(accountSetup, {
    to,
    values: { channelAccountId, name: account.name },
    dedupeKey: event.id
  })
})

/**
 * The consumer, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Notifier | ChannelAccounts | SqlClient.SqlClient
> = EventConsumers.consume({
  name: "channels.notifications",
  types: [
    AccountConnectionChanged.type,
    AccountHealthChanged.type,
    AccountCredentialsExpiring.type,
    AccountSetupChanged.type
  ],
  startAt: "now",
  handle: Effect.fnUntraced(function*(event) {
    switch (event.type) {
      case AccountConnectionChanged.type:
        return yield* connection(event)
      case AccountHealthChanged.type:
        return yield* health(event)
      case AccountCredentialsExpiring.type:
        return yield* expiring(event)
      case AccountSetupChanged.type:
        return yield* setup(event)
    }
  })
})
