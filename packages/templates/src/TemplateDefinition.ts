/**
 * What a template says and where it is filled in: the provider's definition components as a Schema for what is created,
 * and as one tolerant model of what providers list.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
 * @since 0.1.0
 */
import { Predicate, Schema } from "effect"

const text = Schema.optionalKey(Schema.String)

/** The example of one named variable. @category schemas @since 0.1.0 */
export const NamedExample = Schema.Struct({ param_name: Schema.String, example: Schema.String })

/** @category schemas @since 0.1.0 */
export const HeaderFormat = Schema.Literals(["TEXT", "IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT"])
/** @since 0.1.0 */
export type HeaderFormat = typeof HeaderFormat.Type

/**
 * The header: a text of at most 60 characters with one variable, a file, a place or a product. The example of a file is
 * what the provider gave for it (`header_handle`); a file of the organization is handed over when its id is given
 * (`header_file`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Header = Schema.Struct({
  type: Schema.Literal("HEADER"),
  format: HeaderFormat,
  text,
  example: Schema.optionalKey(Schema.Struct({
    header_text: Schema.optionalKey(Schema.Array(Schema.String)),
    header_text_named_params: Schema.optionalKey(Schema.Array(NamedExample)),
    header_handle: Schema.optionalKey(Schema.Array(Schema.String)),
    header_file: text
  }))
}).annotate({ identifier: "TemplateHeader" })

/**
 * The body: at most 1024 characters. `body_text` has one list with an example of each positional variable.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Body = Schema.Struct({
  type: Schema.Literal("BODY"),
  text,
  /** Of authentication templates, whose text the provider writes. */
  add_security_recommendation: Schema.optionalKey(Schema.Boolean),
  example: Schema.optionalKey(Schema.Struct({
    body_text: Schema.optionalKey(Schema.Array(Schema.Array(Schema.String))),
    body_text_named_params: Schema.optionalKey(Schema.Array(NamedExample))
  }))
}).annotate({ identifier: "TemplateBody" })

/** The footer: at most 60 characters, without variables. @category schemas @since 0.1.0 */
export const Footer = Schema.Struct({
  type: Schema.Literal("FOOTER"),
  text,
  /** Of authentication templates: 1 to 90. */
  code_expiration_minutes: Schema.optionalKey(Schema.Int)
}).annotate({ identifier: "TemplateFooter" })

/** @category schemas @since 0.1.0 */
export const ButtonType = Schema.Literals([
  "QUICK_REPLY",
  "URL",
  "PHONE_NUMBER",
  "COPY_CODE",
  "OTP",
  "FLOW",
  "CATALOG",
  "MPM",
  "SPM",
  "ORDER_DETAILS",
  "VOICE_CALL",
  "REQUEST_CONTACT_INFO"
])
/** @since 0.1.0 */
export type ButtonType = typeof ButtonType.Type

/** A button; which of the fields it has is a matter of its type. @category schemas @since 0.1.0 */
export const Button = Schema.Struct({
  type: ButtonType,
  text,
  /** Of `URL`: with one variable at its end, or none. */
  url: text,
  /** Of a `URL` with a variable the whole address, of `COPY_CODE` the code. */
  example: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
  phone_number: text,
  otp_type: Schema.optionalKey(Schema.Literals(["COPY_CODE", "ONE_TAP", "ZERO_TAP"])),
  autofill_text: text,
  zero_tap_terms_accepted: Schema.optionalKey(Schema.Boolean),
  supported_apps: Schema.optionalKey(
    Schema.Array(Schema.Struct({ package_name: Schema.String, signature_hash: Schema.String }))
  ),
  flow_id: text,
  flow_name: text,
  flow_json: text,
  flow_action: Schema.optionalKey(Schema.Literals(["navigate", "data_exchange"])),
  navigate_screen: text,
  /** Of `VOICE_CALL`, minutes. */
  ttl_minutes: Schema.optionalKey(Schema.Int)
}).annotate({ identifier: "TemplateButton" })
/** @since 0.1.0 */
export type Button = typeof Button.Type

/** At most 10, quick replies together. @category schemas @since 0.1.0 */
export const Buttons = Schema.Struct({
  type: Schema.Literal("BUTTONS"),
  buttons: Schema.Array(Button)
}).annotate({ identifier: "TemplateButtons" })

/** Cards side by side, each with the same parts. @category schemas @since 0.1.0 */
export const Carousel = Schema.Struct({
  type: Schema.Literal("CAROUSEL"),
  cards: Schema.Array(Schema.Struct({ components: Schema.Array(Schema.Union([Header, Body, Buttons])) }))
}).annotate({ identifier: "TemplateCarousel" })

/** An offer that ends, with at most 16 characters. @category schemas @since 0.1.0 */
export const LimitedTimeOffer = Schema.Struct({
  type: Schema.Literal("LIMITED_TIME_OFFER"),
  limited_time_offer: Schema.Struct({ text: Schema.String, has_expiration: Schema.optionalKey(Schema.Boolean) })
}).annotate({ identifier: "TemplateLimitedTimeOffer" })

/** Asks whether the business may call. @category schemas @since 0.1.0 */
export const CallPermissionRequest = Schema.Struct({ type: Schema.Literal("CALL_PERMISSION_REQUEST") }).annotate({
  identifier: "TemplateCallPermissionRequest"
})

/**
 * A part of a template that is to be created, as the provider names it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TemplateComponent = Schema.Union([
  Header,
  Body,
  Footer,
  Buttons,
  Carousel,
  LimitedTimeOffer,
  CallPermissionRequest
]).annotate({ identifier: "TemplateComponent" })
/** @since 0.1.0 */
export type TemplateComponent = typeof TemplateComponent.Type

/** How variables are named: `{{1}}`, or `{{order_id}}`. @category schemas @since 0.1.0 */
export const ParameterFormat = Schema.Literals(["POSITIONAL", "NAMED"])
/** @since 0.1.0 */
export type ParameterFormat = typeof ParameterFormat.Type

/**
 * A text with its variables, each once, in their order.
 *
 * @category models
 * @since 0.1.0
 */
export interface FilledText {
  readonly text: string
  readonly variables: ReadonlyArray<string>
}

/** @category models @since 0.1.0 */
export interface HeaderModel extends FilledText {
  readonly format: string
}

/** @category models @since 0.1.0 */
export interface ButtonModel {
  readonly type: string
  readonly text: string
  /** Of a link, or the number of a phone button. */
  readonly target: string
  /** Whether the link ends in a variable. */
  readonly isDynamic: boolean
}

/** @category models @since 0.1.0 */
export interface CardModel {
  readonly header: HeaderModel | undefined
  readonly body: FilledText | undefined
  readonly buttons: ReadonlyArray<ButtonModel>
}

/**
 * A definition, read: whatever the provider adds that is not known here stays out of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface DefinitionModel extends CardModel {
  readonly parameterFormat: ParameterFormat
  /** The provider writes the body around a code. */
  readonly isAuthentication: boolean
  readonly footer: string
  readonly cards: ReadonlyArray<CardModel>
  readonly offer: { readonly text: string; readonly expires: boolean } | undefined
}

type Part = Readonly<Record<string, unknown>>

/**
 * The variables of a text, each once, in their order.
 *
 * @category getters
 * @since 0.1.0
 * @example
 * variablesOf("Hello {{1}}, order {{2}}") // => ["1", "2"]
 */
export const variablesOf = (text: string): ReadonlyArray<string> =>
  Array.from(new Set(Array.from(text.matchAll(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g), (match) => match[1] ?? "")))

const word = (value: unknown): string => Predicate.isString(value) ? value.toUpperCase() : ""
const textOf = (value: unknown): string => Predicate.isString(value) ? value : ""
const partsOf = (value: unknown): ReadonlyArray<Part> => Array.isArray(value) ? value.filter(Predicate.isObject) : []

const filled = (text: string): FilledText => ({ text, variables: variablesOf(text) })

/** What the customer reads of an authentication template, near enough: each language has its own sentence. */
const codeSentence = "{{1}} is your verification code."

const cardOf = (components: ReadonlyArray<Part>, isAuthentication: boolean): CardModel => {
  const find = (type: string) => components.find((one) => word(one["type"]) === type)
  const header = find("HEADER")
  const body = find("BODY")
  return {
    header: header === undefined ? undefined : { ...filled(textOf(header["text"])), format: word(header["format"]) },
    body: body === undefined
      ? undefined
      : filled(textOf(body["text"]) === "" && isAuthentication ? codeSentence : textOf(body["text"])),
    buttons: partsOf(find("BUTTONS")?.["buttons"]).map((button) => {
      const target = textOf(button["url"]) || textOf(button["phone_number"])
      return { type: word(button["type"]), text: textOf(button["text"]), target, isDynamic: target.includes("{{") }
    })
  }
}

/**
 * Reads a definition, in whatever case its words are written.
 *
 * @category decoding
 * @since 0.1.0
 */
export const read = (definition: {
  readonly category: string
  readonly parameterFormat: ParameterFormat
  readonly components: ReadonlyArray<Part>
}): DefinitionModel => {
  const isAuthentication = word(definition.category) === "AUTHENTICATION"
  const find = (type: string) => definition.components.find((one) => word(one["type"]) === type)
  const offer = find("LIMITED_TIME_OFFER")?.["limited_time_offer"]
  const named = definition.parameterFormat === "NAMED"
  const card = cardOf(definition.components, isAuthentication)
  return {
    ...card,
    // Some lists don't say the format; the variables do.
    parameterFormat: named || (card.body?.variables ?? []).some((name) => !/^[0-9]+$/.test(name))
      ? "NAMED"
      : "POSITIONAL",
    isAuthentication,
    footer: textOf(find("FOOTER")?.["text"]),
    cards: partsOf(find("CAROUSEL")?.["cards"]).map((card) => cardOf(partsOf(card["components"]), false)),
    offer: Predicate.isObject(offer)
      ? { text: textOf(offer["text"]), expires: offer["has_expiration"] === true }
      : undefined
  }
}
