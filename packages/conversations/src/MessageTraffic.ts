/**
 * What went through an account in figures, counted from the stored messages.
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { AccountTraffic } from "@wicara/channels/AccountTraffic"
import * as Id from "@wicara/core/Id"
import { CurrentOrganization } from "@wicara/core/Tenancy"

interface Row {
  readonly received: unknown
  readonly sent: unknown
  readonly delivered: unknown
  readonly messages_read: unknown
  readonly failed: unknown
}

/**
 * @category layers
 * @since 0.1.0
 */
export const layerSql: Layer.Layer<AccountTraffic, never, SqlClient.SqlClient> = Layer.effect(
  AccountTraffic,
  Effect.map(SqlClient.SqlClient, (sql) =>
    AccountTraffic.of({
      between: Effect.fn("MessageTraffic.between")(function*(id, from, to) {
        const organization = yield* CurrentOrganization
        const isOf = sql`organization_id = ${Id.toBytes(organization.id)} AND channel_account_id = ${Id.toBytes(id)}`
        const [messages] = yield* sql<Row>`SELECT
            SUM(CASE WHEN direction = 'inbound' THEN 1 ELSE 0 END) AS received,
            SUM(CASE WHEN direction = 'outbound' AND (status IS NULL
              OR status IN ('accepted', 'sent', 'delivered', 'read', 'played')) THEN 1 ELSE 0 END) AS sent,
            SUM(CASE WHEN direction = 'outbound' AND status IN ('delivered', 'read', 'played') THEN 1 ELSE 0 END)
              AS delivered,
            SUM(CASE WHEN direction = 'outbound' AND status IN ('read', 'played') THEN 1 ELSE 0 END) AS messages_read,
            SUM(CASE WHEN direction = 'outbound' AND status = 'failed' THEN 1 ELSE 0 END) AS failed
          FROM conversations_messages WHERE ${isOf} AND sent_at >= ${from} AND sent_at < ${to}`
        // People's first conversations: of those begun in the span, the ones that none was before.
        const [contacts] = yield* sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total
          FROM conversations_conversations c WHERE ${isOf} AND opened_at >= ${from} AND opened_at < ${to}
            AND NOT EXISTS (SELECT 1 FROM conversations_conversations p
              WHERE p.organization_id = c.organization_id AND p.contact_id = c.contact_id
                AND p.channel_account_id = c.channel_account_id
                AND (p.opened_at < c.opened_at OR (p.opened_at = c.opened_at AND p.id < c.id)))`
        return {
          received: Number(messages?.received ?? 0),
          sent: Number(messages?.sent ?? 0),
          delivered: Number(messages?.delivered ?? 0),
          read: Number(messages?.messages_read ?? 0),
          failed: Number(messages?.failed ?? 0),
          newContacts: Number(contacts?.total ?? 0)
        }
      }, Effect.orDie)
    }))
)
