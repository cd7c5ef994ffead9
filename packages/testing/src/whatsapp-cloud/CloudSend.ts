/**
 * Checks the body of a send as the Cloud API does: required fields, types and limits.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * @since 0.1.0
 */
import { Predicate, Result } from "effect"
import type { CloudAccount, Template } from "./CloudAccount.ts"
import { strict } from "./CloudChecks.ts"
import * as CloudInteractive from "./CloudInteractive.ts"
import { Envelope, isPart, Marketing, parts, Read } from "./CloudSendRequests.ts"
import * as CloudTemplateSend from "./CloudTemplateSend.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/**
 * A body that passed.
 *
 * @category models
 * @since 0.1.0
 */
export interface CloudSend {
  readonly kind: string
  /** As the sender wrote it. */
  readonly input: string
  /** Digits, a group id, or a business-scoped user id. */
  readonly to: { readonly type: "phone" | "bsuid" | "group"; readonly value: string }
  /** What a person would read. */
  readonly text: string
  readonly replyTo?: string | undefined
  readonly callbackData?: string | undefined
  readonly template?: Template | undefined
  /** It came as a marketing message. */
  readonly marketing?: boolean | undefined
  readonly reaction?: { readonly messageId: string; readonly emoji: string } | undefined
  /** Media ids that it refers to. */
  readonly mediaIds?: ReadonlyArray<string> | undefined
  readonly native: Readonly<Record<string, unknown>>
}

/**
 * A body that marks a message as read.
 *
 * @category models
 * @since 0.1.0
 */
export interface CloudRead {
  readonly messageId: string
  readonly typing: boolean
}

/**
 * The body as a send, as a read receipt, or the refusal of the API.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (
  body: unknown,
  account: CloudAccount,
  templates: ReadonlyArray<Template>
): Result.Result<CloudSend | CloudRead, GraphFailure> => {
  if (!Predicate.isObject(body)) return Result.fail(Failure.make(100, "The request body is not a JSON object"))
  if (body.messaging_product !== "whatsapp") {
    return Result.fail(Failure.make(100, "The parameter messaging_product is required."))
  }
  if (body.status !== undefined) {
    return Result.map(strict(Read, body), (read): CloudRead => ({
      messageId: read.message_id,
      typing: read.typing_indicator !== undefined
    }))
  }
  return Result.flatMap(strict(Envelope, body), (envelope) => {
    const type = envelope.type ?? "text"
    const recipient = recipientOf(envelope)
    if (recipient === undefined) return Result.fail(Failure.make(100, "The parameter to is required."))
    if (recipient.value === "") return Result.fail(Failure.make(131009, `"${envelope.to}" is not a phone number`))
    if (recipient.type === "phone" && recipient.value === account.displayPhoneNumber.replace(/[^0-9]/g, "")) {
      return Result.fail(Failure.make(131021))
    }
    const said = type === "interactive"
      ? CloudInteractive.decode(body[type], account)
      : isPart(type)
      ? decodePart(type, body[type], templates)
      : Result.fail(Failure.make(100, `Param type must be one of {${Object.keys(parts).join(", ")}, interactive}`))
    return Result.map(said, (content): CloudSend => ({
      kind: type,
      input: envelope.to ?? envelope.recipient ?? "",
      to: recipient,
      ...content,
      ...(envelope.context === undefined ? undefined : { replyTo: envelope.context.message_id }),
      ...(envelope.biz_opaque_callback_data === undefined
        ? undefined
        : { callbackData: envelope.biz_opaque_callback_data }),
      native: body
    }))
  })
}

/**
 * The body as a marketing message, or the refusal of the API.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/marketing-messages/send-marketing-messages
 * @category decoding
 * @since 0.1.0
 */
export const decodeMarketing = (
  body: unknown,
  account: CloudAccount,
  templates: ReadonlyArray<Template>
): Result.Result<CloudSend, GraphFailure> => {
  if (!account.marketingTerms) return Result.fail(Failure.make(10, "Not supported"))
  return Result.flatMap(strict(Marketing, body), (wanted) => {
    const { message_activity_sharing: _, product_policy: __, ...message } = wanted
    return Result.flatMap(
      decode(message, account, templates),
      (send) =>
        isRead(send) || send.template?.category !== "MARKETING"
          ? Result.fail(Failure.make(134100, "Only templates of the category MARKETING can be sent"))
          : Result.succeed({ ...send, marketing: true })
    )
  })
}

/** @category guards @since 0.1.0 */
export const isRead = (decoded: CloudSend | CloudRead): decoded is CloudRead => "typing" in decoded

type Content = Pick<CloudSend, "text" | "template" | "reaction" | "mediaIds">

const recipientOf = (envelope: typeof Envelope.Type): CloudSend["to"] | undefined => {
  if (envelope.to !== undefined) {
    return envelope.recipient_type === "group"
      ? { type: "group", value: envelope.to }
      : { type: "phone", value: /^\+?[0-9 ().-]{5,25}$/.test(envelope.to) ? envelope.to.replace(/[^0-9]/g, "") : "" }
  }
  return envelope.recipient === undefined ? undefined : { type: "bsuid", value: envelope.recipient }
}

const decodePart = (
  type: keyof typeof parts,
  part: unknown,
  templates: ReadonlyArray<Template>
): Result.Result<Content, GraphFailure> => {
  if (part === undefined) return Result.fail(Failure.make(131008, `Parameter ${type} is missing`))
  const at = [type]
  switch (type) {
    case "text":
      return Result.map(strict(parts.text, part, at), ({ body }) => ({ text: body }))
    case "reaction":
      return Result.map(strict(parts.reaction, part, at), ({ emoji, message_id }) => ({
        text: emoji,
        reaction: { messageId: message_id, emoji }
      }))
    case "contacts":
      return Result.map(strict(parts.contacts, part, at), (contacts) => ({
        text: contacts.map(({ name }) => name.formatted_name).join(", ")
      }))
    case "location":
      return Result.map(strict(parts.location, part, at), ({ name }) => ({ text: name ?? "" }))
    case "template":
      return Result.flatMap(
        strict(parts.template, part, at),
        (template) => CloudTemplateSend.decode(template, templates)
      )
    case "image":
    case "video":
    case "document":
      return Result.map(strict(parts[type], part, at), ({ caption, id }) => ({
        text: caption ?? "",
        mediaIds: id === undefined ? [] : [id]
      }))
    case "audio":
    case "sticker":
      return Result.map(strict(parts[type], part, at), ({ id }) => ({
        text: "",
        mediaIds: id === undefined ? [] : [id]
      }))
  }
}
