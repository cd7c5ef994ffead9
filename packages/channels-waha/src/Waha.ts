/**
 * The WAHA channel: a WhatsApp number paired through a WAHA server.
 *
 * @since 0.1.0
 */
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import type { AccountHealth, ReconcileResult, SendOutcome } from "@wicara/channels/ChannelAdapter"
import * as Fallback from "@wicara/channels/Fallback"
import { Effect, Option, Schema, SchemaTransformation } from "effect"
import { createHash } from "node:crypto"
import { act, editWithin, fullIdOf } from "./Actions.ts"
import * as ChatId from "./ChatId.ts"
import { groups } from "./Groups.ts"
import { history } from "./History.ts"
import * as Inbound from "./Inbound.ts"
import { lenient } from "./internal/lenient.ts"
import { lifecycle } from "./Lifecycle.ts"
import { fetchMedia, uploadMedia } from "./MediaFile.ts"
import * as MessageId from "./MessageId.ts"
import * as NationalNumbers from "./NationalNumbers.ts"
import * as Outbound from "./Outbound.ts"
import * as Outcome from "./Outcome.ts"
import { PacingSettings } from "./PacingRules.ts"
import { profile } from "./Profile.ts"
import * as SessionSetup from "./SessionSetup.ts"
import * as Signature from "./Signature.ts"
import * as WahaApi from "./WahaApi.ts"
import * as WahaEvent from "./WahaEvent.ts"

/**
 * What an operator configures: where the WAHA server is, and the session of this number.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Settings = Schema.Struct({
  /** `http://waha:3000`; slashes at the end are dropped. */
  baseUrl: Schema.String.pipe(
    Schema.decodeTo(
      Schema.String.check(
        Schema.isPattern(/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/, { expected: "an http or https URL without a query" })
      ),
      SchemaTransformation.transform({ decode: (url) => url.trim().replace(/\/+$/, ""), encode: (url) => url })
    )
  ),
  session: Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9_-]{1,54}$/, { expected: "a WAHA session name" })),
  /**
   * How events arrive: WAHA posts them to our webhook, or we read them from its WebSocket (for a server that can't reach
   * us).
   */
  transport: Schema.optionalKey(Schema.Literals(["webhook", "websocket"])),
  /**
   * How buttons are sent: as a numbered text unless `native`. WhatsApp shows those of unofficial clients on some phones
   * and not on others, and says so to nobody.
   */
  buttons: Schema.optionalKey(Schema.Literals(["text", "native"])),
  /** Whether people who write are followed, so that they are seen writing; they are unless this says `false`. */
  followPresences: Schema.optionalKey(Schema.Boolean),
  /** Whether incoming calls are refused at once: for numbers at which nobody takes them. */
  rejectCalls: Schema.optionalKey(Schema.Boolean),
  ...SessionSetup.settings,
  /** How fast the number writes to people who did not write to it. */
  pacing: Schema.optionalKey(PacingSettings)
})
/** @since 0.1.0 */
export type Settings = typeof Settings.Type

/**
 * WAHA's API key, the key that its webhooks are signed with (`hmac.key` of the session's webhook), and a proxy's password.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Secrets = Schema.Struct({
  apiKey: Schema.RedactedFromValue(Schema.NonEmptyString),
  hmacKey: Schema.RedactedFromValue(Schema.NonEmptyString),
  /** Of `proxy`, where it wants one. */
  proxyPassword: Schema.optionalKey(Schema.RedactedFromValue(Schema.NonEmptyString))
})
/** @since 0.1.0 */
export type Secrets = typeof Secrets.Type

/** A WAHA account with its settings and secrets. @category models @since 0.1.0 */
export type Account = ChannelAdapter.Account<Settings, Secrets>

const sendTimeout = "30 seconds"
// WAHA fetches the file, and may convert it, before it answers.
const mediaTimeout = "2 minutes"
const quickTimeout = "10 seconds"

const call = (account: Account, options: WahaApi.Call) => WahaApi.request(WahaApi.connectionOf(account), options)

const NewMessageId = Schema.Struct({ id: Schema.NonEmptyString })
const decodeNewMessageId = Schema.decodeUnknownOption(NewMessageId)
const FoundMessage = Schema.Struct({ id: Schema.NonEmptyString })
const decodeFound = Schema.decodeUnknownOption(FoundMessage)

const messageById = (account: Account, chatId: string, id: string) =>
  call(account, {
    method: "GET",
    path: WahaApi.path`/api/${account.settings.session}/chats/${chatId}/messages/${id}`,
    query: { downloadMedia: "false" },
    timeout: quickTimeout
  })

const foundId = (reply: WahaApi.Reply): MessageId.MessageId | undefined =>
  reply._tag === "Answered" && reply.status === 200
    ? MessageId.parse(Option.getOrUndefined(decodeFound(reply.body))?.id)
    : undefined

const send = Effect.fn("Waha.send")(function*(message: ChannelAdapter.OutboundMessage, account: Account) {
  const chatId = yield* NationalNumbers.chatIdOf(message.to, account)
  if (chatId === "missing") {
    return { _tag: "Rejected" as const, code: "not_on_whatsapp", reason: "WhatsApp knows no such number" }
  }
  if (message.content.type === "buttons" && account.settings.buttons !== "native") {
    return yield* post(inWords(message), account, chatId)
  }
  const outcome = yield* post(message, account, chatId)
  return isNotOffered(message, outcome) ? yield* post(inWords(message), account, chatId) : outcome
})

const post = Effect.fnUntraced(function*(
  message: ChannelAdapter.OutboundMessage,
  account: Account,
  chatId: string | undefined
) {
  const original = message.forwardOf === undefined ? undefined : yield* fullIdOf(message.forwardOf, account)
  const request = Outbound.toRequest(message, account.settings.session, chatId, original)
  if (request._tag === "Unsupported") {
    return { _tag: "Rejected" as const, code: request.code, reason: request.reason }
  }
  const reply = yield* call(account, {
    method: "POST",
    path: request.path,
    body: request.body,
    timeout: request.media ? mediaTimeout : sendTimeout
  })
  return Outcome.fromReply(reply, Outbound.takesId(message) ? message.providerMessageId : undefined)
})

const inWords = (message: ChannelAdapter.OutboundMessage): ChannelAdapter.OutboundMessage => ({
  ...message,
  content: { type: "text", text: Fallback.toPlainText(message.content) }
})

/** Engines differ in what they can show: what one surely did not take is said in words. */
const isNotOffered = ({ content }: ChannelAdapter.OutboundMessage, outcome: SendOutcome): boolean => {
  if (outcome._tag !== "Rejected") return false
  const lacking = outcome.code === "not_supported"
  switch (content.type) {
    case "list":
      // No lists in groups.
      return lacking || outcome.code === "unprocessable"
    case "buttons":
    case "poll":
      return lacking
    case "text":
      return lacking && content.preview !== undefined
    default:
      return false
  }
}

const reserveMessageId = Effect.fn("Waha.reserveMessageId")(
  function*(message: ChannelAdapter.OutboundMessage, account: Account) {
    if (!Outbound.takesId(message)) return Option.none<string>()
    const reply = yield* call(account, {
      method: "GET",
      path: WahaApi.path`/api/${account.settings.session}/new-message-id`,
      timeout: quickTimeout
    })
    // Browser engines have no such call: their sends go without an id, and can't be reconciled.
    return reply._tag === "Answered" && reply.status === 200
      ? Option.flatMapNullishOr(decodeNewMessageId(reply.body), ({ id }) => MessageId.canonical(id))
      : Option.none<string>()
  }
)

const undecided: ReconcileResult = { _tag: "Undecided" }
const absent: ReconcileResult = { _tag: "Absent" }

const notFound = /\bnot found\b|\bno rows\b/i

const reconcile = Effect.fn("Waha.reconcile")(
  function*(message: ChannelAdapter.OutboundMessage, account: Account): Effect.fn.Return<
    ReconcileResult,
    never,
    Effect.Services<ReturnType<typeof messageById>>
  > {
    const bare = MessageId.canonical(message.providerMessageId)
    const chatId = yield* NationalNumbers.chatIdOf(message.to, account)
    // Without an id of ours two equal messages can't be told apart.
    if (bare === undefined || chatId === undefined || chatId === "missing" || !Outbound.takesId(message)) {
      return undecided
    }
    const reply = yield* messageById(account, chatId, MessageId.serialize({ bare, fromMe: true, chatId }))
    if (foundId(reply)?.bare === bare) return { _tag: "Found", providerMessageId: bare }
    if (reply._tag !== "Answered") return undecided
    if (reply.status === 200) return reply.body === undefined || reply.body === null ? absent : undecided
    // Sending again is safe even if this is wrong: WhatsApp takes one id once.
    const outcome = Outcome.fromReply(reply, undefined)
    const aboutMessage = "reason" in outcome && notFound.test(outcome.reason) && !/\bsession\b/i.test(outcome.reason)
    return aboutMessage ? absent : undecided
  }
)

const react = Effect.fn("Waha.react")(function*(
  target: { readonly chat: ChatAddress; readonly providerMessageId: string; readonly emoji: string | null },
  account: Account
) {
  const messageId = yield* fullIdOf({ chat: target.chat, providerMessageId: target.providerMessageId }, account)
  if (messageId === undefined) {
    return { _tag: "Rejected" as const, code: "unsupported_address", reason: "WAHA can't react there" }
  }
  const reply = yield* call(account, {
    method: "PUT",
    path: "/api/reaction",
    body: {
      session: account.settings.session,
      messageId,
      reaction: target.emoji ?? ""
    },
    timeout: sendTimeout
  })
  return Outcome.fromReply(reply, undefined)
})

type ChatAddress = Parameters<typeof ChatId.fromAddress>[0]

const typing = Effect.fn("Waha.typing")(
  function*(target: { readonly chat: ChatAddress; readonly on: boolean }, account: Account) {
    const chatId = ChatId.fromAddress(target.chat)
    if (chatId === undefined) return
    yield* call(account, {
      method: "POST",
      path: target.on ? "/api/startTyping" : "/api/stopTyping",
      body: { session: account.settings.session, chatId },
      timeout: quickTimeout
    })
  }
)

const markRead = Effect.fn("Waha.markRead")(function*(
  target: { readonly chat: ChatAddress; readonly providerMessageId: string; readonly typing: boolean },
  account: Account
) {
  const chatId = ChatId.fromAddress(target.chat)
  // In a group the receipt goes to the writer.
  const group = target.chat.kind === "group"
  const messageId = yield* fullIdOf({
    chat: target.chat,
    providerMessageId: target.providerMessageId,
    fromBusiness: group ? undefined : false
  }, account)
  if (chatId === undefined || messageId === undefined) return
  const participant = MessageId.parse(messageId)?.participant
  yield* call(account, {
    method: "POST",
    path: "/api/sendSeen",
    body: {
      session: account.settings.session,
      chatId,
      messageIds: [messageId],
      ...(participant === undefined ? {} : { participant })
    },
    timeout: quickTimeout
  })
  if (target.typing) yield* typing({ chat: target.chat, on: true }, account)
})

const SessionInfo = Schema.Struct({
  status: Schema.String,
  me: lenient(WahaEvent.Me),
  config: lenient(Schema.Struct({
    webhooks: lenient(Schema.Array(Schema.Struct({ events: lenient(Schema.Array(Schema.String)) })))
  }))
})
const decodeSessionInfo = Schema.decodeUnknownOption(SessionInfo)

const health = (status: AccountHealth["status"], message: string): AccountHealth => ({ status, message })

const healthOf = (session: typeof SessionInfo.Type): AccountHealth => {
  const { config, me, status } = session
  switch (status) {
    case "WORKING":
      break
    case "STARTING":
      return health("warn", "The session is starting")
    case "SCAN_QR_CODE":
      return health("fail", "The session waits for its QR code to be scanned")
    case "PASSKEY_REQUIRED":
    case "PASSKEY_CONFIRMATION_REQUIRED":
      return health("fail", "The session waits for a passkey to be confirmed")
    default:
      return health("fail", `The session is ${status}`)
  }
  if (me?.id === undefined) return health("warn", "The session works, but WAHA names no number")
  const name = `${me.pushName ?? ""} (${me.id})`.trim()
  if (me.reachoutTimelock?.isActive === true) {
    return health("warn", `Connected as ${name}, but WhatsApp restricts writing to new people`)
  }
  const events = config?.webhooks?.flatMap((webhook) => webhook.events ?? []) ?? []
  return events.length > 0 && !events.some((event) => event === "message.any" || event === "*")
    ? health("warn", `Connected as ${name}, but replies from the phone stay unseen: subscribe to message.any`)
    : health("ok", `Connected as ${name}`)
}

const test = Effect.fn("Waha.test")(function*(account: Account) {
  const { session } = account.settings
  const reply = yield* call(account, {
    method: "GET",
    path: WahaApi.path`/api/sessions/${session}`,
    timeout: quickTimeout
  })
  if (reply._tag !== "Answered") return health("fail", reply.reason)
  if (reply.status === 401 || reply.status === 403) return health("fail", "WAHA does not accept the API key")
  if (reply.status === 404) return health("fail", `WAHA has no session named ${session}`)
  return Option.match(reply.status === 200 ? decodeSessionInfo(reply.body) : Option.none(), {
    onNone: () => health("fail", `WAHA answered ${reply.status} without a session: is the base URL right?`),
    onSome: healthOf
  })
})

const accountKey = ({ baseUrl, session }: Settings): string => {
  const key = `${baseUrl} ${session}`
  return key.length <= 190 ? key : sha256(key)
}

const sha256 = (data: string | Uint8Array): string => `sha256:${createHash("sha256").update(data).digest("hex")}`

const decodeText = new TextDecoder()

// An id is at most 190 characters with its event; one that is longer was not made by WAHA.
const usableId = /^[\x21-\x7e]{1,120}$/
const usableEvent = /^[\x21-\x7e]{1,60}$/

const identify = Effect.fnUntraced(function*(request: ChannelAdapter.InboundRequest) {
  const key = Option.getOrUndefined(WahaEvent.decodeKey(decodeText.decode(request.body)))
  if (key === undefined) {
    return yield* new ChannelAdapter.MalformedInbound({ reason: "The body is no JSON object with an `event`" })
  }
  const { event, id } = key
  // The event is part of the key: `message` and `message.any` of one message have been seen under one id.
  return id !== undefined && usableId.test(id) && usableEvent.test(event)
    ? { dedupeKey: `${event}:${id}` }
    : { dedupeKey: sha256(request.body) }
})

/**
 * The WAHA adapter.
 *
 * **Details**
 *
 * - Message ids are bare (see `MessageId`): `message` and `message.any`, or a LID and a phone form of one message, give
 *   one id.
 * - Texts, polls, locations and contacts are sent under a reserved id, so their unknown outcomes can be settled. WAHA takes
 *   no id for media and lists: their unknown outcomes stay `Undecided` until an echo or a person settles them.
 * - Lists, polls and previews that an engine does not offer go as texts, and so do buttons unless the account says
 *   otherwise.
 * - Templates and stickers are not offered.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter = ChannelAdapter.make<Settings, Secrets>({
  id: "waha",
  name: "WhatsApp (WAHA)",
  capabilities: {
    content: new Set([
      "text",
      "image",
      "video",
      "audio",
      "document",
      "location",
      "contacts",
      "list",
      "poll",
      "buttons"
    ]),
    maxTextLength: 65_536,
    maxButtons: 3,
    maxListRows: 10,
    readReceipts: true,
    typing: true,
    reactions: true,
    statuses: true,
    actions: new Set(["edit", "editCaption", "delete", "pin", "star", "vote", "forward"]),
    editWithin,
    serviceWindowHours: null,
    reconcile: "message_id",
    // WAHA has no limit of its own; a number that writes faster than a busy person risks its ban.
    messagesPerSecond: 5
  },
  settings: Settings,
  secrets: Secrets,
  accountKey,
  verify: (request, account) => Signature.verify(request, account.secrets.hmacKey),
  identify,
  decode: (body, account) => Effect.sync(() => Inbound.decode(body, account.settings)),
  reserveMessageId,
  send,
  reconcile,
  react,
  act,
  markRead,
  typing,
  fetchMedia,
  uploadMedia,
  lifecycle,
  profile,
  groups,
  history,
  test
})
