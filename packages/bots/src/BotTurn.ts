/**
 * The log of a bot's turns: what was asked, what it read, what it answered and why.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { AiCost } from "@wicara/ai-providers/AiPrice"
import { AiProviderId } from "@wicara/ai-providers/AiProvider"
import { ToolCall, Usage, Verdict } from "@wicara/ai-providers/AnswerFacts"
import { ConversationId } from "@wicara/conversations/Conversation"
import { MessageId } from "@wicara/conversations/Message"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { BotId } from "./Bot.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const BotTurnId = Id.make("BotTurnId", "One turn of a bot.")
/** @since 0.1.0 */
export type BotTurnId = typeof BotTurnId.Type

/**
 * How a turn ended:
 *
 * - `replied`: the customer got an answer, a question back, or small talk
 * - `handed_over`: the conversation waits for people now, and the customer was told
 * - `ignored`: there was nothing to answer (a sticker, an opt-out word)
 * - `discarded`: the conversation changed hands before the answer was ready; it was not sent
 * - `not_sent`: the message may not be sent (an opt-out, a closed service window)
 * - `test`: a question of `Bots.ask`; nothing was sent
 *
 * @category schemas
 * @since 0.1.0
 */
export const TurnOutcome = Schema.Literals(["replied", "handed_over", "ignored", "discarded", "not_sent", "test"])
/** @since 0.1.0 */
export type TurnOutcome = typeof TurnOutcome.Type

/**
 * Why a turn ended so:
 *
 * - `answered`, `clarified`, `small_talk`, `declined` (off topic)
 * - `requested`: a person was asked for; `phrase`: by a phrase of the bot's settings
 * - `not_covered`, `partly_covered`, `off_topic`, `unclear`: the knowledge does not answer it
 * - `low_confidence`, `ungrounded`: there was an answer, but it was not good enough to send
 * - `unreadable`: the message has no words
 * - `ai_unavailable`: the model failed, also when it was asked again
 * - `loop`: too many turns without anything new, or equal replies
 * - `opt_out`, `nothing_to_answer`, `changed_hands`, `cannot_send`
 *
 * @category schemas
 * @since 0.1.0
 */
export const TurnReason = Schema.Literals([
  "answered",
  "clarified",
  "small_talk",
  "declined",
  "requested",
  "phrase",
  "not_covered",
  "partly_covered",
  "off_topic",
  "unclear",
  "low_confidence",
  "ungrounded",
  "unreadable",
  "ai_unavailable",
  "loop",
  "opt_out",
  "nothing_to_answer",
  "changed_hands",
  "cannot_send"
]).annotate({ identifier: "BotTurnReason" })
/** @since 0.1.0 */
export type TurnReason = typeof TurnReason.Type

/**
 * A source that the model was given, and whether the answer cites it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TurnSource = Schema.Struct({
  source: Schema.Int,
  kind: Schema.Literals(["knowledge", "tool"]),
  itemId: Schema.String,
  chunkId: Schema.String,
  version: Schema.Int,
  hash: Schema.String,
  title: Schema.String,
  score: Schema.Number,
  cited: Schema.Boolean,
  quote: Schema.NullOr(Schema.String)
}).annotate({ identifier: "BotTurnSource" })
/** @since 0.1.0 */
export type TurnSource = typeof TurnSource.Type

/**
 * Something in an answer that its sources do not say.
 *
 * @category schemas
 * @since 0.1.0
 */
export const GroundingProblem = Schema.Struct({ kind: Schema.String, detail: Schema.String }).annotate({
  identifier: "GroundingProblem"
})

/**
 * A turn as lists show it.
 *
 * @category models
 * @since 0.1.0
 */
export const BotTurn = Schema.Struct({
  id: BotTurnId,
  botId: BotId,
  /** `null` for a question of `Bots.ask`. */
  conversationId: Schema.NullOr(ConversationId),
  /** The epoch that the turn started from. */
  epoch: Schema.NullOr(Schema.Int),
  outcome: TurnOutcome,
  reason: TurnReason,
  /** In a sentence, for people. */
  explanation: Schema.String,
  /** The model's verdict; `null` when it was not asked. */
  verdict: Schema.NullOr(Verdict),
  confidence: Schema.NullOr(Schema.Number),
  language: Schema.NullOr(Schema.String),
  question: Schema.String,
  reply: Schema.NullOr(Schema.String),
  sources: Schema.Array(TurnSource),
  problems: Schema.Array(GroundingProblem),
  toolCalls: Schema.Array(ToolCall),
  aiProviderId: Schema.NullOr(AiProviderId),
  model: Schema.NullOr(Schema.String),
  usage: Usage,
  cost: Schema.NullOr(AiCost),
  /** Milliseconds of the model. */
  latency: Schema.Int,
  attempts: Schema.Int,
  messageIds: Schema.Array(MessageId),
  replyMessageId: Schema.NullOr(MessageId),
  createdAt: Schema.DateTimeUtcFromString
}).annotate({ identifier: "BotTurn" })
/** @since 0.1.0 */
export type BotTurn = typeof BotTurn.Type

/**
 * A turn with the prompt that the model was given and what it answered.
 *
 * @category models
 * @since 0.1.0
 */
export const BotTurnDetail = Schema.Struct({
  ...BotTurn.fields,
  prompt: Schema.NullOr(Schema.String),
  response: Schema.NullOr(Schema.String)
}).annotate({ identifier: "BotTurnDetail" })
/** @since 0.1.0 */
export type BotTurnDetail = typeof BotTurnDetail.Type

/**
 * The query of a list of turns: of one bot, of one conversation, or of all.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TurnQuery = {
  ...Pagination.query,
  botId: Schema.optional(BotId),
  conversationId: Schema.optional(ConversationId)
}
