import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ProviderError, ProviderStatus } from "@wicara/channels/InboundEvent"
import { MessageContent } from "@wicara/channels/MessageContent"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent, padded, rowLimit, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"

/** A change of a message that is known here only by its provider id, or will be. Instants are epoch milliseconds. */
export const Change = Schema.Union([
  Schema.TaggedStruct("Status", {
    status: ProviderStatus,
    at: Schema.Int,
    error: Schema.optionalKey(ProviderError),
    pricing: Schema.optionalKey(Schema.Unknown)
  }),
  Schema.TaggedStruct("Edit", { content: MessageContent, at: Schema.Int }),
  Schema.TaggedStruct("Revoke", { at: Schema.Int })
])
export type Change = typeof Change.Type

const ChangeText = Schema.fromJsonString(Change)
const encode = Schema.encodeSync(ChangeText)
const decode = Schema.decodeUnknownSync(ChangeText)

/** The same change told twice is kept once. */
const keyOf = (change: Change): string => {
  switch (change._tag) {
    case "Status":
      return `status:${change.status}`
    case "Edit":
      return `edit:${change.at}`
    case "Revoke":
      return "revoke"
  }
}

interface Stored {
  readonly organization_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly provider_message_id: string
  readonly payload: string
}

export interface EarlyChange {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  readonly providerMessageId: string
  readonly change: Change
  /** Epoch milliseconds. */
  readonly receivedAt: number
}

export const makeEarlyChanges = (sql: SqlClient.SqlClient) => {
  const of = (organizationId: OrganizationId, channelAccountId: ChannelAccountId, providerMessageId: string) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${
      Id.toBytes(channelAccountId)
    } AND provider_message_id = ${providerMessageId}`

  return {
    keep: (changes: ReadonlyArray<EarlyChange>) =>
      insertIfAbsent(
        sql,
        "conversations_early_changes",
        "received_at",
        changes.map((early) => ({
          organization_id: Id.toBytes(early.organizationId),
          channel_account_id: Id.toBytes(early.channelAccountId),
          provider_message_id: early.providerMessageId,
          change_key: keyOf(early.change),
          payload: encode(early.change),
          received_at: early.receivedAt
        }))
      ),

    /** Of these provider ids those for which something was kept. */
    known: (
      organizationId: OrganizationId,
      channelAccountId: ChannelAccountId,
      providerMessageIds: ReadonlyArray<string>
    ) =>
      providerMessageIds.length === 0 ? Effect.succeed([]) : Effect.map(
        varying(
          sql,
          sql<Pick<Stored, "provider_message_id">>`SELECT DISTINCT provider_message_id FROM conversations_early_changes
            WHERE organization_id = ${Id.toBytes(organizationId)}
              AND channel_account_id = ${Id.toBytes(channelAccountId)}
              AND ${sql.in("provider_message_id", padded(providerMessageIds))}`
        ),
        (rows) => rows.map((row) => row.provider_message_id)
      ),

    /** Takes what was kept for a provider id, in the order in which it came. */
    take: Effect.fnUntraced(function*(
      organizationId: OrganizationId,
      channelAccountId: ChannelAccountId,
      providerMessageId: string
    ) {
      const rows = yield* sql<Pick<Stored, "payload">>`SELECT payload FROM conversations_early_changes
        WHERE ${of(organizationId, channelAccountId, providerMessageId)} ORDER BY received_at`
      if (rows.length === 0) return []
      yield* sql`DELETE FROM conversations_early_changes
        WHERE ${of(organizationId, channelAccountId, providerMessageId)}`
      return rows.map((row) => decode(row.payload))
    }),

    /** Those whose message is known by now: a change and the id it waits for may be learned at the same moment. */
    settled: (since: number, limit: number) =>
      Effect.map(
        sql<Pick<Stored, "organization_id" | "channel_account_id" | "provider_message_id">>`
          SELECT DISTINCT e.organization_id, e.channel_account_id, e.provider_message_id
          FROM conversations_early_changes e
          JOIN conversations_messages m ON m.organization_id = e.organization_id
            AND m.channel_account_id = e.channel_account_id AND m.provider_message_id = e.provider_message_id
          WHERE e.received_at >= ${since} LIMIT ${rowLimit(sql, limit)}`,
        (rows) =>
          rows.map((row) => ({
            organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
            channelAccountId: Id.fromBytes<ChannelAccountId>(row.channel_account_id),
            providerMessageId: row.provider_message_id
          }))
      ),

    /** Forgets changes of messages that never became known here. */
    purge: (before: number) => sql`DELETE FROM conversations_early_changes WHERE received_at < ${before}`
  }
}
