/**
 * What the server clears away by itself, once an hour however many processes there are: expired sessions, what is
 * left of signing in, answers to idempotent requests, broken rate limits, jobs that are done.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { Layer } from "effect"
import type { SqlClient } from "effect/sql"
import * as IdempotencyHttp from "./Idempotency/Http.ts"
import * as Jobs from "./Jobs.ts"
import * as Schedules from "./Schedules.ts"
import { RateLimits } from "./RateLimits.ts"
import * as RateLimitStore from "./RateLimitStore.ts"
import { RequestLog } from "./RequestLog.ts"
import { Sessions } from "./Sessions.ts"
import { SignIn } from "./SignIn.ts"

/**
 * The job that clears away.
 *
 * @category jobs
 * @since 0.1.0
 */
export const cleanupJob = Jobs.define({ name: "core.cleanup", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * Clears everything away that has expired by now; returns how many rows.
 *
 * @category running
 * @since 0.1.0
 */
export const cleanup = Effect.fn("Maintenance.cleanup")(function*() {
  const sessions = yield* Sessions
  const signIn = yield* SignIn
  const jobs = yield* Jobs.Jobs
  const limits = yield* RateLimits
  const requests = yield* RequestLog
  const drain = Effect.fnUntraced(function*<R>(step: (limit: number) => Effect.Effect<number, never, R>) {
    let total = 0
    while (true) {
      const removed = yield* step(batch)
      total += removed
      if (removed < batch) return total
    }
  })
  const removed = (yield* drain(sessions.cleanup)) + (yield* drain(signIn.cleanup)) +
    (yield* drain(IdempotencyHttp.cleanup)) + (yield* drain(limits.cleanup)) + (yield* drain(requests.cleanup)) +
    (yield* drain(RateLimitStore.cleanup))
  yield* jobs.cleanup
  return removed
})

const batch = 500

/**
 * When: once an hour.
 *
 * @category schedules
 * @since 0.1.0
 */
export const cleanupSchedule = Schedules.define({
  name: "core.cleanup",
  cron: "0 * * * *",
  job: cleanupJob,
  payload: {}
})

/**
 * Does the job that `cleanupSchedule` queues.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  Jobs.Jobs | Sessions | SignIn | RateLimits | RequestLog | SqlClient.SqlClient
> = Jobs
  .systemWorker(
    cleanupJob,
    () => Effect.asVoid(cleanup())
  )
