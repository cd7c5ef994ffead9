import { Effect, Metric, Option } from "effect"
import type { SqlClient } from "effect/sql"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import * as Id from "@wicara/core/Id"
import { affectedRows, insertIfAbsent, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ConversationId } from "../Conversation.ts"
import { MessageStalled } from "../events.ts"
import type { MessageId } from "../Message.ts"
import { eventBase } from "./conversationRows.ts"
import type { MessageKey } from "./messageRows.ts"
import type { Transcript } from "./transcript.ts"

const acknowledgedWithin = 600_000

const stalled = Metric.counter("wicara_messages_stalled", { incremental: true })

interface Row {
  readonly organization_id: Uint8Array
  readonly conversation_id: Uint8Array
  readonly message_id: Uint8Array
}

/** Messages that a provider took, and of which it then says nothing. */
export const makeStalledMessages = (sql: SqlClient.SqlClient, transcript: Transcript) => {
  const { conversations, events, messages } = transcript

  /** Notes by when providers have to say something of messages. Joins the transaction that they were accepted in. */
  const expect = (
    taken: ReadonlyArray<{ readonly message: MessageKey; readonly account: ResolvedAccount }>,
    now: number
  ) =>
    insertIfAbsent(
      sql,
      "conversations_awaited",
      "due_at",
      taken.filter(({ account }) => account.adapter.capabilities.statuses).map(({ account, message }) => ({
        organization_id: Id.toBytes(message.organizationId),
        conversation_id: Id.toBytes(message.conversationId),
        message_id: Id.toBytes(message.id),
        due_at: now + (account.adapter.capabilities.acknowledgedWithin ?? acknowledgedWithin)
      }))
    )

  const look = Effect.fnUntraced(function*(row: Row, now: number) {
    const key = {
      organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
      conversationId: Id.fromBytes<ConversationId>(row.conversation_id),
      id: Id.fromBytes<MessageId>(row.message_id)
    }
    const isStalled = yield* transaction(
      sql,
      Effect.gen(function*() {
        const ours = yield* affectedRows(sql`DELETE FROM conversations_awaited
          WHERE organization_id = ${row.organization_id} AND conversation_id = ${row.conversation_id}
            AND message_id = ${row.message_id}`)
        if (ours === 0 || !(yield* messages.stall(key, now))) return false
        const conversation = yield* conversations.find(key.organizationId, key.conversationId, false)
        if (Option.isNone(conversation)) return false
        yield* events.append(MessageStalled, {
          aggregateId: key.conversationId,
          payload: { ...eventBase(conversation.value), messageId: key.id }
        })
        return true
      })
    ).pipe(
      Effect.provideService(CurrentOrganization, { id: key.organizationId }),
      Effect.provideService(CurrentActor, systemActor("outbox"))
    )
    if (isStalled) yield* Metric.update(stalled, 1)
  })

  /** Looks at what had to be told by now; several processes may. */
  const sweep = Effect.fnUntraced(function*(now: number) {
    const due = yield* sql<Row>`SELECT organization_id, conversation_id, message_id FROM conversations_awaited
      WHERE due_at <= ${now} ORDER BY due_at LIMIT ${rowLimit(sql, 500)}`
    for (const row of due) yield* look(row, now)
  })

  return { expect, sweep }
}
