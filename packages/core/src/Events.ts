/**
 * Domain events with a transactional outbox: a state change appends its event in the same transaction; consumers read
 * them in order, at least once, each with a cursor of its own.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Schema } from "effect"
import type { DateTime } from "effect"
import { SqlClient } from "effect/sql"
import * as Correlation from "./Correlation.ts"
import * as Id from "./Id.ts"
import { Signals } from "./Signals.ts"
import { insertAll, transaction } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const EventId = Id.make("EventId", "One event; consumers are idempotent by it.")
/** @since 0.1.0 */
export type EventId = typeof EventId.Type

/**
 * An event type with the schema of its payload. Payloads carry ids and small facts, not bodies.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventDefinition<
  Type extends string = string,
  Payload extends Schema.ConstraintCodec<unknown, unknown> = Schema.ConstraintCodec<unknown, unknown>
> {
  /** Dotted and past tense: `conversation.message.received`. */
  readonly type: Type
  readonly payload: Payload
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const define = <const Type extends string, Payload extends Schema.ConstraintCodec<unknown, unknown>>(
  type: Type,
  payload: Payload
): EventDefinition<Type, Payload> => ({ type, payload })

/**
 * An event as consumers receive it.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredEvent {
  readonly id: EventId
  readonly organizationId: OrganizationId
  readonly type: string
  /** The entity whose events are ordered: a conversation, a user. */
  readonly aggregateId: string
  /** The encoded payload; decode it with its definition's schema. */
  readonly payload: unknown
  readonly occurredAt: DateTime.Utc
  /** The request and trace that it happened in, for `Correlation.resume`. */
  readonly correlation: string | null
  /** Gapless per server, in commit order: the cursor of consumers. */
  readonly position: number
}

const encoders = new WeakMap<EventDefinition, (payload: unknown) => string>()
const decoders = new WeakMap<EventDefinition, (payload: unknown) => Effect.Effect<unknown, Schema.SchemaError>>()

const encoder = (definition: EventDefinition): (payload: unknown) => string => {
  const existing = encoders.get(definition)
  if (existing !== undefined) return existing
  const made = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.toCodecJson(definition.payload)))
  encoders.set(definition, made)
  return made
}

/**
 * The payload of a stored event. That it does not decode is a defect: a definition's payload only ever grows by
 * optional fields.
 *
 * @category codecs
 * @since 0.1.0
 */
export const payload = <Type extends string, Payload extends Schema.ConstraintCodec<unknown, unknown>>(
  definition: EventDefinition<Type, Payload>,
  event: StoredEvent
): Effect.Effect<Payload["Type"]> =>
  Effect.suspend(() => {
    let decode = decoders.get(definition)
    if (decode === undefined) {
      decode = Schema.decodeUnknownEffect(Schema.toCodecJson(definition.payload))
      decoders.set(definition, decode)
    }
    return Effect.orDie(decode(event.payload)) as Effect.Effect<Payload["Type"]>
  })

/**
 * The topic of `Signals` that is raised when events were committed.
 *
 * @category constants
 * @since 0.1.0
 */
export const signal = "events"

/**
 * Records what happened. Read the log with `EventLog`, follow it with `EventConsumers`.
 *
 * @category services
 * @since 0.1.0
 */
export class Events extends Context.Service<Events, {
  /** Appends within the ambient transaction. */
  readonly append: <Type extends string, Payload extends Schema.ConstraintCodec<unknown, unknown>>(
    definition: EventDefinition<Type, Payload>,
    event: { readonly aggregateId: string; readonly payload: Payload["Type"] }
  ) => Effect.Effect<void, never, CurrentOrganization>
  /** Appends many of one type, in order, with two statements. */
  readonly appendAll: <Type extends string, Payload extends Schema.ConstraintCodec<unknown, unknown>>(
    definition: EventDefinition<Type, Payload>,
    events: ReadonlyArray<{
      readonly aggregateId: string
      readonly payload: Payload["Type"]
      /** What it belongs to (see `Correlation`), where that is not the running code's. */
      readonly correlation?: string | null | undefined
    }>
  ) => Effect.Effect<void, never, CurrentOrganization>
}>()("@wicara/core/Events") {
  /**
   * Stores events in SQL; `EventLog.layerSql` gives them their positions.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<Events, never, SqlClient.SqlClient | Signals> = Layer.effect(
    Events,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const signals = yield* Signals
      const notify = signals.notify(signal)

      const insertPending = (rows: ReadonlyArray<Pending>) =>
        sql.onDialectOrElse({
          mysql: () =>
            sql`INSERT INTO core_events_pending (event_id, organization_id, type, appended_at) VALUES ${
              sql.csv(rows.map((row) =>
                sql`(${row.event_id}, ${row.organization_id}, ${row.type}, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)))`
              ))
            }`,
          orElse: () => sql`INSERT INTO core_events_pending ${sql.insert(rows as never)}`
        })

      const appendAll = Effect.fnUntraced(
        function*<Type extends string, Payload extends Schema.ConstraintCodec<unknown, unknown>>(
          definition: EventDefinition<Type, Payload>,
          events: ReadonlyArray<{
            readonly aggregateId: string
            readonly payload: Payload["Type"]
            readonly correlation?: string | null | undefined
          }>
        ) {
          if (events.length === 0) return
          const organization = yield* CurrentOrganization
          const organizationId = Id.toBytes(organization.id)
          const encode = encoder(definition)
          const now = yield* Clock.currentTimeMillis
          const correlation = yield* Correlation.current
          const rows: Array<EventRow> = []
          const pending: Array<Pending> = []
          for (const event of events) {
            const id = Id.toBytes(yield* Id.next(EventId))
            rows.push({
              organization_id: organizationId,
              id,
              type: definition.type,
              aggregate_id: event.aggregateId,
              payload: encode(event.payload),
              occurred_at: now,
              correlation: event.correlation === undefined ? correlation : event.correlation
            })
            pending.push({ event_id: id, organization_id: organizationId, type: definition.type })
          }
          const write = Effect.andThen(
            insertAll(sql, rows, (some) => sql`INSERT INTO core_events ${sql.insert(some as never)}`),
            insertAll(sql, pending, insertPending)
          )
          const ambient = yield* Effect.serviceOption(sql.transactionService)
          yield* Effect.orDie(ambient._tag === "Some" ? write : transaction(sql, write))
          yield* sql.afterCommit(notify)
        }
      )

      return Events.of({
        append: (definition, event) => appendAll(definition, [event]),
        appendAll: Effect.fn("Events.appendAll")(function*(definition, events) {
          // SQLite allows 32,766 parameters in a statement.
          for (let start = 0; start < events.length; start += 1000) {
            yield* appendAll(definition, events.slice(start, start + 1000))
          }
        })
      })
    })
  )
}

interface EventRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly type: string
  readonly aggregate_id: string
  readonly payload: string
  readonly occurred_at: number
  readonly correlation: string | null
}

interface Pending {
  readonly event_id: Uint8Array
  readonly organization_id: Uint8Array
  readonly type: string
}
