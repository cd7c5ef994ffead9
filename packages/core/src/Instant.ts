/**
 * A point in time in the API: RFC 3339 text in UTC.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * @category schemas
 * @since 0.1.0
 */
export const Instant = Schema.DateTimeUtcFromString.pipe(
  Schema.annotateEncoded({ format: "date-time", examples: ["2026-11-21T08:30:00.000Z"] })
)
