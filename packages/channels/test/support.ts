import { Effect, Layer, Redacted, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import { createHmac } from "node:crypto"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { migrations } from "@wicara/channels/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"

/** The database with every table of this package. */
export const migrated = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations]))).pipe(
    Layer.provideMerge(database),
    Layer.provideMerge(Signals.layer)
  )

export const ids = Effect.gen(function*() {
  return {
    organizationId: yield* Id.next(OrganizationId),
    channelAccountId: yield* Id.next(ChannelAdapter.ChannelAccountId)
  }
})

/** A channel whose webhooks are `{ "id": ... }`, signed with HMAC-SHA256 in `x-signature`. */
export const testAdapter = ChannelAdapter.make({
  id: "test",
  name: "Test channel",
  capabilities: {
    content: new Set(["text"] as const),
    maxTextLength: 1000,
    maxButtons: 0,
    maxListRows: 0,
    readReceipts: false,
    typing: false,
    reactions: false,
    statuses: true,
    serviceWindowHours: null,
    reconcile: "none",
    messagesPerSecond: 10
  },
  settings: Schema.Struct({
    number: Schema.String.check(Schema.isMinLength(3)),
    label: Schema.optionalKey(Schema.String)
  }),
  secrets: Schema.Struct({ key: Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(8))) }),
  accountKey: (settings) => settings.number,
  handshake: (request, account) =>
    request.query["token"] === Redacted.value(account.secrets.key)
      ? Effect.succeed(request.query["challenge"] ?? "")
      : Effect.fail(new ChannelAdapter.InvalidSignature({ reason: "The token is wrong." })),
  verify: (request, account) =>
    request.headers["x-signature"] === sign(request.body, Redacted.value(account.secrets.key))
      ? Effect.void
      : Effect.fail(new ChannelAdapter.InvalidSignature({ reason: "The signature is wrong." })),
  identify: (request) =>
    Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Struct({ id: Schema.String })))(
      new TextDecoder().decode(request.body)
    ).pipe(
      Effect.map(({ id }) => ({ dedupeKey: id })),
      Effect.mapError(() => new ChannelAdapter.MalformedInbound({ reason: "The body has no id." }))
    ),
  decode: () => Effect.succeed([]),
  send: () => Effect.succeed({ _tag: "Accepted", providerMessageId: null }),
  test: (account) =>
    Effect.succeed(
      account.settings.number === "000"
        ? { status: "fail", message: "No such number." }
        : { status: "ok", message: "Connected." }
    )
})

export const sign = (body: Uint8Array | string, key: string): string =>
  createHmac("sha256", key).update(body).digest("hex")

/** Everything that accounts need, on a migrated database. */
export const accounts = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  ChannelAccounts.layerSql.pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provideMerge(ChannelRegistry.layer([testAdapter])),
    Layer.provideMerge(Layer.mergeAll(Secrets.layerSql, Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(MasterKeys.layerTest),
    Layer.provideMerge(migrated(database))
  )

/** Acts for an organization as the system itself. */
export const actingFor = (organizationId: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )
