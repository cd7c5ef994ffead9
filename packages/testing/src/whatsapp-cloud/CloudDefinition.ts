/**
 * Checks the definition of a template as the Cloud API does when it is created.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
 * @since 0.1.0
 */
import { Predicate, Result, Schema } from "effect"
import type { Template } from "./CloudAccount.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

const Envelope = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(/^[a-z0-9_]{1,512}$/)),
  language: Schema.String.check(Schema.isPattern(/^[a-z]{2,3}(_[A-Za-z]{2,4})?$/)),
  category: Schema.String,
  parameter_format: Schema.optional(Schema.String),
  message_send_ttl_seconds: Schema.optional(Schema.Int),
  cta_url_link_tracking_opted_out: Schema.optional(Schema.Boolean),
  components: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
})

const categories = ["MARKETING", "UTILITY", "AUTHENTICATION"] as const
const isCategory = (word: string): word is typeof categories[number] =>
  (categories as ReadonlyArray<string>).includes(word)

const refuse = (subcode: number, details: string) => Failure.make(100, details, { subcode })

const word = (value: unknown) => Predicate.isString(value) ? value.toUpperCase() : ""
const textOf = (component: Readonly<Record<string, unknown>>) =>
  Predicate.isString(component["text"]) ? component["text"] : ""

/** The names between double braces, each once, in their order. @category getters @since 0.1.0 */
export const placeholders = (text: string): ReadonlyArray<string> =>
  Array.from(new Set(Array.from(text.matchAll(/\{\{\s*([a-z0-9_]+)\s*\}\}/gi), (match) => match[1] ?? "")))

const examples = (component: Readonly<Record<string, unknown>>, key: string): number => {
  const example = component["example"]
  if (!Predicate.isObject(example)) return 0
  const list = example[key]
  if (Predicate.isString(list)) return 1
  if (!Array.isArray(list)) return 0
  return Array.isArray(list[0]) ? list[0].length : list.length
}

const checkText = (
  component: Readonly<Record<string, unknown>>,
  options: {
    readonly max: number
    readonly key: "header_text" | "body_text"
    readonly isNamed: boolean
    readonly subcode: number
  }
): GraphFailure | undefined => {
  const text = textOf(component)
  if (text === "") return refuse(options.subcode, "The text is missing.")
  if (text.length > options.max) return refuse(2388040, `The text has more than ${options.max} characters.`)
  const names = placeholders(text)
  if (options.key === "body_text" && (/^\s*\{\{/.test(text) || /\}\}\s*$/.test(text))) {
    return refuse(2388299, "Variables can't be at the start or end of the template.")
  }
  if (!options.isNamed && names.some((name, index) => name !== String(index + 1))) {
    return refuse(options.subcode, "Variables are numbered from 1, without gaps.")
  }
  // The API wants so many more words than variables.
  const words = text.replace(/\{\{[^}]*\}\}/g, " ").split(/\s+/).filter((one) => one !== "").length
  if (options.key === "body_text" && names.length > 0 && words < 2 * names.length + 1) {
    return refuse(2388293, "This template has too many variables for its length.")
  }
  const key = options.isNamed ? `${options.key}_named_params` : options.key
  return names.length > 0 && examples(component, key) !== names.length
    ? refuse(options.subcode, "Every variable needs an example.")
    : undefined
}

const checkButtons = (buttons: unknown): GraphFailure | undefined => {
  if (!Array.isArray(buttons) || buttons.length === 0 || buttons.length > 10) {
    return Failure.make(100, "There are 1 to 10 buttons.")
  }
  for (const button of buttons) {
    if (!Predicate.isObject(button)) return Failure.make(100, "A button is an object.")
    const label = button["text"]
    if (Predicate.isString(label) && label.length > 25) {
      return refuse(2388040, "A button's text has 25 characters at most.")
    }
    if (word(button["type"]) === "URL") {
      const url = button["url"]
      if (!Predicate.isString(url) || url.length > 2000) return Failure.make(100, "A link has 2000 characters at most.")
      if (url.includes("{{") && (!url.endsWith("}}") || button["example"] === undefined)) {
        return Failure.make(100, "The variable of a link is at its end, with an example.")
      }
    }
    if (word(button["type"]) === "PHONE_NUMBER" && !/^\+?[0-9]{5,20}$/.test(String(button["phone_number"]))) {
      return Failure.make(100, "The phone number of a button has 20 characters at most.")
    }
  }
  return undefined
}

type Component = Readonly<Record<string, unknown>>

const partsOf = (value: unknown): ReadonlyArray<Component> =>
  Array.isArray(value) ? value.filter((one) => Predicate.isObject(one)) : []
const find = (components: ReadonlyArray<Component>, type: string) =>
  components.find((one) => word(one["type"]) === type)
const buttonTypes = (components: ReadonlyArray<Component>): ReadonlyArray<string> =>
  partsOf(find(components, "BUTTONS")?.["buttons"]).map((one) => word(one["type"]))
const formatOf = (components: ReadonlyArray<Component>) => word(find(components, "HEADER")?.["format"])

const checkCards = (cards: ReadonlyArray<Component>): GraphFailure | undefined => {
  for (const card of cards) {
    const parts = partsOf(card["components"])
    if (!["IMAGE", "VIDEO", "PRODUCT"].includes(formatOf(parts))) {
      return Failure.make(100, "A card has a header with an image, a video or a product.")
    }
    const buttons = buttonTypes(parts)
    if (buttons.length > 2 || buttons.some((type) => !["QUICK_REPLY", "URL", "PHONE_NUMBER", "SPM"].includes(type))) {
      return Failure.make(100, "A card has two buttons at most: quick replies, links, phone numbers, products.")
    }
  }
  return undefined
}

/** What can't stand beside each other, or not in a category. */
const checkTogether = (category: string, components: ReadonlyArray<Component>): GraphFailure | undefined => {
  const types = components.map((one) => word(one["type"]))
  const buttons = buttonTypes(components)
  const has = (type: string) => types.includes(type)
  if (category === "AUTHENTICATION") {
    if (types.some((type) => !["BODY", "FOOTER", "BUTTONS"].includes(type)) || buttons.join(",") !== "OTP") {
      return Failure.make(100, "An authentication template has a body, a footer and one button of the type OTP.")
    }
    return undefined
  }
  if (buttons.includes("OTP")) return Failure.make(100, "A button of the type OTP is for authentication templates.")
  const advertises = has("CAROUSEL") || has("LIMITED_TIME_OFFER") || formatOf(components) === "GIF" ||
    buttons.some((type) => ["CATALOG", "MPM", "SPM"].includes(type))
  if (advertises && category !== "MARKETING") {
    return Failure.make(100, `This is for marketing templates, and not for the category ${category}.`)
  }
  if (buttons.includes("SPM") && formatOf(components) !== "PRODUCT") {
    return refuse(2388047, "A button of a product needs a header with the product.")
  }
  if (has("LIMITED_TIME_OFFER")) {
    const isBare = has("HEADER") && !["IMAGE", "VIDEO"].includes(formatOf(components))
    const body = find(components, "BODY")
    if (isBare || has("FOOTER") || buttons.indexOf("COPY_CODE") > 0) {
      return Failure.make(100, "An offer has an image or a video, no footer, and its code in the first button.")
    }
    if (body !== undefined && textOf(body).length > 600) {
      return refuse(2388040, "The text has more than 600 characters.")
    }
  }
  if (!has("CAROUSEL")) return undefined
  return types.some((type) => type !== "BODY" && type !== "CAROUSEL")
    ? Failure.make(100, "Beside a carousel there is a body only.")
    : checkCards(partsOf(find(components, "CAROUSEL")?.["cards"]))
}

const ttl = { AUTHENTICATION: [30, 900], UTILITY: [30, 43_200], MARKETING: [43_200, 2_592_000] } as const

const isTtl = (category: typeof categories[number], seconds: number): boolean =>
  seconds === -1 ? category !== "MARKETING" : seconds >= ttl[category][0] && seconds <= ttl[category][1]

/** The time that a message may take, by the category. @category validation @since 0.1.0 */
export const checkTtl = (
  category: typeof categories[number],
  seconds: number | undefined
): GraphFailure | undefined =>
  seconds === undefined || isTtl(category, seconds)
    ? undefined
    : Failure.make(100, "message_send_ttl_seconds is not a time that the category allows.")

const checkComponent = (
  component: Readonly<Record<string, unknown>>,
  isNamed: boolean,
  isAuthentication: boolean
): GraphFailure | undefined => {
  switch (word(component["type"])) {
    case "HEADER": {
      const format = word(component["format"])
      if (format === "TEXT") {
        return placeholders(textOf(component)).length > 1
          ? refuse(2388047, "A header has one variable at most.")
          : checkText(component, { max: 60, key: "header_text", isNamed, subcode: 2388047 })
      }
      if (format === "LOCATION" || format === "PRODUCT") return undefined
      if (!["IMAGE", "VIDEO", "GIF", "DOCUMENT"].includes(format)) {
        return refuse(2388047, "The header has no known format.")
      }
      return examples(component, "header_handle") === 0 ? refuse(2388047, "The header needs an example.") : undefined
    }
    case "BODY":
      return isAuthentication
        ? undefined
        : checkText(component, { max: 1024, key: "body_text", isNamed, subcode: 2388072 })
    case "FOOTER": {
      if (component["code_expiration_minutes"] !== undefined) return undefined
      const text = textOf(component)
      if (text.length > 60) return refuse(2388040, "A footer has 60 characters at most.")
      return text === "" || text.includes("{{") ? refuse(2388073, "A footer has a text without variables.") : undefined
    }
    case "BUTTONS":
      return checkButtons(component["buttons"])
    case "CAROUSEL": {
      const cards = component["cards"]
      if (!Array.isArray(cards) || cards.length < 1 || cards.length > 10) {
        return Failure.make(100, "There are 1 to 10 cards.")
      }
      for (const card of cards) {
        if (!Predicate.isObject(card) || !Array.isArray(card["components"])) {
          return Failure.make(100, "A card has components.")
        }
        for (const part of card["components"]) {
          const failure = Predicate.isObject(part)
            ? checkComponent(part, isNamed, false)
            : Failure.make(100, "A component is an object.")
          if (failure !== undefined) return failure
        }
      }
      return undefined
    }
    case "LIMITED_TIME_OFFER":
    case "CALL_PERMISSION_REQUEST":
      return undefined
    default:
      return Failure.make(100, `A component can't have the type ${String(component["type"])}.`)
  }
}

/**
 * The template that a body defines, or the refusal of the API. Its status is `PENDING`.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (body: unknown): Result.Result<Template, GraphFailure> => {
  const decoded = Schema.decodeUnknownResult(Envelope)(body)
  if (Result.isFailure(decoded)) {
    return Result.fail(Failure.make(100, decoded.failure.message.replace(/\s*\n\s*/g, " ")))
  }
  const {
    category,
    components,
    cta_url_link_tracking_opted_out: isUntracked,
    language,
    message_send_ttl_seconds: seconds,
    name,
    parameter_format
  } = decoded.success
  const known = word(category)
  if (!isCategory(known)) return Result.fail(Failure.make(100, `There is no category ${category}.`))
  const isNamed = word(parameter_format) === "NAMED"
  if (!components.some(({ type }) => word(type) === "BODY")) {
    return Result.fail(refuse(2388072, "A template has a body."))
  }
  for (const component of components) {
    const failure = checkComponent(component, isNamed, known === "AUTHENTICATION")
    if (failure !== undefined) return Result.fail(failure)
  }
  const together = checkTogether(known, components)
  if (together !== undefined) return Result.fail(together)
  const wrongTime = checkTtl(known, seconds)
  if (wrongTime !== undefined) return Result.fail(wrongTime)
  return Result.succeed({
    name,
    language,
    category: known,
    status: "PENDING",
    ...(seconds === undefined ? undefined : { message_send_ttl_seconds: seconds }),
    ...(isUntracked === undefined ? undefined : { cta_url_link_tracking_opted_out: isUntracked }),
    parameter_format: isNamed ? "NAMED" : "POSITIONAL",
    components: components.map((component) => normalized(component))
  })
}

/** As the API lists it, whatever the case was that it was written in. */
const normalized = (component: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...component,
  type: word(component["type"]),
  ...(component["format"] === undefined ? undefined : { format: word(component["format"]) })
})
