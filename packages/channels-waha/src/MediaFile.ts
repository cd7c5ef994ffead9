/**
 * The files that customers send, as WAHA offers them: under an address that lives three minutes. After that WAHA can
 * load a file from the phone once more, for as long as WhatsApp has it.
 *
 * @since 0.1.0
 */
import { MediaUnavailable } from "@wicara/channels/ChannelAdapter"
import type { MediaDownload, MediaRequest, MediaUpload, UploadedMedia } from "@wicara/channels/ChannelAdapter"
import { Effect, Option, Schema, Stream } from "effect"
import type { Scope } from "effect"
import type { HttpClient } from "effect/http"
import * as ChatId from "./ChatId.ts"
import * as Inbound from "./Inbound.ts"
import { lenient } from "./internal/lenient.ts"
import * as MessageId from "./MessageId.ts"
import * as Outcome from "./Outcome.ts"
import type { Account } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"

const openTimeout = "30 seconds"
// WAHA has the phone load it before it answers.
const reloadTimeout = "2 minutes"

/**
 * Why a file can't be had, from how the call for it ended.
 *
 * @category conversions
 * @since 0.1.0
 */
export const failureOf = (reply: WahaApi.Reply): MediaUnavailable => {
  const outcome = Outcome.fromReply(reply, undefined)
  switch (outcome._tag) {
    case "AccountRefused":
      return new MediaUnavailable({ kind: "account", code: outcome.code, reason: outcome.reason })
    case "Rejected":
      return new MediaUnavailable({ kind: "gone", code: outcome.code, reason: outcome.reason })
    case "Retryable":
      return new MediaUnavailable({
        kind: "later",
        code: outcome.code,
        reason: outcome.reason,
        ...(outcome.retryAfter === undefined ? {} : { retryAfter: outcome.retryAfter })
      })
    case "Accepted":
      return new MediaUnavailable({ kind: "later", code: "unexpected", reason: "WAHA's answer has no file" })
    case "Unknown":
      return new MediaUnavailable({ kind: "later", code: "no_answer", reason: outcome.reason })
  }
}

const WithMedia = Schema.Struct({
  media: lenient(Schema.Struct({ url: lenient(Schema.String), error: lenient(Schema.Unknown) }))
})
const decodeWithMedia = Schema.decodeUnknownOption(WithMedia)

/** Has WAHA load the file of a message again; the address that it has now. */
const reload = Effect.fnUntraced(
  function*({ chat, providerMessageId }: MediaRequest, account: Account) {
    const chatId = ChatId.fromAddress(chat)
    const bare = MessageId.canonical(providerMessageId ?? undefined)
    if (chatId === undefined || bare === undefined) {
      return yield* new MediaUnavailable({ kind: "gone", code: "file_not_found", reason: "WAHA has deleted the file" })
    }
    const id = MessageId.serialize({ bare, fromMe: false, chatId })
    const { settings } = account
    const reply = yield* WahaApi.request(WahaApi.connectionOf(account), {
      method: "GET",
      path: WahaApi.path`/api/${settings.session}/chats/${chatId}/messages/${id}`,
      query: { downloadMedia: "true" },
      timeout: reloadTimeout
    })
    if (reply._tag !== "Answered" || reply.status !== 200) return yield* failureOf(reply)
    const media = Option.getOrUndefined(decodeWithMedia(reply.body))?.media
    if (media?.url === undefined || media.url === "") {
      return yield* new MediaUnavailable({ kind: "gone", code: "file_not_found", reason: "WhatsApp has no such file" })
    }
    return Inbound.mediaUrl(media.url, settings.baseUrl)
  }
)

const open = Effect.fnUntraced(function*(url: string, account: Account) {
  const opened = yield* WahaApi.open(WahaApi.connectionOf(account), url, openTimeout)
  return opened._tag === "Opened" ? opened : yield* failureOf(opened)
})

/**
 * Opens the file of a message.
 *
 * @category calls
 * @since 0.1.0
 */
export const fetchMedia = Effect.fn("Waha.fetchMedia")(
  function*(request: MediaRequest, account: Account): Effect.fn.Return<
    MediaDownload,
    MediaUnavailable,
    HttpClient.HttpClient | Scope.Scope
  > {
    const { media: { fileName, mimeType, source } } = request
    const reloaded = Effect.flatMap(reload(request, account), (url) => open(url, account))
    const opened = yield* source.type === "url"
      ? open(source.url, account).pipe(Effect.catchIf(({ kind }) => kind === "gone", () => reloaded))
      : reloaded
    return {
      content: Stream.mapError(
        opened.content,
        ({ reason }) => new MediaUnavailable({ kind: "later", code: "no_answer", reason })
      ),
      sizeBytes: opened.sizeBytes,
      mimeType: mimeType ?? opened.mimeType,
      fileName
    }
  }
)

// WAHA has the whole request in memory, and so has this process.
const maxUpload = 16 * 1024 * 1024

/**
 * Puts a file into the request itself: WAHA need not reach this server.
 *
 * @category calls
 * @since 0.1.0
 */
export const uploadMedia = Effect.fn("Waha.uploadMedia")(
  function*({ content, mimeType, sizeBytes }: MediaUpload): Effect.fn.Return<UploadedMedia, MediaUnavailable> {
    if (sizeBytes > maxUpload) {
      return yield* new MediaUnavailable({
        kind: "gone",
        code: "too_large",
        reason: `WAHA is sent files of ${maxUpload} bytes at most`
      })
    }
    const chunks = yield* Stream.runCollect(content)
    const data = Buffer.concat([...chunks]).toString("base64")
    return { source: { type: "url", url: `data:${mimeType};base64,${data}` } }
  }
)
