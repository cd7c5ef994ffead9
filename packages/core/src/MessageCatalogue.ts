/**
 * What the platform says to people, as data: messages by key, each in every complete language, with named places that
 * are typed. A missing translation, or one that names a place which the English text has not, does not compile; what
 * comes later, in another language from an add-on or as an organization's own text, is checked by the same rules when it
 * is given. Nothing here needs a server: the widget renders from the same catalogue.
 *
 * @since 0.1.0
 */
import { complete } from "./Languages.ts"
import type { Language } from "./Languages.ts"

/**
 * A text by the number in `{count}`: the forms that CLDR names. `other` is said where there is no better form.
 *
 * @category models
 * @since 0.1.0
 */
export interface Plural {
  readonly zero?: string
  readonly one?: string
  readonly two?: string
  readonly few?: string
  readonly many?: string
  readonly other: string
}

/**
 * A text with places in braces (`Hello {name}`), or its forms by number.
 *
 * @category models
 * @since 0.1.0
 */
export type Text = string | Plural

/**
 * A message in all complete languages.
 *
 * @category models
 * @since 0.1.0
 */
export interface Definition extends Readonly<Record<Language, Text>> {
  /** When it is said, for who translates or replaces it. */
  readonly description?: string
}

/**
 * @category models
 * @since 0.1.0
 */
export type Definitions = Readonly<Record<string, Definition>>

type PlacesOfString<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | PlacesOfString<Rest>
  : never

/** The places of a text. */
type PlacesOf<T> = T extends string ? PlacesOfString<T>
  : T extends Readonly<Record<string, string>> ? PlacesOfString<T[keyof T]> | "count"
  : never

/**
 * The names in braces that a message has, in its English text.
 *
 * @category models
 * @since 0.1.0
 */
export type Places<D extends Definition> = PlacesOf<D["en"]>

/** Refuses, language by language, what names a place that the English text has not. */
type Checked<D extends Definitions> = {
  readonly [Key in keyof D]: {
    readonly [L in Language]: Exclude<PlacesOf<D[Key][L]>, Places<D[Key]>> extends never ? unknown
      : `{${Exclude<PlacesOf<D[Key][L]>, Places<D[Key]>>}} is not in the English text`
  }
}

/**
 * What a catalogue is for. Organizations replace `texts`; the titles of problems (by the problem's name) and their
 * details, with the words for what they name, are the same for everybody, because people who run several organizations
 * compare them. `mail` is what mail
 * says as long as an organization has no template of its own; it exists in the complete languages alone.
 *
 * @category models
 * @since 0.1.0
 */
export type Use = "texts" | "problem-titles" | "problem-details" | "problem-words" | "mail"

/**
 * The messages of a part of the platform.
 *
 * @category models
 * @since 0.1.0
 */
export interface Catalogue<Id extends string = string, D extends Definitions = Definitions> {
  /** Kebab case. Never change it once released: organizations have texts of their own for it. */
  readonly id: Id
  readonly use: Use
  /** Places that any of its texts may name, beside those of the English text. */
  readonly everywhere: ReadonlyArray<string>
  readonly messages: D
}

/**
 * A catalogue of which every message has every complete language.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const bots = MessageCatalogue.define("bots", {
 *   waiting: {
 *     en: { one: "{name}, one person is before you.", other: "{name}, {count} people are before you." },
 *     id: { other: "{name}, ada {count} orang sebelum Anda." },
 *     es: { one: "{name}, hay una persona antes.", other: "{name}, hay {count} personas antes." },
 *     pt: { one: "{name}, há uma pessoa antes.", other: "{name}, há {count} pessoas antes." }
 *   }
 * })
 */
export const define = <const Id extends string, const D extends Definitions>(
  id: Id,
  messages: D & Checked<D>,
  options?: { readonly use?: Use; readonly everywhere?: ReadonlyArray<string> }
): Catalogue<Id, D> => ({
  id,
  use: options?.use ?? "texts",
  everywhere: options?.everywhere ?? [],
  messages
})

/**
 * One catalogue in a further language.
 *
 * @category models
 * @since 0.1.0
 */
export interface Translation {
  readonly catalogue: string
  /** A BCP 47 tag, in its usual case: `fr`, `zh-Hant`. */
  readonly language: string
  readonly texts: Readonly<Record<string, Text>>
}

/**
 * A catalogue in a further language, whole: a package adds a language by listing the translations of what it wants to be
 * said in it.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const french = MessageCatalogue.translate("fr", greetings, { hello: "Bonjour {name}" })
 */
export const translate = <Id extends string, D extends Definitions, const T extends Readonly<Record<keyof D, Text>>>(
  language: string,
  catalogue: Catalogue<Id, D>,
  texts:
    & T
    & {
      readonly [Key in keyof D]: Exclude<PlacesOf<T[Key]>, Places<D[Key]>> extends never ? unknown
        : `{${Exclude<PlacesOf<T[Key]>, Places<D[Key]>>}} is not in the English text`
    }
): Translation => ({ catalogue: catalogue.id, language, texts })

/**
 * The values of a message's places. Numbers are written as the language writes them; `count` chooses the form.
 *
 * @category models
 * @since 0.1.0
 */
export type Values<D extends Definition> = {
  readonly [Name in Places<D>]: Name extends "count" ? number : string | number
}

/**
 * Says a message of a catalogue in one language: the values are asked for only where the message has places.
 *
 * @category models
 * @since 0.1.0
 */
export type Say<D extends Definitions> = <Key extends keyof D & string>(
  key: Key,
  ...values: [Places<D[Key]>] extends [never] ? [] : [values: Values<D[Key]>]
) => string

/**
 * Says any catalogue in one language.
 *
 * @category models
 * @since 0.1.0
 */
export type Voice = <D extends Definitions>(catalogue: Catalogue<string, D>) => Say<D>

const place = /\{([^{}]*)\}/g

const formsOf = (text: Text): ReadonlyArray<string> =>
  typeof text === "string" ? [text] : Object.values(text).filter((form) => typeof form === "string")

/**
 * The names in braces of a text, in the order in which they first appear.
 *
 * @category accessors
 * @since 0.1.0
 */
export const places = (text: Text): ReadonlyArray<string> => [
  ...new Set([
    ...formsOf(text).flatMap((form) => Array.from(form.matchAll(place), ([, name = ""]) => name)),
    ...(typeof text === "string" ? [] : ["count"])
  ])
]

const pluralRules = new Map<string, Intl.PluralRules>()

const rulesOf = (language: string): Intl.PluralRules => {
  const known = pluralRules.get(language)
  if (known !== undefined) return known
  const rules = new Intl.PluralRules(language)
  pluralRules.set(language, rules)
  return rules
}

/**
 * A text with its values, as the language writes them.
 *
 * @category rendering
 * @since 0.1.0
 * @example
 * MessageCatalogue.render({ one: "1 day", other: "{count} days" }, "en", { count: 3 }) // => "3 days"
 */
export const render = (
  text: Text,
  language: string,
  values: Readonly<Record<string, string | number>> = {}
): string => {
  const form = typeof text === "string"
    ? text
    : text[rulesOf(language).select(Number(values["count"] ?? 0))] ?? text.other
  return form.replaceAll(place, (whole, name: string) => {
    const value = values[name]
    return value === undefined ? whole : typeof value === "number" ? value.toLocaleString(language) : value
  })
}

/**
 * Says the messages of texts that have every key.
 *
 * @category rendering
 * @since 0.1.0
 */
export const sayer = <D extends Definitions>(
  textOf: (key: keyof D & string) => Text,
  language: string
): Say<D> =>
(key, ...values) => render(textOf(key), language, values[0])

/**
 * Says a catalogue's own messages in a complete language.
 *
 * @category rendering
 * @since 0.1.0
 */
export const say = <D extends Definitions>(catalogue: Catalogue<string, D>, language: Language): Say<D> =>
  sayer<D>((key) => (catalogue.messages[key] as Definition)[language], language)

/**
 * Says every catalogue's own messages in a complete language.
 *
 * @category rendering
 * @since 0.1.0
 */
export const voice = (language: Language): Voice => (catalogue) => say(catalogue, language)

/**
 * Something that a text may not be.
 *
 * @category models
 * @since 0.1.0
 */
export interface TextProblem {
  /** The form that it is about; `null` for a text that is one string, or all forms. */
  readonly form: string | null
  readonly detail: string
}

/**
 * The places that a text of a message may name.
 *
 * @category accessors
 * @since 0.1.0
 */
export const placesOf = (catalogue: Catalogue, definition: Definition): ReadonlyArray<string> => [
  ...new Set([...places(definition.en), ...catalogue.everywhere])
]

/**
 * What is wrong with a text that is to stand in place of a message's: a place that nobody fills, a brace that closes
 * nothing, a form that the language does not have.
 *
 * @category checks
 * @since 0.1.0
 */
export const problemOf = (
  catalogue: Catalogue,
  definition: Definition,
  language: string,
  text: Text
): TextProblem | undefined => {
  const known = placesOf(catalogue, definition)
  if (typeof text !== "string") {
    if (typeof definition.en === "string") return { form: null, detail: "This message has no forms by number." }
    const forms = rulesOf(language).resolvedOptions().pluralCategories
    const foreign = Object.keys(text).find((form) => form !== "other" && !forms.some((one) => one === form))
    if (foreign !== undefined) {
      return { form: foreign, detail: `${language} has no such form; it has ${forms.join(", ")}.` }
    }
  }
  for (const [form, words] of typeof text === "string" ? [[null, text] as const] : Object.entries(text)) {
    if (words.trim() === "") return { form, detail: "A text says something." }
    const unknown = Array.from(words.matchAll(place), ([, name = ""]) => name).find((name) => !known.includes(name))
    if (unknown !== undefined) {
      return {
        form,
        detail: known.length === 0
          ? `There is no {${unknown}} here; this message has none.`
          : `There is no {${unknown}} here; known are ${known.map((one) => `{${one}}`).join(", ")}.`
      }
    }
    if (/[{}]/.test(words.replaceAll(place, ""))) return { form, detail: "A brace belongs to a place such as {name}." }
  }
  return undefined
}

/**
 * What is wrong with the catalogues and translations of a server, as sentences.
 *
 * @category checks
 * @since 0.1.0
 */
export const problemsOf = (
  catalogues: ReadonlyArray<Catalogue>,
  translations: ReadonlyArray<Translation>
): ReadonlyArray<string> => {
  const ofText = (catalogue: Catalogue, key: string, definition: Definition, language: string, text: Text) => {
    const problem = problemOf(catalogue, definition, language, text)
    return problem === undefined ? [] : [`the message ${catalogue.id}/${key} in ${language}: ${problem.detail}`]
  }
  return [
    ...catalogues.flatMap((catalogue) =>
      Object.entries(catalogue.messages).flatMap(([key, definition]) =>
        complete.flatMap((language) => ofText(catalogue, key, definition, language, definition[language]))
      )
    ),
    ...translations.flatMap(({ catalogue: id, language, texts }) => {
      const catalogue = catalogues.find((one) => one.id === id)
      if (catalogue === undefined) return [`there is no catalogue ${id} to translate to ${language}`]
      if (!tag.test(language)) return [`${language} is no language tag (${id})`]
      if (catalogue.use === "mail") return [`mail is not written in ${language} (${id})`]
      if (complete.some((one) => one === language)) return [`${id} has its own texts in ${language}`]
      return [
        ...Object.keys(catalogue.messages).filter((key) => texts[key] === undefined).map((key) =>
          `the message ${id}/${key} is missing in ${language}`
        ),
        ...Object.entries(texts).flatMap(([key, text]) => {
          const definition = catalogue.messages[key]
          return definition === undefined
            ? [`there is no message ${id}/${key} to translate to ${language}`]
            : ofText(catalogue, key, definition, language, text)
        })
      ]
    })
  ]
}

const tag = /^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?$/
