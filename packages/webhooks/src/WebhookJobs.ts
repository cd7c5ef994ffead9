/**
 * The jobs of this package.
 *
 * @since 0.1.0
 */
import { Instant } from "@wicara/core/Instant"
import * as Jobs from "@wicara/core/Jobs"
import * as Schedules from "@wicara/core/Schedules"
import { Schema } from "effect"
import { WebhookEndpointId } from "./WebhookEndpoint.ts"

/**
 * Makes an endpoint's deliveries of a time again.
 *
 * @category jobs
 * @since 0.1.0
 */
export const replayJob = Jobs.define({
  name: "webhooks.replay",
  payload: Schema.Struct({
    endpointId: WebhookEndpointId,
    from: Instant,
    to: Instant,
    states: Schema.Array(Schema.Literals(["delivered", "failed", "discarded"])),
    requestedAt: Instant
  })
})

/**
 * Deletes the deliveries of an endpoint that was deleted.
 *
 * @category jobs
 * @since 0.1.0
 */
export const forgetJob = Jobs.define({
  name: "webhooks.forget",
  payload: Schema.Struct({ endpointId: WebhookEndpointId })
})

/**
 * Deletes what is no longer kept.
 *
 * @category jobs
 * @since 0.1.0
 */
export const cleanupJob = Jobs.define({ name: "webhooks.cleanup", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * When: once an hour.
 *
 * @category schedules
 * @since 0.1.0
 */
export const cleanupSchedule = Schedules.define({
  name: "webhooks.cleanup",
  cron: "45 * * * *",
  job: cleanupJob,
  payload: {}
})
