/**
 * The languages that search knows the grammar of, and detection of the language of a text.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { fold } from "@wicara/language/Fold"
import { stopWords } from "@wicara/language/StopWords"

/**
 * An ISO 639 code; `und` is text in a language that is not known.
 *
 * @category schemas
 * @since 0.1.0
 */
export const LanguageTag = Schema.String.check(
  Schema.isPattern(/^[a-z]{2,3}$/, { expected: "an ISO 639 code such as en, id, es or pt" })
).annotate({ identifier: "LanguageTag", examples: ["en", "id"] })
/** @since 0.1.0 */
export type LanguageTag = typeof LanguageTag.Type

/**
 * Languages with stop words and a stemmer. Text in any other is searched by its words as they are.
 *
 * @category constants
 * @since 0.1.0
 */
export const supported = ["en", "id", "es", "pt"] as const

/**
 * @category models
 * @since 0.1.0
 */
export interface Detection {
  readonly language: (typeof supported)[number]
  /** 0 to 1: how far ahead of the next likely language it is. */
  readonly confidence: number
}

interface Clues {
  readonly language: (typeof supported)[number]
  /** The share of its words that are grammar in almost every longer text; other languages share a few of them. */
  readonly grammar: number
  readonly letters: RegExp
  readonly endings: RegExp
}

// Each letter and ending is common in its language and rare in the three others.
const clues: ReadonlyArray<Clues> = [
  {
    language: "en",
    grammar: 0.12,
    letters: /(?:^|[^\p{L}])(?:wh|th|sh)|ght|ck|[^g]w[aeio]/gu,
    endings: /(?:ing|tion|tions|ed|ly|ness|ough|ould|ies)$/
  },
  {
    language: "id",
    grammar: 0.07,
    letters: /ngk|nj[aiueo]|sy[a]/gu,
    endings: /^(?:meng|meny|mem|ber|peng|penj|pem|di[bpktls]).{3,}|(?:nya|kan|lah|kah|annya|ang|ung|uan|aan)$/
  },
  {
    language: "es",
    grammar: 0.22,
    letters: /[ñ¿¡]|ll[aeo]|ue[^\p{L}]?|[áéíóú]n(?![\p{L}])/gu,
    endings: /(?:cion|ciones|dad|dades|miento|mientos|ando|iendo|eria|illo|illa|ero|era)$/
  },
  {
    language: "pt",
    grammar: 0.22,
    letters: /[ãõçêô]|lh[aeo]|nh[aeo]/gu,
    endings: /(?:cao|coes|dade|dades|mento|mentos|agem|ndo|eira|eiro|inho|inha|ei|ou)$/
  }
]

const words = /\p{L}+/gu
/** From so many words on, grammar words are too many to be chance. */
const longText = 10

/**
 * The language of a text, by its function words, and by letters and endings that are common in one of the supported
 * languages and rare in the others; `undefined` when too little tells (a name, a code, another language).
 *
 * @category detection
 * @since 0.1.0
 */
export const detect = (text: string): Detection | undefined => {
  const sample = text.length > 4000 ? text.slice(0, 4000) : text
  const lower = sample.toLowerCase()
  const tokens = fold(sample).match(words) ?? []
  const scores = clues.map(({ endings, grammar: leastGrammar, language, letters }) => {
    const { filler, grammar } = stopWords(language)
    let score = 0
    let known = 0
    for (const token of tokens) {
      if (grammar.has(token)) score += weight(token)
      else if (filler.has(token)) score += 0.7 * weight(token)
      else if (token.length > 4 && endings.test(token)) score += 0.25
      if (grammar.has(token) || filler.has(token)) known++
    }
    if (tokens.length >= longText && known < leastGrammar * tokens.length) return { language, score: 0 }
    return { language, score: score + 0.35 * (lower.match(letters)?.length ?? 0) }
  }).sort((a, b) => b.score - a.score)
  const [first, second] = scores
  if (first === undefined || second === undefined || first.score < 0.6) return undefined
  return { language: first.language, confidence: (first.score - second.score) / (first.score + 0.5) }
}

// A word of several languages says little; single letters and very short words say less.
const weight = (token: string): number => {
  let holders = 0
  for (const language of supported) {
    const { filler, grammar } = stopWords(language)
    if (grammar.has(token) || filler.has(token)) holders++
  }
  return (token.length === 1 ? 0.4 : 1) / (holders * holders)
}

/**
 * The language of a text, or `und` when it can't be told.
 *
 * @category detection
 * @since 0.1.0
 */
export const tagOf = (text: string): LanguageTag => detect(text)?.language ?? "und"
