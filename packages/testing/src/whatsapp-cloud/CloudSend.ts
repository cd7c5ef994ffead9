/**
 * Checks the body of a send as the Cloud API does: required fields, types and limits.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * @since 0.1.0
 */
import { Predicate, Result, Schema } from "effect"
import type { CloudAccount, Template } from "./CloudAccount.ts"
import { atMost, check, Link, refusal, upTo } from "./CloudChecks.ts"
import * as CloudInteractive from "./CloudInteractive.ts"
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
  readonly reaction?: { readonly messageId: string; readonly emoji: string } | undefined
  /** Media ids that it refers to. */
  readonly mediaId?: string | undefined
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

const Read = Schema.Struct({
  messaging_product: Schema.Literal("whatsapp"),
  status: Schema.Literal("read"),
  message_id: Schema.NonEmptyString,
  typing_indicator: Schema.optionalKey(Schema.Struct({ type: Schema.Literal("text") }))
})

const Envelope = Schema.Struct({
  messaging_product: Schema.Literal("whatsapp"),
  recipient_type: Schema.optionalKey(Schema.Literals(["individual", "group"])),
  to: Schema.optionalKey(Schema.NonEmptyString),
  recipient: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/))),
  type: Schema.optionalKey(Schema.String),
  context: Schema.optionalKey(Schema.Struct({ message_id: Schema.NonEmptyString })),
  biz_opaque_callback_data: Schema.optionalKey(atMost(512))
})

const media = <Fields extends Schema.Struct.Fields>(extra: Fields) =>
  Schema.Struct({ id: Schema.optionalKey(Schema.NonEmptyString), link: Schema.optionalKey(Link), ...extra }).check(
    Schema.makeFilter((file) =>
      (Predicate.hasProperty(file, "id") ? 1 : 0) + (Predicate.hasProperty(file, "link") ? 1 : 0) === 1 ||
      "either an id or a link"
    )
  )
const caption = Schema.optionalKey(atMost(1024))

const parts = {
  text: Schema.Struct({ body: upTo(4096), preview_url: Schema.optionalKey(Schema.Boolean) }),
  image: media({ caption }),
  video: media({ caption }),
  document: media({ caption, filename: Schema.optionalKey(Schema.String) }),
  audio: media({ voice: Schema.optionalKey(Schema.Boolean) }),
  sticker: media({}),
  location: Schema.Struct({
    latitude: Schema.Number.check(Schema.isBetween({ minimum: -90, maximum: 90 })),
    longitude: Schema.Number.check(Schema.isBetween({ minimum: -180, maximum: 180 })),
    name: Schema.optionalKey(Schema.String),
    address: Schema.optionalKey(Schema.String)
  }),
  contacts: Schema.Array(Schema.Struct({
    name: Schema.Struct({
      formatted_name: Schema.NonEmptyString,
      first_name: Schema.optionalKey(Schema.String),
      last_name: Schema.optionalKey(Schema.String),
      middle_name: Schema.optionalKey(Schema.String),
      prefix: Schema.optionalKey(Schema.String),
      suffix: Schema.optionalKey(Schema.String)
    }).check(Schema.makeFilter((name) => Object.keys(name).length > 1 || "one more part of the name"))
  })).check(Schema.isMinLength(1), Schema.isMaxLength(257)),
  reaction: Schema.Struct({ message_id: Schema.NonEmptyString, emoji: Schema.String }),
  template: Schema.Struct({
    name: upTo(512),
    language: Schema.Struct({ code: Schema.NonEmptyString }),
    components: Schema.optionalKey(Schema.Array(Schema.Record(Schema.String, Schema.Unknown)))
  })
}

const isPart = (type: string): type is keyof typeof parts => Object.hasOwn(parts, type)

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
    return Result.map(check(Read, body), (read): CloudRead => ({
      messageId: read.message_id,
      typing: read.typing_indicator !== undefined
    }))
  }
  return Result.flatMap(check(Envelope, body), (envelope) => {
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

/** @category guards @since 0.1.0 */
export const isRead = (decoded: CloudSend | CloudRead): decoded is CloudRead => "typing" in decoded

type Content = Pick<CloudSend, "text" | "template" | "reaction" | "mediaId">

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
  switch (type) {
    case "text":
      return Result.map(check(parts.text, part), ({ body }) => ({ text: body }))
    case "reaction":
      return Result.map(check(parts.reaction, part), ({ emoji, message_id }) => ({
        text: emoji,
        reaction: { messageId: message_id, emoji }
      }))
    case "contacts":
      return Result.map(check(parts.contacts, part), (contacts) => ({
        text: contacts.map(({ name }) => name.formatted_name).join(", ")
      }))
    case "location":
      return Result.map(check(parts.location, part), ({ name }) => ({ text: name ?? "" }))
    case "template":
      return Result.flatMap(check(parts.template, part), (template) => CloudTemplateSend.decode(template, templates))
    case "image":
    case "video":
    case "document":
      return Result.map(checkMedia(parts[type], part, type), ({ caption, id }) => ({
        text: caption ?? "",
        ...(id === undefined ? undefined : { mediaId: id })
      }))
    case "audio":
    case "sticker":
      return Result.map(checkMedia(parts[type], part, type), ({ id }) => ({
        text: "",
        ...(id === undefined ? undefined : { mediaId: id })
      }))
  }
}

const checkMedia = <A, I>(schema: Schema.Codec<A, I>, input: unknown, type: string): Result.Result<A, GraphFailure> =>
  Result.mapError(
    Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(input),
    (error) =>
      error.message.includes("excess property")
        ? Failure.make(100, `Unexpected key on param "${type}"`)
        : refusal(error)
  )
