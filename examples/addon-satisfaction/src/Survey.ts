/** A survey of one conversation. */
import { ConversationId } from "@wicara/conversations/Conversation"
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"

export class Survey extends Schema.Class<Survey>("SatisfactionSurvey")({
  conversationId: ConversationId,
  openedAt: Instant,
  score: Schema.NullOr(Schema.Int).annotate({ description: "What was answered; null as long as nothing was." }),
  comment: Schema.NullOr(Schema.String)
}, { description: "A survey of one conversation." }) {}

export const Answer = Schema.Struct({
  score: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
  comment: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(2000)))
})
export type Answer = typeof Answer.Type

export const Summary = Schema.Struct({
  surveys: Schema.Int,
  answered: Schema.Int,
  average: Schema.NullOr(Schema.Number),
  scale: Schema.Int.annotate({ description: "The best score that can be given." })
}).annotate({ identifier: "SatisfactionSummary" })
