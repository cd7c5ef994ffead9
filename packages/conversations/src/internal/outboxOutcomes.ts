import { Array as Arr, Clock, Effect, Metric, Option } from "effect"
import type { SqlClient } from "effect/sql"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { HeldReason } from "@wicara/channels/ChannelAdapter"
import * as Correlation from "@wicara/core/Correlation"
import { joinTransaction, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { Verdict } from "../CanSend.ts"
import { MessageStatusChanged, MessageUnresolved } from "../events.ts"
import { coalesce } from "./coalesce.ts"
import { eventBase } from "./conversationRows.ts"
import type { ConversationRow } from "./conversationRows.ts"
import { makeGroupedChanges } from "./groupedChanges.ts"
import type { Accepted } from "./groupedChanges.ts"
import type { MessageRow } from "./messageRow.ts"
import type { LeasedRow } from "./outboxRows.ts"
import { lifecycleOf } from "./ownership.ts"
import { makeStalledMessages } from "./stalledMessages.ts"
import type { Transcript } from "./transcript.ts"
import { isOver } from "../Conversation.ts"

/** Messages in one transaction. */
const most = 256

const outcomes = Metric.counter("wicara_outbox_outcomes", { incremental: true })

/** Milliseconds between two questions about an unknown outcome, longer and longer. */
export const reconcileDelays = [2_000, 5_000, 10_000, 20_000, 30_000] as const

/** Milliseconds until the next attempt: 2 s, 4 s, 8 s ... at most 5 minutes. */
export const retryDelay = (attempts: number): number => Math.min(1000 * 2 ** attempts, 300_000)

/** Why a message may not be sent, as the code it fails with. */
export const codeOf = (verdict: Verdict): string =>
  verdict._tag.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase()

/** Counts how an attempt ended. */
export const counted = (outcome: string) => Metric.update(Metric.withAttributes(outcomes, { outcome }), 1)

/** A person who answers sees the message, and a matter that was settled stays so; nobody waits for promotion. */
const needsPeople = (conversation: ConversationRow, message: MessageRow): boolean =>
  conversation.ownership === "bot" && !isOver(conversation) && message.purpose !== "marketing"

/** How a message's time in the outbox goes on or ends, each way in one transaction. */
export const makeOutboxOutcomes = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  transcript: Transcript,
  { maxAccountDown, maxHeldBack, pairSpacing, unknownFor }: {
    readonly maxAccountDown: number
    readonly maxHeldBack: number
    readonly pairSpacing: number
    readonly unknownFor: number
  }
) {
  const { contacts, conversations, events, messages, outbox, ownership, wakeSender } = transcript
  const stalled = makeStalledMessages(sql, transcript)
  const grouped = makeGroupedChanges(transcript)

  /**
   * Ends a message's time in the outbox; the next one of its conversation may follow. That the provider has it is true
   * whoever found out; everything else only whoever holds the lease may decide. Says whether it was decided.
   */
  const settle = <E, R>(row: LeasedRow, whose: "ours" | "anyones", effect: Effect.Effect<unknown, E, R>) =>
    joinTransaction(
      sql,
      Effect.gen(function*() {
        const deleted = yield* outbox.delete(row, whose === "ours" ? row.leaseId : undefined)
        if (!deleted && whose === "ours") return false
        yield* effect
        if (pairSpacing > 0) yield* outbox.delay(row, (yield* Clock.currentTimeMillis) + pairSpacing)
        yield* wakeSender
        return true
      })
    )

  /** Puts a locked conversation into the people's queue if nobody but the bot would notice what became of the message. */
  const toPeople = (conversation: ConversationRow, message: MessageRow, reason: string, now: number) =>
    needsPeople(conversation, message)
      ? Effect.asVoid(ownership.change(conversation, {
        ownership: "nobody",
        ownerId: null,
        reason,
        lifecycle: lifecycleOf("nobody")
      }, now))
      : Effect.void

  /**
   * The message is not sent and will not be. Nobody watches what the bot says: when its answer fails, people get the
   * conversation into their queue, unless the customer wants to hear nothing. What failed for a reason that passes may
   * be sent again (`MessageResends`). Who is said to want no advertisements gets none any more.
   */
  const fail = Effect.fnUntraced(function*(
    row: LeasedRow,
    message: MessageRow,
    code: string,
    title: string,
    reason: "for good" | "passes" | "opted out" = "for good"
  ) {
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const conversation = yield* conversations.find(row.organizationId, row.conversationId, true)
        yield* settle(
          row,
          "ours",
          Effect.gen(function*() {
            const now = yield* Clock.currentTimeMillis
            yield* transcript.advance(message, { _tag: "Status", status: "failed", at: now, error: { code, title } })
            if (reason === "passes") yield* messages.setResendable(message, now)
            if (reason === "opted out" && Option.isSome(conversation)) {
              yield* Effect.orDie(contacts.changeConsent({
                contactId: conversation.value.contactId,
                purpose: "marketing",
                state: "denied",
                source: "platform",
                occurredAt: now
              }))
            }
            if (message.author === "bot" && code !== "opted_out" && Option.isSome(conversation)) {
              yield* toPeople(conversation.value, message, `delivery_failed: ${title}`, now)
            }
          })
        )
      })
    )
    yield* counted("failed")
  })

  const acceptAll = (accepted: Arr.NonEmptyReadonlyArray<Accepted>) =>
    transaction(
      sql,
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        yield* outbox.deleteAll(accepted.map(({ message }) => message))
        for (const taken of Object.values(Arr.groupBy(accepted, ({ message }) => message.channelAccountId))) {
          yield* grouped.acceptAll(taken, now).pipe(
            Effect.provideService(CurrentOrganization, { id: taken[0].message.organizationId }),
            Effect.provideService(CurrentActor, systemActor("outbox"))
          )
        }
        // Of what it keeps back, nothing is to be expected in time.
        yield* stalled.expect(accepted.filter(({ held }) => held === undefined), now)
        if (pairSpacing > 0) {
          for (const { message } of accepted) yield* outbox.delay(message, now + pairSpacing)
        }
        yield* wakeSender
        return accepted
      })
    )

  const acceptTogether = yield* coalesce(acceptAll, most)

  const accept = Effect.fnUntraced(function*(
    message: MessageRow,
    account: ResolvedAccount,
    providerMessageId: string | null,
    held?: HeldReason
  ) {
    yield* acceptTogether({ message, account, providerMessageId, held, correlation: yield* Correlation.current })
    yield* counted("accepted")
  })

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

  /**
   * Gives up asking: the message stays `unknown`, the conversation goes on, and where nobody but the bot would notice
   * that the customer may be without an answer, people get the conversation into their queue.
   */
  const park = Effect.fnUntraced(function*(row: LeasedRow, message: MessageRow) {
    const parked = yield* transaction(
      sql,
      Effect.gen(function*() {
        // Whoever changes hands locks the conversation first.
        const conversation = Option.getOrUndefined(
          yield* conversations.find(row.organizationId, row.conversationId, true)
        )
        const told = conversation === undefined ? Effect.void : Effect.gen(function*() {
          yield* events.append(MessageUnresolved, {
            aggregateId: conversation.id,
            payload: { ...eventBase(conversation), messageId: row.id }
          })
          const reason = "delivery_unknown: Whether a message reached the customer could not be found out."
          yield* toPeople(conversation, message, reason, yield* Clock.currentTimeMillis)
        })
        return yield* settle(row, "ours", told)
      })
    )
    if (!parked) return
    yield* counted("unresolved")
    yield* Effect.logWarning(`Whether message ${row.id} was sent could not be found out; it is not sent again`)
  })

  const giveBack = (row: LeasedRow, delay: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      transaction(
        sql,
        outbox.reschedule(row, { state: row.state, availableAt: now + delay, deadlineAt: row.deadlineAt })
      ))

  /** Waits with the others for an account that is down, but not without end. */
  const wait = Effect.fnUntraced(function*(row: LeasedRow, message: MessageRow, code: string, reason: string) {
    const waited = (yield* Clock.currentTimeMillis) - row.queuedAt
    return waited >= maxAccountDown
      ? yield* fail(row, message, code, reason, "passes")
      : yield* later(row, message, Math.min(5_000 * (1 + waited / 10_000), 60_000))
  })

  /** Waits as long as a gate says, but for what is still worth sending then. */
  const heldBack = Effect.fnUntraced(function*(
    row: LeasedRow,
    message: MessageRow,
    { code, reason, until }: { readonly code: string; readonly reason: string; readonly until: number },
    now: number
  ) {
    if (until - row.queuedAt > maxHeldBack) return yield* fail(row, message, code, reason, "passes")
    yield* counted("held_back")
    yield* later(row, message, Math.max(until - now, 1_000))
  })

  return { sweepStalled: stalled.sweep, settle, fail, accept, later, wait, heldBack, becomeUnknown, park, giveBack }
})
