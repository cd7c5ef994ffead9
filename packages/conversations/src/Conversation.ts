/**
 * A conversation: what one customer and one channel account write to each other, and who answers there.
 *
 * @since 0.1.0
 */
import type * as Sorting from "@wicara/core/Sorting"
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import { Address } from "@wicara/channels/Address"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ContactId } from "@wicara/contacts/Contact"
import * as Id from "@wicara/core/Id"
import { typeUri } from "@wicara/core/Problem"
import { TeamId } from "@wicara/core/Scope"
import { UserId } from "@wicara/core/Tenancy"
import { Verdict } from "./CanSend.ts"
import { titles } from "./ProblemTitles.ts"

/**
 * What the inbox is sorted by.
 *
 * @category constants
 * @since 0.1.0
 */
export const conversationSorts = ["lastMessageAt"] as const
/** @since 0.1.0 */
export type ConversationSort = Sorting.Sort<(typeof conversationSorts)[number]>

/**
 * @category ids
 * @since 0.1.0
 */
export const ConversationId = Id.make(
  "ConversationId",
  "What one customer and one channel account write to each other."
)
/** @since 0.1.0 */
export type ConversationId = typeof ConversationId.Type

/**
 * Where a conversation stands: `new` until someone answers, `bot_active` while the bot answers, `escalated` while it
 * waits for a person, `transferred` while a person answers, `resolved` (a message within 7 days opens it again), `closed`
 * for good.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Lifecycle = Schema.Literals(["new", "bot_active", "escalated", "transferred", "resolved", "closed"])

/**
 * Whether a matter is settled: nobody has to say anything until the customer writes again.
 *
 * @category models
 * @since 0.1.0
 */
export const isOver = ({ lifecycle }: { readonly lifecycle: typeof Lifecycle.Type }): boolean =>
  lifecycle === "resolved" || lifecycle === "closed"
/** @since 0.1.0 */
export type Lifecycle = typeof Lifecycle.Type

/**
 * Who answers: the bot, a person, or nobody yet (the conversation waits in the queue).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Ownership = Schema.Literals(["bot", "human", "nobody"])
/** @since 0.1.0 */
export type Ownership = typeof Ownership.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Conversation extends Schema.Class<Conversation>("Conversation")({
  id: ConversationId,
  contactId: ContactId,
  channelAccountId: ChannelAccountId,
  /** Where answers go: the address the last message came from. */
  chat: Address,
  lifecycle: Lifecycle,
  ownership: Ownership,
  /** The person who answers; null when it is someone on the paired phone, or nobody. */
  ownerId: Schema.NullOr(UserId),
  /** The team that it belongs to: people can be limited to what is their teams'. */
  teamId: Schema.NullOr(TeamId),
  /** Grows with every change of ownership: whoever acts on an older one is refused. */
  epoch: Schema.Int,
  /** Why it was handed over, or taken over. */
  ownershipReason: Schema.NullOr(Schema.String),
  lastMessageAt: Schema.DateTimeUtcFromString,
  /** When the customer last wrote: the service window counts from here. */
  lastInboundAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** The beginning of the last message; empty for one without words. */
  preview: Schema.String,
  previewDirection: Schema.Literals(["inbound", "outbound"]),
  /** Messages of the customer since a person last read or wrote. */
  unread: Schema.Int,
  /** What is known of it; what customers say of it, such as where they write from, is under `stated`. */
  attributes: Schema.JsonObject,
  openedAt: Schema.DateTimeUtcFromString,
  resolvedAt: Schema.NullOr(Schema.DateTimeUtcFromString)
}) {}

/**
 * The conversation has another owner or epoch by now: whatever was decided on the older one must not happen.
 *
 * @category errors
 * @since 0.1.0
 */
export class StaleEpoch extends HttpApiError.Problem<StaleEpoch>()("StaleEpoch", {
  type: typeUri("stale-epoch"),
  status: 409,
  title: titles.messages["stale-epoch"].en
}, { ownership: Ownership, epoch: Schema.Int }) {
  /** A `StaleEpoch` that says who owns the conversation now. */
  static of(ownership: Ownership, epoch: number): StaleEpoch {
    return new StaleEpoch({
      ownership,
      epoch,
      detail: `The conversation is owned by ${ownership} now (epoch ${epoch}).`
    })
  }
}

/**
 * The conversation is closed for good; the customer's next message opens another one.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConversationClosed extends HttpApiError.Problem<ConversationClosed>()("ConversationClosed", {
  type: typeUri("conversation-closed"),
  status: 409,
  title: titles.messages["conversation-closed"].en
}) {}

/**
 * The message may not be sent now; `verdict` says why.
 *
 * @category errors
 * @since 0.1.0
 */
export class CannotSend extends HttpApiError.Problem<CannotSend>()("CannotSend", {
  type: typeUri("cannot-send"),
  status: 422,
  title: titles.messages["cannot-send"].en
}, { verdict: Verdict }) {}
