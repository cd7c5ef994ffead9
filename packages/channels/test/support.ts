import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { OrganizationId } from "@wicara/core/Tenancy"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { migrations } from "@wicara/channels/sql/migrations"

/** The database with every table of this package. */
export const migrated = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations]))).pipe(
    Layer.provideMerge(database),
    Layer.provideMerge(Signals.layer)
  )

export const ids = Effect.gen(function*() {
  return { organizationId: yield* Id.next(OrganizationId), channelAccountId: yield* Id.next(ChannelAccountId) }
})
