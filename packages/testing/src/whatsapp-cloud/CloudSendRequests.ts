/**
 * The bodies that send messages and mark them as read, as the documentation has them: a field that is not there is refused
 * by its name.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * @since 0.1.0
 */
import { Predicate, Schema } from "effect"
import { atMost, Link, upTo } from "./CloudChecks.ts"
import { Interactive } from "./CloudInteractive.ts"
import type { CloudRequest } from "./CloudRequests.ts"

const optional = Schema.optionalKey
const text = optional(Schema.String)
/** Checked by its type. */
const unread = optional(Schema.Unknown)

/** @category schemas @since 0.1.0 */
export const Read = Schema.Struct({
  messaging_product: Schema.Literal("whatsapp"),
  status: Schema.Literal("read"),
  message_id: Schema.NonEmptyString,
  typing_indicator: optional(Schema.Struct({ type: Schema.Literal("text") }))
})

const envelope = {
  messaging_product: Schema.Literal("whatsapp"),
  recipient_type: optional(Schema.Literals(["individual", "group"])),
  to: optional(Schema.NonEmptyString),
  recipient: optional(Schema.String.check(Schema.isPattern(/^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/))),
  type: optional(Schema.String),
  context: optional(Schema.Struct({ message_id: Schema.NonEmptyString })),
  biz_opaque_callback_data: optional(atMost(512))
}

const media = <Fields extends Schema.Struct.Fields>(extra: Fields) =>
  Schema.Struct({ id: optional(Schema.NonEmptyString), link: optional(Link), ...extra }).check(
    Schema.makeFilter((file) =>
      (Predicate.hasProperty(file, "id") ? 1 : 0) + (Predicate.hasProperty(file, "link") ? 1 : 0) === 1 ||
      "either an id or a link"
    )
  )
const caption = optional(atMost(1024))

const Parameter = Schema.Record(Schema.String, Schema.Unknown)

/** What fills a template: which parameters there are is a matter of its definition. */
const Component = Schema.Struct({
  type: Schema.String,
  sub_type: text,
  index: optional(Schema.Union([Schema.String, Schema.Int])),
  parameters: optional(Schema.Array(Parameter)),
  cards: optional(
    Schema.Array(Schema.Struct({
      card_index: Schema.Union([Schema.String, Schema.Int]),
      components: Schema.Array(Schema.Struct({
        type: Schema.String,
        sub_type: text,
        index: optional(Schema.Union([Schema.String, Schema.Int])),
        parameters: optional(Schema.Array(Parameter))
      }))
    }))
  )
})

/**
 * The messages by their types, beside interactive ones.
 *
 * @category schemas
 * @since 0.1.0
 */
export const parts = {
  text: Schema.Struct({ body: upTo(4096), preview_url: optional(Schema.Boolean) }),
  image: media({ caption }),
  video: media({ caption }),
  document: media({ caption, filename: text }),
  audio: media({ voice: optional(Schema.Boolean) }),
  sticker: media({}),
  location: Schema.Struct({
    latitude: Schema.Number.check(Schema.isBetween({ minimum: -90, maximum: 90 })),
    longitude: Schema.Number.check(Schema.isBetween({ minimum: -180, maximum: 180 })),
    name: text,
    address: text
  }),
  contacts: Schema.Array(Schema.Struct({
    name: Schema.Struct({
      formatted_name: Schema.NonEmptyString,
      first_name: text,
      last_name: text,
      middle_name: text,
      prefix: text,
      suffix: text
    }).check(Schema.makeFilter((name) => Object.keys(name).length > 1 || "one more part of the name")),
    addresses: optional(Schema.Array(Schema.Struct({
      street: text,
      city: text,
      state: text,
      zip: text,
      country: text,
      country_code: text,
      type: text
    }))),
    birthday: text,
    emails: optional(Schema.Array(Schema.Struct({ email: Schema.String, type: text }))),
    org: optional(Schema.Struct({ company: text, department: text, title: text })),
    phones: optional(Schema.Array(Schema.Struct({ phone: Schema.String, wa_id: text, type: text }))),
    urls: optional(Schema.Array(Schema.Struct({ url: Schema.String, type: text })))
  })).check(Schema.isMinLength(1), Schema.isMaxLength(257)),
  reaction: Schema.Struct({ message_id: Schema.NonEmptyString, emoji: Schema.String }),
  template: Schema.Struct({
    name: upTo(512),
    language: Schema.Struct({ code: Schema.NonEmptyString, policy: optional(Schema.Literal("deterministic")) }),
    components: optional(Schema.Array(Component))
  })
}

/** @category guards @since 0.1.0 */
export const isPart = (type: string): type is keyof typeof parts => Object.hasOwn(parts, type)

/** What stands around the message, whatever it is. @category schemas @since 0.1.0 */
export const Envelope = Schema.Struct({
  ...envelope,
  text: unread,
  image: unread,
  video: unread,
  document: unread,
  audio: unread,
  sticker: unread,
  location: unread,
  contacts: unread,
  reaction: unread,
  template: unread,
  interactive: unread
})

/** A marketing message: a template, with its own ways. @category schemas @since 0.1.0 */
export const Marketing = Schema.Struct({
  messaging_product: envelope.messaging_product,
  recipient_type: Schema.Literal("individual"),
  to: Schema.NonEmptyString,
  type: Schema.Literal("template"),
  template: parts.template,
  product_policy: optional(Schema.Literals(["CLOUD_API_FALLBACK", "STRICT"])),
  message_activity_sharing: optional(Schema.Boolean)
})

/** A message of any type. @category schemas @since 0.1.0 */
export const Message = Schema.Struct({
  ...envelope,
  text: optional(parts.text),
  image: optional(parts.image),
  video: optional(parts.video),
  document: optional(parts.document),
  audio: optional(parts.audio),
  sticker: optional(parts.sticker),
  location: optional(parts.location),
  contacts: optional(parts.contacts),
  reaction: optional(parts.reaction),
  template: optional(parts.template),
  interactive: optional(Interactive)
})

/**
 * @category constants
 * @since 0.1.0
 */
export const requests: ReadonlyArray<CloudRequest> = [
  { method: "POST", path: "/{Version}/{Phone-Number-ID}/marketing_messages", body: Marketing },
  { method: "POST", path: "/{Version}/{Phone-Number-ID}/messages", body: Schema.Union([Message, Read]) }
]
