import { Clock, Effect, Metric, Option } from "effect"
import type { SqlClient } from "effect/sql"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { transaction } from "@wicara/core/Sql"
import { MessageStatusChanged, MessageUnresolved } from "../events.ts"
import { eventBase } from "./conversationRows.ts"
import type { ConversationRow } from "./conversationRows.ts"
import type { MessageRow } from "./messageRows.ts"
import type { LeasedRow } from "./outboxRows.ts"
import type { Transcript } from "./transcript.ts"

const outcomes = Metric.counter("wicara_outbox_outcomes", { incremental: true })

/** Milliseconds between two questions about an unknown outcome, longer and longer. */
export const reconcileDelays = [2_000, 5_000, 10_000, 20_000, 30_000] as const

/** Counts how an attempt ended. */
export const counted = (outcome: string) => Metric.update(Metric.withAttributes(outcomes, { outcome }), 1)

/** How a message's time in the outbox goes on or ends, each way in one transaction. */
export const makeOutboxOutcomes = (
  sql: SqlClient.SqlClient,
  transcript: Transcript,
  options: { readonly pairSpacing: number; readonly unknownFor: number }
) => {
  const { conversations, events, messages, outbox, wakeSender } = transcript
  const { pairSpacing, unknownFor } = options

  /**
   * Ends a message's time in the outbox; the next one of its conversation may follow. That the provider has it is true
   * whoever found out; everything else only whoever holds the lease may decide.
   */
  const settle = <E, R>(row: LeasedRow, whose: "ours" | "anyones", effect: Effect.Effect<unknown, E, R>) =>
    transaction(
      sql,
      Effect.gen(function*() {
        const deleted = yield* outbox.delete(row, whose === "ours" ? row.leaseId : undefined)
        if (!deleted && whose === "ours") return
        yield* effect
        if (pairSpacing > 0) yield* outbox.delay(row, (yield* Clock.currentTimeMillis) + pairSpacing)
        yield* wakeSender
      })
    )

  const fail = (row: LeasedRow, message: MessageRow, code: string, title: string) =>
    Effect.andThen(
      settle(
        row,
        "ours",
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          yield* transcript.advance(message, { _tag: "Status", status: "failed", at: now, error: { code, title } })
        })
      ),
      counted("failed")
    )

  const accept = (row: LeasedRow, message: MessageRow, providerMessageId: string | null) =>
    Effect.andThen(
      settle(
        row,
        "anyones",
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const current = Option.getOrElse(yield* messages.find(message, true), () => message)
          yield* transcript.accepted(current, providerMessageId, now)
        })
      ),
      counted("accepted")
    )

  const later = Effect.fnUntraced(function*(row: LeasedRow, message: MessageRow, delay: number) {
    const now = yield* Clock.currentTimeMillis
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const ours = yield* outbox.reschedule(row, { state: "queued", availableAt: now + delay, deadlineAt: null })
        if (ours) yield* messages.setUnsent(message, "queued")
      })
    )
  })

  const becomeUnknown = Effect.fnUntraced(function*(row: LeasedRow, message: MessageRow, account: ResolvedAccount) {
    const now = yield* Clock.currentTimeMillis
    const { reconcile } = account.adapter.capabilities
    const deadline = reconcile === "none" ? now : now + unknownFor
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const ours = yield* outbox.reschedule(row, {
          state: "unknown",
          availableAt: reconcile === "message_id" ? Math.min(now + reconcileDelays[0], deadline) : deadline,
          deadlineAt: deadline
        })
        if (!ours || !(yield* messages.setUnsent(message, "unknown"))) return
        const conversation = yield* conversations.find(row.organizationId, row.conversationId, false)
        if (Option.isNone(conversation)) return
        yield* events.append(MessageStatusChanged, {
          aggregateId: row.conversationId,
          payload: { ...eventBase(conversation.value), messageId: message.id, status: "unknown", errorCode: null }
        })
      })
    )
    yield* counted("unknown")
  })

  /** Gives up asking: the message stays `unknown`, someone is told, and the conversation goes on. */
  const park = Effect.fnUntraced(function*(row: LeasedRow, conversation: ConversationRow) {
    yield* settle(
      row,
      "ours",
      events.append(MessageUnresolved, {
        aggregateId: conversation.id,
        payload: { ...eventBase(conversation), messageId: row.id }
      })
    )
    yield* counted("unresolved")
    yield* Effect.logWarning(`Whether message ${row.id} was sent could not be found out; it is not sent again`)
  })

  const giveBack = (row: LeasedRow, delay: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      transaction(
        sql,
        outbox.reschedule(row, { state: row.state, availableAt: now + delay, deadlineAt: row.deadlineAt })
      ))

  return { settle, fail, accept, later, becomeUnknown, park, giveBack }
}
