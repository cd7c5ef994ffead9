import { Array as Arr, Clock, Context, Effect, Fiber, Latch, Metric, Option, Schedule } from "effect"
import type { Cause } from "effect"
import { SqlError } from "effect/sql"
import type { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { Unavailable } from "@wicara/core/Problem"
import { transaction } from "@wicara/core/Sql"
import type { InboundEventsOptions, IncomingEvent } from "../InboundEvents.ts"
import { makeEventIds } from "./eventIds.ts"
import { fingerprint } from "./fingerprint.ts"
import { pendingState } from "./inboundStates.ts"

const ingested = Metric.counter("wicara_inbound_ingested", { incremental: true })
const refused = Metric.counter("wicara_inbound_refused", { incremental: true })
const batchSize = Metric.histogram("wicara_inbound_batch_size", { boundaries: [1, 2, 4, 8, 16, 32, 64, 128, 256] })

interface Waiting {
  readonly row: ReadonlyArray<unknown>
  readonly bytes: number
  readonly resume: (effect: Effect.Effect<void, Unavailable>) => void
}

const columns = [
  "organization_id",
  "id",
  "channel_account_id",
  "dedupe_key",
  "received_at",
  "available_at",
  "body",
  "body_bytes",
  "state",
  "attempts",
  "unknown_kinds"
]
// What is the same in every row is part of the statement: encoding parameters is a good part of its cost.
const tuple = `(?, ?, ?, ?, ?, ?, ?, ?, ${pendingState}, 0, 0)`

const statementSizes = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]
const maxStatementRows = 256
const worthwhile = 64
const maxStatementBytes = 4 * 1024 * 1024

const away = new Unavailable({ detail: "The delivery could not be stored. Send it again later." })
const full = new Unavailable({ detail: "Too many deliveries wait to be stored. Send it again later." })
const failAway = Effect.fail(away)
const failFull = Effect.fail(full)

/** Storing with group commit: concurrent callers share a transaction, and each is told when it is durable. */
export const makeIngest = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  notify: Effect.Effect<void>,
  options: InboundEventsOptions
) {
  const maxBatch = options.maxBatch ?? 256
  const maxWaiting = options.maxWaiting ?? 4096
  const maxWaitingBytes = options.maxWaitingBytes ?? 64 * 1024 * 1024
  const commitTimeout = options.commitTimeout ?? "10 seconds"
  const gatherFor = options.gatherFor ?? "2 millis"
  const clock = yield* Clock.Clock

  let waiting: Array<Waiting> = []
  let waitingBytes = 0
  let closed = false
  let lastBatch = 0
  let wanted = 0
  let running = 0
  const nextId = makeEventIds()
  const bytesOf = makeIdBytes()
  const arrived = Latch.makeUnsafe(false)
  const enough = Latch.makeUnsafe(false)

  // While one is being made durable, MySQL has the next one written; SQLite has one writer.
  const maxTransactions = sql.onDialectOrElse({ mysql: () => 2, orElse: () => 1 })
  const atOnce = sql.onDialectOrElse({ mysql: () => maxBatch / 2, orElse: () => Number.POSITIVE_INFINITY })
  const onDuplicate = sql.onDialectOrElse({
    mysql: () => "ON DUPLICATE KEY UPDATE id = id",
    orElse: () => "ON CONFLICT DO NOTHING"
  })
  const texts = new Map<number, string>()
  const text = (rows: number): string => {
    let existing = texts.get(rows)
    if (existing === undefined) {
      existing = `INSERT INTO channels_inbound_events (${columns.join(", ")}) VALUES ${
        Arr.makeBy(rows, () => tuple).join(", ")
      } ${onDuplicate}`
      texts.set(rows, existing)
    }
    return existing
  }

  /**
   * Stores a batch with few statements, each of a size that the database has prepared: what is missing to the next size
   * is filled by repeating the smallest row, which then is there already.
   */
  const statementsOf = (batch: ReadonlyArray<Waiting>) => {
    const statements = []
    let start = 0
    while (start < batch.length) {
      let rows = 0
      let bytes = 0
      let smallest = start
      while (start + rows < batch.length && rows < maxStatementRows) {
        const next = batch[start + rows]!.bytes
        if (rows > 0 && bytes + next > maxStatementBytes) break
        if (next < batch[smallest]!.bytes) smallest = start + rows
        bytes += next
        rows += 1
      }
      const size = statementSizes.find((one) => one >= rows)!
      const params: Array<unknown> = []
      for (let index = 0; index < size; index++) {
        for (const value of batch[index < rows ? start + index : smallest]!.row) params.push(value)
      }
      statements.push(sql.unsafe(text(size), params))
      start += rows
    }
    return statements
  }

  // One statement is a transaction of its own, which saves MySQL two round trips. SQLite's connection is shared, and is
  // had alone only within a transaction.
  const insert = (batch: ReadonlyArray<Waiting>) => {
    const statements = statementsOf(batch)
    return sql.onDialectOrElse({
      mysql: () => statements.length === 1 ? retried(statements[0]!) : transaction(sql, Effect.all(statements)),
      orElse: () => transaction(sql, Effect.all(statements))
    })
  }

  const takeBatch = (): ReadonlyArray<Waiting> => {
    const batch = waiting.length <= maxBatch ? waiting : waiting.slice(0, maxBatch)
    waiting = waiting.length <= maxBatch ? [] : waiting.slice(maxBatch)
    for (const one of batch) waitingBytes -= one.bytes
    return batch
  }

  const commit = Effect.fnUntraced(function*(batch: ReadonlyArray<Waiting>) {
    // A connection that no longer answers must not hold its callers: they are refused, and the statement, if it still
    // lands, stores what the provider will then deliver a second time.
    const fiber = yield* Effect.forkDetach(insert(batch), { startImmediately: true })
    const exit = yield* Effect.timeoutOption(Fiber.await(fiber), commitTimeout)
    if (Option.isSome(exit) && exit.value._tag === "Success") {
      for (const one of batch) one.resume(Effect.void)
      yield* Metric.update(ingested, batch.length)
      yield* Metric.update(batchSize, batch.length)
      yield* notify
      return
    }
    for (const one of batch) one.resume(failAway)
    yield* Metric.update(refused, batch.length)
    yield* Option.isSome(exit)
      ? Effect.logWarning(
        "Webhooks could not be stored",
        (exit.value as { readonly cause: Cause.Cause<unknown> }).cause
      )
      : Effect.logWarning("Webhooks could not be stored in time")
  })

  /**
   * Lets a batch fill: until as many wait as were acknowledged last (whoever sends one after another is back then), at
   * most the gathering time. Who comes alone is not kept waiting.
   */
  const gather = Effect.suspend(() => {
    if (running > 0 || lastBatch <= 1 || waiting.length >= Math.min(lastBatch, maxBatch) || closed) return Effect.void
    wanted = Math.min(lastBatch, maxBatch)
    enough.closeUnsafe()
    return Effect.asVoid(Effect.timeoutOption(enough.await, gatherFor))
  })

  const ended = Effect.sync(() => {
    running -= 1
    enough.openUnsafe()
  })

  const run = Effect.runForkWith(Context.omit(Clock.Clock)(yield* Effect.context<never>()))
  const begin = () => {
    const batch = takeBatch()
    lastBatch = batch.length
    running += 1
    run(Effect.ensuring(commit(batch), ended))
  }

  /** One transaction at a time, unless so many wait that a second one is worth its round trip. */
  const isIdle = () => running === 0
  const mayBegin = () => isIdle() || (running < maxTransactions && waiting.length >= worthwhile)
  const change = Effect.suspend(() => {
    wanted = running < maxTransactions ? worthwhile : Number.POSITIVE_INFINITY
    enough.closeUnsafe()
    return enough.await
  })

  const loop = Effect.gen(function*() {
    while (true) {
      yield* arrived.await
      // One turn of the event loop: whatever else has arrived by now joins the batch.
      yield* Effect.yieldNow
      yield* arrived.close
      while (waiting.length > 0) {
        while (!mayBegin()) yield* change
        yield* gather
        if (waiting.length > 0 && running < maxTransactions) begin()
      }
      if (closed) {
        while (!isIdle()) yield* change
        return
      }
    }
  }).pipe(
    // Not the ambient clock: gathering is about how fast sockets deliver, which a test's clock does not move.
    Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())
  )

  // Not interrupted with its scope: what waits when the scope closes is still committed and acknowledged.
  yield* Effect.acquireRelease(
    Effect.forkDetach(loop),
    (fiber) =>
      Effect.andThen(
        Effect.sync(() => {
          closed = true
          enough.openUnsafe()
          arrived.openUnsafe()
        }),
        Fiber.await(fiber)
      )
  )

  return (event: IncomingEvent): Effect.Effect<void, Unavailable> =>
    Effect.suspend(() => {
      if (closed || waiting.length >= maxWaiting || waitingBytes >= maxWaitingBytes) {
        return Effect.andThen(Metric.update(refused, 1), failFull)
      }
      return Effect.callback<void, Unavailable>((resume) => {
        const now = clock.currentTimeMillisUnsafe()
        const bytes = event.body.byteLength
        waiting.push({
          bytes,
          resume,
          row: [
            bytesOf(event.organizationId),
            nextId(now),
            bytesOf(event.channelAccountId),
            fingerprint(event.dedupeKey),
            now,
            now,
            event.body,
            bytes
          ]
        })
        waitingBytes += bytes
        arrived.openUnsafe()
        // Not left to the loop: while this process reads what else has arrived, the database works already.
        if (waiting.length >= atOnce && running < maxTransactions) begin()
        else if (waiting.length >= wanted) enough.openUnsafe()
      })
    })
})

/** Concurrent batches of several processes may lock each other out when they hold the same deliveries. */
const retried = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, {
    while: (error) =>
      error instanceof SqlError.SqlError &&
      (error.reason._tag === "DeadlockError" || error.reason._tag === "LockTimeoutError"),
    times: 8,
    schedule: Schedule.jittered(Schedule.exponential("5 millis", 1.6))
  })

/** The bytes of ids that come again and again. */
const makeIdBytes = () => {
  const known = new Map<string, Uint8Array>()
  return (id: string): Uint8Array => {
    let bytes = known.get(id)
    if (bytes === undefined) {
      if (known.size >= 10_000) known.clear()
      bytes = Id.toBytes(id)
      known.set(id, bytes)
    }
    return bytes
  }
}
