/**
 * What WAHA's events mean: WAHA's payloads in, the channels' vocabulary out. Pure, and total: an event that is unknown,
 * partial or malformed becomes `Unknown` with its payload.
 *
 * @since 0.1.0
 */
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import type { MessageContent } from "@wicara/channels/MessageContent"
import { Option } from "effect"
import * as ChatId from "./ChatId.ts"
import * as MessageId from "./MessageId.ts"
import * as VCard from "./VCard.ts"
import * as WahaEvent from "./WahaEvent.ts"

/**
 * The account's settings that decoding depends on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Context {
  readonly baseUrl: string
  readonly session: string
}

type Events = ReadonlyArray<InboundEvent.InboundEvent>

/** One event of one envelope, with what its handlers share. */
interface Incoming {
  readonly event: string
  readonly payload: unknown
  readonly sentAt: number | undefined
  readonly me: WahaEvent.Me | undefined
  readonly context: Context
}

const timestampOf = (millis: number | undefined): { readonly timestamp?: number } =>
  millis === undefined ? {} : { timestamp: millis }

const unknown = (incoming: Incoming, kind: string = incoming.event): Events => [
  { _tag: "Unknown", kind, raw: incoming.payload, ...timestampOf(incoming.sentAt) }
]

const chatsOf = (...values: ReadonlyArray<string | undefined>): ReadonlyArray<ChatId.ChatId> =>
  values.map(ChatId.parse).filter((chat) => chat !== undefined)

const isPerson = (chat: ChatId.ChatId): boolean => chat.kind === "phone" || chat.kind === "lid"

const isMe = (chat: ChatId.ChatId, me: WahaEvent.Me | undefined): boolean =>
  chatsOf(me?.id, me?.lid).some((own) => own.id === chat.id)

const participantOf = (
  chats: ReadonlyArray<ChatId.ChatId>,
  fallback: ChatId.ChatId,
  displayName?: string | undefined
): InboundEvent.Participant => {
  const [first = fallback, ...rest] = chats
  const others = rest.filter((chat, index) =>
    chat.id !== first.id && rest.findIndex(({ id }) => id === chat.id) === index
  )
  return {
    identities: [ChatId.toIdentity(first), ...others.map(ChatId.toIdentity)],
    ...(displayName === undefined || displayName === "" ? {} : { displayName })
  }
}

/** Where a message belongs and who wrote it. */
interface Place {
  readonly chat: ChatId.ChatId
  readonly fromMe: boolean
  readonly sender: InboundEvent.Participant
}

interface Placed {
  readonly id?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly participant?: string | undefined
  readonly author?: string | undefined
  readonly fromMe?: boolean | undefined
  readonly _data?: WahaEvent.WAMessage["_data"]
}

const placeOf = (message: Placed, incoming: Incoming): Place | undefined => {
  const id = MessageId.parse(message.id)
  const fromMe = message.fromMe ?? id?.fromMe ?? false
  // Browser engines write the session itself into `from` of its own messages, socket engines the chat: only the id names
  // the chat on all of them. An incoming message is answered where it came from, so there `from` leads.
  const candidates = fromMe
    ? chatsOf(id?.chatId, message.to, message.from)
    : chatsOf(message.from, id?.chatId)
  const chat = candidates.find((candidate) => !isMe(candidate, incoming.me)) ?? candidates[0]
  if (chat === undefined) return undefined
  if (fromMe) {
    return {
      chat,
      fromMe,
      sender: participantOf(chatsOf(incoming.me?.id, incoming.me?.lid), chat, incoming.me?.pushName)
    }
  }
  const people = isPerson(chat)
    ? chatsOf(chat.id, id?.chatId, message.participant).filter((person) =>
      isPerson(person) && !isMe(person, incoming.me)
    )
    : chatsOf(message.participant, id?.participant, message.author).filter(isPerson)
  const displayName = message._data?.notifyName ?? message._data?.pushName ?? message._data?.Info?.PushName
  return { chat, fromMe, sender: participantOf(people, chat, displayName) }
}

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

const mediaOf = (message: WahaEvent.WAMessage, context: Context) => {
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

const mediaContent = (message: WahaEvent.WAMessage, context: Context): MessageContent => {
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

const contentOf = (message: WahaEvent.WAMessage, context: Context): MessageContent => {
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
    raw: incoming.payload,
    ...timestamp
  }]
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

const sessionState = (status: string) => {
  switch (status) {
    case "STARTING":
      return "connecting"
    case "WORKING":
      return "connected"
    case "SCAN_QR_CODE":
    case "PASSKEY_REQUIRED":
    case "PASSKEY_CONFIRMATION_REQUIRED":
      return "needs_action"
    case "STOPPED":
      return "disconnected"
    case "FAILED":
      return "failed"
    default:
      return undefined
  }
}

const accountSignals = ({ me, payload, sentAt }: Incoming): Events => {
  const shared = { _tag: "AccountChanged" as const, raw: payload, ...timestampOf(sentAt) }
  const timelock = me?.reachoutTimelock
  const capping = me?.messageCapping
  return [
    ...(timelock?.isActive === true
      ? [{
        ...shared,
        kind: "reachout_timelock",
        state: "needs_action" as const,
        detail: timelock.enforcementType ?? "active"
      }]
      : []),
    ...(capping?.cappingStatus !== undefined && capping.cappingStatus !== "NONE"
      ? [{
        ...shared,
        kind: "message_capping",
        detail: `${capping.cappingStatus} ${capping.usedQuota ?? "?"}/${capping.totalQuota ?? "?"}`
      }]
      : [])
  ]
}

const onSessionStatus = (incoming: Incoming): Events => {
  const session = Option.getOrUndefined(WahaEvent.decodeSessionStatus(incoming.payload))
  const status = session?.status
  const state = status === undefined ? undefined : sessionState(status)
  const since = session?.statuses?.findLast((point) => point.status === status)?.timestamp
  return [
    {
      _tag: "AccountChanged",
      kind: incoming.event,
      raw: incoming.payload,
      ...(state === undefined ? {} : { state }),
      ...(status === undefined ? {} : { detail: status }),
      ...timestampOf(incoming.sentAt ?? WahaEvent.toMillis(since))
    },
    ...accountSignals(incoming)
  ]
}

const onPollVote = (incoming: Incoming): Events => {
  const { poll, vote } = Option.getOrUndefined(WahaEvent.decodePollVote(incoming.payload)) ?? {}
  const providerMessageId = MessageId.canonical(vote?.id)
  const place = vote === undefined ? undefined : placeOf(vote, incoming)
  const selected = vote?.selectedOptions
  if (providerMessageId === undefined || place === undefined || selected === undefined || place.fromMe) {
    return unknown(incoming)
  }
  const pollId = MessageId.canonical(poll?.id)
  return [{
    _tag: "MessageReceived",
    providerMessageId,
    chat: ChatId.toAddress(place.chat),
    sender: place.sender,
    content: {
      type: "flow_reply",
      name: "poll_vote",
      body: selected.join(", "),
      data: { pollId: pollId ?? null, selected }
    },
    raw: incoming.payload,
    ...timestampOf(WahaEvent.toMillis(vote?.timestamp) ?? incoming.sentAt),
    ...(pollId === undefined ? {} : { replyTo: pollId })
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
      return onPollVote(incoming)
    default:
      // `message.waiting` among them: its message follows under the same id, so the placeholder must not take its place.
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
export const decode = (body: Uint8Array, context: Context): Events => {
  const text = utf8.decode(body)
  const envelope = Option.getOrUndefined(WahaEvent.decodeEnvelope(text))
  if (envelope === undefined) return [{ _tag: "Unknown", kind: "malformed", raw: text }]
  const { event, me, payload = null, session } = envelope
  const incoming: Incoming = { event, payload, sentAt: WahaEvent.toMillis(envelope.timestamp), me, context }
  return session !== undefined && session !== context.session
    ? unknown(incoming, `other_session:${event}`)
    : handle(incoming)
}
