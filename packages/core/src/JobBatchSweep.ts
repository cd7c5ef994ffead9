/**
 * Looks after batches once a minute, however many processes there are: counts the jobs whose process died in their last
 * attempt, and forgets batches that ended long ago.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { Layer } from "effect"
import { JobBatches } from "./JobBatches.ts"
import * as Jobs from "./Jobs.ts"
import * as Schedules from "./Schedules.ts"

/**
 * @category jobs
 * @since 0.1.0
 */
export const sweepJob = Jobs.define({ name: "core.batches", payload: Schema.Struct({}), maxAttempts: 1 })

/**
 * @category schedules
 * @since 0.1.0
 */
export const sweepSchedule = Schedules.define({ name: "core.batches", cron: "* * * * *", job: sweepJob, payload: {} })

/**
 * Does the job that `sweepSchedule` queues.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Jobs.Jobs | JobBatches> = Jobs.systemWorker(
  sweepJob,
  () => Effect.flatMap(JobBatches, ({ sweep }) => sweep)
)
