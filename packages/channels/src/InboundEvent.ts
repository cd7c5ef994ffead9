/**
 * What a provider's webhook means, in one vocabulary. An adapter decodes every payload into these; what it does not
 * know becomes `Unknown`, which is stored and counted.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Address, Identity } from "./Address.ts"
import { Call, MessageContent } from "./MessageContent.ts"

/**
 * How far a sent message came. Later ones never give way to earlier ones; see `DeliveryStatus` in conversations.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ProviderStatus = Schema.Literals(["accepted", "sent", "delivered", "read", "played", "failed"])
/** @since 0.1.0 */
export type ProviderStatus = typeof ProviderStatus.Type

/** An error as a provider names it. @category schemas @since 0.1.0 */
export const ProviderError = Schema.Struct({
  code: Schema.String,
  title: Schema.String,
  details: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type ProviderError = typeof ProviderError.Type

/** The other person in a chat, with every identity the payload names for them. @category schemas @since 0.1.0 */
export const Participant = Schema.Struct({
  identities: Schema.NonEmptyArray(Identity),
  displayName: Schema.optionalKey(Schema.String),
  /** The fingerprint of the person's key, where the provider tells it: another one means another device. */
  keyHash: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type Participant = typeof Participant.Type

const base = {
  /** When the provider says it happened, epoch milliseconds; absent when it does not say. */
  timestamp: Schema.optionalKey(Schema.Int),
  /** The part of the payload this was decoded from. */
  raw: Schema.Unknown
}

/** A product of a catalogue that a message asks about. @category schemas @since 0.1.0 */
export const AskedProduct = Schema.Struct({ catalogId: Schema.String, productId: Schema.String }).annotate({
  identifier: "AskedProduct"
})
/** @since 0.1.0 */
export type AskedProduct = typeof AskedProduct.Type

/** A customer wrote. @category models @since 0.1.0 */
export const MessageReceived = Schema.TaggedStruct("MessageReceived", {
  ...base,
  providerMessageId: Schema.String,
  /** Where an answer goes: the address the message came from. */
  chat: Address,
  sender: Participant,
  content: MessageContent,
  /** The message it answers. */
  replyTo: Schema.optionalKey(Schema.String),
  forwarded: Schema.optionalKey(Schema.Boolean),
  /** The advertisement or post that led here, as the provider gives it. */
  referral: Schema.optionalKey(Schema.Unknown),
  /** The catalogue's product that it asks about. */
  product: Schema.optionalKey(AskedProduct),
  /** What is said of its conversation by whoever writes, such as the page that they write from: their word, no proof. */
  stated: Schema.optionalKey(Schema.JsonObject),
  /** From the past: it is kept, and nobody answers or is told. */
  historical: Schema.optionalKey(Schema.Boolean)
})
/** @since 0.1.0 */
export type MessageReceived = typeof MessageReceived.Type

/**
 * A message of the business that we may not have sent: written on the paired phone (`phone`), or the echo of our own
 * send (`api`). A `phone` echo means that a person took over.
 *
 * @category models
 * @since 0.1.0
 */
export const MessageEchoed = Schema.TaggedStruct("MessageEchoed", {
  ...base,
  providerMessageId: Schema.String,
  chat: Address,
  recipient: Participant,
  source: Schema.Literals(["phone", "api"]),
  content: MessageContent,
  replyTo: Schema.optionalKey(Schema.String),
  /** From the past: it is kept, and hands nothing over. */
  historical: Schema.optionalKey(Schema.Boolean)
})
/** @since 0.1.0 */
export type MessageEchoed = typeof MessageEchoed.Type

/** A sent message got further, or failed. @category models @since 0.1.0 */
export const StatusChanged = Schema.TaggedStruct("StatusChanged", {
  ...base,
  providerMessageId: Schema.String,
  /** Our own message id, where the provider echoes it (`biz_opaque_callback_data`). */
  callbackData: Schema.optionalKey(Schema.String),
  status: ProviderStatus,
  error: Schema.optionalKey(ProviderError),
  /** The provider's price note, as it gives it. */
  pricing: Schema.optionalKey(Schema.Unknown),
  recipient: Schema.optionalKey(Address),
  /** In a group: the member it is about. */
  participant: Schema.optionalKey(Identity),
  /** Who got it, with every identity that the provider names beside the status. */
  contact: Schema.optionalKey(Participant)
})
/** @since 0.1.0 */
export type StatusChanged = typeof StatusChanged.Type

/** What somebody did to a message. */
const done = {
  ...base,
  targetProviderMessageId: Schema.String,
  chat: Address,
  sender: Participant,
  fromBusiness: Schema.Boolean
}

/** A reaction was set (`emoji`) or removed (`null`). @category models @since 0.1.0 */
export const ReactionChanged = Schema.TaggedStruct("ReactionChanged", {
  ...done,
  providerMessageId: Schema.String,
  emoji: Schema.NullOr(Schema.String)
})
/** @since 0.1.0 */
export type ReactionChanged = typeof ReactionChanged.Type

/** Somebody chose in a poll, or chose anew; `options` is their whole choice. @category models @since 0.1.0 */
export const PollVoted = Schema.TaggedStruct("PollVoted", {
  ...done,
  options: Schema.Array(Schema.String)
})
/** @since 0.1.0 */
export type PollVoted = typeof PollVoted.Type

/**
 * Somebody wrote what the provider can't read yet. What it says follows under the same id, or never.
 *
 * @category models
 * @since 0.1.0
 */
export const MessageWaiting = Schema.TaggedStruct("MessageWaiting", {
  ...base,
  providerMessageId: Schema.String,
  chat: Address,
  /** The customer, whoever wrote. */
  sender: Participant,
  /** Somebody of the business wrote it on the account's own app. */
  fromBusiness: Schema.optionalKey(Schema.Boolean)
})
/** @since 0.1.0 */
export type MessageWaiting = typeof MessageWaiting.Type

/** Whether people are in a chat, and writing; `lastSeenAt` in epoch milliseconds. @category models @since 0.1.0 */
export const PresenceChanged = Schema.TaggedStruct("PresenceChanged", {
  ...base,
  chat: Address,
  people: Schema.Array(Schema.Struct({
    person: Participant,
    presence: Schema.Literals(["online", "offline", "typing", "recording", "paused"]),
    lastSeenAt: Schema.optionalKey(Schema.Int)
  }))
})
/** @since 0.1.0 */
export type PresenceChanged = typeof PresenceChanged.Type

/** A chat was put away in the account's own app, or brought back. @category models @since 0.1.0 */
export const ChatArchived = Schema.TaggedStruct("ChatArchived", {
  ...base,
  chat: Address,
  archived: Schema.Boolean
})
/** @since 0.1.0 */
export type ChatArchived = typeof ChatArchived.Type

/** A chat got a label of the account's own app, or lost it. @category models @since 0.1.0 */
export const ChatLabelChanged = Schema.TaggedStruct("ChatLabelChanged", {
  ...base,
  chat: Address,
  labelId: Schema.String,
  name: Schema.optionalKey(Schema.String),
  added: Schema.Boolean
})
/** @since 0.1.0 */
export type ChatLabelChanged = typeof ChatLabelChanged.Type

/** A label of the account's own app was made, changed or deleted. @category models @since 0.1.0 */
export const LabelChanged = Schema.TaggedStruct("LabelChanged", {
  ...base,
  labelId: Schema.String,
  name: Schema.optionalKey(Schema.String),
  /** `#rrggbb`. */
  color: Schema.optionalKey(Schema.String),
  deleted: Schema.Boolean
})
/** @since 0.1.0 */
export type LabelChanged = typeof LabelChanged.Type

/** A message was edited; `content` is the new one. @category models @since 0.1.0 */
export const MessageEdited = Schema.TaggedStruct("MessageEdited", {
  ...done,
  content: MessageContent
})
/** @since 0.1.0 */
export type MessageEdited = typeof MessageEdited.Type

/** A message was deleted for everyone. @category models @since 0.1.0 */
export const MessageRevoked = Schema.TaggedStruct("MessageRevoked", {
  ...base,
  targetProviderMessageId: Schema.String,
  chat: Schema.optionalKey(Address),
  /** The other person in the chat. */
  sender: Schema.optionalKey(Participant),
  fromBusiness: Schema.Boolean
})
/** @since 0.1.0 */
export type MessageRevoked = typeof MessageRevoked.Type

/** The provider says that one identity became another (number changed, BSUID rotated). @category models @since 0.1.0 */
export const IdentityChanged = Schema.TaggedStruct("IdentityChanged", {
  ...base,
  from: Identity,
  to: Identity
})
/** @since 0.1.0 */
export type IdentityChanged = typeof IdentityChanged.Type

/** The customer stopped or resumed marketing messages on the platform. @category models @since 0.1.0 */
export const MarketingPreferenceChanged = Schema.TaggedStruct("MarketingPreferenceChanged", {
  ...base,
  identity: Identity,
  value: Schema.Literals(["stop", "resume"])
})
/** @since 0.1.0 */
export type MarketingPreferenceChanged = typeof MarketingPreferenceChanged.Type

/**
 * What a provider says an account may do now; what it does not say is absent.
 *
 * @category models
 * @since 0.1.0
 */
export const AccountFacts = Schema.Struct({
  /** The provider's word for how people take its messages: `GREEN`, `YELLOW`, `RED`. */
  quality: Schema.optionalKey(Schema.String),
  /** How many people the business may write to first within 24 hours; `null`: as many as it likes. */
  dailyRecipients: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  messagesPerSecond: Schema.optionalKey(Schema.Int)
}).annotate({ identifier: "ChannelAccountFacts" })
/** @since 0.1.0 */
export type AccountFacts = typeof AccountFacts.Type

/** The account itself changed: session state, quality, restriction, template. @category models @since 0.1.0 */
export const AccountChanged = Schema.TaggedStruct("AccountChanged", {
  ...base,
  /** The provider's field or event name. */
  kind: Schema.String,
  /** What the account can do now, where the event says so. */
  state: Schema.optionalKey(Schema.Literals(["connecting", "connected", "needs_action", "disconnected", "failed"])),
  detail: Schema.optionalKey(Schema.String),
  /** Until when it holds, epoch milliseconds, where the provider says so. */
  until: Schema.optionalKey(Schema.Number),
  facts: Schema.optionalKey(AccountFacts)
})
/** @since 0.1.0 */
export type AccountChanged = typeof AccountChanged.Type

/**
 * A call began, was taken, was refused or ended. `status` is how far it came; `missed` also where nobody took it.
 *
 * @category models
 * @since 0.1.0
 */
export const CallChanged = Schema.TaggedStruct("CallChanged", {
  ...base,
  callId: Schema.String,
  chat: Address,
  participant: Participant,
  direction: Call.fields.direction,
  status: Call.fields.status,
  video: Schema.Boolean,
  /** Seconds, once it ended. */
  duration: Schema.optionalKey(Schema.Number)
})
/** @since 0.1.0 */
export type CallChanged = typeof CallChanged.Type

/** What the provider's address book or the person says of a contact changed. @category models @since 0.1.0 */
export const ContactChanged = Schema.TaggedStruct("ContactChanged", {
  ...base,
  participant: Participant,
  /** Taken out of the provider's address book; the contact stays. */
  removed: Schema.optionalKey(Schema.Boolean)
})
/** @since 0.1.0 */
export type ContactChanged = typeof ContactChanged.Type

/**
 * A group was made, changed or left, its members changed, or somebody asks to join (`join_requested`) or no longer does
 * (`join_withdrawn`).
 *
 * @category models
 * @since 0.1.0
 */
export const GroupChanged = Schema.TaggedStruct("GroupChanged", {
  ...base,
  group: Address,
  kind: Schema.Literals([
    "created",
    "updated",
    "joined",
    "left",
    "promoted",
    "demoted",
    "join_requested",
    "join_withdrawn",
    "deleted"
  ]),
  subject: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  participants: Schema.Array(Participant)
})
/** @since 0.1.0 */
export type GroupChanged = typeof GroupChanged.Type

/**
 * A template changed at the provider: its status, its category, its quality or its text. Values are the provider's
 * words; what the event does not say is absent.
 *
 * @category models
 * @since 0.1.0
 */
export const TemplateChanged = Schema.TaggedStruct("TemplateChanged", {
  ...base,
  templateId: Schema.String,
  name: Schema.String,
  language: Schema.String,
  status: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  category: Schema.optionalKey(Schema.String),
  /** The category that the provider finds correct, and will put it into. */
  nextCategory: Schema.optionalKey(Schema.String),
  /** When it will, epoch milliseconds. */
  nextCategoryAt: Schema.optionalKey(Schema.Int),
  quality: Schema.optionalKey(Schema.String),
  /** More on the status: which pause this is (`FIRST_PAUSE`, `SECOND_PAUSE`, …), or that it ended (`UNPAUSE`). */
  stage: Schema.optionalKey(Schema.String),
  /** When the provider will disable or delete it, epoch milliseconds. */
  endsAt: Schema.optionalKey(Schema.Int),
  /** Its definition is another one now and has to be read again. */
  componentsChanged: Schema.optionalKey(Schema.Boolean)
})
/** @since 0.1.0 */
export type TemplateChanged = typeof TemplateChanged.Type

/**
 * Something was learned of a person otherwise than from what they wrote: a form that they filled in, what a website
 * says of who is signed in there.
 *
 * @category models
 * @since 0.1.0
 */
export const ProfileStated = Schema.TaggedStruct("ProfileStated", {
  ...base,
  person: Participant,
  /** Vouched for by somebody whom the organization gave a key; else it is the person's own word. */
  verified: Schema.Boolean,
  email: Schema.optionalKey(Schema.String),
  language: Schema.optionalKey(Schema.String),
  attributes: Schema.optionalKey(Schema.JsonObject),
  /** What they agreed to, in the words that they saw. */
  consent: Schema.optionalKey(Schema.Struct({ purpose: Schema.Literals(["marketing", "data"]), text: Schema.String }))
})
/** @since 0.1.0 */
export type ProfileStated = typeof ProfileStated.Type

/**
 * A customer said how a conversation was: the one that they were asked about.
 *
 * @category models
 * @since 0.1.0
 */
export const ConversationRated = Schema.TaggedStruct("ConversationRated", {
  ...base,
  conversationId: Schema.String,
  /** 1 is the worst, 5 the best. */
  score: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
  /** Whether their question was answered. */
  solved: Schema.optionalKey(Schema.Boolean),
  comment: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type ConversationRated = typeof ConversationRated.Type

/**
 * A customer writes, or stopped.
 *
 * @category models
 * @since 0.1.0
 */
export const TypingChanged = Schema.TaggedStruct("TypingChanged", {
  ...base,
  chat: Address,
  /** Until when it holds, unless it is told again, epoch milliseconds; null: they stopped. */
  until: Schema.NullOr(Schema.Int)
})
/** @since 0.1.0 */
export type TypingChanged = typeof TypingChanged.Type

/** Has no meaning here yet: kept and counted by `kind`. @category models @since 0.1.0 */
export const Unknown = Schema.TaggedStruct("Unknown", {
  ...base,
  kind: Schema.String
})
/** @since 0.1.0 */
export type Unknown = typeof Unknown.Type

/**
 * Everything a webhook can mean.
 *
 * @category models
 * @since 0.1.0
 */
export const InboundEvent = Schema.Union([
  MessageReceived,
  MessageEchoed,
  StatusChanged,
  ReactionChanged,
  PollVoted,
  MessageWaiting,
  PresenceChanged,
  ChatArchived,
  ChatLabelChanged,
  LabelChanged,
  MessageEdited,
  MessageRevoked,
  IdentityChanged,
  MarketingPreferenceChanged,
  AccountChanged,
  CallChanged,
  ContactChanged,
  GroupChanged,
  TemplateChanged,
  ProfileStated,
  ConversationRated,
  TypingChanged,
  Unknown
])
/** @since 0.1.0 */
export type InboundEvent = typeof InboundEvent.Type
