/**
 * What this package does in the background beside sending: a delivery for each committed event and each endpoint that
 * wants it, people told of endpoints that were stopped, deliveries made again and deleted.
 *
 * @since 0.1.0
 */
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import { Notifier } from "@wicara/core/Notification"
import { Signals } from "@wicara/core/Signals"
import { insertIfAbsent, transaction, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { WebhookEndpointStopped } from "./events.ts"
import { deliverySignal, makeQueue } from "./internal/queue.ts"
import { decodeTexts } from "./internal/rows.ts"
import type { EndpointRow } from "./internal/rows.ts"
import { webhookStopped } from "./notifications.ts"
import { permissions } from "./permissions.ts"
import { retention, WebhookDeliveries } from "./WebhookDeliveries.ts"
import { WebhookDeliveryId } from "./WebhookDelivery.ts"
import { matches } from "./WebhookEndpoint.ts"
import { cleanupJob, forgetJob, replayJob } from "./WebhookJobs.ts"

type Wanting = Pick<EndpointRow, "organization_id" | "id" | "events" | "ordered" | "enabled_at">

const rowsAtOnce = 500

/** Stores the deliveries of events that an endpoint wants; of those that it has already, none twice. */
const store = Effect.fnUntraced(function*(endpoint: Wanting, events: ReadonlyArray<StoredEvent>, now: number) {
  const sql = yield* SqlClient.SqlClient
  const { promote, wake } = makeQueue(sql)
  // Disabled or deleted since it was read.
  if (!(yield* wake(endpoint, now))) return
  const laneOf = (event: StoredEvent) => Number(endpoint.ordered) === 1 ? event.aggregateId : event.id
  for (let start = 0; start < events.length; start += rowsAtOnce) {
    const some = events.slice(start, start + rowsAtOnce)
    const rows = yield* Effect.forEach(some, (event) =>
      Effect.map(Id.next(WebhookDeliveryId), (id) => ({
        organization_id: endpoint.organization_id,
        id: Id.toBytes(id),
        endpoint_id: endpoint.id,
        event_id: Id.toBytes(event.id),
        type: event.type,
        ordering_key: event.aggregateId,
        lane: laneOf(event),
        position: event.position,
        state: "pending",
        due_at: null,
        tries: 0,
        attempts: 0,
        last_status: null,
        last_error: null,
        created_at: now,
        updated_at: now,
        finished_at: null,
        replayed_at: null
      })))
    yield* insertIfAbsent(sql, "webhooks_deliveries", "id", rows)
  }
  yield* promote(endpoint, [...new Set(events.map(laneOf))], now)
})

const fanOut = Effect.fnUntraced(function*(events: ReadonlyArray<StoredEvent>) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  // When the log is read again from its beginning: what is no longer kept was delivered, or given up, long ago.
  const recent = events.filter((event) => event.occurredAt.epochMilliseconds > now - retention)
  const organizations = Map.groupBy(recent, ({ organizationId }) => organizationId)
  if (organizations.size === 0) return
  const endpoints = yield* varying(
    sql,
    sql<Wanting>`SELECT organization_id, id, events, ordered, enabled_at FROM webhooks_endpoints
      WHERE ${sql.in("organization_id", [...organizations.keys()].map(Id.toBytes))} AND NOT state = 'disabled'
      ORDER BY organization_id, id`
  )
  for (const endpoint of endpoints) {
    const patterns = decodeTexts(endpoint.events)
    const wanted = (organizations.get(Id.fromBytes<OrganizationId>(endpoint.organization_id)) ?? []).filter((event) =>
      event.occurredAt.epochMilliseconds >= Number(endpoint.enabled_at) &&
      patterns.some((pattern) => matches(pattern, event.type))
    )
    if (wanted.length > 0) yield* transaction(sql, store(endpoint, wanted, now))
  }
  if (endpoints.length > 0) yield* Signals.use((signals) => signals.notify(deliverySignal))
})

const tell = Effect.fnUntraced(function*(event: StoredEvent) {
  const { endpointId, host, reason } = yield* Events.payload(WebhookEndpointStopped, event)
  const notifier = yield* Notifier
  yield* notifier.notify(webhookStopped, {
    to: { _tag: "Holders", permission: permissions.write },
    values: { endpointId, host, reason },
    dedupeKey: event.id
  })
})

const pageSize = 500

const cleanup = Effect.gen(function*() {
  const deliveries = yield* WebhookDeliveries
  while ((yield* deliveries.cleanup(pageSize)) > 0) yield* Effect.yieldNow
})

/**
 * The consumers and the jobs, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Jobs.Jobs | Notifier | Signals | SqlClient.SqlClient | WebhookDeliveries
> = Layer.mergeAll(
  // From the beginning: an endpoint may be there before any process works, and wants nothing from before it was.
  EventConsumers.consumeBatches({ name: "webhooks.deliveries", types: "all", handleBatch: fanOut }),
  EventConsumers.consume({
    name: "webhooks.notifications",
    types: [WebhookEndpointStopped.type],
    startAt: "now",
    handle: tell
  }),
  Jobs.worker(replayJob, {
    handle: ({ payload }) => Effect.asVoid(WebhookDeliveries.use((deliveries) => deliveries.replayQueued(payload)))
  }),
  Jobs.worker(forgetJob, {
    handle: ({ payload: { endpointId } }) =>
      Effect.gen(function*() {
        const deliveries = yield* WebhookDeliveries
        while ((yield* deliveries.forget(endpointId, pageSize)) > 0) yield* Effect.yieldNow
      })
  }),
  Jobs.systemWorker(cleanupJob, () => cleanup)
)
