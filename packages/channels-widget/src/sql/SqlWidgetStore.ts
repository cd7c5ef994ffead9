/**
 * The widget's store on SQLite and MySQL.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { affectedRows, rowLimit, transaction, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { VisitorRef } from "../Visitor.ts"
import { WidgetContent } from "../WidgetMessage.ts"
import type { WidgetMessageId } from "../WidgetMessage.ts"
import { makeVisitorChanges } from "../internal/visitorChanges.ts"
import { messageColumns, toMessage } from "../internal/messageRow.ts"
import type { MessageRow } from "../internal/messageRow.ts"
import { WidgetStore } from "../WidgetStore.ts"
import type { NewMessage, StoredMessage, TrimCursor, VisitorState } from "../WidgetStore.ts"

interface VisitorRow {
  readonly id: Uint8Array
  readonly last_seq: number | bigint
  readonly business_read_seq: number | bigint
  readonly visitor_read_seq: number | bigint
  readonly business_typing_until: number | bigint
  readonly visitor_typing_until: number | bigint
  readonly last_seen_at: number | bigint
  readonly external_id: string | null
  readonly form_at: number | bigint | null
  readonly rating_for: Uint8Array | null
  readonly rated_for: Uint8Array | null
}

interface WalkRow {
  readonly organization_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly id: Uint8Array
  readonly last_seen_at: number | bigint
}

const encodeContent = Schema.encodeEffect(Schema.fromJsonString(WidgetContent))

const toState = (row: VisitorRow): VisitorState => ({
  visitorId: Id.fromBytes(row.id),
  lastSeq: Number(row.last_seq),
  businessReadSeq: Number(row.business_read_seq),
  visitorReadSeq: Number(row.visitor_read_seq),
  businessTypingUntil: Number(row.business_typing_until),
  visitorTypingUntil: Number(row.visitor_typing_until),
  lastSeenAt: Number(row.last_seen_at),
  externalId: row.external_id,
  formAt: row.form_at === null ? null : Number(row.form_at),
  ratingFor: row.rating_for === null ? null : Id.fromBytes(row.rating_for),
  ratedFor: row.rated_for === null ? null : Id.fromBytes(row.rated_for)
})

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  const ofVisitor = (organizationId: OrganizationId, visitor: VisitorRef) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${
      Id.toBytes(visitor.channelAccountId)
    } AND visitor_id = ${Id.toBytes(visitor.visitorId)}`

  const theVisitor = (organizationId: OrganizationId, visitor: VisitorRef) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${
      Id.toBytes(visitor.channelAccountId)
    } AND id = ${Id.toBytes(visitor.visitorId)}`

  const find = Effect.fnUntraced(function*(
    organizationId: OrganizationId,
    visitor: VisitorRef,
    from: "visitor" | "business",
    id: WidgetMessageId
  ) {
    const rows = yield* sql<MessageRow>`SELECT ${sql.literal(messageColumns)} FROM widget_messages WHERE ${
      ofVisitor(organizationId, visitor)
    } AND sender = ${from} AND message_id = ${Id.toBytes(id)}`
    return rows[0] === undefined ? undefined : yield* toMessage(rows[0])
  })

  // The row lock of this statement, held until the commit, is what orders the appends of one visitor.
  const advance = (organizationId: OrganizationId, visitor: VisitorRef, message: NewMessage) => {
    const row = sql.insert({
      organization_id: Id.toBytes(organizationId),
      channel_account_id: Id.toBytes(visitor.channelAccountId),
      id: Id.toBytes(visitor.visitorId),
      last_seq: 1,
      business_read_seq: 0,
      visitor_read_seq: 0,
      business_typing_until: 0,
      visitor_typing_until: 0,
      created_at: message.createdAt,
      last_seen_at: message.createdAt
    })
    const change = message.from === "business"
      ? sql`last_seq = last_seq + 1, business_typing_until = 0`
      : sql`last_seq = last_seq + 1, visitor_typing_until = 0, rating_for = NULL,
          last_seen_at = ${message.createdAt}`
    return sql.onDialectOrElse({
      mysql: () => sql`INSERT INTO widget_visitors ${row} ON DUPLICATE KEY UPDATE ${change}`,
      orElse: () =>
        sql`INSERT INTO widget_visitors ${row} ON CONFLICT (organization_id, channel_account_id, id) DO UPDATE SET ${change}`
    })
  }

  const insert = Effect.fnUntraced(function*(
    organizationId: OrganizationId,
    visitor: VisitorRef,
    message: NewMessage
  ): Effect.fn.Return<
    { readonly message: StoredMessage; readonly added: boolean },
    SqlError.SqlError | Schema.SchemaError
  > {
    yield* advance(organizationId, visitor, message)
    // Read only now: on MySQL the transaction's snapshot begins here, behind the lock.
    const present = yield* find(organizationId, visitor, message.from, message.id)
    if (present !== undefined) return { message: present, added: false }
    const rows = yield* sql<{ readonly last_seq: number | bigint; readonly moved_to: Uint8Array | null }>`
      SELECT last_seq, moved_to FROM widget_visitors WHERE ${theVisitor(organizationId, visitor)}`
    const movedTo = rows[0]?.moved_to ?? null
    if (movedTo !== null) {
      return yield* insert(organizationId, { ...visitor, visitorId: Id.fromBytes(movedTo) }, message)
    }
    const seq = Number(rows[0]?.last_seq)
    yield* sql`INSERT INTO widget_messages ${
      sql.insert({
        organization_id: Id.toBytes(organizationId),
        channel_account_id: Id.toBytes(visitor.channelAccountId),
        visitor_id: Id.toBytes(visitor.visitorId),
        seq,
        sender: message.from,
        message_id: Id.toBytes(message.id),
        reply_to: message.replyTo === null ? null : Id.toBytes(message.replyTo),
        content: yield* encodeContent(message.content),
        created_at: message.createdAt
      })
    }`
    return { message: { ...message, seq }, added: true }
  })

  const append: WidgetStore["Service"]["append"] = Effect.fnUntraced(function*(organizationId, visitor, message) {
    const present = yield* find(organizationId, visitor, message.from, message.id)
    if (present !== undefined) return { message: present, added: false }
    return yield* transaction(sql, insert(organizationId, visitor, message))
  }, Effect.orDie)

  const after: WidgetStore["Service"]["after"] = (organizationId, visitor, seq, limit) =>
    sql<MessageRow>`SELECT ${sql.literal(messageColumns)} FROM widget_messages WHERE ${
      ofVisitor(organizationId, visitor)
    } AND seq > ${seq} ORDER BY seq LIMIT ${rowLimit(sql, limit)}`.pipe(
      Effect.flatMap((rows) => Effect.forEach(rows, toMessage)),
      Effect.orDie
    )

  const before: WidgetStore["Service"]["before"] = (organizationId, visitor, seq, limit) =>
    sql<MessageRow>`SELECT ${sql.literal(messageColumns)} FROM widget_messages WHERE ${
      ofVisitor(organizationId, visitor)
    } AND seq < ${seq} ORDER BY seq DESC LIMIT ${rowLimit(sql, limit)}`.pipe(
      Effect.flatMap((rows) => Effect.forEach(rows, toMessage)),
      Effect.orDie
    )

  const states: WidgetStore["Service"]["states"] = (organizationId, channelAccountId, visitorIds) =>
    visitorIds.length === 0 ? Effect.succeed([]) : varying(
      sql,
      sql<VisitorRow>`
        SELECT id, last_seq, business_read_seq, visitor_read_seq, business_typing_until, visitor_typing_until, last_seen_at,
          external_id, form_at, rating_for, rated_for
        FROM widget_visitors
        WHERE organization_id = ${Id.toBytes(organizationId)}
          AND channel_account_id = ${Id.toBytes(channelAccountId)}
          AND ${sql.in("id", visitorIds.map(Id.toBytes))}`
    ).pipe(
      Effect.map((rows) => rows.map(toState)),
      Effect.orDie
    )

  const update: WidgetStore["Service"]["update"] = (organizationId, visitor, change) => {
    const forward = (column: string, value: number | undefined) =>
      value === undefined ? [] : [
        sql`${sql(column)} = CASE WHEN ${sql(column)} < ${value} THEN ${value} ELSE ${sql(column)} END`
      ]
    const set = (column: string, value: number | undefined) =>
      value === undefined ? [] : [sql`${sql(column)} = ${value}`]
    const changes = [
      ...forward("business_read_seq", change.businessReadSeq),
      ...forward("visitor_read_seq", change.visitorReadSeq),
      ...set("business_typing_until", change.businessTypingUntil),
      ...set("visitor_typing_until", change.visitorTypingUntil),
      ...forward("last_seen_at", change.lastSeenAt),
      ...(change.ratingFor === undefined
        ? []
        : [sql`rating_for = ${change.ratingFor === null ? null : Id.toBytes(change.ratingFor)}`]),
      ...(change.ratedFor === undefined ? [] : [sql`rated_for = ${Id.toBytes(change.ratedFor)}`])
    ]
    return changes.length === 0 ?
      Effect.void :
      sql`UPDATE widget_visitors SET ${sql.csv(changes)} WHERE ${theVisitor(organizationId, visitor)}`.pipe(
        Effect.orDie,
        Effect.asVoid
      )
  }

  const trimVisitor = Effect.fnUntraced(function*(row: WalkRow, cutoff: number) {
    const key = sql`organization_id = ${row.organization_id} AND channel_account_id = ${row.channel_account_id}`
    // Locks the visitor's row against appends, as an append does.
    yield* sql`UPDATE widget_visitors SET business_typing_until = 0 WHERE ${key} AND id = ${row.id}`
    const messages = yield* affectedRows(
      sql`DELETE FROM widget_messages WHERE ${key} AND visitor_id = ${row.id} AND created_at < ${cutoff}`
    )
    if (Number(row.last_seen_at) >= cutoff) return { messages, visitors: 0 }
    const left = yield* sql`SELECT seq FROM widget_messages WHERE ${key} AND visitor_id = ${row.id} LIMIT 1`
    if (left.length > 0) return { messages, visitors: 0 }
    const visitors = yield* affectedRows(
      sql`DELETE FROM widget_visitors WHERE ${key} AND id = ${row.id} AND last_seen_at < ${cutoff}`
    )
    return { messages, visitors }
  })

  const trim: WidgetStore["Service"]["trim"] = Effect.fnUntraced(function*(options) {
    const from = options.after
    const position = from === null ? sql`1 = 1` : sql`organization_id >= ${Id.toBytes(from.organizationId)} AND (
      organization_id > ${Id.toBytes(from.organizationId)}
      OR (channel_account_id > ${Id.toBytes(from.channelAccountId)})
      OR (channel_account_id = ${Id.toBytes(from.channelAccountId)} AND id > ${Id.toBytes(from.visitorId)})
    )`
    const rows = yield* sql<WalkRow>`
      SELECT organization_id, channel_account_id, id, last_seen_at FROM widget_visitors
      WHERE ${position} ORDER BY organization_id, channel_account_id, id LIMIT ${rowLimit(sql, options.limit)}`
    const done = yield* Effect.forEach(rows, (row) => transaction(sql, trimVisitor(row, options.before)))
    const last = rows.length < options.limit ? undefined : rows[rows.length - 1]
    const next: TrimCursor | null = last === undefined ? null : {
      organizationId: Id.fromBytes(last.organization_id),
      channelAccountId: Id.fromBytes(last.channel_account_id),
      visitorId: Id.fromBytes(last.id)
    }
    return {
      next,
      messages: done.reduce((sum, one) => sum + one.messages, 0),
      visitors: done.reduce((sum, one) => sum + one.visitors, 0)
    }
  }, Effect.orDie)

  return WidgetStore.of({
    append,
    ...makeVisitorChanges(sql, (organizationId, visitor, message) => insert(organizationId, visitor, message)),
    find: Effect.fnUntraced(function*(organizationId, visitor, from, id) {
      const found = yield* find(organizationId, visitor, from, id)
      if (found !== undefined) return found
      const [row] = yield* sql<{ readonly moved_to: Uint8Array | null }>`
        SELECT moved_to FROM widget_visitors WHERE ${theVisitor(organizationId, visitor)}`
      return row === undefined || row.moved_to === null
        ? undefined
        : yield* find(organizationId, { ...visitor, visitorId: Id.fromBytes(row.moved_to) }, from, id)
    }, Effect.orDie),
    after,
    before,
    states,
    update,
    trim
  })
})

/**
 * The store on the `SqlClient` in context; its tables are those of `migrations`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<WidgetStore, never, SqlClient.SqlClient> = Layer.effect(WidgetStore, make)
