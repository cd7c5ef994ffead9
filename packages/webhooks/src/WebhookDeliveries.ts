/**
 * What was delivered to an organization's endpoints, what is on its way, and what is delivered again.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import { EventLog } from "@wicara/core/EventLog"
import * as Id from "@wicara/core/Id"
import { Jobs } from "@wicara/core/Jobs"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import { Signals } from "@wicara/core/Signals"
import { orDieSql, rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { makeBodies } from "./internal/bodies.ts"
import { deliverySignal, makeQueue } from "./internal/queue.ts"
import { deliveryColumns, deliveryFields, isEndpoint, ofEndpoint, toDelivery } from "./internal/rows.ts"
import type { DeliveryRow, EndpointKey } from "./internal/rows.ts"
import { english } from "./ProblemDetails.ts"
import { WebhookAttempt, WebhookDeliveryDetail, WebhookDeliveryId } from "./WebhookDelivery.ts"
import type { ReplayWebhooks, WebhookDelivery, WebhookDeliveryFilter } from "./WebhookDelivery.ts"
import type { WebhookEndpointId, WebhookEndpointState } from "./WebhookEndpoint.ts"
import { testType } from "./WebhookEventTypes.ts"
import { replayJob } from "./WebhookJobs.ts"

type Caller = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class WebhookDeliveries extends Context.Service<WebhookDeliveries, {
  /** The newest first. */
  readonly list: (
    query: Pagination.PageQuery & WebhookDeliveryFilter
  ) => Effect.Effect<Pagination.Page<WebhookDelivery>, InvalidInput, CurrentOrganization>
  /** One, with its body and its attempts. */
  readonly get: (id: WebhookDeliveryId) => Effect.Effect<WebhookDeliveryDetail, NotFound, CurrentOrganization>
  /** Delivers it again, or one that waits for its next attempt at once; its `webhook-id` stays the same. */
  readonly replay: (id: WebhookDeliveryId) => Effect.Effect<WebhookDelivery, NotFound | Conflict, Caller>
  /** Has an endpoint's deliveries of a time made again, in the background and in their order. */
  readonly replayRange: (
    id: WebhookEndpointId,
    input: ReplayWebhooks
  ) => Effect.Effect<void, NotFound | Conflict | InvalidInput, Caller>
  /** Does what `replayRange` queued; returns how many. */
  readonly replayQueued: (request: typeof replayJob.payload.Type) => Effect.Effect<number, never, CurrentOrganization>
  /** Delivers a test, at once and out of turn. */
  readonly test: (id: WebhookEndpointId) => Effect.Effect<WebhookDelivery, NotFound | Conflict, Caller>
  /** Deletes deliveries of an endpoint that is gone; returns how many, at most `limit`. */
  readonly forget: (id: WebhookEndpointId, limit: number) => Effect.Effect<number, never, CurrentOrganization>
  /** Deletes what is no longer kept, of all organizations; returns how many, at most `limit`. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
}>()("@wicara/webhooks/WebhookDeliveries") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    WebhookDeliveries,
    never,
    SqlClient.SqlClient | EventLog | Audit | Signals | Jobs
  > = Layer.suspend(() => Layer.effect(WebhookDeliveries, make))
}

/**
 * How long deliveries are kept after their last change, in milliseconds: 30 days.
 *
 * @category constants
 * @since 0.1.0
 */
export const retention = 30 * 86_400_000

const page = 500

interface AttemptRow {
  readonly attempt: unknown
  readonly at: unknown
  readonly duration_millis: unknown
  readonly status: unknown
  readonly error: string | null
  readonly response: string | null
}

const toAttempt = (row: AttemptRow) =>
  new WebhookAttempt({
    attempt: Number(row.attempt),
    at: DateTime.makeUnsafe(Number(row.at)),
    durationMillis: Number(row.duration_millis),
    status: row.status === null ? null : Number(row.status),
    error: row.error,
    response: row.response
  })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const audit = yield* Audit
  const signals = yield* Signals
  const jobs = yield* Jobs
  const bodies = makeBodies(yield* EventLog)
  const columns = deliveryColumns(sql)
  const { promote, wake } = makeQueue(sql)
  const none = sql.literal("")

  const find = Effect.fnUntraced(function*(id: WebhookDeliveryId) {
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(sql<DeliveryRow>`SELECT ${columns} FROM webhooks_deliveries
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`)
    return row === undefined ? yield* NotFound.of("webhook delivery", id) : row
  })

  const stateOf = Effect.fnUntraced(function*(key: EndpointKey) {
    const [row] = yield* sql<{ readonly state: WebhookEndpointState }>`SELECT state FROM webhooks_endpoints
      WHERE ${isEndpoint(sql, key)}`
    return row?.state
  })

  const ownEndpoint = Effect.fnUntraced(function*(id: WebhookEndpointId) {
    const organization = yield* CurrentOrganization
    const key = { organization_id: Id.toBytes(organization.id), id: Id.toBytes(id) }
    const state = yield* Effect.orDie(stateOf(key))
    if (state === undefined) return yield* NotFound.of("webhook endpoint", id)
    return { ...key, state }
  })

  const replay = Effect.fnUntraced(function*(id: WebhookDeliveryId) {
    const found = yield* find(id)
    const key = { organization_id: found.organization_id, id: found.endpoint_id }
    const now = yield* Clock.currentTimeMillis
    if (!(yield* wake(key, now))) {
      const state = yield* stateOf(key)
      return yield* new Conflict({ detail: english(state === undefined ? "endpointGone" : "notEnabled") })
    }
    // As it is now that nobody else has it.
    const row = yield* find(id)
    yield* row.state === "pending"
      ? sql`UPDATE webhooks_deliveries SET due_at = ${now} WHERE organization_id = ${row.organization_id}
          AND id = ${row.id} AND due_at > ${now}`
      : sql`UPDATE webhooks_deliveries SET ${
        sql.update({
          state: "pending",
          tries: 0,
          due_at: now,
          finished_at: null,
          replayed_at: now,
          updated_at: now
        } as never)
      } WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
    yield* audit.record({
      action: "webhook.delivery.replayed",
      target: { type: "webhook_delivery", id },
      before: { state: row.state, type: row.type }
    })
    return toDelivery(yield* find(id))
  })

  /** One page of what `replayQueued` makes again, from behind an id. */
  const replayPage = Effect.fnUntraced(function*(
    key: EndpointKey,
    request: typeof replayJob.payload.Type,
    after: Uint8Array
  ) {
    const now = yield* Clock.currentTimeMillis
    const asked = request.requestedAt.epochMilliseconds
    if (!(yield* wake(key, now))) return []
    const rows = yield* varying(
      sql,
      sql<Pick<DeliveryRow, "id" | "lane">>`SELECT id, lane FROM webhooks_deliveries
        WHERE ${ofEndpoint(sql, key)} AND id > ${after} AND ${sql.in("state", request.states)}
        AND created_at >= ${request.from.epochMilliseconds} AND created_at < ${request.to.epochMilliseconds}
        AND (replayed_at IS NULL OR replayed_at < ${asked})
        ORDER BY id LIMIT ${rowLimit(sql, page)}`
    )
    if (rows.length === 0) return rows
    yield* varying(
      sql,
      sql`UPDATE webhooks_deliveries SET ${
        sql.update({
          state: "pending",
          tries: 0,
          due_at: null,
          finished_at: null,
          replayed_at: Math.max(now, asked),
          updated_at: now
        } as never)
      } WHERE organization_id = ${key.organization_id} AND ${sql.in("id", rows.map(({ id }) => id))}`
    )
    yield* promote(key, [...new Set(rows.map(({ lane }) => lane))], now)
    return rows
  })

  const deleteSome = Effect.fnUntraced(function*(
    rows: ReadonlyArray<Pick<DeliveryRow, "organization_id" | "id">>
  ) {
    const organizations = Map.groupBy(rows, ({ organization_id }) => Id.fromBytes(organization_id))
    for (const [organizationId, some] of organizations) {
      const organization = Id.toBytes(organizationId)
      const ids = some.map(({ id }) => id)
      yield* varying(
        sql,
        sql`DELETE FROM webhooks_attempts WHERE organization_id = ${organization} AND ${sql.in("delivery_id", ids)}`
      )
      yield* varying(
        sql,
        sql`DELETE FROM webhooks_deliveries WHERE organization_id = ${organization} AND ${sql.in("id", ids)}`
      )
    }
    return rows.length
  })

  return WebhookDeliveries.of({
    list: Effect.fn("WebhookDeliveries.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const before = yield* Pagination.position(WebhookDeliveryId, query)
      const limit = Pagination.limit(query)
      const { endpointId, from, state, to, type } = query
      const rows = yield* Effect.orDie(sql<DeliveryRow>`SELECT ${columns} FROM webhooks_deliveries
        WHERE organization_id = ${Id.toBytes(organization.id)}
          ${endpointId === undefined ? none : sql`AND endpoint_id = ${Id.toBytes(endpointId)}`}
          ${state === undefined ? none : sql`AND state = ${state}`}
          ${type === undefined ? none : sql`AND type = ${type}`}
          ${from === undefined ? none : sql`AND created_at >= ${from.epochMilliseconds}`}
          ${to === undefined ? none : sql`AND created_at < ${to.epochMilliseconds}`}
          ${before === undefined ? none : sql`AND id < ${Id.toBytes(before)}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toDelivery), limit, WebhookDeliveryId, ({ id }) => id)
    }),
    get: Effect.fn("WebhookDeliveries.get")(function*(id) {
      const row = yield* find(id)
      const log = yield* Effect.orDie(sql<AttemptRow>`SELECT attempt, at, duration_millis, status, error, response
        FROM webhooks_attempts WHERE organization_id = ${row.organization_id} AND delivery_id = ${row.id}
        ORDER BY attempt`)
      const body = yield* bodies.of(row)
      return new WebhookDeliveryDetail({ ...deliveryFields(row), body: body ?? null, log: log.map(toAttempt) })
    }),
    replay: Effect.fn("WebhookDeliveries.replay")(function*(id) {
      const delivery = yield* orDieSql(transaction(sql, replay(id)))
      yield* signals.notify(deliverySignal)
      return delivery
    }),
    replayRange: Effect.fn("WebhookDeliveries.replayRange")(function*(id, { from, states, to }) {
      if (to.epochMilliseconds <= from.epochMilliseconds) return yield* InvalidInput.of("/to", english("noRange"))
      const { state } = yield* ownEndpoint(id)
      if (state === "disabled") return yield* new Conflict({ detail: english("notEnabled") })
      const chosen = states ?? ["failed", "discarded"]
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const requestedAt = yield* DateTime.now
          yield* jobs.enqueue(replayJob, { endpointId: id, from, to, states: chosen, requestedAt })
          yield* audit.record({
            action: "webhook.endpoint.replayed",
            target: { type: "webhook_endpoint", id },
            after: { from, to, states: chosen }
          })
        })
      ))
    }),
    replayQueued: Effect.fn("WebhookDeliveries.replayQueued")(function*(request) {
      const organization = yield* CurrentOrganization
      const key = { organization_id: Id.toBytes(organization.id), id: Id.toBytes(request.endpointId) }
      let after: Uint8Array = new Uint8Array(16)
      let total = 0
      while (true) {
        const rows = yield* Effect.orDie(transaction(sql, replayPage(key, request, after)))
        total += rows.length
        yield* signals.notify(deliverySignal)
        const last = rows[rows.length - 1]
        if (last === undefined || rows.length < page) return total
        after = last.id
      }
    }),
    test: Effect.fn("WebhookDeliveries.test")(function*(endpointId) {
      const key = yield* ownEndpoint(endpointId)
      if (key.state !== "active") return yield* new Conflict({ detail: english("notEnabled") })
      const id = yield* Id.next(WebhookDeliveryId)
      const delivery = yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          if (!(yield* wake(key, now))) return yield* new Conflict({ detail: english("notEnabled") })
          yield* sql`INSERT INTO webhooks_deliveries ${
            sql.insert({
              organization_id: key.organization_id,
              id: Id.toBytes(id),
              endpoint_id: key.id,
              event_id: null,
              type: testType,
              ordering_key: endpointId,
              lane: id,
              position: 0,
              state: "pending",
              due_at: now,
              tries: 0,
              attempts: 0,
              last_status: null,
              last_error: null,
              created_at: now,
              updated_at: now,
              finished_at: null,
              replayed_at: null
            })
          }`
          yield* audit.record({
            action: "webhook.endpoint.tested",
            target: { type: "webhook_endpoint", id: endpointId }
          })
          return toDelivery(yield* Effect.orDie(find(id)))
        })
      ))
      yield* signals.notify(deliverySignal)
      return delivery
    }),
    forget: Effect.fn("WebhookDeliveries.forget")(function*(id, limit) {
      const organization = yield* CurrentOrganization
      const key = { organization_id: Id.toBytes(organization.id), id: Id.toBytes(id) }
      return yield* Effect.orDie(transaction(
        sql,
        Effect.flatMap(
          sql<DeliveryRow>`SELECT organization_id, id FROM webhooks_deliveries WHERE ${ofEndpoint(sql, key)}
            LIMIT ${rowLimit(sql, limit)}`,
          deleteSome
        )
      ))
    }),
    cleanup: Effect.fn("WebhookDeliveries.cleanup")(function*(limit) {
      const now = yield* Clock.currentTimeMillis
      return yield* Effect.orDie(transaction(
        sql,
        Effect.flatMap(
          sql<DeliveryRow>`SELECT organization_id, id FROM webhooks_deliveries WHERE updated_at < ${now - retention}
            ORDER BY updated_at LIMIT ${rowLimit(sql, limit)}`,
          deleteSome
        )
      ))
    })
  })
})
