/**
 * The languages that the built-in model reads: English, Indonesian, Spanish and Portuguese.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { stopWords } from "@wicara/language/StopWords"
import { concepts, lightWords } from "./internal/words.ts"

/**
 * @category schemas
 * @since 0.1.0
 */
export const Language = Schema.Literals(["en", "id", "es", "pt"])
/** @since 0.1.0 */
export type Language = typeof Language.Type

/**
 * The supported language of a BCP 47 tag (`pt-BR` is `pt`), or `undefined` for any other.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromTag = (tag: string | undefined | null): Language | undefined => {
  const primary = tag?.toLowerCase().split(/[-_]/)[0]
  if (primary === "in") return "id"
  return Language.literals.find((language) => language === primary)
}

const telling: ReadonlyArray<readonly [Language, RegExp]> = [
  ["es", /[ñ¿¡]/],
  ["pt", /[ãõç]|[êô]/],
  ["es", /ción\b|[óíúáé]s?\b/]
]

/**
 * Lower case without diacritics, apostrophes unified.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fold = (text: string): string =>
  text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase().replace(/[’‘`´]/g, "'")

interface Dictionary {
  readonly language: Language
  readonly grammar: ReadonlySet<string>
  readonly content: ReadonlySet<string>
}

const dictionaries: ReadonlyArray<Dictionary> = Language.literals.map((language) => {
  const { filler, grammar } = stopWords(language)
  return {
    language,
    grammar: new Set([...grammar, ...filler]),
    content: new Set([...lightWords[language], ...concepts.flatMap((concept) => concept[language])].map(fold))
  }
})

/**
 * Which of the languages a text is written in, by its function words, common words and letters; `undefined` when
 * nothing tells.
 * A word that several languages share counts for each of them, so it decides nothing.
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * Language.detect("Berapa biaya pemasangan?") // => "id"
 */
export const detect = (text: string): Language | undefined => {
  const scores = new Map<Language, number>()
  const add = (language: Language, points: number) => scores.set(language, (scores.get(language) ?? 0) + points)
  for (const word of fold(text).split(/[^\p{L}']+/u)) {
    if (word === "") continue
    for (const { content, grammar, language } of dictionaries) {
      if (grammar.has(word)) add(language, 1)
      else if (content.has(word)) add(language, 0.6)
    }
  }
  const lower = text.normalize("NFC").toLowerCase()
  for (const [language, pattern] of telling) if (pattern.test(lower)) add(language, 0.75)
  const ranked = [...scores].sort((a, b) => b[1] - a[1])
  const [first, second] = ranked
  if (first === undefined || (second !== undefined && second[1] === first[1])) return undefined
  return first[0]
}
