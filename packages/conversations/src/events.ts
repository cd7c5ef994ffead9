/**
 * What happens in conversations, for consumers of the event log. The aggregate of each is its conversation, so that
 * consumers see the events of one conversation in order.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ChannelAccountId, HeldReason } from "@wicara/channels/ChannelAdapter"
import { Call } from "@wicara/channels/MessageContent"
import { ContactId, ContactMergeId } from "@wicara/contacts/Contact"
import * as Events from "@wicara/core/Events"
import { Instant } from "@wicara/core/Instant"
import { TeamId } from "@wicara/core/Scope"
import { UserId } from "@wicara/core/Tenancy"
import { ConversationId, Ownership } from "./Conversation.ts"
import { HistoryGapId } from "./HistoryGap.ts"
import { Author, MessageId } from "./Message.ts"
import { MessageStatus } from "./MessageStatus.ts"

const conversation = {
  conversationId: ConversationId,
  contactId: ContactId,
  channelAccountId: ChannelAccountId
}

/** The first message of a conversation came, or the business began it. @category events @since 0.1.0 */
export const ConversationOpened = Events.define("conversation.opened", Schema.Struct(conversation))

/** A message came to a resolved conversation. @category events @since 0.1.0 */
export const ConversationReopened = Events.define("conversation.reopened", Schema.Struct(conversation))

/** @category events @since 0.1.0 */
export const ConversationResolved = Events.define("conversation.resolved", Schema.Struct(conversation))

/** @category events @since 0.1.0 */
export const ConversationClosed = Events.define("conversation.closed", Schema.Struct(conversation))

/**
 * Another conversation of the same customer became part of this one, or is one of its own again: their contacts were
 * merged, or the merge was undone.
 *
 * @category events
 * @since 0.1.0
 */
export const ConversationJoined = Events.define(
  "conversation.joined",
  Schema.Struct({
    ...conversation,
    otherConversationId: ConversationId,
    mergeId: ContactMergeId,
    joined: Schema.Boolean
  })
)

/** @category events @since 0.1.0 */
export const ConversationRead = Events.define("conversation.read", Schema.Struct(conversation))

/**
 * Another owner, or the same one again: the epoch is new.
 *
 * @category events
 * @since 0.1.0
 */
export const OwnershipChanged = Events.define(
  "conversation.ownership_changed",
  Schema.Struct({
    ...conversation,
    ownership: Ownership,
    previous: Ownership,
    epoch: Schema.Int,
    ownerId: Schema.NullOr(UserId),
    reason: Schema.NullOr(Schema.String),
    /** Who did it, if it was a member. */
    by: Schema.optional(Schema.NullOr(UserId))
  })
)

/** It belongs to another team, or to none. @category events @since 0.1.0 */
export const ConversationTeamChanged = Events.define(
  "conversation.team_changed",
  Schema.Struct({ ...conversation, teamId: Schema.NullOr(TeamId), previous: Schema.NullOr(TeamId) })
)

/** A customer wrote. @category events @since 0.1.0 */
export const MessageReceived = Events.define(
  "conversation.message.received",
  Schema.Struct({ ...conversation, messageId: MessageId })
)

/**
 * A message from the past was stored in its place: nobody is to answer it or to be told.
 *
 * @category events
 * @since 0.1.0
 */
export const MessageBackfilled = Events.define(
  "conversation.message.backfilled",
  Schema.Struct({ ...conversation, messageId: MessageId, author: Author })
)

/** A call began or came further; `messageId` is its entry in the transcript. @category events @since 0.1.0 */
export const CallChanged = Events.define(
  "conversation.call_changed",
  Schema.Struct({
    ...conversation,
    messageId: MessageId,
    callId: Schema.String,
    direction: Call.fields.direction,
    status: Call.fields.status,
    video: Schema.Boolean
  })
)

/** A group changed; `messageId` is the entry in the transcript that says how. @category events @since 0.1.0 */
export const GroupChanged = Events.define(
  "conversation.group_changed",
  Schema.Struct({ ...conversation, messageId: MessageId, kind: Schema.String })
)

/** A message of the business was stored, to be sent. @category events @since 0.1.0 */
export const MessageQueued = Events.define(
  "conversation.message.queued",
  Schema.Struct({ ...conversation, messageId: MessageId, author: Author })
)

/** The provider has a message of the business, whoever wrote it. @category events @since 0.1.0 */
export const MessageSent = Events.define(
  "conversation.message.sent",
  Schema.Struct({ ...conversation, messageId: MessageId, author: Author })
)

/** A message of the business got further, or failed. @category events @since 0.1.0 */
export const MessageStatusChanged = Events.define(
  "conversation.message.status_changed",
  Schema.Struct({
    ...conversation,
    messageId: MessageId,
    status: MessageStatus,
    errorCode: Schema.NullOr(Schema.String)
  })
)

/**
 * Whether a message was sent could not be found out in time: a person should look. It is not sent again. A conversation
 * that the bot owned changes hands with it, with a reason that begins with `delivery_unknown`.
 *
 * @category events
 * @since 0.1.0
 */
export const MessageUnresolved = Events.define(
  "conversation.message.unresolved",
  Schema.Struct({ ...conversation, messageId: MessageId })
)

/**
 * A provider took a message and did not say in time that it was sent: perhaps nobody receives it. A status that comes
 * later heals it.
 *
 * @category events
 * @since 0.1.0
 */
export const MessageStalled = Events.define(
  "conversation.message.stalled",
  Schema.Struct({ ...conversation, messageId: MessageId })
)

/**
 * A provider took a message and keeps it back: it may send it later, or never. A status that comes later ends it.
 *
 * @category events
 * @since 0.1.0
 */
export const MessageHeld = Events.define(
  "conversation.message.held",
  Schema.Struct({ ...conversation, messageId: MessageId, reason: HeldReason })
)

/** @category events @since 0.1.0 */
export const MessageEdited = Events.define(
  "conversation.message.edited",
  Schema.Struct({ ...conversation, messageId: MessageId })
)

/** @category events @since 0.1.0 */
export const MessageRevoked = Events.define(
  "conversation.message.revoked",
  Schema.Struct({ ...conversation, messageId: MessageId })
)

/** `emoji` is null when a reaction was taken back. @category events @since 0.1.0 */
export const MessageReacted = Events.define(
  "conversation.message.reacted",
  Schema.Struct({
    ...conversation,
    messageId: MessageId,
    emoji: Schema.NullOr(Schema.String),
    by: Schema.Literals(["contact", "business"])
  })
)

/** Somebody chose in a poll, or chose anew; `options` is the whole choice. @category events @since 0.1.0 */
export const MessageVoted = Events.define(
  "conversation.message.voted",
  Schema.Struct({
    ...conversation,
    messageId: MessageId,
    options: Schema.Array(Schema.String),
    by: Schema.Literals(["contact", "business"])
  })
)

/** A message was pinned or no longer is, starred or no longer is. @category events @since 0.1.0 */
export const MessageMarked = Events.define(
  "conversation.message.marked",
  Schema.Struct({ ...conversation, messageId: MessageId, pinned: Schema.Boolean, starred: Schema.Boolean })
)

/** The chat was put away in the account's own app, or brought back. @category events @since 0.1.0 */
export const ChatArchived = Events.define(
  "conversation.chat_archived",
  Schema.Struct({ ...conversation, archived: Schema.Boolean })
)

/** The chat got a label in the account's own app, or lost it. @category events @since 0.1.0 */
export const ChatLabelChanged = Events.define(
  "conversation.chat_label_changed",
  Schema.Struct({
    ...conversation,
    labelId: Schema.String,
    name: Schema.NullOr(Schema.String),
    added: Schema.Boolean
  })
)

/** A label of an account's own app was made, changed or deleted. Its aggregate is the account. @category events @since 0.1.0 */
export const LabelChanged = Events.define(
  "channel.account.label_changed",
  Schema.Struct({
    channelAccountId: ChannelAccountId,
    labelId: Schema.String,
    name: Schema.NullOr(Schema.String),
    /** `#rrggbb`. */
    color: Schema.NullOr(Schema.String),
    deleted: Schema.Boolean
  })
)

/**
 * A customer said how a conversation was, or said it anew. `score` is 1 to 5.
 *
 * @category events
 * @since 0.1.0
 */
export const ConversationRated = Events.define(
  "conversation.rated",
  Schema.Struct({ ...conversation, score: Schema.Int, solved: Schema.NullOr(Schema.Boolean) })
)

/**
 * The customer writes, until then unless it is told again, or stopped (null). A message of theirs ends it, too.
 *
 * @category events
 * @since 0.1.0
 */
export const TypingChanged = Events.define(
  "conversation.typing_changed",
  Schema.Struct({ ...conversation, until: Schema.NullOr(Instant) })
)

/**
 * A provider had not delivered messages: they were found in its history and stored. `unanswered` of them are treated as
 * new. Its aggregate is the account.
 *
 * @category events
 * @since 0.1.0
 */
export const MessagesMissed = Events.define(
  "channel.account.messages_missed",
  Schema.Struct({
    channelAccountId: ChannelAccountId,
    gapId: HistoryGapId,
    messages: Schema.Int,
    unanswered: Schema.Int
  })
)

/**
 * A conversation goes on under another channel account: `channelAccountId` is the new one.
 *
 * @category events
 * @since 0.1.0
 */
export const ConversationMoved = Events.define(
  "conversation.moved",
  Schema.Struct({ ...conversation, fromChannelAccountId: ChannelAccountId })
)
