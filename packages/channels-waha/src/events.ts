/**
 * What happens to WAHA accounts, for consumers of the event log.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Events from "@wicara/core/Events"
import { Schema } from "effect"

/**
 * The account writes to nobody but those who wrote to it, until then (epoch milliseconds).
 *
 * @category events
 * @since 0.1.0
 */
export const AccountBraked = Events.define(
  "waha.account.braked",
  Schema.Struct({
    channelAccountId: ChannelAccountId,
    code: Schema.Literals(["account_restricted", "unanswered_ratio"]),
    reason: Schema.String,
    until: Schema.Int
  })
)

/** Somebody let it write to everybody again. @category events @since 0.1.0 */
export const AccountReleased = Events.define(
  "waha.account.released",
  Schema.Struct({ channelAccountId: ChannelAccountId })
)
