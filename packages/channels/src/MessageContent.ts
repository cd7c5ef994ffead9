/**
 * What a message says, in one vocabulary for every channel. What a provider sends and this vocabulary does not name
 * stays in the stored raw event and arrives as `unsupported`; nothing is dropped.
 *
 * @since 0.1.0
 */
import { Effect, Predicate, Schema } from "effect"
import { Address } from "./Address.ts"
import { RichContent } from "./RichContent.ts"

/**
 * Where the bytes of a media file are.
 *
 * - `provider_id`: an id that the account's provider resolves (Cloud API media ids live 7 to 30 days)
 * - `url`: fetched as it is, or with the account's credential when it is the provider's own
 * - `file`: a file of the organization, by its id; it is handed to the provider when its message is sent
 * - `none`: the provider announced media that it does not offer for download
 *
 * @category schemas
 * @since 0.1.0
 */
export const MediaSource = Schema.Union([
  Schema.Struct({ type: Schema.Literal("provider_id"), id: Schema.String, url: Schema.optionalKey(Schema.String) }),
  Schema.Struct({ type: Schema.Literal("url"), url: Schema.String }),
  Schema.Struct({ type: Schema.Literal("file"), id: Schema.String }),
  Schema.Struct({ type: Schema.Literal("none"), reason: Schema.String })
])
/** @since 0.1.0 */
export type MediaSource = typeof MediaSource.Type

/**
 * A media file. `sizeBytes` and `sha256` (base64 or hex, as the provider gives it) are claims until it was fetched.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Media = Schema.Struct({
  source: MediaSource,
  mimeType: Schema.optionalKey(Schema.String),
  fileName: Schema.optionalKey(Schema.String),
  sizeBytes: Schema.optionalKey(Schema.Int),
  sha256: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type Media = typeof Media.Type

const text = { type: Schema.Literal("text"), text: Schema.String }

/** What is shown of a link, in place of what its page says of itself. @category schemas @since 0.1.0 */
export const LinkPreview = Schema.Struct({
  url: Schema.String,
  title: Schema.String,
  description: Schema.optionalKey(Schema.String),
  image: Schema.optionalKey(Media)
})
/** @since 0.1.0 */
export type LinkPreview = typeof LinkPreview.Type
/**
 * A text. `mentions` are the members of a group that an `@` with their number stands for, or all of them; `preview` is
 * what is shown of a link in it. Channels without either send the text alone.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TextContent = Schema.Struct({
  ...text,
  previewUrl: Schema.optionalKey(Schema.Boolean),
  preview: Schema.optionalKey(LinkPreview),
  mentions: Schema.optionalKey(Schema.Union([Schema.Literal("all"), Schema.NonEmptyArray(Address)]))
})
/** @since 0.1.0 */
export type TextContent = typeof TextContent.Type
/** @category schemas @since 0.1.0 */
export const ImageContent = Schema.Struct({
  type: Schema.Literal("image"),
  media: Media,
  caption: Schema.optionalKey(Schema.String)
})
/** @category schemas @since 0.1.0 */
export const VideoContent = Schema.Struct({
  type: Schema.Literal("video"),
  media: Media,
  caption: Schema.optionalKey(Schema.String)
})
/** Audio; `voice` marks a voice note. @category schemas @since 0.1.0 */
export const AudioContent = Schema.Struct({
  type: Schema.Literal("audio"),
  media: Media,
  voice: Schema.Boolean
})
/** @category schemas @since 0.1.0 */
export const DocumentContent = Schema.Struct({
  type: Schema.Literal("document"),
  media: Media,
  caption: Schema.optionalKey(Schema.String)
})
/** @category schemas @since 0.1.0 */
export const StickerContent = Schema.Struct({
  type: Schema.Literal("sticker"),
  media: Media,
  animated: Schema.optionalKey(Schema.Boolean)
})
/** A position in degrees (WGS 84). @category schemas @since 0.1.0 */
export const LocationContent = Schema.Struct({
  type: Schema.Literal("location"),
  latitude: Schema.Number,
  longitude: Schema.Number,
  name: Schema.optionalKey(Schema.String),
  address: Schema.optionalKey(Schema.String),
  url: Schema.optionalKey(Schema.String)
})
/** @category schemas @since 0.1.0 */
export const SharedContact = Schema.Struct({
  name: Schema.String,
  phones: Schema.Array(
    Schema.Struct({
      phone: Schema.optionalKey(Schema.String),
      waId: Schema.optionalKey(Schema.String),
      type: Schema.optionalKey(Schema.String)
    })
  ),
  emails: Schema.Array(Schema.String),
  organization: Schema.optionalKey(Schema.String),
  /** The card as the provider gave it (vCard text or the provider's JSON). */
  card: Schema.optionalKey(Schema.Unknown)
})
/** Shared contact cards. @category schemas @since 0.1.0 */
export const ContactsContent = Schema.Struct({
  type: Schema.Literal("contacts"),
  contacts: Schema.Array(SharedContact)
})
/**
 * The customer's choice in an interactive message: a reply button, a template's quick-reply button, a list row, a
 * submitted flow or address form (`data` is its decoded JSON), a poll vote (`selected` is the full current choice).
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReplyContent = Schema.Union([
  Schema.Struct({ type: Schema.Literal("button_reply"), id: Schema.String, title: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("list_reply"),
    id: Schema.String,
    title: Schema.String,
    description: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({
    type: Schema.Literal("flow_reply"),
    name: Schema.String,
    body: Schema.optionalKey(Schema.String),
    data: Schema.Unknown
  })
])
/** A cart sent from a catalogue. Prices are decimal strings as the provider gives them. @category schemas @since 0.1.0 */
export const OrderContent = Schema.Struct({
  type: Schema.Literal("order"),
  catalogId: Schema.String,
  text: Schema.optionalKey(Schema.String),
  items: Schema.Array(Schema.Struct({
    productId: Schema.String,
    quantity: Schema.Number,
    price: Schema.String,
    currency: Schema.String
  }))
})
/**
 * A call as far as it came; `duration` in seconds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Call = Schema.Struct({
  id: Schema.String,
  direction: Schema.Literals(["inbound", "outbound"]),
  status: Schema.Literals(["ringing", "accepted", "rejected", "missed", "ended", "failed"]),
  video: Schema.Boolean,
  duration: Schema.optionalKey(Schema.Number)
}).annotate({ identifier: "Call" })
/** @since 0.1.0 */
export type Call = typeof Call.Type

/** Something the platform says about the chat: a number changed, somebody called. @category schemas @since 0.1.0 */
export const SystemContent = Schema.Struct({
  type: Schema.Literal("system"),
  kind: Schema.String,
  text: Schema.String,
  /** What `kind` `call` is about. */
  call: Schema.optionalKey(Call)
})
/** A message whose kind has no meaning here; the raw event is kept. @category schemas @since 0.1.0 */
export const UnsupportedContent = Schema.Struct({
  type: Schema.Literal("unsupported"),
  /** The provider's own word for it. */
  kind: Schema.String,
  reason: Schema.optionalKey(Schema.String)
})

/** Reply buttons, 1 to 3 on WhatsApp. @category schemas @since 0.1.0 */
export const ButtonsContent = Schema.Struct({
  type: Schema.Literal("buttons"),
  body: Schema.String,
  header: Schema.optionalKey(Schema.String),
  footer: Schema.optionalKey(Schema.String),
  buttons: Schema.NonEmptyArray(Schema.Struct({ id: Schema.String, title: Schema.String }))
})
/** A list to choose from, at most 10 rows on WhatsApp. @category schemas @since 0.1.0 */
export const ListContent = Schema.Struct({
  type: Schema.Literal("list"),
  body: Schema.String,
  header: Schema.optionalKey(Schema.String),
  footer: Schema.optionalKey(Schema.String),
  /** The label of the button that opens the list. */
  button: Schema.String,
  sections: Schema.NonEmptyArray(Schema.Struct({
    title: Schema.optionalKey(Schema.String),
    rows: Schema.NonEmptyArray(Schema.Struct({
      id: Schema.String,
      title: Schema.String,
      description: Schema.optionalKey(Schema.String)
    }))
  }))
})
/** A question with answers to choose from, in a group or a chat; 2 to 12 of them. @category schemas @since 0.1.0 */
export const PollContent = Schema.Struct({
  type: Schema.Literal("poll"),
  question: Schema.NonEmptyString.check(Schema.isMaxLength(255)),
  options: Schema.Array(Schema.NonEmptyString.check(Schema.isMaxLength(100))).check(
    Schema.isMinLength(2),
    Schema.isMaxLength(12),
    Schema.isUnique()
  ),
  /** Whether more than one may be chosen. */
  multiple: Schema.Boolean
})
/** A button that opens a link. @category schemas @since 0.1.0 */
export const LinkButtonContent = Schema.Struct({
  type: Schema.Literal("link_button"),
  body: Schema.String,
  header: Schema.optionalKey(Schema.String),
  footer: Schema.optionalKey(Schema.String),
  title: Schema.String,
  url: Schema.String
})
/**
 * A WhatsApp template by name and language. `components` are the provider's send components
 * (`[{ type: "body", parameters: [...] }]`); in their place, `parameters` may be given by the template's own schema, where
 * a server knows its templates (`@wicara/templates`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const TemplateContent = Schema.Struct({
  type: Schema.Literal("template"),
  name: Schema.String,
  language: Schema.String,
  components: Schema.Array(Schema.JsonObject).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  /** What the template is filled with, by the schema of its parameters; it becomes `components` before it is stored. */
  parameters: Schema.optionalKey(Schema.JsonObject),
  /** The file that the header shows, where `components` have a header without one. */
  media: Schema.optionalKey(Media),
  /** The files that the cards of a carousel show, in their order; null where `components` have it. */
  cardMedia: Schema.optionalKey(Schema.Array(Schema.NullOr(Media)).check(Schema.isMaxLength(10))),
  /** What the customer reads, for the transcript. */
  text: Schema.optionalKey(Schema.String),
  /** As the provider has it, such as `MARKETING`, where that is known. */
  category: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(64)))
})
/** @since 0.1.0 */
export type TemplateContent = typeof TemplateContent.Type
/** The provider's own interactive object, for kinds without a common form. @category schemas @since 0.1.0 */
export const NativeInteractiveContent = Schema.Struct({
  type: Schema.Literal("interactive"),
  interactive: Schema.JsonObject
})

/**
 * The content of any message, inbound or outbound, discriminated by `type`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MessageContent = Schema.Union([
  TextContent,
  ImageContent,
  VideoContent,
  AudioContent,
  DocumentContent,
  StickerContent,
  LocationContent,
  ContactsContent,
  ...ReplyContent.members,
  OrderContent,
  SystemContent,
  UnsupportedContent,
  ButtonsContent,
  ListContent,
  PollContent,
  LinkButtonContent,
  ...RichContent.members,
  TemplateContent,
  NativeInteractiveContent
]).annotate({ identifier: "MessageContent" })
/** @since 0.1.0 */
export type MessageContent = typeof MessageContent.Type

/**
 * The content kinds a business may send.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OutboundContent = Schema.Union([
  TextContent,
  ImageContent,
  VideoContent,
  AudioContent,
  DocumentContent,
  StickerContent,
  LocationContent,
  ContactsContent,
  ButtonsContent,
  ListContent,
  PollContent,
  LinkButtonContent,
  ...RichContent.members,
  TemplateContent,
  NativeInteractiveContent
]).annotate({ identifier: "OutboundContent" })
/** @since 0.1.0 */
export type OutboundContent = typeof OutboundContent.Type

/**
 * What a person would read or hear described: for transcripts, search, prompts and notifications. Empty for content
 * without words.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toText = (content: MessageContent): string => {
  switch (content.type) {
    case "text":
    case "system":
      return content.text
    case "image":
    case "video":
    case "document":
      return content.caption ?? ""
    case "location":
      return [content.name, content.address].filter((part) => part !== undefined).join(", ")
    case "contacts":
      return content.contacts.map((contact) => contact.name).join(", ")
    case "button_reply":
    case "list_reply":
      return content.title
    case "flow_reply":
      return answersOf(content.data) || (content.body ?? "")
    case "order":
      return [
        content.text,
        ...content.items.map(({ currency, price, productId, quantity }) =>
          `${quantity} × ${productId} (${price} ${currency})`
        )
      ].filter((line) => line !== undefined).join("\n")
    case "buttons":
    case "list":
    case "link_button":
    case "flow":
    case "product_list":
    case "catalog":
    case "carousel":
    case "address_request":
    case "location_request":
      return content.body
    case "product":
      return content.body ?? content.product.name ?? ""
    case "poll":
      return content.question
    case "template":
      return content.text ?? content.name
    case "audio":
    case "sticker":
    case "unsupported":
    case "interactive":
      return ""
  }
}

/** What was filled in, one answer a line; the form's token is none. */
const answersOf = (data: unknown): string =>
  Predicate.isObject(data)
    ? Object.entries(data).filter(([name]) => name !== "flow_token").map(([name, answer]) =>
      `${name}: ${typeof answer === "object" ? encodeJson(answer) : String(answer)}`
    ).join("\n")
    : ""

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

/**
 * The file in a content, if it is of a kind that has one.
 *
 * @category getters
 * @since 0.1.0
 */
export const mediaOf = (content: MessageContent): Media | undefined => "media" in content ? content.media : undefined

/**
 * The content with another file in the place of its own.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withMedia = <Content extends MessageContent>(content: Content, media: Media): Content =>
  "media" in content ? { ...content, media } : content

/**
 * Every file in a content: its own, and those of its cards.
 *
 * @category getters
 * @since 0.1.0
 */
export const allMediaOf = (content: MessageContent): ReadonlyArray<Media> => {
  const own = mediaOf(content)
  const ofCards = content.type === "template" ? content.cardMedia ?? [] : []
  return [...(own === undefined ? [] : [own]), ...ofCards.filter((media) => media !== null)]
}

/**
 * The content with other files in the places of all that `allMediaOf` gives, in the same order.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withAllMedia = <Content extends MessageContent>(
  content: Content,
  media: ReadonlyArray<Media>
): Content => {
  const left = [...media]
  const next = (old: Media) => left.shift() ?? old
  const own = mediaOf(content)
  const changed = own === undefined ? content : withMedia(content, next(own))
  return changed.type === "template" && changed.cardMedia !== undefined
    ? { ...changed, cardMedia: changed.cardMedia.map((old) => old === null ? null : next(old)) }
    : changed
}
