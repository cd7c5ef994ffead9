/**
 * How often one may guess. Failures are counted by account and by address of the network; after so many comes a lock of
 * 15 minutes, and after every fifth failure from then on one that is twice as long, 24 hours at most. A success forgets
 * an account's failures, and a day without one everybody's.
 *
 * Only digests are stored, of accounts that exist and of those that don't alike.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TooManyRequests } from "./Problem.ts"
import { orDieSql, rowLimit, transaction } from "./Sql.ts"
import * as Tokens from "./Tokens.ts"
import { english } from "./ProblemTexts.ts"

/**
 * What is counted together, and how many failures it takes to the first lock.
 *
 * @category models
 * @since 0.1.0
 */
export interface SignInLimit {
  /** A SHA-256. */
  readonly subject: Uint8Array
  readonly free: number
}

/**
 * The limit of an account, by the address it is signed in to with (whether there is one or not): 10 failures.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofAccount = (email: string): SignInLimit => ({ subject: Tokens.hash(`account\n${email}`), free: 10 })

/**
 * The limit of an account at a place where its person has signed in before. What strangers do elsewhere does not lock
 * somebody out at their own desk.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofPlace = (email: string, place: Uint8Array): SignInLimit => ({
  subject: Tokens.hash(`place\n${email}\n${Buffer.from(place).toString("hex")}`),
  free: 10
})

/**
 * The limit of an account's second factor: 5 failures.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofSecondFactor = (userId: string): SignInLimit => ({
  subject: Tokens.hash(`second-factor\n${userId}`),
  free: 5
})

/**
 * The limits of messages that anybody can have sent to an address: 5 of them, and 20 from one network.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofMessages = (email: string, ip: string | undefined): ReadonlyArray<SignInLimit> => {
  const network = networkOf(ip)
  return [
    { subject: Tokens.hash(`messages\n${email}`), free: 5 },
    ...(network === undefined ? [] : [{ subject: Tokens.hash(`messages-from\n${network}`), free: 20 }])
  ]
}

/**
 * The network that an address belongs to: itself for IPv4, the first 64 bits for IPv6, which one customer has whole.
 * `undefined` for addresses that say nothing of who calls (a proxy on the same machine or in the same private network).
 *
 * @category conversions
 * @since 0.1.0
 */
export const networkOf = (ip: string | undefined): string | undefined => {
  if (ip === undefined) return undefined
  const address = ip.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "")
  if (/^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(address)) return undefined
  if (!address.includes(":")) return /^\d+(?:\.\d+){3}$/.test(address) ? address : undefined
  if (/^(?:::1?$|f[cd]|fe[89ab])/.test(address)) return undefined
  const [head = "", tail] = address.split("::")
  const left = head.split(":").filter((group) => group !== "")
  const right = (tail ?? "").split(":").filter((group) => group !== "")
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0")
  return [...left, ...zeros, ...right].slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(":")
}

/**
 * The limit of a network: 50 failures, since an office has many people; none for an address that says nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofAddress = (ip: string | undefined): ReadonlyArray<SignInLimit> => {
  const network = networkOf(ip)
  return network === undefined ? [] : [{ subject: Tokens.hash(`address\n${network}`), free: 50 }]
}

/**
 * How long the lock is that the n-th failure begins, milliseconds; 0 for most.
 *
 * @category conversions
 * @since 0.1.0
 */
export const lockAfter = (failures: number, free: number): number => {
  const beyond = failures - free
  return beyond < 0 || beyond % 5 !== 0 ? 0 : Math.min(15 * 60_000 * 2 ** (beyond / 5), dayMillis)
}

const dayMillis = 86_400_000

/**
 * @category services
 * @since 0.1.0
 */
export class SignInLimits extends Context.Service<SignInLimits, {
  /**
   * Counts an attempt as failed before it is made, so that many at once can't try more than one after another. Says
   * whether it is the last one before a lock, and how many of the first limit's failed before.
   */
  readonly attempt: (
    limits: ReadonlyArray<SignInLimit>
  ) => Effect.Effect<{ readonly locks: boolean; readonly failures: number }, TooManyRequests>
  /** The attempt was a success: takes its failures back, and all of those that are `forgiven`. */
  readonly succeeded: (options: {
    readonly attempted: ReadonlyArray<SignInLimit>
    readonly forgiven: ReadonlyArray<SignInLimit>
  }) => Effect.Effect<void>
  /** Deletes what is to be forgotten, at most so many rows; returns how many. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
}>()("@wicara/core/SignInLimits") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<SignInLimits, never, SqlClient.SqlClient> = Layer.effect(
    SignInLimits,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient

      /** Holds the row until the commit. */
      const lock = Effect.fnUntraced(function*(subject: Uint8Array, now: number) {
        const set = sql`failures = CASE WHEN forget_at <= ${now} THEN 0 ELSE failures END`
        yield* sql.onDialectOrElse({
          mysql: () =>
            sql`INSERT INTO core_sign_in_limits (subject, failures, locked_until, forget_at)
              VALUES (${subject}, 0, 0, ${now + dayMillis}) ON DUPLICATE KEY UPDATE ${set}`,
          orElse: () =>
            sql`INSERT INTO core_sign_in_limits (subject, failures, locked_until, forget_at)
              VALUES (${subject}, 0, 0, ${now + dayMillis}) ON CONFLICT (subject) DO UPDATE SET ${set}`
        })
        const [row] = yield* sql<{ readonly failures: unknown; readonly locked_until: unknown }>`
          SELECT failures, locked_until FROM core_sign_in_limits WHERE subject = ${subject}`
        return { failures: Number(row?.failures ?? 0), lockedUntil: Number(row?.locked_until ?? 0) }
      })

      const count = Effect.fnUntraced(function*({ free, subject }: SignInLimit, now: number) {
        const { failures, lockedUntil } = yield* lock(subject, now)
        if (lockedUntil > now) {
          return yield* new TooManyRequests({
            retryAfterSeconds: Math.max(1, Math.ceil((lockedUntil - now) / 1000)),
            detail: english("tooManyFailures")
          })
        }
        const lockMillis = lockAfter(failures + 1, free)
        yield* sql`UPDATE core_sign_in_limits SET failures = ${failures + 1}, locked_until = ${now + lockMillis},
          forget_at = ${now + lockMillis + dayMillis} WHERE subject = ${subject}`
        return { subject, locks: lockMillis > 0, failures }
      })

      const inOrder = (limits: ReadonlyArray<SignInLimit>) =>
        limits.toSorted((one, other) => Buffer.compare(one.subject, other.subject))

      return SignInLimits.of({
        attempt: Effect.fn("SignInLimits.attempt")(function*(limits) {
          const now = yield* Clock.currentTimeMillis
          const counted = yield* orDieSql(
            transaction(sql, Effect.forEach(inOrder(limits), (limit) => count(limit, now)))
          )
          return {
            locks: counted.some(({ locks }) => locks),
            failures: counted.find(({ subject }) => subject === limits[0]?.subject)?.failures ?? 0
          }
        }),
        succeeded: Effect.fn("SignInLimits.succeeded")(function*({ attempted, forgiven }) {
          const now = yield* Clock.currentTimeMillis
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              for (const { free, subject } of inOrder(attempted)) {
                const { failures, lockedUntil } = yield* lock(subject, now)
                const until = lockAfter(failures, free) > 0 ? 0 : lockedUntil
                yield* sql`UPDATE core_sign_in_limits SET failures = ${Math.max(0, failures - 1)},
                  locked_until = ${until} WHERE subject = ${subject}`
              }
              for (const { subject } of inOrder(forgiven)) {
                yield* sql`DELETE FROM core_sign_in_limits WHERE subject = ${subject}`
              }
            })
          ))
        }),
        cleanup: Effect.fn("SignInLimits.cleanup")(function*(limit) {
          const now = yield* Clock.currentTimeMillis
          const rows = yield* Effect.orDie(sql<{ readonly subject: Uint8Array }>`SELECT subject
            FROM core_sign_in_limits WHERE forget_at <= ${now} LIMIT ${rowLimit(sql, limit)}`)
          for (const { subject } of rows) {
            yield* Effect.orDie(
              sql`DELETE FROM core_sign_in_limits WHERE subject = ${subject} AND forget_at <= ${now}`
            )
          }
          return rows.length
        })
      })
    })
  )
}
