/**
 * What can be asked and changed about a paired number through its account.
 *
 * @since 0.1.0
 */
import * as Kept from "@wicara/channels/ChatState"
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"

const upTo = (length: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(length))

/**
 * The id of a chat as WAHA has it: `6281300000042@c.us`, `880000000000042@lid`, `120363000000000000@g.us`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WahaChatId = Schema.String.check(
  Schema.isPattern(/^[0-9A-Za-z._-]{1,100}@(?:c\.us|lid|g\.us)$/, {
    expected: "the id of a chat, such as 6281300000042@c.us"
  })
)

/** The id of somebody. @category schemas @since 0.1.0 */
export const WahaPersonId = Schema.String.check(
  Schema.isPattern(/^[0-9]{1,32}@(?:c\.us|lid)$/, { expected: "the id of a person, such as 6281300000042@c.us" })
)

/** The id of a group. @category schemas @since 0.1.0 */
export const WahaGroupId = Schema.String.check(
  Schema.isPattern(/^[0-9A-Za-z._-]{1,100}@g\.us$/, { expected: "the id of a group, such as 120363000000000000@g.us" })
)

/** A code to join a group by: what follows `https://chat.whatsapp.com/`. @category schemas @since 0.1.0 */
export const GroupInviteCode = Schema.String.check(
  Schema.isPattern(/^[0-9A-Za-z_-]{5,60}$/, { expected: "what follows https://chat.whatsapp.com/" })
)

/**
 * The group that a code leads to.
 *
 * @category models
 * @since 0.1.0
 */
export const GroupInvite = Schema.Struct({
  groupId: Schema.String,
  subject: Schema.String,
  description: Schema.NullOr(Schema.String),
  members: Schema.NullOr(Schema.Int).annotate({ description: "How many; null where the engine does not tell." })
}).annotate({ identifier: "WahaGroupInvite" })
/** @since 0.1.0 */
export type GroupInvite = typeof GroupInvite.Type

/** The group that the number is in now. @category models @since 0.1.0 */
export const JoinedGroup = Schema.Struct({ groupId: Schema.String }).annotate({ identifier: "WahaJoinedGroup" })

/** @category models @since 0.1.0 */
export const GroupPicture = Schema.Struct({ pictureUrl: Schema.NullOr(Schema.String) }).annotate({
  identifier: "WahaGroupPicture"
})
/** @since 0.1.0 */
export type GroupPicture = typeof GroupPicture.Type

/** @category schemas @since 0.1.0 */
export const GroupPictureInput = Schema.Struct({
  data: Schema.Uint8ArrayFromBase64.annotate({ description: "PNG or JPEG in base64, 5 MB at most." })
}).annotate({ identifier: "WahaGroupPictureInput" })

/** Which messages of a chat count as read; the latest first. @category schemas @since 0.1.0 */
export const ChatReadInput = Schema.Struct({
  messages: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
  days: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 365 })).annotate({ description: "A week if absent." })
  )
}).annotate({ identifier: "WahaChatReadInput" })
/** @since 0.1.0 */
export type ChatReadInput = typeof ChatReadInput.Type

/** Which messages were marked as read. @category models @since 0.1.0 */
export const ChatRead = Schema.Struct({ messageIds: Schema.Array(Schema.String) }).annotate({
  identifier: "WahaChatRead"
})
/** @since 0.1.0 */
export type ChatRead = typeof ChatRead.Type

/** The id of a call, as its provider has it. @category schemas @since 0.1.0 */
export const CallId = Schema.String.check(
  Schema.isPattern(/^[0-9A-Za-z._:@-]{1,120}$/, { expected: "the id of a call" })
)

/** Whose call it is. @category schemas @since 0.1.0 */
export const CallRejectionInput = Schema.Struct({ from: WahaChatId }).annotate({
  identifier: "WahaCallRejectionInput"
})

/** The id of a channel. @category schemas @since 0.1.0 */
export const WahaChannelId = Schema.String.check(
  Schema.isPattern(/^[0-9A-Za-z._-]{1,100}@newsletter$/, {
    expected: "the id of a channel, such as 1203630@newsletter"
  })
)

/**
 * Somebody, as WhatsApp and the phone's address book have them.
 *
 * @category models
 * @since 0.1.0
 */
export const ManagedContact = Schema.Struct({
  chatId: Schema.String,
  phone: Schema.NullOr(Schema.String).annotate({ description: "Digits; null where WhatsApp hides the number." }),
  name: Schema.NullOr(Schema.String).annotate({ description: "In the phone's address book." }),
  pushName: Schema.NullOr(Schema.String).annotate({ description: "As they call themselves." }),
  about: Schema.NullOr(Schema.String),
  pictureUrl: Schema.NullOr(Schema.String),
  inAddressBook: Schema.Boolean,
  blocked: Schema.Boolean
}).annotate({ identifier: "WahaContact" })
/** @since 0.1.0 */
export type ManagedContact = typeof ManagedContact.Type

/** What the phone's address book is to call somebody. @category schemas @since 0.1.0 */
export const NameInput = Schema.Struct({
  firstName: upTo(100),
  lastName: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(100)))
}).annotate({ identifier: "WahaContactNameInput" })

/** @category schemas @since 0.1.0 */
export const NumberCheckInput = Schema.Struct({
  phone: Schema.String.check(Schema.isPattern(/^\+?[0-9]{5,20}$/, { expected: "a phone number with its country code" }))
}).annotate({ identifier: "WahaNumberCheckInput" })

/**
 * Whether a number is on WhatsApp, and under which id.
 *
 * @category models
 * @since 0.1.0
 */
export const NumberCheck = Schema.Struct({
  exists: Schema.Boolean,
  chatId: Schema.NullOr(Schema.String)
}).annotate({ identifier: "WahaNumberCheck" })
/** @since 0.1.0 */
export type NumberCheck = typeof NumberCheck.Type

/**
 * How the phone keeps a chat, as WAHA told of it.
 *
 * @category models
 * @since 0.1.0
 */
export const ChatState = Schema.Struct({ chatId: Schema.String, ...Kept.ChatState.fields }).annotate({
  identifier: "WahaChatState"
})
/** @since 0.1.0 */
export type ChatState = typeof ChatState.Type

/**
 * A chat on the phone.
 *
 * @category models
 * @since 0.1.0
 */
export const ManagedChat = Schema.Struct({
  chatId: Schema.String,
  name: Schema.NullOr(Schema.String),
  pictureUrl: Schema.NullOr(Schema.String),
  lastMessage: Schema.NullOr(Schema.Struct({
    text: Schema.String,
    fromMe: Schema.Boolean,
    at: Schema.NullOr(Instant)
  })),
  archived: ChatState.fields.archived,
  labels: ChatState.fields.labels
}).annotate({ identifier: "WahaChat" })
/** @since 0.1.0 */
export type ManagedChat = typeof ManagedChat.Type

/** @category schemas @since 0.1.0 */
export const LabelId = Schema.String.check(Schema.isPattern(/^[0-9A-Za-z_-]{1,60}$/, { expected: "the id of a label" }))

/**
 * Which chats are wanted; all that is given must hold.
 *
 * @category schemas
 * @since 0.1.0
 */
export const chatStateFilter = {
  archived: Schema.optional(Schema.Literals(["true", "false"])),
  labelId: Schema.optional(LabelId)
}

const ChatStateFilter = Schema.Struct(chatStateFilter)
/** @since 0.1.0 */
export type ChatStateFilter = typeof ChatStateFilter.Type

/**
 * A label of chats, of business accounts alone.
 *
 * @category models
 * @since 0.1.0
 */
export const Label = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  color: Schema.NullOr(Schema.Int).annotate({ description: "WhatsApp's number of the colour, 0 to 19." }),
  colorHex: Schema.NullOr(Schema.String)
}).annotate({ identifier: "WahaLabel" })
/** @since 0.1.0 */
export type Label = typeof Label.Type

/** @category schemas @since 0.1.0 */
export const LabelInput = Schema.Struct({
  name: upTo(100),
  color: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 19 })))
}).annotate({ identifier: "WahaLabelInput" })
/** @since 0.1.0 */
export type LabelInput = typeof LabelInput.Type

/** All labels of a chat: those that are not named are taken off. @category schemas @since 0.1.0 */
export const ChatLabelsInput = Schema.Struct({
  labelIds: Schema.Array(LabelId).check(Schema.isMaxLength(20))
}).annotate({ identifier: "WahaChatLabelsInput" })

/** Whether the number shows itself as online. @category schemas @since 0.1.0 */
export const OwnPresence = Schema.Struct({ presence: Schema.Literals(["online", "offline"]) }).annotate({
  identifier: "WahaOwnPresence"
})
/** @since 0.1.0 */
export type OwnPresence = typeof OwnPresence.Type

/**
 * Who of a chat is there, in WAHA's words: `online`, `offline`, `typing`, `recording`, `paused`. Empty for a chat that is
 * not followed, and for people who hide it.
 *
 * @category models
 * @since 0.1.0
 */
export const ChatPresence = Schema.Struct({
  chatId: Schema.String,
  people: Schema.Array(Schema.Struct({
    participant: Schema.String,
    presence: Schema.NullOr(Schema.String),
    lastSeenAt: Schema.NullOr(Instant)
  }))
}).annotate({ identifier: "WahaChatPresence" })
/** @since 0.1.0 */
export type ChatPresence = typeof ChatPresence.Type

/**
 * A channel that the number follows or owns.
 *
 * @category models
 * @since 0.1.0
 */
export const Channel = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  description: Schema.NullOr(Schema.String),
  invite: Schema.NullOr(Schema.String),
  pictureUrl: Schema.NullOr(Schema.String),
  role: Schema.NullOr(Schema.String).annotate({ description: "`OWNER`, `ADMIN`, `SUBSCRIBER` or `GUEST`." }),
  subscribers: Schema.NullOr(Schema.Int)
}).annotate({ identifier: "WahaChannel" })
/** @since 0.1.0 */
export type Channel = typeof Channel.Type

/**
 * The WAHA server of an account.
 *
 * @category models
 * @since 0.1.0
 */
export const Server = Schema.Struct({
  version: Schema.NullOr(Schema.String),
  engine: Schema.NullOr(Schema.String),
  tier: Schema.NullOr(Schema.String),
  platform: Schema.NullOr(Schema.String),
  startedAt: Schema.NullOr(Instant),
  uptimeSeconds: Schema.NullOr(Schema.Int)
}).annotate({ identifier: "WahaServer" })
/** @since 0.1.0 */
export type Server = typeof Server.Type

/** @category schemas @since 0.1.0 */
export const KeyId = Schema.String.check(Schema.isPattern(/^[0-9A-Za-z_-]{1,100}$/, { expected: "the id of a key" }))

/** What a key may do with the session; what is not said it may. @category schemas @since 0.1.0 */
export const KeyActions = Schema.Struct({
  read: Schema.optionalKey(Schema.Boolean),
  send: Schema.optionalKey(Schema.Boolean),
  control: Schema.optionalKey(Schema.Boolean),
  setting: Schema.optionalKey(Schema.Boolean),
  app: Schema.optionalKey(Schema.Boolean),
  delete: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "WahaKeyActions" })

/** @category schemas @since 0.1.0 */
export const KeyInput = Schema.Struct({
  isActive: Schema.Boolean,
  actions: Schema.optionalKey(Schema.NullOr(KeyActions))
}).annotate({ identifier: "WahaKeyInput" })
/** @since 0.1.0 */
export type KeyInput = typeof KeyInput.Type

/**
 * A key of WAHA that opens the account's session.
 *
 * @category models
 * @since 0.1.0
 */
export const Key = Schema.Struct({
  id: Schema.String,
  isActive: Schema.Boolean,
  actions: Schema.NullOr(KeyActions)
}).annotate({ identifier: "WahaKey" })
/** @since 0.1.0 */
export type Key = typeof Key.Type

/** A new key; its secret is never shown again. @category models @since 0.1.0 */
export const NewKey = Schema.Struct({ ...Key.fields, key: Schema.String }).annotate({ identifier: "WahaNewKey" })
/** @since 0.1.0 */
export type NewKey = typeof NewKey.Type
