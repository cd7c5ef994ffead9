/**
 * Our content as WAHA's requests.
 *
 * @since 0.1.0
 */
import type { OutboundMessage } from "@wicara/channels/ChannelAdapter"
import type { LinkPreview, OutboundContent, TextContent } from "@wicara/channels/MessageContent"
import * as ChatId from "./ChatId.ts"
import * as MessageId from "./MessageId.ts"
import * as VCard from "./VCard.ts"

/**
 * What to post, or why it can't be sent at all. `media` requests take WAHA longer: it fetches and converts the file.
 *
 * @category models
 * @since 0.1.0
 */
export type Request =
  | {
    readonly _tag: "Request"
    readonly path: string
    readonly media: boolean
    readonly body: Readonly<Record<string, unknown>>
  }
  | { readonly _tag: "Unsupported"; readonly code: string; readonly reason: string }

type Media = Extract<OutboundContent, { type: "image" }>["media"]

// The endpoints that document a caller-chosen `id`. The others drop the field, or refuse it in strict mode.
const idTakers: ReadonlySet<OutboundContent["type"]> = new Set(["text", "location", "contacts", "poll"])

/**
 * Whether a message can carry an id that we reserved.
 *
 * @category predicates
 * @since 0.1.0
 */
export const takesId = ({ content, forwardOf }: Pick<OutboundMessage, "content" | "forwardOf">): boolean =>
  forwardOf !== undefined ||
  (idTakers.has(content.type) && !(content.type === "text" && content.preview !== undefined))

const unsupported = (code: string, reason: string): Request => ({ _tag: "Unsupported", code, reason })

const dataUrl = /^data:([^,]*);base64,(.*)$/s

const urlOf = ({ source }: Media): string | undefined => "url" in source ? source.url : undefined

/** What is said of a file's kind, with its parameters: a codec tells whether it is played. */
const typeOf = (media: Media): string | undefined =>
  media.mimeType ?? (dataUrl.exec(urlOf(media) ?? "")?.[1] || undefined)

const fileOf = (media: Media, mimeType: string, fileName?: string) => {
  const url = urlOf(media)
  if (url === undefined) return undefined
  const name = media.fileName ?? fileName
  const inline = dataUrl.exec(url)
  return {
    mimetype: typeOf(media) ?? mimeType,
    ...(name === undefined ? {} : { filename: name }),
    ...(inline === null ? { url } : { data: inline[2] })
  }
}

const isVideo = /^video\/mp4\b/i
const isVoice = /^audio\/ogg\s*;.*\bcodecs="?opus\b/i

/** WhatsApp plays only some recordings: what is not known to be one of them WAHA converts. */
const isForeign = (media: Media, taken: RegExp): boolean => !taken.test(typeOf(media) ?? "")

const noFile = unsupported("media_without_url", "WAHA sends media by URL or as base64 data")

const optional = (name: string, value: unknown): Readonly<Record<string, unknown>> =>
  value === undefined ? {} : { [name]: value }

const mentionsOf = ({ mentions }: TextContent): ReadonlyArray<string> | undefined =>
  mentions === "all"
    ? ["all"]
    : mentions?.flatMap((address) => {
      const id = ChatId.fromAddress(address)
      return id === undefined ? [] : [id]
    })

const previewOf = ({ description, image, title, url }: LinkPreview) => {
  const file = image === undefined ? undefined : fileOf(image, "image/jpeg")
  return {
    url,
    title,
    description: description ?? "",
    ...(file === undefined ? {} : { image: "data" in file ? { data: file.data } : { url: file.url } })
  }
}

/**
 * The request for a message to a chat of a session; `chatId` where WhatsApp writes the address in another way, `original`
 * the full id of the message that is forwarded.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toRequest = (
  message: OutboundMessage,
  session: string,
  chatId: string | undefined = ChatId.fromAddress(message.to),
  original?: string | undefined
): Request => {
  const { content } = message
  if (chatId === undefined) {
    return unsupported("unsupported_address", `WAHA can't send to an address of kind ${message.to.kind}`)
  }
  const replyTo = message.replyTo === undefined
    ? undefined
    // Engines that look at the direction find only the customer's messages this way: the ones that are answered.
    : MessageId.serialize({ bare: MessageId.canonical(message.replyTo) ?? message.replyTo, fromMe: false, chatId })
  const request = (path: string, body: Readonly<Record<string, unknown>>, media = false): Request => ({
    _tag: "Request",
    path,
    media,
    body: {
      session,
      chatId,
      ...body,
      ...(content.type === "buttons" || original !== undefined ? {} : optional("reply_to", replyTo)),
      ...(takesId(message) ? optional("id", message.providerMessageId) : {})
    }
  })
  if (original !== undefined) return request("/api/forwardMessage", { messageId: original })
  switch (content.type) {
    case "text":
      return content.preview === undefined
        ? request("/api/sendText", {
          text: content.text,
          ...optional("linkPreview", content.previewUrl),
          ...optional("mentions", mentionsOf(content))
        })
        : request("/api/send/link-custom-preview", { text: content.text, preview: previewOf(content.preview) })
    case "poll":
      return request("/api/sendPoll", {
        poll: { name: content.question, options: content.options, multipleAnswers: content.multiple }
      })
    case "buttons":
      return request("/api/sendButtons", {
        header: content.header ?? "",
        body: content.body,
        footer: content.footer ?? "",
        buttons: content.buttons.map(({ id, title }) => ({ type: "reply", text: title, id }))
      })
    case "image": {
      const file = fileOf(content.media, "image/jpeg")
      return file === undefined
        ? noFile
        : request("/api/sendImage", { file, ...optional("caption", content.caption) }, true)
    }
    case "video": {
      const file = fileOf(content.media, "video/mp4", "video.mp4")
      return file === undefined ? noFile : request("/api/sendVideo", {
        file,
        convert: isForeign(content.media, isVideo),
        ...optional("caption", content.caption)
      }, true)
    }
    case "audio": {
      const file = fileOf(content.media, content.voice ? "audio/ogg; codecs=opus" : "audio/mpeg")
      if (file === undefined) return noFile
      const { filename = "voice.ogg", ...unnamed } = file
      return content.voice
        // A voice note is named where it is sent along, and only there.
        ? request("/api/sendVoice", {
          file: "data" in file ? { ...unnamed, filename } : unnamed,
          convert: isForeign(content.media, isVoice)
        }, true)
        : request("/api/sendFile", { file }, true)
    }
    case "document": {
      const file = fileOf(content.media, "application/octet-stream")
      return file === undefined
        ? noFile
        : request("/api/sendFile", { file, ...optional("caption", content.caption) }, true)
    }
    case "location":
      return request("/api/sendLocation", {
        latitude: content.latitude,
        longitude: content.longitude,
        title: [content.name, content.address].filter((part) => part !== undefined).join(", ")
      })
    case "contacts":
      return request("/api/sendContactVcard", {
        contacts: content.contacts.map((contact) => ({ vcard: VCard.serialize(contact) }))
      })
    case "list":
      return request("/api/sendList", {
        message: {
          title: content.header ?? content.body,
          ...(content.header === undefined ? {} : { description: content.body }),
          ...optional("footer", content.footer),
          button: content.button,
          sections: content.sections.map((section) => ({
            title: section.title ?? "",
            rows: section.rows.map((row) => ({
              title: row.title,
              rowId: row.id,
              ...optional("description", row.description)
            }))
          }))
        }
      })
    default:
      return unsupported("unsupported_content", `WAHA can't send content of type ${content.type}`)
  }
}
