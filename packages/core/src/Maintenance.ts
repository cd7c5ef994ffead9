/**
 * What the server clears away by itself, once an hour however many processes there are: expired sessions, counters of
 * wrong passwords, answers to idempotent requests, jobs that are done.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Layer, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as IdempotencyHttp from "./Idempotency/Http.ts"
import * as Jobs from "./Jobs.ts"
import { Sessions } from "./Sessions.ts"

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
  const jobs = yield* Jobs.Jobs
  const drain = Effect.fnUntraced(function*<R>(step: (limit: number) => Effect.Effect<number, never, R>) {
    let total = 0
    while (true) {
      const removed = yield* step(batch)
      total += removed
      if (removed < batch) return total
    }
  })
  const removed = (yield* drain(sessions.cleanup)) + (yield* drain(IdempotencyHttp.cleanup))
  yield* jobs.cleanup
  return removed
})

const batch = 500
const hourMillis = 3_600_000

const schedule = Effect.gen(function*() {
  const jobs = yield* Jobs.Jobs
  while (true) {
    const now = yield* Clock.currentTimeMillis
    const hour = Math.floor(now / hourMillis)
    // The id makes the processes of a server queue it once between them.
    yield* jobs.enqueueSystem(cleanupJob, {}, { id: `core.cleanup/${hour}` })
    yield* Effect.sleep((hour + 1) * hourMillis - now)
  }
}).pipe(
  Effect.catchCause((cause) =>
    Effect.andThen(Effect.logWarning("Maintenance could not be queued; trying again", cause), Effect.sleep("1 minute"))
  ),
  Effect.forever
)

/**
 * Queues the job every hour and does it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Jobs.Jobs | Sessions | SqlClient.SqlClient> = Layer.merge(
  Jobs.systemWorker(cleanupJob, () => Effect.asVoid(cleanup())),
  Layer.effectDiscard(Effect.forkScoped(schedule))
)
