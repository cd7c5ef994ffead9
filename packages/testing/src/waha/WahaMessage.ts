/**
 * A message as the emulated WAHA server keeps it, and the forms in which it tells of it.
 *
 * @since 0.1.0
 */
import { version } from "./WahaFailure.ts"
import * as Session from "./WahaSession.ts"
import type { WahaSession } from "./WahaSession.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface WahaMessage {
  /** The bare id. */
  readonly id: string
  /** The customer's key, or the group's id. */
  readonly customer: string
  /** The chat as it was addressed: `…@lid`, `…@c.us`, `…@g.us`. */
  readonly chatId: string
  readonly fromMe: boolean
  readonly source: "api" | "app"
  readonly participant: string | null
  /** Epoch milliseconds. */
  readonly at: number
  readonly kind: string
  readonly ack: number
  readonly body: string
  readonly media: { readonly url: string; readonly mimetype: string; readonly filename: string | null } | null
  readonly location: Readonly<Record<string, unknown>> | null
  readonly vCards: ReadonlyArray<string> | null
  /** What a poll offers, whose question is the body. */
  readonly poll?: { readonly options: ReadonlyArray<string>; readonly multiple: boolean } | undefined
  /** The bare id of the message it answers. */
  readonly replyTo: string | undefined
  /** Fields that a test wants as they are. */
  readonly native: Readonly<Record<string, unknown>> | undefined
}

const ackNames = ["ERROR", "PENDING", "SERVER", "DEVICE", "READ", "PLAYED"]

/** @category conversions @since 0.1.0 */
export const ackName = (ack: number): string => ackNames[ack + 1] ?? "UNKNOWN"

/** The full id. @category conversions @since 0.1.0 */
export const fullId = (message: Pick<WahaMessage, "id" | "fromMe" | "chatId" | "participant">): string =>
  `${message.fromMe}_${message.chatId}_${message.id}${message.participant === null ? "" : `_${message.participant}`}`

/** The `{ID}` of a full or bare id. @category conversions @since 0.1.0 */
export const bareId = (id: string): string => /^(?:true|false)_[^_]+_([^_]+)/.exec(id)?.[1] ?? id

/** What engines tell of a poll; WAHA has no field of its own for it. */
const pollData = (session: WahaSession, { body, poll }: WahaMessage): Readonly<Record<string, unknown>> => {
  if (poll === undefined) return {}
  const most = poll.multiple ? 0 : 1
  const native = {
    [poll.multiple ? "pollCreationMessage" : "pollCreationMessageV3"]: {
      name: body,
      options: poll.options.map((optionName) => ({ optionName })),
      selectableOptionsCount: most
    }
  }
  switch (session.engine) {
    case "GOWS":
      return { Message: native }
    case "NOWEB":
      return { message: native }
    case "WEBJS":
    case "WPP":
      return {
        type: "poll_creation",
        pollName: body,
        pollOptions: poll.options.map((name, localId) => ({ name, localId })),
        pollSelectableOptionsCount: most
      }
  }
}

/**
 * The message in WAHA's words. Socket engines write the chat into `from` of the session's own messages, browser engines
 * the session.
 *
 * @category conversions
 * @since 0.1.0
 */
export const payload = (session: WahaSession, message: WahaMessage, name?: string) => {
  const quoted = message.replyTo === undefined ? undefined : session.messages.get(message.replyTo)
  const browser = session.engine === "WEBJS" || session.engine === "WPP"
  const own = `${session.phone}@c.us`
  return {
    id: fullId(message),
    timestamp: Math.floor(message.at / 1000),
    from: browser && message.fromMe ? own : message.chatId,
    fromMe: message.fromMe,
    source: message.source,
    to: browser ? (message.fromMe ? message.chatId : own) : null,
    participant: message.participant,
    body: message.poll !== undefined && !browser ? null : message.body,
    hasMedia: message.media !== null,
    media: message.media === null ? null : { ...message.media, error: null },
    ack: message.ack,
    ackName: ackName(message.ack),
    location: message.location,
    vCards: message.vCards,
    replyTo: message.replyTo === undefined ? null : {
      id: message.replyTo,
      participant: quoted?.fromMe === true ? `${session.lid}@lid` : message.chatId,
      body: quoted?.body ?? null,
      hasMedia: quoted?.media != null,
      media: null,
      _data: {}
    },
    _data: {
      ...(name === undefined ? {} : { Info: { PushName: name }, notifyName: name }),
      ...pollData(session, message)
    },
    ...message.native
  }
}

/** How far a sent message came. @category conversions @since 0.1.0 */
export const ackPayload = (session: WahaSession, message: WahaMessage, chatId: string) => ({
  id: fullId({ ...message, chatId }),
  from: chatId,
  to: null,
  participant: message.participant,
  fromMe: true,
  ack: message.ack,
  ackName: ackName(message.ack),
  ...(message.ack === -1 && session.restricted
    ? { error: { code: "463", blocked: true, reason: "account_restricted", until: null, enforcementType: "DEFAULT" } }
    : undefined),
  _data: { engine: session.engine }
})

/** What a send is answered with. @category conversions @since 0.1.0 */
export const answer = (session: WahaSession, message: WahaMessage): unknown => {
  if (session.answer === "empty") return undefined
  if (session.answer === "message") return payload(session, message)
  const id = fullId(message)
  switch (session.engine) {
    case "GOWS":
      return { id, _data: null }
    case "NOWEB":
      return { key: { remoteJid: message.chatId, fromMe: true, id: message.id }, status: "PENDING" }
    case "WEBJS":
    case "WPP":
      return { _data: { id: { fromMe: true, remote: message.chatId, id: message.id, _serialized: id } }, ack: 0 }
  }
}

/**
 * The envelope of a webhook.
 *
 * @category conversions
 * @since 0.1.0
 */
export const envelope = (
  session: WahaSession,
  event: { readonly id: string; readonly at: number; readonly name: string; readonly payload: unknown }
) => ({
  id: event.id,
  timestamp: event.at,
  event: event.name,
  session: session.name,
  metadata: session.config.metadata ?? {},
  ...(session.paired ? { me: Session.me(session) } : undefined),
  payload: event.payload,
  engine: session.engine,
  environment: {
    version,
    engine: session.engine,
    tier: "PLUS",
    browser: null,
    platform: "linux/x64",
    worker: { id: null }
  }
})
