import { Effect, Option } from "effect"
import type { SqlClient } from "effect/sql"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Correlation from "@wicara/core/Correlation"
import * as Id from "@wicara/core/Id"
import * as Runners from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { affectedByMany, affectedRows, rowLimit, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ConversationId } from "../Conversation.ts"
import type { Author, MessageId } from "../Message.ts"
import { isSame } from "./laneRows.ts"
import { makeMessageKeys } from "./messageKeys.ts"
import type { MessageKey } from "./messageRow.ts"

/** Where a message that is not settled stands with the sender. */
export type OutboxState = "queued" | "sending" | "unknown"

/** A message on its way; ids as text, instants as epoch milliseconds. */
export interface OutboxRow {
  readonly organizationId: OrganizationId
  readonly conversationId: ConversationId
  readonly id: MessageId
  readonly channelAccountId: ChannelAccountId
  readonly author: Author
  readonly state: OutboxState
  readonly attempts: number
  readonly queuedAt: number
  /** When it is due; while it is leased, when the lease ends. */
  readonly availableAt: number
  /** Until when an unknown outcome is asked about. */
  readonly deadlineAt: number | null
  /** The request and trace that it is sent for. */
  readonly correlation: string | null
}

/** A row that this process holds until its lease ends. */
export interface LeasedRow extends OutboxRow {
  readonly leaseId: Uint8Array
}

interface Stored {
  readonly organization_id: Uint8Array
  readonly conversation_id: Uint8Array
  readonly message_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly author: Author
  readonly state: OutboxState
  readonly attempts: unknown
  readonly queued_at: unknown
  readonly available_at: unknown
  readonly deadline_at: unknown
  readonly correlation: string | null
}

const decode = (row: Stored): OutboxRow => ({
  organizationId: Id.fromBytes(row.organization_id),
  conversationId: Id.fromBytes(row.conversation_id),
  id: Id.fromBytes(row.message_id),
  channelAccountId: Id.fromBytes(row.channel_account_id),
  author: row.author,
  state: row.state,
  attempts: Number(row.attempts),
  queuedAt: Number(row.queued_at),
  availableAt: Number(row.available_at),
  deadlineAt: row.deadline_at === null ? null : Number(row.deadline_at),
  correlation: row.correlation
})

/** Accounts through which nothing more fits, and those through which nothing may be sent now. */
export interface DueExcept {
  readonly full: ReadonlyArray<ChannelAccountId>
  readonly limited: ReadonlyArray<ChannelAccountId>
}

/** Raised when there is something to send. */
export const outboxSignal = "conversations-outbox"

export const makeOutboxRows = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(
    "o.organization_id, o.conversation_id, o.message_id, o.channel_account_id, o.author, o.state, o.attempts, " +
      "o.queued_at, o.available_at, o.deadline_at, o.correlation"
  )
  const at = (key: MessageKey) =>
    sql`organization_id = ${Id.toBytes(key.organizationId)} AND conversation_id = ${
      Id.toBytes(key.conversationId)
    } AND message_id = ${Id.toBytes(key.id)}`
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
  const any = makeMessageKeys(sql, { id: "message_id", hasIdIndex: false })

  return {
    insert: (
      rows: ReadonlyArray<Omit<OutboxRow, "state" | "attempts" | "availableAt" | "deadlineAt" | "correlation">>
    ) =>
      Effect.flatMap(Correlation.current, (correlation) =>
        varying(
          sql,
          sql`INSERT INTO conversations_outbox ${
            sql.insert(rows.map((row) => ({
              organization_id: Id.toBytes(row.organizationId),
              conversation_id: Id.toBytes(row.conversationId),
              message_id: Id.toBytes(row.id),
              channel_account_id: Id.toBytes(row.channelAccountId),
              author: row.author,
              state: "queued",
              attempts: 0,
              queued_at: row.queuedAt,
              available_at: row.queuedAt,
              correlation
            })) as never)
          }`
        )),

    /** What is due and first in its conversation, except of some accounts, and of others only what is asked about. */
    due: (now: number, except: DueExcept, limit: number) =>
      Effect.map(
        varying(
          sql,
          sql<Stored>`SELECT ${columns} FROM conversations_outbox o
            WHERE o.available_at <= ${now}
              ${
            except.full.length === 0
              ? sql.literal("")
              : sql`AND o.channel_account_id NOT IN (${sql.csv(except.full.map((id) => sql`${Id.toBytes(id)}`))})`
          } ${
            except.limited.length === 0 ?
              sql.literal("") :
              sql`AND (o.state <> 'queued' OR o.channel_account_id NOT IN (${
                sql.csv(except.limited.map((id) => sql`${Id.toBytes(id)}`))
              }))`
          }
              AND NOT EXISTS (SELECT 1 FROM conversations_outbox p WHERE p.organization_id = o.organization_id
                AND p.conversation_id = o.conversation_id AND p.message_id < o.message_id)
            ORDER BY o.available_at, o.channel_account_id, o.organization_id, o.conversation_id, o.message_id
            LIMIT ${rowLimit(sql, limit)}`
        ),
        (rows) => rows.map(decode)
      ),

    /** Takes rows that are due; returns those that nobody else took in the meantime. */
    lease: Effect.fnUntraced(function*(
      rows: ReadonlyArray<OutboxRow>,
      leaseId: Uint8Array,
      now: number,
      until: number
    ) {
      const taken = yield* affectedByMany(
        sql,
        sql`UPDATE conversations_outbox SET lease_id = ${leaseId}, available_at = ${until}
          WHERE ${any(rows)} AND available_at <= ${now}`
      )
      const leased = rows.map((row): LeasedRow => ({ ...row, availableAt: until, leaseId }))
      if (taken === rows.length) return leased
      const ours = yield* varying(
        sql,
        sql<Pick<Stored, "message_id">>`SELECT message_id FROM conversations_outbox
          WHERE ${any(rows)} AND lease_id = ${leaseId}`
      )
      const ids = new Set(ours.map((row) => Id.fromBytes<MessageId>(row.message_id)))
      return leased.filter(({ id }) => ids.has(id))
    }),

    /** Marks attempts before they are made; returns those that were still ours to make. */
    markSending: Effect.fnUntraced(function*(rows: ReadonlyArray<LeasedRow>, until: number) {
      const held = new Map(
        (yield* varying(
          sql,
          sql<Pick<Stored, "message_id" | "state"> & { readonly lease_id: Uint8Array | null }>`
            SELECT message_id, lease_id, state FROM conversations_outbox WHERE ${any(rows)} ${forUpdate}`
        )).map((row) => [Id.fromBytes<MessageId>(row.message_id), row])
      )
      const marked = rows.filter(({ id, leaseId, state }) => {
        const row = held.get(id)
        return row?.state === state && isSame(row.lease_id, leaseId)
      })
      if (marked.length > 0) {
        yield* varying(
          sql,
          sql`UPDATE conversations_outbox
            SET state = 'sending', attempts = attempts + 1, available_at = ${until}, deadline_at = NULL
            WHERE ${any(marked)}`
        )
      }
      return marked
    }),

    /** Gives the row back with its number of attempts, due at an instant; says whether it was still ours. */
    reschedule: (row: LeasedRow, change: {
      readonly state: OutboxState
      readonly availableAt: number
      readonly deadlineAt: number | null
    }) =>
      Effect.map(
        affectedRows(sql`UPDATE conversations_outbox
          SET state = ${change.state}, available_at = ${change.availableAt}, deadline_at = ${change.deadlineAt},
            attempts = ${row.attempts}, lease_id = NULL
          WHERE ${at(row)} AND lease_id = ${row.leaseId}`),
        (changed) => changed > 0
      ),

    /** Gives back rows whose attempt was not marked. */
    release: (rows: ReadonlyArray<LeasedRow>) =>
      rows.length === 0 ? Effect.void : varying(
        sql,
        sql`UPDATE conversations_outbox SET lease_id = NULL, available_at = queued_at
          WHERE ${any(rows)} AND lease_id = ${rows[0]!.leaseId} AND state = 'queued'`
      ),

    /** Ends leases: what was being sent when its process ended is due, as one whose outcome is unknown. */
    releaseLeases: (of: RunnerId | "all", now: number) =>
      Effect.map(
        affectedRows(sql`UPDATE conversations_outbox SET lease_id = NULL, available_at = ${now}
          WHERE available_at > ${now} AND ${Runners.holds(sql, of)}`),
        (released) => released > 0
      ),

    /** Says whether it was there, under this lease if one is named. */
    delete: (key: MessageKey, leaseId: Uint8Array | undefined) =>
      Effect.map(
        affectedRows(
          sql`DELETE FROM conversations_outbox WHERE ${at(key)} ${
            leaseId === undefined ? sql.literal("") : sql`AND lease_id = ${leaseId}`
          }`
        ),
        (deleted) => deleted > 0
      ),

    /** Whoever holds them. */
    deleteAll: (keys: ReadonlyArray<MessageKey>) =>
      Effect.asVoid(varying(sql, sql`DELETE FROM conversations_outbox WHERE ${any(keys)}`)),

    /** Lets conversations go on when the outcome of their first message became known otherwise; says whether any does. */
    deleteUnknown: Effect.fnUntraced(function*(keys: ReadonlyArray<MessageKey>) {
      const where = sql`${any(keys)} AND state = 'unknown'`
      const unknown = yield* varying(sql, sql`SELECT 1 FROM conversations_outbox WHERE ${where} LIMIT 1`)
      if (unknown.length > 0) yield* varying(sql, sql`DELETE FROM conversations_outbox WHERE ${where}`)
      return unknown.length > 0
    }),

    /** Takes back what the bot said and nobody attempted to send; returns the messages. */
    cancelBot: Effect.fnUntraced(function*(organizationId: OrganizationId, conversationId: ConversationId) {
      const where = sql`organization_id = ${Id.toBytes(organizationId)} AND conversation_id = ${
        Id.toBytes(conversationId)
      } AND author = 'bot' AND state = 'queued'`
      const rows = yield* sql<{ readonly message_id: Uint8Array }>`SELECT message_id FROM conversations_outbox
        WHERE ${where} ${forUpdate}`
      if (rows.length > 0) yield* sql`DELETE FROM conversations_outbox WHERE ${where}`
      return rows.map((row) => Id.fromBytes<MessageId>(row.message_id))
    }),

    /** Keeps a distance to the message that was just sent in the conversation. */
    delay: (key: MessageKey, until: number) =>
      sql`UPDATE conversations_outbox SET available_at = ${until}
        WHERE organization_id = ${Id.toBytes(key.organizationId)} AND conversation_id = ${
        Id.toBytes(key.conversationId)
      } AND lease_id IS NULL AND available_at < ${until}`,

    /** What a gate holds back in the conversation for longer than a minute is asked about anew. */
    hurry: (key: Omit<MessageKey, "id">, now: number) =>
      sql`UPDATE conversations_outbox SET available_at = ${now}
        WHERE organization_id = ${Id.toBytes(key.organizationId)} AND conversation_id = ${
        Id.toBytes(key.conversationId)
      } AND state = 'queued' AND attempts = 0 AND lease_id IS NULL AND available_at > ${now + 60_000}`,

    nextDue: Effect.map(
      sql<{ readonly available_at: unknown }>`SELECT available_at FROM conversations_outbox
        ORDER BY available_at LIMIT 1`,
      (rows) => Option.map(Option.fromUndefinedOr(rows[0]), (row) => Number(row.available_at))
    )
  }
}

export type OutboxRows = ReturnType<typeof makeOutboxRows>
