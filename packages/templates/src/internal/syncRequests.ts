import * as Id from "@wicara/core/Id"
import { insertIfAbsent } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { ScopeKey } from "./templateRows.ts"

/** What has the account's templates; none: its channel has no templates. */
export const scopeOf = ({ account, adapter, organizationId }: ResolvedAccount): ScopeKey | undefined =>
  adapter.templates === undefined
    ? undefined
    : scopeKey(organizationId, adapter.id, adapter.templates.scope(account.settings))

const scopeKey = (organizationId: OrganizationId, channel: string, scope: string): ScopeKey => ({
  organizationId: Id.toBytes(organizationId),
  channel,
  scope
})

/** Has all templates of the scope looked at from now on. */
export const requestSync = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, key: ScopeKey) {
  const now = yield* Clock.currentTimeMillis
  yield* insertIfAbsent(sql, "templates_scopes", "channel", [{
    organization_id: key.organizationId,
    channel: key.channel,
    scope: key.scope,
    due_at: now,
    requested_at: now,
    attempts: 0
  }])
  // While one is running, its lease's end is its due time, and it sees by requested_at that another is wanted.
  yield* sql`UPDATE templates_scopes SET requested_at = ${now},
      due_at = CASE WHEN lease_id IS NULL AND due_at > ${now} THEN ${now} ELSE due_at END
    WHERE organization_id = ${key.organizationId} AND channel = ${key.channel} AND scope = ${key.scope}`
})

/** Remembers which scope an account is in; says whether that is news. */
export const noteAccount = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, account: ResolvedAccount) {
  const key = scopeOf(account)
  const id = Id.toBytes(account.id)
  const organizationId = Id.toBytes(account.organizationId)
  const [known] = yield* sql<{ readonly scope: string }>`SELECT scope FROM templates_accounts
    WHERE organization_id = ${organizationId} AND channel_account_id = ${id}`
  if (key === undefined || known?.scope === key.scope) return { key, isNews: false }
  yield* insertIfAbsent(sql, "templates_accounts", "channel", [{
    organization_id: organizationId,
    channel_account_id: id,
    channel: key.channel,
    scope: key.scope
  }])
  yield* sql`UPDATE templates_accounts SET scope = ${key.scope}, channel = ${key.channel}
    WHERE organization_id = ${organizationId} AND channel_account_id = ${id}`
  return { key, isNews: true }
})

/** An account that is gone speaks for its scope no more. */
export const forgetAccount = (sql: SqlClient.SqlClient, organizationId: OrganizationId, accountId: string) =>
  sql`DELETE FROM templates_accounts
    WHERE organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(accountId)}`
