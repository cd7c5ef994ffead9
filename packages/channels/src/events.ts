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
    kind: Schema.String,
    detail: Schema.NullOr(Schema.String)
  })
)
