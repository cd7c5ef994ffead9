/**
 * What WAHA still knows of the past, and whether a session that says it works still hears anything.
 *
 * @since 0.1.0
 */
import type { ChannelHistory, HistoryChat } from "@wicara/channels/ChannelHistory"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Effect, Option, Schema, Stream } from "effect"
import * as ChatId from "./ChatId.ts"
import * as Failure from "./Failure.ts"
import * as Inbound from "./Inbound.ts"
import { lenient } from "./internal/lenient.ts"
import * as Lifecycle from "./Lifecycle.ts"
import type { Account, Secrets, Settings } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"
import * as WahaEvent from "./WahaEvent.ts"

const pageSize = 100
// The engine reads them from its store, a browser engine from the phone.
const slowly = "60 seconds"

const Chats = Schema.Array(Schema.Struct({
  id: WahaEvent.EngineId,
  lastMessage: lenient(Schema.Struct({ timestamp: lenient(WahaEvent.LenientNumber) }))
}))
const decodeChats = Schema.decodeUnknownEffect(Chats)

const toChat = ({ id, lastMessage }: typeof Chats.Type[number]): HistoryChat | undefined => {
  const chat = ChatId.parse(id)
  return chat === undefined || chat.kind === "status" ? undefined : {
    chat: ChatId.toAddress(chat),
    lastMessageAt: WahaEvent.toMillis(lastMessage?.timestamp) ?? null
  }
}

const chats = (since: number, account: Account) =>
  Stream.paginate(0, (offset: number) =>
    Effect.map(
      Failure.ask(account, {
        method: "GET",
        path: WahaApi.path`/api/${account.settings.session}/chats/overview`,
        query: { limit: String(pageSize), offset: String(offset) },
        timeout: slowly
      }, decodeChats),
      (page) => {
        const found = page.map(toChat).filter((chat) => chat !== undefined)
        const recent = found.filter(({ lastMessageAt }) => lastMessageAt === null || lastMessageAt >= since)
        // Pinned chats come first however old they are: only a page without a recent one is the end.
        const goOn = page.length === pageSize && (recent.length > 0 || found.length === 0)
        return [recent, goOn ? Option.some(offset + pageSize) : Option.none()] as const
      }
    ))

const decodePage = Schema.decodeUnknownEffect(Schema.Array(Schema.Unknown))

const seconds = (millis: number) => String(Math.max(0, Math.floor(millis / 1000)))

const messages: ChannelHistory<Settings, Secrets>["messages"] = ({ chat, since, until }, account) =>
  Stream.unwrap(Effect.gen(function*() {
    const chatId = ChatId.fromAddress(chat)
    if (chatId === undefined) {
      return yield* new ProviderFailure({
        kind: "missing",
        code: "unsupported_address",
        reason: `WAHA has no chat with an address of kind ${chat.kind}`
      })
    }
    const me = Option.getOrUndefined(yield* Lifecycle.find(account))?.me
    return Stream.paginate(0, (offset: number) =>
      Effect.map(
        Failure.ask(account, {
          method: "GET",
          path: WahaApi.path`/api/${account.settings.session}/chats/${chatId}/messages`,
          query: {
            limit: String(pageSize),
            offset: String(offset),
            // What is missing is fetched when its message is stored: most of these are known.
            downloadMedia: "false",
            "filter.timestamp.gte": seconds(since),
            "filter.timestamp.lte": seconds(until)
          },
          timeout: slowly
        }, decodePage),
        (page) =>
          [
            page.flatMap((payload) => Inbound.historical(payload, me, account.settings)),
            page.length === pageSize ? Option.some(offset + pageSize) : Option.none()
          ] as const
      ))
  }))

/** Asks WhatsApp itself, through the session, for the session's own number: a session that hangs gets no answer. */
const alive = Effect.fn("Waha.history.alive")(function*(account: Account) {
  const session = yield* Lifecycle.find(account)
  if (Option.isNone(session) || session.value.status !== "WORKING") return false
  const me = ChatId.parse(session.value.me?.id)
  const reply = yield* Failure.reply(account, {
    method: "GET",
    ...(me?.kind === "phone"
      ? { path: "/api/contacts/check-exists", query: { phone: me.user, session: account.settings.session } }
      : { path: WahaApi.path`/api/${account.settings.session}/profile` }),
    timeout: "20 seconds"
  })
  if (reply._tag === "NotSent") return yield* Failure.fromReply(reply)
  return reply._tag === "Answered" && reply.status < 300
})

/**
 * A session's chats and their messages. Messages come under the ids that their webhooks have.
 *
 * @category adapters
 * @since 0.1.0
 */
export const history: ChannelHistory<Settings, Secrets> = { chats, messages, alive }
