import { Array as Arr, Effect, Metric } from "effect"
import type { SqlClient } from "effect/sql"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent, rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ConversationId } from "../Conversation.ts"
import { MessageStalled } from "../events.ts"
import type { MessageId } from "../Message.ts"
import { eventBase } from "./conversationRows.ts"
import { makeMessageKeys } from "./messageKeys.ts"
import type { MessageKey } from "./messageRow.ts"
import type { Transcript } from "./transcript.ts"

const acknowledgedWithin = 600_000

/** Messages in one transaction. */
const most = 250

const stalled = Metric.counter("wicara_messages_stalled", { incremental: true })

interface Row {
  readonly organization_id: Uint8Array
  readonly conversation_id: Uint8Array
  readonly message_id: Uint8Array
}

/** Messages that a provider took, and of which it then says nothing. */
export const makeStalledMessages = (sql: SqlClient.SqlClient, transcript: Transcript) => {
  const { conversations, events, messages } = transcript
  const of = makeMessageKeys(sql, { id: "message_id", hasIdIndex: false })
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

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

  const lookAt = Effect.fnUntraced(function*(due: Arr.NonEmptyReadonlyArray<MessageKey>, now: number) {
    const { organizationId } = due[0]
    const silent = yield* messages.stallAll(due, now)
    const rows = yield* conversations.partiesOf(organizationId, silent.map(({ conversationId }) => conversationId))
    yield* events.appendAll(
      MessageStalled,
      silent.flatMap(({ conversationId, id }) => {
        const row = rows.get(conversationId)
        return row === undefined
          ? []
          : [{ aggregateId: conversationId, payload: { ...eventBase(row), messageId: id } }]
      })
    )
    return silent.length
  })

  /** What has to be told by now, looked at once, whoever else looks; returns how many that were. */
  const look = (now: number) =>
    transaction(
      sql,
      Effect.gen(function*() {
        const rows = yield* sql<Row>`SELECT organization_id, conversation_id, message_id FROM conversations_awaited
          WHERE due_at <= ${now} ORDER BY due_at LIMIT ${rowLimit(sql, most)} ${forUpdate}`
        const due = rows.map((row): MessageKey => ({
          organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
          conversationId: Id.fromBytes<ConversationId>(row.conversation_id),
          id: Id.fromBytes<MessageId>(row.message_id)
        }))
        if (!Arr.isReadonlyArrayNonEmpty(due)) return { due: 0, silent: 0 }
        yield* varying(
          sql,
          sql`DELETE FROM conversations_awaited WHERE ${of(due)}`
        )
        let silent = 0
        for (const some of Object.values(Arr.groupBy(due, ({ organizationId }) => organizationId))) {
          silent += yield* lookAt(some, now).pipe(
            Effect.provideService(CurrentOrganization, { id: some[0].organizationId }),
            Effect.provideService(CurrentActor, systemActor("outbox"))
          )
        }
        return { due: due.length, silent }
      })
    )

  /** Looks at what had to be told by now; several processes may. */
  const sweep = Effect.fnUntraced(function*(now: number) {
    // As much as was accepted in the meantime at the highest rate, and an end.
    for (let round = 0; round < 40; round++) {
      const { due, silent } = yield* look(now)
      yield* Metric.update(stalled, silent)
      if (due < most) return
    }
  })

  return { expect, sweep }
}
