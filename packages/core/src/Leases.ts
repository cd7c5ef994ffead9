/**
 * Rows that one process at a time works on. A row says until when it is left alone: while it is leased that is the end
 * of the lease, otherwise the time when it is due.
 *
 * A lease that ran out, or whose runner is gone, is taken over; who had it finds out at its next write, because every
 * write names the lease.
 *
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"
import type { SqlClient, SqlError, Statement } from "effect/sql"
import { CurrentRunner, holds, leaseId } from "./Runners.ts"
import type { RunnerId } from "./Runners.ts"
import { affectedRows } from "./Sql.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface LeasesOptions {
  /** A table with a column `lease_id` (`types.id`, nullable). */
  readonly table: string
  /** Its column with the instant until which a row is left alone, epoch milliseconds. */
  readonly until: string
  /** How long a lease is, in milliseconds. */
  readonly leaseFor: number
}

/**
 * A condition that finds one row by its key.
 *
 * @category models
 * @since 0.1.0
 */
export type Row = Statement.Fragment

/**
 * @category models
 * @since 0.1.0
 */
export interface Leases {
  /** Takes a row that is due, for the whole time of a lease; `undefined`: it is not due, or another process was faster. */
  readonly claim: (row: Row) => Effect.Effect<Uint8Array | undefined, SqlError.SqlError>
  /** Begins the time of a lease anew; `false`: it is lost. */
  readonly renew: (row: Row, lease: Uint8Array) => Effect.Effect<boolean, SqlError.SqlError>
  /** Whether the lease still is valid. Until the transaction ends nobody takes it over. */
  readonly isHeld: (row: Row, lease: Uint8Array) => Effect.Effect<boolean, SqlError.SqlError>
  /** Gives a row back, due again at `at` (epoch milliseconds); `false`: the lease was lost, and nothing changed. */
  readonly giveBack: (row: Row, lease: Uint8Array, at: number) => Effect.Effect<boolean, SqlError.SqlError>
  /** Ends the leases of a runner that is gone, or all: the rows are due at once. */
  readonly release: (of: RunnerId | "all") => Effect.Effect<void>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  options: LeasesOptions
): Effect.fn.Return<Leases> {
  const runner = yield* CurrentRunner
  const table = sql(options.table)
  const until = sql(options.until)
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
  const end = Effect.map(Clock.currentTimeMillis, (now) => ({ now, at: now + options.leaseFor }))

  return {
    claim: Effect.fnUntraced(function*(row) {
      const lease = leaseId(runner)
      const { at, now } = yield* end
      const taken = yield* affectedRows(sql`UPDATE ${table} SET lease_id = ${lease}, ${until} = ${at}
        WHERE ${row} AND ${until} <= ${now}`)
      return taken === 0 ? undefined : lease
    }),
    renew: Effect.fnUntraced(function*(row, lease) {
      const { at } = yield* end
      return (yield* affectedRows(sql`UPDATE ${table} SET ${until} = ${at} WHERE ${row} AND lease_id = ${lease}`)) > 0
    }),
    isHeld: (row, lease) =>
      Effect.map(
        sql`SELECT lease_id FROM ${table} WHERE ${row} AND lease_id = ${lease} ${forUpdate}`,
        (rows) => rows.length > 0
      ),
    giveBack: (row, lease, at) =>
      Effect.map(
        affectedRows(sql`UPDATE ${table} SET lease_id = NULL, ${until} = ${at} WHERE ${row} AND lease_id = ${lease}`),
        (given) => given > 0
      ),
    release: (of) =>
      Effect.asVoid(Effect.orDie(sql`UPDATE ${table} SET lease_id = NULL, ${until} = ${0} WHERE ${holds(sql, of)}`))
  }
})
