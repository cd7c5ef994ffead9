import type { Postings } from "./postings.ts"
import { stopWords } from "@wicara/language/StopWords"
import { tokenize } from "./tokenize.ts"
import type { Sense } from "./vocabulary.ts"

/** A word of a question with what it may mean in the index, and how much it tells. */
export interface QueryTerm {
  readonly surface: string
  readonly senses: ReadonlyArray<Sense>
  /** Grammar words are not: they only tell apart what shares a content word. */
  readonly isContent: boolean
  /** By kind of word and rarity (what no text has is the rarest): in texts, and in titles and questions. */
  readonly inText: number
  readonly inTitle: number
  /** Its place in the question. */
  readonly position: number
}

const maximumWords = 400
const maximumTerms = 48

const weights = {
  content: { text: 1, title: 1 },
  /** "Please tell me": in some knowledge these words are the subject. */
  filler: { text: 0.4, title: 0.7 },
  /** "What is" and "how do I" tell questions apart, and texts hardly. */
  grammar: { text: 0.3, title: 0.75 }
} as const

const rarity = (total: number, holders: number): number => {
  const counted = Math.min(holders, total)
  return Math.log(1 + (total - counted + 0.5) / (counted + 0.5))
}

const letterThenDigit = /(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u

type IsKnown = (word: string) => boolean

/** `wi fi` and `covid 19` where texts say `wifi` and `covid19`: one word, if one of the parts alone is unknown. */
const join = (words: ReadonlyArray<string>, isKnown: IsKnown): ReadonlyArray<string> => {
  const out: Array<string> = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ""
    const next = words[i + 1]
    const joins = next !== undefined && word.length + next.length >= 4 && (!isKnown(word) || !isKnown(next)) &&
      isKnown(word + next)
    out.push(joins ? word + next : word)
    if (joins) i++
  }
  return out
}

/** `wifi` and `covid19` where texts say `wi-fi` and `covid-19`. */
const split = (word: string, isKnown: IsKnown, grammar: ReadonlySet<string>): ReadonlyArray<string> | undefined => {
  const parts = word.split(letterThenDigit)
  if (parts.length > 1) return parts.some(isKnown) ? parts : undefined
  // A short name, or two words of some length: a chance cut of a misspelt word is neither.
  const shortest = word.length <= 4 ? 2 : 4
  for (let at = shortest; at <= word.length - shortest; at++) {
    const left = word.slice(0, at)
    const right = word.slice(at)
    if (!grammar.has(left) && !grammar.has(right) && isKnown(left) && isKnown(right)) return [left, right]
  }
  return undefined
}

/** The words of a question that count, in order. None when it has no words. */
export const understand = (text: string, language: string, postings: Postings): ReadonlyArray<QueryTerm> => {
  const { filler, grammar } = stopWords(language)
  const { inUse, liveOwners, liveSlots, texts, titles, vocabulary } = postings
  const exact = new Map<string, ReadonlyArray<Sense>>()
  const lookUp = (word: string): ReadonlyArray<Sense> => {
    let senses = exact.get(word)
    if (senses === undefined) {
      senses = vocabulary.exact(word, inUse)
      exact.set(word, senses)
    }
    return senses
  }
  const isKnown: IsKnown = (word) => lookUp(word).length > 0
  const words = join(tokenize(text).slice(0, maximumWords), isKnown)
    .flatMap((word) => isKnown(word) || grammar.has(word) ? [word] : split(word, isKnown, grammar) ?? [word])
  const terms: Array<QueryTerm> = []
  const seen = new Set<number | string>()
  for (const [position, surface] of words.entries()) {
    const kind = grammar.has(surface) ? "grammar" : filler.has(surface) ? "filler" : "content"
    const meant = lookUp(surface)
    const all = meant.length > 0 || kind === "grammar" ? meant : vocabulary.similar(surface, inUse)
    // Another form of a word that was there before says nothing new, where its language knows both as one.
    const senses = all.filter(({ term }) => !seen.has(term))
    if (senses.length === 0 && (all.length > 0 || seen.has(surface))) continue
    seen.add(surface)
    for (const { term } of senses) seen.add(term)
    let textHolders = 0
    let titleHolders = 0
    for (const { term } of senses) {
      textHolders += texts.holders(term)
      titleHolders += titles.holders(term)
    }
    terms.push({
      surface,
      senses,
      isContent: kind !== "grammar",
      inText: weights[kind].text * rarity(liveSlots, textHolders),
      inTitle: weights[kind].title * rarity(liveOwners, titleHolders),
      position
    })
  }
  if (terms.length <= maximumTerms) return terms
  // A pasted page: what it is about are its rarest known words.
  const value = (term: QueryTerm) => term.senses.length === 0 || !term.isContent ? 0 : term.inText
  return terms.toSorted((a, b) => value(b) - value(a) || a.position - b.position)
    .slice(0, maximumTerms)
    .sort((a, b) => a.position - b.position)
}
