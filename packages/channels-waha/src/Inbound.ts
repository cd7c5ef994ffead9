/**
 * What WAHA's events mean: WAHA's payloads in, the channels' vocabulary out. Pure, and total: an event that is unknown,
 * partial or malformed becomes `Unknown` with its payload.
 *
 * @since 0.1.0
 */
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import type { MessageContent } from "@wicara/channels/MessageContent"
import { DateTime, Option } from "effect"
import * as ChatId from "./ChatId.ts"
import * as MessageId from "./MessageId.ts"
import { onSessionStatus } from "./internal/account.ts"
import { onCall, onContactSynced, onEventResponse, onGroup, onLidResolved, onPollVote } from "./internal/changes.ts"
import { onChatArchive, onChatLabel, onEngineEvent, onLabel, onPresence, onWaiting } from "./internal/chats.ts"
import { pollOf } from "./internal/poll.ts"
import { chatsOf, participantOf, placeOf, timestampOf, unknown } from "./internal/place.ts"
import type { DecodeContext, Events, Incoming } from "./internal/place.ts"
import * as VCard from "./VCard.ts"
import * as WahaEvent from "./WahaEvent.ts"

/**
 * The address of a file as it can be reached. Media that WAHA serves itself comes with the host it believes to have, often
 * `localhost`: the account's base URL is the one that reaches it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const mediaUrl = (url: string, baseUrl: string): string => {
  const path = /^https?:\/\/[^/?#]+(\/api\/files\/.*)$/.exec(url)?.[1]
  return path === undefined ? url : `${baseUrl}${path}`
}

const mediaOf = (message: WahaEvent.WAMessage, context: DecodeContext) => {
  const { error, filename, mimetype, url = message.mediaUrl } = message.media ?? {}
  const usable = url === undefined || url === "" ? undefined : url
  return {
    source: usable !== undefined
      ? { type: "url" as const, url: mediaUrl(usable, context.baseUrl) }
      : {
        type: "none" as const,
        reason: typeof error === "string"
          ? error
          : error !== undefined && error !== null
          ? "WAHA could not download it"
          : "WAHA did not download it"
      },
    ...(mimetype === undefined ? {} : { mimeType: mimetype }),
    ...(filename === undefined ? {} : { fileName: filename })
  }
}

const mediaContent = (message: WahaEvent.WAMessage, context: DecodeContext): MessageContent => {
  const media = mediaOf(message, context)
  const caption = message.body === undefined || message.body === "" ? {} : { caption: message.body }
  const mimeType = media.mimeType?.toLowerCase() ?? ""
  if (mimeType.startsWith("image/webp")) return { type: "sticker", media }
  if (mimeType.startsWith("image/")) return { type: "image", media, ...caption }
  if (mimeType.startsWith("video/")) return { type: "video", media, ...caption }
  if (mimeType.startsWith("audio/")) {
    return { type: "audio", media, voice: mimeType.startsWith("audio/ogg") || mimeType.includes("opus") }
  }
  return { type: "document", media, ...caption }
}

const contentOf = (message: WahaEvent.WAMessage, context: DecodeContext): MessageContent => {
  if (message.hasMedia === true || message.media !== undefined) return mediaContent(message, context)
  if (message.location !== undefined) {
    const { address, description, latitude, longitude, name = description, url } = message.location
    return {
      type: "location",
      latitude,
      longitude,
      ...(name === undefined ? {} : { name }),
      ...(address === undefined ? {} : { address }),
      ...(url === undefined ? {} : { url })
    }
  }
  if (message.vCards !== undefined && message.vCards.length > 0) {
    return { type: "contacts", contacts: message.vCards.map(VCard.parse) }
  }
  const poll = pollOf(message)
  if (poll !== undefined) return poll
  if (message.body !== undefined && message.body !== "") return { type: "text", text: message.body }
  return { type: "unsupported", kind: "message", reason: "WAHA names no content of this message" }
}

const onMessage = (incoming: Incoming): Events => {
  const message = Option.getOrUndefined(WahaEvent.decodeMessage(incoming.payload))
  if (message === undefined) return unknown(incoming)
  const providerMessageId = MessageId.canonical(message.id)
  const place = placeOf(message, incoming)
  if (providerMessageId === undefined || place === undefined) return unknown(incoming)
  const { chat, fromMe, sender } = place
  if (chat.kind === "status") return unknown(incoming, "status_broadcast")
  const replyTo = MessageId.canonical(message.replyTo?.id)
  const shared = {
    providerMessageId,
    chat: ChatId.toAddress(chat),
    content: contentOf(message, incoming.context),
    raw: incoming.payload,
    ...timestampOf(WahaEvent.toMillis(message.timestamp) ?? incoming.sentAt),
    ...(replyTo === undefined ? {} : { replyTo })
  }
  if (!fromMe) return [{ _tag: "MessageReceived", ...shared, sender }]
  return [{
    _tag: "MessageEchoed",
    ...shared,
    recipient: participantOf([chat], chat),
    // Versions that name no source can't tell; a person's reply on the phone must never pass for the bot's own.
    source: message.source === "api" ? "api" : "phone"
  }]
}

/**
 * The message that a reading of the past gives, as its webhook would have been decoded; nothing for what no webhook tells
 * of as a message.
 *
 * @category decoding
 * @since 0.1.0
 */
export const historical = (
  payload: unknown,
  me: WahaEvent.Me | undefined,
  context: DecodeContext
): ReadonlyArray<InboundEvent.MessageReceived | InboundEvent.MessageEchoed> =>
  onMessage({ event: "message.any", payload, sentAt: undefined, me, context }).filter((event) =>
    event._tag === "MessageReceived" || event._tag === "MessageEchoed"
  )

const statusOf = (ack: number | undefined, name: string | undefined): InboundEvent.ProviderStatus | undefined => {
  switch (ack ?? name?.toUpperCase()) {
    case -1:
    case "ERROR":
      return "failed"
    case 0:
    case "PENDING":
      return "accepted"
    case 1:
    case "SERVER":
      return "sent"
    case 2:
    case "DEVICE":
      return "delivered"
    case 3:
    case "READ":
      return "read"
    case 4:
    case "PLAYED":
      return "played"
    default:
      return undefined
  }
}

const ackError = ({ error }: WahaEvent.WAMessageAck): InboundEvent.ProviderError => {
  const details = [error?.enforcementType, error?.until === undefined ? undefined : `until ${error.until}`]
    .filter((part) => part !== undefined)
  return {
    code: error?.code === undefined ? "ack_error" : String(error.code),
    title: error?.reason ?? "WhatsApp refused the message",
    ...(details.length === 0 ? {} : { details: details.join(" ") })
  }
}

const onAck = (incoming: Incoming): Events => {
  const ack = Option.getOrUndefined(WahaEvent.decodeAck(incoming.payload))
  const id = MessageId.parse(ack?.id)
  const status = statusOf(ack?.ack, ack?.ackName)
  if (ack === undefined || id === undefined || status === undefined) return unknown(incoming)
  // The session's own reading of a customer's message is no status of a message that was sent.
  if ((ack.fromMe ?? id.fromMe) === false) return unknown(incoming, `${incoming.event}.incoming`)
  const [chat] = chatsOf(ack.participant, id.chatId, ack.to, ack.from)
  const timestamp = timestampOf(WahaEvent.toMillis(ack.timestamp) ?? incoming.sentAt)
  const changed: InboundEvent.InboundEvent = {
    _tag: "StatusChanged",
    providerMessageId: id.bare,
    status,
    raw: incoming.payload,
    ...timestamp,
    ...(status === "failed" ? { error: ackError(ack) } : {}),
    ...(chat === undefined ? {} : { recipient: ChatId.toAddress(chat) })
  }
  if (status !== "failed" || ack.error?.blocked !== true) return [changed]
  const { details, title } = ackError(ack)
  return [changed, {
    _tag: "AccountChanged",
    kind: "account_restricted",
    state: "needs_action",
    detail: details === undefined ? title : `${title} ${details}`,
    ...untilOf(ack.error.until),
    raw: incoming.payload,
    ...timestamp
  }]
}

/** WAHA writes it as text; in which form is not documented. */
const untilOf = (text: string | undefined) => {
  const until = Option.getOrUndefined(DateTime.make(text ?? ""))
  return until === undefined ? {} : { until: until.epochMilliseconds }
}

const onReaction = (incoming: Incoming): Events => {
  const message = Option.getOrUndefined(WahaEvent.decodeMessage(incoming.payload))
  const id = MessageId.canonical(message?.id)
  const target = MessageId.canonical(message?.reaction?.messageId)
  const place = message === undefined ? undefined : placeOf(message, incoming)
  if (message === undefined || id === undefined || target === undefined || place === undefined) return unknown(incoming)
  if (place.chat.kind === "status") return unknown(incoming, "status_broadcast")
  const emoji = message.reaction?.text
  return [{
    _tag: "ReactionChanged",
    providerMessageId: id,
    targetProviderMessageId: target,
    emoji: emoji === undefined || emoji === "" ? null : emoji,
    chat: ChatId.toAddress(place.chat),
    sender: place.sender,
    fromBusiness: place.fromMe,
    raw: incoming.payload,
    ...timestampOf(WahaEvent.toMillis(message.timestamp) ?? incoming.sentAt)
  }]
}

const onEdited = (incoming: Incoming): Events => {
  const message = Option.getOrUndefined(WahaEvent.decodeMessage(incoming.payload))
  const target = MessageId.canonical(message?.editedMessageId)
  const place = message === undefined ? undefined : placeOf(message, incoming)
  if (message === undefined || target === undefined || place === undefined) return unknown(incoming)
  if (place.chat.kind === "status") return unknown(incoming, "status_broadcast")
  return [{
    _tag: "MessageEdited",
    targetProviderMessageId: target,
    chat: ChatId.toAddress(place.chat),
    sender: place.sender,
    content: contentOf(message, incoming.context),
    fromBusiness: place.fromMe,
    raw: incoming.payload,
    ...timestampOf(WahaEvent.toMillis(message.timestamp) ?? incoming.sentAt)
  }]
}

const onRevoked = (incoming: Incoming): Events => {
  const revoked = Option.getOrUndefined(WahaEvent.decodeRevoked(incoming.payload))
  const target = MessageId.canonical(revoked?.revokedMessageId ?? revoked?.before?.id)
  if (revoked === undefined || target === undefined) return unknown(incoming)
  const place = placeOf(revoked.after ?? {}, incoming) ?? placeOf(revoked.before ?? {}, incoming)
  if (place?.chat.kind === "status") return unknown(incoming, "status_broadcast")
  return [{
    _tag: "MessageRevoked",
    targetProviderMessageId: target,
    fromBusiness: place?.fromMe ?? false,
    raw: incoming.payload,
    ...(place === undefined ? {} : { chat: ChatId.toAddress(place.chat) }),
    ...timestampOf(WahaEvent.toMillis(revoked.after?.timestamp) ?? incoming.sentAt)
  }]
}

const handle = (incoming: Incoming): Events => {
  switch (incoming.event) {
    case "message":
    case "message.any":
      return onMessage(incoming)
    case "message.ack":
    case "message.ack.group":
      return onAck(incoming)
    case "message.reaction":
      return onReaction(incoming)
    case "message.edited":
      return onEdited(incoming)
    case "message.revoked":
      return onRevoked(incoming)
    case "session.status":
      return onSessionStatus(incoming)
    case "state.change":
      return [{ _tag: "AccountChanged", kind: incoming.event, raw: incoming.payload, ...timestampOf(incoming.sentAt) }]
    case "poll.vote":
    case "poll.vote.failed":
      return onPollVote(incoming, incoming.event === "poll.vote.failed")
    case "event.response":
    case "event.response.failed":
      return onEventResponse(incoming)
    case "call.received":
    case "call.accepted":
    case "call.rejected":
      return onCall(incoming, incoming.event)
    case "group.v2.join":
    case "group.join":
      return onGroup(incoming, "joined")
    case "group.v2.leave":
    case "group.leave":
      return onGroup(incoming, "left")
    case "group.v2.update":
      return onGroup(incoming, "updated")
    case "group.v2.participants":
      return onGroup(incoming, undefined)
    case "presence.update":
      return onPresence(incoming)
    case "chat.archive":
      return onChatArchive(incoming)
    case "label.upsert":
    case "label.deleted":
      return onLabel(incoming, incoming.event === "label.deleted")
    case "label.chat.added":
    case "label.chat.deleted":
      return onChatLabel(incoming, incoming.event === "label.chat.added")
    case "message.waiting":
      return onWaiting(incoming)
    case "engine.event":
      return onEngineEvent(incoming)
    case "wicara.call.rejected":
      return onCall(incoming, "call.rejected")
    case "wicara.contact.synced":
      return onContactSynced(incoming)
    case "wicara.lid.resolved":
      return onLidResolved(incoming)
    default:
      return unknown(incoming)
  }
}

const utf8 = new TextDecoder()

/**
 * Decodes a webhook's body. Events of a session other than the account's (a server-wide webhook sends all of them to one
 * address) are kept as `Unknown` and never attributed to the account.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (body: Uint8Array, context: DecodeContext): Events => {
  const text = utf8.decode(body)
  const envelope = Option.getOrUndefined(WahaEvent.decodeEnvelope(text))
  if (envelope === undefined) return [{ _tag: "Unknown", kind: "malformed", raw: text }]
  const { event, me, payload = null, session } = envelope
  const incoming: Incoming = { event, payload, sentAt: WahaEvent.toMillis(envelope.timestamp), me, context }
  return session !== undefined && session !== context.session
    ? unknown(incoming, `other_session:${event}`)
    : handle(incoming)
}
