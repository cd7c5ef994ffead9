/**
 * A template message: the provider's components made of parameters, or read back into them, and what the customer reads.
 *
 * @since 0.1.0
 */
import { Predicate, Schema } from "effect"
import { optional } from "./internal/optional.ts"
import type { ButtonModel, CardModel, DefinitionModel, FilledText, HeaderModel } from "./TemplateDefinition.ts"
import { hasAnyCards } from "./TemplateParameters.ts"
import type { TemplateParameters, Value } from "./TemplateParameters.ts"

type Part = Readonly<Record<string, unknown>>
type CardParameters = Pick<TemplateParameters, "header" | "body" | "buttons">

const toJson = Schema.decodeUnknownSync(Schema.Array(Schema.JsonObject))

const isString = Predicate.isString
const isObject = Predicate.isObject
const partsOf = (value: unknown): ReadonlyArray<Part> => Array.isArray(value) ? value.filter(isObject) : []
const word = (value: unknown): string => isString(value) ? value.toUpperCase() : ""

/** The values of a text's variables, in their order. */
const valuesOf = (text: FilledText | undefined, given: unknown): ReadonlyArray<Value> => {
  if (text === undefined || given === undefined) return []
  if (Array.isArray(given)) return given
  const byName = given as Readonly<Record<string, Value>>
  return text.variables.flatMap((name) => byName[name] ?? [])
}

const parameterOf = (value: Value, name: string | undefined): Part => {
  const named = name === undefined ? undefined : { parameter_name: name }
  if (isString(value)) return { type: "text", ...named, text: value }
  return "currency" in value
    ? { type: "currency", ...named, currency: value.currency }
    : { type: "date_time", ...named, date_time: value.date_time }
}

const filled = (text: FilledText | undefined, given: unknown, isNamed: boolean): ReadonlyArray<Part> =>
  valuesOf(text, given).map((value, index) => parameterOf(value, isNamed ? text?.variables[index] : undefined))

const mediaTypeOf = (format: string) => format === "GIF" ? "video" : format.toLowerCase()

const headerParameters = (header: HeaderModel, given: unknown, isNamed: boolean): ReadonlyArray<Part> => {
  if (header.format === "TEXT") return filled(header, given, isNamed)
  if (given === undefined) return []
  const type = mediaTypeOf(header.format)
  // A stored file goes beside the components, and into this place when it was handed over.
  const { file: _, ...value } = isObject(given) ? given : {}
  return [{ type, [type]: value }]
}

const buttonParameters = (button: ButtonModel, given: unknown): ReadonlyArray<Part> => {
  if (given === undefined) return []
  switch (button.type) {
    case "URL":
      return [{ type: "text", text: given }]
    case "COPY_CODE":
      return [{ type: "coupon_code", coupon_code: given }]
    case "QUICK_REPLY":
      return [{ type: "payload", payload: given }]
    case "FLOW": {
      const { data, token } = isObject(given) ? given : {}
      return [{ type: "action", action: { ...optional("flow_token", token), ...optional("flow_action_data", data) } }]
    }
    default:
      return [{ type: "action", action: given }]
  }
}

const component = (type: string, parameters: ReadonlyArray<Part>): ReadonlyArray<Part> =>
  parameters.length === 0 ? [] : [{ type, parameters }]

const cardComponents = (card: CardModel, given: CardParameters, isNamed: boolean): ReadonlyArray<Part> => [
  ...(card.header === undefined ? [] : component("header", headerParameters(card.header, given.header, isNamed))),
  ...component("body", filled(card.body, given.body, isNamed)),
  ...card.buttons.flatMap((button, index) => {
    const parameters = buttonParameters(button, given.buttons?.[String(index)])
    return parameters.length === 0
      ? []
      : [{ type: "button", sub_type: button.type.toLowerCase(), index: String(index), parameters }]
  })
]

/** Each card with what it is filled with. */
const cardsOf = (definition: DefinitionModel, parameters: TemplateParameters) => {
  const given = parameters.cards ?? []
  const [first] = definition.cards
  return first !== undefined && hasAnyCards(definition) && given.length > 0
    ? given.map((one) => ({ card: first, given: one }))
    : definition.cards.map((card, index) => ({ card, given: given[index] ?? {} }))
}

/**
 * The provider's components of a message with these parameters. The code of an authentication template goes into its
 * button, too.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toComponents = (
  definition: DefinitionModel,
  parameters: TemplateParameters
): ReadonlyArray<Schema.JsonObject> => {
  const isNamed = definition.parameterFormat === "NAMED"
  const [code] = valuesOf(definition.body, parameters.body)
  return toJson([
    ...cardComponents(definition, parameters, isNamed),
    ...(definition.isAuthentication && isString(code)
      ? definition.buttons.flatMap((button, index) =>
        button.type === "OTP" || button.isDynamic && parameters.buttons?.[String(index)] === undefined
          ? [{ type: "button", sub_type: "url", index: String(index), parameters: [{ type: "text", text: code }] }]
          : []
      )
      : []),
    ...(parameters.offer === undefined ? [] : component("limited_time_offer", [{
      type: "limited_time_offer",
      limited_time_offer: { expiration_time_ms: parameters.offer.expires_at }
    }])),
    ...(definition.cards.length === 0 ? [] : [{
      type: "carousel",
      cards: cardsOf(definition, parameters).map(({ card, given }, index) => ({
        card_index: index,
        components: cardComponents(card, given, isNamed)
      }))
    }])
  ])
}

const readValue = (parameter: Part): unknown =>
  isObject(parameter["currency"])
    ? { currency: parameter["currency"] }
    : isObject(parameter["date_time"])
    ? { date_time: { fallback_value: parameter["date_time"]["fallback_value"] } }
    : parameter["text"]

const readValues = (parameters: ReadonlyArray<Part>, isNamed: boolean): unknown =>
  isNamed
    ? Object.fromEntries(parameters.map((one, index) => [
      isString(one["parameter_name"]) ? one["parameter_name"] : String(index + 1),
      readValue(one)
    ]))
    : parameters.map(readValue)

const readHeader = (header: HeaderModel, parameters: ReadonlyArray<Part>, isNamed: boolean): unknown => {
  if (header.format === "TEXT") return readValues(parameters, isNamed)
  const [first] = parameters
  const value = first?.[mediaTypeOf(header.format)]
  if (!isObject(value) || header.format !== "LOCATION") return value
  // The API also takes degrees as text.
  return { ...value, latitude: Number(value["latitude"]), longitude: Number(value["longitude"]) }
}

const readButton = (button: ButtonModel, parameter: Part | undefined): unknown => {
  const action = parameter?.["action"]
  switch (button.type) {
    case "URL":
      return parameter?.["text"]
    case "COPY_CODE":
      return parameter?.["coupon_code"]
    case "QUICK_REPLY":
      // Any text, number or boolean comes back as it was given.
      return parameter?.["payload"] === undefined ? undefined : String(parameter["payload"])
    case "FLOW":
      return isObject(action)
        ? { ...optional("token", action["flow_token"]), ...optional("data", action["flow_action_data"]) }
        : undefined
    case "CATALOG":
    case "MPM":
    case "ORDER_DETAILS":
      return action
    default:
      return undefined
  }
}

const readCard = (card: CardModel, components: ReadonlyArray<Part>, isNamed: boolean): Part => {
  const parametersOf = (type: string) => partsOf(components.find((one) => word(one["type"]) === type)?.["parameters"])
  const header = parametersOf("HEADER")
  const body = parametersOf("BODY")
  const buttons = card.buttons.flatMap((button, index) => {
    const found = components.find((one) => word(one["type"]) === "BUTTON" && Number(one["index"]) === index)
    const value = readButton(button, partsOf(found?.["parameters"])[0])
    return value === undefined ? [] : [[String(index), value] as const]
  })
  return {
    ...(header.length === 0 || card.header === undefined
      ? (header.length === 0 ? undefined : { header })
      : { header: readHeader(card.header, header, isNamed) }),
    ...(body.length === 0 ? undefined : { body: readValues(body, isNamed) }),
    ...(buttons.length === 0 ? undefined : { buttons: Object.fromEntries(buttons) })
  }
}

/**
 * What the provider's components fill the template with, to be checked like parameters.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromComponents = (definition: DefinitionModel, components: ReadonlyArray<Part>): Part => {
  const isNamed = definition.parameterFormat === "NAMED"
  const find = (type: string) => components.find((one) => word(one["type"]) === type)
  const offer = partsOf(find("LIMITED_TIME_OFFER")?.["parameters"])[0]?.["limited_time_offer"]
  const cards = find("CAROUSEL")
  return {
    ...readCard(definition, components, isNamed),
    ...(isObject(offer) && definition.offer?.expires === true
      ? { offer: { expires_at: offer["expiration_time_ms"] } }
      : undefined),
    ...(cards === undefined ? undefined : {
      cards: partsOf(cards["cards"]).toSorted((a, b) => Number(a["card_index"]) - Number(b["card_index"])).map((
        card,
        index
      ) => {
        const model = definition.cards[hasAnyCards(definition) ? 0 : index]
        return model === undefined ? {} : readCard(model, partsOf(card["components"]), isNamed)
      })
    })
  }
}

const Rendered = Schema.Struct({
  /** A text, or the kind of what is shown: `IMAGE`, `LOCATION`. */
  header: Schema.NullOr(Schema.Struct({ format: Schema.String, text: Schema.String })),
  body: Schema.String,
  buttons: Schema.Array(Schema.Struct({
    type: Schema.String,
    text: Schema.String,
    /** Where a link leads, or the number that is called. */
    target: Schema.NullOr(Schema.String)
  }))
})

/**
 * What the customer sees.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TemplatePreview = Schema.Struct({
  ...Rendered.fields,
  footer: Schema.NullOr(Schema.String),
  offer: Schema.NullOr(Schema.String),
  cards: Schema.Array(Rendered),
  text: Schema.String.annotate({ description: "Header, body and footer as one text, as it stands in the transcript." })
}).annotate({ identifier: "TemplatePreview" })
/** @since 0.1.0 */
export type TemplatePreview = typeof TemplatePreview.Type

const sayValue = (value: Value): string =>
  isString(value) ? value : "currency" in value ? value.currency.fallback_value : value.date_time.fallback_value

const fill = (text: FilledText | undefined, given: unknown): string => {
  if (text === undefined) return ""
  const values = new Map(valuesOf(text, given).map((value, index) => [text.variables[index], sayValue(value)]))
  return text.text.replace(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g, (all, name: string) => values.get(name) ?? all)
}

const renderCard = (card: CardModel, given: CardParameters): typeof Rendered.Type => ({
  header: card.header === undefined
    ? null
    : { format: card.header.format, text: card.header.format === "TEXT" ? fill(card.header, given.header) : "" },
  body: fill(card.body, given.body),
  buttons: card.buttons.map((button, index) => {
    const value = given.buttons?.[String(index)]
    return {
      type: button.type,
      text: button.text,
      target: button.target === ""
        ? null
        : button.target.replace(/\{\{[^}]*\}\}/, (all) => isString(value) ? value : all)
    }
  })
})

/**
 * What the customer reads of a message with these parameters.
 *
 * @category conversions
 * @since 0.1.0
 */
export const render = (definition: DefinitionModel, parameters: TemplateParameters): TemplatePreview => {
  const card = renderCard(definition, parameters)
  const footer = definition.footer === "" ? null : definition.footer
  return {
    ...card,
    footer,
    offer: definition.offer?.text ?? null,
    cards: cardsOf(definition, parameters).map(({ card, given }) => renderCard(card, given)),
    text: [card.header?.text ?? "", card.body, footer ?? ""].filter((part) => part !== "").join("\n\n")
  }
}
