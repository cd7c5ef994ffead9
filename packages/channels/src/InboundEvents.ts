/**
 * Webhooks as they arrived: stored once under their delivery's key before they are acknowledged, then worked off in
 * batches under a lease. The table is its own work list.
 *
 * @since 0.1.0
 */
import {
  Array as Arr,
  Clock,
  Context,
  Duration,
  Effect,
  Fiber,
  Latch,
  Layer,
  Metric,
  Option,
  Schedule,
  Schema
} from "effect"
import type { Cause } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient, SqlError } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { Unavailable } from "@wicara/core/Problem"
import { Signals } from "@wicara/core/Signals"
import { affectedRows, rowLimit, transaction, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import { makeEventIds } from "./internal/eventIds.ts"
import { fingerprint } from "./internal/fingerprint.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const InboundEventId = Id.make("InboundEventId", "One stored webhook delivery.")
/** @since 0.1.0 */
export type InboundEventId = typeof InboundEventId.Type

/**
 * A delivery to store.
 *
 * @category models
 * @since 0.1.0
 */
export interface IncomingEvent {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  /** The same delivery repeated has the same key. */
  readonly dedupeKey: string
  /** The exact bytes that arrived. */
  readonly body: Uint8Array
}

/**
 * A stored delivery that this process holds until its lease ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClaimedEvent {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  readonly id: InboundEventId
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly body: Uint8Array
  /** How often it failed before. */
  readonly attempts: number
  readonly leaseId: Uint8Array
}

/**
 * The lease ended and someone else may hold the event now: whatever was done must be rolled back.
 *
 * @category errors
 * @since 0.1.0
 */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", {}) {}

/**
 * How many deliveries wait, and since when.
 *
 * @category models
 * @since 0.1.0
 */
export interface InboundBacklog {
  /** Waiting or leased, at most 10,000 are counted. */
  readonly pending: number
  /** Given up, at most 10,000 are counted. */
  readonly dead: number
  /** When the oldest pending one arrived, epoch milliseconds. */
  readonly oldestReceivedAt: Option.Option<number>
}

/**
 * Limits of ingestion and of retries.
 *
 * @category models
 * @since 0.1.0
 */
export interface InboundEventsOptions {
  /** Deliveries in one transaction (256). */
  readonly maxBatch?: number | undefined
  /** Deliveries that may wait for a transaction before new ones are refused (4096). */
  readonly maxWaiting?: number | undefined
  /** Bytes that may wait for a transaction before new ones are refused (64 MiB). */
  readonly maxWaitingBytes?: number | undefined
  /** How long a batch may fill while deliveries come at the same time (2 milliseconds). */
  readonly gatherFor?: Duration.Input | undefined
  /** How long a transaction may take before its callers are refused (10 seconds). */
  readonly commitTimeout?: Duration.Input | undefined
  /** Failures after which an event is given up (10). */
  readonly maxAttempts?: number | undefined
}

/**
 * The topic of `Signals` that is raised when deliveries were stored.
 *
 * @category constants
 * @since 0.1.0
 */
export const signal = "inbound-events"

const pendingState = 0
const doneState = 1
const deadState = 2

const ingested = Metric.counter("wicara_inbound_ingested", { incremental: true })
const refused = Metric.counter("wicara_inbound_refused", { incremental: true })
const batchSize = Metric.histogram("wicara_inbound_batch_size", { boundaries: [1, 2, 4, 8, 16, 32, 64, 128, 256] })
const retriedTotal = Metric.counter("wicara_inbound_retried", { incremental: true })
const deadTotal = Metric.counter("wicara_inbound_dead", { incremental: true })

/**
 * @category services
 * @since 0.1.0
 */
export class InboundEvents extends Context.Service<InboundEvents, {
  /**
   * Stores a delivery, unless its key is stored already, and returns when that is durable. Concurrent calls share a
   * transaction. Fails when the database is away or too many deliveries wait: nothing was acknowledged then, and the
   * provider will deliver again.
   */
  readonly ingest: (event: IncomingEvent) => Effect.Effect<void, Unavailable>
  /** Takes up to `limit` due deliveries, oldest first; others see them again when the lease has ended. */
  readonly claim: (options: {
    readonly limit: number
    readonly leaseFor: Duration.Input
  }) => Effect.Effect<ReadonlyArray<ClaimedEvent>>
  /**
   * Marks deliveries as worked off. Call it in the transaction of their effects: it fails when one of the leases was
   * lost, and then nothing of it must stay.
   */
  readonly complete: (
    events: ReadonlyArray<{ readonly event: ClaimedEvent; readonly unknownKinds: number }>
  ) => Effect.Effect<void, LeaseLost>
  /** Records a failure: the delivery is due again later, or given up (kept and counted). */
  readonly fail: (event: ClaimedEvent, reason: string) => Effect.Effect<"retry" | "dead">
  /** Gives deliveries back, due at once or after a while, without counting a failure. */
  readonly release: (
    events: ReadonlyArray<ClaimedEvent>,
    options?: { readonly after?: Duration.Input | undefined }
  ) => Effect.Effect<void>
  /** Ends every lease: at the start of a process that is known to be the only one. */
  readonly releaseLeases: Effect.Effect<void>
  /** Makes given-up deliveries of one organization due again, at most `limit`; returns how many. */
  readonly retryDead: (organizationId: OrganizationId, limit: number) => Effect.Effect<number>
  /** Deletes deliveries worked off before an instant (epoch milliseconds), at most `limit`; returns how many. */
  readonly purge: (options: { readonly before: number; readonly limit: number }) => Effect.Effect<number>
  readonly backlog: Effect.Effect<InboundBacklog>
}>()("@wicara/channels/InboundEvents") {
  /**
   * Deliveries in SQL, with the default limits.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<InboundEvents, never, SqlClient.SqlClient | Signals> = Layer.suspend(() =>
    InboundEvents.layerSqlWith({})
  )

  /**
   * Deliveries in SQL, with limits of your own.
   *
   * @since 0.1.0
   */
  static readonly layerSqlWith = (
    options: InboundEventsOptions
  ): Layer.Layer<InboundEvents, never, SqlClient.SqlClient | Signals> =>
    Layer.effect(
      InboundEvents,
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const signals = yield* Signals
        const ingest = yield* makeIngest(sql, signals, options)
        return InboundEvents.of({ ingest, ...makeWorkList(sql, signals, options) })
      })
    )
}

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
  "body",
  "body_bytes",
  "state",
  "attempts",
  "available_at",
  "unknown_kinds"
]

const statementSizes = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]
const maxStatementRows = 256
const maxUpdateRows = 64
const maxStatementBytes = 4 * 1024 * 1024
const maxClaimBytes = 16 * 1024 * 1024

const away = new Unavailable({ detail: "The delivery could not be stored. Send it again later." })
const full = new Unavailable({ detail: "Too many deliveries wait to be stored. Send it again later." })
const failAway = Effect.fail(away)
const failFull = Effect.fail(full)

const makeIngest = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  signals: Signals["Service"],
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
  const nextId = makeEventIds()
  const arrived = Latch.makeUnsafe(false)
  const enough = Latch.makeUnsafe(false)

  const tuple = `(${columns.map(() => "?").join(", ")})`
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
    const fiber = yield* Effect.forkDetach(insert(batch))
    const exit = yield* Effect.timeoutOption(Fiber.await(fiber), commitTimeout)
    if (Option.isSome(exit) && exit.value._tag === "Success") {
      for (const one of batch) one.resume(Effect.void)
      yield* Metric.update(ingested, batch.length)
      yield* Metric.update(batchSize, batch.length)
      yield* signals.notify(signal)
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
    if (lastBatch <= 1 || waiting.length >= Math.min(lastBatch, maxBatch) || closed) return Effect.void
    wanted = Math.min(lastBatch, maxBatch)
    enough.closeUnsafe()
    return Effect.asVoid(Effect.timeoutOption(enough.await, gatherFor))
  })

  const loop = Effect.gen(function*() {
    while (true) {
      yield* arrived.await
      // One turn of the event loop: whatever else has arrived by now joins the batch.
      yield* Effect.yieldNow
      yield* arrived.close
      while (waiting.length > 0) {
        yield* gather
        const batch = takeBatch()
        lastBatch = batch.length
        yield* commit(batch)
      }
      if (closed) return
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
            Id.toBytes(event.organizationId),
            nextId(now),
            Id.toBytes(event.channelAccountId),
            fingerprint(event.dedupeKey),
            now,
            event.body,
            bytes,
            pendingState,
            0,
            now,
            0
          ]
        })
        waitingBytes += bytes
        arrived.openUnsafe()
        if (waiting.length >= wanted) enough.openUnsafe()
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

interface EventRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly received_at: unknown
  readonly body: Uint8Array
  readonly attempts: unknown
}

interface KeyRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
}

const makeWorkList = (
  sql: SqlClient.SqlClient,
  signals: Signals["Service"],
  options: InboundEventsOptions
): Omit<InboundEvents["Service"], "ingest"> => {
  const maxAttempts = options.maxAttempts ?? 10

  // One `id IN (...)` an organization: what both databases answer with point look-ups.
  const keyed = (keys: ReadonlyArray<KeyRow>) =>
    sql.or(
      Object.values(Arr.groupBy(keys, (key) => Id.fromBytes(key.organization_id))).map((group) =>
        sql`(organization_id = ${group[0].organization_id} AND ${sql.in("id", group.map((key) => key.id))})`
      )
    )

  const claim = Effect.fn("InboundEvents.claim")(function*(claimOptions: {
    readonly limit: number
    readonly leaseFor: Duration.Input
  }) {
    const now = yield* Clock.currentTimeMillis
    const until = now + Duration.toMillis(Duration.fromInputUnsafe(claimOptions.leaseFor))
    const found = yield* sql<KeyRow & { readonly body_bytes: unknown }>`SELECT organization_id, id, body_bytes
      FROM channels_inbound_events
      WHERE state = ${pendingState} AND available_at <= ${now}
      ORDER BY available_at, organization_id, id LIMIT ${rowLimit(sql, claimOptions.limit)}`
    if (found.length === 0) return []
    let bytes = 0
    const due = found.filter((row, index) => {
      bytes += Number(row.body_bytes)
      return index === 0 || bytes <= maxClaimBytes
    })
    const leaseId = SecureRandom.uuidV7Unsafe({ format: "bytes" })
    yield* transaction(
      sql,
      varying(
        sql,
        sql`UPDATE channels_inbound_events SET lease_id = ${leaseId}, available_at = ${until}
          WHERE ${keyed(due)} AND state = ${pendingState} AND available_at <= ${now}`
      )
    )
    const rows = yield* varying(
      sql,
      sql<EventRow>`SELECT organization_id, id, channel_account_id, received_at, body, attempts
        FROM channels_inbound_events WHERE ${keyed(due)} AND lease_id = ${leaseId} AND state = ${pendingState}`
    )
    return rows
      .map((row): ClaimedEvent => ({
        organizationId: Id.fromBytes(row.organization_id),
        channelAccountId: Id.fromBytes(row.channel_account_id),
        id: Id.fromBytes(row.id),
        receivedAt: Number(row.received_at),
        body: row.body,
        attempts: Number(row.attempts),
        leaseId
      }))
      .sort((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1))
  }, Effect.orDie)

  const complete = Effect.fnUntraced(function*(
    events: ReadonlyArray<{ readonly event: ClaimedEvent; readonly unknownKinds: number }>
  ) {
    const now = yield* Clock.currentTimeMillis
    const groups = Object.values(
      Arr.groupBy(
        events,
        ({ event, unknownKinds }) => `${event.organizationId} ${Id.fromBytes(event.leaseId)} ${unknownKinds}`
      )
    )
    for (const group of groups) {
      const { event, unknownKinds } = group[0]
      for (const chunk of Arr.chunksOf(group, maxUpdateRows)) {
        const changed = yield* Effect.orDie(affectedRows(sql`UPDATE channels_inbound_events
          SET state = ${doneState}, lease_id = NULL, available_at = ${now}, unknown_kinds = ${unknownKinds}
          WHERE organization_id = ${Id.toBytes(event.organizationId)}
            AND ${sql.in("id", padded(chunk.map((one) => Id.toBytes(one.event.id))))}
            AND lease_id = ${event.leaseId} AND state = ${pendingState}`))
        if (changed !== chunk.length) return yield* new LeaseLost()
      }
    }
  })

  const fail = Effect.fn("InboundEvents.fail")(function*(event: ClaimedEvent, reason: string) {
    const now = yield* Clock.currentTimeMillis
    const attempts = event.attempts + 1
    const givenUp = attempts >= maxAttempts
    yield* transaction(
      sql,
      sql`UPDATE channels_inbound_events
        SET state = ${givenUp ? deadState : pendingState}, attempts = ${attempts}, lease_id = NULL,
          available_at = ${now + (givenUp ? 0 : retryDelay(attempts))}, error = ${reason.slice(0, 8000)}
        WHERE organization_id = ${Id.toBytes(event.organizationId)} AND id = ${Id.toBytes(event.id)}
          AND lease_id = ${event.leaseId} AND state = ${pendingState}`
    )
    yield* Metric.update(givenUp ? deadTotal : retriedTotal, 1)
    return givenUp ? "dead" as const : "retry" as const
  }, Effect.orDie)

  const release = Effect.fn("InboundEvents.release")(function*(
    events: ReadonlyArray<ClaimedEvent>,
    releaseOptions?: { readonly after?: Duration.Input | undefined }
  ) {
    const after = releaseOptions?.after
    const availableAt = after === undefined
      ? sql.literal("received_at")
      : sql`${(yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.fromInputUnsafe(after))}`
    const groups = Object.values(
      Arr.groupBy(events, (event) => `${event.organizationId} ${Id.fromBytes(event.leaseId)}`)
    )
    for (const group of groups) {
      yield* transaction(
        sql,
        varying(
          sql,
          sql`UPDATE channels_inbound_events SET lease_id = NULL, available_at = ${availableAt}
            WHERE organization_id = ${Id.toBytes(group[0].organizationId)}
              AND ${sql.in("id", group.map((event) => Id.toBytes(event.id)))}
              AND lease_id = ${group[0].leaseId} AND state = ${pendingState}`
        )
      )
    }
    if (events.length > 0 && after === undefined) yield* signals.notify(signal)
  }, Effect.orDie)

  const releaseLeases = transaction(
    sql,
    sql`UPDATE channels_inbound_events SET lease_id = NULL, available_at = received_at
      WHERE state = ${pendingState} AND lease_id IS NOT NULL`
  ).pipe(Effect.orDie, Effect.asVoid, Effect.withSpan("InboundEvents.releaseLeases"))

  const retryDead = Effect.fn("InboundEvents.retryDead")(function*(organizationId: OrganizationId, limit: number) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql<KeyRow>`SELECT organization_id, id FROM channels_inbound_events
      WHERE state = ${deadState} AND organization_id = ${Id.toBytes(organizationId)}
      ORDER BY available_at LIMIT ${rowLimit(sql, limit)}`
    if (rows.length === 0) return 0
    yield* transaction(
      sql,
      varying(
        sql,
        sql`UPDATE channels_inbound_events SET state = ${pendingState}, attempts = 0, available_at = ${now}
          WHERE ${keyed(rows)} AND state = ${deadState}`
      )
    )
    yield* signals.notify(signal)
    return rows.length
  }, Effect.orDie)

  const purge = Effect.fn("InboundEvents.purge")(function*(purgeOptions: {
    readonly before: number
    readonly limit: number
  }) {
    const rows = yield* sql<KeyRow>`SELECT organization_id, id FROM channels_inbound_events
      WHERE state = ${doneState} AND available_at < ${purgeOptions.before}
      ORDER BY available_at LIMIT ${rowLimit(sql, purgeOptions.limit)}`
    if (rows.length === 0) return 0
    yield* transaction(
      sql,
      varying(sql, sql`DELETE FROM channels_inbound_events WHERE ${keyed(rows)} AND state = ${doneState}`)
    )
    return rows.length
  }, Effect.orDie)

  const count = (state: number) =>
    sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM (
      SELECT 1 FROM channels_inbound_events WHERE state = ${state} LIMIT 10000) bounded`

  const backlog = Effect.gen(function*() {
    const pending = yield* count(pendingState)
    const given = yield* count(deadState)
    const oldest = yield* sql<{ readonly received_at: unknown }>`SELECT received_at FROM channels_inbound_events
      WHERE state = ${pendingState} ORDER BY available_at LIMIT 1`
    return {
      pending: Number(pending[0]?.total ?? 0),
      dead: Number(given[0]?.total ?? 0),
      oldestReceivedAt: Option.map(Arr.head(oldest), (row) => Number(row.received_at))
    }
  }).pipe(Effect.orDie, Effect.withSpan("InboundEvents.backlog"))

  return { claim, complete, fail, release, releaseLeases, retryDead, purge, backlog }
}

/** The list, its last element repeated up to a power of two: few statement shapes to prepare. */
const padded = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => {
  const list = [...values]
  let length = 1
  while (length < list.length) length *= 2
  while (list.length < length) list.push(values[values.length - 1]!)
  return list
}

/** 1 s, 4 s, 16 s ... at most an hour. */
const retryDelay = (attempts: number): number => Math.min(1000 * 4 ** (attempts - 1), 3_600_000)
