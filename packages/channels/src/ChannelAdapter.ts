/**
 * What a channel implements. An adapter is a value: its id, its capabilities and its functions; it keeps no state of
 * its own, and gets the account it acts for with every call.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { Effect, Option, Scope as Lifetime, Stream } from "effect"
import type { HttpClient } from "effect/http"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { Address } from "./Address.ts"
import type { ChannelGroups } from "./ChannelGroups.ts"
import type { ChannelHistory } from "./ChannelHistory.ts"
import type { ChannelLifecycle } from "./ChannelLifecycle.ts"
import type { ChannelProfile } from "./ChannelProfile.ts"
import type { ChannelTemplates } from "./ChannelTemplates.ts"
import type { AccountFacts, InboundEvent } from "./InboundEvent.ts"
import type { MessageAction, MessageTarget } from "./MessageAction.ts"
import * as Scope from "@wicara/core/Scope"
import type { Media, MediaSource, MessageContent, OutboundContent } from "./MessageContent.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const ChannelAccountId = Scope.ChannelAccountId
/** @since 0.1.0 */
export type ChannelAccountId = Scope.ChannelAccountId

/**
 * What a channel can do. From these follow the fallbacks and the laws that the conformance kit tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChannelCapabilities {
  /** The content kinds that can be sent as they are; others are turned into text (see `Fallback`) or refused. */
  readonly content: ReadonlySet<OutboundContent["type"]>
  /** Characters in one text message. */
  readonly maxTextLength: number
  readonly maxButtons: number
  readonly maxListRows: number
  readonly readReceipts: boolean
  readonly typing: boolean
  readonly reactions: boolean
  readonly statuses: boolean
  /**
   * What can be done to messages that were sent; nothing if absent. `forward`: the channel sends messages with
   * `forwardOf`. `editCaption`: what was said under a file can be edited as well; `act` says `not_supported` where an
   * account can't.
   */
  readonly actions?: ReadonlySet<MessageAction["type"] | "editCaption" | "forward"> | undefined
  /** Milliseconds after it was sent in which a text can be edited; without end if absent. */
  readonly editWithin?: number | undefined
  /**
   * Milliseconds after it took a message within which its provider says that it was sent, where it has statuses; 10
   * minutes if absent. What it does not is shown as stalled.
   */
  readonly acknowledgedWithin?: number | undefined
  /** Hours after the customer's last message in which free-form content may be sent; `null`: no such window. */
  readonly serviceWindowHours: number | null
  /**
   * How a send whose outcome is unknown can be settled: `message_id` (we choose the id, so a repeat can't double and the
   * provider can be asked), `callback` (a status webhook echoes our id), `none`.
   */
  readonly reconcile: "message_id" | "callback" | "none"
  /** Messages a second through one account, unless `limits` says otherwise for it. */
  readonly messagesPerSecond: number
}

/**
 * A limit on sending that the provider keeps: at most `messages` in any `per` milliseconds, through the whole account or
 * to one recipient. `burst`: how many may go at once, borrowed from what follows.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendLimit {
  readonly scope: "account" | "recipient"
  readonly messages: number
  readonly per: number
  readonly burst?: number | undefined
}

/**
 * An account as its adapter sees it, with its settings and secrets decoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Account<Settings, Secrets> {
  readonly id: ChannelAccountId
  readonly organizationId: OrganizationId
  readonly settings: Settings
  readonly secrets: Secrets
}

/**
 * A webhook request before anything was believed about it.
 *
 * @category models
 * @since 0.1.0
 */
export interface InboundRequest {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, string | undefined>>
  /** The exact bytes that arrived. */
  readonly body: Uint8Array
}

/**
 * The request's signature is missing or wrong.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidSignature extends Schema.TaggedError<InvalidSignature>()("InvalidSignature", {
  reason: Schema.String
}) {}

/**
 * The body is not what the provider documents as an envelope (not JSON, no events at all).
 *
 * @category errors
 * @since 0.1.0
 */
export class MalformedInbound extends Schema.TaggedError<MalformedInbound>()("MalformedInbound", {
  reason: Schema.String
}) {}

/**
 * A message to send.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutboundMessage {
  /** Our message id: sent along as the provider's callback data, where it has any. */
  readonly id: string
  readonly to: Address
  readonly content: OutboundContent
  /** The provider's id of the message this one answers. */
  readonly replyTo?: string | undefined
  /** It is this message, forwarded; `content` is what that one says. */
  readonly forwardOf?: MessageTarget | undefined
  /** The id reserved with `reserveMessageId` before the first attempt. */
  readonly providerMessageId?: string | undefined
  /** How often it was tried before; some providers want a longer wait after each refusal. */
  readonly attempt?: number | undefined
}

/**
 * Why a provider keeps back what it took:
 *
 * - `quality_assessment`: it first sees how people take others of its template, and then sends it or not
 * - `paused`: its template was paused
 *
 * @category schemas
 * @since 0.1.0
 */
export const HeldReason = Schema.Literals(["quality_assessment", "paused"]).annotate({ identifier: "HeldReason" })
/** @since 0.1.0 */
export type HeldReason = typeof HeldReason.Type

/**
 * How a send ended.
 *
 * - `Accepted`: the provider has it; `held`: and keeps it back, and will say what became of it
 * - `Rejected`: this message can't be sent; another one may; `optedOut`: because the person wants no advertisements
 * - `Retryable`: not now, but by itself later (a limit, a fault of the platform, no connection)
 * - `AccountRefused`: it was not sent, and no other message of the account would be, until somebody acts: credentials
 *   that expired, a session that is not there, a blocked or unpaid account. The account's messages wait
 * - `Unknown`: a time-out after the request left, a broken answer; reconciled, never blindly resent
 *
 * @category models
 * @since 0.1.0
 */
export type SendOutcome =
  | {
    readonly _tag: "Accepted"
    readonly providerMessageId: string | null
    readonly held?: HeldReason | undefined
  }
  | {
    readonly _tag: "Rejected"
    readonly code: string
    readonly reason: string
    readonly optedOut?: true | undefined
  }
  | {
    readonly _tag: "Retryable"
    readonly code: string
    readonly reason: string
    /** Wait at least this long, milliseconds. */
    readonly retryAfter?: number | undefined
    /**
     * `account`: the account was used too fast, whatever the message. Everything of it waits, longer each time, and the
     * try does not count. Absent: it says something of this message or its recipient only.
     */
    readonly limit?: "account" | undefined
  }
  | { readonly _tag: "AccountRefused"; readonly code: string; readonly reason: string }
  | { readonly _tag: "Unknown"; readonly reason: string }

/**
 * What asking the provider about an unknown send found: it has the message, it surely has not (it may be sent again
 * under the same id), or it can't tell yet.
 *
 * @category models
 * @since 0.1.0
 */
export type ReconcileResult =
  | { readonly _tag: "Found"; readonly providerMessageId: string }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Undecided" }

/**
 * A media file that a customer sent, and where its message stands at the provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface MediaRequest {
  readonly media: Media
  readonly chat: Address
  readonly providerMessageId: string | null
}

/**
 * A media file on its way from the provider. What is said of it is the provider's word; `content` fails when it breaks
 * off.
 *
 * @category models
 * @since 0.1.0
 */
export interface MediaDownload {
  readonly content: Stream.Stream<Uint8Array, MediaUnavailable>
  readonly sizeBytes?: number | undefined
  readonly mimeType?: string | undefined
  readonly fileName?: string | undefined
}

/**
 * A file to hand to the provider, to be sent with a message.
 *
 * @category models
 * @since 0.1.0
 */
export interface MediaUpload {
  readonly name: string
  readonly mimeType: string
  readonly sizeBytes: number
  readonly content: Stream.Stream<Uint8Array, MediaUnavailable>
}

/**
 * Where the provider has a file now, and until when (epoch milliseconds); without an end it serves one message only.
 *
 * @category models
 * @since 0.1.0
 */
export interface UploadedMedia {
  readonly source: MediaSource
  readonly expiresAt?: number | undefined
}

/**
 * The file can't be had, or handed over.
 *
 * - `later`: it may be in a while (a limit, a fault of the platform, no connection)
 * - `account`: not before somebody mends the account (credentials that expired, a session that is not there)
 * - `gone`: never: it expired, was deleted, or is not offered
 *
 * @category errors
 * @since 0.1.0
 */
export class MediaUnavailable extends Schema.TaggedError<MediaUnavailable>()("MediaUnavailable", {
  kind: Schema.Literals(["later", "account", "gone"]),
  code: Schema.String,
  reason: Schema.String,
  /** Wait at least this long, milliseconds. */
  retryAfter: Schema.optionalKey(Schema.Number)
}) {}

/**
 * Whether the customer of a chat is there.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChatPresence {
  readonly typing: boolean
  /** When they were last seen, epoch milliseconds; null if that is not known. */
  readonly lastSeenAt: number | null
}

/**
 * An account's health as `test` found it.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccountHealth {
  readonly status: "ok" | "warn" | "fail"
  readonly message: string
}

/**
 * A channel. `make` builds one from functions typed with the channel's own settings and secrets.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChannelAdapter<Settings = unknown, Secrets = unknown> {
  /** `whatsapp_cloud`, `waha`, `widget`, or your own. */
  readonly id: string
  readonly name: string
  readonly capabilities: ChannelCapabilities
  /** What an operator configures and may read back. */
  readonly settings: Schema.Codec<Settings, unknown>
  /** Credentials: stored encrypted, never returned. */
  readonly secrets: Schema.Codec<Secrets, unknown>
  /**
   * What the account is at the provider (a phone number id, a session's name): an organization can connect it once. At
   * most 190 characters.
   */
  readonly accountKey?: ((settings: Settings) => string | undefined) | undefined

  /** Answers the provider's verification request (a GET), with the text to echo. */
  readonly handshake?:
    | ((request: InboundRequest, account: Account<Settings, Secrets>) => Effect.Effect<string, InvalidSignature>)
    | undefined
  /** Checks the signature on the raw body. */
  readonly verify: (
    request: InboundRequest,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, InvalidSignature>
  /** Checks the envelope and names the delivery: the same delivery repeated gives the same key (at most 190 characters). */
  readonly identify: (request: InboundRequest) => Effect.Effect<{ readonly dedupeKey: string }, MalformedInbound>
  /** Decodes a stored body. Never fails: what it does not know becomes `Unknown`. */
  readonly decode: (
    body: Uint8Array,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<ReadonlyArray<InboundEvent>>

  /** Reserves the id that the message will have at the provider, so that a repeat can't double it. */
  readonly reserveMessageId?:
    | ((
      message: OutboundMessage,
      account: Account<Settings, Secrets>
    ) => Effect.Effect<Option.Option<string>, never, HttpClient.HttpClient>)
    | undefined
  readonly send: (
    message: OutboundMessage,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<SendOutcome, never, HttpClient.HttpClient>
  readonly reconcile?:
    | ((
      message: OutboundMessage,
      account: Account<Settings, Secrets>
    ) => Effect.Effect<ReconcileResult, never, HttpClient.HttpClient>)
    | undefined
  readonly react?:
    | ((
      target: { readonly chat: Address; readonly providerMessageId: string; readonly emoji: string | null },
      account: Account<Settings, Secrets>
    ) => Effect.Effect<SendOutcome, never, HttpClient.HttpClient>)
    | undefined
  /** Does to a message what `capabilities.actions` offers. May be repeated; `Accepted` needs no id. */
  readonly act?:
    | ((
      target: MessageTarget,
      action: MessageAction,
      account: Account<Settings, Secrets>
    ) => Effect.Effect<SendOutcome, never, HttpClient.HttpClient>)
    | undefined
  /** Marks a message as read, with a typing indicator if asked for. Best effort. */
  readonly markRead?:
    | ((
      target: { readonly chat: Address; readonly providerMessageId: string; readonly typing: boolean },
      account: Account<Settings, Secrets>
    ) => Effect.Effect<void, never, HttpClient.HttpClient>)
    | undefined
  /** Shows or hides the typing indicator where it does not depend on a message. Best effort. */
  readonly typing?:
    | ((
      target: { readonly chat: Address; readonly on: boolean },
      account: Account<Settings, Secrets>
    ) => Effect.Effect<void, never, HttpClient.HttpClient>)
    | undefined
  /**
   * Opens a media file that a customer sent; the scope ends the download. Absent: the channel has none that it would not
   * send along.
   */
  readonly fetchMedia?:
    | ((
      request: MediaRequest,
      account: Account<Settings, Secrets>
    ) => Effect.Effect<MediaDownload, MediaUnavailable, HttpClient.HttpClient | Lifetime.Scope>)
    | undefined
  /**
   * Hands a file to the provider. Absent: it loads files itself, from a link. A failure that is `gone` means that the
   * provider does not take this file.
   */
  readonly uploadMedia?:
    | ((
      file: MediaUpload,
      account: Account<Settings, Secrets>
    ) => Effect.Effect<UploadedMedia, MediaUnavailable, HttpClient.HttpClient>)
    | undefined
  /**
   * What the provider allows this account to send, with what it last said of it. Absent: `messagesPerSecond` of the
   * flags.
   */
  readonly limits?: ((settings: Settings, facts?: AccountFacts) => ReadonlyArray<SendLimit>) | undefined
  /** Connecting and letting go. Absent: an account is there as soon as its credentials are. */
  readonly lifecycle?: ChannelLifecycle<Settings, Secrets> | undefined
  readonly templates?: ChannelTemplates<Settings, Secrets> | undefined
  readonly profile?: ChannelProfile<Settings, Secrets> | undefined
  readonly groups?: ChannelGroups<Settings, Secrets> | undefined
  /** What the provider can be asked about the past. Absent: it tells nothing that it did not deliver. */
  readonly history?: ChannelHistory<Settings, Secrets> | undefined
  /**
   * The channel reads the organization's stored files itself: media whose source is `file` is given to `send` as it is,
   * and may come in with what `decode` gives.
   */
  readonly readsFiles?: boolean | undefined
  /** Asks the customer how a conversation was that is over. Best effort. */
  readonly askRating?:
    | ((
      target: { readonly chat: Address; readonly conversationId: string },
      account: Account<Settings, Secrets>
    ) => Effect.Effect<void, never, HttpClient.HttpClient>)
    | undefined
  /** Whether the customer is there; none if they are not known. */
  readonly presence?:
    | ((
      chat: Address,
      account: Account<Settings, Secrets>
    ) => Effect.Effect<Option.Option<ChatPresence>, never, HttpClient.HttpClient>)
    | undefined
  /** A round trip that shows whether the account works. */
  readonly test: (account: Account<Settings, Secrets>) => Effect.Effect<AccountHealth, never, HttpClient.HttpClient>
}

/**
 * An adapter as a value; the types of its settings and secrets are inferred from its schemas.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Settings, Secrets>(
  adapter: ChannelAdapter<Settings, Secrets>
): ChannelAdapter<Settings, Secrets> => adapter

/** Content as it is stored; re-exported for adapters' signatures. @category models @since 0.1.0 */
export type { MessageContent, OutboundContent }
