/**
 * The events of this package.
 *
 * @since 0.1.0
 */
import * as Events from "@wicara/core/Events"
import { UserId } from "@wicara/core/Tenancy"
import { Schema } from "effect"
import { MailId } from "./MailRecord.ts"
import { NotificationId } from "./Notification.ts"

/**
 * People were told something: each has a notification of their own. The aggregate is the first of them.
 *
 * @category events
 * @since 0.1.0
 */
export const notificationsCreated = Events.define(
  "notifications.created",
  Schema.Struct({
    kind: Schema.String,
    recipients: Schema.Array(Schema.Struct({ userId: UserId, notificationId: NotificationId }))
  })
)

/**
 * Somebody read some of theirs, marked them as unread, or deleted them. The aggregate is the one that it was, or the
 * person if it was all.
 *
 * @category events
 * @since 0.1.0
 */
export const notificationsChanged = Events.define("notifications.changed", Schema.Struct({ userId: UserId }))

/**
 * A message was given up, or refused for good.
 *
 * @category events
 * @since 0.1.0
 */
export const mailFailed = Events.define("mail.failed", Schema.Struct({ mailId: MailId, kind: Schema.String }))
