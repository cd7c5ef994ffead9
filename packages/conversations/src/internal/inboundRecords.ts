import { Effect, Option } from "effect"
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import type { Call, MessageContent } from "@wicara/channels/MessageContent"
import { CallChanged, ConversationReopened, GroupChanged } from "../events.ts"
import * as MessageOrder from "../MessageOrder.ts"
import { eventBase } from "./conversationRows.ts"
import type { ConversationRow } from "./conversationRows.ts"
import type { MessageRow } from "./messageRow.ts"
import type { Arrival, Transcript } from "./transcript.ts"

const maxKey = 190

/** A call only comes further: how it ended stays, whatever is told late. */
const stage = (status: Call["status"]): number => status === "ringing" ? 0 : status === "accepted" ? 1 : 2

const further = (known: Call, told: Call): Call => {
  const duration = told.duration ?? known.duration
  return {
    ...known,
    status: stage(told.status) > stage(known.status) ? told.status : known.status,
    video: known.video || told.video,
    ...(duration === undefined ? {} : { duration })
  }
}

const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`
}

/** In English, for search and previews: who shows it has `call`. */
const wordsOf = ({ duration, status, video }: Call): string => {
  const what = video ? "video call" : "voice call"
  switch (status) {
    case "missed":
      return `Missed ${what}`
    case "rejected":
      return `Declined ${what}`
    case "failed":
      return `Failed ${what}`
    case "ringing":
    case "accepted":
    case "ended": {
      const words = what.replace(/^v/, "V")
      return duration === undefined || duration <= 0 ? words : `${words}, ${clock(duration)}`
    }
  }
}

const noteOf = (call: Call): MessageContent => ({ type: "system", kind: "call", text: wordsOf(call), call })

const namesOf = (people: InboundEvent.GroupChanged["participants"]): string => {
  const names = people.map(({ displayName, identities }) => displayName ?? identities[0].value)
  return names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`
}

const groupWords = ({ description, kind, participants, subject }: InboundEvent.GroupChanged): string => {
  const people = namesOf(participants)
  switch (kind) {
    case "created":
      return subject === undefined ? "The group was made" : `The group "${subject}" was made`
    case "updated":
      return subject !== undefined
        ? `The group is called "${subject}" now`
        : description === undefined
        ? "The group was changed"
        : "The group's description was changed"
    case "joined":
      return `${people} joined`
    case "left":
      return `${people} left`
    case "promoted":
      return `${people} may manage the group now`
    case "demoted":
      return `${people} may not manage the group any more`
    case "join_requested":
      return `${people} asked to join`
    case "join_withdrawn":
      return `${people} no longer asks to join`
    case "deleted":
      return "The group was deleted"
  }
}

/** What happens in a chat beside messages, as entries in its transcript. */
export const makeInboundRecords = (transcript: Transcript) => {
  const { contacts, conversations, emptyMessage, events, goingOn, messages, open, withMessage } = transcript

  const entry = (
    arrival: Arrival,
    row: ConversationRow,
    sentAt: number,
    rest: Pick<MessageRow, "providerMessageId" | "direction" | "author" | "contactId" | "content" | "status">
  ): MessageRow => ({
    ...emptyMessage,
    organizationId: arrival.organizationId,
    conversationId: row.id,
    id: MessageOrder.makeId({ sentAt, receivedAt: arrival.receivedAt, index: arrival.index }),
    channelAccountId: arrival.channelAccountId,
    sentAt,
    receivedAt: arrival.receivedAt,
    providerTime: null,
    ...rest
  })

  const told = Effect.fnUntraced(function*(row: ConversationRow, message: MessageRow, call: Call) {
    yield* events.append(CallChanged, {
      aggregateId: row.id,
      payload: {
        ...eventBase(row),
        messageId: message.id,
        callId: call.id,
        direction: call.direction,
        status: call.status,
        video: call.video
      }
    })
  })

  /** A customer called in vain: they wait as one who wrote. */
  const missed = Effect.fnUntraced(function*(row: ConversationRow) {
    yield* conversations.save({ ...goingOn(row), unread: row.unread + 1 })
    if (row.lifecycle !== "resolved") return
    yield* events.append(ConversationReopened, { aggregateId: row.id, payload: eventBase(row) })
  })

  const isMissed = (call: Call) => call.direction === "inbound" && call.status === "missed"

  /** One entry a call, which goes on as the call does. */
  const call = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.CallChanged) {
    const { channelAccountId, organizationId, receivedAt } = arrival
    const providerMessageId = `call:${event.callId}`.slice(0, maxKey)
    const heard: Call = {
      id: event.callId,
      direction: event.direction,
      status: event.status,
      video: event.video,
      ...(event.duration === undefined ? {} : { duration: event.duration })
    }
    const known = Option.getOrUndefined(
      yield* messages.findByProviderId(organizationId, channelAccountId, providerMessageId, false)
    )
    if (known !== undefined) {
      const row = Option.getOrUndefined(yield* conversations.find(organizationId, known.conversationId, true))
      // Read again under the conversation's lock: calls of one conversation come further one after another.
      const current = Option.getOrUndefined(yield* messages.find(known, true))
      if (row === undefined || current?.content.type !== "system" || current.content.call === undefined) return
      const before = current.content.call
      const after = further(before, heard)
      if (after.status === before.status && after.duration === before.duration && after.video === before.video) return
      const content = noteOf(after)
      yield* messages.replaceContent(current, content)
      const saved = withMessage(row, { ...current, content })
      yield* conversations.save(saved)
      if (isMissed(after) && !isMissed(before)) yield* missed(saved)
      return yield* told(row, current, after)
    }
    const sentAt = MessageOrder.effectiveTime(event.timestamp, receivedAt)
    const isInbound = event.direction === "inbound"
    const contact = yield* contacts.resolve({
      channelAccountId,
      identities: event.participant.identities,
      displayName: event.participant.displayName
    })
    const row = yield* open({
      organizationId,
      channelAccountId,
      chat: event.chat,
      contactId: contact.id,
      sentAt,
      by: isInbound ? "contact" : "business"
    })
    const message = entry(arrival, row, sentAt, {
      providerMessageId,
      direction: event.direction,
      author: "system",
      contactId: isInbound ? contact.id : null,
      content: noteOf(heard),
      status: isInbound ? null : "sent"
    })
    yield* messages.insert(message)
    const saved: ConversationRow = {
      ...withMessage(row, message),
      // Who calls may be answered freely as one who writes.
      lastInboundAt: isInbound ? Math.max(row.lastInboundAt ?? 0, sentAt) : row.lastInboundAt
    }
    yield* conversations.save(saved)
    if (isMissed(heard)) yield* missed(saved)
    yield* told(row, message, heard)
  })

  /** What changed in a group, where it has a conversation. */
  const group = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.GroupChanged) {
    const { channelAccountId, organizationId, receivedAt } = arrival
    const people = event.participants.map(({ identities }) => identities[0].value).sort().join(",")
    const at = event.timestamp ?? `${receivedAt}.${arrival.index}`
    const providerMessageId = `group:${event.group.value}:${event.kind}:${at}:${people}`.slice(0, maxKey)
    const row = Option.getOrUndefined(
      yield* conversations.currentByChat(organizationId, channelAccountId, event.group)
    )
    if (row === undefined) return
    const known = yield* messages.findByProviderId(organizationId, channelAccountId, providerMessageId, false)
    if (Option.isSome(known)) return
    const message = entry(arrival, row, MessageOrder.effectiveTime(event.timestamp, receivedAt), {
      providerMessageId,
      direction: "inbound",
      author: "system",
      contactId: null,
      content: { type: "system", kind: `group_${event.kind}`, text: groupWords(event) },
      status: null
    })
    yield* messages.insert(message)
    yield* events.append(GroupChanged, {
      aggregateId: row.id,
      payload: { ...eventBase(row), messageId: message.id, kind: event.kind }
    })
  })

  return { call, group }
}
