/**
 * One message of a conversation.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ChannelAccountId, HeldReason } from "@wicara/channels/ChannelAdapter"
import { AskedProduct, ProviderError } from "@wicara/channels/InboundEvent"
import { MessageContent, OutboundContent } from "@wicara/channels/MessageContent"
import { ContactId } from "@wicara/contacts/Contact"
import * as Id from "@wicara/core/Id"
import { UserId } from "@wicara/core/Tenancy"
import { Purpose, Verdict } from "./CanSend.ts"
import { ConversationId } from "./Conversation.ts"
import { MessageStatus } from "./MessageStatus.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const MessageId = Id.make(
  "MessageId",
  "One message. Ids of a conversation sort in the order in which its messages are read."
)
/** @since 0.1.0 */
export type MessageId = typeof MessageId.Type

/**
 * Who wrote it: the customer, the bot, a person here, a program with an API key, a person on the paired phone, or
 * another system: on the same account, or the platform itself.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Author = Schema.Literals(["contact", "bot", "user", "api", "phone", "system"])
/** @since 0.1.0 */
export type Author = typeof Author.Type

/**
 * @category models
 * @since 0.1.0
 */
export const Reaction = Schema.Struct({
  emoji: Schema.String,
  by: Schema.Literals(["contact", "business"])
}).annotate({ identifier: "MessageReaction" })
/** @since 0.1.0 */
export type Reaction = typeof Reaction.Type

/**
 * What somebody chose in a poll: the whole choice, none where they took it back.
 *
 * @category models
 * @since 0.1.0
 */
export const PollVote = Schema.Struct({
  /** Null: the business itself. */
  contactId: Schema.NullOr(ContactId),
  options: Schema.Array(Schema.String)
}).annotate({ identifier: "PollVote" })
/** @since 0.1.0 */
export type PollVote = typeof PollVote.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Message extends Schema.Class<Message>("Message")({
  id: MessageId,
  conversationId: ConversationId,
  direction: Schema.Literals(["inbound", "outbound"]),
  author: Author,
  /** The person, when `author` is `user`. */
  authorId: Schema.NullOr(UserId),
  content: MessageContent,
  /** The provider's id; null until it is known. */
  providerMessageId: Schema.NullOr(Schema.String),
  /** The provider's id of the message that this one answers. */
  replyTo: Schema.NullOr(Schema.String),
  /**
   * The advertisement or post that led the customer here, in the provider's words: `source_type` (`ad`, `post`),
   * `source_url`, `source_id`, `headline`, `body`, `ctwa_clid`.
   */
  referral: Schema.Json,
  /** The catalogue's product that the customer asks about. */
  product: Schema.NullOr(AskedProduct),
  /** Null for messages of the customer. */
  status: Schema.NullOr(MessageStatus),
  error: Schema.NullOr(ProviderError),
  reactions: Schema.Array(Reaction),
  /** In a poll. */
  votes: Schema.Array(PollVote),
  forwarded: Schema.Boolean,
  sentAt: Schema.DateTimeUtcFromString,
  receivedAt: Schema.DateTimeUtcFromString,
  deliveredAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  readAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  editedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  revokedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  pinnedUntil: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** In the account's own list. */
  starred: Schema.Boolean,
  /** The decision under which it was sent. */
  verdict: Schema.NullOr(Verdict),
  /** From before the account was connected, or missed and found later: kept in its place, and nobody was told. */
  historical: Schema.Boolean,
  /** Since when its provider, which took it, should have said more of it; null as soon as it does. */
  stalledAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** Why its provider, which took it, keeps it back; null as soon as it says more. */
  held: Schema.NullOr(HeldReason)
}) {}

/**
 * A message to send.
 *
 * @category models
 * @since 0.1.0
 */
export const SendMessage = Schema.Struct({
  content: OutboundContent,
  /** The id of the message in this conversation that it answers. */
  replyTo: Schema.optionalKey(MessageId),
  /** `service` if absent. */
  purpose: Schema.optionalKey(Purpose)
}).annotate({ identifier: "SendMessage" })
/** @since 0.1.0 */
export type SendMessage = typeof SendMessage.Type

/**
 * Which messages to send again: those of an account that failed in a span.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ResendMessages = Schema.Struct({
  channelAccountId: ChannelAccountId,
  from: Schema.optionalKey(Schema.DateTimeUtcFromString.annotate({ description: "Those that failed from then on." })),
  to: Schema.optionalKey(Schema.DateTimeUtcFromString.annotate({ description: "Those that failed before." })),
  cursor: Schema.optionalKey(
    Schema.String.check(Schema.isMaxLength(2_000)).annotate({
      description: "`nextCursor` of the answer before."
    })
  )
}).annotate({ identifier: "ResendMessages" })
/** @since 0.1.0 */
export type ResendMessages = typeof ResendMessages.Type

/**
 * What became of messages to be sent again, at most 500 at a time.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ResentMessages = Schema.Struct({
  resent: Schema.Int,
  /** They can't be sent now, or the caller may not. */
  skipped: Schema.Int.annotate({ description: "They can't be sent now, or the caller may not." }),
  nextCursor: Schema.NullOr(Schema.String)
}).annotate({ identifier: "ResentMessages" })
/** @since 0.1.0 */
export type ResentMessages = typeof ResentMessages.Type
