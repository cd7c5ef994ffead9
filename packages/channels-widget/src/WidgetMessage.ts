/**
 * Messages and events as the widget sees them. Safe in a browser.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as MessageContent from "@wicara/channels/MessageContent"
import * as Id from "@wicara/core/Id"

/**
 * @category ids
 * @since 0.1.0
 */
export const WidgetMessageId = Id.make(
  "WidgetMessageId",
  "Made by the visitor's browser for what the visitor writes, by the server for replies."
)
/** @since 0.1.0 */
export type WidgetMessageId = typeof WidgetMessageId.Type

/**
 * A position in one visitor's stream: a decimal number that only grows. `0` is before the first message.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EventCursor = Schema.String.check(
  Schema.isPattern(/^(0|[1-9][0-9]{0,14})$/, { title: "EventCursor", expected: "a decimal number" })
).annotate({ identifier: "WidgetEventCursor", examples: ["42"] })
/** @since 0.1.0 */
export type EventCursor = typeof EventCursor.Type

/**
 * What the widget can show as it is. A visitor writes text, or picks a button or a list row.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WidgetContent = Schema.Union([
  MessageContent.TextContent,
  MessageContent.ImageContent,
  MessageContent.VideoContent,
  MessageContent.AudioContent,
  MessageContent.DocumentContent,
  MessageContent.ButtonsContent,
  MessageContent.ListContent,
  MessageContent.LinkButtonContent,
  MessageContent.ReplyContent.members[0],
  MessageContent.ReplyContent.members[1]
]).annotate({ identifier: "WidgetContent" })
/** @since 0.1.0 */
export type WidgetContent = typeof WidgetContent.Type

/**
 * One message of a visitor's stream, in either direction.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WidgetMessage = Schema.Struct({
  id: WidgetMessageId,
  /** Its place in the stream: send the last one seen as `Last-Event-ID` to resume after it. */
  eventId: EventCursor,
  from: Schema.Literals(["visitor", "business"]),
  content: WidgetContent,
  /** The id of the message it answers. */
  replyTo: Schema.optionalKey(WidgetMessageId),
  createdAt: Schema.DateTimeUtcFromString
}).annotate({ identifier: "WidgetMessage" })
/** @since 0.1.0 */
export type WidgetMessage = typeof WidgetMessage.Type

/** A message was added to the stream. Its `id` line is the message's `eventId`. @category events @since 0.1.0 */
export const MessageEvent = Schema.Struct({
  id: EventCursor,
  event: Schema.tag("message"),
  data: Schema.fromJsonString(WidgetMessage)
})
/** The business writes (for at most `forMillis`), or stopped. @category events @since 0.1.0 */
export const TypingEvent = Schema.Struct({
  event: Schema.tag("typing"),
  data: Schema.fromJsonString(Schema.Struct({ on: Schema.Boolean, forMillis: Schema.Int }))
})
/** The business has read everything up to this event. @category events @since 0.1.0 */
export const ReadEvent = Schema.Struct({
  event: Schema.tag("read"),
  data: Schema.fromJsonString(Schema.Struct({ upTo: EventCursor }))
})
/**
 * The conversation is over, and the visitor is asked how it was; `null`: they are not any more.
 *
 * @category events
 * @since 0.1.0
 */
export const RatingEvent = Schema.Struct({
  event: Schema.tag("rating"),
  data: Schema.fromJsonString(Schema.Struct({ conversationId: Schema.NullOr(Schema.String) }))
})
/** The connection lives: sent when it opens and after every 15 seconds of silence. @category events @since 0.1.0 */
export const PingEvent = Schema.Struct({
  event: Schema.tag("ping"),
  data: Schema.fromJsonString(Schema.Struct({}))
})

/**
 * What the event stream sends. Only messages carry an id; typing and read marks are states, sent again after every
 * reconnection where they still hold.
 *
 * @category events
 * @since 0.1.0
 */
export const WidgetEvent = Schema.Union([MessageEvent, TypingEvent, ReadEvent, RatingEvent, PingEvent]).annotate({
  identifier: "WidgetEvent"
})
/** @since 0.1.0 */
export type WidgetEvent = typeof WidgetEvent.Type
