import { Array as Arr, Clock, Effect, Option } from "effect"
import type { SqlClient } from "effect/sql"
import type { OptOuts } from "@wicara/contacts/Contacts"
import { transaction } from "@wicara/core/Sql"
import type { OrganizationStatus } from "@wicara/core/Organization"
import { Standing } from "@wicara/core/Standing"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { coalesce } from "./coalesce.ts"
import type { ConversationRow } from "./conversationRows.ts"
import type { MessageRow } from "./messageRow.ts"
import type { LeasedRow } from "./outboxRows.ts"
import type { SendLanes } from "./sendLanes.ts"
import type { Transcript } from "./transcript.ts"

/** Messages at once. */
const most = 256

/** What is known of a message that is to be sent. */
export interface SendFacts {
  readonly message: MessageRow
  readonly conversation: ConversationRow
  readonly organization: OrganizationStatus
  readonly optOuts: OptOuts
  /** Until when what was sent to its recipient is paid for, epoch milliseconds. */
  readonly paidUntil: number
}

/** An attempt that is about to be made. */
export interface Attempt {
  readonly row: LeasedRow
  readonly message: MessageRow
  readonly reservedId: string | undefined
  readonly paidUntil: number | undefined
}

/** What each message on its way asks of the database, asked for all of them together. */
export const makeSendTogether = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  { contacts, conversations, messages, outbox, wakeSender }: Transcript,
  lanes: SendLanes,
  leaseFor: number
) {
  const standing = yield* Standing

  const factsOf = Effect.fnUntraced(function*(rows: Arr.NonEmptyReadonlyArray<LeasedRow>) {
    const { organizationId } = rows[0]
    const stored = new Map((yield* messages.findAll(rows, false)).map((message) => [message.id, message]))
    const ids = [...new Set(rows.map(({ conversationId }) => conversationId))]
    const open = new Map((yield* conversations.findAll(organizationId, ids)).map((row) => [row.id, row]))
    const optOuts = yield* contacts.optOutsOfAll([...new Set(Array.from(open.values(), (row) => row.contactId))])
    const paidUntil = yield* lanes.paidUntil(organizationId, ids)
    const organization = yield* standing.of(organizationId)
    return rows.map((row): readonly [LeasedRow, Option.Option<SendFacts>] => {
      const message = stored.get(row.id)
      const conversation = open.get(row.conversationId)
      if (message === undefined || conversation === undefined) return [row, Option.none()]
      return [
        row,
        Option.some({
          message,
          conversation,
          organization,
          optOuts: optOuts.get(conversation.contactId) ?? nobodyRefused,
          paidUntil: paidUntil.get(row.conversationId) ?? 0
        })
      ]
    })
  })

  /** What is known of a message, or nothing if it is gone. */
  const facts = yield* coalesce(
    Effect.fnUntraced(function*(rows: Arr.NonEmptyReadonlyArray<LeasedRow>) {
      const known = new Map<LeasedRow, Option.Option<SendFacts>>()
      for (const group of Object.values(Arr.groupBy(rows, (row) => row.organizationId))) {
        const found = yield* Effect.provideService(factsOf(group), CurrentOrganization, { id: group[0].organizationId })
        for (const [row, facts] of found) known.set(row, facts)
      }
      return rows.map((row) => Option.flatten(Option.fromUndefinedOr(known.get(row))))
    }),
    most
  )

  /** Marks an attempt in the database; says whether it may be made. */
  const mark = yield* coalesce((attempts: Arr.NonEmptyReadonlyArray<Attempt>) =>
    transaction(
      sql,
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const ours = yield* outbox.markSending(attempts.map(({ row }) => row), now + leaseFor)
        const sending = new Set((yield* messages.setSending(ours)).map(({ id }) => id))
        // Someone else may have learned meanwhile that the provider has it.
        const known = ours.filter(({ id }) => !sending.has(id))
        if (known.length > 0) {
          yield* outbox.deleteAll(known)
          yield* wakeSender
        }
        const made = attempts.filter(({ row }) => sending.has(row.id))
        for (const { message, reservedId } of made) {
          if (reservedId !== undefined) yield* messages.setProviderId(message, reservedId)
        }
        yield* lanes.setPaidUntil(made.flatMap(({ paidUntil, row }) =>
          paidUntil === undefined
            ? []
            : [{ organizationId: row.organizationId, conversationId: row.conversationId, paidUntil }]
        ))
        return attempts.map(({ row }) => sending.has(row.id))
      })
    ), most)

  return { facts, mark }
})

const nobodyRefused: OptOuts = { marketing: Option.none(), all: Option.none() }
