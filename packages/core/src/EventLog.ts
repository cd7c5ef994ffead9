/**
 * The event log: every committed event at a position of its own, without gaps, in an order that keeps each aggregate's
 * events in the order in which they were committed. Consumers and live streams read it by position.
 *
 * Events are appended by any process at any time; a sequencer gives them positions. It runs in every process and one
 * acts at a time: it holds the row of `core_event_sequencer` while it moves events, so a position becomes visible only
 * after every lower one, and a cursor never passes an event that commits late.
 *
 * @since 0.1.0
 */
import { Context, DateTime, Effect, Layer, Option, Result, Schema, Semaphore, Stream } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import { signal } from "./Events.ts"
import type { EventId, StoredEvent } from "./Events.ts"
import * as Id from "./Id.ts"
import { Signals } from "./Signals.ts"
import { insertIfAbsent, rowLimit, transaction, varying } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class EventLog extends Context.Service<EventLog, {
  /** The last position given. */
  readonly head: Effect.Effect<number>
  /** The last position given that this process knows of, without asking the database: up to half a second behind. */
  readonly known: Effect.Effect<number>
  /** Waits until there is an event after the position, and returns the last position given. */
  readonly awaitAfter: (position: number) => Effect.Effect<number>
  /** Events of one organization after a position, in order. */
  readonly read: (options: {
    readonly organizationId: OrganizationId
    readonly after: number
    readonly limit: number
    readonly types?: ReadonlyArray<string> | undefined
  }) => Effect.Effect<ReadonlyArray<StoredEvent>>
  /** Events of all organizations after a position, up to and including another, in order. */
  readonly readAll: (options: {
    readonly after: number
    readonly upTo: number
    readonly limit: number
    readonly types?: ReadonlyArray<string> | undefined
  }) => Effect.Effect<ReadonlyArray<StoredEvent>>
  /**
   * The same from memory, where the latest thousand are, read once for all who follow the log; `undefined` if some of
   * them are older.
   */
  readonly recent: (options: {
    readonly after: number
    readonly upTo: number
  }) => Effect.Effect<ReadonlyArray<StoredEvent> | undefined>
  /**
   * The current organization's events as they are committed, after a position (of a client that reconnects) or from now
   * on. It never ends.
   */
  readonly stream: (options?: {
    readonly after?: number | undefined
    readonly types?: ReadonlyArray<string> | undefined
  }) => Stream.Stream<StoredEvent, never, CurrentOrganization>
  /** Gives positions to everything committed by now. The background loop does it; tests and a graceful stop ask. */
  readonly flush: Effect.Effect<number>
}>()("@wicara/core/EventLog") {
  /**
   * The log in SQL, with the sequencer running in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<EventLog, never, SqlClient.SqlClient | Signals> = Layer.effect(
    EventLog,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const signals = yield* Signals
      const heads = makeHeads()

      const loop = sequence(sql, heads).pipe(
        Effect.catchCause((cause) =>
          Effect.andThen(
            Effect.logWarning("Events could not be sequenced; trying again", cause),
            Effect.sleep("1 second")
          )
        ),
        Effect.andThen(signals.wait(signal, "500 millis")),
        Effect.forever
      )
      yield* Effect.forkScoped(loop)

      const read = makeRead(sql)
      const head = Effect.orDie(readHead(sql))
      const tail = yield* makeTail((after, upTo) => Effect.orDie(read({ after, upTo, limit: upTo - after })))

      const stream: EventLog["Service"]["stream"] = (options) =>
        Stream.unwrap(Effect.gen(function*() {
          const { id } = yield* CurrentOrganization
          const types = options?.types === undefined ? undefined : new Set(options.types)
          const after = options?.after ?? (yield* head)
          return Stream.paginate(after, (position: number) =>
            Effect.gen(function*() {
              const upTo = yield* heads.awaitAfter(position)
              const recent = yield* tail(position, upTo)
              if (recent !== undefined) {
                const events = recent.filter((event) =>
                  event.organizationId === id && (types === undefined || types.has(event.type))
                )
                return [events, Option.some(upTo)] as const
              }
              const events = yield* Effect.orDie(
                read({ organizationId: id, after: position, upTo, limit: catchUpRows, types: options?.types })
              )
              const last = events[events.length - 1]
              const next = events.length < catchUpRows || last === undefined ? upTo : last.position
              return [events, Option.some(next)] as const
            }))
        }))

      return EventLog.of({
        head,
        known: Effect.sync(heads.known),
        awaitAfter: heads.awaitAfter,
        read: (options) => Effect.orDie(read(options)),
        readAll: (options) => Effect.orDie(read(options)),
        recent: ({ after, upTo }) => tail(after, upTo),
        stream,
        flush: Effect.orDie(sequence(sql, heads))
      })
    })
  )
}

const catchUpRows = 500
const batchRows = 500

interface Heads {
  readonly known: () => number
  readonly set: (position: number) => void
  readonly awaitAfter: (position: number) => Effect.Effect<number>
}

const makeHeads = (): Heads => {
  let head = 0
  const waiters = new Set<{ readonly after: number; readonly resume: (head: number) => void }>()
  return {
    known: () => head,
    set: (position) => {
      if (position <= head) return
      head = position
      for (const waiter of waiters) {
        if (waiter.after < head) {
          waiters.delete(waiter)
          waiter.resume(head)
        }
      }
    },
    awaitAfter: (position) =>
      Effect.callback<number>((resume) => {
        if (head > position) return resume(Effect.succeed(head))
        const waiter = { after: position, resume: (head: number) => resume(Effect.succeed(head)) }
        waiters.add(waiter)
        return Effect.sync(() => waiters.delete(waiter))
      })
  }
}

const readHead = (sql: SqlClient.SqlClient): Effect.Effect<number, SqlError.SqlError> =>
  Effect.map(
    sql<{ readonly position: unknown }>`SELECT position FROM core_event_sequencer WHERE id = 1`,
    (rows) => Number(rows[0]?.position ?? 0)
  )

interface PendingRow {
  readonly event_id: Uint8Array
  readonly organization_id: Uint8Array
  readonly type: string
}

/** Moves what is pending, in batches, and returns the last position given. */
const sequence = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, heads: Heads) {
  while (true) {
    const waiting = yield* sql`SELECT event_id FROM core_events_pending LIMIT 1`
    if (waiting.length === 0) {
      const head = yield* readHead(sql)
      heads.set(head)
      return head
    }
    heads.set(yield* transaction(sql, moveBatch(sql)))
  }
})

const moveBatch = Effect.fnUntraced(function*(sql: SqlClient.SqlClient) {
  const turn = Id.toBytes(yield* Id.next(Schema.String))
  yield* insertIfAbsent(sql, "core_event_sequencer", "id", [{ id: 1, position: 0, turn }])
  // Holds the row until the commit: whoever comes second waits here, and then reads what the first one left.
  yield* sql`UPDATE core_event_sequencer SET turn = ${turn} WHERE id = 1`
  const position = yield* readHead(sql)
  const rows = yield* sql<PendingRow>`SELECT event_id, organization_id, type FROM core_events_pending
    ORDER BY appended_at, event_id LIMIT ${rowLimit(sql, batchRows)}`
  if (rows.length === 0) return position
  yield* varying(
    sql,
    sql`INSERT INTO core_event_positions ${
      sql.insert(rows.map((row, index) => ({
        position: position + index + 1,
        organization_id: row.organization_id,
        event_id: row.event_id,
        type: row.type
      })) as never)
    }`
  )
  yield* varying(
    sql,
    sql`DELETE FROM core_events_pending WHERE ${sql.in("event_id", rows.map((row) => row.event_id))}`
  )
  yield* sql`UPDATE core_event_sequencer SET position = ${position + rows.length} WHERE id = 1`
  return position + rows.length
})

interface LogRow {
  readonly position: unknown
  readonly organization_id: Uint8Array
  readonly event_id: Uint8Array
  readonly type: string
  readonly aggregate_id: string
  readonly payload: string
  readonly occurred_at: unknown
  readonly correlation: string | null
}

const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))

const toEvent = (row: LogRow): StoredEvent => ({
  id: Id.fromBytes<EventId>(row.event_id),
  organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
  type: row.type,
  aggregateId: row.aggregate_id,
  payload: Result.getOrThrow(decodeJson(row.payload)),
  occurredAt: DateTime.makeUnsafe(Number(row.occurred_at)),
  correlation: row.correlation,
  position: Number(row.position)
})

const makeRead = (sql: SqlClient.SqlClient) =>
(options: {
  readonly organizationId?: OrganizationId | undefined
  readonly after: number
  readonly upTo?: number | undefined
  readonly limit: number
  readonly types?: ReadonlyArray<string> | undefined
}): Effect.Effect<ReadonlyArray<StoredEvent>, SqlError.SqlError> => {
  if (options.types?.length === 0) return Effect.succeed([])
  const conditions = [
    ...(options.organizationId === undefined
      ? []
      : [sql`p.organization_id = ${Id.toBytes(options.organizationId)}`]),
    sql`p.position > ${options.after}`,
    ...(options.upTo === undefined ? [] : [sql`p.position <= ${options.upTo}`]),
    ...(options.types === undefined ? [] : [sql.in("p.type", options.types)])
  ]
  const rows = sql<
    LogRow
  >`SELECT p.position, p.organization_id, p.event_id, p.type, e.aggregate_id, e.payload, e.occurred_at, e.correlation
    FROM core_event_positions p
    JOIN core_events e ON e.organization_id = p.organization_id AND e.id = p.event_id
    WHERE ${sql.and(conditions)}
    ORDER BY p.position LIMIT ${rowLimit(sql, options.limit)}`
  return Effect.map(rows, (rows) => rows.map(toEvent))
}

const tailRows = 1000

/**
 * The latest events, read once however many streams follow the log. Returns the events between two positions, or
 * `undefined` when they are older than what it keeps.
 */
const makeTail = Effect.fnUntraced(function*(
  read: (after: number, upTo: number) => Effect.Effect<ReadonlyArray<StoredEvent>>
) {
  const semaphore = yield* Semaphore.make(1)
  let events: ReadonlyArray<StoredEvent> = []
  // The events cover the positions in (from, to].
  let from = 0
  let to = 0
  const extend = (upTo: number) =>
    semaphore.withPermits(1)(Effect.suspend(() => {
      if (to >= upTo) return Effect.void
      const continues = upTo - to <= tailRows
      const start = continues ? to : upTo - tailRows
      return Effect.map(read(start, upTo), (read) => {
        events = [...(continues ? events : []), ...read].slice(-tailRows)
        from = Math.max(continues ? from : start, (events[0]?.position ?? start + 1) - 1)
        to = upTo
      })
    }))
  return Effect.fnUntraced(function*(after: number, upTo: number) {
    if (upTo - after > tailRows) return undefined
    yield* extend(upTo)
    return after < from ? undefined : events.filter((event) => event.position > after && event.position <= upTo)
  })
})
