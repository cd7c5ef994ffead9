/**
 * The texts that come with modules: without a database, and without what organizations replace.
 */
import { Schema } from "effect"
import * as Languages from "../Languages.ts"
import * as MessageCatalogue from "../MessageCatalogue.ts"
import { MessageText, SpokenLanguage, Text } from "../MessageText.ts"
import type { MessageName, Spoken } from "../MessageTexts.ts"
import type { Module } from "../Module.ts"

/** Longer ones are nobody's message, and not worth a search. */
const longestDetail = 500

/** A message in a language, as one word. */
export const nameOf = ({ catalogue, key, language }: MessageName) => `${catalogue}/${key}/${language}`

/** The places of details that stand for a kind of thing, or for what is expected of a value. */
const namesThings: ReadonlySet<string> = new Set(["resource", "caller", "type", "what"])

/** A detail with places, as what finds it again in the words that it became. */
const toPattern = (english: string) => {
  const names: Array<string> = []
  const source = english.split(/(\{[^{}]*\})/).map((part) => {
    if (!/^\{.*\}$/.test(part)) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    names.push(part.slice(1, -1))
    return "(.+?)"
  }).join("")
  return { names, regex: new RegExp(`^${source}$`, "su") }
}

export const decodeText = Schema.decodeUnknownSync(Schema.fromJsonString(Text))

/** An organization's own text as it is stored; NULL when it was taken back. */
export interface OwnText {
  readonly text: string | null
  readonly revision: unknown
}

/** An organization's own texts, by their names. */
export type OwnTexts = ReadonlyMap<string, MessageCatalogue.Text>

const none: OwnTexts = new Map()

export const standardTexts = (modules: ReadonlyArray<Pick<Module, "messages" | "translations">>) => {
  const catalogues = new Map(modules.flatMap(({ messages }) => messages).map((one) => [one.id, one]))
  const translations = new Map<string, Readonly<Record<string, MessageCatalogue.Text>>>()
  for (const { catalogue, language, texts } of modules.flatMap((module) => module.translations)) {
    translations.set(`${catalogue}/${language}`, texts)
  }
  const added = [...new Set(modules.flatMap((module) => module.translations.map(({ language }) => language)))]
  const tags: ReadonlyArray<string> = [...Languages.complete, ...added.toSorted()]

  const standardOf = (catalogue: string, key: string, definition: MessageCatalogue.Definition, language: string) =>
    Languages.isComplete(language) ? definition[language] : translations.get(`${catalogue}/${language}`)?.[key]

  const languages = tags.map((tag) =>
    new SpokenLanguage({
      tag,
      name: new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag,
      direction: Languages.direction(tag),
      complete: [...catalogues.values()].every(({ id, use }) =>
        Languages.isComplete(tag) || use === "mail" || translations.has(`${id}/${tag}`)
      )
    })
  )

  const ofUse = (use: MessageCatalogue.Use) => [...catalogues.values()].filter((one) => one.use === use)

  const titles = new Map(
    ofUse("problem-titles").flatMap(({ id, messages }) =>
      Object.entries(messages).map(([name, definition]) => [name, { id, definition }] as const)
    )
  )

  const details = ofUse("problem-details").flatMap(({ id, messages }) =>
    Object.entries(messages).flatMap(([key, definition]) =>
      typeof definition.en === "string"
        ? [{
          id,
          key,
          definition,
          ...toPattern(definition.en),
          length: definition.en.replaceAll(/\{[^{}]*\}/g, "").length
        }]
        : []
    )
    // The one that says most is the one that is meant.
  ).toSorted((one, other) => other.length - one.length)

  const words = new Map(
    ofUse("problem-words").flatMap(({ id, messages }) =>
      Object.entries(messages).flatMap(([key, definition]) =>
        typeof definition.en === "string" ? [[definition.en, { id, key, definition }] as const] : []
      )
    )
  )

  /** What a place of a detail stands for: a reason is a sentence of its own, a thing has its word. */
  const valueOf = (place: string, value: string, language: string): string => {
    if (place === "reason") return problemDetail(value, language) ?? value
    const word = namesThings.has(place) ? words.get(value) : undefined
    const text = word === undefined ? undefined : standardOf(word.id, word.key, word.definition, language)
    return typeof text === "string" ? text : value
  }

  const problemDetail = (english: string, language: string): string | undefined => {
    if (english.length > longestDetail) return undefined
    for (const { definition, id, key, names, regex } of details) {
      const match = regex.exec(english)
      if (match === null) continue
      const text = standardOf(id, key, definition, language)
      if (text === undefined) return undefined
      return MessageCatalogue.render(
        text,
        language,
        Object.fromEntries(names.map((name, index) => [name, valueOf(name, match[index + 1] ?? "", language)]))
      )
    }
    return undefined
  }

  const describe = (
    name: MessageName,
    { catalogue, definition }: { catalogue: MessageCatalogue.Catalogue; definition: MessageCatalogue.Definition },
    row: OwnText | undefined
  ): MessageText => {
    const standard = standardOf(name.catalogue, name.key, definition, name.language) ?? definition.en
    return new MessageText({
      catalogue: name.catalogue,
      key: name.key,
      language: name.language,
      description: definition.description ?? null,
      text: row === undefined || row.text === null ? standard : decodeText(row.text),
      standard,
      customized: row !== undefined && row.text !== null,
      placeholders: MessageCatalogue.placesOf(catalogue, definition),
      plural: typeof definition.en !== "string",
      overridable: catalogue.use === "texts",
      revision: Number(row?.revision ?? 0)
    })
  }

  /** Every message in a language, of one catalogue if it is named. */
  const all = (
    language: string,
    only?: string,
    own: ReadonlyMap<string, OwnText> = new Map()
  ): ReadonlyArray<MessageText> =>
    [...catalogues.values()].filter((one) => only === undefined || one.id === only).flatMap((catalogue) =>
      Object.entries(catalogue.messages).map(([key, definition]) => {
        const name = { catalogue: catalogue.id, key, language }
        return describe(name, { catalogue, definition }, own.get(nameOf(name)))
      })
    )

  const speak = <D extends MessageCatalogue.Definitions>(
    catalogue: MessageCatalogue.Catalogue<string, D>,
    wanted: string,
    own: OwnTexts = none
  ): Spoken<D> => {
    const found = Languages.lookup([wanted], tags) ?? "en"
    // A language that does not have this catalogue would mix two in one sentence.
    const language = Languages.isComplete(found) || translations.has(`${catalogue.id}/${found}`) ? found : "en"
    const texts = Object.fromEntries(
      Object.entries(catalogue.messages).map(([key, definition]) => [
        key,
        own.get(nameOf({ catalogue: catalogue.id, key, language })) ??
          standardOf(catalogue.id, key, definition, language) ?? definition.en
      ])
    ) as Record<keyof D & string, MessageCatalogue.Text>
    return {
      language,
      direction: Languages.direction(language),
      say: MessageCatalogue.sayer<D>((key) => texts[key], language),
      texts
    }
  }

  return {
    all,
    describe,
    catalogues,
    languages,
    tags,
    speak,
    lookup: (wanted: ReadonlyArray<string | null | undefined>) => Languages.lookup(wanted, tags),
    problemTitle: (name: string, language: string) => {
      const title = titles.get(name)
      const text = title === undefined ? undefined : standardOf(title.id, name, title.definition, language)
      return text === undefined ? undefined : MessageCatalogue.render(text, language)
    },
    problemDetail
  }
}
