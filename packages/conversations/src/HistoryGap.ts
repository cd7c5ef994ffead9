/**
 * What a channel account did not deliver, as found by comparing its provider's history with what is stored.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"

/**
 * @category ids
 * @since 0.1.0
 */
export const HistoryGapId = Id.make("HistoryGapId", "Messages that a provider did not deliver.")
/** @since 0.1.0 */
export type HistoryGapId = typeof HistoryGapId.Type

/**
 * @category models
 * @since 0.1.0
 */
export class HistoryGap extends Schema.Class<HistoryGap>("HistoryGap")({
  id: HistoryGapId,
  channelAccountId: ChannelAccountId,
  /** The span of time that was compared. */
  since: Schema.DateTimeUtcFromString,
  until: Schema.DateTimeUtcFromString,
  /** Messages that were missing, and are stored now. */
  messages: Schema.Int,
  /** Those of them that customers still waited for an answer to: they were treated as new. */
  unanswered: Schema.Int,
  foundAt: Schema.DateTimeUtcFromString
}) {}
