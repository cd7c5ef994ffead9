/** Organizations with WAHA accounts on a migrated database. */
import { Effect, Layer } from "effect"
import type { Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import { migrations } from "@wicara/channels-waha/sql/migrations"
import * as Waha from "@wicara/channels-waha/Waha"

/** What WAHA's services need, on a database with their tables. */
export const services = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  Layer.mergeAll(ChannelAccounts.layerSql, InboundEvents.layerSql).pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provideMerge(ChannelRegistry.layer([Waha.adapter])),
    Layer.provideMerge(Layer.mergeAll(Secrets.layerSql, Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(MasterKeys.layerTest),
    Layer.provideMerge(
      Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, channelMigrations, migrations]))).pipe(
        Layer.provideMerge(database),
        Layer.provideMerge(Signals.layer)
      )
    )
  )

let made = 0

/** An account of an organization of its own. */
export const connect = Effect.fnUntraced(function*(settings: Schema.JsonObject = {}) {
  const accounts = yield* ChannelAccounts
  const organizationId = yield* Id.next(OrganizationId)
  const within = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id: organizationId }),
      Effect.provideService(CurrentActor, systemActor("test"))
    )
  const account = yield* within(accounts.create({
    channel: "waha",
    name: "Kopi Lintang",
    settings: { baseUrl: "http://waha.test:3000", session: `lintang${++made}`, ...settings },
    secrets: { apiKey: "waha-key", hmacKey: "hmac" }
  }))
  return { organizationId, id: account.id, within, resolved: yield* accounts.lookup(account.id) }
})
