/**
 * Templates whose definition stands in the code: what a message with one is filled with is known to the compiler, by the
 * same rules by which `TemplateParameters` checks it against the definition that the provider has.
 *
 * @since 0.1.0
 */
import type { TemplateContent } from "@wicara/channels/MessageContent"
import { Schema } from "effect"
import type { CreateTemplate } from "./Template.ts"
import type { Button, TemplateComponent } from "./TemplateDefinition.ts"
import type {
  FlowValue,
  HeaderDocumentValue,
  HeaderMediaValue,
  LocationValue,
  OrderValue,
  ProductsValue,
  ProductValue,
  TemplateParameters,
  ThumbnailValue,
  Value
} from "./TemplateParameters.ts"

/**
 * A template without the account that it is created through: what `Templates.create` takes besides.
 *
 * @category models
 * @since 0.1.0
 */
export type Definition = Omit<CreateTemplate, "channelAccountId">

/**
 * The definition as it is, with each of its texts as a type of its own. `as const satisfies Definition` does the same.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const bill = defineTemplate({
 *   name: "tagihan",
 *   language: "id",
 *   category: "UTILITY",
 *   components: [{
 *     type: "BODY",
 *     text: "Halo {{1}}, tagihan {{2}} sudah terbit.",
 *     example: { body_text: [["Sari", "INV-7"]] }
 *   }]
 * })
 */
export const defineTemplate = <const D extends Definition>(definition: D): D => definition

type Trim<Text extends string> = Text extends ` ${infer Rest}` | `${infer Rest} ` ? Trim<Rest> : Text

/** The variables of a text, each once, in their order. */
type VariablesOf<Text extends string, Found extends ReadonlyArray<string> = []> = Text extends
  `${string}{{${infer Name}}}${infer Rest}`
  ? VariablesOf<Rest, Trim<Name> extends Found[number] ? Found : [...Found, Trim<Name>]>
  : Found

/** What fills a text; `never`: nothing does. Of a text that the compiler doesn't know, anything may. */
type ValuesOf<Text extends string, IsNamed, V> = string extends Text
  ? ReadonlyArray<V> | { readonly [name: string]: V } | undefined
  : VariablesOf<Text> extends infer Names extends ReadonlyArray<string> ? Names["length"] extends 0 ? never
    : IsNamed extends true ? { readonly [Name in Names[number]]: V }
    : { readonly [Place in keyof Names]: V }
  : never

/** A key that has to be there, may be (`undefined` among its values) or must not (`never`). */
type Part<Key extends string, Given> = [Given] extends [never] ? { readonly [K in Key]?: never }
  : undefined extends Given ? { readonly [K in Key]?: Exclude<Given, undefined> }
  : { readonly [K in Key]: Given }

/** With exactly one of the keys. */
type OneOf<All, Keys extends keyof All> =
  & Omit<All, Keys>
  & {
    [Key in Keys]:
      & { readonly [K in Key]-?: Exclude<All[K], undefined> }
      & { readonly [K in Exclude<Keys, Key>]?: never }
  }[Keys]

type Find<Components extends ReadonlyArray<TemplateComponent>, Type extends TemplateComponent["type"]> = Extract<
  Components[number],
  { readonly type: Type }
>

type TextOf<One> = One extends { readonly text: infer Text extends string } ? Text : ""

/** The provider writes the body of a code's template itself. */
type BodyOf<Body, Category, IsNamed> = [Body] extends [never] ? never
  : Category extends "AUTHENTICATION"
    ? Body extends { readonly text: string } ? ValuesOf<TextOf<Body>, IsNamed, string> : readonly [string]
  : ValuesOf<TextOf<Body>, IsNamed, Value>

type HeaderOf<Header, IsNamed> = Header extends { readonly format: infer Format }
  ? Format extends "TEXT" ? ValuesOf<TextOf<Header>, IsNamed, string>
  : Format extends "LOCATION" ? typeof LocationValue.Type
  : Format extends "PRODUCT" ? typeof ProductValue.Type
  : Format extends "DOCUMENT" ? OneOf<typeof HeaderDocumentValue.Type, "id" | "link" | "file">
  : OneOf<typeof HeaderMediaValue.Type, "id" | "link" | "file">
  : never

type ButtonValue<One> = One extends { readonly type: infer Type extends Button["type"] }
  ? Type extends "URL" ?
    One extends { readonly url: infer Url extends string }
      ? string extends Url ? string | undefined : Url extends `${string}{{${string}` ? string : never
    : never
  : Type extends "COPY_CODE" ? string
  : Type extends "MPM" ? typeof ProductsValue.Type
  : Type extends "ORDER_DETAILS" ? typeof OrderValue.Type
  : Type extends "CATALOG" ? typeof ThumbnailValue.Type | undefined
  : Type extends "FLOW" ? typeof FlowValue.Type | undefined
  : Type extends "QUICK_REPLY" ? string | undefined
  : never
  : never

/** The places of a list whose length is known: `"0" | "1"`. */
type Places<List extends ReadonlyArray<unknown>> = Exclude<keyof List, keyof ReadonlyArray<unknown>>

type PlacesThat<Buttons extends ReadonlyArray<unknown>, Kind extends "required" | "optional"> = {
  [Place in Places<Buttons>]: [ButtonValue<Buttons[Place]>] extends [never] ? never
    : undefined extends ButtonValue<Buttons[Place]> ? Kind extends "optional" ? Place : never
    : Kind extends "required" ? Place
    : never
}[Places<Buttons>]

type ButtonsOf<Buttons extends ReadonlyArray<unknown>> = number extends Buttons["length"]
  ? TemplateParameters["buttons"] | undefined
  : [PlacesThat<Buttons, "required" | "optional">] extends [never] ? never
  :
    | (
      & { readonly [Place in PlacesThat<Buttons, "required">]: ButtonValue<Buttons[Place]> }
      & { readonly [Place in PlacesThat<Buttons, "optional">]?: Exclude<ButtonValue<Buttons[Place]>, undefined> }
    )
    | ([PlacesThat<Buttons, "required">] extends [never] ? undefined : never)

type ButtonsIn<Components extends ReadonlyArray<TemplateComponent>> = Find<Components, "BUTTONS"> extends infer Found
  ? [Found] extends [never] ? never
  : Found extends { readonly buttons: infer Buttons extends ReadonlyArray<unknown> } ? ButtonsOf<Buttons>
  : never
  : never

type CardOf<Components extends ReadonlyArray<TemplateComponent>, Category, IsNamed> =
  & Part<"header", HeaderOf<Find<Components, "HEADER">, IsNamed>>
  & Part<"body", BodyOf<Find<Components, "BODY">, Category, IsNamed>>
  & Part<"buttons", ButtonsIn<Components>>

type Card = { readonly components: ReadonlyArray<TemplateComponent> }

/** Products are shown on as many cards as there are to show; other cards are those of the definition. */
type CardsOf<Cards extends ReadonlyArray<Card>, IsNamed> = number extends Cards["length"] ? TemplateParameters["cards"]
  : Find<Cards[0]["components"], "HEADER"> extends { readonly format: "PRODUCT" }
    ? CardOf<Cards[0]["components"], "", IsNamed> extends infer One ? readonly [One, One, ...ReadonlyArray<One>] : never
  : { readonly [Place in keyof Cards]: CardOf<Cards[Place]["components"], "", IsNamed> }

type CardsIn<Components extends ReadonlyArray<TemplateComponent>, IsNamed> = Find<Components, "CAROUSEL"> extends
  infer Found ? [Found] extends [never] ? never
  : Found extends { readonly cards: infer Cards extends ReadonlyArray<Card> } ? CardsOf<Cards, IsNamed>
  : never
  : never

type OfferOf<Offer> = Offer extends { readonly limited_time_offer: { readonly has_expiration: true } }
  ? { readonly expires_at: number }
  : never

type IsNamed<D extends Definition> = D extends { readonly parameterFormat: "NAMED" } ? true
  : [Exclude<VariablesOf<TextOf<Find<D["components"], "BODY">>>[number], `${number}`>] extends [never] ? false
  : true

/**
 * What a message with the template is filled with: what is missing or too much does not compile. A definition whose
 * components the compiler doesn't know one by one is filled with any `TemplateParameters`.
 *
 * @category models
 * @since 0.1.0
 */
export type ParametersOf<D extends Definition> = number extends D["components"]["length"] ? TemplateParameters
  :
    & CardOf<D["components"], D["category"], IsNamed<D>>
    & Part<"cards", CardsIn<D["components"], IsNamed<D>>>
    & Part<"offer", OfferOf<Find<D["components"], "LIMITED_TIME_OFFER">>>

/**
 * The parameters as the last argument of a function, which may be left out when nothing has to be filled in.
 *
 * @category models
 * @since 0.1.0
 */
export type Arguments<D extends Definition> = {} extends ParametersOf<D> ? readonly [parameters?: ParametersOf<D>]
  : readonly [parameters: ParametersOf<D>]

const toJson = Schema.decodeUnknownSync(Schema.JsonObject)

/**
 * The content of a message with the template, for `Messages.send` and for the client's `conversations.send` alike. A
 * template without variables takes no parameters.
 *
 * @category constructors
 * @since 0.1.0
 */
export const content = <const D extends Definition>(
  definition: D,
  ...[parameters]: Arguments<D>
): TemplateContent => ({
  type: "template",
  name: definition.name,
  language: definition.language,
  components: [],
  parameters: toJson(parameters ?? {})
})
