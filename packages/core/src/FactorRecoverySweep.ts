/**
 * Looks every five minutes for recoveries of a second factor that are due, however many processes there are.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { Layer } from "effect"
import { FactorRecoveries } from "./FactorRecoveries.ts"
import * as Jobs from "./Jobs.ts"
import * as Schedules from "./Schedules.ts"

/**
 * @category jobs
 * @since 0.1.0
 */
export const recoveryJob = Jobs.define({ name: "core.factor_recoveries", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * @category schedules
 * @since 0.1.0
 */
export const recoverySchedule = Schedules.define({
  name: "core.factor_recoveries",
  cron: "*/5 * * * *",
  job: recoveryJob,
  payload: {}
})

/**
 * Does the job that `recoverySchedule` queues.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Jobs.Jobs | FactorRecoveries> = Jobs.systemWorker(
  recoveryJob,
  () => Effect.flatMap(FactorRecoveries, ({ sweep }) => Effect.asVoid(sweep))
)
