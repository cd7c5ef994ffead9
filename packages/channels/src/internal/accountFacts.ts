import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ChannelAccountId } from "../ChannelAdapter.ts"
import { AccountFacts } from "../InboundEvent.ts"

const FactsText = Schema.fromJsonString(AccountFacts)
const decode = Schema.decodeUnknownEffect(FactsText)
const encode = Schema.encodeSync(FactsText)

/**
 * What providers said that accounts may do. Needs a transaction to record.
 *
 * @internal
 */
export const accountFacts = (sql: SqlClient.SqlClient) => {
  const key = (organizationId: OrganizationId, id: ChannelAccountId) => ({
    organization_id: Id.toBytes(organizationId),
    channel_account_id: Id.toBytes(id)
  })
  const find = Effect.fnUntraced(function*(organizationId: OrganizationId, id: ChannelAccountId) {
    const of = key(organizationId, id)
    const [row] = yield* sql<{ readonly facts: string; readonly said_at: unknown }>`
      SELECT facts, said_at FROM channels_account_facts
      WHERE organization_id = ${of.organization_id} AND channel_account_id = ${of.channel_account_id}`
    return row === undefined
      ? undefined
      : { facts: yield* Effect.orDie(decode(row.facts)), saidAt: Number(row.said_at) }
  })
  return {
    get: (organizationId: OrganizationId, id: ChannelAccountId) =>
      Effect.map(find(organizationId, id), (known): AccountFacts => known?.facts ?? {}),
    forget: (organizationId: OrganizationId, id: ChannelAccountId) => {
      const of = key(organizationId, id)
      return sql`DELETE FROM channels_account_facts
        WHERE organization_id = ${of.organization_id} AND channel_account_id = ${of.channel_account_id}`
    },
    /** Whether that was news. What was said earlier than what is known only fills in what is not known. */
    record: Effect.fnUntraced(function*(
      organizationId: OrganizationId,
      id: ChannelAccountId,
      said: { readonly facts: AccountFacts; readonly at: number }
    ) {
      const of = key(organizationId, id)
      // The account's row serializes those who record at the same time.
      const accounts = yield* sql`SELECT id FROM channels_accounts
        WHERE organization_id = ${of.organization_id} AND id = ${of.channel_account_id} AND deleted_at IS NULL
        ${sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })}`
      if (accounts.length === 0) return false
      const known = yield* find(organizationId, id)
      const facts = known === undefined || known.saidAt <= said.at
        ? { ...known?.facts, ...said.facts }
        : { ...said.facts, ...known.facts }
      const text = encode(facts)
      if (known !== undefined && encode(known.facts) === text) return false
      const saidAt = Math.max(said.at, known?.saidAt ?? 0)
      yield* known === undefined
        ? sql`INSERT INTO channels_account_facts ${sql.insert({ ...of, facts: text, said_at: saidAt })}`
        : sql`UPDATE channels_account_facts SET facts = ${text}, said_at = ${saidAt}
            WHERE organization_id = ${of.organization_id} AND channel_account_id = ${of.channel_account_id}`
      return true
    })
  }
}
