/**
 * What is done for WAHA accounts by the clock, once however many processes there are.
 *
 * @since 0.1.0
 */
import * as Jobs from "@wicara/core/Jobs"
import * as Schedules from "@wicara/core/Schedules"
import { Effect, Layer, Schema } from "effect"
import { WahaFigures } from "./WahaFigures.ts"
import { WahaPresences } from "./WahaPresences.ts"
import { WahaRequests } from "./WahaRequests.ts"

/**
 * Forgets requests that were kept long enough, and who was followed long ago.
 *
 * @category jobs
 * @since 0.1.0
 */
export const cleanupJob = Jobs.define({ name: "waha.cleanup", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * When: once an hour.
 *
 * @category schedules
 * @since 0.1.0
 */
export const cleanupSchedule = Schedules.define({
  name: "waha.cleanup",
  cron: "23 * * * *",
  job: cleanupJob,
  payload: {}
})

/**
 * Computes the figures of the last days.
 *
 * @category jobs
 * @since 0.1.0
 */
export const figuresJob = Jobs.define({ name: "waha.figures", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * When: four times an hour.
 *
 * @category schedules
 * @since 0.1.0
 */
export const figuresSchedule = Schedules.define({
  name: "waha.figures",
  cron: "4,19,34,49 * * * *",
  job: figuresJob,
  payload: {}
})

/**
 * Does the jobs that the schedules queue.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Jobs.Jobs | WahaRequests | WahaFigures | WahaPresences> = Layer.mergeAll(
  Jobs.systemWorker(cleanupJob, () =>
    Effect.gen(function*() {
      yield* (yield* WahaRequests).cleanup
      yield* (yield* WahaPresences).cleanup
    })),
  Jobs.systemWorker(figuresJob, () => Effect.flatMap(WahaFigures, ({ compute }) => Effect.asVoid(compute)))
)
