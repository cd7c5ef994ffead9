/**
 * What happens to channel accounts, for consumers of the event log.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Events from "@wicara/core/Events"
import { AccountConnection } from "./ChannelAccount.ts"
import { ChannelAccountId } from "./ChannelAdapter.ts"

/** @category events @since 0.1.0 */
export const AccountCreated = Events.define(
  "channel.account.created",
  Schema.Struct({ channelAccountId: ChannelAccountId, channel: Schema.String })
)

/** @category events @since 0.1.0 */
export const AccountUpdated = Events.define(
  "channel.account.updated",
  Schema.Struct({ channelAccountId: ChannelAccountId })
)

/** @category events @since 0.1.0 */
export const AccountDeleted = Events.define(
  "channel.account.deleted",
  Schema.Struct({ channelAccountId: ChannelAccountId })
)

/**
 * The provider says that the account's connection changed. `kind` is the provider's own word.
 *
 * @category events
 * @since 0.1.0
 */
export const AccountConnectionChanged = Events.define(
  "channel.account.connection_changed",
  Schema.Struct({
    channelAccountId: ChannelAccountId,
    connection: AccountConnection,
    /** What it was before. */
    previous: Schema.optionalKey(AccountConnection),
    kind: Schema.String,
    detail: Schema.NullOr(Schema.String)
  })
)

/**
 * What is wrong with an account's set-up at its provider is no longer the same; `added` are the codes of what is new.
 *
 * @category events
 * @since 0.1.0
 */
export const AccountSetupChanged = Events.define(
  "channel.account.setup_changed",
  Schema.Struct({
    channelAccountId: ChannelAccountId,
    findings: Schema.Array(Schema.Struct({ code: Schema.String, severity: Schema.Literals(["warn", "fail"]) })),
    added: Schema.Array(Schema.String)
  })
)

/**
 * An account's credentials end in so many days (7, then 1) or less; `expiresAt` in epoch milliseconds.
 *
 * @category events
 * @since 0.1.0
 */
export const AccountCredentialsExpiring = Events.define(
  "channel.account.credentials_expiring",
  Schema.Struct({ channelAccountId: ChannelAccountId, days: Schema.Int, expiresAt: Schema.Int })
)

/**
 * An account's round trips to its provider end otherwise than before.
 *
 * @category events
 * @since 0.1.0
 */
export const AccountHealthChanged = Events.define(
  "channel.account.health_changed",
  Schema.Struct({
    channelAccountId: ChannelAccountId,
    status: Schema.Literals(["ok", "warn", "fail"]),
    message: Schema.String
  })
)
