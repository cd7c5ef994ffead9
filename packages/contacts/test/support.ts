import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Contacts } from "@wicara/contacts/Contacts"
import { migrations } from "@wicara/contacts/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentOrganization, OrganizationId } from "@wicara/core/Tenancy"

export const layer = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  Contacts.layerSql.pipe(
    Layer.provideMerge(Layer.merge(Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database),
    Layer.provideMerge(Signals.layer)
  )

export const actingFor = (id: OrganizationId) => Effect.provideService(CurrentOrganization, { id })

/** An organization with one channel account. */
export const organization = Effect.gen(function*() {
  return { id: yield* Id.next(OrganizationId), account: yield* Id.next(ChannelAccountId) }
})

export const count = (table: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM ${sql(table)}`,
      (rows) => Number(rows[0]!.total)
    ))

export const eventTypes = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ readonly type: string }>`SELECT type FROM core_events ORDER BY id`,
    (rows) => rows.map((row) => row.type)
  ))
