import { DateTime, Effect, Option, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Address } from "@wicara/channels/Address"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ContactId } from "@wicara/contacts/Contact"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent, padded, rowLimit, varying } from "@wicara/core/Sql"
import { isEverywhere } from "@wicara/core/Scope"
import type { Reach, TeamId } from "@wicara/core/Scope"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Conversation } from "../Conversation.ts"
import type { ConversationId, Lifecycle, Ownership } from "../Conversation.ts"

/** A conversation as code works on it: ids as text, instants as epoch milliseconds. */
export interface ConversationRow {
  readonly organizationId: OrganizationId
  readonly id: ConversationId
  readonly channelAccountId: ChannelAccountId
  readonly contactId: ContactId
  readonly chat: Address
  readonly isCurrent: boolean
  readonly lifecycle: Lifecycle
  readonly ownership: Ownership
  readonly ownerId: UserId | null
  readonly teamId: TeamId | null
  readonly epoch: number
  readonly ownershipReason: string | null
  readonly ownershipChangedAt: number
  readonly lastMessageAt: number
  readonly lastInboundAt: number | null
  readonly preview: string
  readonly previewDirection: "inbound" | "outbound"
  readonly unread: number
  readonly attributes: Schema.JsonObject
  readonly openedAt: number
  readonly resolvedAt: number | null
}

interface Stored {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly contact_id: Uint8Array
  readonly chat_kind: Address["kind"]
  readonly chat_value: string
  readonly is_current: unknown
  readonly lifecycle: Lifecycle
  readonly ownership: Ownership
  readonly owner_id: Uint8Array | null
  readonly team_id: Uint8Array | null
  readonly epoch: unknown
  readonly ownership_reason: string | null
  readonly ownership_changed_at: unknown
  readonly last_message_at: unknown
  readonly last_inbound_at: unknown
  readonly preview: string
  readonly preview_direction: "inbound" | "outbound"
  readonly unread: unknown
  readonly attributes: string | null
  readonly opened_at: unknown
  readonly resolved_at: unknown
}

const AttributesText = Schema.fromJsonString(Schema.JsonObject)
const decodeAttributes = Schema.decodeSync(AttributesText)
export const encodeAttributes = Schema.encodeSync(AttributesText)

const nullableNumber = (value: unknown): number | null => value === null ? null : Number(value)

const decode = (row: Stored): ConversationRow => ({
  organizationId: Id.fromBytes(row.organization_id),
  id: Id.fromBytes(row.id),
  channelAccountId: Id.fromBytes(row.channel_account_id),
  contactId: Id.fromBytes(row.contact_id),
  chat: { kind: row.chat_kind, value: row.chat_value },
  isCurrent: row.is_current !== null,
  lifecycle: row.lifecycle,
  ownership: row.ownership,
  ownerId: row.owner_id === null ? null : Id.fromBytes(row.owner_id),
  teamId: row.team_id === null ? null : Id.fromBytes(row.team_id),
  epoch: Number(row.epoch),
  ownershipReason: row.ownership_reason,
  ownershipChangedAt: Number(row.ownership_changed_at),
  lastMessageAt: Number(row.last_message_at),
  lastInboundAt: nullableNumber(row.last_inbound_at),
  preview: row.preview,
  previewDirection: row.preview_direction,
  unread: Number(row.unread),
  attributes: row.attributes === null ? {} : decodeAttributes(row.attributes),
  openedAt: Number(row.opened_at),
  resolvedAt: nullableNumber(row.resolved_at)
})

export const toConversation = (row: ConversationRow): Conversation =>
  new Conversation({
    id: row.id,
    contactId: row.contactId,
    channelAccountId: row.channelAccountId,
    chat: row.chat,
    lifecycle: row.lifecycle,
    ownership: row.ownership,
    ownerId: row.ownerId,
    teamId: row.teamId,
    epoch: row.epoch,
    ownershipReason: row.ownershipReason,
    lastMessageAt: DateTime.makeUnsafe(row.lastMessageAt),
    lastInboundAt: row.lastInboundAt === null ? null : DateTime.makeUnsafe(row.lastInboundAt),
    preview: row.preview,
    previewDirection: row.previewDirection,
    unread: row.unread,
    attributes: row.attributes,
    openedAt: DateTime.makeUnsafe(row.openedAt),
    resolvedAt: row.resolvedAt === null ? null : DateTime.makeUnsafe(row.resolvedAt)
  })

/** Whose a conversation is, and through which account. */
export type ConversationParties = Pick<ConversationRow, "id" | "contactId" | "channelAccountId">

/** What every event of a conversation carries. */
export const eventBase = (row: ConversationParties) => ({
  conversationId: row.id,
  contactId: row.contactId,
  channelAccountId: row.channelAccountId
})

const columnNames =
  "organization_id, id, channel_account_id, contact_id, chat_kind, chat_value, is_current, lifecycle, ownership, owner_id, " +
  "team_id, epoch, ownership_reason, ownership_changed_at, last_message_at, last_inbound_at, preview, preview_direction, unread, " +
  "attributes, opened_at, resolved_at"

/** Which conversations a list shows, and where its page starts. */
export interface InboxFilter {
  readonly lifecycle: Lifecycle | undefined
  readonly ownership: Ownership | undefined
  readonly channelAccountId: ChannelAccountId | undefined
  readonly ownerId: UserId | undefined
  readonly teamId: TeamId | undefined
  readonly contactIds: ReadonlyArray<ContactId> | undefined
  /** Only those within it. */
  readonly within?: Reach | undefined
  /** And none that is within one of these. */
  readonly without?: ReadonlyArray<Reach> | undefined
  /** Where the page before it ended. */
  readonly after: { readonly at: number; readonly id: ConversationId } | undefined
  readonly isDescending: boolean
  readonly limit: number
}

export const makeConversationRows = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(columnNames)
  const lockClause = (lock: boolean) =>
    lock
      ? sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
      : sql.literal("")
  const within = ({ channelAccountId, ownerId, teamIds }: Reach) => [
    ...(teamIds === undefined ? [] : [sql.in("team_id", teamIds.map(Id.toBytes))]),
    ...(channelAccountId === undefined ? [] : [sql`channel_account_id = ${Id.toBytes(channelAccountId)}`]),
    ...(ownerId === undefined ? [] : [sql`owner_id = ${Id.toBytes(ownerId)}`])
  ]
  // What belongs to nobody is not within any team's or person's.
  const without = (reach: Reach) =>
    isEverywhere(reach) ? sql`1 = 0` : sql.or([
      ...(reach.teamIds === undefined
        ? []
        : [sql`(team_id IS NULL OR NOT ${sql.in("team_id", reach.teamIds.map(Id.toBytes))})`]),
      ...(reach.channelAccountId === undefined
        ? []
        : [sql`channel_account_id <> ${Id.toBytes(reach.channelAccountId)}`]),
      ...(reach.ownerId === undefined ? [] : [sql`(owner_id IS NULL OR owner_id <> ${Id.toBytes(reach.ownerId)})`])
    ])
  const first = (rows: ReadonlyArray<Stored>) => Option.map(Option.fromUndefinedOr(rows[0]), decode)

  // Else a planner without statistics reads all of an account, latest first, until one of these contacts comes.
  const byContact = sql.onDialectOrElse({
    mysql: () => sql.literal("FORCE INDEX (conversations_conversations_contact)"),
    orElse: () => sql.literal("INDEXED BY conversations_conversations_contact")
  })

  return {
    find: (organizationId: OrganizationId, id: ConversationId, lock: boolean) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM conversations_conversations
          WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)} ${lockClause(lock)}`,
        first
      ),

    findAll: (organizationId: OrganizationId, ids: ReadonlyArray<ConversationId>) =>
      ids.length === 0 ? Effect.succeed([]) : Effect.map(
        varying(
          sql,
          sql<Stored>`SELECT ${columns} FROM conversations_conversations
            WHERE organization_id = ${Id.toBytes(organizationId)} AND ${sql.in("id", padded(ids).map(Id.toBytes))}`
        ),
        (rows) => rows.map(decode)
      ),

    /** Whose they are, by their ids. */
    partiesOf: (organizationId: OrganizationId, ids: ReadonlyArray<ConversationId>) =>
      ids.length === 0 ? Effect.succeed(new Map<ConversationId, ConversationParties>()) : Effect.map(
        varying(
          sql,
          sql<Pick<Stored, "id" | "contact_id" | "channel_account_id">>`
            SELECT id, contact_id, channel_account_id FROM conversations_conversations
            WHERE organization_id = ${Id.toBytes(organizationId)} AND ${
            sql.in("id", padded([...new Set(ids)]).map(Id.toBytes))
          }`
        ),
        (rows) =>
          new Map(rows.map((row): [ConversationId, ConversationParties] => {
            const id = Id.fromBytes<ConversationId>(row.id)
            return [id, {
              id,
              contactId: Id.fromBytes(row.contact_id),
              channelAccountId: Id.fromBytes(row.channel_account_id)
            }]
          }))
      ),

    /** The conversation that messages of this chat go to now; locked, so that its messages come one after another. */
    currentByChat: (organizationId: OrganizationId, channelAccountId: ChannelAccountId, chat: Address) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM conversations_conversations
          WHERE organization_id = ${Id.toBytes(organizationId)}
            AND channel_account_id = ${Id.toBytes(channelAccountId)}
            AND chat_kind = ${chat.kind} AND chat_value = ${chat.value} AND is_current = 1 ${lockClause(true)}`,
        first
      ),

    /** The latest conversation with one of these contacts, under any address of theirs: a current one, or also a former. */
    latestByContacts: (
      organizationId: OrganizationId,
      channelAccountId: ChannelAccountId,
      contactIds: ReadonlyArray<ContactId>,
      which: "current" | "any"
    ) =>
      Effect.map(
        varying(
          sql,
          sql<Stored>`SELECT ${columns} FROM conversations_conversations ${byContact}
            WHERE organization_id = ${Id.toBytes(organizationId)} AND ${
            sql.in("contact_id", contactIds.map(Id.toBytes))
          } AND channel_account_id = ${Id.toBytes(channelAccountId)}
              ${which === "current" ? sql.literal("AND is_current = 1") : sql.literal("")}
              AND chat_kind NOT IN ('group', 'newsletter', 'broadcast')
            ORDER BY last_message_at DESC LIMIT 1 ${lockClause(true)}`
        ),
        first
      ),

    /** The current conversations with these contacts, at whatever account; locked in one order. */
    currentByContacts: (organizationId: OrganizationId, contactIds: ReadonlyArray<ContactId>) =>
      Effect.map(
        varying(
          sql,
          sql<Stored>`SELECT ${columns} FROM conversations_conversations ${byContact}
            WHERE organization_id = ${Id.toBytes(organizationId)} AND ${
            sql.in("contact_id", contactIds.map(Id.toBytes))
          } AND is_current = 1 AND chat_kind NOT IN ('group', 'newsletter', 'broadcast')
            ORDER BY id ${lockClause(true)}`
        ),
        (rows) => rows.map(decode)
      ),

    insertIfAbsent: (row: ConversationRow): Effect.Effect<void, SqlError.SqlError> =>
      insertIfAbsent(sql, "conversations_conversations", "epoch", [{
        organization_id: Id.toBytes(row.organizationId),
        id: Id.toBytes(row.id),
        channel_account_id: Id.toBytes(row.channelAccountId),
        contact_id: Id.toBytes(row.contactId),
        chat_kind: row.chat.kind,
        chat_value: row.chat.value,
        is_current: row.isCurrent ? 1 : null,
        lifecycle: row.lifecycle,
        ownership: row.ownership,
        owner_id: row.ownerId === null ? null : Id.toBytes(row.ownerId),
        team_id: row.teamId === null ? null : Id.toBytes(row.teamId),
        epoch: row.epoch,
        ownership_reason: row.ownershipReason,
        ownership_changed_at: row.ownershipChangedAt,
        last_message_at: row.lastMessageAt,
        last_inbound_at: row.lastInboundAt,
        preview: row.preview,
        preview_direction: row.previewDirection,
        unread: row.unread,
        attributes: encodeAttributes(row.attributes),
        opened_at: row.openedAt,
        resolved_at: row.resolvedAt
      }]),

    /** Writes what may change of a locked row. */
    save: (row: ConversationRow) =>
      sql`UPDATE conversations_conversations SET
          chat_kind = ${row.chat.kind}, chat_value = ${row.chat.value}, is_current = ${row.isCurrent ? 1 : null},
          lifecycle = ${row.lifecycle}, ownership = ${row.ownership},
          owner_id = ${row.ownerId === null ? null : Id.toBytes(row.ownerId)},
          team_id = ${row.teamId === null ? null : Id.toBytes(row.teamId)}, epoch = ${row.epoch},
          ownership_reason = ${row.ownershipReason}, ownership_changed_at = ${row.ownershipChangedAt},
          last_message_at = ${row.lastMessageAt}, last_inbound_at = ${row.lastInboundAt}, preview = ${row.preview},
          preview_direction = ${row.previewDirection}, unread = ${row.unread}, attributes = ${
        encodeAttributes(row.attributes)
      },
          resolved_at = ${row.resolvedAt}
        WHERE organization_id = ${Id.toBytes(row.organizationId)} AND id = ${Id.toBytes(row.id)}`,

    /** The inbox, by the latest message. */
    inbox: (organizationId: OrganizationId, filter: InboxFilter) => {
      const direction = sql.literal(filter.isDescending ? "DESC" : "ASC")
      const beyond = sql.literal(filter.isDescending ? "<" : ">")
      return Effect.map(
        varying(
          sql,
          sql<Stored>`SELECT ${columns} FROM conversations_conversations WHERE ${
            sql.and([
              sql`organization_id = ${Id.toBytes(organizationId)}`,
              ...(filter.lifecycle === undefined ? [] : [sql`lifecycle = ${filter.lifecycle}`]),
              ...(filter.ownership === undefined ? [] : [sql`ownership = ${filter.ownership}`]),
              ...(filter.channelAccountId === undefined
                ? []
                : [sql`channel_account_id = ${Id.toBytes(filter.channelAccountId)}`]),
              ...(filter.ownerId === undefined ? [] : [sql`owner_id = ${Id.toBytes(filter.ownerId)}`]),
              ...(filter.teamId === undefined ? [] : [sql`team_id = ${Id.toBytes(filter.teamId)}`]),
              ...(filter.within === undefined ? [] : within(filter.within)),
              ...(filter.without ?? []).map(without),
              ...(filter.contactIds === undefined ? [] : [sql.in("contact_id", filter.contactIds.map(Id.toBytes))]),
              ...(filter.after === undefined ? [] : [
                sql`last_message_at ${beyond}= ${filter.after.at}`,
                sql`(last_message_at ${beyond} ${filter.after.at} OR id ${beyond} ${Id.toBytes(filter.after.id)})`
              ])
            ])
          } ORDER BY last_message_at ${direction}, id ${direction} LIMIT ${rowLimit(sql, filter.limit)}`
        ),
        (rows) => rows.map(decode)
      )
    }
  }
}

export type ConversationRows = ReturnType<typeof makeConversationRows>
