/**
 * What happens to bots and in their turns, for consumers of the event log. The aggregate of a turn's events is its
 * conversation.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ConversationId } from "@wicara/conversations/Conversation"
import * as Events from "@wicara/core/Events"
import { BotId, BotStatus } from "./Bot.ts"
import { BotTurnId, TurnOutcome, TurnReason } from "./BotTurn.ts"

/** @category events @since 0.1.0 */
export const BotCreated = Events.define("bot.created", Schema.Struct({ botId: BotId }))

/** @category events @since 0.1.0 */
export const BotUpdated = Events.define("bot.updated", Schema.Struct({ botId: BotId, status: BotStatus }))

/** @category events @since 0.1.0 */
export const BotDeleted = Events.define("bot.deleted", Schema.Struct({ botId: BotId }))

const turn = {
  botId: BotId,
  botTurnId: BotTurnId,
  conversationId: ConversationId,
  channelAccountId: ChannelAccountId
}

/** A turn ended, however it ended. @category events @since 0.1.0 */
export const BotTurnCompleted = Events.define(
  "bot.turn.completed",
  Schema.Struct({ ...turn, outcome: TurnOutcome, reason: TurnReason, confidence: Schema.NullOr(Schema.Number) })
)

/** The bot passed a conversation on to people. @category events @since 0.1.0 */
export const BotHandedOver = Events.define("bot.handed_over", Schema.Struct({ ...turn, reason: TurnReason }))

/** The bot stopped in a conversation because nothing new was said there. @category events @since 0.1.0 */
export const BotLoopBroken = Events.define("bot.loop_broken", Schema.Struct(turn))
