import { fold } from "@wicara/language/Fold"

const word = /[\p{L}\p{N}\p{M}]+/gu

// Scripts that write no spaces between words: their text is compared by pairs of characters.
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const beyondLatin = /[\u0e00-\uffff]/

const pairs = (run: string): ReadonlyArray<string> => {
  const characters = Array.from(run)
  if (characters.length <= 2) return [run]
  const out: Array<string> = []
  for (let i = 0; i + 1 < characters.length; i++) out.push(`${characters[i]}${characters[i + 1]}`)
  return out
}

// Nothing that people write as one word is longer; what is (a key, encoded bytes) is not what anybody searches for.
const longest = 64

/** The folded words of a text, in order. `10.000` and `10,000` are one word, as is `don't`; Markdown's link targets are left out. */
export const tokenize = (text: string): ReadonlyArray<string> => {
  const folded = fold(text.includes("](") ? text.replace(/\]\([^\])\s]*\)/g, "] ") : text)
    .replace(/(\d)[.,](?=\d{3}(?!\d))/g, "$1")
    .replace(/['’](?:s\b)?/g, "")
  const found = folded.match(word) ?? []
  const out: Array<string> = []
  for (const one of found) {
    if (beyondLatin.test(one) && unspaced.test(one)) out.push(...pairs(one))
    else out.push(one.length > longest ? one.slice(0, longest) : one)
  }
  return out
}
