import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { Address } from "@wicara/channels/Address"
import type { ContactMergeId } from "@wicara/contacts/Contact"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent, varying } from "@wicara/core/Sql"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import type { ConversationId, Lifecycle, Ownership } from "../Conversation.ts"

/** A conversation that became part of another one, and what both were before. */
export interface JoinRow {
  readonly organizationId: OrganizationId
  readonly id: ConversationId
  readonly mergeId: ContactMergeId
  readonly into: ConversationId
  readonly lifecycle: Lifecycle
  readonly ownership: Ownership
  readonly ownerId: UserId | null
  /** The address of the conversation that it became part of. */
  readonly chat: Address
}

interface Stored {
  readonly conversation_id: Uint8Array
  readonly into_id: Uint8Array
  readonly lifecycle: Lifecycle
  readonly ownership: Ownership
  readonly owner_id: Uint8Array | null
  readonly chat_kind: Address["kind"]
  readonly chat_value: string
}

/** Joined conversations that are looked at for one history. */
const most = 50

export const makeJoinRows = (sql: SqlClient.SqlClient) => ({
  insert: (row: JoinRow, joinedAt: number) =>
    insertIfAbsent(sql, "conversations_joins", "joined_at", [{
      organization_id: Id.toBytes(row.organizationId),
      conversation_id: Id.toBytes(row.id),
      merge_id: Id.toBytes(row.mergeId),
      into_id: Id.toBytes(row.into),
      lifecycle: row.lifecycle,
      ownership: row.ownership,
      owner_id: row.ownerId === null ? null : Id.toBytes(row.ownerId),
      chat_kind: row.chat.kind,
      chat_value: row.chat.value,
      joined_at: joinedAt
    }]),

  /** What became part of others by a merge, and still is; the last one first. */
  ofMerge: (organizationId: OrganizationId, mergeId: ContactMergeId) =>
    Effect.map(
      sql<Stored>`SELECT conversation_id, into_id, lifecycle, ownership, owner_id, chat_kind, chat_value
        FROM conversations_joins
        WHERE organization_id = ${Id.toBytes(organizationId)} AND merge_id = ${Id.toBytes(mergeId)}
          AND undone_at IS NULL ORDER BY joined_at DESC, conversation_id DESC`,
      (rows) =>
        rows.map((row): JoinRow => ({
          organizationId,
          id: Id.fromBytes(row.conversation_id),
          mergeId,
          into: Id.fromBytes(row.into_id),
          lifecycle: row.lifecycle,
          ownership: row.ownership,
          ownerId: row.owner_id === null ? null : Id.fromBytes(row.owner_id),
          chat: { kind: row.chat_kind, value: row.chat_value }
        }))
    ),

  undo: ({ id, mergeId, organizationId }: JoinRow, undoneAt: number) =>
    sql`UPDATE conversations_joins SET undone_at = ${undoneAt}
      WHERE organization_id = ${Id.toBytes(organizationId)} AND conversation_id = ${Id.toBytes(id)}
        AND merge_id = ${Id.toBytes(mergeId)}`,

  /** A conversation and those that are part of it now. */
  whole: Effect.fnUntraced(function*(organizationId: OrganizationId, id: ConversationId) {
    const all = new Set([id])
    let last: ReadonlyArray<ConversationId> = [id]
    while (last.length > 0 && all.size < most) {
      const rows = yield* varying(
        sql,
        sql<Pick<Stored, "conversation_id">>`SELECT conversation_id FROM conversations_joins
          WHERE organization_id = ${Id.toBytes(organizationId)} AND ${sql.in("into_id", last.map(Id.toBytes))}
            AND undone_at IS NULL`
      )
      last = rows.map((row) => Id.fromBytes<ConversationId>(row.conversation_id)).filter((one) => !all.has(one))
      for (const one of last) all.add(one)
    }
    return [...all]
  })
})
