import { Clock, Deferred, Effect, Semaphore } from "effect"
import type { Scope } from "effect"
import type { RateLimit } from "../RateLimit.ts"
import type { RateLimitStore } from "../RateLimitStore.ts"

/**
 * One limit as this process knows it: the state it heard of last, and what it has let through since. `usedUntil` is the
 * generic cell rate algorithm's theoretical arrival time, by this process's clock.
 */
interface Bucket {
  readonly key: string
  readonly rateLimit: RateLimit
  usedUntil: number
  /** Let through and not yet told to the store. */
  pending: number
  /** Being told to the store now. */
  sending: number
}

/** What one request was told, before anyone names it. */
export interface Taken {
  readonly isAllowed: boolean
  readonly remaining: number
  readonly resetMillis: number
  readonly retryAfterMillis: number
}

export interface LocalLimits {
  readonly take: (key: string, rateLimit: RateLimit, requests: number) => Effect.Effect<Taken>
  /** Tells the store everything at once. */
  readonly flush: Effect.Effect<void>
  /** Makes `also` run soon, with the next exchange. */
  readonly wake: Effect.Effect<void>
}

/** How much a process lets through before it must hear how much the others did: a tenth of the limit. */
export const slackOf = ({ limit }: RateLimit): number => Math.max(1, Math.floor(limit / 10))

/** How long a request waits for the store before this process decides alone. */
const patience = "1200 millis"
/** After a failure the store is left alone for so long, and nobody waits for it. */
const restMillis = 5000
const batchSize = 500
const sweepEveryMillis = 10_000
const maximumBuckets = 200_000

/**
 * Limits that are decided in this process and settled with the others through the store.
 *
 * A process lets through at most `slackOf(limit)` requests of a key before it tells the store and hears the true state;
 * what it let through beyond the limit meanwhile is owed, and repaid before anything more is let through. What is quiet
 * is told once a second, many keys in one exchange; who is over the limit is refused without one.
 */
export const make = Effect.fnUntraced(function*(
  store: RateLimitStore["Service"],
  scope: Scope.Scope,
  also: Effect.Effect<void>
) {
  const buckets = new Map<string, Bucket>()
  const dirty = new Set<Bucket>()
  let wake = Deferred.makeUnsafe<void>()
  let hurry = Deferred.makeUnsafe<void>()
  let settled = Deferred.makeUnsafe<void>()
  let restUntil = 0
  let sweepAt = 0

  const bucketOf = (key: string, rateLimit: RateLimit, now: number): Bucket => {
    const known = buckets.get(key)
    if (known !== undefined && isSame(known.rateLimit, rateLimit)) return known
    if (now >= sweepAt) sweep(now)
    const bucket: Bucket = { key, rateLimit, usedUntil: now, pending: 0, sending: 0 }
    buckets.set(key, bucket)
    return bucket
  }

  // A bucket that is full again says nothing: only those in use are remembered.
  const sweep = (now: number) => {
    sweepAt = now + sweepEveryMillis
    for (const [key, bucket] of buckets) {
      const isIdle = bucket.usedUntil <= now && bucket.pending === 0 && bucket.sending === 0
      if (isIdle || buckets.size > maximumBuckets) buckets.delete(key)
    }
  }

  const decide = (bucket: Bucket, requests: number, now: number): Taken => {
    const { limit, windowMillis } = bucket.rateLimit
    const costMillis = windowMillis / limit
    const before = Math.max(bucket.usedUntil, now)
    const after = before + requests * costMillis
    const isAllowed = after - now <= windowMillis + tolerance
    if (isAllowed) {
      bucket.usedUntil = after
      bucket.pending += requests
      dirty.add(bucket)
    }
    const usedMillis = (isAllowed ? after : before) - now
    return {
      isAllowed,
      remaining: Math.max(0, Math.floor((windowMillis - usedMillis + tolerance) / costMillis)),
      resetMillis: usedMillis,
      retryAfterMillis: isAllowed ? 0 : Math.max(1, after - now - windowMillis)
    }
  }

  const unsettled = (bucket: Bucket) => bucket.pending + bucket.sending

  const exchange = Effect.fnUntraced(function*(batch: ReadonlyArray<Bucket>) {
    for (const bucket of batch) {
      bucket.sending = bucket.pending
      bucket.pending = 0
    }
    const sentAt = yield* Clock.currentTimeMillis
    const uses = batch.map(({ key, rateLimit, sending }) => ({ key, rateLimit, requests: sending }))
    const answer = yield* store.add(uses).pipe(
      Effect.timeout("1 second"),
      Effect.map((ahead): ReadonlyArray<number> | undefined => ahead),
      Effect.catch((failure) =>
        Effect.as(
          Effect.logWarning("The store of rate limits does not answer: this process decides alone", failure),
          undefined
        )
      )
    )
    for (const [index, bucket] of batch.entries()) {
      if (answer === undefined) {
        // It may have been counted all the same: to count it twice would refuse what is allowed.
        bucket.sending = 0
      } else {
        const { limit, windowMillis } = bucket.rateLimit
        bucket.sending = 0
        bucket.usedUntil = sentAt + (answer[index] ?? 0) + bucket.pending * (windowMillis / limit)
      }
    }
    if (answer === undefined) restUntil = sentAt + restMillis
  })

  const oneAtATime = Semaphore.makeUnsafe(1)

  const tell = Effect.gen(function*() {
    if ((yield* Clock.currentTimeMillis) < restUntil) return
    const all = [...dirty]
    dirty.clear()
    for (let start = 0; start < all.length; start += batchSize) yield* exchange(all.slice(start, start + batchSize))
  })

  const flush = Semaphore.withPermits(oneAtATime, 1)(Effect.andThen(tell, also))

  const settle = Effect.gen(function*() {
    wake = Deferred.makeUnsafe()
    hurry = Deferred.makeUnsafe()
    const done = settled
    settled = Deferred.makeUnsafe()
    yield* Effect.ensuring(flush, Deferred.succeed(done, undefined))
    // While the store is left alone what is to be told stays there.
    if (dirty.size > 0) Deferred.doneUnsafe(wake, Effect.void)
  })

  yield* Effect.suspend(() => Deferred.await(wake)).pipe(
    Effect.andThen(Effect.suspend(() => Effect.raceFirst(Effect.sleep("1 second"), Deferred.await(hurry)))),
    Effect.andThen(settle),
    Effect.catchCause((cause) => Effect.logWarning("Rate limits could not be settled; trying again", cause)),
    Effect.forever,
    Effect.forkIn(scope)
  )

  const rush = () => {
    Deferred.doneUnsafe(wake, Effect.void)
    Deferred.doneUnsafe(hurry, Effect.void)
  }

  const note = (bucket: Bucket, taken: Taken): Taken => {
    if (taken.isAllowed) {
      if (2 * unsettled(bucket) >= slackOf(bucket.rateLimit)) rush()
      else Deferred.doneUnsafe(wake, Effect.void)
    }
    return taken
  }

  const isFull = (bucket: Bucket, requests: number, now: number) =>
    Math.max(bucket.usedUntil, now) + (requests * bucket.rateLimit.windowMillis) / bucket.rateLimit.limit - now >
      bucket.rateLimit.windowMillis + tolerance

  const mustSettle = (bucket: Bucket, requests: number, now: number) =>
    now >= restUntil && unsettled(bucket) > 0 && unsettled(bucket) + requests > slackOf(bucket.rateLimit) &&
    !isFull(bucket, requests, now)

  const afterSettling = (bucket: Bucket, requests: number): Effect.Effect<Taken> =>
    Effect.suspend(() => {
      rush()
      return Deferred.await(settled)
    }).pipe(
      Effect.andThen(Clock.currentTimeMillis),
      Effect.repeat({ until: (now) => !mustSettle(bucket, requests, now) }),
      Effect.timeoutOrElse({ duration: patience, orElse: () => Clock.currentTimeMillis }),
      Effect.map((now) => note(bucket, decide(bucket, requests, now)))
    )

  return {
    take: (key, rateLimit, requests) =>
      Effect.clockWith((clock) => {
        const now = clock.currentTimeMillisUnsafe()
        const bucket = bucketOf(key, rateLimit, now)
        return mustSettle(bucket, requests, now)
          ? afterSettling(bucket, requests)
          : Effect.succeed(note(bucket, decide(bucket, requests, now)))
      }),
    flush,
    wake: Effect.sync(rush)
  } satisfies LocalLimits
})

/** Of rounding, milliseconds. */
const tolerance = 1e-6

const isSame = (one: RateLimit, other: RateLimit) =>
  one.limit === other.limit && one.windowMillis === other.windowMillis
