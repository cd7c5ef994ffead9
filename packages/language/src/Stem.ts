/**
 * Stemmers of the languages that Wicara reads: Snowball's for English, Spanish and Portuguese, one of its own for
 * Indonesian. A stem need not be a word; forms of one word have the same.
 *
 * @since 0.1.0
 */
import { stemmer as stemEnglish } from "@orama/stemmers/english"
import { stemmer as stemPortuguese } from "@orama/stemmers/portuguese"
import { stemmer as stemSpanish } from "@orama/stemmers/spanish"
import { fold } from "./Fold.ts"
import * as Indonesian from "./internal/indonesian.ts"

// Customers leave accents out, so words are folded before they are stemmed. Snowball's suffixes have accents: the few
// endings where one decides get it back by rule, for the accented and the plain spelling alike.
const accentSpanish = (word: string): string =>
  /[cs]ion$/.test(word) ? `${word.slice(0, -2)}ón` : word.replace(/ia(s|mos|n)?$/, "ía$1")

const accentPortuguese = (word: string): string =>
  word
    .replace(/([cs])ao$/, (_, letter: string) => letter === "c" ? "ção" : "são")
    .replace(/([cs])oes$/, (_, letter: string) => letter === "c" ? "ções" : "sões")
    .replace(/encia(s?)$/, "ência$1")
    .replace(/ancia(s?)$/, "ância$1")
    .replace(/avel$/, "ável")
    .replace(/ivel$/, "ível")

const digit = /\d/

/**
 * The stem of a folded word; the word itself where it holds a digit, and in a language without a stemmer.
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * stem("id", "pembayaran") // => "bayar"
 */
export const stem = (language: string, word: string): string => {
  if (word.length < 3 || digit.test(word)) return word
  switch (language) {
    case "en":
      return stemEnglish(word)
    case "es":
      return fold(stemSpanish(accentSpanish(word)))
    case "pt":
      return fold(stemPortuguese(accentPortuguese(word)))
    case "id":
      return Indonesian.stem(word)
    default:
      return word
  }
}
