/**
 * Where visitors and their streams are kept: a small port, implemented by `SqlWidgetStore`.
 *
 * A stream is ordered: `append` gives every message the next sequence number of its visitor and makes it visible before
 * the next number is given, so that whoever reads on after a number misses nothing.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Effect } from "effect"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { SessionId, VisitorId, VisitorRef } from "./Visitor.ts"
import type { WidgetContent, WidgetMessageId } from "./WidgetMessage.ts"

/**
 * A message to append.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewMessage {
  readonly id: WidgetMessageId
  readonly from: "visitor" | "business"
  readonly content: WidgetContent
  readonly replyTo: WidgetMessageId | null
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/**
 * A message in its stream.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredMessage extends NewMessage {
  /** Its place among the visitor's messages: growing, with gaps. */
  readonly seq: number
}

/**
 * What a visitor's stream is at, and how far either side has read.
 *
 * @category models
 * @since 0.1.0
 */
export interface VisitorState {
  readonly visitorId: VisitorId
  readonly lastSeq: number
  /** The last message that the business has read. */
  readonly businessReadSeq: number
  /** The last message that the visitor has read. */
  readonly visitorReadSeq: number
  /** Until when (epoch milliseconds) the business is shown as writing; 0: it is not. */
  readonly businessTypingUntil: number
  readonly visitorTypingUntil: number
  readonly lastSeenAt: number
  /** Who the site says they are; null while it does not. */
  readonly externalId: string | null
  /** When they answered the form, epoch milliseconds. */
  readonly formAt: number | null
  /** The conversation that they are asked about: how it was. */
  readonly ratingFor: string | null
  /** The conversation of which they said it last. */
  readonly ratedFor: string | null
}

/**
 * What changes of a visitor's state; read marks only move forward.
 *
 * @category models
 * @since 0.1.0
 */
export interface VisitorChange {
  readonly businessReadSeq?: number | undefined
  readonly visitorReadSeq?: number | undefined
  readonly businessTypingUntil?: number | undefined
  readonly visitorTypingUntil?: number | undefined
  readonly lastSeenAt?: number | undefined
  /** `null`: nothing is asked any more. */
  readonly ratingFor?: string | null | undefined
  readonly ratedFor?: string | undefined
}

/**
 * A visitor's place in the walk of `trim`.
 *
 * @category models
 * @since 0.1.0
 */
export interface TrimCursor extends VisitorRef {
  readonly organizationId: OrganizationId
}

/**
 * @category services
 * @since 0.1.0
 */
export class WidgetStore extends Context.Service<WidgetStore, {
  /**
   * Adds the message to the end of the stream, making the visitor known if they are new. The same id from the same side
   * again gives the first one, and `added: false`. A reply ends the business's typing, and what the visitor writes ends
   * the question of how it was. The stream of a visitor who moved goes on in the other's.
   */
  readonly append: (
    organizationId: OrganizationId,
    visitor: VisitorRef,
    message: NewMessage
  ) => Effect.Effect<{ readonly message: StoredMessage; readonly added: boolean }>
  /** The message with this id from this side. */
  readonly find: (
    organizationId: OrganizationId,
    visitor: VisitorRef,
    from: "visitor" | "business",
    id: WidgetMessageId
  ) => Effect.Effect<StoredMessage | undefined>
  /** Messages after a sequence number, oldest first. */
  readonly after: (
    organizationId: OrganizationId,
    visitor: VisitorRef,
    seq: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<StoredMessage>>
  /** Messages before a sequence number, newest first. */
  readonly before: (
    organizationId: OrganizationId,
    visitor: VisitorRef,
    seq: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<StoredMessage>>
  /** The states of those visitors that are known, in one query. */
  readonly states: (
    organizationId: OrganizationId,
    channelAccountId: ChannelAccountId,
    visitorIds: ReadonlyArray<VisitorId>
  ) => Effect.Effect<ReadonlyArray<VisitorState>>
  /** Changes a known visitor's state; nothing happens for an unknown one. */
  readonly update: (
    organizationId: OrganizationId,
    visitor: VisitorRef,
    change: VisitorChange
  ) => Effect.Effect<void>
  /** Makes the visitor known, if they are not, by what is known of them. */
  readonly know: (
    organizationId: OrganizationId,
    visitor: VisitorRef,
    known: { readonly at: number; readonly externalId?: string | undefined; readonly formAt?: number | undefined }
  ) => Effect.Effect<void>
  /**
   * Makes one visitor another of the same account: their messages are put at the end of the other's stream, where those
   * that are there already stay as they are, and what comes for them goes there, too. `false` when there was nothing to
   * move.
   */
  readonly move: (
    organizationId: OrganizationId,
    from: VisitorRef,
    to: VisitorId
  ) => Effect.Effect<boolean>
  /** Ends a session before its tokens end by themselves (epoch milliseconds). */
  readonly signOut: (
    organizationId: OrganizationId,
    channelAccountId: ChannelAccountId,
    sessionId: SessionId,
    expiresAt: number
  ) => Effect.Effect<void>
  readonly isSignedOut: (
    organizationId: OrganizationId,
    channelAccountId: ChannelAccountId,
    sessionId: SessionId
  ) => Effect.Effect<boolean>
  /** Forgets the ends of sessions whose tokens have ended by now. */
  readonly forgetSignOuts: (now: number) => Effect.Effect<void>
  /**
   * Deletes what is older than `before` (epoch milliseconds) of the next `limit` visitors: their old messages, and the
   * visitors themselves who have not been seen since. Gives where to go on, `null` at the end.
   */
  readonly trim: (options: {
    readonly before: number
    readonly after: TrimCursor | null
    readonly limit: number
  }) => Effect.Effect<{ readonly next: TrimCursor | null; readonly messages: number; readonly visitors: number }>
}>()("@wicara/channels-widget/WidgetStore") {}
