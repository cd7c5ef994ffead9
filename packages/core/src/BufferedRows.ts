/**
 * Rows that nobody waits for, written many at once within a second: for logs. While the database is away they are kept,
 * up to a bound. What a killed process had not written yet is lost.
 *
 * @since 0.1.0
 */
import { Deferred, Effect, Semaphore } from "effect"
import type { Scope } from "effect"
import { SqlClient } from "effect/sql"
import { isOutage, varying } from "./Sql.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface BufferedRows<Row> {
  /** Keeps it to be written; never waits. */
  readonly add: (row: Row) => Effect.Effect<void>
  /** Whether no more can be kept while the database is away. */
  readonly isFull: () => boolean
  /** Writes at once what would be written within the next second. */
  readonly flush: Effect.Effect<void>
}

const batchSize = 200
const maximumWaiting = 10_000

/**
 * Of a table; what waits when the scope ends is written then.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*<Row extends object>(
  table: string
): Effect.fn.Return<BufferedRows<Row>, never, SqlClient.SqlClient | Scope.Scope> {
  const sql = yield* SqlClient.SqlClient
  let waiting: Array<Row> = []
  let wake = Deferred.makeUnsafe<void>()
  let isAway = false
  const oneAtATime = Semaphore.makeUnsafe(1)

  const insert = (rows: ReadonlyArray<Row>) => varying(sql, sql`INSERT INTO ${sql(table)} ${sql.insert(rows as never)}`)

  /** Whether they are done with; `false`: the database is away. */
  const write: (rows: ReadonlyArray<Row>) => Effect.Effect<boolean> = (rows) =>
    Effect.matchCauseEffect(insert(rows), {
      onSuccess: () => Effect.succeed(true),
      onFailure: (cause) => {
        if (isOutage(cause)) {
          return isAway ? Effect.succeed(false) : Effect.as(Effect.logWarning(`Rows of ${table} wait`, cause), false)
        }
        // What the database refuses takes nothing else with it.
        return rows.length === 1
          ? Effect.as(Effect.logWarning(`A row of ${table} could not be written`, cause), true)
          : Effect.map(Effect.forEach(rows, (one) => write([one])), (done) => done.every((one) => one))
      }
    })

  const flush = Semaphore.withPermits(oneAtATime, 1)(Effect.gen(function*() {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize)
      const written = yield* write(batch)
      isAway = !written
      if (!written) return
      waiting = waiting.slice(batch.length)
    }
  }))

  yield* Effect.suspend(() => Deferred.await(wake)).pipe(
    Effect.andThen(Effect.sleep("1 second")),
    Effect.andThen(Effect.sync(() => {
      wake = Deferred.makeUnsafe()
    })),
    Effect.andThen(flush),
    Effect.andThen(Effect.sync(() => {
      if (waiting.length > 0) Deferred.doneUnsafe(wake, Effect.void)
    })),
    Effect.forever,
    Effect.forkScoped
  )
  yield* Effect.addFinalizer(() => flush)

  const isFull = () => waiting.length >= maximumWaiting

  return {
    add: (row) =>
      Effect.sync(() => {
        if (isFull()) return
        waiting.push(row)
        Deferred.doneUnsafe(wake, Effect.void)
      }),
    isFull,
    flush
  }
})
