/**
 * What is done to messages that were sent: edited (texts, and captions on WEBJS), deleted for everyone, pinned, starred,
 * and voted in (on GOWS).
 *
 * @since 0.1.0
 */
import type { SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { MessageAction, MessageTarget } from "@wicara/channels/MessageAction"
import { Effect, Option, Schema } from "effect"
import * as ChatId from "./ChatId.ts"
import * as MessageId from "./MessageId.ts"
import * as Outcome from "./Outcome.ts"
import * as SessionSetup from "./SessionSetup.ts"
import type { Account } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"

/**
 * WhatsApp takes edits for 15 minutes.
 *
 * @category constants
 * @since 0.1.0
 */
export const editWithin = 900_000

const timeout = "30 seconds"

type Request = Pick<WahaApi.Call, "method" | "path" | "body">

/**
 * The request for an action on the message with this full id.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toRequest = (action: MessageAction, session: string, chatId: string, messageId: string): Request => {
  const path = WahaApi.path`/api/${session}/chats/${chatId}/messages/${messageId}`
  switch (action.type) {
    case "edit":
      return { method: "PUT", path, body: { text: action.text } }
    case "delete":
      return { method: "DELETE", path }
    case "pin":
      return action.seconds === null
        ? { method: "POST", path: `${path}/unpin` }
        : { method: "POST", path: `${path}/pin`, body: { duration: action.seconds } }
    case "star":
      return { method: "PUT", path: "/api/star", body: { session, chatId, messageId, star: action.on } }
    case "vote":
      return {
        method: "POST",
        path: "/api/sendPollVote",
        body: { session, chatId, pollMessageId: messageId, votes: action.options }
      }
  }
}

const Done = Schema.Struct({ success: Schema.Boolean })
const decodeDone = Schema.decodeUnknownOption(Done)

const accepted: SendOutcome = { _tag: "Accepted", providerMessageId: null }

/** What WAHA's answer means, whatever its engine tells of the message. */
const toOutcome = (reply: WahaApi.Reply): SendOutcome => {
  const outcome = Outcome.fromReply(reply, undefined)
  if (outcome._tag === "Accepted") {
    const done = reply._tag === "Answered" ? Option.getOrUndefined(decodeDone(reply.body)) : undefined
    return done?.success === false
      ? { _tag: "Rejected", code: "not_done", reason: "WAHA could not do it" }
      : accepted
  }
  // Of the session and of routes the outcome says so itself.
  return outcome._tag === "Retryable" && outcome.code === "not_found"
    ? { _tag: "Rejected", code: "message_not_found", reason: outcome.reason }
    : outcome
}

/**
 * @category adapters
 * @since 0.1.0
 */
export const act = Effect.fn("Waha.act")(function*(target: MessageTarget, action: MessageAction, account: Account) {
  const chatId = ChatId.fromAddress(target.chat)
  const messageId = yield* fullIdOf(target, account)
  if (chatId === undefined || messageId === undefined) {
    return { _tag: "Rejected" as const, code: "unsupported_address", reason: "WAHA has no such message" }
  }
  if (action.type === "edit" && action.caption === true && !(yield* editsCaptions(account))) {
    return { _tag: "Rejected" as const, code: "not_supported", reason: "This session's engine edits texts alone" }
  }
  const request = toRequest(action, account.settings.session, chatId, messageId)
  return toOutcome(yield* WahaApi.request(WahaApi.connectionOf(account), { ...request, timeout }))
})

/** WAHA has one call for texts and captions; of its engines WEBJS alone edits the second. */
const editsCaptions = Effect.fnUntraced(function*(account: Account) {
  const reply = yield* WahaApi.request(WahaApi.connectionOf(account), {
    method: "GET",
    path: WahaApi.path`/api/sessions/${account.settings.session}`,
    timeout: "10 seconds"
  })
  const session = reply._tag === "Answered" && reply.status === 200
    ? Option.getOrUndefined(SessionSetup.decodeSession(reply.body))
    : undefined
  return session?.engine?.engine === "WEBJS"
})

const Found = Schema.Struct({ id: Schema.NonEmptyString })
const decodeFound = Schema.decodeUnknownOption(Found)

const found = Effect.fnUntraced(function*(account: Account, chatId: string, id: string) {
  const reply = yield* WahaApi.request(WahaApi.connectionOf(account), {
    method: "GET",
    path: WahaApi.path`/api/${account.settings.session}/chats/${chatId}/messages/${id}`,
    query: { downloadMedia: "false" },
    timeout: "10 seconds"
  })
  return reply._tag === "Answered" && reply.status === 200
    ? MessageId.parse(Option.getOrUndefined(decodeFound(reply.body))?.id)
    : undefined
})

/**
 * The full id of a message. In a chat with one person it follows from what is known; in a group it names the writer, whom
 * only WAHA's own record knows. Where WAHA can't say who wrote it, a customer did, unless told otherwise.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fullIdOf = Effect.fnUntraced(function*(
  target: Omit<MessageTarget, "fromBusiness"> & { readonly fromBusiness?: boolean | undefined },
  account: Account
) {
  const chatId = ChatId.fromAddress(target.chat)
  const bare = MessageId.canonical(target.providerMessageId)
  if (chatId === undefined || bare === undefined) return undefined
  const fromMe = target.fromBusiness
  const own = MessageId.serialize({ bare, fromMe: fromMe ?? false, chatId })
  if (fromMe !== undefined && target.chat.kind !== "group") return own
  for (const id of [bare, MessageId.serialize({ bare, fromMe: true, chatId })]) {
    const known = yield* found(account, chatId, id)
    if (known?.bare !== bare || known.fromMe === undefined) continue
    return MessageId.serialize({
      bare,
      fromMe: known.fromMe,
      chatId: known.chatId ?? chatId,
      participant: known.participant
    })
  }
  return own
})
