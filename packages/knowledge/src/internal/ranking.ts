import { nearness } from "./nearness.ts"
import type { Occurrences } from "./nearness.ts"
import { frequencyOf, placeOf } from "./postings.ts"
import type { Entry, Postings, Slot } from "./postings.ts"
import type { QueryTerm } from "./understand.ts"

export interface RankOptions {
  readonly limit: number
  /** Chunks of one item at most. */
  readonly perItem: number
  /** The language whose texts are preferred. */
  readonly language: string | undefined
  readonly accept: ((chunkId: string) => boolean) | undefined
}

export interface Ranked {
  readonly itemId: string
  readonly chunkId: string
  readonly score: number
  /** The share, 0 to 1, of what the question says, by how rare its words are, that the chunk or its titles say. */
  readonly coverage: number
  /** 0 to 1: coverage, and how much of what a perfect match would score it scores. */
  readonly confidence: number
  /** The words of the question that were found, as they were asked. */
  readonly terms: ReadonlyArray<string>
}

// BM25 by kind of text, and how the kinds are put together. Chosen on several public sets at once, FAQs and passages,
// where each constant's neighbours do about as well: none is tuned to a text.
const bm25 = { text: { k1: 1, b: 0.75 }, title: { k1: 1.5, b: 0.75 } } as const
/** What a match in a title is worth, beside one in the text: most when the title is what customers ask. */
const titleWeight = { question: 1.5, article: 0.75, heading: 1.05 } as const
/** What the other variations add to the best one. */
const otherTitles = 0.2
const near = { text: 0.3, title: 0.3 } as const
/** Two words side by side as in the question; in an answer they are mostly chance. */
const pairWeight = { article: 0.4, answer: 0.12 } as const
const sameLanguage = 1.15
/** How many of the best are looked at word by word. */
const finalists = 50

const saturate = (frequency: number, k1: number): number => frequency * (k1 + 1) / (k1 + frequency)

interface Scores {
  readonly of: Float64Array
  readonly touched: ReadonlyArray<number>
}

interface Scorable {
  readonly places: ReadonlyArray<{ readonly sequence: Int32Array } | undefined>
  readonly postings: (term: number) => ReadonlyArray<number>
  readonly average: number
  readonly k1: number
  readonly b: number
  readonly value: (term: QueryTerm) => number
  /** Whether grammar words only add to places that have a content word too: almost every text has them. */
  readonly contentOnly: boolean
}

/** BM25 of every place that has a word of the question. */
const score = (
  terms: ReadonlyArray<QueryTerm>,
  { average, b, contentOnly, k1, places, postings, value }: Scorable
): Scores => {
  const of = new Float64Array(places.length)
  const touched: Array<number> = []
  const add = (term: QueryTerm, everywhere: boolean) => {
    for (const sense of term.senses) {
      const weight = sense.weight * value(term)
      for (const posting of postings(sense.term)) {
        const at = placeOf(posting)
        const sofar = of[at] ?? 0
        if (sofar === 0 && !everywhere) continue
        const place = places[at]
        if (place === undefined) continue
        if (sofar === 0) touched.push(at)
        of[at] = sofar + weight * saturate(frequencyOf(posting) / (1 - b + b * place.sequence.length / average), k1)
      }
    }
  }
  for (const term of terms) if (term.isContent) add(term, true)
  for (const term of terms) if (!term.isContent) add(term, !contentOnly)
  return { of, touched }
}

const averageOf = (words: number, places: number): number => Math.max(1, words / Math.max(1, places))

/** The best of several titles, and a little for each other one. */
const together = (best: number, sum: number): number => best + otherTitles * (sum - best)

interface Candidate {
  readonly at: number
  readonly slot: Slot
  readonly entry: Entry
  readonly score: number
}

/** Higher scores first; equal ones by item and place, which no database and no order of loading changes. */
const byScore = (a: Candidate, b: Candidate): number =>
  b.score - a.score ||
  (a.entry.itemId < b.entry.itemId ? -1 : a.entry.itemId > b.entry.itemId ? 1 : a.slot.ordinal - b.slot.ordinal)

const languageWeight = (entry: Entry, options: RankOptions): number =>
  entry.language === options.language ? sameLanguage : 1

const titleWeightOf = (entry: Entry): number => entry.asks ? titleWeight.question : titleWeight.article

const candidates = (
  postings: Postings,
  texts: Scores,
  titles: Scores,
  options: RankOptions
): ReadonlyArray<Candidate> => {
  const { entries, slots, units } = postings
  const best = new Float64Array(entries.length)
  const sum = new Float64Array(entries.length)
  const marked = new Uint8Array(slots.length)
  const places: Array<number> = []
  const mark = (at: number) => {
    if (marked[at] !== 0) return
    marked[at] = 1
    places.push(at)
  }
  for (const at of texts.touched) mark(at)
  for (const at of titles.touched) {
    const unit = units[at]
    if (unit === undefined) continue
    const entry = entries[unit.entry]
    if (entry === undefined) {
      mark(unit.slot)
      continue
    }
    const value = titleWeightOf(entry) * (titles.of[at] ?? 0)
    best[unit.entry] = Math.max(best[unit.entry] ?? 0, value)
    sum[unit.entry] = (sum[unit.entry] ?? 0) + value
    for (const slot of entry.slots) mark(slot)
  }
  const accepted: Array<number> = []
  const scores: Array<number> = []
  for (const at of places) {
    const slot = slots[at]
    const entry = slot === undefined ? undefined : entries[slot.entry]
    if (slot === undefined || entry === undefined || options.accept?.(slot.chunkId) === false) continue
    const heading = slot.heading < 0 ? 0 : titleWeight.heading * (titles.of[slot.heading] ?? 0)
    const title = together(Math.max(best[slot.entry] ?? 0, heading), (sum[slot.entry] ?? 0) + heading)
    accepted.push(at)
    scores.push(((texts.of[at] ?? 0) + title) * languageWeight(entry, options))
  }
  const count = Math.max(finalists, options.limit)
  const sorted = Float64Array.from(scores).sort()
  const least = sorted[sorted.length - count] ?? 0
  const chosen: Array<Candidate> = []
  accepted.forEach((at, index) => {
    const slot = slots[at]
    const entry = slot === undefined ? undefined : entries[slot.entry]
    const value = scores[index] ?? 0
    if (slot !== undefined && entry !== undefined && value >= least) chosen.push({ at, slot, entry, score: value })
  })
  return chosen.sort(byScore).slice(0, count)
}

/** Where words of the question stand in a sequence. */
const occurrencesIn = (sequence: Int32Array, termOf: ReadonlyMap<number, number>): Occurrences => {
  const terms: Array<number> = []
  const positions: Array<number> = []
  for (let i = 0; i < sequence.length; i++) {
    const term = termOf.get(sequence[i] ?? -1)
    if (term === undefined) continue
    terms.push(term)
    positions.push(i)
  }
  return { terms, positions }
}

/** How often each term of the question is followed by the next one, side by side in both. */
const pairsIn = (
  { positions, terms: found }: Occurrences,
  terms: ReadonlyArray<QueryTerm>
): ReadonlyMap<number, number> => {
  const pairs = new Map<number, number>()
  for (let i = 0; i + 1 < found.length; i++) {
    const first = found[i] ?? 0
    if (found[i + 1] !== first + 1 || positions[i + 1] !== (positions[i] ?? 0) + 1) continue
    if (terms[first + 1]?.position === (terms[first]?.position ?? 0) + 1) pairs.set(first, (pairs.get(first) ?? 0) + 1)
  }
  return pairs
}

/** The chunks that answer a question best. */
export const rank = (
  postings: Postings,
  terms: ReadonlyArray<QueryTerm>,
  options: RankOptions
): ReadonlyArray<Ranked> => {
  const textAverage = averageOf(postings.slotWords, postings.liveSlots)
  const texts = score(terms, {
    places: postings.slots,
    postings: (term) => postings.texts.of(term),
    average: textAverage,
    ...bm25.text,
    value: (term) => term.inText,
    contentOnly: true
  })
  const titles = score(terms, {
    places: postings.units,
    postings: (term) => postings.titles.of(term),
    average: averageOf(postings.unitWords, postings.liveUnits),
    ...bm25.title,
    value: (term) => term.inTitle,
    contentOnly: false
  })
  const termOf = new Map<number, number>()
  const sureness = new Map<number, number>()
  for (const [index, term] of terms.entries()) {
    for (const sense of term.senses) {
      termOf.set(sense.term, index)
      sureness.set(sense.term, sense.weight)
    }
  }
  // A question of grammar words alone ("who are you?") is about them.
  const onlyGrammar = terms.every((term) => !term.isContent)
  const mass = terms.map((term) => onlyGrammar ? term.inTitle : term.isContent ? term.inText : 0)
  const total = mass.reduce((sum, one) => sum + one, 0)
  // About what a question scores where it is written down word for word, and where an article says all of it.
  const perfect = {
    question: titleWeight.question * terms.reduce((sum, term) => sum + term.inTitle, 0),
    article: 1.3 * total
  }

  const chosen = candidates(postings, texts, titles, options).map((candidate) => {
    const occurrences = occurrencesIn(candidate.slot.sequence, termOf)
    return { ...candidate, occurrences, pairs: pairsIn(occurrences, terms) }
  })
  const pairHolders = new Map<number, number>()
  for (const { pairs } of chosen) {
    for (const pair of pairs.keys()) pairHolders.set(pair, (pairHolders.get(pair) ?? 0) + 1)
  }

  const judged = chosen.map(({ at, entry, occurrences, pairs, slot }) => {
    const found = new Float64Array(terms.length)
    const see = (sequence: Int32Array) => {
      for (const id of sequence) {
        const term = termOf.get(id)
        if (term !== undefined) found[term] = Math.max(found[term] ?? 0, sureness.get(id) ?? 0)
      }
    }
    see(slot.sequence)
    let best = 0
    let sum = 0
    const addTitle = (at: number, weight: number) => {
      const sequence = postings.units[at]?.sequence
      const plain = titles.of[at] ?? 0
      if (sequence === undefined || plain === 0) return
      see(sequence)
      const inOrder = nearness(occurrencesIn(sequence, termOf), terms, (term) => term.inTitle)
      const value = weight * (plain + near.title * inOrder)
      best = Math.max(best, value)
      sum += value
    }
    for (const unit of entry.units) addTitle(unit, titleWeightOf(entry))
    if (slot.heading >= 0) addTitle(slot.heading, titleWeight.heading)
    let text = (texts.of[at] ?? 0) +
      near.text * nearness(occurrences, terms, (term) => term.isContent ? term.inText : 0)
    const length = 1 - bm25.text.b + bm25.text.b * slot.sequence.length / textAverage
    for (const [pair, count] of pairs) {
      // How rare a pair is among the best tells how much it says, without an index of all pairs.
      const holders = pairHolders.get(pair) ?? 0
      const rare = Math.log(1 + (chosen.length - holders + 0.5) / (holders + 0.5))
      text += (entry.asks ? pairWeight.answer : pairWeight.article) * rare * saturate(count / length, 1.2)
    }
    let covered = 0
    for (const [index, one] of mass.entries()) covered += one * (found[index] ?? 0)
    return {
      at,
      slot,
      entry,
      score: (text + together(best, sum)) * languageWeight(entry, options),
      coverage: total === 0 ? 0 : Math.min(1, covered / total),
      terms: terms.flatMap((term, index) => (found[index] ?? 0) > 0 && (mass[index] ?? 0) > 0 ? [term.surface] : [])
    }
  }).sort(byScore)

  const ranked: Array<Ranked> = []
  const perItem = new Map<string, number>()
  for (const { coverage, entry, score, slot, terms } of judged) {
    if (ranked.length >= options.limit) break
    const taken = perItem.get(entry.itemId) ?? 0
    if (taken >= options.perItem) continue
    perItem.set(entry.itemId, taken + 1)
    const most = entry.asks ? perfect.question : perfect.article
    const confidence = most === 0 ? 0 : (coverage + Math.min(1, score / most)) / 2
    ranked.push({ itemId: entry.itemId, chunkId: slot.chunkId, score, coverage, confidence, terms })
  }
  return ranked
}
