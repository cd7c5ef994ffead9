/**
 * The processes that work in the background or answer requests, and whose work is whose. Each makes its leases under its own id and shows
 * every second that it lives; when one falls silent, the others end its leases instead of waiting for their time to run
 * out.
 *
 * To end a lease early is never dangerous, only sooner: its id fences every write, so a process that was merely slow
 * finds its lease lost.
 *
 * @since 0.1.0
 */
import { Clock, Context, Duration, Effect, Layer, Metric } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import type { Statement } from "effect/sql"
import * as Id from "./Id.ts"
import { affectedRows, insertIfAbsent } from "./Sql.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const RunnerId = Id.make("RunnerId", "One process that works in the background.")
/** @since 0.1.0 */
export type RunnerId = typeof RunnerId.Type

/**
 * This process. Another one each time it starts.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentRunner = Context.Reference<RunnerId>("@wicara/core/Runners/CurrentRunner", {
  defaultValue: () => RunnerId.make(SecureRandom.uuidV7Unsafe())
})

/**
 * The id of a new lease: 16 bytes, of which the first half names its runner.
 *
 * @category leases
 * @since 0.1.0
 */
export const leaseId = (runner: RunnerId): Uint8Array => {
  const lease = Uint8Array.from(SecureRandom.uuidV7Unsafe({ format: "bytes" }))
  lease.set(Id.toBytes(runner).subarray(half))
  return lease
}

/**
 * The condition that a row is leased, by this runner or by any. The column's name is `lease_id`.
 *
 * @category leases
 * @since 0.1.0
 */
export const holds = (sql: SqlClient.SqlClient, runner: RunnerId | "all"): Statement.Fragment => {
  if (runner === "all") return sql`lease_id IS NOT NULL`
  const bound = (rest: number) => {
    const lease = new Uint8Array(2 * half).fill(rest)
    lease.set(Id.toBytes(runner).subarray(half))
    return lease
  }
  return sql`lease_id BETWEEN ${bound(0)} AND ${bound(0xff)}`
}

// The second half of a UUIDv7 is random, the first one is the time.
const half = 8

/**
 * @category models
 * @since 0.1.0
 */
export interface RunnersOptions {
  /**
   * Ends the leases of a runner that is gone. Tried again until it succeeds; several processes may do it at once. A
   * process that has leases but does not know those of all others leaves it out, and only shows that it lives.
   */
  readonly onGone?: ((runner: RunnerId) => Effect.Effect<void>) | undefined
  /** How often to show a sign of life and to look for those of others (1 second). */
  readonly beatEvery?: Duration.Input | undefined
  /** Silence after which a runner counts as gone (5 seconds). */
  readonly goneAfter?: Duration.Input | undefined
}

const gone = Metric.counter("wicara_runners_gone", { incremental: true })

/**
 * Shows that this process lives, from before anything that is built on the layer until after it, and looks after the
 * leases of others that are gone.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: RunnersOptions): Layer.Layer<never, never, SqlClient.SqlClient> =>
  Layer.effectDiscard(Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const runner = yield* CurrentRunner
    const id = Id.toBytes(runner)
    const beatEvery = Duration.fromInputUnsafe(options.beatEvery ?? "1 second")
    const goneAfter = Duration.toMillis(Duration.fromInputUnsafe(options.goneAfter ?? "5 seconds"))

    // One clock for all: those of the machines may disagree by more than a runner may be silent.
    const now = Effect.map(
      sql.onDialectOrElse({
        mysql: () => sql<{ readonly now: unknown }>`SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now`,
        orElse: () => sql<{ readonly now: unknown }>`SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now`
      }),
      (rows) => Number(rows[0]?.now)
    )

    const beat = Effect.gen(function*() {
      const seenAt = yield* now
      const alive = yield* affectedRows(sql`UPDATE core_runners SET seen_at = ${seenAt} WHERE id = ${id}`)
      // At the start, and after others took this process for gone.
      if (alive === 0) {
        yield* insertIfAbsent(sql, "core_runners", "id", [{ id, started_at: seenAt, seen_at: seenAt }])
      }
      return seenAt
    })

    const { onGone } = options
    const lookAfter = Effect.fnUntraced(function*(seenAt: number) {
      if (onGone === undefined) return
      const silent = yield* sql<{ readonly id: Uint8Array; readonly seen_at: unknown }>`SELECT id, seen_at
        FROM core_runners WHERE seen_at < ${seenAt - goneAfter} AND id <> ${id}`
      for (const row of silent) {
        const other = Id.fromBytes<RunnerId>(row.id)
        yield* Effect.logInfo(`The runner ${other} is gone; its work goes on here`)
        yield* onGone(other)
        const ended = yield* affectedRows(
          sql`DELETE FROM core_runners WHERE id = ${row.id} AND seen_at = ${Number(row.seen_at)}`
        )
        if (ended > 0) yield* Metric.update(gone, 1)
      }
    })

    yield* Effect.acquireRelease(
      Effect.orDie(beat),
      () => Effect.ignoreCause(sql`DELETE FROM core_runners WHERE id = ${id}`)
    )
    let beatenAt = yield* Clock.currentTimeMillis
    yield* Effect.gen(function*() {
      yield* Effect.sleep(beatEvery)
      const seenAt = yield* beat
      const before = beatenAt
      beatenAt = yield* Clock.currentTimeMillis
      // After the database or this process stood still, everybody seems silent: they first get time to be heard.
      if (beatenAt - before < goneAfter) yield* lookAfter(seenAt)
    }).pipe(
      Effect.catchCause((cause) => Effect.logWarning("This process could not show that it lives; trying again", cause)),
      Effect.forever,
      Effect.forkScoped
    )
  }))
