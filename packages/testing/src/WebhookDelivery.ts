/**
 * Delivers an emulator's webhooks as a provider does: signed, a bounded number at a time, repeated with a growing delay
 * until they are acknowledged, and with the faults it was told to make.
 *
 * @since 0.1.0
 */
import { Duration, Effect, FiberSet, Latch, Queue } from "effect"
import type { Scope } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import type { Ledger, LedgerEntry } from "./Emulator.ts"
import type { FaultState } from "./EmulatorFaults.ts"

/**
 * One webhook to deliver.
 *
 * @category models
 * @since 0.1.0
 */
export interface Delivery {
  /** Unique: the faults are drawn from it. */
  readonly id: string
  readonly account: string
  /** First attempts of one lane are made in the order of asking, unless a fault reorders them. */
  readonly lane: string
  readonly url: string
  readonly body: Uint8Array
  /** The headers of one attempt, with the signature of the body. */
  readonly headers: (attempt: number) => Effect.Effect<Readonly<Record<string, string>>>
  /** This delivery's own schedule of retries, instead of the one for all. */
  readonly retryAfter?: Options["retryAfter"]
  /** What the ledger says about it. */
  readonly about?:
    | Partial<Pick<LedgerEntry, "to" | "text" | "clientMessageId" | "providerMessageId" | "raw">>
    | undefined
}

/**
 * Counts since the start.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeliveryStats {
  readonly enqueued: number
  readonly attempts: number
  /** Acknowledged with a 2xx. */
  readonly delivered: number
  /** Extra copies made by the `duplicate` fault. */
  readonly duplicates: number
  readonly reordered: number
  readonly dropped: number
  readonly lost: number
  /** Attempts that were answered otherwise, or not at all. */
  readonly failed: number
  /** Given up after the last attempt. */
  readonly abandoned: number
  readonly pending: number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface WebhookDelivery {
  readonly enqueue: (delivery: Delivery) => Effect.Effect<void>
  readonly stats: () => DeliveryStats
  /** Waits until nothing is pending, retries included. */
  readonly idle: Effect.Effect<void>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly faults: FaultState
  readonly ledger: Ledger
  /** Requests at a time; 32 by default. */
  readonly concurrency?: number | undefined
  /** The wait before attempt `n` (2, 3, …); `undefined` gives up. By default 200 ms doubling up to a minute, for 7 days. */
  readonly retryAfter?: ((attempt: number) => Duration.Input | undefined) | undefined
  /** How long an answer is waited for; 10 s by default. */
  readonly timeout?: Duration.Input | undefined
}

const week = Duration.toMillis(Duration.days(7))

const growing = (attempt: number): Duration.Input | undefined =>
  attempt > 10 + week / 60_000 ? undefined : Math.min(60_000, 200 * 2 ** (attempt - 2))

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<WebhookDelivery, never, HttpClient.HttpClient | Scope.Scope> {
  const client = yield* HttpClient.HttpClient
  const { faults, ledger } = options
  const retryAfter = options.retryAfter ?? growing
  const timeout = options.timeout ?? Duration.seconds(10)
  const fibers = yield* FiberSet.make()
  const ready = yield* Queue.unbounded<string>()
  const lanes = new Map<string, Array<{ readonly delivery: Delivery; readonly attempt: number }>>()
  const idle = yield* Latch.make(true)
  const counts = {
    enqueued: 0,
    attempts: 0,
    delivered: 0,
    duplicates: 0,
    reordered: 0,
    dropped: 0,
    lost: 0,
    failed: 0,
    abandoned: 0,
    pending: 0
  }

  const record = (delivery: Delivery, outcome: string) =>
    ledger.append({
      account: delivery.account,
      direction: "webhook",
      outcome,
      raw: undefined,
      ...delivery.about
    })

  const settle = Effect.suspend(() => {
    counts.pending--
    return counts.pending === 0 ? Effect.asVoid(idle.open) : Effect.void
  })

  const push = (lane: string, delivery: Delivery, attempt: number) =>
    Effect.suspend(() => {
      const waiting = lanes.get(lane)
      if (waiting !== undefined) {
        waiting.push({ delivery, attempt })
        return Effect.void
      }
      lanes.set(lane, [{ delivery, attempt }])
      return Effect.asVoid(Queue.offer(ready, lane))
    })

  const later = (wait: Duration.Input, delivery: Delivery, attempt: number) =>
    FiberSet.run(
      fibers,
      Effect.andThen(Effect.sleep(wait), push(`${delivery.id}#${attempt}`, delivery, attempt))
    ).pipe(Effect.asVoid)

  const retry = (delivery: Delivery, attempt: number) => {
    const wait = (delivery.retryAfter ?? retryAfter)(attempt + 1)
    if (wait !== undefined) return later(wait, delivery, attempt + 1)
    counts.abandoned++
    return Effect.andThen(record(delivery, "abandoned"), settle)
  }

  const post = Effect.fnUntraced(
    function*(delivery: Delivery, attempt: number) {
      const headers = yield* delivery.headers(attempt)
      const response = yield* client.execute(
        HttpClientRequest.post(delivery.url, {
          headers,
          body: HttpBody.uint8Array(delivery.body, headers["content-type"] ?? "application/json")
        })
      )
      yield* response.arrayBuffer
      return response.status
    },
    Effect.timeout(timeout),
    Effect.scoped
  )

  const attemptOnce = Effect.fnUntraced(function*(delivery: Delivery, attempt: number) {
    counts.attempts++
    if (faults.hit("drop", `${delivery.id}:${attempt}`)) {
      counts.dropped++
      yield* record(delivery, "dropped")
      return yield* retry(delivery, attempt)
    }
    const outcome = yield* post(delivery, attempt).pipe(
      Effect.map((status) => status >= 200 && status < 300 ? "delivered" : `failed:${status}`),
      Effect.catch((error) => Effect.succeed(`failed:${error._tag}`))
    )
    yield* record(delivery, outcome)
    if (outcome === "delivered") {
      counts.delivered++
      return yield* settle
    }
    counts.failed++
    yield* retry(delivery, attempt)
  })

  const work = Effect.gen(function*() {
    const lane = yield* Queue.take(ready)
    const waiting = lanes.get(lane) ?? []
    const next = waiting.shift()
    if (next !== undefined) yield* attemptOnce(next.delivery, next.attempt)
    if (waiting.length > 0) yield* Queue.offer(ready, lane)
    else lanes.delete(lane)
  })
  for (let worker = 0; worker < (options.concurrency ?? 32); worker++) {
    yield* FiberSet.run(fibers, Effect.forever(work))
  }

  const begin = (delivery: Delivery) =>
    Effect.suspend(() => {
      counts.pending++
      const current = faults.current()
      const held = faults.hit("reorder", delivery.id)
      if (held) counts.reordered++
      const wait = faults.between(current.delay, `delay:${delivery.id}`) +
        (held ? faults.between(current.reorderHold, `hold:${delivery.id}`) : 0)
      return Effect.andThen(idle.close, wait > 0 ? later(wait, delivery, 1) : push(delivery.lane, delivery, 1))
    })

  return {
    enqueue: (delivery) =>
      Effect.suspend(() => {
        counts.enqueued++
        if (faults.hit("lose", delivery.id)) {
          counts.lost++
          return Effect.asVoid(record(delivery, "lost"))
        }
        const copies = faults.hit("duplicate", delivery.id) ? faults.current().duplicateTimes : 0
        counts.duplicates += copies
        return Effect.forEach(
          Array.from({ length: copies + 1 }, (_, copy) => copy),
          (copy) =>
            begin(
              copy === 0 ? delivery : { ...delivery, id: `${delivery.id}~${copy}`, lane: `${delivery.lane}~${copy}` }
            ),
          { discard: true }
        )
      }),
    stats: () => ({ ...counts }),
    idle: idle.await
  }
})
