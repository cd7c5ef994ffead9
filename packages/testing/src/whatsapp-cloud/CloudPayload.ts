/**
 * The payloads that the Cloud API posts to a business: built as Meta builds them, escaped and signed.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { createHmac } from "node:crypto"
import type { Customer, CustomerContent } from "../Emulator.ts"
import type { CloudAccount } from "./CloudAccount.ts"

/**
 * One update: an element of `key` in the value of a change.
 *
 * @category models
 * @since 0.1.0
 */
export interface Update {
  readonly field: string
  /** The list that the element goes into; `undefined`: the element is the whole value. */
  readonly key:
    | "messages"
    | "statuses"
    | "calls"
    | "errors"
    | "message_echoes"
    | "user_preferences"
    | "groups"
    | undefined
  readonly element: Readonly<Record<string, unknown>>
  readonly contact?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Several updates as one webhook. Updates that follow each other in the same list share a change.
 *
 * @category constructors
 * @since 0.1.0
 */
export const envelope = (account: CloudAccount, updates: ReadonlyArray<Update>, at: number) => {
  const metadata = {
    display_phone_number: account.displayPhoneNumber,
    phone_number_id: account.id
  }
  const changes: Array<{ readonly field: string; readonly value: Record<string, unknown> }> = []
  let open: {
    readonly field: string
    readonly key: string
    readonly elements: Array<unknown>
    readonly contacts: Array<unknown>
  } | undefined
  for (const { contact, element, field, key } of updates) {
    if (key === undefined) {
      open = undefined
      changes.push({ field, value: { ...element } })
      continue
    }
    if (open === undefined || open.field !== field || open.key !== key) {
      open = { field, key, elements: [], contacts: [] }
      changes.push({
        field,
        value: {
          messaging_product: "whatsapp",
          metadata,
          ...(contact === undefined ? undefined : { contacts: open.contacts }),
          [key]: open.elements
        }
      })
    }
    open.elements.push(element)
    if (contact !== undefined && !open.contacts.some((one) => text(one) === text(contact))) open.contacts.push(contact)
  }
  return {
    object: "whatsapp_business_account",
    entry: [{ id: account.businessAccountId, time: Math.floor(at / 1000), changes }]
  }
}

const text = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

/**
 * The bytes of a payload: JSON in which every character beyond ASCII is escaped, as Meta does.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (payload: object): Uint8Array =>
  new TextEncoder().encode(
    text(payload).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
  )

/** The value of `X-Hub-Signature-256`. @category encoding @since 0.1.0 */
export const sign = (body: Uint8Array, appSecret: string): string =>
  `sha256=${createHmac("sha256", appSecret).update(body).digest("hex")}`

/** The `contacts` element of a customer. @category constructors @since 0.1.0 */
export const contact = (customer: Customer) => ({
  profile: {
    name: customer.name ?? customer.username ?? "Customer",
    ...(customer.username === undefined ? undefined : { username: customer.username })
  },
  ...(customer.phone === undefined ? undefined : { wa_id: customer.phone }),
  ...(customer.id === undefined ? undefined : { user_id: customer.id })
})

/** A stored file, as a message refers to it. @category models @since 0.1.0 */
export interface FilePart {
  readonly id: string
  readonly mime_type: string
  readonly sha256: string
  readonly url: string
}

const seconds = (at: number) => String(Math.floor(at / 1000))

/**
 * An element of `messages`: what the customer did.
 *
 * @category constructors
 * @since 0.1.0
 */
export const message = (options: {
  readonly id: string
  readonly at: number
  readonly customer: Customer
  readonly account: CloudAccount
  readonly content: CustomerContent
  readonly file: FilePart | undefined
  readonly replyTo: string | undefined
}): Readonly<Record<string, unknown>> => ({
  ...(options.replyTo === undefined
    ? undefined
    : { context: { from: options.account.displayPhoneNumber, id: options.replyTo } }),
  ...(options.customer.phone === undefined ? undefined : { from: options.customer.phone }),
  ...(options.customer.id === undefined ? undefined : { from_user_id: options.customer.id }),
  id: options.id,
  timestamp: seconds(options.at),
  ...body(options.content, options.file)
})

/**
 * An element of `message_echoes`: what the business wrote on its own phone.
 *
 * @category constructors
 * @since 0.1.0
 */
export const echo = (options: {
  readonly id: string
  readonly at: number
  readonly customer: Customer
  readonly account: CloudAccount
  readonly content: CustomerContent
  readonly file: FilePart | undefined
}): Readonly<Record<string, unknown>> => ({
  from: options.account.displayPhoneNumber,
  ...(options.customer.phone === undefined ? undefined : { to: options.customer.phone }),
  ...(options.customer.id === undefined ? undefined : { to_user_id: options.customer.id }),
  id: options.id,
  timestamp: seconds(options.at),
  ...body(options.content, options.file)
})

const body = (content: CustomerContent, file: FilePart | undefined): Readonly<Record<string, unknown>> => {
  switch (content.type) {
    case "text":
      return { type: "text", text: { body: content.text } }
    case "image":
    case "video":
    case "document":
    case "sticker":
      return {
        type: content.type,
        [content.type]: {
          ...(content.caption === undefined ? undefined : { caption: content.caption }),
          ...(content.type === "document" ? { filename: content.fileName ?? "document" } : undefined),
          ...file,
          ...(content.type === "sticker" ? { animated: false } : undefined)
        }
      }
    case "audio":
      return { type: "audio", audio: { ...file, voice: content.voice ?? true } }
    case "location":
      return {
        type: "location",
        location: {
          latitude: content.latitude,
          longitude: content.longitude,
          ...(content.name === undefined ? undefined : { name: content.name }),
          ...(content.address === undefined ? undefined : { address: content.address })
        }
      }
    case "contacts":
      return {
        type: "contacts",
        contacts: content.contacts.map(({ name, phone }) => ({
          name: { formatted_name: name, first_name: name },
          phones: [{ phone: `+${phone}`, wa_id: phone, type: "CELL" }]
        }))
      }
    case "button_reply":
      return {
        type: "interactive",
        interactive: { type: "button_reply", button_reply: { id: content.id, title: content.title } }
      }
    case "list_reply":
      return {
        type: "interactive",
        interactive: {
          type: "list_reply",
          list_reply: {
            id: content.id,
            title: content.title,
            ...(content.description === undefined ? undefined : { description: content.description })
          }
        }
      }
    case "reaction":
      return {
        type: "reaction",
        reaction: {
          message_id: content.messageId,
          ...(content.emoji === null ? undefined : { emoji: content.emoji })
        }
      }
    case "edit":
      return {
        type: "edit",
        edit: {
          original_message_id: content.messageId,
          message: { type: "text", text: { body: content.text } }
        }
      }
    case "revoke":
      return { type: "revoke", revoke: { original_message_id: content.messageId } }
    // It shows neither to businesses.
    case "poll":
    case "vote":
      return { type: "unsupported", errors: [{ code: 131051, title: "Message type unknown" }] }
    case "native":
      return content.message
  }
}

/**
 * An element of `statuses`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const status = (options: {
  readonly id: string
  readonly status: "sent" | "delivered" | "read" | "played" | "failed"
  readonly at: number
  readonly customer: Customer
  readonly callbackData: string | undefined
  readonly category: string
  readonly error?: object | undefined
}): Readonly<Record<string, unknown>> => ({
  id: options.id,
  status: options.status,
  timestamp: seconds(options.at),
  ...(options.customer.phone === undefined ? undefined : { recipient_id: options.customer.phone }),
  ...(options.customer.id === undefined ? undefined : { recipient_user_id: options.customer.id }),
  ...(options.callbackData === undefined ? undefined : { biz_opaque_callback_data: options.callbackData }),
  ...(options.status === "sent" || options.status === "delivered"
    ? {
      pricing: {
        billable: options.category !== "service",
        pricing_model: "PMP",
        type: options.category === "service" ? "free_customer_service" : "regular",
        category: options.category
      }
    }
    : undefined),
  ...(options.error === undefined ? undefined : { errors: [options.error] })
})
