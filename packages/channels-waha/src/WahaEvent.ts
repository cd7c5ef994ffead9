/**
 * WAHA's webhook payloads as schemas: WAHA's words, not ours. Engines and versions differ in which fields they send, with
 * which of them `null`, so every field is lenient: one that is missing, `null` or of another type is absent, and never
 * fails its object.
 *
 * @since 0.1.0
 */
import { Schema, SchemaTransformation } from "effect"
import { lenient } from "./internal/lenient.ts"

/** A number, or a text that is one. @category schemas @since 0.1.0 */
export const LenientNumber = Schema.Union([
  Schema.Finite,
  Schema.String.check(Schema.isPattern(/^-?\d{1,20}(\.\d{1,20})?$/)).pipe(
    Schema.decodeTo(Schema.Finite, SchemaTransformation.numberFromString)
  )
])

/**
 * An id as text; browser engines wrap it into an object.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EngineId = Schema.Union([
  Schema.NonEmptyString,
  Schema.Struct({ _serialized: Schema.NonEmptyString }).pipe(
    Schema.decodeTo(
      Schema.NonEmptyString,
      SchemaTransformation.transform({
        decode: ({ _serialized }) => _serialized,
        encode: (_serialized) => ({ _serialized })
      })
    )
  )
])

/** What WhatsApp holds against a number. @category schemas @since 0.1.0 */
export const Restrictions = {
  /** WhatsApp's restriction on writing first; `timeEnforcementEnds` in epoch seconds. */
  reachoutTimelock: lenient(Schema.Struct({
    isActive: lenient(Schema.Boolean),
    enforcementType: lenient(Schema.String),
    timeEnforcementEnds: lenient(LenientNumber)
  })),
  /** WhatsApp's cap on new conversations; `cycleEnd` in epoch seconds. */
  messageCapping: lenient(Schema.Struct({
    cappingStatus: lenient(Schema.String),
    totalQuota: lenient(LenientNumber),
    usedQuota: lenient(LenientNumber),
    cycleEnd: lenient(LenientNumber)
  }))
}

/** Who the session is. `lid` and `jid` come from newer versions. @category schemas @since 0.1.0 */
export const Me = Schema.Struct({
  id: lenient(Schema.String),
  pushName: lenient(Schema.String),
  lid: lenient(Schema.String),
  ...Restrictions
})
/** @since 0.1.0 */
export type Me = typeof Me.Type

/**
 * The envelope of every webhook. Older versions send no `id` and no `timestamp` (epoch milliseconds).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Envelope = Schema.Struct({
  event: Schema.String,
  id: lenient(Schema.String),
  timestamp: lenient(LenientNumber),
  session: lenient(Schema.String),
  me: lenient(Me),
  payload: Schema.optionalKey(Schema.Unknown)
})
/** @since 0.1.0 */
export type Envelope = typeof Envelope.Type

/** A media file that WAHA downloaded, or `error` why not. @category schemas @since 0.1.0 */
export const WAMedia = Schema.Struct({
  url: lenient(Schema.String),
  mimetype: lenient(Schema.String),
  filename: lenient(Schema.String),
  error: lenient(Schema.Unknown)
})
/** @since 0.1.0 */
export type WAMedia = typeof WAMedia.Type

/** A location; some engines write the degrees as text. @category schemas @since 0.1.0 */
export const WALocation = Schema.Struct({
  latitude: LenientNumber,
  longitude: LenientNumber,
  name: lenient(Schema.String),
  address: lenient(Schema.String),
  url: lenient(Schema.String),
  description: lenient(Schema.String)
})

const PollCreation = lenient(Schema.Struct({
  name: lenient(Schema.String),
  options: lenient(Schema.Array(Schema.Struct({ optionName: lenient(Schema.String) }))),
  selectableOptionsCount: lenient(LenientNumber)
}))
const polls = {
  pollCreationMessage: PollCreation,
  pollCreationMessageV2: PollCreation,
  pollCreationMessageV3: PollCreation,
  pollCreationMessageV5: PollCreation
}
const EngineMessage = lenient(Schema.Struct({
  ...polls,
  ephemeralMessage: lenient(Schema.Struct({ message: lenient(Schema.Struct(polls)) }))
}))

// What the engines add below `_data` differs from engine to engine. Only what WAHA has no field of its own for is read
// there, and may be missing: the sender's display name, and polls (`message` of NOWEB, `Message` of GOWS, `pollName` and
// the like of browser engines).
const EngineData = Schema.Struct({
  notifyName: lenient(Schema.String),
  pushName: lenient(Schema.String),
  Info: lenient(Schema.Struct({ PushName: lenient(Schema.String) })),
  message: EngineMessage,
  Message: EngineMessage,
  pollName: lenient(Schema.String),
  pollOptions: lenient(Schema.Array(Schema.Struct({ name: lenient(Schema.String) }))),
  pollSelectableOptionsCount: lenient(LenientNumber)
})

/**
 * A message, of `message`, `message.any`, `message.waiting` and `message.edited`. `timestamp` is in epoch seconds and may
 * be fractional; `source` is `api` or `app` for the session's own messages.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WAMessage = Schema.Struct({
  id: lenient(Schema.String),
  timestamp: lenient(LenientNumber),
  from: lenient(Schema.String),
  to: lenient(Schema.String),
  participant: lenient(Schema.String),
  author: lenient(Schema.String),
  fromMe: lenient(Schema.Boolean),
  source: lenient(Schema.String),
  body: lenient(Schema.String),
  hasMedia: lenient(Schema.Boolean),
  media: lenient(WAMedia),
  mediaUrl: lenient(Schema.String),
  location: lenient(WALocation),
  vCards: lenient(Schema.Array(Schema.String)),
  replyTo: lenient(Schema.Struct({ id: lenient(Schema.String) })),
  editedMessageId: lenient(Schema.String),
  reaction: lenient(Schema.Struct({ text: lenient(Schema.String), messageId: lenient(Schema.String) })),
  _data: lenient(EngineData)
})
/** @since 0.1.0 */
export type WAMessage = typeof WAMessage.Type

/** How far a message came. Newer versions explain a `-1` in `error`. @category schemas @since 0.1.0 */
export const WAMessageAck = Schema.Struct({
  id: lenient(Schema.String),
  timestamp: lenient(LenientNumber),
  from: lenient(Schema.String),
  to: lenient(Schema.String),
  participant: lenient(Schema.String),
  fromMe: lenient(Schema.Boolean),
  ack: lenient(LenientNumber),
  ackName: lenient(Schema.String),
  error: lenient(Schema.Struct({
    code: lenient(Schema.Union([Schema.String, Schema.Number])),
    blocked: lenient(Schema.Boolean),
    reason: lenient(Schema.String),
    until: lenient(Schema.String),
    enforcementType: lenient(Schema.String)
  }))
})
/** @since 0.1.0 */
export type WAMessageAck = typeof WAMessageAck.Type

/** A revocation: `after` is the notice, `before` the message if the engine still had it. @category schemas @since 0.1.0 */
export const WAMessageRevoked = Schema.Struct({
  revokedMessageId: lenient(Schema.String),
  after: lenient(WAMessage),
  before: lenient(WAMessage)
})

/**
 * The session's state with its history, timestamps in epoch milliseconds. A restriction that begins or ends is told by
 * the same state once more, with the restriction in `data`; newer versions have it in the envelope's `me`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WASessionStatus = Schema.Struct({
  status: lenient(Schema.String),
  statuses: lenient(Schema.Array(Schema.Struct({
    status: lenient(Schema.String),
    timestamp: lenient(LenientNumber)
  }))),
  data: lenient(Schema.Struct(Restrictions))
})

/** A vote: `selectedOptions` is the full current choice. @category schemas @since 0.1.0 */
export const PollVote = Schema.Struct({
  vote: lenient(Schema.Struct({
    id: lenient(Schema.String),
    from: lenient(Schema.String),
    participant: lenient(Schema.String),
    fromMe: lenient(Schema.Boolean),
    selectedOptions: lenient(Schema.Array(Schema.String)),
    timestamp: lenient(LenientNumber)
  })),
  poll: lenient(Schema.Struct({ id: lenient(Schema.String) }))
})

/** Who is in a chat; `lastSeen` in epoch seconds. @category schemas @since 0.1.0 */
export const Presences = Schema.Struct({
  id: lenient(Schema.String),
  presences: lenient(Schema.Array(Schema.Struct({
    participant: lenient(Schema.String),
    lastKnownPresence: lenient(Schema.String),
    lastSeen: lenient(LenientNumber)
  })))
})

/** @category schemas @since 0.1.0 */
export const ChatArchive = Schema.Struct({
  id: lenient(EngineId),
  archived: lenient(Schema.Boolean),
  timestamp: lenient(LenientNumber)
})

/** A label of WhatsApp Business. @category schemas @since 0.1.0 */
export const Label = Schema.Struct({
  id: lenient(Schema.String),
  name: lenient(Schema.String),
  colorHex: lenient(Schema.String)
})

/** @category schemas @since 0.1.0 */
export const ChatLabel = Schema.Struct({
  labelId: lenient(Schema.String),
  chatId: lenient(EngineId),
  label: lenient(Label)
})

/** A call. `from` is missing where WhatsApp hides who called. @category schemas @since 0.1.0 */
export const CallData = Schema.Struct({
  id: lenient(Schema.String),
  from: lenient(Schema.String),
  timestamp: lenient(LenientNumber),
  isVideo: lenient(Schema.Boolean)
})

/** An answer to an invitation to an event. @category schemas @since 0.1.0 */
export const EventResponse = Schema.Struct({
  id: lenient(Schema.String),
  timestamp: lenient(LenientNumber),
  from: lenient(Schema.String),
  to: lenient(Schema.String),
  participant: lenient(Schema.String),
  fromMe: lenient(Schema.Boolean),
  eventCreationKey: lenient(Schema.Struct({ id: lenient(Schema.String) })),
  eventResponse: lenient(Schema.Struct({
    response: lenient(Schema.String),
    extraGuestCount: lenient(LenientNumber)
  }))
})

/**
 * What happened to a group; `group` is read by `WahaGroup`. `type` and `participants` come with a change of its members,
 * `chatId` and `recipientIds` with the deprecated events of browser engines.
 *
 * @category schemas
 * @since 0.1.0
 */
export const GroupEvent = Schema.Struct({
  type: lenient(Schema.String),
  timestamp: lenient(LenientNumber),
  group: Schema.optionalKey(Schema.Unknown),
  participants: lenient(Schema.Array(Schema.Unknown)),
  chatId: lenient(Schema.String),
  recipientIds: lenient(Schema.Array(Schema.String))
})

/** What an engine said, in its own words: for finding faults in it. @category schemas @since 0.1.0 */
export const EngineEvent = Schema.Struct({ event: lenient(Schema.String), data: Schema.optionalKey(Schema.Unknown) })

/** A phone number that was found for a hidden id; digits. @category schemas @since 0.1.0 */
export const LidResolved = Schema.Struct({ lid: Schema.NonEmptyString, phone: Schema.NonEmptyString })

const EnvelopeJson = Schema.fromJsonString(Envelope)

/** Reads a webhook's body; `None` when it is no envelope. @category decoding @since 0.1.0 */
export const decodeEnvelope = Schema.decodeUnknownOption(EnvelopeJson)
/** Reads only what names a delivery: each request pays for it. @category decoding @since 0.1.0 */
export const decodeKey = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ event: Schema.String, id: lenient(Schema.String) }))
)
/** @category decoding @since 0.1.0 */
export const decodeMessage = Schema.decodeUnknownOption(WAMessage)
/** @category decoding @since 0.1.0 */
export const decodeAck = Schema.decodeUnknownOption(WAMessageAck)
/** @category decoding @since 0.1.0 */
export const decodeRevoked = Schema.decodeUnknownOption(WAMessageRevoked)
/** @category decoding @since 0.1.0 */
export const decodeSessionStatus = Schema.decodeUnknownOption(WASessionStatus)
/** @category decoding @since 0.1.0 */
export const decodePollVote = Schema.decodeUnknownOption(PollVote)

/** @category decoding @since 0.1.0 */
export const decodePresence = Schema.decodeUnknownOption(Presences)
/** @category decoding @since 0.1.0 */
export const decodeChatArchive = Schema.decodeUnknownOption(ChatArchive)
/** @category decoding @since 0.1.0 */
export const decodeLabel = Schema.decodeUnknownOption(Label)
/** @category decoding @since 0.1.0 */
export const decodeChatLabel = Schema.decodeUnknownOption(ChatLabel)
/** @category decoding @since 0.1.0 */
export const decodeEngineEvent = Schema.decodeUnknownOption(EngineEvent)
/** @category decoding @since 0.1.0 */
export const decodeContactSynced = Schema.decodeUnknownOption(
  Schema.Struct({ chatId: Schema.String, name: Schema.NonEmptyString })
)
/** @category decoding @since 0.1.0 */
export const decodeLidResolved = Schema.decodeUnknownOption(LidResolved)
/** @category decoding @since 0.1.0 */
export const decodeCall = Schema.decodeUnknownOption(CallData)
/** @category decoding @since 0.1.0 */
export const decodeEventResponse = Schema.decodeUnknownOption(EventResponse)
/** @category decoding @since 0.1.0 */
export const decodeGroupEvent = Schema.decodeUnknownOption(GroupEvent)

/**
 * A time as WAHA writes it, in epoch milliseconds: seconds, fractional seconds or milliseconds; `undefined` for what is
 * no time.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toMillis = (value: number | undefined): number | undefined => {
  if (value === undefined || !(value > 0)) return undefined
  // Seconds reach this number in the year 5138, milliseconds passed it in 1973.
  const millis = Math.round(value < 100_000_000_000 ? value * 1000 : value)
  return millis <= 8_640_000_000_000_000 ? millis : undefined
}
