/**
 * The jobs that carry notifications out of the console.
 *
 * @since 0.1.0
 */
import * as Jobs from "@wicara/core/Jobs"
import * as Schedules from "@wicara/core/Schedules"
import { UserId } from "@wicara/core/Tenancy"
import { Schema } from "effect"
import { NotificationId } from "./Notification.ts"
import { PushSubscriptionId } from "./PushSubscription.ts"

/**
 * Mails somebody what is due, by one frequency.
 *
 * @category jobs
 * @since 0.1.0
 */
export const mailJob = Jobs.define({
  name: "notifications.mail",
  payload: Schema.Struct({ userId: UserId, frequency: Schema.Literals(["at_once", "hourly", "daily"]) })
})

/**
 * Pushes one notification to one device.
 *
 * @category jobs
 * @since 0.1.0
 */
export const pushJob = Jobs.define({
  name: "notifications.push",
  payload: Schema.Struct({
    userId: UserId,
    notificationId: NotificationId,
    subscriptionId: PushSubscriptionId,
    /** How often the push service put it off. */
    deferrals: Schema.optional(Schema.Int)
  }),
  maxAttempts: 8
})

/**
 * Forgets what was told long ago.
 *
 * @category jobs
 * @since 0.1.0
 */
export const cleanupJob = Jobs.define({ name: "notifications.cleanup", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * When: once an hour.
 *
 * @category schedules
 * @since 0.1.0
 */
export const cleanupSchedule = Schedules.define({
  name: "notifications.cleanup",
  cron: "30 * * * *",
  job: cleanupJob,
  payload: {}
})
