/**
 * The widget's own "webhook" bodies: what visitors do, as it is stored and later decoded by `WidgetAdapter`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { InboundEvent, Participant } from "@wicara/channels/InboundEvent"
import type { Media } from "@wicara/channels/MessageContent"
import { FileId } from "@wicara/files/File"
import { campaignOf } from "./internal/campaign.ts"
import { Locale, Page, VisitorId } from "./Visitor.ts"
import { ConsentPurpose } from "./WidgetForm.ts"
import { WidgetMessageId } from "./WidgetMessage.ts"
import type { WidgetContent } from "./WidgetMessage.ts"

/** What the site vouches for of a visitor; without a proof there is none. */
const userId = Schema.optionalKey(Schema.String)

/** A file that came with a message, as it was found to be. @category models @since 0.1.0 */
export const Attached = Schema.Struct({
  kind: Schema.Literals(["image", "video", "audio", "document"]),
  fileId: FileId,
  name: Schema.String,
  contentType: Schema.String,
  size: Schema.Int
})
/** @since 0.1.0 */
export type Attached = typeof Attached.Type

/** A visitor wrote. @category models @since 0.1.0 */
export const VisitorWrote = Schema.Struct({
  type: Schema.Literal("message"),
  visitorId: VisitorId,
  id: WidgetMessageId,
  text: Schema.String,
  userId,
  attached: Schema.optionalKey(Attached),
  choice: Schema.optionalKey(Schema.Struct({ type: Schema.Literals(["button", "list"]), id: Schema.String })),
  replyTo: Schema.optionalKey(WidgetMessageId),
  /** Epoch milliseconds. */
  at: Schema.Int,
  locale: Schema.optionalKey(Locale),
  page: Schema.optionalKey(Page),
  /** The page on which the visit began, where it is another one. */
  entry: Schema.optionalKey(Page)
})
/** @since 0.1.0 */
export type VisitorWrote = typeof VisitorWrote.Type

/** A visitor read replies. @category models @since 0.1.0 */
export const VisitorRead = Schema.Struct({
  type: Schema.Literal("read"),
  visitorId: VisitorId,
  ids: Schema.Array(WidgetMessageId),
  /** The stream position they have read up to. */
  upTo: Schema.Int,
  /** Epoch milliseconds. */
  at: Schema.Int
})
/** @since 0.1.0 */
export type VisitorRead = typeof VisitorRead.Type

/** A visitor is another one, too: they signed in at the site. @category models @since 0.1.0 */
export const VisitorMoved = Schema.Struct({
  type: Schema.Literal("moved"),
  visitorId: VisitorId,
  to: VisitorId,
  at: Schema.Int
})
/** @since 0.1.0 */
export type VisitorMoved = typeof VisitorMoved.Type

/** Something was said of a visitor: by themselves, or by the site. @category models @since 0.1.0 */
export const VisitorDescribed = Schema.Struct({
  type: Schema.Literal("profile"),
  /** The same again has the same key. */
  key: Schema.String,
  visitorId: VisitorId,
  /** Who the site proves them to be. */
  userId,
  verified: Schema.Boolean,
  name: Schema.optionalKey(Schema.String),
  email: Schema.optionalKey(Schema.String),
  language: Schema.optionalKey(Schema.String),
  attributes: Schema.optionalKey(Schema.JsonObject),
  consent: Schema.optionalKey(Schema.Struct({ purpose: ConsentPurpose, text: Schema.String })),
  at: Schema.Int
})
/** @since 0.1.0 */
export type VisitorDescribed = typeof VisitorDescribed.Type

/** A visitor said how it was. @category models @since 0.1.0 */
export const VisitorRated = Schema.Struct({
  type: Schema.Literal("rating"),
  id: WidgetMessageId,
  visitorId: VisitorId,
  conversationId: Schema.String,
  score: Schema.Int,
  solved: Schema.optionalKey(Schema.Boolean),
  comment: Schema.optionalKey(Schema.String),
  at: Schema.Int
})
/** @since 0.1.0 */
export type VisitorRated = typeof VisitorRated.Type

/** A visitor writes, or stopped. @category models @since 0.1.0 */
export const VisitorTyping = Schema.Struct({
  type: Schema.Literal("typing"),
  /** The same again has the same key. */
  key: Schema.String,
  visitorId: VisitorId,
  /** Epoch milliseconds; null: they stopped. */
  until: Schema.NullOr(Schema.Int),
  at: Schema.Int
})
/** @since 0.1.0 */
export type VisitorTyping = typeof VisitorTyping.Type

/** @category models @since 0.1.0 */
export const WidgetInbound = Schema.Union([
  VisitorWrote,
  VisitorRead,
  VisitorMoved,
  VisitorDescribed,
  VisitorRated,
  VisitorTyping
])
/** @since 0.1.0 */
export type WidgetInbound = typeof WidgetInbound.Type

/**
 * The provider message id of what a visitor wrote. Browsers make the second half, so it counts only within the visitor.
 *
 * @category conversions
 * @since 0.1.0
 */
export const providerMessageId = (visitorId: VisitorId, id: string): string => `${visitorId}:${id}`

/**
 * The visitor's own id of a message, from its provider message id; replies' ids are left as they are.
 *
 * @category conversions
 * @since 0.1.0
 */
export const widgetMessageId = (providerMessageId: string): string =>
  providerMessageId.slice(providerMessageId.indexOf(":") + 1)

/**
 * Names what happened: the same message or read mark again has the same key.
 *
 * @category conversions
 * @since 0.1.0
 */
export const dedupeKey = (inbound: WidgetInbound): string => {
  switch (inbound.type) {
    case "message":
      return `${inbound.visitorId}:${inbound.id}`
    case "read":
      return `${inbound.visitorId}:read:${inbound.upTo}`
    case "moved":
      return `${inbound.visitorId}:moved:${inbound.to}`
    case "profile":
      return `${inbound.visitorId}:profile:${inbound.key}`
    case "rating":
      return `${inbound.visitorId}:rating:${inbound.id}`
    case "typing":
      return `${inbound.visitorId}:typing:${inbound.key}`
  }
}

const Body = Schema.fromJsonString(WidgetInbound)
const encodeBody = Schema.encodeSync(Body)
const decodeBody = Schema.decodeUnknownOption(Body)
const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/**
 * The stored bytes.
 *
 * @category codecs
 * @since 0.1.0
 */
export const toBody = (inbound: WidgetInbound): Uint8Array => new TextEncoder().encode(encodeBody(inbound))

/**
 * What stored bytes say, if they say anything known.
 *
 * @category codecs
 * @since 0.1.0
 */
export const fromBody = (body: Uint8Array) => decodeBody(new TextDecoder().decode(body))

/**
 * Any JSON that stored bytes hold, else their text.
 *
 * @category codecs
 * @since 0.1.0
 */
export const rawBody = (body: Uint8Array): unknown => {
  const text = new TextDecoder().decode(body)
  const json = decodeJson(text)
  return json._tag === "Some" ? json.value : text
}

/**
 * What a visitor's message says.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toContent = ({ attached, choice, text }: VisitorWrote): WidgetContent => {
  if (choice !== undefined) {
    return { type: choice.type === "button" ? "button_reply" : "list_reply", id: choice.id, title: text }
  }
  if (attached === undefined) return { type: "text", text }
  const media: Media = {
    source: { type: "file", id: attached.fileId },
    mimeType: attached.contentType,
    fileName: attached.name,
    sizeBytes: attached.size
  }
  if (attached.kind === "audio") return { type: "audio", media, voice: false }
  return { type: attached.kind, media, ...(text === "" ? {} : { caption: text }) }
}

const sender = (visitorId: VisitorId, userId: string | undefined): Participant["identities"] => [
  { kind: "visitor", value: visitorId },
  ...(userId === undefined ? [] : [{ kind: "external", value: userId } as const])
]

/** Where a visitor wrote from, and what brought them to the site. */
const visitOf = ({ entry, locale, page }: VisitorWrote) => {
  const campaign = campaignOf(entry?.url ?? page?.url)
  const visit = {
    ...page,
    ...(locale === undefined ? {} : { locale }),
    ...(entry === undefined ? {} : { entry }),
    ...(campaign === undefined ? {} : { campaign })
  }
  return Object.keys(visit).length === 0 ? undefined : visit
}

/**
 * What it means in the channels' vocabulary.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toEvents = (inbound: WidgetInbound): ReadonlyArray<InboundEvent> => {
  const chat = { kind: "visitor", value: inbound.visitorId } as const
  const at = { timestamp: inbound.at, raw: inbound }
  switch (inbound.type) {
    case "read":
      return inbound.ids.map((id) => ({
        _tag: "StatusChanged",
        ...at,
        providerMessageId: id,
        callbackData: id,
        status: "read",
        recipient: chat
      }))
    case "moved":
      return [{ _tag: "IdentityChanged", ...at, from: chat, to: { kind: "visitor", value: inbound.to } }]
    case "profile":
      return [{
        _tag: "ProfileStated",
        ...at,
        person: {
          identities: sender(inbound.visitorId, inbound.userId),
          ...(inbound.name === undefined ? {} : { displayName: inbound.name })
        },
        verified: inbound.verified,
        ...(inbound.email === undefined ? {} : { email: inbound.email }),
        ...(inbound.language === undefined ? {} : { language: inbound.language }),
        ...(inbound.attributes === undefined ? {} : { attributes: inbound.attributes }),
        ...(inbound.consent === undefined ? {} : { consent: inbound.consent })
      }]
    case "rating":
      return [{
        _tag: "ConversationRated",
        ...at,
        conversationId: inbound.conversationId,
        score: inbound.score,
        ...(inbound.solved === undefined ? {} : { solved: inbound.solved }),
        ...(inbound.comment === undefined ? {} : { comment: inbound.comment })
      }]
    case "typing":
      return [{ _tag: "TypingChanged", ...at, chat, until: inbound.until }]
    case "message": {
      const person = { identities: sender(inbound.visitorId, inbound.userId) }
      const visit = visitOf(inbound)
      return [
        {
          _tag: "MessageReceived",
          ...at,
          providerMessageId: providerMessageId(inbound.visitorId, inbound.id),
          chat,
          sender: person,
          content: toContent(inbound),
          ...(inbound.replyTo === undefined ? {} : { replyTo: inbound.replyTo }),
          ...(visit === undefined ? {} : { stated: { visit } })
        },
        ...(visit === undefined ? [] : [
          // Where they wrote from is the browser's word, whoever they are.
          { _tag: "ProfileStated", ...at, person, verified: false, attributes: { visit } } as const
        ])
      ]
    }
  }
}
