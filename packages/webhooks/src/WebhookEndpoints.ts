/**
 * The webhook endpoints of an organization. Their secrets and headers are sealed; a secret is shown once.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Jobs } from "@wicara/core/Jobs"
import { CurrentOutboundAddresses } from "@wicara/core/OutboundAddresses"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { orDieSql, orUnique, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { WebhookEndpointChanged } from "./events.ts"
import { headerProblem, urlProblem } from "./internal/endpointRules.ts"
import { deliverySignal, makeQueue } from "./internal/queue.ts"
import {
  encodeHeaders,
  encodeTexts,
  endpointColumns,
  isEndpoint,
  ofEndpoint,
  sealedAt,
  toEndpoint
} from "./internal/rows.ts"
import type { EndpointRow } from "./internal/rows.ts"
import { english } from "./ProblemDetails.ts"
import { payloadVersion, WebhookEndpointId, WebhookEndpointSecret } from "./WebhookEndpoint.ts"
import type {
  NewWebhookEndpoint,
  RotateWebhookSecret,
  WebhookEndpoint,
  WebhookEndpointChange
} from "./WebhookEndpoint.ts"
import { WebhookEventTypes } from "./WebhookEventTypes.ts"
import { forgetJob } from "./WebhookJobs.ts"
import * as WebhookSignature from "./WebhookSignature.ts"

type Caller = CurrentOrganization | CurrentActor

/**
 * @category models
 * @since 0.1.0
 */
export interface WebhookEndpointsOptions {
  /** How many an organization can have (50). */
  readonly most?: number | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class WebhookEndpoints extends Context.Service<WebhookEndpoints, {
  /** In the order of their creation. */
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<WebhookEndpoint>, InvalidInput, CurrentOrganization>
  readonly get: (id: WebhookEndpointId) => Effect.Effect<WebhookEndpoint, NotFound, CurrentOrganization>
  /** What happens from now on is delivered there. */
  readonly create: (
    input: NewWebhookEndpoint
  ) => Effect.Effect<WebhookEndpointSecret, InvalidInput | Conflict, Caller>
  /** To disable it drops what waits; to enable it resumes what is paused, with all that was kept. */
  readonly update: (
    id: WebhookEndpointId,
    change: WebhookEndpointChange
  ) => Effect.Effect<WebhookEndpoint, NotFound | InvalidInput, Caller>
  /** Its deliveries are deleted soon after. */
  readonly delete: (id: WebhookEndpointId) => Effect.Effect<void, NotFound, Caller>
  /** Another secret; for a while deliveries are signed with both. */
  readonly rotate: (
    id: WebhookEndpointId,
    input: RotateWebhookSecret
  ) => Effect.Effect<WebhookEndpointSecret, NotFound, Caller>
}>()("@wicara/webhooks/WebhookEndpoints") {
  /** @since 0.1.0 */
  static readonly layerSql = (
    options?: WebhookEndpointsOptions
  ): Layer.Layer<
    WebhookEndpoints,
    never,
    SqlClient.SqlClient | Secrets | Events | Audit | Signals | Jobs | WebhookEventTypes
  > => Layer.effect(WebhookEndpoints, make(options?.most ?? 50))
}

const hour = 3_600_000

const make = Effect.fnUntraced(function*(most: number) {
  const sql = yield* SqlClient.SqlClient
  const secrets = yield* Secrets
  const events = yield* Events
  const audit = yield* Audit
  const signals = yield* Signals
  const jobs = yield* Jobs
  const types = yield* WebhookEventTypes
  const addresses = yield* CurrentOutboundAddresses
  const columns = endpointColumns(sql)
  const { discard, wake } = makeQueue(sql)
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  const keyOf = Effect.fnUntraced(function*(id: WebhookEndpointId) {
    const organization = yield* CurrentOrganization
    return { organization_id: Id.toBytes(organization.id), id: Id.toBytes(id) }
  })

  const find = Effect.fnUntraced(function*(id: WebhookEndpointId, lock = sql.literal("")) {
    const key = yield* keyOf(id)
    const [row] = yield* Effect.orDie(
      sql<EndpointRow>`SELECT ${columns} FROM webhooks_endpoints WHERE ${isEndpoint(sql, key)} ${lock}`
    )
    return row === undefined ? yield* NotFound.of("webhook endpoint", id) : row
  })

  const get = Effect.fn("WebhookEndpoints.get")(function*(id: WebhookEndpointId) {
    return toEndpoint(yield* find(id), yield* Clock.currentTimeMillis)
  })

  const check = (input: WebhookEndpointChange) => {
    const url = input.url === undefined ? undefined : urlProblem(addresses, input.url)
    if (url !== undefined) return Effect.fail(InvalidInput.of("/url", url))
    const index = input.events?.findIndex((pattern) => !types.has(pattern)) ?? -1
    if (index >= 0) {
      return Effect.fail(
        InvalidInput.of(`/events/${index}`, english("noSuchType", { type: input.events?.[index] ?? "" }))
      )
    }
    const header = input.headers === undefined ? undefined : headerProblem(input.headers)
    return header === undefined
      ? Effect.void
      : Effect.fail(InvalidInput.of(`/headers/${header.name}`, header.detail))
  }

  const sealHeaders = Effect.fnUntraced(function*(
    id: WebhookEndpointId,
    headers: Readonly<Record<string, Redacted.Redacted<string>>>
  ) {
    const entries = Object.entries(headers)
    return {
      header_names: encodeTexts(entries.map(([name]) => name)),
      headers: entries.length === 0
        ? null
        : yield* secrets.seal(
          sealedAt(id, "headers"),
          Redacted.make(
            encodeHeaders(Object.fromEntries(entries.map(([name, value]) => [name, Redacted.value(value)])))
          )
        )
    }
  })

  const tell = (id: WebhookEndpointId, change: typeof WebhookEndpointChanged.payload.Type["change"]) =>
    events.append(WebhookEndpointChanged, { aggregateId: id, payload: { endpointId: id, change } })

  /** Slots are unique: of two that take the last one, one does. */
  const freeSlot = Effect.fnUntraced(function*(organizationId: Uint8Array) {
    const rows = yield* sql<{ readonly slot: unknown }>`SELECT slot FROM webhooks_endpoints
      WHERE organization_id = ${organizationId} ORDER BY slot LIMIT ${rowLimit(sql, most)}`
    const taken = new Set(rows.map(({ slot }) => Number(slot)))
    for (let slot = 0; slot < most; slot++) if (!taken.has(slot)) return slot
    return yield* new Conflict({ detail: english("tooMany", { max: String(most) }) })
  })

  const insert = Effect.fnUntraced(function*(input: NewWebhookEndpoint, secret: Redacted.Redacted<string>) {
    const organization = yield* CurrentOrganization
    const id = yield* Id.next(WebhookEndpointId)
    const now = yield* Clock.currentTimeMillis
    const state = input.enabled === false ? "disabled" : "active"
    const { header_names, headers } = yield* sealHeaders(id, input.headers ?? {})
    yield* sql`INSERT INTO webhooks_endpoints ${
      sql.insert({
        organization_id: Id.toBytes(organization.id),
        id: Id.toBytes(id),
        slot: yield* freeSlot(Id.toBytes(organization.id)),
        url: input.url,
        description: input.description ?? "",
        events: encodeTexts(input.events),
        ordered: input.ordered === false ? 0 : 1,
        payload_version: payloadVersion,
        header_names,
        headers,
        secret: yield* secrets.seal(sealedAt(id, "secret"), secret),
        previous_secret: null,
        previous_until: null,
        state,
        state_reason: null,
        enabled_at: now,
        failures: 0,
        failing_since: null,
        last_success_at: null,
        last_failure_at: null,
        not_before: 0,
        due_at: null,
        lease_id: null,
        created_at: now,
        updated_at: now
      })
    }`
    yield* tell(id, "created")
    yield* audit.record({
      action: "webhook.endpoint.created",
      target: { type: "webhook_endpoint", id },
      after: {
        url: input.url,
        description: input.description ?? "",
        events: input.events,
        ordered: input.ordered !== false,
        state,
        headerNames: Object.keys(input.headers ?? {})
      }
    })
    return id
  })

  const update = Effect.fnUntraced(function*(id: WebhookEndpointId, change: WebhookEndpointChange) {
    const row = yield* find(id, forUpdate)
    const now = yield* Clock.currentTimeMillis
    const before = toEndpoint(row, now)
    const isEnabled = change.enabled === true && row.state !== "active"
    const isDisabled = change.enabled === false && row.state !== "disabled"
    const assignments: Record<string, unknown> = { updated_at: now }
    if (change.url !== undefined) assignments["url"] = change.url
    if (change.description !== undefined) assignments["description"] = change.description
    if (change.events !== undefined) assignments["events"] = encodeTexts(change.events)
    if (change.ordered !== undefined) assignments["ordered"] = change.ordered ? 1 : 0
    if (change.headers !== undefined) Object.assign(assignments, yield* sealHeaders(id, change.headers))
    if (isEnabled) {
      Object.assign(assignments, {
        state: "active",
        state_reason: null,
        failures: 0,
        failing_since: null,
        not_before: 0
      })
      if (row.state === "disabled") assignments["enabled_at"] = now
    }
    if (isDisabled) Object.assign(assignments, { state: "disabled", state_reason: null })
    yield* sql`UPDATE webhooks_endpoints SET ${sql.update(assignments as never)} WHERE ${isEndpoint(sql, row)}`
    if (isDisabled) yield* discard(row, now)
    if (isEnabled) {
      // It was said to work again: nothing waits for its next attempt.
      yield* sql`UPDATE webhooks_deliveries SET due_at = ${now}
        WHERE ${ofEndpoint(sql, row)} AND due_at > ${now}`
      yield* wake(row, now)
    }
    const after = toEndpoint(yield* find(id), now)
    yield* tell(id, "updated")
    const told = ({ description, events, headerNames, ordered, state, url }: WebhookEndpoint) => ({
      url,
      description,
      events,
      ordered,
      state,
      headerNames
    })
    yield* audit.record({
      action: "webhook.endpoint.updated",
      target: { type: "webhook_endpoint", id },
      before: told(before),
      after: { ...told(after), ...(change.headers === undefined ? undefined : { headers: "replaced" }) }
    })
    return after
  })

  return WebhookEndpoints.of({
    list: Effect.fn("WebhookEndpoints.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const after = yield* Pagination.position(WebhookEndpointId, query)
      const limit = Pagination.limit(query)
      const now = yield* Clock.currentTimeMillis
      const rows = yield* Effect.orDie(sql<EndpointRow>`SELECT ${columns} FROM webhooks_endpoints
        WHERE organization_id = ${Id.toBytes(organization.id)}
        ${after === undefined ? sql.literal("") : sql`AND id > ${Id.toBytes(after)}`}
        ORDER BY id LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map((row) => toEndpoint(row, now)), limit, WebhookEndpointId, ({ id }) => id)
    }),
    get,
    create: Effect.fn("WebhookEndpoints.create")(function*(input) {
      yield* check(input)
      const secret = WebhookSignature.newSecret()
      const id = yield* transaction(sql, insert(input, secret)).pipe(
        orUnique(() => "taken" as const),
        Effect.retry({ while: (error) => error === "taken", times: 2 * most }),
        Effect.catchIf((error) => error === "taken", () => Effect.die(new Error("No slot became free")))
      )
      return new WebhookEndpointSecret({ secret: Redacted.value(secret), endpoint: yield* Effect.orDie(get(id)) })
    }),
    update: Effect.fn("WebhookEndpoints.update")(function*(id, change) {
      yield* check(change)
      const after = yield* orDieSql(transaction(sql, update(id, change)))
      yield* signals.notify(deliverySignal)
      return after
    }),
    delete: Effect.fn("WebhookEndpoints.delete")(function*(id) {
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const row = yield* find(id, forUpdate)
          yield* sql`DELETE FROM webhooks_endpoints WHERE ${isEndpoint(sql, row)}`
          yield* jobs.enqueue(forgetJob, { endpointId: id }, { id: `forget/${id}` })
          yield* tell(id, "deleted")
          const { description, events, url } = toEndpoint(row, 0)
          yield* audit.record({
            action: "webhook.endpoint.deleted",
            target: { type: "webhook_endpoint", id },
            before: { url, description, events }
          })
        })
      ))
    }),
    rotate: Effect.fn("WebhookEndpoints.rotate")(function*(id, { overlapHours = 24 }) {
      const secret = WebhookSignature.newSecret()
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const row = yield* find(id, forUpdate)
          const now = yield* Clock.currentTimeMillis
          const before = yield* Effect.orDie(secrets.open(sealedAt(id, "secret"), row.secret))
          const overlaps = overlapHours > 0
          yield* sql`UPDATE webhooks_endpoints SET ${
            sql.update({
              secret: yield* secrets.seal(sealedAt(id, "secret"), secret),
              previous_secret: overlaps ? yield* secrets.seal(sealedAt(id, "previous_secret"), before) : null,
              previous_until: overlaps ? Math.round(now + overlapHours * hour) : null,
              updated_at: now
            })
          } WHERE ${isEndpoint(sql, row)}`
          yield* tell(id, "rotated")
          yield* audit.record({
            action: "webhook.endpoint.rotated",
            target: { type: "webhook_endpoint", id },
            after: { overlapHours }
          })
        })
      ))
      return new WebhookEndpointSecret({ secret: Redacted.value(secret), endpoint: yield* get(id) })
    })
  })
})
