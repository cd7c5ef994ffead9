/**
 * Our messages as the Graph API wants them.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * @since 0.1.0
 */
import { Option, Predicate, Result, Schema } from "effect"
import type { Address } from "@wicara/channels/Address"
import type { OutboundMessage } from "@wicara/channels/ChannelAdapter"
import type { ContactsContent, Media, OutboundContent } from "@wicara/channels/MessageContent"
import type { CarouselContent } from "@wicara/channels/RichContent"
import { optional } from "./internal/optional.ts"
import { refusalOf } from "./OutboundLimits.ts"

/**
 * Why a message has no form in this API, as code and words.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotEncodable {
  readonly code: "address_unsupported" | "content_unsupported" | "media_unavailable" | "invalid_message"
  readonly reason: string
}

/** The most that the API echoes as callback data, characters. */
const maxCallbackData = 512

/**
 * The body of a send. Our message id travels as `biz_opaque_callback_data`, and comes back in every status.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encodeMessage = (message: OutboundMessage): Result.Result<object, NotEncodable> =>
  Result.flatMap(
    encodeAddress(message.to),
    (address) =>
      Result.map(Result.flatMap(encodeContent(message.content), checked), (content) => ({
        messaging_product: "whatsapp",
        ...address,
        ...content,
        ...(message.replyTo === undefined ? undefined : { context: { message_id: message.replyTo } }),
        ...(message.id.length > maxCallbackData ? undefined : { biz_opaque_callback_data: message.id })
      }))
  )

/**
 * The body of a marketing message: a template for somebody whose number is known, and nothing else. Our message id can't
 * travel with it.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/marketing-messages/send-marketing-messages
 * @category encoding
 * @since 0.1.0
 */
export const encodeMarketing = (message: OutboundMessage): Result.Result<object, NotEncodable> =>
  Result.map(Result.flatMap(encodeContent(message.content), checked), (content) => ({
    messaging_product: "whatsapp",
    recipient_type: "individual",
    to: message.to.value,
    ...content
  }))

/**
 * Whether a message may go as a marketing message: it answers nothing, and its template is said to be of that category.
 *
 * @category guards
 * @since 0.1.0
 */
export const isMarketing = ({ content, replyTo, to }: OutboundMessage): boolean =>
  content.type === "template" && content.category === "MARKETING" && to.kind === "phone" && replyTo === undefined

/**
 * The body that sets a reaction, or removes it (`null`).
 *
 * @category encoding
 * @since 0.1.0
 */
export const encodeReaction = (target: {
  readonly chat: Address
  readonly providerMessageId: string
  readonly emoji: string | null
}): Result.Result<object, NotEncodable> =>
  Result.map(encodeAddress(target.chat), (address) => ({
    messaging_product: "whatsapp",
    ...address,
    type: "reaction",
    reaction: { message_id: target.providerMessageId, emoji: target.emoji ?? "" }
  }))

/** What the API would refuse is refused at once, and costs no place in its limits. */
const checked = (content: object): Result.Result<object, NotEncodable> => {
  const reason = refusalOf(content)
  return reason === undefined ? Result.succeed(content) : Result.fail({ code: "invalid_message", reason })
}

const encodeAddress = (address: Address): Result.Result<object, NotEncodable> => {
  switch (address.kind) {
    case "phone":
      return Result.succeed({ recipient_type: "individual", to: address.value })
    case "bsuid":
    case "parent_bsuid":
      return Result.succeed({ recipient_type: "individual", recipient: address.value })
    case "group":
      return Result.succeed({ recipient_type: "group", to: address.value })
    default:
      return Result.fail({
        code: "address_unsupported",
        reason: `WhatsApp Cloud can't send to an address of kind "${address.kind}"`
      })
  }
}

const encodeContent = (content: OutboundContent): Result.Result<object, NotEncodable> => {
  switch (content.type) {
    case "poll":
      return Result.fail({ code: "content_unsupported", reason: "WhatsApp Cloud can't send polls" })
    case "text":
      return Result.succeed({
        type: "text",
        text: { body: content.text, ...optional("preview_url", content.previewUrl) }
      })
    case "image":
    case "video":
      return Result.map(encodeMedia(content.media), (file) => ({
        type: content.type,
        [content.type]: { ...file, ...optional("caption", content.caption) }
      }))
    case "document":
      return Result.map(encodeMedia(content.media), (file) => ({
        type: "document",
        document: {
          ...file,
          ...optional("caption", content.caption),
          ...optional("filename", content.media.fileName)
        }
      }))
    case "audio":
      return Result.map(encodeMedia(content.media), (file) => ({
        type: "audio",
        audio: { ...file, ...(content.voice ? { voice: true } : undefined) }
      }))
    case "sticker":
      return Result.map(encodeMedia(content.media), (file) => ({ type: "sticker", sticker: file }))
    case "location":
      return Result.succeed({
        type: "location",
        location: {
          latitude: content.latitude,
          longitude: content.longitude,
          ...optional("name", content.name),
          ...optional("address", content.address)
        }
      })
    case "contacts":
      return Result.succeed({
        type: "contacts",
        contacts: content.contacts.map(encodeContact)
      })
    case "buttons":
      return interactive("button", content, {
        buttons: content.buttons.map(({ id, title }) => ({ type: "reply", reply: { id, title } }))
      })
    case "list":
      return interactive("list", content, {
        button: content.button,
        sections: content.sections.map(({ rows, title }) => ({
          ...optional("title", title),
          rows: rows.map((row) => ({ id: row.id, title: row.title, ...optional("description", row.description) }))
        }))
      })
    case "link_button":
      return interactive("cta_url", content, {
        name: "cta_url",
        parameters: { display_text: content.title, url: content.url }
      })
    case "flow":
      return interactive("flow", content, {
        name: "flow",
        parameters: {
          flow_message_version: "3",
          ...("id" in content.flow ? { flow_id: content.flow.id } : { flow_name: content.flow.name }),
          flow_cta: content.button,
          ...optional("flow_token", content.token),
          ...(content.draft === true ? { mode: "draft" } : undefined),
          ...(content.dynamic === true ? { flow_action: "data_exchange" } : undefined),
          ...(content.screen === undefined ? undefined : {
            flow_action: "navigate",
            flow_action_payload: { screen: content.screen, ...optional("data", content.data) }
          })
        }
      })
    case "product":
      return interactive("product", content, {
        catalog_id: content.catalogId,
        product_retailer_id: content.product.id
      })
    case "product_list":
      return interactive("product_list", content, {
        catalog_id: content.catalogId,
        sections: content.sections.map(({ products, title }) => ({
          ...optional("title", title),
          product_items: products.map(({ id }) => ({ product_retailer_id: id }))
        }))
      })
    case "catalog":
      return interactive("catalog_message", content, {
        name: "catalog_message",
        ...(content.thumbnailProductId === undefined
          ? undefined
          : { parameters: { thumbnail_product_retailer_id: content.thumbnailProductId } })
      })
    case "carousel":
      return interactive("carousel", content, { cards: content.cards.map(encodeCard) })
    case "address_request":
      return interactive("address_message", content, {
        name: "address_message",
        parameters: {
          country: content.country,
          ...optional("values", content.values),
          ...optional("validation_errors", content.problems),
          ...optional("saved_addresses", content.saved)
        }
      })
    case "location_request":
      return interactive("location_request_message", content, { name: "send_location" })
    case "template": {
      const { cardMedia = [], components, language, media, name } = content
      const files = Result.all({
        own: media === undefined ? Result.succeed(undefined) : encodeMedia(media),
        ofCards: Result.all(cardMedia.map((one) => one === null ? Result.succeed(undefined) : encodeMedia(one)))
      })
      return Result.map(files, ({ ofCards, own }) => ({
        type: "template",
        template: {
          name,
          language: { code: language },
          ...(components.length === 0
            ? undefined
            : { components: components.map((one) => withCardFiles(withHeaderFile(one, own), ofCards)) })
        }
      }))
    }
    case "interactive":
      return Result.succeed({ type: "interactive", interactive: content.interactive })
  }
}

const encodeCard = (card: (typeof CarouselContent.Type)["cards"][number], index: number): object =>
  "product" in card
    ? {
      card_index: index,
      type: "product",
      action: { product_retailer_id: card.product.id, catalog_id: card.catalogId }
    }
    : {
      card_index: index,
      // The API's word for both kinds of cards with media.
      type: "cta_url",
      header: { type: card.media.type, [card.media.type]: { link: card.media.url } },
      ...(card.body === undefined ? undefined : { body: { text: card.body } }),
      action: "link" in card
        ? { name: "cta_url", parameters: { display_text: card.link.title, url: card.link.url } }
        : { buttons: card.buttons.map((quick_reply) => ({ type: "quick_reply", quick_reply })) }
    }

type Part = Readonly<Record<string, unknown>>

/** The parameter of a header names the kind of its file: `{ type: "image", image: { … } }`. */
const withHeaderFile = (component: Part, file: object | undefined): Part => {
  const { parameters, type } = component
  if (file === undefined || String(type).toLowerCase() !== "header" || !Array.isArray(parameters)) return component
  return {
    ...component,
    parameters: parameters.map((one: unknown) => {
      if (!Predicate.isObject(one) || !Predicate.isString(one["type"])) return one
      const value = one[one["type"]]
      return { ...one, [one["type"]]: { ...(Predicate.isObject(value) ? value : undefined), ...file } }
    })
  }
}

/** The same in each card of a carousel. */
const withCardFiles = (component: Part, files: ReadonlyArray<object | undefined>): Part => {
  const { cards, type } = component
  if (files.length === 0 || String(type).toLowerCase() !== "carousel" || !Array.isArray(cards)) return component
  return {
    ...component,
    cards: cards.map((card: unknown, index) => {
      if (!Predicate.isObject(card) || !Array.isArray(card["components"])) return card
      const parts: ReadonlyArray<unknown> = card["components"]
      return {
        ...card,
        components: parts.map((part) => Predicate.isObject(part) ? withHeaderFile(part, files[index]) : part)
      }
    })
  }
}

/** The provider's own card as it is, so that one that was received can be passed on without loss; else from its parts. */
const encodeContact = (contact: (typeof ContactsContent.Type)["contacts"][number]): object =>
  Option.match(decodeCard(contact.card), {
    onSome: (card) => card,
    onNone: () => ({
      // The API wants one more part of the name beside the formatted one.
      name: { formatted_name: contact.name, first_name: contact.name },
      phones: contact.phones.map(({ phone, type, waId }) => ({
        ...optional("phone", phone ?? waId),
        ...optional("wa_id", waId),
        ...optional("type", type)
      })),
      ...(contact.emails.length === 0 ? undefined : { emails: contact.emails.map((email) => ({ email })) }),
      ...(contact.organization === undefined ? undefined : { org: { company: contact.organization } })
    })
  })

const texts = (...keys: ReadonlyArray<string>) =>
  Schema.Struct(Object.fromEntries(keys.map((key) => [key, Schema.optionalKey(Schema.String)])))

const decodeCard = Schema.decodeUnknownOption(Schema.Struct({
  name: Schema.Struct({
    formatted_name: Schema.NonEmptyString,
    ...texts("first_name", "last_name", "middle_name", "prefix", "suffix").fields
  }),
  addresses: Schema.optionalKey(
    Schema.Array(texts("street", "city", "state", "zip", "country", "country_code", "type"))
  ),
  birthday: Schema.optionalKey(Schema.String),
  emails: Schema.optionalKey(Schema.Array(texts("email", "type"))),
  org: Schema.optionalKey(texts("company", "department", "title")),
  phones: Schema.optionalKey(Schema.Array(texts("phone", "wa_id", "type"))),
  urls: Schema.optionalKey(Schema.Array(texts("url", "type")))
}))

const encodeMedia = ({ source }: Media): Result.Result<object, NotEncodable> => {
  switch (source.type) {
    case "provider_id":
      return Result.succeed({ id: source.id })
    case "url":
      return Result.succeed({ link: source.url })
    case "file":
      return Result.fail({ code: "media_unavailable", reason: "the file was not handed over" })
    case "none":
      return Result.fail({ code: "media_unavailable", reason: source.reason })
  }
}

const interactive = (
  type: string,
  content: {
    readonly body?: string | undefined
    readonly header?: string | undefined
    readonly footer?: string | undefined
  },
  action: object
): Result.Result<object, NotEncodable> =>
  Result.succeed({
    type: "interactive",
    interactive: {
      type,
      ...(content.header === undefined ? undefined : { header: { type: "text", text: content.header } }),
      ...(content.body === undefined ? undefined : { body: { text: content.body } }),
      ...(content.footer === undefined ? undefined : { footer: { text: content.footer } }),
      action
    }
  })
