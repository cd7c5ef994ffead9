/**
 * What the event stream tells.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "@wicara/core/Id"

const EventId = Id.make("EventId", "One event; consumers are idempotent by it.")

/**
 * An event as the stream tells it. `id` is the position to go on from.
 *
 * @category models
 * @since 0.1.0
 */
export const RealtimeEvent = Schema.Struct({
  id: Schema.String,
  event: Schema.String.annotate({ description: "The event's type, or `ping` while nothing happens." }),
  data: Schema.fromJsonString(Schema.NullOr(Schema.Struct({
    eventId: EventId,
    aggregateId: Schema.String,
    payload: Schema.Unknown,
    occurredAt: Schema.DateTimeUtcFromString
  })))
}).annotate({ identifier: "RealtimeEvent" })
/** @since 0.1.0 */
export type RealtimeEvent = typeof RealtimeEvent.Type
