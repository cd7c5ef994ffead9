/**
 * What somebody was told, how they are told of each kind, and on which devices.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { Instant } from "@wicara/core/Instant"
import { NotificationChannels } from "@wicara/core/Notification"
import { Schema } from "effect"

/**
 * @category ids
 * @since 0.1.0
 */
export const NotificationId = Id.make("NotificationId", "Something that one person was told.")
/** @since 0.1.0 */
export type NotificationId = typeof NotificationId.Type

/**
 * A kind's name.
 *
 * @category schemas
 * @since 0.1.0
 */
export const NotificationKind = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9_]{0,59}$/, { expected: "a kind of notification" })
).annotate({
  identifier: "NotificationKind",
  description: "A kind of notification.",
  examples: ["conversation_waiting"]
})

/**
 * @category models
 * @since 0.1.0
 */
export class Notification extends Schema.Class<Notification>("Notification")({
  id: NotificationId,
  kind: NotificationKind,
  title: Schema.String,
  body: Schema.String,
  link: Schema.NullOr(Schema.String).annotate({
    description: "The page of the console about it; null where the server knows of no console.",
    examples: ["https://console.example.com/conversations"]
  }),
  createdAt: Instant,
  readAt: Schema.NullOr(Instant)
}, { description: "Something that one person was told, in their language." }) {}

/**
 * The most that is counted.
 *
 * @category constants
 * @since 0.1.0
 */
export const mostUnread = 100

/**
 * How many somebody has not read.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Unread = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: mostUnread })).annotate({
  description: `How many are unread; ${mostUnread} stands for as many or more.`
})

/**
 * How somebody is told of one kind.
 *
 * @category models
 * @since 0.1.0
 */
export class NotificationPreference extends Schema.Class<NotificationPreference>("NotificationPreference")({
  kind: NotificationKind,
  name: Schema.String.annotate({ description: "What it tells of, in the person's language." }),
  channels: NotificationChannels,
  defaults: NotificationChannels,
  chosen: Schema.Boolean.annotate({ description: "Whether they chose it, or the default applies." }),
  security: Schema.Boolean.annotate({ description: "Whether its mail can't be switched off." })
}, { description: "How one person is told of a kind of notification." }) {}

/**
 * When the daily digest comes.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DigestHour = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 23 })).annotate({
  description: "The hour of the day at which the daily digest is sent, in the person's time zone."
})

/**
 * How somebody is told of everything.
 *
 * @category models
 * @since 0.1.0
 */
export class NotificationSettings extends Schema.Class<NotificationSettings>("NotificationSettings")({
  digestHour: DigestHour,
  timezone: Schema.String.annotate({ description: "Their own time zone, else the organization's." }),
  kinds: Schema.Array(NotificationPreference)
}) {}

/**
 * What the stream tells. `id` is the position to go on from.
 *
 * @category models
 * @since 0.1.0
 */
export const NotificationEvent = Schema.Struct({
  id: Schema.String,
  event: Schema.Literals(["notification", "changed", "ping"]).annotate({
    description: "`notification`: a new one. `changed`: some were read or deleted, perhaps elsewhere. `ping`: nothing."
  }),
  data: Schema.fromJsonString(Schema.NullOr(Schema.Struct({
    notification: Schema.NullOr(Notification),
    unread: Unread
  })))
}).annotate({ identifier: "NotificationEvent" })
/** @since 0.1.0 */
export type NotificationEvent = typeof NotificationEvent.Type
