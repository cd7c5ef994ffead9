/**
 * How many people a business portfolio may write to first.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * Where a portfolio stands.
 *
 * @category models
 * @since 0.1.0
 */
export const MessagingLimit = Schema.Struct({
  /** The business portfolio whose numbers share the limit; its business account where WhatsApp names none. */
  portfolioId: Schema.String,
  /** How many people may be written to first within 24 hours; null: as many as it likes. */
  dailyRecipients: Schema.NullOr(Schema.Int),
  /** How many were within the last 24 hours, through this server; not counted where there is no limit. */
  reached: Schema.Int,
  /** When the next one may be, if none may now. */
  nextAt: Schema.NullOr(Schema.DateTimeUtcFromString)
}).annotate({ identifier: "WhatsAppMessagingLimit" })
/** @since 0.1.0 */
export type MessagingLimit = typeof MessagingLimit.Type
