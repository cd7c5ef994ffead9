/**
 * Checks a template message against the template's definition as the Cloud API does, and renders what is read.
 *
 * @since 0.1.0
 */
import { Predicate, Result } from "effect"
import type { Template } from "./CloudAccount.ts"
import { placeholders } from "./CloudDefinition.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

type Part = Readonly<Record<string, unknown>>

/** What is sent with a template. @category models @since 0.1.0 */
export interface SentTemplate {
  readonly name: string
  readonly language: { readonly code: string }
  readonly components?: ReadonlyArray<Part> | undefined
}

/**
 * The text that the customer reads, or the refusal.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (
  sent: SentTemplate,
  templates: ReadonlyArray<Template>
): Result.Result<
  { readonly text: string; readonly template: Template; readonly mediaIds: ReadonlyArray<string> },
  GraphFailure
> => {
  const template = templates.find(({ language, name }) => name === sent.name && language === sent.language.code)
  if (template === undefined) {
    return Result.fail(Failure.make(132001, `template name (${sent.name}) does not exist in ${sent.language.code}`))
  }
  if (template.status === "PAUSED") return Result.fail(Failure.make(132015))
  if (template.status === "DISABLED") return Result.fail(Failure.make(132016))
  if (template.status !== "APPROVED") {
    return Result.fail(Failure.make(132001, `template (${sent.name}) is ${template.status}`))
  }
  return Result.map(checkComponents(sent.components ?? [], template.components, ""), (text) => ({
    text,
    template,
    mediaIds: mediaIdsOf(sent.components ?? [])
  }))
}

/** Of the files in headers, those of cards too. */
const mediaIdsOf = (components: ReadonlyArray<Part>): ReadonlyArray<string> =>
  components.flatMap((component) =>
    word(component["type"]) === "HEADER"
      ? parts(component["parameters"]).flatMap((parameter) => {
        const value = Predicate.isString(parameter["type"]) ? parameter[parameter["type"]] : undefined
        return Predicate.isObject(value) && Predicate.isString(value["id"]) ? [value["id"]] : []
      })
      : parts(component["cards"]).flatMap((card) => mediaIdsOf(parts(card["components"])))
  )

const word = (value: unknown) => Predicate.isString(value) ? value.toUpperCase() : ""

const parts = (value: unknown): ReadonlyArray<Part> => Array.isArray(value) ? value.filter(Predicate.isObject) : []

const mismatch = (where: string, wanted: number, given: number) =>
  Result.fail(
    Failure.make(
      132000,
      `${where}: number of localizable_params (${given}) does not match the expected number of params (${wanted})`
    )
  )

const misformed = (where: string, what: string) => Result.fail(Failure.make(132012, `${where}: ${what}`))

const checkComponents = (
  sent: ReadonlyArray<Part>,
  defined: ReadonlyArray<Part>,
  where: string
): Result.Result<string, GraphFailure> => {
  let text = ""
  for (const component of defined) {
    const type = word(component["type"])
    const given = (of: string) => sent.find((one) => word(one["type"]) === of)
    if (type === "HEADER") {
      const failure = checkHeader(component, parts(given("HEADER")?.["parameters"]), where)
      if (Result.isFailure(failure)) return Result.fail(failure.failure)
    }
    if (type === "BODY") {
      const filled = fill(bodyOf(component), parts(given("BODY")?.["parameters"]), `${where}body`)
      if (Result.isFailure(filled)) return filled
      text = filled.success
      if (text.length > 1024) return Result.fail(Failure.make(132005, "The translated text is too long"))
    }
    if (type === "BUTTONS") {
      for (const [index, button] of parts(component["buttons"]).entries()) {
        const one = sent.find((other) => word(other["type"]) === "BUTTON" && Number(other["index"]) === index)
        const failure = checkButton(button, one, `${where}button ${index}`)
        if (failure !== undefined) return Result.fail(failure)
      }
    }
    if (type === "CAROUSEL") {
      const cards = parts(component["cards"])
      const filled = parts(given("CAROUSEL")?.["cards"])
      if (cards.length !== filled.length) return mismatch("carousel", cards.length, filled.length)
      for (const [index, card] of cards.entries()) {
        const one = filled.find((other) => Number(other["card_index"]) === index)
        const checked = checkComponents(parts(one?.["components"]), parts(card["components"]), `card ${index} `)
        if (Result.isFailure(checked)) return checked
      }
    }
    if (type === "LIMITED_TIME_OFFER") {
      const offer = component["limited_time_offer"]
      const expires = Predicate.isObject(offer) && offer["has_expiration"] === true
      const [parameter] = parts(given("LIMITED_TIME_OFFER")?.["parameters"])
      if (expires && !Predicate.isObject(parameter?.["limited_time_offer"])) {
        return misformed("limited_time_offer", "expiration_time_ms is missing")
      }
    }
  }
  return Result.succeed(text)
}

/** Of an authentication template the API writes the body itself, around the code. */
const bodyOf = (component: Part) =>
  Predicate.isString(component["text"]) ? component["text"] : "{{1}} is your verification code."

const checkHeader = (
  component: Part,
  given: ReadonlyArray<Part>,
  where: string
): Result.Result<string, GraphFailure> => {
  const format = word(component["format"])
  if (format === "TEXT") {
    return fill(Predicate.isString(component["text"]) ? component["text"] : "", given, `${where}header`)
  }
  if (given.length !== 1) return mismatch(`${where}header`, 1, given.length)
  const type = format === "GIF" ? "video" : format.toLowerCase()
  const value = given[0]?.[type]
  if (given[0]?.["type"] !== type || !Predicate.isObject(value)) {
    return misformed(`${where}header`, `Format mismatch, expected ${format}, received ${word(given[0]?.["type"])}`)
  }
  const isFile = type === "image" || type === "video" || type === "document"
  if (isFile && !Predicate.isString(value["id"]) && !Predicate.isString(value["link"])) {
    return misformed(`${where}header`, "either id or link is required")
  }
  if (type === "location" && (!Predicate.isNumber(value["latitude"]) && !Predicate.isString(value["latitude"]))) {
    return misformed(`${where}header`, "latitude is missing")
  }
  return Result.succeed("")
}

const checkButton = (button: Part, given: Part | undefined, where: string): GraphFailure | undefined => {
  const [parameter] = parts(given?.["parameters"])
  switch (word(button["type"])) {
    case "URL": {
      const url = button["url"]
      const isDynamic = Predicate.isString(url) && url.includes("{{")
      if (!isDynamic) {
        return parameter === undefined
          ? undefined
          : Failure.make(132000, `${where}: the link has no variable`)
      }
      if (parameter === undefined) return Failure.make(131008, `${where} of type Url requires a parameter`)
      return Predicate.isString(parameter["text"]) && parameter["text"] !== ""
        ? undefined
        : Failure.make(132012, `${where}: a text is expected`)
    }
    case "OTP":
      return Predicate.isString(parameter?.["text"])
        ? undefined
        : Failure.make(131008, `${where} of type Url requires a parameter`)
    case "COPY_CODE":
      return Predicate.isString(parameter?.["coupon_code"]) && parameter["coupon_code"].length <= 20
        ? undefined
        : Failure.make(131008, `${where} requires a coupon code of at most 20 characters`)
    case "MPM":
      return Predicate.isObject(parameter?.["action"])
        ? undefined
        : Failure.make(131008, `${where} requires an action with sections`)
    default:
      return undefined
  }
}

const placeholder = /\{\{\s*([a-z0-9_]+)\s*\}\}/gi

const fill = (text: string, given: ReadonlyArray<Part>, where: string): Result.Result<string, GraphFailure> => {
  const wanted = placeholders(text)
  if (wanted.length !== given.length) return mismatch(where, wanted.length, given.length)
  const named = wanted.some((name) => !/^[0-9]+$/.test(name))
  const values = new Map<string, string>()
  for (const [index, name] of wanted.entries()) {
    const parameter = named ? given.find(({ parameter_name }) => parameter_name === name) : given[index]
    const value = parameter?.["text"] ?? fallback(parameter?.["currency"]) ?? fallback(parameter?.["date_time"])
    if (!Predicate.isString(value)) return misformed(where, `parameter ${name} has not the expected format`)
    if (value === "") return Result.fail(Failure.make(131008, `${where}: parameter ${name} has no text`))
    if (/[\n\t]| {5,}/.test(value)) {
      return Result.fail(
        Failure.make(132018, `${where}: parameter ${name} has new lines, tabs or more than 4 spaces in a row`)
      )
    }
    values.set(name, value)
  }
  return Result.succeed(text.replace(placeholder, (all, name: string) => values.get(name) ?? all))
}

const fallback = (value: unknown): unknown => Predicate.isObject(value) ? value["fallback_value"] : undefined
