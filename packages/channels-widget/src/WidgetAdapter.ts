/**
 * The widget as a channel. Sending appends to the visitor's stream under our message id: it can't double, and whether an
 * unknown send happened can always be told.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Option, Redacted, Schema } from "effect"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import type { OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { Address } from "@wicara/channels/Address"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import * as Id from "@wicara/core/Id"
import type { VisitorRef, WidgetAccount } from "./Visitor.ts"
import { VisitorId } from "./Visitor.ts"
import { ground } from "./WidgetColor.ts"
import { WidgetFeed } from "./WidgetFeed.ts"
import * as WidgetInbound from "./WidgetInbound.ts"
import type { WidgetContent } from "./WidgetMessage.ts"
import { WidgetMessageId } from "./WidgetMessage.ts"
import type { WidgetSecrets as Secrets, WidgetSettings as Settings } from "./WidgetSettings.ts"
import { WidgetSecrets, WidgetSettings } from "./WidgetSettings.ts"
import { WidgetStore } from "./WidgetStore.ts"

/**
 * The id in the registry of channels.
 *
 * @category constants
 * @since 0.1.0
 */
export const id = "widget"

/**
 * How long a typing indicator stays without being renewed or answered, milliseconds; as long as WhatsApp's.
 *
 * @category constants
 * @since 0.1.0
 */
export const typingMillis = 25_000

/** @category models @since 0.1.0 */
export const capabilities: ChannelAdapter.ChannelCapabilities = {
  content: new Set(["text", "image", "video", "audio", "document", "buttons", "list", "link_button"]),
  maxTextLength: 16_000,
  maxButtons: 10,
  maxListRows: 50,
  readReceipts: true,
  typing: true,
  reactions: false,
  statuses: true,
  serviceWindowHours: null,
  reconcile: "message_id",
  messagesPerSecond: 1000
}

const isVisitorId = Schema.is(VisitorId)
const isMessageId = Schema.is(WidgetMessageId)

const refOf = (account: WidgetAccount, address: Address): Option.Option<VisitorRef> =>
  address.kind === "visitor" && isVisitorId(address.value)
    ? Option.some({ channelAccountId: account.id, visitorId: address.value })
    : Option.none()

const isPublicUrl = (url: string) => url.startsWith("https://") || url.startsWith("http://")

/** What the widget shows of it, or why it can't. */
const showable = (content: OutboundContent): WidgetContent | { readonly refused: string } => {
  switch (content.type) {
    case "text":
    case "buttons":
    case "list":
      return content
    case "link_button":
      return isPublicUrl(content.url) ? content : { refused: "the link is not http or https" }
    case "image":
    case "video":
    case "audio":
    case "document":
      return content.media.source.type === "file" ||
          content.media.source.type === "url" && isPublicUrl(content.media.source.url)
        ? content
        : { refused: "media needs to be a stored file, or to have an http or https address" }
    default:
      return { refused: `the widget can't show ${content.type}` }
  }
}

const rejected = (code: string, reason: string): SendOutcome => ({ _tag: "Rejected", code, reason })

/**
 * Builds the adapter for the registry of channels. Settings and secrets of its accounts are `WidgetSettings` and
 * `WidgetSecrets`; make the signing key with `newSigningKey`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<
  ChannelAdapter.ChannelAdapter<Settings, Secrets>,
  never,
  WidgetStore | WidgetFeed
> = Effect.gen(function*() {
  const store = yield* WidgetStore
  const feed = yield* WidgetFeed

  const send = Effect.fn("WidgetAdapter.send")(function*(message: OutboundMessage, account: WidgetAccount) {
    const visitor = refOf(account, message.to)
    if (Option.isNone(visitor)) return rejected("not_a_visitor", `"${message.to.value}" is not a visitor of a widget`)
    if (!isMessageId(message.id)) return rejected("invalid_message_id", `"${message.id}" is not a UUID`)
    const content = showable(message.content)
    if ("refused" in content) return rejected("unsupported_content", content.refused)
    const replyTo = message.replyTo === undefined ? null : WidgetInbound.widgetMessageId(message.replyTo)
    yield* store.append(account.organizationId, visitor.value, {
      id: message.id,
      from: "business",
      content,
      replyTo: replyTo !== null && isMessageId(replyTo) ? replyTo : null,
      createdAt: yield* Clock.currentTimeMillis
    })
    yield* feed.wake(account.organizationId, visitor.value)
    return { _tag: "Accepted", providerMessageId: message.id } satisfies SendOutcome
  })

  const reconcile = Effect.fn("WidgetAdapter.reconcile")(function*(message: OutboundMessage, account: WidgetAccount) {
    const visitor = refOf(account, message.to)
    if (Option.isNone(visitor) || !isMessageId(message.id)) return { _tag: "Absent" } as const
    const found = yield* store.find(account.organizationId, visitor.value, "business", message.id)
    return found === undefined
      ? { _tag: "Absent" } as const
      : { _tag: "Found", providerMessageId: message.id } as const
  })

  const showTyping = Effect.fnUntraced(function*(account: WidgetAccount, visitor: VisitorRef, on: boolean) {
    const now = yield* Clock.currentTimeMillis
    yield* store.update(account.organizationId, visitor, { businessTypingUntil: on ? now + typingMillis : 0 })
    yield* feed.wake(account.organizationId, visitor)
  })

  return ChannelAdapter.make<Settings, Secrets>({
    id,
    name: "Web widget",
    capabilities,
    settings: WidgetSettings,
    secrets: WidgetSecrets,
    verify: () =>
      new ChannelAdapter.InvalidSignature({ reason: "visitors write with their own token, not by webhook" }),
    identify: (request) =>
      Option.match(WidgetInbound.fromBody(request.body), {
        onNone: () => new ChannelAdapter.MalformedInbound({ reason: "not a widget event" }),
        onSome: (inbound) => Effect.succeed({ dedupeKey: WidgetInbound.dedupeKey(inbound) })
      }),
    decode: (body) =>
      Effect.sync(() =>
        Option.match(WidgetInbound.fromBody(body), {
          onNone: () => [{ _tag: "Unknown" as const, kind: "widget", raw: WidgetInbound.rawBody(body) }],
          onSome: WidgetInbound.toEvents
        })
      ),
    reserveMessageId: (message) => Effect.succeed(Option.some(message.id)),
    send,
    reconcile,
    markRead: Effect.fn("WidgetAdapter.markRead")(function*(target, account) {
      const visitor = refOf(account, target.chat)
      if (Option.isNone(visitor)) return
      const messageId = WidgetInbound.widgetMessageId(target.providerMessageId)
      const message = isMessageId(messageId)
        ? yield* store.find(account.organizationId, visitor.value, "visitor", messageId)
        : undefined
      const now = yield* Clock.currentTimeMillis
      yield* store.update(account.organizationId, visitor.value, {
        businessReadSeq: message?.seq,
        businessTypingUntil: target.typing ? now + typingMillis : undefined
      })
      yield* feed.wake(account.organizationId, visitor.value)
    }),
    typing: Effect.fn("WidgetAdapter.typing")(function*(target, account) {
      const visitor = refOf(account, target.chat)
      if (Option.isSome(visitor)) yield* showTyping(account, visitor.value, target.on)
    }),
    readsFiles: true,
    askRating: Effect.fn("WidgetAdapter.askRating")(function*({ chat, conversationId }, account) {
      const visitor = refOf(account, chat)
      if (Option.isNone(visitor) || !account.settings.rating) return
      yield* store.update(account.organizationId, visitor.value, { ratingFor: conversationId })
      yield* feed.wake(account.organizationId, visitor.value)
    }),
    presence: Effect.fn("WidgetAdapter.presence")(function*(chat, account) {
      const visitor = refOf(account, chat)
      if (Option.isNone(visitor)) return Option.none()
      const [state] = yield* store.states(account.organizationId, account.id, [visitor.value.visitorId])
      const now = yield* Clock.currentTimeMillis
      return state === undefined
        ? Option.none()
        : Option.some({ typing: state.visitorTypingUntil > now, lastSeenAt: state.lastSeenAt })
    }),
    test: Effect.fn("WidgetAdapter.test")(function*(account) {
      yield* store.states(account.organizationId, account.id, [yield* Id.next(VisitorId)])
      const shade = ground(account.settings.color)
      return Redacted.value(account.secrets.signingKey).length < 32
        ? { status: "fail", message: "The signing key is shorter than 32 characters." } as const
        : account.settings.allowedOrigins.includes("*")
        ? { status: "warn", message: "Any website may show this widget: set allowedOrigins." } as const
        : shade !== account.settings.color
        ? {
          status: "warn",
          message: `Text on ${account.settings.color} can't be read well: the widget uses ${shade}.`
        } as const
        : { status: "ok", message: `Shown on ${account.settings.allowedOrigins.join(", ")}.` } as const
    })
  })
})
