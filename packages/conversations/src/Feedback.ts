/**
 * What a customer said of a conversation, and whether they are there while it lasts.
 *
 * @since 0.1.0
 */
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"
import { ConversationId } from "./Conversation.ts"

/**
 * A conversation has one; the customer may change it.
 *
 * @category models
 * @since 0.1.0
 */
export class Feedback extends Schema.Class<Feedback>("Feedback")({
  conversationId: ConversationId,
  score: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))).annotate({
    description: "1 is the worst, 5 the best; null as long as nothing was said."
  }),
  solved: Schema.NullOr(Schema.Boolean).annotate({
    description: "Whether their question was answered; null if they did not say."
  }),
  comment: Schema.NullOr(Schema.String),
  ratedAt: Schema.NullOr(Instant)
}, { description: "What a customer said of a conversation." }) {}

/**
 * @category models
 * @since 0.1.0
 */
export const CustomerPresence = Schema.Struct({
  typing: Schema.Boolean,
  lastSeenAt: Schema.NullOr(Instant).annotate({ description: "null if it is not known." })
}).annotate({ identifier: "CustomerPresence" })
/** @since 0.1.0 */
export type CustomerPresence = typeof CustomerPresence.Type
