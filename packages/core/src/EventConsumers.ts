/**
 * Consumers of the event log: each reads all events of its types in order of their position, at least once, with a
 * cursor of its own that survives restarts. One process at a time runs a consumer, by a lease on the cursor's row; the
 * lease's id fences a holder that was slow, so two processes never move one cursor.
 *
 * A handler that fails is tried again a few times; then its event is set aside with its error and the consumer goes on,
 * so that one bad event never holds up the others. Handlers are idempotent by the event's id.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Context, DateTime, Effect, Latch, Layer, Schema } from "effect"
import type { Array as Arr, Duration } from "effect"
import { SqlClient } from "effect/sql"
import * as Correlation from "./Correlation.ts"
import { EventLog } from "./EventLog.ts"
import type { StoredEvent } from "./Events.ts"
import * as Id from "./Id.ts"
import { affectedRows, insertIfAbsent, isOutage, rowLimit } from "./Sql.ts"
import { CurrentActor, CurrentOrganization, systemActor } from "./Tenancy.ts"

/**
 * How far a consumer is.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConsumerStatus {
  readonly name: string
  /** Everything up to and including this position has been handled or set aside. */
  readonly position: number
  /** How many positions of the log lie after it (of any type). */
  readonly lag: number
  /** How many events were set aside. */
  readonly failures: number
}

/**
 * An event that a consumer could not handle.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventFailure {
  readonly consumer: string
  readonly position: number
  readonly attempts: number
  readonly error: string
  readonly failedAt: DateTime.Utc
}

/**
 * What a consumer is made of.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConsumerOptions {
  /** Names the cursor: never change it once released. */
  readonly name: string
  /** The event types it reads. */
  readonly types: ReadonlyArray<string> | "all"
  /** Events read, and handed to `handleBatch`, at a time; 200 if absent. */
  readonly batchSize?: number | undefined
  /** Where a new consumer begins: with the oldest event (if absent), or with the next one. */
  readonly startAt?: "start" | "now" | undefined
  /** Attempts before an event is set aside; 5 if absent. */
  readonly attempts?: number | undefined
  /** How long a handler may take before the attempt counts as failed; a minute if absent. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * A consumer with its handler, as the service runs it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Consumer extends ConsumerOptions {
  readonly handle: (events: Arr.NonEmptyReadonlyArray<StoredEvent>) => Effect.Effect<void, unknown>
  /** Whether the handler takes whole batches; else it gets one event at a time. */
  readonly inBatches: boolean
}

interface Running {
  readonly consumer: Consumer
  readonly takes: (type: string) => boolean
  /** Handled up to here, by this process. */
  position: number
  /** What the cursor's row says. */
  persisted: number
  /** Until when the lease is ours; `0` if it is not. */
  leaseUntil: number
  /** When the row was looked at last. */
  seenAt: number
  /** Ends its wait for new events. */
  readonly wake: Latch.Latch
}

/**
 * @category services
 * @since 0.1.0
 */
export class EventConsumers extends Context.Service<EventConsumers, {
  /** Runs a consumer until the scope closes; `consume` and `consumeBatches` are the ways to declare one. */
  readonly run: (consumer: Consumer) => Effect.Effect<never>
  /** All consumers that ever ran on this database. */
  readonly status: Effect.Effect<ReadonlyArray<ConsumerStatus>>
  /** Sets a consumer's cursor, so that it handles again everything after the position; `0` is the whole log. */
  readonly replay: (name: string, after: number) => Effect.Effect<void>
  /** The events that a consumer set aside, oldest first. */
  readonly failures: (name: string, limit: number) => Effect.Effect<ReadonlyArray<EventFailure>>
  /** Handles again what was set aside by a consumer of this process; returns how many now succeeded. */
  readonly retryFailures: (name: string) => Effect.Effect<number>
  /** Waits until the consumers of this process have handled everything committed by now. */
  readonly settled: Effect.Effect<void>
}>()("@wicara/core/EventConsumers") {
  /**
   * Cursors, leases and failures in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<EventConsumers, never, SqlClient.SqlClient | EventLog> = Layer.effect(
    EventConsumers,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      const running = new Map<string, Running>()
      const progress = makeProgress()

      /** Takes or keeps the lease; says whether it is ours. */
      const acquire = Effect.fnUntraced(function*(state: Running, lease: Uint8Array) {
        const { name } = state.consumer
        const now = yield* Clock.currentTimeMillis
        if (state.leaseUntil - now > leaseMillis / 2) return true
        const until = now + leaseMillis
        if (state.leaseUntil > 0) {
          const kept = yield* affectedRows(sql`UPDATE core_event_cursors SET lease_until = ${until}
            WHERE consumer = ${name} AND lease_id = ${lease}`)
          state.leaseUntil = kept > 0 ? until : 0
          if (kept > 0) {
            state.seenAt = now
            return true
          }
        }
        yield* sql`UPDATE core_event_cursors SET lease_id = ${lease}, lease_until = ${until}
          WHERE consumer = ${name} AND (lease_id IS NULL OR lease_until < ${now})`
        const rows = yield* sql<{ readonly position: unknown }>`SELECT position FROM core_event_cursors
          WHERE consumer = ${name} AND lease_id = ${lease}`
        if (rows[0] === undefined) return false
        state.position = state.persisted = Number(rows[0].position)
        state.leaseUntil = until
        state.seenAt = now
        return true
      })

      /** Stores the cursor if the lease is still ours. */
      const persist = Effect.fnUntraced(function*(state: Running, lease: Uint8Array) {
        const now = yield* Clock.currentTimeMillis
        const { position } = state
        const rows = yield* affectedRows(sql`UPDATE core_event_cursors
          SET position = ${position}, lease_until = ${now + leaseMillis}
          WHERE consumer = ${state.consumer.name} AND lease_id = ${lease}`)
        state.leaseUntil = rows > 0 ? now + leaseMillis : 0
        if (rows > 0) state.persisted = position
        return rows > 0
      })

      const release = (name: string, lease: Uint8Array) =>
        Effect.ignoreCause(sql`UPDATE core_event_cursors SET lease_id = NULL, lease_until = 0
          WHERE consumer = ${name} AND lease_id = ${lease}`)

      /** Keeps the lease while a handler works; ends when it was lost. */
      const keep = (name: string, lease: Uint8Array): Effect.Effect<void> =>
        Effect.gen(function*() {
          let until = (yield* Clock.currentTimeMillis) + leaseMillis
          while (true) {
            yield* Effect.sleep(leaseMillis / 3)
            const now = yield* Clock.currentTimeMillis
            if (now >= until) return
            const renewed = yield* affectedRows(sql`UPDATE core_event_cursors SET lease_until = ${now + leaseMillis}
              WHERE consumer = ${name} AND lease_id = ${lease}`).pipe(Effect.orElseSucceed(() => undefined))
            if (renewed === 0) return
            if (renewed !== undefined) until = now + leaseMillis
          }
        })

      const setAside = Effect.fnUntraced(
        function*(consumer: Consumer, event: StoredEvent, cause: Cause.Cause<unknown>) {
          const failedAt = yield* Clock.currentTimeMillis
          yield* Effect.logError(`Consumer ${consumer.name} set aside event ${event.position} (${event.type})`, cause)
          yield* insertIfAbsent(sql, "core_event_failures", "position", [{
            consumer: consumer.name,
            position: event.position,
            attempts: consumer.attempts ?? defaultAttempts,
            error: Cause.pretty(cause).slice(0, 8000),
            failed_at: failedAt
          }])
        }
      )

      const attempt = (consumer: Consumer, events: Arr.NonEmptyReadonlyArray<StoredEvent>) =>
        consumer.handle(events).pipe(
          Effect.timeout(consumer.timeout ?? "1 minute"),
          // A batch belongs to many requests, and so to none.
          Correlation.resume(events.length === 1 ? events[0].correlation : null),
          Effect.exit
        )

      /** Attempts until one succeeds, or returns why the last one failed. */
      const attempts = Effect.fnUntraced(function*(consumer: Consumer, events: Arr.NonEmptyReadonlyArray<StoredEvent>) {
        let failed = 0
        while (true) {
          const exit = yield* attempt(consumer, events)
          if (exit._tag === "Success") return undefined
          // While the database is away no event is to blame: it is awaited.
          if (isOutage(exit.cause)) {
            yield* Effect.sleep("1 second")
            continue
          }
          failed += 1
          if (failed >= (consumer.attempts ?? defaultAttempts)) return exit.cause
          yield* Effect.sleep(Math.min(50 * 4 ** (failed - 1), 10_000))
        }
      })

      const handle = Effect.fnUntraced(function*(consumer: Consumer, events: Arr.NonEmptyReadonlyArray<StoredEvent>) {
        const failed = yield* attempts(consumer, events)
        if (failed === undefined) return
        if (events.length === 1) return yield* setAside(consumer, events[0], failed)
        for (const event of events) {
          const alone = yield* attempts(consumer, [event])
          if (alone !== undefined) yield* setAside(consumer, event, alone)
        }
      })

      /** Whether nothing up to a position is this consumer's, as far as the latest events tell; so it goes on. */
      const skip = Effect.fnUntraced(function*(state: Running, upTo: number) {
        const now = yield* Clock.currentTimeMillis
        // Now and then the cursor is looked at: another process may have moved it.
        if (state.position < 0 || now - state.seenAt > lookMillis || upTo - state.persisted >= rarely) return false
        const recent = yield* log.recent({ after: state.position, upTo })
        if (recent === undefined || recent.some((event) => state.takes(event.type))) return false
        state.position = upTo
        progress.made()
        return true
      })

      /** The next events of its types after its cursor, at most a batch, and the position that they reach. */
      const next = Effect.fnUntraced(function*({ consumer, position, takes }: Running, upTo: number) {
        const limit = consumer.batchSize ?? defaultBatchSize
        const recent = yield* log.recent({ after: position, upTo })
        const events = recent === undefined
          ? yield* log.readAll({
            after: position,
            upTo,
            limit,
            types: consumer.types === "all" ? undefined : consumer.types
          })
          : recent.filter((event) => takes(event.type)).slice(0, limit)
        return { events, reached: events.length < limit ? upTo : events[events.length - 1]?.position ?? upTo }
      })

      /** Handles one batch; says whether there may be more. */
      const pass = Effect.fnUntraced(function*(state: Running, lease: Uint8Array) {
        const { consumer } = state
        const upTo = yield* log.known
        if (state.position >= upTo) return "idle" as const
        if (yield* skip(state, upTo)) return "more" as const
        if (!(yield* acquire(state, lease))) return "elsewhere" as const
        const { events, reached } = yield* next(state, upTo)
        const [first, ...rest] = events
        if (first !== undefined) {
          const work = consumer.inBatches
            ? handle(consumer, [first, ...rest])
            : Effect.forEach(events, (event) =>
              Effect.andThen(
                handle(consumer, [event]),
                Effect.sync(() => {
                  state.position = event.position
                })
              ), { discard: true })
          const kept = yield* Effect.raceFirst(
            Effect.as(work, true),
            Effect.as(keep(consumer.name, lease), false)
          ).pipe(
            // What was handled before the process stops is not handled again by the next one.
            Effect.onInterrupt(() => Effect.ignoreCause(persist(state, lease)))
          )
          if (!kept) return lost(state)
        }
        state.position = Math.max(state.position, reached)
        // Positions without an event of these types are not worth a write each.
        const isWorthIt = first !== undefined || state.position - state.persisted >= rarely
        if (isWorthIt && !(yield* persist(state, lease))) return lost(state)
        progress.made()
        return "more" as const
      })

      const idle = Effect.fnUntraced(function*(state: Running, lease: Uint8Array) {
        const more = yield* log.awaitAfter(state.position).pipe(
          Effect.raceFirst(Effect.andThen(state.wake.await, state.wake.close)),
          Effect.timeoutOption(lookMillis)
        )
        if (more._tag === "Some") return
        const rows = yield* sql<{ readonly position: unknown }>`SELECT position FROM core_event_cursors
          WHERE consumer = ${state.consumer.name}`
        if (Number(rows[0]?.position ?? 0) !== state.persisted) {
          // Another process moved it, or somebody asked for a replay.
          lost(state)
          return
        }
        state.seenAt = yield* Clock.currentTimeMillis
        if (state.position > state.persisted) {
          if (yield* acquire(state, lease)) yield* persist(state, lease)
        }
      })

      const run = Effect.fnUntraced(function*(consumer: Consumer) {
        const { name } = consumer
        const lease = Id.toBytes(yield* Id.next(Schema.String))
        const types = consumer.types === "all" ? undefined : new Set(consumer.types)
        const state: Running = {
          consumer,
          takes: (type) => types === undefined || types.has(type),
          position: -1,
          persisted: -1,
          leaseUntil: 0,
          seenAt: 0,
          wake: Latch.makeUnsafe()
        }
        running.set(name, state)
        yield* Effect.addFinalizer(() => Effect.sync(() => running.delete(name)))
        yield* Effect.addFinalizer(() => release(name, lease))
        const steps = Effect.gen(function*() {
          const position = consumer.startAt === "now" ? yield* log.head : 0
          yield* insertIfAbsent(sql, "core_event_cursors", "consumer", [
            { consumer: name, position, lease_id: null, lease_until: 0 }
          ])
          while (true) {
            const outcome = yield* pass(state, lease)
            if (outcome === "idle") yield* idle(state, lease)
            if (outcome === "elsewhere") yield* Effect.sleep("1 second")
          }
        })
        return yield* steps.pipe(
          Effect.catchCause((cause) =>
            Effect.andThen(
              Effect.logWarning(`Consumer ${name} could not go on; trying again`, cause),
              Effect.sleep("1 second")
            )
          ),
          Effect.forever
        )
      }, Effect.scoped)

      const readFailures = (name: string, limit: number) =>
        Effect.orDie(sql<FailureRow>`SELECT consumer, position, attempts, error, failed_at FROM core_event_failures
          WHERE consumer = ${name} ORDER BY position LIMIT ${rowLimit(sql, limit)}`)

      return EventConsumers.of({
        run,
        status: Effect.gen(function*() {
          const head = yield* log.head
          const cursors = yield* sql<{ readonly consumer: string; readonly position: unknown }>`
            SELECT consumer, position FROM core_event_cursors ORDER BY consumer`
          const failures = yield* sql<{ readonly consumer: string; readonly failures: unknown }>`
            SELECT consumer, COUNT(*) AS failures FROM core_event_failures GROUP BY consumer`
          const failed = new Map(failures.map((row) => [row.consumer, Number(row.failures)]))
          return cursors.map((row): ConsumerStatus => ({
            name: row.consumer,
            position: Number(row.position),
            lag: Math.max(0, head - Number(row.position)),
            failures: failed.get(row.consumer) ?? 0
          }))
        }).pipe(Effect.orDie, Effect.withSpan("EventConsumers.status")),
        replay: Effect.fn("EventConsumers.replay")(function*(name, after) {
          yield* Effect.orDie(sql`UPDATE core_event_cursors SET position = ${after}, lease_id = NULL, lease_until = 0
            WHERE consumer = ${name}`)
          const state = running.get(name)
          if (state !== undefined) {
            lost(state)
            yield* state.wake.open
          }
        }),
        failures: Effect.fn("EventConsumers.failures")(function*(name, limit) {
          const rows = yield* readFailures(name, limit)
          return rows.map((row): EventFailure => ({
            consumer: row.consumer,
            position: Number(row.position),
            attempts: Number(row.attempts),
            error: row.error,
            failedAt: DateTime.makeUnsafe(Number(row.failed_at))
          }))
        }),
        retryFailures: Effect.fn("EventConsumers.retryFailures")(function*(name) {
          const consumer = running.get(name)?.consumer
          if (consumer === undefined) return 0
          let succeeded = 0
          for (const row of yield* readFailures(name, 1000)) {
            const position = Number(row.position)
            const [event] = yield* log.readAll({ after: position - 1, upTo: position, limit: 1 })
            if (event === undefined || (yield* attempt(consumer, [event]))._tag === "Failure") continue
            yield* Effect.orDie(
              sql`DELETE FROM core_event_failures WHERE consumer = ${name} AND position = ${position}`
            )
            succeeded += 1
          }
          return succeeded
        }),
        settled: Effect.gen(function*() {
          const head = yield* log.flush
          yield* progress.until(() => [...running.values()].every((state) => state.position >= head))
        })
      })
    })
  )
}

const leaseMillis = 3000
/** How often a consumer without events of its own looks at its cursor. */
const lookMillis = 5000
/** Positions without such events after which it is written. */
const rarely = 1000
const defaultBatchSize = 200
const defaultAttempts = 5

interface FailureRow {
  readonly consumer: string
  readonly position: unknown
  readonly attempts: unknown
  readonly error: string
  readonly failed_at: unknown
}

/** The cursor is not ours any more: it has to be read again before going on. */
const lost = (state: Running) => {
  state.position = -1
  state.leaseUntil = 0
  return "elsewhere" as const
}

const makeProgress = () => {
  const waiters = new Set<() => void>()
  return {
    made: () => {
      for (const waiter of waiters) waiter()
    },
    until: (done: () => boolean) =>
      Effect.callback<void>((resume) => {
        const check = () => {
          if (!done()) return
          waiters.delete(check)
          resume(Effect.void)
        }
        waiters.add(check)
        check()
        return Effect.sync(() => waiters.delete(check))
      })
  }
}

/**
 * Runs a consumer in the background of the layer's scope, one event at a time. Its handler acts for the event's
 * organization, as the system.
 *
 * @category layers
 * @since 0.1.0
 * @example
 * const layer = EventConsumers.consume({
 *   name: "contacts.count", types: [contactCreated.type], handle: (event) => Effect.log(event.aggregateId)
 * })
 */
export const consume = <E, R>(
  options: ConsumerOptions & { readonly handle: (event: StoredEvent) => Effect.Effect<void, E, R> }
): Layer.Layer<never, never, EventConsumers | Exclude<Exclude<R, CurrentOrganization>, CurrentActor>> =>
  layerOf(options, ([event]) =>
    options.handle(event).pipe(
      Effect.provideService(CurrentOrganization, { id: event.organizationId }),
      Effect.provideService(CurrentActor, systemActor(options.name))
    ), false)

/**
 * Runs a consumer in the background whose handler takes a whole batch, in order, of any organizations: for bulk
 * inserts. When a batch keeps failing its events are handled one by one, to set aside only the bad ones.
 *
 * @category layers
 * @since 0.1.0
 */
export const consumeBatches = <E, R>(
  options: ConsumerOptions & {
    readonly handleBatch: (events: Arr.NonEmptyReadonlyArray<StoredEvent>) => Effect.Effect<void, E, R>
  }
): Layer.Layer<never, never, EventConsumers | Exclude<R, CurrentActor>> =>
  layerOf(
    options,
    (events) => Effect.provideService(options.handleBatch(events), CurrentActor, systemActor(options.name)),
    true
  )

const layerOf = <R>(
  options: ConsumerOptions,
  handle: (events: Arr.NonEmptyReadonlyArray<StoredEvent>) => Effect.Effect<void, unknown, R>,
  inBatches: boolean
): Layer.Layer<never, never, EventConsumers | R> =>
  Layer.effectDiscard(Effect.gen(function*() {
    const consumers = yield* EventConsumers
    const context = yield* Effect.context<R>()
    yield* Effect.forkScoped(
      consumers.run({
        ...options,
        inBatches,
        handle: (events) => Effect.provideContext(handle(events), context) as Effect.Effect<void, unknown>
      }),
      { startImmediately: true }
    )
  }))
