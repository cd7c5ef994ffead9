import { Array as Arr, Effect, Option } from "effect"
import type { SqlClient } from "effect/sql"
import type { ChannelAccountId, HeldReason } from "@wicara/channels/ChannelAdapter"
import type { ProviderError } from "@wicara/channels/InboundEvent"
import type { MessageContent } from "@wicara/channels/MessageContent"
import * as Id from "@wicara/core/Id"
import { affectedByMany, affectedRows, padded, rowLimit, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { Verdict } from "../CanSend.ts"
import type { ConversationId } from "../Conversation.ts"
import type { MessageId } from "../Message.ts"
import * as MessageStatus from "../MessageStatus.ts"
import {
  columnNames,
  decode,
  decodeDelivery,
  deliveryNames,
  encodeContent,
  encodeError,
  encodeJson,
  encodeProduct,
  encodeTarget,
  encodeVerdict
} from "./messageRow.ts"
import { makeMessageKeys } from "./messageKeys.ts"
import type { DeliveryRow, MessageKey, MessageRow, Stored, StoredDelivery } from "./messageRow.ts"

export const makeMessageRows = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(columnNames)
  const deliveryColumns = sql.literal(deliveryNames)
  const lockClause = (lock: boolean) =>
    lock
      ? sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
      : sql.literal("")
  const first = (rows: ReadonlyArray<Stored>) => Option.map(Option.fromUndefinedOr(rows[0]), decode)
  const at = (key: MessageKey) =>
    sql`organization_id = ${Id.toBytes(key.organizationId)} AND conversation_id = ${
      Id.toBytes(key.conversationId)
    } AND id = ${Id.toBytes(key.id)}`
  const any = makeMessageKeys(sql, { id: "id", hasIdIndex: true })

  return {
    insert: (row: MessageRow) =>
      sql`INSERT INTO conversations_messages ${
        sql.insert({
          organization_id: Id.toBytes(row.organizationId),
          conversation_id: Id.toBytes(row.conversationId),
          id: Id.toBytes(row.id),
          channel_account_id: Id.toBytes(row.channelAccountId),
          provider_message_id: row.providerMessageId,
          idempotency_key: row.idempotencyKey,
          direction: row.direction,
          author: row.author,
          author_id: row.authorId === null ? null : Id.toBytes(row.authorId),
          contact_id: row.contactId === null ? null : Id.toBytes(row.contactId),
          content: encodeContent(row.content),
          reply_to: row.replyTo,
          forwarded: row.forwarded ? 1 : 0,
          referral: row.referral === null ? null : encodeJson(row.referral),
          product: row.product === null ? null : encodeProduct(row.product),
          sent_at: row.sentAt,
          received_at: row.receivedAt,
          provider_time: row.providerTime,
          status: row.status,
          status_rank: row.status === null ? -1 : MessageStatus.rank(row.status),
          delivered_at: row.deliveredAt,
          read_at: row.readAt,
          error: row.error === null ? null : encodeError(row.error),
          verdict: row.verdict === null ? null : encodeVerdict(row.verdict),
          purpose: row.purpose,
          epoch: row.epoch,
          edited_at: row.editedAt,
          revoked_at: row.revokedAt,
          forward_of: row.forwardOf === null ? null : encodeTarget(row.forwardOf),
          historical: row.historical ? 1 : null
        })
      }`,

    find: (key: MessageKey, lock: boolean) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM conversations_messages WHERE ${at(key)} ${lockClause(lock)}`,
        first
      ),

    findAll: (keys: ReadonlyArray<MessageKey>, lock: boolean) =>
      keys.length === 0 ? Effect.succeed([]) : Effect.map(
        varying(
          sql,
          sql<Stored>`SELECT ${columns} FROM conversations_messages WHERE ${any(keys)} ${lockClause(lock)}`
        ),
        (rows) => rows.map(decode)
      ),

    /** How far they are. */
    deliveriesOf: (keys: ReadonlyArray<MessageKey>, lock: boolean) =>
      keys.length === 0 ? Effect.succeed([]) : Effect.map(
        varying(
          sql,
          sql<StoredDelivery>`SELECT ${deliveryColumns} FROM conversations_messages WHERE ${any(keys)} ${
            lockClause(lock)
          }`
        ),
        (rows) => rows.map(decodeDelivery)
      ),

    /** How far they are, by their ids alone. */
    deliveriesByIds: (organizationId: OrganizationId, ids: ReadonlyArray<MessageId>, lock: boolean) =>
      ids.length === 0 ? Effect.succeed([]) : Effect.map(
        varying(
          sql,
          sql<StoredDelivery>`SELECT ${deliveryColumns} FROM conversations_messages
            WHERE ${
            // SQLite would read all of the organization's messages for a list, MySQL plans alternatives for long.
            sql.onDialectOrElse({
              mysql: () =>
                sql`organization_id = ${Id.toBytes(organizationId)} AND ${sql.in("id", ids.map(Id.toBytes))}`,
              orElse: () =>
                sql.or(
                  padded(ids).map((id) =>
                    sql`(organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)})`
                  )
                )
            })} ${lockClause(lock)}`
        ),
        (rows) => rows.map(decodeDelivery)
      ),

    /** How far they are, by their ids at their provider. */
    deliveriesByProviderIds: (
      organizationId: OrganizationId,
      channelAccountId: ChannelAccountId,
      providerMessageIds: ReadonlyArray<string>,
      lock: boolean
    ) =>
      providerMessageIds.length === 0 ? Effect.succeed([]) : Effect.map(
        varying(
          sql,
          sql<StoredDelivery>`SELECT ${deliveryColumns} FROM conversations_messages
            WHERE ${
            sql.onDialectOrElse({
              mysql: () =>
                sql`organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${
                  Id.toBytes(channelAccountId)
                } AND ${sql.in("provider_message_id", providerMessageIds)}`,
              orElse: () =>
                sql.or(
                  padded(providerMessageIds).map((id) =>
                    sql`(organization_id = ${Id.toBytes(organizationId)}
                      AND channel_account_id = ${Id.toBytes(channelAccountId)} AND provider_message_id = ${id})`
                  )
                )
            })
          } ${lockClause(lock)}`
        ),
        (rows) => rows.map(decodeDelivery)
      ),

    /** By its id alone. */
    findById: (organizationId: OrganizationId, id: MessageId, lock: boolean) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM conversations_messages
          WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)} ${lockClause(lock)}`,
        first
      ),

    findByProviderId: (
      organizationId: OrganizationId,
      channelAccountId: ChannelAccountId,
      providerMessageId: string,
      lock: boolean
    ) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM conversations_messages
          WHERE organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(channelAccountId)}
            AND provider_message_id = ${providerMessageId} ${lockClause(lock)}`,
        first
      ),

    findByIdempotencyKeys: (
      organizationId: OrganizationId,
      conversationId: ConversationId,
      keys: ReadonlyArray<string>
    ) =>
      Effect.map(
        varying(
          sql,
          sql<Stored>`SELECT ${columns} FROM conversations_messages
            WHERE organization_id = ${Id.toBytes(organizationId)} AND conversation_id = ${Id.toBytes(conversationId)}
              AND ${sql.in("idempotency_key", keys)} ORDER BY id`
        ),
        (rows) => rows.map(decode)
      ),

    /** Messages of the business in this conversation, written since an instant, that an echo may belong to. */
    outboundSince: (organizationId: OrganizationId, conversationId: ConversationId, since: MessageId) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM conversations_messages
          WHERE organization_id = ${Id.toBytes(organizationId)} AND conversation_id = ${Id.toBytes(conversationId)}
            AND id >= ${Id.toBytes(since)} AND direction = 'outbound' ORDER BY id LIMIT ${rowLimit(sql, 100)}`,
        (rows) => rows.map(decode)
      ),

    /** A page, the latest first. */
    page: (
      organizationId: OrganizationId,
      conversationId: ConversationId,
      before: MessageId | undefined,
      limit: number
    ) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM conversations_messages
          WHERE organization_id = ${Id.toBytes(organizationId)} AND conversation_id = ${Id.toBytes(conversationId)}
            ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
          ORDER BY id DESC LIMIT ${rowLimit(sql, limit)}`,
        (rows) => rows.map(decode)
      ),

    reactions: (
      organizationId: OrganizationId,
      channelAccountId: ChannelAccountId,
      providerMessageIds: ReadonlyArray<string>
    ) =>
      providerMessageIds.length === 0 ? Effect.succeed([]) : varying(
        sql,
        sql<{ readonly provider_message_id: string; readonly reactor: string; readonly emoji: string }>`
          SELECT provider_message_id, reactor, emoji FROM conversations_reactions
          WHERE organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(channelAccountId)}
            AND ${sql.in("provider_message_id", providerMessageIds)} AND emoji IS NOT NULL
          ORDER BY reacted_at`
      ),

    votes: (
      organizationId: OrganizationId,
      channelAccountId: ChannelAccountId,
      providerMessageIds: ReadonlyArray<string>
    ) =>
      providerMessageIds.length === 0 ? Effect.succeed([]) : varying(
        sql,
        sql<{ readonly provider_message_id: string; readonly reactor: string; readonly options: string }>`
          SELECT provider_message_id, reactor, options FROM conversations_votes
          WHERE organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(channelAccountId)}
            AND ${sql.in("provider_message_id", providerMessageIds)}
          ORDER BY reacted_at`
      ),

    /** Moves the status forward; says whether it moved. */
    advance: (key: MessageKey, change: {
      readonly status: MessageStatus.MessageStatus
      readonly at: number
      readonly error: ProviderError | undefined
    }) =>
      Effect.map(
        affectedRows(sql`UPDATE conversations_messages SET ${
          sql.csv([
            sql`status = ${change.status}`,
            sql`status_rank = ${MessageStatus.rank(change.status)}`,
            // Whatever its provider says of it now, it says something.
            ...(change.status === "accepted" ? [] : [sql`stalled_at = NULL, held = NULL`]),
            ...(change.status === "delivered" || change.status === "read" || change.status === "played"
              ? [sql`delivered_at = COALESCE(delivered_at, ${change.at})`]
              : []),
            ...(change.status === "read" || change.status === "played"
              ? [sql`read_at = COALESCE(read_at, ${change.at})`]
              : []),
            ...(change.status === "failed" && change.error !== undefined
              ? [sql`error = ${encodeError(change.error)}`]
              : [])
          ])
        } WHERE ${at(key)} AND direction = 'outbound' AND status_rank < ${MessageStatus.rank(change.status)}`),
        (changed) => changed > 0
      ),

    /** Writes how far locked messages are: those of which the same is written, at once. */
    setStatuses: (changed: ReadonlyArray<{ readonly row: DeliveryRow; readonly pricing: unknown }>) => {
      const written = changed.map(({ pricing, row }) => ({
        row,
        values: {
          status: row.status,
          status_rank: row.status === null ? -1 : MessageStatus.rank(row.status),
          delivered_at: row.deliveredAt,
          read_at: row.readAt,
          stalled_at: row.stalledAt,
          held: row.held,
          error: row.error === null ? null : encodeError(row.error)
        },
        pricing: pricing === undefined ? null : encodeJson(pricing)
      }))
      const alike = Object.values(Arr.groupBy(written, ({ pricing, values }) => JSON.stringify([values, pricing])))
      return Effect.forEach(alike, (some) => {
        const { pricing, values } = some[0]
        return varying(
          sql,
          sql`UPDATE conversations_messages SET ${sql.update(values)}, pricing = COALESCE(${pricing}, pricing)
            WHERE ${any(some.map(({ row }) => row))}`
        )
      }, { discard: true })
    },

    /** Sets the sender's own states, which may go back while the provider surely does not have the message. */
    setUnsent: (key: MessageKey, status: "queued" | "sending" | "unknown") =>
      Effect.map(
        affectedRows(
          sql`UPDATE conversations_messages SET status = ${status}, status_rank = ${MessageStatus.rank(status)}
          WHERE ${at(key)} AND status_rank < ${MessageStatus.rank("accepted")}`
        ),
        (changed) => changed > 0
      ),

    /** Marks them as being sent; returns those that their provider surely does not have. */
    setSending: Effect.fnUntraced(function*<Key extends MessageKey>(keys: ReadonlyArray<Key>) {
      if (keys.length === 0) return []
      const unsent = sql`${any(keys)} AND status_rank < ${MessageStatus.rank("accepted")}`
      const marked = yield* affectedByMany(
        sql,
        sql`UPDATE conversations_messages SET status = 'sending', status_rank = ${MessageStatus.rank("sending")}
          WHERE ${unsent}`
      )
      if (marked === keys.length) return keys
      const sending = yield* varying(
        sql,
        sql<Pick<Stored, "id">>`SELECT id FROM conversations_messages WHERE ${unsent}`
      )
      const ids = new Set(sending.map((row) => Id.fromBytes<MessageId>(row.id)))
      return keys.filter(({ id }) => ids.has(id))
    }),

    /** Their provider has them, under the ids that it gave. Of locked messages that nobody knew this of. */
    setAccepted: Effect.fnUntraced(function*(
      accepted: ReadonlyArray<MessageKey & { readonly providerMessageId: string | null }>
    ) {
      if (accepted.length === 0) return
      const rank = MessageStatus.rank("accepted")
      const named = accepted.filter(({ providerMessageId }) => providerMessageId !== null)
      const providerIds = sql.join(" ", false)(
        padded(named).map(({ id, providerMessageId }) => sql`WHEN ${Id.toBytes(id)} THEN ${providerMessageId}`)
      )
      yield* varying(
        sql,
        sql`UPDATE conversations_messages SET ${
          sql.csv([
            sql`status = CASE WHEN status_rank < ${rank} THEN 'accepted' ELSE status END`,
            ...(named.length === 0
              ? []
              : [sql`provider_message_id = CASE id ${providerIds} ELSE provider_message_id END`]),
            // Last, because MySQL assigns from left to right.
            sql`status_rank = CASE WHEN status_rank < ${rank} THEN ${rank} ELSE status_rank END`
          ])
        } WHERE ${any(accepted)} AND direction = 'outbound'`
      )
    }),

    /** Their provider keeps them back, unless it said more of them already. */
    setHeld: (keys: ReadonlyArray<MessageKey>, reason: HeldReason) =>
      varying(
        sql,
        sql`UPDATE conversations_messages SET held = ${reason} WHERE ${any(keys)} AND status = 'accepted'`
      ),

    setProviderId: (key: MessageKey, providerMessageId: string) =>
      sql`UPDATE conversations_messages SET provider_message_id = ${providerMessageId}
        WHERE ${at(key)} AND provider_message_id IS NULL`,

    /** When the provider named it otherwise than was reserved. */
    replaceProviderId: (key: MessageKey, providerMessageId: string) =>
      sql`UPDATE conversations_messages SET provider_message_id = ${providerMessageId} WHERE ${at(key)}`,

    setPricing: (key: MessageKey, pricing: unknown) =>
      sql`UPDATE conversations_messages SET pricing = ${encodeJson(pricing)} WHERE ${at(key)}`,

    setContent: (key: MessageKey, content: MessageContent, editedAt: number) =>
      sql`UPDATE conversations_messages SET content = ${encodeContent(content)}, edited_at = ${editedAt} WHERE ${
        at(key)
      }`,

    setPinned: (key: MessageKey, pinnedUntil: number | null) =>
      sql`UPDATE conversations_messages SET pinned_until = ${pinnedUntil} WHERE ${at(key)}`,

    setStarred: (key: MessageKey, starred: boolean) =>
      sql`UPDATE conversations_messages SET starred = ${starred ? 1 : null} WHERE ${at(key)}`,

    /** What is written of it, without an edit of anybody's: a record that went on. */
    replaceContent: (key: MessageKey, content: MessageContent) =>
      sql`UPDATE conversations_messages SET content = ${encodeContent(content)} WHERE ${at(key)}`,

    /** It was not sent, and may be once more. */
    setResendable: (key: MessageKey, failedAt: number) =>
      sql`UPDATE conversations_messages SET resendable_at = ${failedAt} WHERE ${at(key)} AND status = 'failed'`,

    /** Puts a locked message back among those to be sent, of the account that its conversation is at now. */
    requeue: (row: MessageRow, channelAccountId: ChannelAccountId, verdict: Verdict) => {
      const isElsewhere = channelAccountId !== row.channelAccountId
      return sql`UPDATE conversations_messages SET status = 'queued', status_rank = ${MessageStatus.rank("queued")},
          error = NULL, resendable_at = NULL, stalled_at = NULL, held = NULL, verdict = ${encodeVerdict(verdict)},
          channel_account_id = ${Id.toBytes(channelAccountId)},
          provider_message_id = ${isElsewhere ? null : row.providerMessageId},
          reply_to = ${isElsewhere ? null : row.replyTo}
        WHERE ${at(row)}`
    },

    /** Those of an account that failed in a span and may be sent again, the first that failed first. */
    resendable: (
      organizationId: OrganizationId,
      channelAccountId: ChannelAccountId,
      span: { readonly from: number; readonly to: number },
      after: { readonly at: number; readonly id: MessageId } | undefined,
      limit: number
    ) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM conversations_messages
          WHERE organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(channelAccountId)}
            AND resendable_at >= ${Math.max(span.from, after?.at ?? 0)} AND resendable_at < ${span.to}
            ${
          after === undefined
            ? sql.literal("")
            : sql`AND (resendable_at > ${after.at} OR id > ${Id.toBytes(after.id)})`
        }
          ORDER BY resendable_at, id LIMIT ${rowLimit(sql, limit)}`,
        (rows) => rows.map(decode)
      ),

    /** Of these, those that their provider took and of which it says nothing more; they are marked. */
    stallAll: Effect.fnUntraced(function*(keys: ReadonlyArray<MessageKey>, stalledAt: number) {
      const silent = yield* varying(
        sql,
        sql<Pick<Stored, "id">>`SELECT id FROM conversations_messages
          WHERE ${any(keys)} AND status = 'accepted' AND stalled_at IS NULL ${lockClause(true)}`
      )
      const ids = new Set(silent.map((row) => Id.fromBytes<MessageId>(row.id)))
      const stalled = keys.filter(({ id }) => ids.has(id))
      if (stalled.length > 0) {
        yield* varying(
          sql,
          sql`UPDATE conversations_messages SET stalled_at = ${stalledAt} WHERE ${any(stalled)}`
        )
      }
      return stalled
    }),

    /** What was kept from the past was delivered as new after all; says whether it was from the past. */
    becomeNew: (key: MessageKey) =>
      Effect.map(
        affectedRows(sql`UPDATE conversations_messages SET historical = NULL WHERE ${at(key)} AND historical = 1`),
        (changed) => changed > 0
      ),

    revoke: (key: MessageKey, revokedAt: number) =>
      Effect.map(
        affectedRows(sql`UPDATE conversations_messages SET revoked_at = ${revokedAt}
          WHERE ${at(key)} AND revoked_at IS NULL`),
        (changed) => changed > 0
      ),

    delete: (key: MessageKey) =>
      Effect.andThen(
        sql`DELETE FROM conversations_edits WHERE organization_id = ${Id.toBytes(key.organizationId)}
          AND conversation_id = ${Id.toBytes(key.conversationId)} AND message_id = ${Id.toBytes(key.id)}`,
        sql`DELETE FROM conversations_messages WHERE ${at(key)}`
      )
  }
}

export type MessageRows = ReturnType<typeof makeMessageRows>
