/**
 * Where an event of WAHA's belongs and who it is about.
 *
 * @since 0.1.0
 */
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import * as ChatId from "../ChatId.ts"
import * as MessageId from "../MessageId.ts"
import type * as WahaEvent from "../WahaEvent.ts"

/**
 * The account's settings that decoding depends on.
 *
 * @category models
 * @since 0.1.0
 */
export interface DecodeContext {
  readonly baseUrl: string
  readonly session: string
}

/** What one payload means. */
export type Events = ReadonlyArray<InboundEvent.InboundEvent>

/** One event of one envelope, with what its handlers share. */
export interface Incoming {
  readonly event: string
  readonly payload: unknown
  readonly sentAt: number | undefined
  readonly me: WahaEvent.Me | undefined
  readonly context: DecodeContext
}

export const timestampOf = (millis: number | undefined): { readonly timestamp?: number } =>
  millis === undefined ? {} : { timestamp: millis }

export const unknown = (incoming: Incoming, kind: string = incoming.event): Events => [
  { _tag: "Unknown", kind, raw: incoming.payload, ...timestampOf(incoming.sentAt) }
]

export const chatsOf = (...values: ReadonlyArray<string | undefined>): ReadonlyArray<ChatId.ChatId> =>
  values.map(ChatId.parse).filter((chat) => chat !== undefined)

const isPerson = (chat: ChatId.ChatId): boolean => chat.kind === "phone" || chat.kind === "lid"

const isMe = (chat: ChatId.ChatId, me: WahaEvent.Me | undefined): boolean =>
  chatsOf(me?.id, me?.lid).some((own) => own.id === chat.id)

export const participantOf = (
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
export interface Place {
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

export const placeOf = (message: Placed, incoming: Incoming): Place | undefined => {
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
