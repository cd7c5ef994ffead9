import { distance, tolerance } from "./spelling.ts"
import { stem } from "@wicara/language/Stem"
import { stopWords } from "@wicara/language/StopWords"

/** A term that a word of a question may mean, and how sure that is (1: the word itself or another form of it). */
export interface Sense {
  readonly term: number
  readonly weight: number
}

interface Words {
  /** Every word as it is written (folded), with the term it belongs to. */
  readonly surfaces: Map<string, number>
  readonly stems: Map<string, number>
  /**
   * Words and stems by first letter and length, for spelling: made when first asked for. A misspelt word may be in the
   * texts in other forms only, which its stem is nearer to.
   */
  buckets: Map<string, Array<string>> | undefined
}

const maximumSenses = 3
/** How much longer than what was typed a word may be that begins with it. */
const maximumRest = 6
const digit = /\p{N}/u

/** The words of an index by language. Forms of one word in one language are one term. */
export class Vocabulary {
  /** In alphabetical order, so that nothing depends on which was met first. */
  #languages: ReadonlyMap<string, Words> = new Map()
  #size = 0

  /** The term of a word; a new one if it was never seen. Terms are numbered from 0 without gaps. */
  intern(language: string, surface: string): number {
    let words = this.#languages.get(language)
    if (words === undefined) {
      words = { surfaces: new Map(), stems: new Map(), buckets: undefined }
      this.#languages = new Map([...this.#languages, [language, words] as const].sort(([a], [b]) => a < b ? -1 : 1))
    }
    const known = words.surfaces.get(surface)
    if (known !== undefined) return known
    const stemmed = stem(language, surface)
    let term = words.stems.get(stemmed)
    if (term === undefined) {
      term = this.#size++
      words.stems.set(stemmed, term)
      if (words.buckets !== undefined && stemmed !== surface) addTo(words.buckets, stemmed)
    }
    words.surfaces.set(surface, term)
    if (words.buckets !== undefined) addTo(words.buckets, surface)
    return term
  }

  /** The terms that a word means, one for each language that has it. */
  exact(surface: string, inUse: (term: number) => boolean): ReadonlyArray<Sense> {
    const senses: Array<Sense> = []
    for (const [language, words] of this.#languages) {
      const term = words.surfaces.get(surface) ?? words.stems.get(stem(language, surface))
      if (term !== undefined && inUse(term)) senses.push({ term, weight: 1 })
    }
    return senses
  }

  /** The terms that a word no text has may mean: misspelt ones, else longer words that begin with it. */
  similar(surface: string, inUse: (term: number) => boolean): ReadonlyArray<Sense> {
    const limit = tolerance(surface.length)
    if (limit === 0 || digit.test(surface)) return []
    const found: Array<Sense & { readonly surface: string }> = []
    for (const [language, words] of this.#languages) {
      const buckets = words.buckets ??= bucketsOf(new Set([...words.surfaces.keys(), ...words.stems.keys()]))
      const { grammar } = stopWords(language)
      const termOf = (word: string): number | undefined => {
        const term = words.surfaces.get(word) ?? words.stems.get(word)
        return term === undefined || !inUse(term) || grammar.has(word) ? undefined : term
      }
      const misspelt = alike(surface, limit, buckets, termOf)
      for (const [term, { edits, word }] of misspelt) {
        const length = Math.max(4, Math.min(surface.length, word.length))
        found.push({ term, surface: word, weight: 1 - edits / length })
      }
      if (misspelt.size > 0) continue
      for (const [term, word] of longer(surface, buckets, termOf)) {
        found.push({ term, surface: word, weight: 0.6 * surface.length / word.length })
      }
    }
    return found
      .sort((a, b) => b.weight - a.weight || (a.surface < b.surface ? -1 : a.surface > b.surface ? 1 : a.term - b.term))
      .slice(0, maximumSenses)
  }
}

type Buckets = ReadonlyMap<string, ReadonlyArray<string>>
type TermOf = (word: string) => number | undefined

/** The words a few edits away, by term. The first letter is rarely wrong, or else swapped with the second. */
const alike = (surface: string, limit: number, buckets: Buckets, termOf: TermOf) => {
  const best = new Map<number, { readonly edits: number; readonly word: string }>()
  for (const first of new Set([surface[0], surface[1]])) {
    for (let length = Math.max(3, surface.length - limit); length <= surface.length + limit; length++) {
      for (const word of buckets.get(`${first}${length}`) ?? []) {
        const edits = distance(surface, word, limit)
        if (edits > limit) continue
        const term = termOf(word)
        if (term === undefined) continue
        const known = best.get(term)
        if (known === undefined || edits < known.edits || (edits === known.edits && word < known.word)) {
          best.set(term, { edits, word })
        }
      }
    }
  }
  return best
}

const longer = (surface: string, buckets: Buckets, termOf: TermOf): ReadonlyMap<number, string> => {
  const found = new Map<number, string>()
  for (let length = surface.length + 1; length <= surface.length + maximumRest; length++) {
    for (const word of buckets.get(`${surface[0]}${length}`) ?? []) {
      if (!word.startsWith(surface)) continue
      const term = termOf(word)
      if (term === undefined) continue
      const known = found.get(term)
      if (known === undefined || word.length < known.length || (word.length === known.length && word < known)) {
        found.set(term, word)
      }
    }
  }
  return found
}

const addTo = (buckets: Map<string, Array<string>>, word: string): void => {
  const key = `${word[0]}${word.length}`
  const bucket = buckets.get(key)
  if (bucket === undefined) buckets.set(key, [word])
  else bucket.push(word)
}

const bucketsOf = (words: Iterable<string>): Map<string, Array<string>> => {
  const buckets = new Map<string, Array<string>>()
  for (const word of words) addTo(buckets, word)
  return buckets
}
