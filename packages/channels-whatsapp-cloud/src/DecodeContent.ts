/**
 * What a WhatsApp message says, in the common vocabulary. A part that is missing or broken gives `unsupported` content,
 * so that the customer's message still has its place in the conversation.
 *
 * @since 0.1.0
 */
import { Option, Predicate, Result, Schema } from "effect"
import type { ContactsContent, Media, MessageContent } from "@wicara/channels/MessageContent"
import { optional } from "./internal/optional.ts"
import * as Webhook from "./Webhook.ts"

const decodeContact = Schema.decodeUnknownOption(Webhook.SharedContact)
const decodePhone = Schema.decodeUnknownOption(Webhook.SharedPhone)
const decodeEmail = Schema.decodeUnknownOption(Webhook.SharedEmail)
const decodeItem = Schema.decodeUnknownOption(Webhook.OrderItem)
const decodeProblem = Schema.decodeUnknownOption(Webhook.Problem)
const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))

/**
 * The content of a message body. `type` decides; kinds that this vocabulary does not name arrive as `unsupported` under
 * the provider's own word.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeContent = (body: Webhook.Body): MessageContent => {
  switch (body.type) {
    case "text":
      return body.text?.body === undefined ? broken(body) : { type: "text", text: body.text.body }
    case "image":
    case "video":
      return body[body.type] === undefined
        ? broken(body)
        : { type: body.type, media: media(body[body.type] ?? {}), ...optional("caption", body[body.type]?.caption) }
    case "document":
      return body.document === undefined
        ? broken(body)
        : { type: "document", media: media(body.document), ...optional("caption", body.document.caption) }
    case "audio":
      return body.audio === undefined
        ? broken(body)
        : { type: "audio", media: media(body.audio), voice: body.audio.voice ?? false }
    case "sticker":
      return body.sticker === undefined
        ? broken(body)
        : { type: "sticker", media: media(body.sticker), ...optional("animated", body.sticker.animated) }
    case "location":
      return body.location?.latitude === undefined || body.location.longitude === undefined
        ? broken(body)
        : {
          type: "location",
          latitude: body.location.latitude,
          longitude: body.location.longitude,
          ...optional("name", body.location.name),
          ...optional("address", body.location.address),
          ...optional("url", body.location.url)
        }
    case "contacts":
      return body.contacts === undefined
        ? broken(body)
        : { type: "contacts", contacts: body.contacts.map(sharedContact) }
    case "interactive":
      return interactive(body)
    case "button":
      return body.button === undefined
        ? broken(body)
        : {
          type: "button_reply",
          id: body.button.payload ?? body.button.text ?? "",
          title: body.button.text ?? body.button.payload ?? ""
        }
    case "order":
      return body.order === undefined ? broken(body) : order(body.order)
    case "request_welcome":
      return { type: "system", kind: "request_welcome", text: "" }
    case "system":
      return { type: "system", kind: body.system?.type ?? "system", text: body.system?.body ?? "" }
    default:
      return unsupported(body)
  }
}

const media = (part: Webhook.MediaPart): Media => {
  const url = part.url ?? part.link
  return {
    source: part.id !== undefined
      ? { type: "provider_id", id: part.id, ...optional("url", url) }
      : url !== undefined
      ? { type: "url", url }
      : { type: "none", reason: "the provider named no file" },
    ...optional("mimeType", part.mime_type),
    ...optional("fileName", part.filename),
    ...optional("sha256", part.sha256)
  }
}

const interactive = (body: Webhook.Body): MessageContent => {
  const part = body.interactive
  if (part?.button_reply !== undefined) {
    const { id, title } = part.button_reply
    return { type: "button_reply", id: id ?? title ?? "", title: title ?? id ?? "" }
  }
  if (part?.list_reply !== undefined) {
    const { description, id, title } = part.list_reply
    return {
      type: "list_reply",
      id: id ?? title ?? "",
      title: title ?? id ?? "",
      ...optional("description", description)
    }
  }
  if (part?.nfm_reply !== undefined) {
    const { body: said, name, response_json } = part.nfm_reply
    return {
      type: "flow_reply",
      name: name ?? "flow",
      ...optional("body", said),
      data: Predicate.isString(response_json)
        ? Result.getOrElse(decodeJson(response_json), () => response_json)
        : response_json ?? null
    }
  }
  if (part?.type === "call_permission_reply" && part.call_permission_reply !== undefined) {
    return { type: "flow_reply", name: part.type, data: part.call_permission_reply }
  }
  const shared = part?.contact_info_reply ?? part?.request_contact_info
  if (shared !== undefined && shared !== null) return contactInfo(shared)
  return { type: "unsupported", kind: part?.type === undefined ? "interactive" : `interactive.${part.type}` }
}

/** What a person shared who was asked for it: a card, or several, or only a number. */
const contactInfo = (shared: unknown): MessageContent => {
  const cards = Predicate.hasProperty(shared, "contacts") && Array.isArray(shared.contacts)
    ? shared.contacts
    : [shared]
  return { type: "contacts", contacts: cards.map(sharedContact) }
}

const order = (part: NonNullable<Webhook.Body["order"]>): MessageContent => ({
  type: "order",
  catalogId: part.catalog_id ?? "",
  ...optional("text", part.text === "" ? undefined : part.text),
  items: (part.product_items ?? []).map((raw) => {
    const item = Option.getOrElse(decodeItem(raw), (): typeof Webhook.OrderItem.Type => ({}))
    return {
      productId: item.product_retailer_id ?? "",
      quantity: item.quantity ?? 0,
      price: item.item_price ?? "",
      currency: item.currency ?? ""
    }
  })
})

const sharedContact = (raw: unknown): (typeof ContactsContent.Type)["contacts"][number] => {
  const card = Option.getOrElse(decodeContact(raw), (): typeof Webhook.SharedContact.Type => ({}))
  const single = card.phone_number ?? card.wa_id
  const phones = (card.phones ?? (single === undefined ? [] : [{ phone: single }])).flatMap((phone) =>
    Option.toArray(decodePhone(phone))
  )
  const name = card.name?.formatted_name ??
    [card.name?.first_name, card.name?.last_name].filter((part) => part !== undefined).join(" ")
  return {
    name,
    phones: phones.map((phone) => ({
      ...optional("phone", phone.phone),
      ...optional("waId", phone.wa_id),
      ...optional("type", phone.type)
    })),
    emails: (card.emails ?? []).flatMap((email) =>
      Option.match(decodeEmail(email), {
        onNone: () => [],
        onSome: ({ email }) => email === undefined ? [] : [email]
      })
    ),
    ...optional("organization", card.org?.company),
    card: raw
  }
}

const broken = (body: Webhook.Body): MessageContent => ({
  type: "unsupported",
  kind: body.type ?? "unknown",
  reason: `the message has no readable "${body.type}" part`
})

const unsupported = (body: Webhook.Body): MessageContent => {
  const problem = body.errors?.[0] === undefined ? undefined : Option.getOrUndefined(decodeProblem(body.errors[0]))
  return {
    type: "unsupported",
    kind: body.unsupported?.type ?? body.type ?? "unknown",
    ...optional("reason", problem?.error_data?.details ?? problem?.message ?? problem?.title)
  }
}
