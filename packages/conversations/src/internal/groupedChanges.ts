import { Array as Arr, Effect } from "effect"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { HeldReason } from "@wicara/channels/ChannelAdapter"
import * as Correlation from "@wicara/core/Correlation"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { MessageHeld, MessageSent, MessageStatusChanged } from "../events.ts"
import type { MessageId } from "../Message.ts"
import * as MessageStatus from "../MessageStatus.ts"
import { eventBase } from "./conversationRows.ts"
import type { Change } from "./earlyChanges.ts"
import type { DeliveryRow, MessageRow } from "./messageRow.ts"
import type { Arrival, Transcript } from "./transcript.ts"

/** One of our messages that its provider took. */
export interface Accepted {
  readonly message: MessageRow
  readonly account: ResolvedAccount
  /** Its name there, where the provider gave one. */
  readonly providerMessageId: string | null
  /** Why it keeps it back, if it does. */
  readonly held: HeldReason | undefined
  /** What its event belongs to. */
  readonly correlation: string | null
}

type StatusUpdate = Extract<Change, { readonly _tag: "Status" }>

/** What a provider says of one of our messages. */
export interface Told {
  readonly arrival: Arrival
  readonly providerMessageId: string
  readonly update: StatusUpdate
  /** Our own id of it, where the provider tells it back. */
  readonly ownId: MessageId | undefined
}

interface Moved {
  readonly message: DeliveryRow
  readonly status: MessageStatus.MessageStatus
  readonly errorCode: string | null
  readonly correlation?: string | null
}

const rankOf = ({ status }: DeliveryRow): number => status === null ? -1 : MessageStatus.rank(status)

/** What happens to many messages of one organization at once, with as many statements as it takes for one. */
export const makeGroupedChanges = (
  { accepted, applyEarly, conversations, early, events, messages, outbox, wakeSender }: Transcript
) => {
  /** Tells what moved, each conversation's in its order. */
  const announce = Effect.fnUntraced(function*(organizationId: OrganizationId, moved: ReadonlyArray<Moved>) {
    if (moved.length === 0) return
    const rows = yield* conversations.partiesOf(organizationId, moved.map((one) => one.message.conversationId))
    const told = moved.flatMap(({ correlation, errorCode, message, status }) => {
      const row = rows.get(message.conversationId)
      if (row === undefined) return []
      const base = { ...eventBase(row), messageId: message.id }
      return [{ aggregateId: row.id, correlation, base, message, status, errorCode }]
    })
    yield* events.appendAll(
      MessageSent,
      told.filter(({ message, status }) =>
        !MessageStatus.isHandedOver(message.status ?? "queued") && status !== "failed"
      ).map(({ aggregateId, base, correlation, message }) => ({
        aggregateId,
        correlation,
        payload: { ...base, author: message.author }
      }))
    )
    yield* events.appendAll(
      MessageStatusChanged,
      told.filter(({ status }) => status !== "accepted").map((
        { aggregateId, base, correlation, errorCode, status }
      ) => ({
        aggregateId,
        correlation,
        payload: { ...base, status, errorCode }
      }))
    )
  })

  /** Those of these messages that their provider keeps back, and said nothing more of. */
  const hold = Effect.fnUntraced(function*(
    organizationId: OrganizationId,
    taken: ReadonlyArray<Pick<Accepted, "held" | "correlation"> & { readonly message: DeliveryRow }>
  ) {
    const held = taken.flatMap((one) =>
      one.held !== undefined && rankOf(one.message) < MessageStatus.rank("accepted")
        ? [{ ...one, reason: one.held }]
        : []
    )
    if (held.length === 0) return
    const rows = yield* conversations.partiesOf(organizationId, held.map((one) => one.message.conversationId))
    for (const same of Object.values(Arr.groupBy(held, ({ reason }) => reason))) {
      yield* messages.setHeld(same.map(({ message }) => message), same[0].reason)
    }
    yield* events.appendAll(
      MessageHeld,
      held.flatMap(({ correlation, message, reason }) => {
        const row = rows.get(message.conversationId)
        return row === undefined
          ? []
          : [{ aggregateId: row.id, correlation, payload: { ...eventBase(row), messageId: message.id, reason } }]
      })
    )
  })

  /** Their provider has these messages of one account. */
  const acceptAll = Effect.fnUntraced(function*(taken: Arr.NonEmptyReadonlyArray<Accepted>, now: number) {
    const { channelAccountId, organizationId } = taken[0].message
    const current = new Map(
      (yield* messages.deliveriesOf(taken.map(({ message }) => message), true)).map((message) => [message.id, message])
    )
    const named = taken.flatMap(({ providerMessageId }) => providerMessageId ?? [])
    const holders = new Map(
      (yield* messages.deliveriesByProviderIds(organizationId, channelAccountId, named, true)).map((message) => [
        message.providerMessageId,
        message.id
      ])
    )
    const plain: Array<Omit<Accepted, "message"> & { readonly message: DeliveryRow }> = []
    for (const one of taken) {
      const message = current.get(one.message.id)
      if (message === undefined) continue
      const holder = one.providerMessageId === null ? undefined : holders.get(one.providerMessageId)
      // What was told back as somebody else's is brought together with ours, each for itself.
      if (holder !== undefined && holder !== message.id) {
        yield* accepted(one.message, one.providerMessageId, now).pipe(Correlation.resume(one.correlation))
      } else plain.push({ ...one, message })
    }
    yield* messages.setAccepted(
      plain.map(({ message, providerMessageId }) => ({ ...message, providerMessageId }))
    )
    yield* announce(
      organizationId,
      plain.filter(({ message }) =>
        message.direction === "outbound" && rankOf(message) < MessageStatus.rank("accepted")
      ).map(({ correlation, message }) => ({ message, status: "accepted", errorCode: null, correlation }))
    )
    const waited = yield* early.known(
      organizationId,
      channelAccountId,
      plain.flatMap((one) => one.providerMessageId ?? [])
    )
    // Of what it said more of before it answered, it keeps nothing back.
    const known = new Set(waited)
    yield* hold(
      organizationId,
      plain.filter(({ providerMessageId }) => providerMessageId === null || !known.has(providerMessageId))
    )
    for (const providerMessageId of waited) yield* applyEarly(organizationId, channelAccountId, providerMessageId)
  })

  /**
   * What a provider says of messages of one account, in the order in which it said it. Returns what is not for many at
   * once: of messages whose id at the provider is learned by it.
   */
  const statuses = Effect.fnUntraced(function*(told: Arr.NonEmptyReadonlyArray<Told>) {
    const { channelAccountId, organizationId } = told[0].arrival
    const own = new Map(
      (yield* messages.deliveriesByIds(organizationId, [...new Set(told.flatMap(({ ownId }) => ownId ?? []))], true))
        .filter((message) => message.channelAccountId === channelAccountId)
        .map((message) => [message.id, message])
    )
    const isOwn = ({ ownId }: Told) => ownId !== undefined && own.has(ownId)
    const named = new Map(
      (yield* messages.deliveriesByProviderIds(
        organizationId,
        channelAccountId,
        [...new Set(told.filter((one) => !isOwn(one)).map((one) => one.providerMessageId))],
        true
      )).map((message) => [message.providerMessageId, message])
    )
    const learning = new Set(
      told.flatMap((one) =>
        isOwn(one) && own.get(one.ownId!)?.providerMessageId !== one.providerMessageId ? one.providerMessageId : []
      )
    )
    const rows = new Map<MessageId, DeliveryRow>()
    const pricing = new Map<MessageId, unknown>()
    const moved: Array<Moved> = []
    const unknown: Array<Told> = []
    const alone: Array<Told> = []
    for (const one of told) {
      const found = isOwn(one) ? own.get(one.ownId!) : named.get(one.providerMessageId)
      if (learning.has(one.providerMessageId)) alone.push(one)
      else if (found === undefined) unknown.push(one)
      else if (found.direction === "outbound") {
        const before = rows.get(found.id) ?? found
        if (one.update.pricing !== undefined) pricing.set(found.id, one.update.pricing)
        const after = advanced(before, one.update)
        rows.set(found.id, after)
        if (after !== before) {
          moved.push({
            message: before,
            status: one.update.status,
            errorCode: one.update.error?.code ?? null
          })
        }
      }
    }
    yield* messages.setStatuses(Array.from(rows.values(), (row) => ({ row, pricing: pricing.get(row.id) })))
    yield* early.keep(unknown.map(({ arrival, providerMessageId, update }) => ({
      organizationId,
      channelAccountId,
      providerMessageId,
      change: update,
      receivedAt: arrival.receivedAt
    })))
    yield* announce(organizationId, moved)
    if (moved.length > 0 && (yield* outbox.deleteUnknown(moved.map(({ message }) => message)))) yield* wakeSender
    return alone
  })

  return { acceptAll, statuses }
}

/** A message after a status, or the same one if that says nothing new. */
const advanced = (message: DeliveryRow, { at, error, status }: StatusUpdate): DeliveryRow => {
  if (MessageStatus.rank(status) <= rankOf(message)) return message
  const isRead = status === "read" || status === "played"
  return {
    ...message,
    status,
    deliveredAt: isRead || status === "delivered" ? message.deliveredAt ?? at : message.deliveredAt,
    readAt: isRead ? message.readAt ?? at : message.readAt,
    error: status === "failed" && error !== undefined ? error : message.error,
    // Whatever its provider says of it now, it says something.
    stalledAt: status === "accepted" ? message.stalledAt : null,
    held: status === "accepted" ? message.held : null
  }
}
