/**
 * What an account did in a day.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * A day of UTC.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Day = Schema.String.check(
  Schema.isPattern(/^20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, { expected: "a day, such as 2026-11-21" })
).annotate({ examples: ["2026-11-21"] })

/**
 * Messages by the day on which they were written, with how far they came by now.
 *
 * @category models
 * @since 0.1.0
 */
export const DayFigures = Schema.Struct({
  day: Day,
  received: Schema.Int,
  sent: Schema.Int.annotate({ description: "Those that WhatsApp took." }),
  delivered: Schema.Int,
  read: Schema.Int,
  failed: Schema.Int,
  newContacts: Schema.Int.annotate({ description: "People whose first conversation with this account began." }),
  requests: Schema.Int.annotate({ description: "What was asked of WAHA." }),
  requestErrors: Schema.Int.annotate({ description: "Requests that WAHA failed at, or did not answer." }),
  uptime: Schema.NullOr(Schema.Finite).annotate({
    description: "The part of the looks at the account that found it working, 0 to 1; null without any."
  })
}).annotate({ identifier: "WahaDayFigures" })
/** @since 0.1.0 */
export type DayFigures = typeof DayFigures.Type
