import { DateTime, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { NotFound } from "@wicara/core/Problem"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { ChannelAccount } from "../ChannelAccount.ts"
import type { AccountConnection, AccountStatus } from "../ChannelAccount.ts"
import type { ChannelAccountId } from "../ChannelAdapter.ts"
import { decodeObject } from "./accountSecrets.ts"
import { limitsOf } from "./sendLimits.ts"

export interface AccountRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly channel: string
  readonly name: string
  readonly settings: string
  readonly status: AccountStatus
  readonly is_default: unknown
  readonly limits: string | null
  readonly connection: AccountConnection
  readonly health_status: "ok" | "warn" | "fail" | null
  readonly health_message: string | null
  readonly health_checked_at: unknown
  readonly created_at: unknown
  readonly updated_at: unknown
}

/** An account's place among all. */
export type AccountKey = Pick<AccountRow, "organization_id" | "id">

export const toAccount = Effect.fnUntraced(function*(row: AccountRow) {
  return new ChannelAccount({
    id: Id.fromBytes(row.id),
    channel: row.channel,
    name: row.name,
    settings: yield* Effect.orDie(decodeObject(row.settings)),
    status: row.status,
    isDefault: Number(row.is_default ?? 0) === 1,
    limits: yield* limitsOf(row),
    connection: row.connection,
    health: row.health_status === null ? null : {
      status: row.health_status,
      message: row.health_message ?? "",
      checkedAt: DateTime.makeUnsafe(Number(row.health_checked_at))
    },
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
  })
})

export const makeAccountRows = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(
    "organization_id, id, channel, name, settings, status, is_default, limits, connection, health_status, health_message, " +
      "health_checked_at, created_at, updated_at"
  )
  return {
    columns,
    /** An account of the current organization. */
    find: Effect.fnUntraced(function*(id: ChannelAccountId) {
      const organization = yield* CurrentOrganization
      const rows = yield* Effect.orDie(sql<AccountRow>`SELECT ${columns} FROM channels_accounts
        WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)} AND deleted_at IS NULL`)
      const row = rows[0]
      return row === undefined ? yield* NotFound.of("channel account", id) : row
    })
  }
}
