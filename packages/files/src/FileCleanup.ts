/**
 * What is cleared away of files by itself: every hour what uploads that were cut off left, files that have expired and
 * contents whose files are gone; every day the whole store is compared with the files there are.
 *
 * @since 0.1.0
 */
import * as Jobs from "@wicara/core/Jobs"
import * as Schedules from "@wicara/core/Schedules"
import { Effect, Layer, Schema } from "effect"
import { Files } from "./Files.ts"

/**
 * The hourly job.
 *
 * @category jobs
 * @since 0.1.0
 */
export const cleanupJob = Jobs.define({ name: "files.cleanup", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * The daily job.
 *
 * @category jobs
 * @since 0.1.0
 */
export const sweepJob = Jobs.define({ name: "files.sweep", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * When: cleaned up once an hour, swept once a day.
 *
 * @category schedules
 * @since 0.1.0
 */
export const schedules = [
  Schedules.define({ name: "files.cleanup", cron: "5 * * * *", job: cleanupJob, payload: {} }),
  Schedules.define({ name: "files.sweep", cron: "35 2 * * *", job: sweepJob, payload: {} })
]

/**
 * Does the jobs that `schedules` queue.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Jobs.Jobs | Files> = Layer.mergeAll(
  Jobs.systemWorker(cleanupJob, () => Effect.flatMap(Files, (files) => Effect.asVoid(files.cleanup(500)))),
  Jobs.systemWorker(sweepJob, () => Effect.flatMap(Files, (files) => Effect.asVoid(files.sweep)))
)
