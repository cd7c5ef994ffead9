/**
 * What a template is filled with when it is sent: a Schema derived from its definition, the provider's components made of
 * it, and what the customer will read.
 *
 * @since 0.1.0
 */
import { Predicate, Result, Schema, SchemaIssue } from "effect"
import type { ButtonModel, CardModel, DefinitionModel, FilledText, HeaderModel } from "./TemplateDefinition.ts"

const Short = (max: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(max))

/** What the provider refuses in a variable: line breaks, tabs, more than four spaces in a row. */
const Line = Short(1024).check(
  Schema.isPattern(/^(?![\s\S]*(?:[\n\r\t]| {5}))[\s\S]*$/, {
    expected: "a text without line breaks, tabs or more than four spaces in a row"
  })
).annotate({ description: "A text without line breaks, tabs or more than four spaces in a row." })

/**
 * An amount of money, said by the customer's device: `amount` in thousandths of the currency's unit.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Currency = Schema.Struct({
  currency: Schema.Struct({
    code: Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/, { expected: "an ISO 4217 code" })),
    amount_1000: Schema.Int,
    fallback_value: Line
  })
}).annotate({ title: "Currency" })

/** A date, as it is to be read. @category schemas @since 0.1.0 */
export const DateTimeValue = Schema.Struct({
  date_time: Schema.Struct({ fallback_value: Line })
}).annotate({ title: "Date" })

/** The value of a variable in the body. @category schemas @since 0.1.0 */
export const Value = Schema.Union([Line, Currency, DateTimeValue])
/** @since 0.1.0 */
export type Value = typeof Value.Type

const Link = Schema.String.check(Schema.isPattern(/^https?:\/\/\S+$/, { expected: "an http(s) address" }))

const id = Schema.optionalKey(Short(190))
const link = Schema.optionalKey(Link)
const filename = Schema.optionalKey(Short(240))
/** The id of a stored file of the organization, which is handed to the provider before the message is sent. */
const file = Schema.optionalKey(Schema.String)

const isOne = (given: { readonly id?: string; readonly link?: string; readonly file?: string }) =>
  [given.id, given.link, given.file].filter((one) => one !== undefined).length === 1 ||
  "either an id, a link or a file"

/**
 * A file of a header: by the provider's id, an address that it loads, or the id of a stored file.
 *
 * @category schemas
 * @since 0.1.0
 */
export const HeaderMediaValue = Schema.Struct({ id, link, file }).check(Schema.makeFilter(isOne))

/** The same, with the name that the customer sees. @category schemas @since 0.1.0 */
export const HeaderDocumentValue = Schema.Struct({ id, link, file, filename }).check(Schema.makeFilter(isOne))

/** @category schemas @since 0.1.0 */
export const LocationValue = Schema.Struct({
  latitude: Schema.Number.check(Schema.isBetween({ minimum: -90, maximum: 90 })),
  longitude: Schema.Number.check(Schema.isBetween({ minimum: -180, maximum: 180 })),
  name: Schema.optionalKey(Short(1000)),
  address: Schema.optionalKey(Short(1000))
})

/** @category schemas @since 0.1.0 */
export const ProductValue = Schema.Struct({ product_retailer_id: Short(190), catalog_id: Short(190) })

/** @category schemas @since 0.1.0 */
export const FlowValue = Schema.Struct({
  token: Schema.optionalKey(Short(500)),
  data: Schema.optionalKey(Schema.JsonObject)
})

/** @category schemas @since 0.1.0 */
export const ThumbnailValue = Schema.Struct({ thumbnail_product_retailer_id: Schema.optionalKey(Short(190)) })

/** Products of a multi-product message: at most 30 in at most 10 sections. @category schemas @since 0.1.0 */
export const ProductsValue = Schema.Struct({
  thumbnail_product_retailer_id: Short(190),
  sections: Schema.Array(Schema.Struct({
    title: Short(24),
    product_items: Schema.Array(Schema.Struct({ product_retailer_id: Short(190) })).check(Schema.isMinLength(1))
  })).check(Schema.isMinLength(1), Schema.isMaxLength(10))
})

/** An order to pay, in the provider's form. @category schemas @since 0.1.0 */
export const OrderValue = Schema.Struct({ order_details: Schema.JsonObject })

type AnySchema = Schema.Codec<unknown, unknown>

const mediaFormats = new Set(["IMAGE", "VIDEO", "GIF"])

/** All of them at once: positional as a list, named as an object. */
const valuesOf = (definition: FilledText, isNamed: boolean, value: AnySchema): AnySchema | undefined => {
  const { variables } = definition
  if (variables.length === 0) return undefined
  return isNamed
    ? Schema.Struct(Object.fromEntries(variables.map((name) => [name, value])))
    : Schema.Tuple(variables.map(() => value))
}

/** What decides on the values of a part. */
interface Kind {
  readonly isNamed: boolean
  readonly isAuthentication: boolean
}

const headerOf = (header: HeaderModel | undefined, { isNamed }: Kind): AnySchema | undefined => {
  if (header === undefined) return undefined
  if (header.format === "TEXT") return valuesOf(header, isNamed, Line)
  if (header.format === "LOCATION") return LocationValue
  if (header.format === "PRODUCT") return ProductValue
  if (header.format === "DOCUMENT") return HeaderDocumentValue
  return mediaFormats.has(header.format) ? HeaderMediaValue : undefined
}

/** A button that can't go without a value, and one that may have it. */
const buttonOf = (
  button: ButtonModel,
  isAuthentication: boolean
): { readonly schema: AnySchema; readonly isRequired: boolean } | undefined => {
  switch (button.type) {
    case "URL":
      // Lists show the button that copies a code as a link; the code goes into it by itself.
      return button.isDynamic ? { schema: Short(2000), isRequired: !isAuthentication } : undefined
    case "COPY_CODE":
      return { schema: Short(20), isRequired: true }
    case "MPM":
      return { schema: ProductsValue, isRequired: true }
    case "ORDER_DETAILS":
      return { schema: OrderValue, isRequired: true }
    case "CATALOG":
      return { schema: ThumbnailValue, isRequired: false }
    case "FLOW":
      return { schema: FlowValue, isRequired: false }
    case "QUICK_REPLY":
      return { schema: Short(128), isRequired: false }
    default:
      return undefined
  }
}

type Fields = Record<PropertyKey, AnySchema | Schema.optionalKey<AnySchema>>

const struct = (fields: Fields): AnySchema => Schema.Struct(fields)

const cardFields = (card: CardModel, kind: Kind): Fields => {
  const { isAuthentication, isNamed } = kind
  const header = headerOf(card.header, kind)
  const body = card.body === undefined ? undefined : valuesOf(card.body, isNamed, isAuthentication ? Line : Value)
  const buttons: Fields = {}
  let isRequired = false
  for (const [index, button] of card.buttons.entries()) {
    const found = buttonOf(button, isAuthentication)
    if (found === undefined) continue
    isRequired ||= found.isRequired
    const described = found.schema.annotate({ title: button.text })
    buttons[String(index)] = found.isRequired ? described : Schema.optionalKey(described)
  }
  return {
    ...(header === undefined ? undefined : { header }),
    ...(body === undefined ? undefined : { body }),
    ...(Object.keys(buttons).length === 0
      ? undefined
      : { buttons: isRequired ? struct(buttons) : Schema.optionalKey(struct(buttons)) })
  }
}

/** Products are shown on as many cards as there are to show; other cards are those of the definition. */
export const hasAnyCards = ({ cards }: DefinitionModel): boolean => cards[0]?.header?.format === "PRODUCT"

const cardsOf = (definition: DefinitionModel, isNamed: boolean): AnySchema => {
  const kind = { isNamed, isAuthentication: false }
  const [first] = definition.cards
  return first !== undefined && hasAnyCards(definition)
    ? Schema.Array(struct(cardFields(first, kind))).check(Schema.isMinLength(2), Schema.isMaxLength(10))
    : Schema.Tuple(definition.cards.map((card) => struct(cardFields(card, kind))))
}

/**
 * The schema of what a template is filled with: `header`, `body` (a list of values, or an object by name), `buttons` (by
 * their place from 0), `cards` and `offer`, each where the definition has something to fill.
 *
 * @category schemas
 * @since 0.1.0
 */
export const schemaOf = (definition: DefinitionModel): AnySchema => {
  const isNamed = definition.parameterFormat === "NAMED"
  return struct({
    ...cardFields(definition, { isNamed, isAuthentication: definition.isAuthentication }),
    ...(definition.cards.length === 0
      ? undefined
      : { cards: cardsOf(definition, isNamed) }),
    ...(definition.offer?.expires === true
      ? { offer: Schema.Struct({ expires_at: Schema.Int.annotate({ description: "Epoch milliseconds." }) }) }
      : undefined)
  })
}

/**
 * The same as JSON Schema (draft 2020-12), for forms.
 *
 * @category schemas
 * @since 0.1.0
 */
export const jsonSchemaOf = (definition: DefinitionModel): Schema.JsonObject => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(schemaOf(definition))
  return decodeJsonObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? undefined : { $defs: definitions })
  })
}

const decodeJsonObject = Schema.decodeUnknownSync(Schema.JsonObject)

const MapOf = <S extends Schema.Constraint>(schema: S) => Schema.Record(Schema.String, schema)
const HeaderValue = Schema.Union([
  Schema.Array(Line),
  LocationValue,
  ProductValue,
  HeaderDocumentValue,
  MapOf(Line)
])
const ButtonValue = Schema.Union([
  Schema.String,
  ProductsValue,
  OrderValue,
  Schema.Struct({
    token: Schema.optionalKey(Schema.String),
    data: Schema.optionalKey(Schema.JsonObject),
    thumbnail_product_retailer_id: Schema.optionalKey(Schema.String)
  })
])
const CardParameters = Schema.Struct({
  header: Schema.optionalKey(HeaderValue),
  body: Schema.optionalKey(Schema.Union([Schema.Array(Value), MapOf(Value)])),
  buttons: Schema.optionalKey(MapOf(ButtonValue))
})

/**
 * What fits some template: what the schema of a definition lets through is of this form.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TemplateParameters = Schema.Struct({
  ...CardParameters.fields,
  cards: Schema.optionalKey(Schema.Array(CardParameters)),
  offer: Schema.optionalKey(Schema.Struct({ expires_at: Schema.Int }))
}).annotate({ identifier: "TemplateParameters" })
/** @since 0.1.0 */
export type TemplateParameters = typeof TemplateParameters.Type

/**
 * What is wrong, and where: a JSON pointer into the parameters, `""` for all of them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ParameterProblem {
  readonly pointer: string
  readonly problem: "missing" | "unexpected" | "count" | "invalid"
  /** Of `count`: how many were wanted, and given. */
  readonly wanted?: number | undefined
  readonly given?: number | undefined
  readonly expected?: string | undefined
}

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * The parameters, if they fit the definition.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (
  definition: DefinitionModel,
  parameters: unknown
): Result.Result<TemplateParameters, ParameterProblem> => {
  const counted = miscounted(definition, parameters)
  if (counted !== undefined) return Result.fail(counted)
  const checked = Schema.decodeUnknownResult(schemaOf(definition), { onExcessProperty: "error" })(parameters)
  if (Result.isFailure(checked)) {
    const [first] = issues(checked.failure.issue).issues
    const path = (first?.path ?? []).map((part) => String(Predicate.isObject(part) ? part.key : part))
    const message = first?.message ?? ""
    return Result.fail({
      pointer: path.map((part) => `/${part}`).join(""),
      problem: /missing/i.test(message) ? "missing" : /unexpected|excess/i.test(message) ? "unexpected" : "invalid",
      expected: message
    })
  }
  return Result.mapError(Schema.decodeUnknownResult(TemplateParameters)(checked.success), () => ({
    pointer: "",
    problem: "invalid" as const
  }))
}

/** The commonest mistake, said in numbers. */
const miscounted = (definition: DefinitionModel, parameters: unknown): ParameterProblem | undefined => {
  const check = (card: CardModel, value: unknown, at: string): ParameterProblem | undefined => {
    const given = Predicate.isObject(value) ? value : {}
    for (const [name, text] of [["header", card.header], ["body", card.body]] as const) {
      const list = given[name]
      if (text === undefined || !Array.isArray(list) || list.length === text.variables.length) continue
      return { pointer: `${at}/${name}`, problem: "count", wanted: text.variables.length, given: list.length }
    }
    return undefined
  }
  const own = check(definition, parameters, "")
  if (own !== undefined) return own
  const cards = Predicate.isObject(parameters) && Array.isArray(parameters["cards"]) ? parameters["cards"] : undefined
  if (cards === undefined || definition.cards.length === 0) return undefined
  if (!hasAnyCards(definition) && cards.length !== definition.cards.length) {
    return { pointer: "/cards", problem: "count", wanted: definition.cards.length, given: cards.length }
  }
  for (const [index, card] of definition.cards.entries()) {
    const found = check(card, cards[index], `/cards/${index}`)
    if (found !== undefined) return found
  }
  return undefined
}
