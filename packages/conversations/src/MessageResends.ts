/**
 * Sends again what failed without having been sent, for a reason that passes: its account was down or refused, its
 * provider put it off, a gate or a file kept it waiting for too long. A message goes back among those to be sent as it
 * is, under the id that was reserved for it; whatever may have reached its provider, or reached it, is refused, and so is
 * what failed for good.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { OutboundContent } from "@wicara/channels/MessageContent"
import type { Contacts } from "@wicara/contacts/Contacts"
import { Audit } from "@wicara/core/Audit"
import type { Events } from "@wicara/core/Events"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, NotFound } from "@wicara/core/Problem"
import type { Forbidden, InvalidInput } from "@wicara/core/Problem"
import type { Signals } from "@wicara/core/Signals"
import { joinTransaction, orDieSql, transaction } from "@wicara/core/Sql"
import type { Standing } from "@wicara/core/Standing"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer, Option, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as CanSend from "./CanSend.ts"
import { CannotSend, ConversationClosed } from "./Conversation.ts"
import { MessageQueued } from "./events.ts"
import * as Access from "./internal/conversationAccess.ts"
import { eventBase } from "./internal/conversationRows.ts"
import type { MessageRow } from "./internal/messageRow.ts"
import { makeSendDecision } from "./internal/sendDecision.ts"
import { makeTranscript } from "./internal/transcript.ts"
import { MessageId } from "./Message.ts"
import type { ResentMessages } from "./Message.ts"
import { permissions } from "./permissions.ts"

/**
 * Of which account, and when they failed: from `from` until before `to`, epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResendOptions extends Pick<Pagination.PageQuery, "cursor"> {
  readonly channelAccountId: ChannelAccountId
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class MessageResends extends Context.Service<MessageResends, {
  /** Sends one message again. One that is on its way already stays so. */
  readonly resend: (
    id: MessageId
  ) => Effect.Effect<
    void,
    NotFound | Forbidden | Conflict | ConversationClosed | CannotSend,
    CurrentOrganization | CurrentActor
  >
  /**
   * Sends an account's messages again, those first that failed first, of the conversations in which the actor may answer;
   * at most 500 at a time. What can't be sent now is left as it is.
   */
  readonly resendAll: (
    options: ResendOptions
  ) => Effect.Effect<ResentMessages, NotFound | InvalidInput, CurrentOrganization | CurrentActor>
}>()("@wicara/conversations/MessageResends") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    MessageResends,
    never,
    SqlClient.SqlClient | Events | Signals | Contacts | ChannelAccounts | Standing | Audit
  > = Layer.suspend(() => Layer.effect(MessageResends, make))
}

/** Messages looked at in one call. */
const most = 500

const Position = Schema.Struct({ at: Schema.Int, id: MessageId })

const isOutbound = Schema.is(OutboundContent)

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const audit = yield* Audit
  const decide = yield* makeSendDecision
  const { conversations, events, messages, outbox, wakeSender } = yield* makeTranscript

  /** Puts one message back, or says why not; `known` may be older than what is stored. */
  const again = Effect.fnUntraced(function*(known: MessageRow) {
    const { conversationId, id, organizationId } = known
    const row = Option.getOrUndefined(yield* conversations.find(organizationId, conversationId, true))
    const message = Option.getOrUndefined(yield* messages.find(known, true))
    if (row === undefined || message === undefined) return yield* NotFound.of("message", id)
    yield* Access.check(permissions.reply, row, "message", id)
    if (message.status === "queued" || message.status === "sending") return false
    if (message.status === "unknown") {
      return yield* new Conflict({ detail: "The message may have been sent: it is not sent again." })
    }
    if (message.status !== "failed" || message.resendableAt === null || !isOutbound(message.content)) {
      return yield* new Conflict({ detail: "Only messages that failed before they were sent are sent again." })
    }
    // People answer now, or the customer wrote something else: what the bot said then is no answer any more.
    if (message.author === "bot" && (row.ownership !== "bot" || row.epoch !== message.epoch)) {
      return yield* new Conflict({ detail: "The conversation has changed hands since the bot said this." })
    }
    if (row.lifecycle === "closed") return yield* new ConversationClosed({ detail: "It was closed for good." })
    const isHere = row.channelAccountId === message.channelAccountId
    if (message.forwardOf !== null && !isHere) {
      return yield* new Conflict({ detail: "A message is forwarded within its channel account." })
    }
    const { verdict } = yield* decide(
      row,
      message.forwardOf === null ? message.content : CanSend.forwarded,
      message.purpose ?? "service"
    )
    if (verdict._tag !== "Allowed") return yield* new CannotSend({ verdict, detail: CanSend.describe(verdict) })
    yield* messages.requeue(message, row.channelAccountId, verdict)
    yield* outbox.insert([{
      organizationId,
      conversationId,
      id,
      channelAccountId: row.channelAccountId,
      author: message.author,
      queuedAt: yield* Clock.currentTimeMillis
    }])
    yield* events.append(MessageQueued, {
      aggregateId: row.id,
      payload: { ...eventBase(row), messageId: id, author: message.author }
    })
    yield* audit.record({
      action: "message.resent",
      target: { type: "message", id },
      before: { errorCode: message.error?.code ?? null }
    })
    yield* wakeSender
    return true
  })

  return MessageResends.of({
    resend: Effect.fn("MessageResends.resend")(function*(id) {
      const organization = yield* CurrentOrganization
      yield* orDieSql(joinTransaction(
        sql,
        Effect.gen(function*() {
          const message = yield* messages.findById(organization.id, id, false)
          if (Option.isNone(message)) return yield* NotFound.of("message", id)
          yield* again(message.value)
        })
      ))
    }),
    resendAll: Effect.fn("MessageResends.resendAll")(function*({ channelAccountId, cursor, from = 0, to }) {
      const organization = yield* CurrentOrganization
      yield* accounts.get(channelAccountId)
      const span = { from, to: to ?? (yield* Clock.currentTimeMillis) + 1 }
      const after = yield* Pagination.position(Position, { cursor })
      const found = yield* Effect.orDie(messages.resendable(organization.id, channelAccountId, span, after, most + 1))
      const { data, nextCursor } = Pagination.page(
        found,
        most,
        Position,
        ({ id, resendableAt }) => ({ at: resendableAt ?? 0, id })
      )
      const count = { resent: 0, skipped: 0 }
      for (const message of data) {
        // Each is sent again or not, whatever becomes of the others.
        const result = yield* Effect.result(orDieSql(transaction(sql, again(message))))
        if (Result.isSuccess(result)) {
          if (result.success) count.resent++
        } else count.skipped++
      }
      return { ...count, nextCursor }
    })
  })
})
