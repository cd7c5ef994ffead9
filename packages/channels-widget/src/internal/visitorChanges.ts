import * as Id from "@wicara/core/Id"
import { insertIfAbsent, transaction } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Effect } from "effect"
import type { Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { VisitorRef } from "../Visitor.ts"
import type { NewMessage, WidgetStore } from "../WidgetStore.ts"
import { messageColumns, toMessage } from "./messageRow.ts"
import type { MessageRow } from "./messageRow.ts"

type Service = WidgetStore["Service"]

/** What becomes of a visitor but their messages: who they are, whose stream theirs goes on in, and how sessions end. */
export const makeVisitorChanges = (
  sql: SqlClient.SqlClient,
  insert: (
    organizationId: OrganizationId,
    visitor: VisitorRef,
    message: NewMessage
  ) => Effect.Effect<unknown, SqlError.SqlError | Schema.SchemaError>
): Pick<Service, "know" | "move" | "signOut" | "isSignedOut" | "forgetSignOuts"> => {
  const keyOf = (organizationId: OrganizationId, { channelAccountId, visitorId }: VisitorRef) => ({
    organization_id: Id.toBytes(organizationId),
    channel_account_id: Id.toBytes(channelAccountId),
    id: Id.toBytes(visitorId)
  })
  const theVisitor = (organizationId: OrganizationId, visitor: VisitorRef) => {
    const key = keyOf(organizationId, visitor)
    return sql`organization_id = ${key.organization_id} AND channel_account_id = ${key.channel_account_id}
      AND id = ${key.id}`
  }

  const ensure = (organizationId: OrganizationId, visitor: VisitorRef, at: number) =>
    insertIfAbsent(sql, "widget_visitors", "id", [{
      ...keyOf(organizationId, visitor),
      last_seq: 0,
      business_read_seq: 0,
      visitor_read_seq: 0,
      business_typing_until: 0,
      visitor_typing_until: 0,
      created_at: at,
      last_seen_at: at
    }])

  const know: Service["know"] = Effect.fnUntraced(function*(organizationId, visitor, { at, externalId, formAt }) {
    yield* ensure(organizationId, visitor, at)
    const changes = [
      ...(externalId === undefined ? [] : [sql`external_id = ${externalId}`]),
      ...(formAt === undefined ? [] : [sql`form_at = ${formAt}`])
    ]
    if (changes.length === 0) return
    yield* sql`UPDATE widget_visitors SET ${sql.csv(changes)} WHERE ${theVisitor(organizationId, visitor)}`
  }, Effect.orDie)

  const moving = Effect.fnUntraced(function*(organizationId: OrganizationId, from: VisitorRef, to: VisitorRef) {
    // Nothing comes to the stream that is left from here on: an append waits for this row, and then goes to the other.
    yield* sql`UPDATE widget_visitors SET moved_to = ${Id.toBytes(to.visitorId)}
      WHERE ${theVisitor(organizationId, from)} AND moved_to IS NULL AND external_id IS NULL`
    const [row] = yield* sql<{ readonly moved_to: Uint8Array | null; readonly form_at: number | bigint | null }>`
      SELECT moved_to, form_at FROM widget_visitors WHERE ${theVisitor(organizationId, from)}`
    if (row === undefined || row.moved_to === null || Id.fromBytes(row.moved_to) !== to.visitorId) return false
    const messages = yield* sql<MessageRow>`SELECT ${sql.literal(messageColumns)} FROM widget_messages
      WHERE organization_id = ${Id.toBytes(organizationId)}
      AND channel_account_id = ${Id.toBytes(from.channelAccountId)} AND visitor_id = ${Id.toBytes(from.visitorId)}
      ORDER BY seq`
    for (const one of messages) {
      const message = yield* toMessage(one)
      yield* insert(organizationId, to, message)
    }
    // They saw all of it here.
    yield* sql`UPDATE widget_visitors SET visitor_read_seq = last_seq WHERE ${theVisitor(organizationId, to)}`
    if (row.form_at !== null) {
      yield* sql`UPDATE widget_visitors SET form_at = ${row.form_at}
        WHERE ${theVisitor(organizationId, to)} AND form_at IS NULL`
    }
    return true
  })

  return {
    know,
    move: (organizationId, from, to) =>
      Effect.orDie(transaction(sql, moving(organizationId, from, { ...from, visitorId: to }))),
    signOut: (organizationId, channelAccountId, sessionId, expiresAt) =>
      Effect.orDie(Effect.asVoid(insertIfAbsent(sql, "widget_sign_outs", "session_id", [{
        organization_id: Id.toBytes(organizationId),
        channel_account_id: Id.toBytes(channelAccountId),
        session_id: Id.toBytes(sessionId),
        expires_at: expiresAt
      }]))),
    isSignedOut: (organizationId, channelAccountId, sessionId) =>
      sql`SELECT expires_at FROM widget_sign_outs WHERE organization_id = ${Id.toBytes(organizationId)}
        AND channel_account_id = ${Id.toBytes(channelAccountId)} AND session_id = ${Id.toBytes(sessionId)}`.pipe(
        Effect.map((rows) => rows.length > 0),
        Effect.orDie
      ),
    forgetSignOuts: (now) => Effect.orDie(Effect.asVoid(sql`DELETE FROM widget_sign_outs WHERE expires_at < ${now}`))
  }
}
