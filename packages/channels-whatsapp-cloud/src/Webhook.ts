/**
 * The shapes of Meta's webhooks, as far as they are read. Every field may be missing or of another type: such a field is
 * read as absent, and never makes the rest unreadable. `DecodeWebhook` gives them our meaning.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 * @since 0.1.0
 */
import { Effect, Option, Schema, SchemaTransformation } from "effect"

const tolerant = <S extends Schema.Constraint>(schema: S) =>
  Schema.optionalKey(
    Schema.UndefinedOr(schema).pipe(Schema.catchDecoding(() => Effect.succeed(Option.some(undefined))))
  )

/** Text, or a number where Meta writes ids and times as numbers. */
const text = tolerant(Schema.Union([
  Schema.String,
  Schema.Finite.pipe(
    Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: String, encode: Number }))
  )
]))
/** A number, or its digits where Meta writes it as text. */
const number = tolerant(Schema.Union([Schema.Finite, Schema.FiniteFromString]))
const flag = tolerant(Schema.Boolean)
const list = tolerant(Schema.Array(Schema.Unknown))
const anything = Schema.optionalKey(Schema.Unknown)

/** @category schemas @since 0.1.0 */
export const Envelope = Schema.Struct({ object: Schema.String, entry: Schema.Array(Schema.Unknown) })

/** @category schemas @since 0.1.0 */
export const Entry = Schema.Struct({ id: text, time: text, changes: list })

/** @category schemas @since 0.1.0 */
export const Change = Schema.Struct({ field: Schema.String, value: Schema.Record(Schema.String, Schema.Unknown) })

/** @category schemas @since 0.1.0 */
export const Value = Schema.Struct({
  metadata: tolerant(Schema.Struct({ display_phone_number: text, phone_number_id: text })),
  contacts: list,
  messages: list,
  statuses: list,
  errors: list,
  message_echoes: list,
  user_preferences: list,
  user_id_update: anything,
  history: list,
  state_sync: list,
  groups: list,
  calls: list,
  automatic_events: list
})
/** @since 0.1.0 */
export type Value = typeof Value.Type

/** @category schemas @since 0.1.0 */
export const Contact = Schema.Struct({
  profile: tolerant(Schema.Struct({ name: text, username: text })),
  wa_id: text,
  user_id: text,
  parent_user_id: text,
  identity_key_hash: text
})
/** @since 0.1.0 */
export type Contact = typeof Contact.Type

/** @category schemas @since 0.1.0 */
export const Problem = Schema.Struct({
  code: text,
  title: text,
  message: text,
  error_data: tolerant(Schema.Struct({ details: text }))
})

const MediaPart = Schema.Struct({
  id: text,
  url: text,
  link: text,
  mime_type: text,
  sha256: text,
  caption: text,
  filename: text,
  voice: flag,
  animated: flag
})
/** @category models @since 0.1.0 */
export type MediaPart = typeof MediaPart.Type

const Choice = Schema.Struct({ id: text, title: text, description: text })

/** What a message says: the parts by the names of their types. @category schemas @since 0.1.0 */
export const Body = Schema.Struct({
  type: text,
  text: tolerant(Schema.Struct({ body: text })),
  image: tolerant(MediaPart),
  video: tolerant(MediaPart),
  audio: tolerant(MediaPart),
  document: tolerant(MediaPart),
  sticker: tolerant(MediaPart),
  location: tolerant(Schema.Struct({ latitude: number, longitude: number, name: text, address: text, url: text })),
  contacts: list,
  interactive: tolerant(Schema.Struct({
    type: text,
    button_reply: tolerant(Choice),
    list_reply: tolerant(Choice),
    nfm_reply: tolerant(Schema.Struct({ name: text, body: text, response_json: anything })),
    call_permission_reply: anything,
    request_contact_info: anything,
    contact_info_reply: anything
  })),
  button: tolerant(Schema.Struct({ payload: text, text })),
  order: tolerant(Schema.Struct({ catalog_id: text, text, product_items: list })),
  system: tolerant(Schema.Struct({
    body: text,
    type: text,
    wa_id: text,
    new_wa_id: text,
    user_id: text,
    parent_user_id: text,
    previous_user_id: text,
    previous_parent_user_id: text
  })),
  unsupported: tolerant(Schema.Struct({ type: text })),
  errors: list
})
/** @since 0.1.0 */
export type Body = typeof Body.Type

const Context = Schema.Struct({
  id: text,
  from: text,
  forwarded: flag,
  frequently_forwarded: flag,
  referred_product: tolerant(Schema.Struct({ catalog_id: text, product_retailer_id: text }))
})

/** @category schemas @since 0.1.0 */
export const Message = Schema.Struct({
  ...Body.fields,
  id: text,
  from: text,
  from_user_id: text,
  from_parent_user_id: text,
  to: text,
  to_user_id: text,
  to_parent_user_id: text,
  group_id: text,
  timestamp: text,
  context: tolerant(Context),
  referral: anything,
  reaction: tolerant(Schema.Struct({ message_id: text, emoji: text })),
  edit: tolerant(Schema.Struct({
    original_message_id: text,
    message: tolerant(Schema.Struct({ ...Body.fields, context: tolerant(Context) }))
  })),
  revoke: tolerant(Schema.Struct({ original_message_id: text }))
})
/** @since 0.1.0 */
export type Message = typeof Message.Type

/** @category schemas @since 0.1.0 */
export const SharedContact = Schema.Struct({
  name: tolerant(Schema.Struct({ formatted_name: text, first_name: text, last_name: text })),
  phones: list,
  /** In the answer to a request for contact information, in the place of `phones`. */
  phone_number: text,
  wa_id: text,
  emails: list,
  org: tolerant(Schema.Struct({ company: text }))
})

/** @category schemas @since 0.1.0 */
export const SharedPhone = Schema.Struct({ phone: text, wa_id: text, type: text })

/** @category schemas @since 0.1.0 */
export const SharedEmail = Schema.Struct({ email: text })

/** @category schemas @since 0.1.0 */
export const OrderItem = Schema.Struct({
  product_retailer_id: text,
  quantity: number,
  item_price: text,
  currency: text
})

/** @category schemas @since 0.1.0 */
export const Status = Schema.Struct({
  id: text,
  status: text,
  timestamp: text,
  recipient_id: text,
  recipient_user_id: text,
  parent_recipient_user_id: text,
  recipient_type: text,
  recipient_participant_id: text,
  recipient_participant_user_id: text,
  group_id: text,
  type: text,
  payment: anything,
  biz_opaque_callback_data: text,
  pricing: anything,
  errors: list
})

/** @category schemas @since 0.1.0 */
export const Preference = Schema.Struct({
  wa_id: text,
  user_id: text,
  category: text,
  value: text,
  timestamp: text
})

const Renamed = tolerant(Schema.Struct({ previous: text, current: text }))

/** @category schemas @since 0.1.0 */
export const UserIdUpdate = Schema.Struct({ user_id: Renamed, parent_user_id: Renamed, timestamp: text })

/** What account-level fields tell that has a meaning of its own; all of it goes into the words. @category schemas @since 0.1.0 */
export const AccountNews = Schema.Struct({
  event: text,
  decision: text,
  current_limit: text,
  max_daily_conversations_per_business: text,
  ban_info: tolerant(Schema.Struct({ waba_ban_state: text }))
})

/** What the fields about templates tell. @category schemas @since 0.1.0 */
export const TemplateNews = Schema.Struct({
  message_template_id: text,
  message_template_name: text,
  message_template_language: text,
  message_template_category: text,
  event: text,
  reason: text,
  disable_info: tolerant(Schema.Struct({ disable_date: text })),
  other_info: tolerant(Schema.Struct({ title: text, description: text })),
  rejection_info: tolerant(Schema.Struct({ reason: text, recommendation: text })),
  new_quality_score: text,
  new_category: text,
  category: text,
  correct_category: text,
  category_update_timestamp: text
})

/** A chunk of the `history` field. @category schemas @since 0.1.0 */
export const HistoryChunk = Schema.Struct({
  metadata: tolerant(Schema.Struct({ phase: text, chunk_order: text, progress: text })),
  threads: list,
  errors: list
})

/** A chat of a chunk: its id is the customer's number. @category schemas @since 0.1.0 */
export const HistoryThread = Schema.Struct({
  id: text,
  context: tolerant(Schema.Struct({ wa_id: text, user_id: text, username: text })),
  messages: list
})

/** @category schemas @since 0.1.0 */
export const HistoryMessage = Schema.Struct({
  ...Message.fields,
  history_context: tolerant(Schema.Struct({ status: text, from_me: flag }))
})

/** An element of the `smb_app_state_sync` field. @category schemas @since 0.1.0 */
export const StateSync = Schema.Struct({
  type: text,
  action: text,
  contact: tolerant(
    Schema.Struct({ full_name: text, first_name: text, phone_number: text, username: text, user_id: text })
  ),
  metadata: tolerant(Schema.Struct({ timestamp: text }))
})

const Named = tolerant(Schema.Struct({ text }))

/** An element of the fields about groups. @category schemas @since 0.1.0 */
export const GroupNews = Schema.Struct({
  type: text,
  group_id: text,
  timestamp: text,
  subject: text,
  description: text,
  group_subject: Named,
  group_description: Named,
  added_participants: list,
  removed_participants: list,
  wa_id: text,
  user_id: text,
  errors: list
})

/** @category schemas @since 0.1.0 */
export const GroupMember = Schema.Struct({
  input: text,
  wa_id: text,
  user_id: text,
  parent_user_id: text,
  username: text
})

/** An element of the `calls` field. @category schemas @since 0.1.0 */
export const Call = Schema.Struct({
  id: text,
  event: text,
  direction: text,
  timestamp: text,
  from: text,
  from_user_id: text,
  to: text,
  to_user_id: text,
  status: anything,
  duration: number
})

/** A purchase or lead that an advertisement led to. @category schemas @since 0.1.0 */
export const AutomaticEvent = Schema.Struct({ id: text, event_name: text, timestamp: text })

/** What is paid, in a status of type `payment`. @category schemas @since 0.1.0 */
export const Payment = Schema.Struct({
  reference_id: text,
  currency: text,
  amount: tolerant(Schema.Struct({ value: number, offset: number })),
  total_amount: tolerant(Schema.Struct({ value: number, offset: number }))
})
