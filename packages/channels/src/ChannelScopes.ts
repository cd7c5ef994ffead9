/**
 * Tells access control which channel accounts an organization has, so that roles are given for those only.
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { ScopeTargets } from "@wicara/core/MemberAccess"
import { CurrentOrganization } from "@wicara/core/Tenancy"

/**
 * To be provided to the services of `@wicara/core`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effect(
  ScopeTargets,
  Effect.map(SqlClient.SqlClient, (sql) => ({
    hasChannelAccount: Effect.fn("ChannelScopes.hasChannelAccount")(function*(id) {
      const organization = yield* CurrentOrganization
      const rows = yield* Effect.orDie(sql`SELECT id FROM channels_accounts
        WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)} AND deleted_at IS NULL`)
      return rows.length > 0
    })
  }))
)
