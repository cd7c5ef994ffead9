/**
 * Moving the conversations of one channel account to another: another number, session or channel goes on with them.
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
export const AccountMoveId = Id.make("AccountMoveId", "One move of a channel account's conversations to another.")
/** @since 0.1.0 */
export type AccountMoveId = typeof AccountMoveId.Type

/**
 * @category models
 * @since 0.1.0
 */
export class AccountMove extends Schema.Class<AccountMove>("ChannelAccountMove")({
  id: AccountMoveId,
  from: ChannelAccountId,
  to: ChannelAccountId,
  state: Schema.Literals(["running", "done"]),
  /** Conversations that go on under the other account. */
  moved: Schema.Int,
  /** Conversations that stay, because their customer has no address that the other channel can write to. */
  left: Schema.Int,
  /** Conversations that follow as soon as the outcome of what is being sent there is known. */
  waiting: Schema.Int,
  startedAt: Schema.DateTimeUtcFromString,
  finishedAt: Schema.NullOr(Schema.DateTimeUtcFromString)
}) {}
