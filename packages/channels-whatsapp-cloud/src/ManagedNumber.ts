/**
 * What can be asked and changed about a WhatsApp number through its account.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { AccountFacts } from "@wicara/channels/InboundEvent"

const upTo = (length: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(length))

/**
 * The number as WhatsApp has it.
 *
 * @category models
 * @since 0.1.0
 */
export const NumberState = Schema.Struct({
  id: Schema.String,
  displayPhoneNumber: Schema.NullOr(Schema.String),
  verifiedName: Schema.NullOr(Schema.String),
  /** The provider's word: `CONNECTED`, `PENDING`, `FLAGGED`, `RESTRICTED`, `BANNED`, … */
  status: Schema.NullOr(Schema.String),
  /** How the review of its display name stands: `APPROVED`, `PENDING_REVIEW`, `DECLINED`, … */
  nameStatus: Schema.NullOr(Schema.String),
  /** Whether a code proved that the number is the business's: `VERIFIED`, `NOT_VERIFIED`, `EXPIRED`. */
  codeStatus: Schema.NullOr(Schema.String),
  twoStepPin: Schema.NullOr(Schema.Boolean),
  /** Where its webhooks lead. */
  callback: Schema.NullOr(Schema.String),
  facts: AccountFacts
}).annotate({ identifier: "WhatsAppNumberState" })
/** @since 0.1.0 */
export type NumberState = typeof NumberState.Type

/** Six digits. @category schemas @since 0.1.0 */
export const PinInput = Schema.Struct({
  pin: Schema.RedactedFromValue(Schema.String.check(Schema.isPattern(/^[0-9]{6}$/, { expected: "six digits" })))
}).annotate({ identifier: "WhatsAppPinInput" })

/**
 * How a code is sent to the number, and in which language it is said.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CodeRequestInput = Schema.Struct({
  method: Schema.Literals(["SMS", "VOICE"]),
  language: Schema.String.check(
    Schema.isPattern(/^[a-z]{2}_[A-Z]{2}$/, { expected: "a language and country such as en_US" })
  )
}).annotate({ identifier: "WhatsAppCodeRequestInput" })
/** @since 0.1.0 */
export type CodeRequestInput = typeof CodeRequestInput.Type

/** The code that came to the number: six digits. @category schemas @since 0.1.0 */
export const CodeInput = Schema.Struct({
  code: Schema.RedactedFromValue(Schema.String.check(Schema.isPattern(/^[0-9]{6}$/, { expected: "six digits" })))
}).annotate({ identifier: "WhatsAppCodeInput" })

/** What people see as the number's name, once WhatsApp approved it. @category schemas @since 0.1.0 */
export const DisplayNameInput = Schema.Struct({
  name: upTo(75).check(Schema.isMinLength(2))
}).annotate({ identifier: "WhatsAppDisplayNameInput" })

/** Somebody whom the number does not hear. @category models @since 0.1.0 */
export const BlockedPerson = Schema.Struct({
  /** Digits of the number, or the business-scoped user id. */
  person: Schema.String
}).annotate({ identifier: "WhatsAppBlockedPerson" })

/** @category schemas @since 0.1.0 */
export const BlockInput = Schema.Struct({
  people: Schema.Array(upTo(128)).check(Schema.isMinLength(1), Schema.isMaxLength(100))
}).annotate({ identifier: "WhatsAppBlockInput" })

/**
 * A QR code and short link that opens a chat with a message that is written already.
 *
 * @category models
 * @since 0.1.0
 */
export const QrCode = Schema.Struct({
  code: Schema.String,
  message: Schema.String,
  link: Schema.String,
  imageUrl: Schema.NullOr(Schema.String)
}).annotate({ identifier: "WhatsAppQrCode" })
/** @since 0.1.0 */
export type QrCode = typeof QrCode.Type

/** @category schemas @since 0.1.0 */
export const QrCodeInput = Schema.Struct({
  message: upTo(140),
  image: Schema.optionalKey(Schema.Literals(["PNG", "SVG"]))
}).annotate({ identifier: "WhatsAppQrCodeInput" })

/** A QR code's own name at the provider. @category schemas @since 0.1.0 */
export const QrCodeName = Schema.NonEmptyString.check(Schema.isMaxLength(64))

/**
 * What a person finds in a chat that is still empty: a welcome, questions to tap on, and commands.
 *
 * @category models
 * @since 0.1.0
 */
export const ConversationStarters = Schema.Struct({
  /** Whether a webhook tells that somebody opened the chat for the first time. */
  welcome: Schema.Boolean,
  questions: Schema.Array(upTo(80)).check(Schema.isMaxLength(4)),
  commands: Schema.Array(Schema.Struct({
    name: upTo(32).check(Schema.isPattern(/^[a-zA-Z0-9_]+$/, { expected: "letters, digits and underscores" })),
    description: upTo(256)
  })).check(Schema.isMaxLength(30))
}).annotate({ identifier: "WhatsAppConversationStarters" })
/** @since 0.1.0 */
export type ConversationStarters = typeof ConversationStarters.Type

/** Whether people can call the number. @category models @since 0.1.0 */
export const Calling = Schema.Struct({ enabled: Schema.Boolean }).annotate({ identifier: "WhatsAppCalling" })

/** The id of a call, as WhatsApp has it. @category schemas @since 0.1.0 */
export const CallId = Schema.String.check(
  Schema.isPattern(/^[0-9A-Za-z._:=+/-]{1,200}$/, { expected: "the id of a call" })
)

/** Somebody by the digits of their number. @category schemas @since 0.1.0 */
export const CallerNumber = Schema.String.check(Schema.isPattern(/^[0-9]{5,20}$/, { expected: "digits of a number" }))

/** Whose call it is. @category schemas @since 0.1.0 */
export const CallRejectionInput = Schema.Struct({ from: CallerNumber }).annotate({
  identifier: "WhatsAppCallRejectionInput"
})

/**
 * Whether the business may call somebody, and may ask for it now.
 *
 * @category models
 * @since 0.1.0
 */
export const CallPermission = Schema.Struct({
  /** The provider's word: `granted`, `pending`, `denied`, `expired`. */
  status: Schema.String,
  expiresAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  mayCall: Schema.Boolean,
  mayAsk: Schema.Boolean
}).annotate({ identifier: "WhatsAppCallPermission" })
/** @since 0.1.0 */
export type CallPermission = typeof CallPermission.Type

/** An app that gets the business account's webhooks. @category models @since 0.1.0 */
export const SubscribedApp = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  callback: Schema.NullOr(Schema.String)
}).annotate({ identifier: "WhatsAppSubscribedApp" })

/** @category schemas @since 0.1.0 */
export const AnalyticsKind = Schema.Literals(["messages", "conversations", "pricing", "templates"])
/** @since 0.1.0 */
export type AnalyticsKind = typeof AnalyticsKind.Type

/**
 * Figures of the business account, in the provider's own words: `start` and `end` of each point are epoch seconds.
 *
 * @category models
 * @since 0.1.0
 */
export const Analytics = Schema.Struct({
  kind: AnalyticsKind,
  points: Schema.Array(Schema.Record(Schema.String, Schema.Json))
}).annotate({ identifier: "WhatsAppAnalytics" })
/** @since 0.1.0 */
export type Analytics = typeof Analytics.Type
