/**
 * Where the processes of a server tell each other how much of each limit is used: a port with one operation, on SQL, or
 * on any store of Effect's `RateLimiter` (Redis, memory).
 *
 * @since 0.1.0
 */
import { Clock, Context, Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import type { RateLimit } from "./RateLimit.ts"
import { rowLimit, transaction, varying } from "./Sql.ts"
import * as Tokens from "./Tokens.ts"

/**
 * Requests that one process let through.
 *
 * @category models
 * @since 0.1.0
 */
export interface Use {
  readonly key: string
  readonly rateLimit: RateLimit
  /** At least 0; 0 only asks. */
  readonly requests: number
}

/**
 * The store can't be reached, or took too long.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoreFailure {
  readonly cause: unknown
}

/**
 * @category services
 * @since 0.1.0
 */
export class RateLimitStore extends Context.Service<RateLimitStore, {
  /**
   * Adds what was used to each key (every key is there once), also beyond its limit, and returns in the same order for
   * how many milliseconds each is used up ahead of time: 0 when nothing is used, the window when the limit is reached,
   * more when it is exceeded.
   */
  readonly add: (uses: ReadonlyArray<Use>) => Effect.Effect<ReadonlyArray<number>, StoreFailure>
}>()("@wicara/core/RateLimitStore") {
  /**
   * In `core_rate_limits`, one statement for any number of keys, by the database server's clock.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<RateLimitStore, never, SqlClient.SqlClient> = Layer.effect(
    RateLimitStore,
    Effect.map(SqlClient.SqlClient, (sql) =>
      RateLimitStore.of({
        add: (uses) => Effect.mapError(add(sql, uses), (cause) => ({ cause }))
      }))
  )

  /**
   * In a store of Effect's `RateLimiter`, such as `RateLimiter.layerStoreRedis`.
   *
   * @since 0.1.0
   */
  static readonly layerRateLimiter: Layer.Layer<RateLimitStore, never, RateLimiter.RateLimiterStore> = Layer.effect(
    RateLimitStore,
    Effect.map(RateLimiter.RateLimiterStore, (store) =>
      RateLimitStore.of({
        add: (uses) =>
          Effect.forEach(uses, ({ key, rateLimit, requests }) => {
            const refillMillis = rateLimit.windowMillis / rateLimit.limit
            return Effect.mapBoth(
              store.tokenBucket({
                key,
                tokens: requests,
                limit: rateLimit.limit,
                refillRate: Duration.millis(refillMillis),
                allowOverflow: true
              }),
              {
                onSuccess: ([remaining, elapsedMillis]) =>
                  Math.max(0, (rateLimit.limit - remaining) * refillMillis - elapsedMillis),
                onFailure: (cause): StoreFailure => ({ cause })
              }
            )
          }, { concurrency: "unbounded" })
      }))
  )

  /**
   * For one process alone.
   *
   * @since 0.1.0
   */
  static readonly layerMemory: Layer.Layer<RateLimitStore> = RateLimitStore.layerRateLimiter.pipe(
    Layer.provide(RateLimiter.layerStoreMemory)
  )
}

interface Row {
  readonly bucket: Uint8Array
  readonly ahead: unknown
}

/** Microseconds, so that limits of thousands a second lose nothing to rounding. */
const add = (
  sql: SqlClient.SqlClient,
  uses: ReadonlyArray<Use>
): Effect.Effect<ReadonlyArray<number>, SqlError.SqlError> => {
  if (uses.length === 0) return Effect.succeed([])
  const now = sql.onDialectOrElse({
    mysql: () => sql.literal("CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)"),
    orElse: () => sql.literal("CAST(unixepoch('subsec') * 1000000 AS INTEGER)")
  })
  const entries = uses.map(({ key, rateLimit, requests }) => ({
    bucket: Tokens.hash(key),
    cost: Math.round((requests * rateLimit.windowMillis * 1000) / rateLimit.limit)
  }))
  // In one order, so that processes that add to the same keys wait for each other instead of for each other's locks.
  const sorted = entries.toSorted((one, other) => Buffer.compare(one.bucket, other.bucket))
  const rows = sql.csv(sorted.map(({ bucket, cost }) => sql`(${bucket}, ${now} + ${cost})`))
  const upsert = sql.onDialectOrElse({
    mysql: () =>
      sql`INSERT INTO core_rate_limits (bucket, used_until) VALUES ${rows}
        ON DUPLICATE KEY UPDATE used_until = GREATEST(used_until, ${now}) + VALUES(used_until) - ${now}`,
    orElse: () =>
      sql`INSERT INTO core_rate_limits (bucket, used_until) VALUES ${rows}
        ON CONFLICT (bucket) DO UPDATE SET used_until = MAX(used_until, ${now}) + excluded.used_until - ${now}`
  })
  const read = sql<Row>`SELECT bucket, used_until - ${now} AS ahead FROM core_rate_limits
    WHERE bucket IN (${sql.csv(sorted.map(({ bucket }) => sql`${bucket}`))})`
  return Effect.map(
    transaction(sql, Effect.andThen(varying(sql, upsert), varying(sql, read))),
    (found) => {
      const ahead = new Map(found.map((row) => [hex(row.bucket), Math.max(0, Number(row.ahead) / 1000)]))
      return entries.map(({ bucket }) => ahead.get(hex(bucket)) ?? 0)
    }
  )
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

/**
 * Forgets limits that nobody uses any more, at most so many; returns how many.
 *
 * @category maintenance
 * @since 0.1.0
 */
export const cleanup = Effect.fn("RateLimitStore.cleanup")(function*(limit: number) {
  const sql = yield* SqlClient.SqlClient
  const before = ((yield* Clock.currentTimeMillis) - graceMillis) * 1000
  const rows = yield* Effect.orDie(sql<{ readonly bucket: Uint8Array }>`SELECT bucket FROM core_rate_limits
    WHERE used_until < ${before} LIMIT ${rowLimit(sql, limit)}`)
  for (const { bucket } of rows) {
    yield* Effect.orDie(sql`DELETE FROM core_rate_limits WHERE bucket = ${bucket} AND used_until < ${before}`)
  }
  return rows.length
})

/** The clocks of this process and of the database may disagree. */
const graceMillis = 3_600_000
