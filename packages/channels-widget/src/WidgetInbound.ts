/**
 * The widget's own "webhook" bodies: what visitors do, as it is stored and later decoded by `WidgetAdapter`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { Locale, Page, VisitorId } from "./Visitor.ts"
import { WidgetMessageId } from "./WidgetMessage.ts"

/** A visitor wrote. @category models @since 0.1.0 */
export const VisitorWrote = Schema.Struct({
  type: Schema.Literal("message"),
  visitorId: VisitorId,
  id: WidgetMessageId,
  text: Schema.String,
  choice: Schema.optionalKey(Schema.Struct({ type: Schema.Literals(["button", "list"]), id: Schema.String })),
  replyTo: Schema.optionalKey(WidgetMessageId),
  /** Epoch milliseconds. */
  at: Schema.Int,
  locale: Schema.optionalKey(Locale),
  page: Schema.optionalKey(Page)
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

/** @category models @since 0.1.0 */
export const WidgetInbound = Schema.Union([VisitorWrote, VisitorRead])
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
export const dedupeKey = (inbound: WidgetInbound): string =>
  inbound.type === "message" ? `${inbound.visitorId}:${inbound.id}` : `${inbound.visitorId}:read:${inbound.upTo}`

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
 * What it means in the channels' vocabulary.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toEvents = (inbound: WidgetInbound): ReadonlyArray<InboundEvent> => {
  const chat = { kind: "visitor", value: inbound.visitorId } as const
  if (inbound.type === "read") {
    return inbound.ids.map((id) => ({
      _tag: "StatusChanged",
      providerMessageId: id,
      callbackData: id,
      status: "read",
      timestamp: inbound.at,
      recipient: chat,
      raw: inbound
    }))
  }
  const { at, choice, id, replyTo, text, visitorId } = inbound
  return [{
    _tag: "MessageReceived",
    providerMessageId: providerMessageId(visitorId, id),
    chat,
    sender: { identities: [chat] },
    content: choice === undefined
      ? { type: "text", text }
      : { type: choice.type === "button" ? "button_reply" : "list_reply", id: choice.id, title: text },
    timestamp: at,
    ...(replyTo === undefined ? {} : { replyTo }),
    raw: inbound
  }]
}
