/**
 * Rows that nobody waits for, written many at once within a second: for logs. What a killed process had not written yet
 * is lost.
 *
 * @since 0.1.0
 */
import { Deferred, Effect, Semaphore } from "effect"
import type { Scope } from "effect"
import { SqlClient } from "effect/sql"
import { varying } from "./Sql.ts"

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
  const oneAtATime = Semaphore.makeUnsafe(1)

  const write = Effect.gen(function*() {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize)
      waiting = waiting.slice(batchSize)
      yield* varying(sql, sql`INSERT INTO ${sql(table)} ${sql.insert(batch as never)}`)
    }
  })
  const flush = Semaphore.withPermits(oneAtATime, 1)(
    Effect.catchCause(write, (cause) => Effect.logWarning(`Rows of ${table} could not be written`, cause))
  )

  yield* Effect.suspend(() => Deferred.await(wake)).pipe(
    Effect.andThen(Effect.sleep("1 second")),
    Effect.andThen(Effect.sync(() => {
      wake = Deferred.makeUnsafe()
    })),
    Effect.andThen(flush),
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
