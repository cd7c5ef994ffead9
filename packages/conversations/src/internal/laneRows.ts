import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { ChannelAccountId, SendLimit } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import * as Runners from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { affectedRows, insertAll, insertIfAbsent, padded, transaction, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ConversationId } from "../Conversation.ts"

/** An account whose messages one process at a time sends, so that it alone counts them. */
export interface LaneKey {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
}

interface LaneRow {
  readonly lease_id: Uint8Array | null
  readonly leased_until: unknown
  readonly settled: unknown
}

/** Of a time that a limit is counted in, the part that is counted at once. */
const parts = 24

const widthOf = ({ per }: SendLimit) => Math.ceil(per / parts)

export const isSame = (one: Uint8Array | null, other: Uint8Array): boolean =>
  one?.length === other.length && one.every((byte, index) => byte === other[index])

export const makeLaneRows = (sql: SqlClient.SqlClient) => {
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
  const at = (key: LaneKey) =>
    sql`organization_id = ${Id.toBytes(key.organizationId)} AND channel_account_id = ${
      Id.toBytes(key.channelAccountId)
    }`

  return {
    /**
     * Takes the lane or keeps it; `elsewhere`: another process has it. `settled` says whether what was sent through it
     * is known to be over, `unsettled` that some of it may have been sent just now.
     */
    take: (key: LaneKey, leaseId: Uint8Array, now: number, until: number) =>
      transaction(
        sql,
        Effect.gen(function*() {
          const find = sql<LaneRow>`SELECT lease_id, leased_until, settled FROM conversations_lanes
            WHERE ${at(key)} ${forUpdate}`
          let [row] = yield* find
          if (row === undefined) {
            yield* insertIfAbsent(sql, "conversations_lanes", "settled", [{
              organization_id: Id.toBytes(key.organizationId),
              channel_account_id: Id.toBytes(key.channelAccountId),
              lease_id: null,
              leased_until: 0,
              settled: 1
            }])
            ;[row] = yield* find
          }
          if (row === undefined) return "elsewhere" as const
          const isOurs = row.lease_id !== null && isSame(row.lease_id, leaseId)
          if (row.lease_id !== null && !isOurs && Number(row.leased_until) > now) return "elsewhere" as const
          yield* sql`UPDATE conversations_lanes SET lease_id = ${leaseId}, leased_until = ${until}, settled = 0
            WHERE ${at(key)}`
          return isOurs || Number(row.settled) === 1 ? "settled" as const : "unsettled" as const
        })
      ),

    /** Gives lanes back through which nothing is on its way. */
    giveBack: (keys: ReadonlyArray<LaneKey>, leaseId: Uint8Array, settled: boolean) =>
      keys.length === 0 ? Effect.void : Effect.asVoid(varying(
        sql,
        sql`UPDATE conversations_lanes SET lease_id = NULL, settled = ${settled ? 1 : 0}
          WHERE lease_id = ${leaseId} AND ${sql.or(keys.map((key) => sql`(${at(key)})`))}`
      )),

    /** Ends the leases of a runner that is gone, or of all. */
    releaseLeases: (of: RunnerId | "all") =>
      Effect.map(
        affectedRows(sql`UPDATE conversations_lanes SET lease_id = NULL WHERE ${Runners.holds(sql, of)}`),
        (released) => released > 0
      ),

    /**
     * Counts messages of a limit over a long time before they are sent: how many of those wanted may be, and, if none,
     * when some may be again. Only who has the lane asks.
     */
    grant: (key: LaneKey, limit: SendLimit, wanted: number, now: number) =>
      transaction(
        sql,
        Effect.gen(function*() {
          const width = widthOf(limit)
          const of = sql`${at(key)} AND per = ${limit.per}`
          yield* sql`DELETE FROM conversations_send_counts WHERE ${of} AND counted_at <= ${now - limit.per - width}`
          const counts = yield* sql<{ readonly counted_at: unknown; readonly sent: unknown }>`
            SELECT counted_at, sent FROM conversations_send_counts WHERE ${of} ORDER BY counted_at`
          const used = counts.reduce((sum, { sent }) => sum + Number(sent), 0)
          const granted = Math.max(0, Math.min(wanted, limit.messages - used))
          if (granted === 0) {
            const oldest = Number(counts[0]?.counted_at ?? now)
            return { granted, again: oldest + width + limit.per }
          }
          const countedAt = now - now % width
          if (counts.some((count) => Number(count.counted_at) === countedAt)) {
            yield* sql`UPDATE conversations_send_counts SET sent = sent + ${granted}
              WHERE ${of} AND counted_at = ${countedAt}`
          } else {
            yield* sql`INSERT INTO conversations_send_counts ${
              sql.insert({
                organization_id: Id.toBytes(key.organizationId),
                channel_account_id: Id.toBytes(key.channelAccountId),
                per: limit.per,
                counted_at: countedAt,
                sent: granted
              })
            }`
          }
          return { granted, again: now }
        })
      ),

    /** Until when what was sent to recipients is paid for, epoch milliseconds; conversations for which nothing is lack. */
    paidUntil: (organizationId: OrganizationId, conversationIds: ReadonlyArray<ConversationId>) =>
      Effect.map(
        varying(
          sql,
          sql<{ readonly conversation_id: Uint8Array; readonly paid_until: unknown }>`
            SELECT conversation_id, paid_until FROM conversations_pairs
            WHERE organization_id = ${Id.toBytes(organizationId)}
              AND ${sql.in("conversation_id", padded(conversationIds).map(Id.toBytes))}`
        ),
        (rows) =>
          new Map(rows.map((row) => [Id.fromBytes<ConversationId>(row.conversation_id), Number(row.paid_until)]))
      ),

    setPaidUntil: (
      pairs: ReadonlyArray<{
        readonly organizationId: OrganizationId
        readonly conversationId: ConversationId
        readonly paidUntil: number
      }>
    ) =>
      insertAll(sql, pairs, (some) => {
        const rows = sql.insert(some.map((pair) => ({
          organization_id: Id.toBytes(pair.organizationId),
          conversation_id: Id.toBytes(pair.conversationId),
          paid_until: pair.paidUntil
        })) as never)
        return sql.onDialectOrElse({
          mysql: () =>
            sql`INSERT INTO conversations_pairs ${rows} ON DUPLICATE KEY UPDATE paid_until = VALUES(paid_until)`,
          orElse: () =>
            sql`INSERT INTO conversations_pairs ${rows}
              ON CONFLICT (organization_id, conversation_id) DO UPDATE SET paid_until = excluded.paid_until`
        })
      }),

    /** Forgets what is paid for. */
    purgePairs: (now: number) => sql`DELETE FROM conversations_pairs WHERE paid_until < ${now}`
  }
}
