import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { Audit } from "@wicara/core/Audit"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { EventLog } from "@wicara/core/EventLog"
import * as Events from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Jobs } from "@wicara/core/Jobs"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import * as Module from "@wicara/core/Module"
import { Notifier } from "@wicara/core/Notification"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import { WebhookReceiver } from "@wicara/testing/WebhookReceiver"
import { module } from "@wicara/webhooks/module"
import { migrations } from "@wicara/webhooks/sql/migrations"
import * as WebhookConsumers from "@wicara/webhooks/WebhookConsumers"
import { WebhookDeliveries } from "@wicara/webhooks/WebhookDeliveries"
import type { WebhookDeliveryFilter } from "@wicara/webhooks/WebhookDelivery"
import type { NewWebhookEndpoint } from "@wicara/webhooks/WebhookEndpoint"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import { WebhookEventTypes } from "@wicara/webhooks/WebhookEventTypes"
import { WebhookSender } from "@wicara/webhooks/WebhookSender"
import type { WebhookSenderOptions } from "@wicara/webhooks/WebhookSender"
import { WebhookTransport } from "@wicara/webhooks/WebhookTransport"
import { Effect, Layer, Schema } from "effect"
import type { Duration } from "effect"
import { SqlClient } from "effect/sql"

/** What happens to a thing: an event of another package. */
export const noted = Events.define("thing.noted", Schema.Struct({ word: Schema.String }))
export const other = Events.define("other.noted", Schema.Struct({ word: Schema.String }))
const things = Module.make({ id: "things", name: "Things", description: "Things.", events: [noted, other] })

/** What people were told: the kind, once for each dedupe key. */
export const told: Array<{ readonly kind: string; readonly values: unknown }> = []

const layerNotifier = Layer.succeed(Notifier, {
  notify: ({ kind }, { values }) =>
    Effect.sync(() => {
      told.push({ kind, values })
    })
})

export const layerSender = (options: WebhookSenderOptions = {}, timeout: Duration.Input = "1 second") =>
  WebhookSender.layer({ pollInterval: "50 millis", ...options }).pipe(
    Layer.provide(WebhookTransport.layer({ timeout }).pipe(Layer.provide(NodeHttpClient.layerUndici)))
  )

/** Everything from an event that is committed to a receiver. */
export const layer = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>, options?: WebhookSenderOptions) =>
  WebhookConsumers.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(
      WebhookEndpoints.layerSql({ most: 5 }),
      WebhookDeliveries.layerSql,
      layerSender(options)
    )),
    Layer.provideMerge(Layer.merge(WebhookEventTypes.layer, layerNotifier)),
    Layer.provideMerge(EventConsumers.layerSql),
    Layer.provideMerge(Layer.mergeAll(
      Secrets.layerSql,
      Events.Events.layerSql,
      EventLog.layerSql,
      Audit.layerSql,
      Module.ModuleRegistry.layer([things, Module.make({ ...module, requires: [] })])
    )),
    Layer.provideMerge(Jobs.layerSql),
    Layer.provideMerge(Layer.mergeAll(MasterKeys.layerTest, WebhookReceiver.layer)),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database),
    Layer.provideMerge(Layer.mergeAll(Signals.layer, NodeServices.layer)),
    Layer.provideMerge(Layer.succeed(OutboundAddresses.CurrentOutboundAddresses, OutboundAddresses.thisMachine))
  )

export const within = (id: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

let paths = 0

/** An organization with an endpoint of its own path at the receiver. */
export const connect = Effect.fnUntraced(function*(
  input: Partial<NewWebhookEndpoint> & { readonly organizationId?: OrganizationId } = {}
) {
  const { organizationId = yield* Id.next(OrganizationId), ...rest } = input
  const receiver = yield* WebhookReceiver
  const path = `/hooks/${++paths}`
  const { endpoint, secret } = yield* WebhookEndpoints.use((endpoints) =>
    endpoints.create({ url: `${receiver.url}${path}`, events: ["thing.*"], ...rest })
  ).pipe(within(organizationId))
  return { organizationId, path, secret, id: endpoint.id }
})

export type Connected = Effect.Success<ReturnType<typeof connect>>

/** Something happens to a thing, and is committed. */
export const happens = (to: Connected | OrganizationId, aggregateId: string, ...words: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const events = yield* Events.Events
    yield* Effect.orDie(sql.withTransaction(
      events.appendAll(noted, words.map((word) => ({ aggregateId, payload: { word } })))
    ))
  }).pipe(within(typeof to === "string" ? to : to.organizationId))

/** What is committed has its deliveries. */
export const stored = EventConsumers.use((consumers) => consumers.settled)

/** What is due is delivered. */
export const delivered = Effect.andThen(stored, WebhookSender.use((sender) => sender.drain))

/** Whatever waits for another attempt is due, of one organization or of all. */
export const makeDue = (of?: Connected) =>
  SqlClient.SqlClient.use((sql) => {
    const its = of === undefined
      ? sql`due_at > 1`
      : sql`due_at > 1 AND organization_id = ${Id.toBytes(of.organizationId)}`
    return Effect.andThen(
      sql`UPDATE webhooks_deliveries SET due_at = 1 WHERE ${its}`,
      sql`UPDATE webhooks_endpoints SET due_at = 1, not_before = 0 WHERE ${its} AND lease_id IS NULL`
    )
  })

export const deliveriesOf = (to: Connected, filter: WebhookDeliveryFilter = {}) =>
  WebhookDeliveries.use((deliveries) => deliveries.list({ limit: 200, endpointId: to.id, ...filter })).pipe(
    Effect.map(({ data }) => data.toReversed()),
    within(to.organizationId)
  )

export const endpointOf = (to: Connected) =>
  WebhookEndpoints.use((endpoints) => endpoints.get(to.id)).pipe(within(to.organizationId))

/** The words that came for an endpoint. */
export const wordsAt = (to: Connected) =>
  WebhookReceiver.use((receiver) =>
    Effect.succeed(receiver.at(to.path).map(({ body }) => JSON.parse(body).data.word as string))
  )
