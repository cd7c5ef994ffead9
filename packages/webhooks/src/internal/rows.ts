import * as Id from "@wicara/core/Id"
import { DateTime, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { WebhookDelivery } from "../WebhookDelivery.ts"
import type { WebhookDeliveryId, WebhookDeliveryState } from "../WebhookDelivery.ts"
import { WebhookEndpoint } from "../WebhookEndpoint.ts"
import type { WebhookEndpointId, WebhookEndpointState } from "../WebhookEndpoint.ts"

export interface EndpointKey {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
}

export interface EndpointRow extends EndpointKey {
  readonly slot: unknown
  readonly url: string
  readonly description: string
  readonly events: string
  readonly ordered: unknown
  readonly payload_version: unknown
  readonly header_names: string
  readonly headers: string | null
  readonly secret: string
  readonly previous_secret: string | null
  readonly previous_until: unknown
  readonly state: WebhookEndpointState
  readonly state_reason: "failing" | "gone" | null
  readonly enabled_at: unknown
  readonly failures: unknown
  readonly failing_since: unknown
  readonly last_success_at: unknown
  readonly last_failure_at: unknown
  readonly not_before: unknown
  readonly lease_id: Uint8Array | null
  readonly created_at: unknown
  readonly updated_at: unknown
}

export const endpointColumns = (sql: SqlClient.SqlClient) =>
  sql.literal(
    "organization_id, id, slot, url, description, events, ordered, payload_version, header_names, headers, secret, " +
      "previous_secret, previous_until, state, state_reason, enabled_at, failures, failing_since, last_success_at, " +
      "last_failure_at, not_before, lease_id, created_at, updated_at"
  )

export interface DeliveryRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly endpoint_id: Uint8Array
  readonly event_id: Uint8Array | null
  readonly type: string
  readonly ordering_key: string
  readonly lane: string
  readonly position: unknown
  readonly state: WebhookDeliveryState
  readonly due_at: unknown
  readonly tries: unknown
  readonly attempts: unknown
  readonly last_status: unknown
  readonly last_error: string | null
  readonly created_at: unknown
  readonly finished_at: unknown
  readonly replayed_at: unknown
}

export const deliveryColumns = (sql: SqlClient.SqlClient) =>
  sql.literal(
    "organization_id, id, endpoint_id, event_id, type, ordering_key, lane, position, state, due_at, tries, attempts, " +
      "last_status, last_error, created_at, finished_at, replayed_at"
  )

/** The condition that finds an endpoint. */
export const isEndpoint = (sql: SqlClient.SqlClient, key: EndpointKey) =>
  sql`organization_id = ${key.organization_id} AND id = ${key.id}`

/** The condition that finds the deliveries of an endpoint. */
export const ofEndpoint = (sql: SqlClient.SqlClient, key: EndpointKey) =>
  sql`organization_id = ${key.organization_id} AND endpoint_id = ${key.id}`

const Texts = Schema.fromJsonString(Schema.Array(Schema.String))
export const encodeTexts = Schema.encodeSync(Texts)
export const decodeTexts = Schema.decodeUnknownSync(Texts)

const HeaderTexts = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))
export const encodeHeaders = Schema.encodeSync(HeaderTexts)
export const decodeHeaders = Schema.decodeUnknownSync(HeaderTexts)

const instant = (value: unknown) => value === null ? null : DateTime.makeUnsafe(Number(value))

const integer = (value: unknown) => value === null ? null : Number(value)

/** Where a secret of an endpoint is sealed. */
export const sealedAt = (id: WebhookEndpointId, column: "secret" | "previous_secret" | "headers") => ({
  table: "webhooks_endpoints",
  column,
  id
})

export const toEndpoint = (row: EndpointRow, now: number): WebhookEndpoint =>
  new WebhookEndpoint({
    id: Id.fromBytes<WebhookEndpointId>(row.id),
    url: row.url,
    description: row.description,
    events: decodeTexts(row.events),
    ordered: Number(row.ordered) === 1,
    payloadVersion: Number(row.payload_version),
    headerNames: decodeTexts(row.header_names),
    state: row.state,
    stateReason: row.state_reason,
    failingSince: instant(row.failing_since),
    lastSuccessAt: instant(row.last_success_at),
    lastFailureAt: instant(row.last_failure_at),
    previousSecretUntil: Number(row.previous_until ?? 0) > now ? instant(row.previous_until) : null,
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
  })

/** What a delivery is told apart by, at its receiver too: its event, or itself where there is none. */
export const webhookIdOf = (row: DeliveryRow): string => Id.fromBytes(row.event_id ?? row.id)

export const deliveryFields = (row: DeliveryRow) => ({
  id: Id.fromBytes<WebhookDeliveryId>(row.id),
  endpointId: Id.fromBytes<WebhookEndpointId>(row.endpoint_id),
  webhookId: webhookIdOf(row),
  type: row.type,
  orderingKey: row.ordering_key,
  state: row.state,
  attempts: Number(row.attempts),
  lastStatus: integer(row.last_status),
  lastError: row.last_error,
  nextAttemptAt: instant(row.due_at),
  createdAt: DateTime.makeUnsafe(Number(row.created_at)),
  finishedAt: instant(row.finished_at),
  replayedAt: instant(row.replayed_at)
})

export const toDelivery = (row: DeliveryRow): WebhookDelivery => new WebhookDelivery(deliveryFields(row))
