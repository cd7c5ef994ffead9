/**
 * What WAHA's events say of chats beside their messages: who is there, labels, what was put away, and messages that can't
 * be read yet.
 *
 * @since 0.1.0
 */
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import { Option } from "effect"
import * as ChatId from "../ChatId.ts"
import * as MessageId from "../MessageId.ts"
import * as WahaEvent from "../WahaEvent.ts"
import { chatsOf, participantOf, placeOf, timestampOf, unknown } from "./place.ts"
import type { Events, Incoming } from "./place.ts"

const presences: Readonly<Record<string, InboundEvent.PresenceChanged["people"][number]["presence"]>> = {
  online: "online",
  offline: "offline",
  typing: "typing",
  recording: "recording",
  paused: "paused"
}

/** Who is in a chat. What is told of the session itself is left out. */
export const onPresence = (incoming: Incoming): Events => {
  const update = Option.getOrUndefined(WahaEvent.decodePresence(incoming.payload))
  const [chat] = chatsOf(update?.id)
  if (update?.presences === undefined || chat === undefined) return unknown(incoming)
  const own = new Set(chatsOf(incoming.me?.id, incoming.me?.lid).map(({ id }) => id))
  const people = update.presences.flatMap(({ lastKnownPresence, lastSeen, participant }) => {
    const [person] = chatsOf(participant)
    const presence = presences[lastKnownPresence ?? ""]
    if (person === undefined || presence === undefined || own.has(person.id)) return []
    const lastSeenAt = WahaEvent.toMillis(lastSeen)
    return [{
      person: participantOf([person], person),
      presence,
      ...(lastSeenAt === undefined ? {} : { lastSeenAt })
    }]
  })
  return [{
    _tag: "PresenceChanged",
    chat: ChatId.toAddress(chat),
    people,
    raw: incoming.payload,
    ...timestampOf(incoming.sentAt)
  }]
}

/** A chat was put away on the phone, or brought back. */
export const onChatArchive = (incoming: Incoming): Events => {
  const change = Option.getOrUndefined(WahaEvent.decodeChatArchive(incoming.payload))
  const [chat] = chatsOf(change?.id)
  if (change?.archived === undefined || chat === undefined) return unknown(incoming)
  return [{
    _tag: "ChatArchived",
    chat: ChatId.toAddress(chat),
    archived: change.archived,
    raw: incoming.payload,
    ...timestampOf(WahaEvent.toMillis(change.timestamp) ?? incoming.sentAt)
  }]
}

const named = (name: string | undefined) => name === undefined || name === "" ? {} : { name }

/** A label of WhatsApp Business was made, changed or deleted. */
export const onLabel = (incoming: Incoming, deleted: boolean): Events => {
  const label = Option.getOrUndefined(WahaEvent.decodeLabel(incoming.payload))
  if (label?.id === undefined) return unknown(incoming)
  return [{
    _tag: "LabelChanged",
    labelId: label.id,
    deleted,
    raw: incoming.payload,
    ...named(label.name),
    ...(label.colorHex === undefined ? {} : { color: label.colorHex }),
    ...timestampOf(incoming.sentAt)
  }]
}

/** A chat got a label, or lost it. */
export const onChatLabel = (incoming: Incoming, added: boolean): Events => {
  const change = Option.getOrUndefined(WahaEvent.decodeChatLabel(incoming.payload))
  const [chat] = chatsOf(change?.chatId)
  if (change?.labelId === undefined || chat === undefined) return unknown(incoming)
  return [{
    _tag: "ChatLabelChanged",
    chat: ChatId.toAddress(chat),
    labelId: change.labelId,
    added,
    raw: incoming.payload,
    ...named(change.label?.name),
    ...timestampOf(incoming.sentAt)
  }]
}

/** What an engine said: kept as it came, and named, so that it can be looked for. Nothing follows from it. */
export const onEngineEvent = (incoming: Incoming): Events => {
  const said = Option.getOrUndefined(WahaEvent.decodeEngineEvent(incoming.payload))
  if (said?.event === undefined || said.event === "") return unknown(incoming)
  return [{
    _tag: "AccountChanged",
    kind: incoming.event,
    detail: said.event,
    raw: incoming.payload,
    ...timestampOf(incoming.sentAt)
  }]
}

/**
 * A message that could not be decrypted yet. One of the session's own was written on the phone: what WAHA sends itself it
 * can read.
 */
export const onWaiting = (incoming: Incoming): Events => {
  const message = Option.getOrUndefined(WahaEvent.decodeMessage(incoming.payload))
  const providerMessageId = MessageId.canonical(message?.id)
  const place = message === undefined ? undefined : placeOf(message, incoming)
  if (message === undefined || providerMessageId === undefined || place === undefined) return unknown(incoming)
  if (place.chat.kind === "status") return unknown(incoming, "status_broadcast")
  if (place.fromMe && message.source === "api") return unknown(incoming, "message.waiting.own")
  return [{
    _tag: "MessageWaiting",
    providerMessageId,
    chat: ChatId.toAddress(place.chat),
    sender: place.fromMe ? participantOf([place.chat], place.chat) : place.sender,
    ...(place.fromMe ? { fromBusiness: true } : {}),
    raw: incoming.payload,
    ...timestampOf(WahaEvent.toMillis(message.timestamp) ?? incoming.sentAt)
  }]
}
