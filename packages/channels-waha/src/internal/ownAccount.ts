import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import { Conflict } from "@wicara/core/Problem"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"

/** An account of an organization, as the tables name it. */
export interface AccountKey {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
}

export const columnsOf = ({ channelAccountId, organizationId }: AccountKey) => ({
  organization_id: Id.toBytes(organizationId),
  channel_account_id: Id.toBytes(channelAccountId)
})

export const isOf = (sql: SqlClient.SqlClient, key: AccountKey) => {
  const { channel_account_id, organization_id } = columnsOf(key)
  return sql`organization_id = ${organization_id} AND channel_account_id = ${channel_account_id}`
}

/** An account of the organization that is connected through WAHA. */
export const ownAccount = (accounts: ChannelAccounts["Service"], id: ChannelAccountId) =>
  Effect.flatMap(accounts.resolve(id), (resolved) =>
    resolved.adapter.id === "waha"
      ? Effect.succeed(resolved)
      : Effect.fail(new Conflict({ detail: "This account is not connected through WAHA." })))
