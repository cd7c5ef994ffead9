/**
 * Finds what providers did not deliver: compares their history with what is stored, and stores what is missing.
 *
 * What was delivered and merely waits for its work, however long, is not missing.
 *
 * What is missing is kept as the past is, in its place and without anybody being told. Only what a customer wrote in the
 * last six hours and nobody answered since is treated as new: they still wait.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Metric, Option, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { HistoryChat } from "@wicara/channels/ChannelHistory"
import type { MessageEchoed, MessageReceived } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import type { Contacts } from "@wicara/contacts/Contacts"
import type { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import type { InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import type { Signals } from "@wicara/core/Signals"
import { insertIfAbsent, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { MessagesMissed } from "./events.ts"
import { HistoryGap, HistoryGapId } from "./HistoryGap.ts"
import { makeDelivered } from "./internal/deliveredMessages.ts"
import type { Delivered } from "./internal/deliveredMessages.ts"
import { makeInboundTranscript } from "./internal/inboundTranscript.ts"
import * as MessageOrder from "./MessageOrder.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class HistoryChecks extends Context.Service<HistoryChecks, {
  /**
   * Compares an account's history since the last comparison (of the last day at first, of at most a week) until two
   * minutes ago, and stores what is missing. `None`: nothing was, or the channel tells nothing of the past. What it stored
   * stays stored when it fails on the way; the next one begins where this one did.
   */
  readonly check: (
    id: ChannelAccountId
  ) => Effect.Effect<Option.Option<HistoryGap>, NotFound | Unavailable | ProviderFailure, CurrentOrganization>
  /** What was found missing of an account, the latest first. */
  readonly gaps: (
    id: ChannelAccountId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<HistoryGap>, NotFound | InvalidInput, CurrentOrganization>
}>()("@wicara/conversations/HistoryChecks") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    HistoryChecks,
    never,
    SqlClient.SqlClient | Events | Signals | Contacts | ChannelAccounts | InboundEvents | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(HistoryChecks, make))
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** What is younger may still be on its way as a webhook, or in the work list. */
const settled = 2 * minute

/** Compared again: providers' clocks and ours differ, and late is not lost. */
const overlap = 10 * minute

/** How long a customer's message without an answer is one that somebody has to answer. */
const waitsFor = 6 * hour

const missed = Metric.counter("wicara_inbound_missed", { incremental: true })

interface GapRow {
  readonly id: Uint8Array
  readonly since_at: unknown
  readonly until_at: unknown
  readonly messages: unknown
  readonly unanswered: unknown
  readonly found_at: unknown
}

const Position = Schema.Struct({ id: HistoryGapId })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const httpClient = yield* HttpClient.HttpClient
  const inbound = yield* InboundEvents
  const transcript = yield* makeInboundTranscript
  const { conversations, events, messages } = transcript

  const at = (organizationId: OrganizationId, id: ChannelAccountId) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(id)}`

  const toGap = (id: ChannelAccountId, row: GapRow) =>
    new HistoryGap({
      id: Id.fromBytes(row.id),
      channelAccountId: id,
      since: DateTime.makeUnsafe(Number(row.since_at)),
      until: DateTime.makeUnsafe(Number(row.until_at)),
      messages: Number(row.messages),
      unanswered: Number(row.unanswered),
      foundAt: DateTime.makeUnsafe(Number(row.found_at))
    })

  /** Whether the business wrote in the chat after this, here or as its provider tells. */
  const isAnswered = Effect.fnUntraced(function*(
    account: ResolvedAccount,
    event: MessageReceived,
    told: ReadonlyArray<MessageReceived | MessageEchoed>
  ) {
    const writtenAt = event.timestamp ?? 0
    if (told.some((one) => one._tag === "MessageEchoed" && (one.timestamp ?? 0) >= writtenAt)) return true
    const row = yield* conversations.currentByChat(account.organizationId, account.id, event.chat)
    if (Option.isNone(row)) return false
    const since = MessageOrder.makeId({ sentAt: writtenAt, receivedAt: 0, index: 0 })
    return (yield* messages.outboundSince(account.organizationId, row.value.id, since)).length > 0
  })

  /** Stores one message if it is missing; says whether it was, and whether somebody waits for an answer. */
  const restore = (
    account: ResolvedAccount,
    event: MessageReceived | MessageEchoed,
    told: ReadonlyArray<MessageReceived | MessageEchoed>,
    delivered: Delivered,
    now: number,
    index: number
  ) =>
    transaction(
      sql,
      Effect.gen(function*() {
        const known = yield* messages.findByProviderId(
          account.organizationId,
          account.id,
          event.providerMessageId,
          false
        )
        if (Option.isSome(known) || delivered.has(event.providerMessageId)) return "known" as const
        const arrival = {
          organizationId: account.organizationId,
          channelAccountId: account.id,
          receivedAt: now,
          index
        }
        if (event._tag === "MessageEchoed") {
          return (yield* transcript.echo(arrival, { ...event, historical: true })) ? "past" as const : "known" as const
        }
        const waits = (event.timestamp ?? 0) >= now - waitsFor && !(yield* isAnswered(account, event, told))
        const isNew = yield* transcript.receive(arrival, { ...event, historical: !waits })
        if (!isNew) return "known" as const
        return waits ? "waits" as const : "past" as const
      })
    )

  const checkChat = Effect.fnUntraced(function*(
    account: ResolvedAccount,
    { chat }: HistoryChat,
    span: { readonly since: number; readonly until: number },
    delivered: Effect.Effect<Delivered>,
    found: { messages: number; unanswered: number }
  ) {
    const { history } = account.adapter
    if (history === undefined) return
    const told = yield* Stream.runCollect(history.messages({ chat, ...span }, account.account))
    // Looked at before the messages are: what is worked off in between is among those.
    const ids = yield* delivered
    const inOrder = [...told].sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))
    const now = yield* Clock.currentTimeMillis
    for (const [index, event] of inOrder.entries()) {
      const restored = restore(account, event, inOrder, ids, now, index)
      // Its webhook may be stored at the same moment: the second look finds it known.
      const outcome = yield* Effect.orDie(Effect.retry(Effect.sandbox(restored), { times: 2 }))
      if (outcome === "known") continue
      found.messages++
      if (outcome === "waits") found.unanswered++
    }
  })

  const keep = (
    account: ResolvedAccount,
    span: { readonly since: number; readonly until: number },
    found: { readonly messages: number; readonly unanswered: number },
    isWhole: boolean
  ) =>
    Effect.orDie(transaction(
      sql,
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        if (isWhole) {
          yield* insertIfAbsent(sql, "conversations_history_checks", "checked_until", [{
            organization_id: Id.toBytes(account.organizationId),
            channel_account_id: Id.toBytes(account.id),
            checked_until: span.until
          }])
          yield* sql`UPDATE conversations_history_checks SET checked_until = ${span.until}
            WHERE ${at(account.organizationId, account.id)} AND checked_until < ${span.until}`
        }
        if (found.messages === 0) return Option.none<HistoryGap>()
        const id = yield* Id.next(HistoryGapId)
        const row = {
          id: Id.toBytes(id),
          since_at: span.since,
          until_at: span.until,
          messages: found.messages,
          unanswered: found.unanswered,
          found_at: now
        }
        yield* sql`INSERT INTO conversations_history_gaps ${
          sql.insert({
            organization_id: Id.toBytes(account.organizationId),
            channel_account_id: Id.toBytes(account.id),
            ...row
          })
        }`
        yield* events.append(MessagesMissed, {
          aggregateId: account.id,
          payload: { channelAccountId: account.id, gapId: id, messages: found.messages, unanswered: found.unanswered }
        })
        return Option.some(toGap(account.id, row))
      })
    ))

  const check = Effect.fn("HistoryChecks.check")(function*(id: ChannelAccountId) {
    const account = yield* accounts.resolve(id)
    const { history } = account.adapter
    if (history === undefined) return Option.none<HistoryGap>()
    const now = yield* Clock.currentTimeMillis
    const [last] = yield* Effect.orDie(sql<{ readonly checked_until: unknown }>`SELECT checked_until
      FROM conversations_history_checks WHERE ${at(account.organizationId, id)}`)
    const from = last === undefined ? now - day : Number(last.checked_until) - overlap
    const span = { since: Math.max(from, now - 7 * day), until: now - settled }
    if (span.until <= span.since) return Option.none<HistoryGap>()
    const found = { messages: 0, unanswered: 0 }
    const delivered = makeDelivered(inbound, account)
    const whole = history.chats(span.since, account.account).pipe(
      Stream.runForEach((chat) => checkChat(account, chat, span, delivered, found)),
      Effect.provideService(HttpClient.HttpClient, httpClient)
    )
    const gap = yield* whole.pipe(
      // What was found until it broke off is known, and is not found again.
      Effect.onError(() => Effect.asVoid(keep(account, span, found, false))),
      Effect.andThen(keep(account, span, found, true))
    )
    if (found.messages > 0) {
      yield* Metric.update(Metric.withAttributes(missed, { channel: account.adapter.id }), found.messages)
      yield* Effect.logWarning(`${found.messages} messages of the account ${id} had not been delivered`)
    }
    return gap
  })

  const gaps = Effect.fn("HistoryChecks.gaps")(function*(id: ChannelAccountId, query: Pagination.PageQuery) {
    const organization = yield* CurrentOrganization
    yield* accounts.get(id)
    const limit = Pagination.limit(query)
    const after = yield* Pagination.position(Position, query)
    const rows = yield* Effect.orDie(sql<GapRow>`SELECT id, since_at, until_at, messages, unanswered, found_at
      FROM conversations_history_gaps WHERE ${at(organization.id, id)}
        ${after === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(after.id)}`}
      ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
    const { data, nextCursor } = Pagination.page(
      rows,
      limit,
      Position,
      (row) => ({ id: Id.fromBytes<HistoryGapId>(row.id) })
    )
    return { data: data.map((row) => toGap(id, row)), nextCursor }
  })

  return HistoryChecks.of({ check, gaps })
})
