import { tokenize } from "./tokenize.ts"
import { Vocabulary } from "./vocabulary.ts"

/** A published item as the index takes it. */
export interface IndexedItem {
  readonly itemId: string
  readonly language: string
  /** Whether its titles are what customers ask, or name what it is about. */
  readonly asks: boolean
  /** The question with its variations, or the article's title. */
  readonly titles: ReadonlyArray<string>
  readonly chunks: ReadonlyArray<IndexedChunk>
}

export interface IndexedChunk {
  readonly chunkId: string
  readonly ordinal: number
  readonly headingPath: ReadonlyArray<string>
  readonly text: string
}

/** An item in the index. */
export interface Entry {
  readonly itemId: string
  readonly language: string
  readonly asks: boolean
  readonly slots: ReadonlyArray<number>
  /** The units of its titles. */
  readonly units: ReadonlyArray<number>
}

/** A chunk in the index. */
export interface Slot {
  readonly entry: number
  readonly chunkId: string
  readonly ordinal: number
  /** The terms of the text in order. */
  readonly sequence: Int32Array
  /** The unit of the heading it stands under, or -1. */
  readonly heading: number
}

/** A title, question, variation or heading: a short text that is scored for itself. */
export interface Unit {
  /** The entry whose title it is, or -1. */
  readonly entry: number
  /** The slot whose heading it is, or -1. */
  readonly slot: number
  readonly sequence: Int32Array
}

// A posting is one small integer, which engines keep unboxed: the place, and how often the term is in it.
const frequencyBits = 7
const maximumFrequency = (1 << frequencyBits) - 1

/** More places than this can't be addressed. */
export const maximumPlaces = 1 << (30 - frequencyBits)

export const placeOf = (posting: number): number => posting >>> frequencyBits
export const frequencyOf = (posting: number): number => posting & maximumFrequency

const noPostings: ReadonlyArray<number> = []

/** The postings of one kind of place, and how many hold each term. */
class Lists {
  readonly #lists: Array<Array<number>> = []
  readonly #holders: Array<number> = []

  of(term: number): ReadonlyArray<number> {
    return this.#lists[term] ?? noPostings
  }

  holders(term: number): number {
    return this.#holders[term] ?? 0
  }

  count(term: number, by: 1 | -1): void {
    this.#reach(term)
    this.#holders[term] = this.holders(term) + by
  }

  /** Notes a place that has the terms of `sequence`; gives back the distinct ones. */
  add(place: number, sequence: Int32Array): ReadonlySet<number> {
    const distinct = new Set<number>()
    for (const term of sequence) {
      this.#reach(term)
      const list = this.#lists[term]
      if (list === undefined) continue
      const last = list.length - 1
      const posting = list[last]
      // Places are numbered upwards, so a term's last posting is of this place or of an earlier one.
      if (posting !== undefined && placeOf(posting) === place) {
        if (frequencyOf(posting) < maximumFrequency) list[last] = posting + 1
      } else {
        list.push((place << frequencyBits) | 1)
        distinct.add(term)
      }
    }
    return distinct
  }

  #reach(term: number): void {
    while (this.#lists.length <= term) {
      this.#lists.push([])
      this.#holders.push(0)
    }
  }
}

/**
 * The inverted lists of one organization. What was removed keeps its place (and is skipped) until the index is built
 * anew; all counts are of what is there.
 */
export class Postings {
  readonly vocabulary = new Vocabulary()
  readonly entries: Array<Entry | undefined> = []
  readonly slots: Array<Slot | undefined> = []
  readonly units: Array<Unit | undefined> = []
  readonly texts = new Lists()
  readonly titles = new Lists()
  /** Chunks, owners of titles (items and headings), and titles that are there; and their words. */
  liveSlots = 0
  liveOwners = 0
  liveUnits = 0
  slotWords = 0
  unitWords = 0
  readonly #entryOf = new Map<string, number>()
  readonly #chunksOf = new Map<string, number>()

  readonly inUse = (term: number): boolean => this.texts.holders(term) > 0 || this.titles.holders(term) > 0

  /** The language of most chunks. */
  get mainLanguage(): string {
    let main = "und"
    let most = 0
    for (const [language, chunks] of this.#chunksOf) {
      if (chunks > most || (chunks === most && language < main)) {
        main = language
        most = chunks
      }
    }
    return main
  }

  put(item: IndexedItem): void {
    this.remove(item.itemId)
    const { asks, itemId, language } = item
    const entry = this.entries.length
    const units = item.titles.map((title) => this.#addUnit(language, title, entry, -1))
    this.#countOwner(units, 1)
    const slots = item.chunks.map((chunk) => this.#addSlot(language, chunk, entry))
    this.entries.push({ itemId, language, asks, slots, units })
    this.#entryOf.set(itemId, entry)
    this.#chunksOf.set(language, (this.#chunksOf.get(language) ?? 0) + slots.length)
  }

  remove(itemId: string): void {
    const index = this.#entryOf.get(itemId)
    const entry = index === undefined ? undefined : this.entries[index]
    if (index === undefined || entry === undefined) return
    this.#removeUnits(entry.units)
    for (const at of entry.slots) {
      const slot = this.slots[at]
      if (slot === undefined) continue
      for (const term of new Set(slot.sequence)) this.texts.count(term, -1)
      this.slotWords -= slot.sequence.length
      this.liveSlots--
      if (slot.heading >= 0) this.#removeUnits([slot.heading])
      this.slots[at] = undefined
    }
    this.#chunksOf.set(entry.language, (this.#chunksOf.get(entry.language) ?? 0) - entry.slots.length)
    this.entries[index] = undefined
    this.#entryOf.delete(itemId)
  }

  #sequence(language: string, text: string): Int32Array {
    const words = tokenize(text)
    const sequence = new Int32Array(words.length)
    for (let i = 0; i < words.length; i++) sequence[i] = this.vocabulary.intern(language, words[i] ?? "")
    return sequence
  }

  #addSlot(language: string, chunk: IndexedChunk, entry: number): number {
    const at = this.slots.length
    const title = chunk.headingPath.at(-1)
    const heading = title === undefined ? -1 : this.#addUnit(language, title, -1, at)
    if (heading >= 0) this.#countOwner([heading], 1)
    const sequence = this.#sequence(language, chunk.text)
    for (const term of this.texts.add(at, sequence)) this.texts.count(term, 1)
    this.slots.push({ entry, chunkId: chunk.chunkId, ordinal: chunk.ordinal, heading, sequence })
    this.liveSlots++
    this.slotWords += sequence.length
    return at
  }

  #addUnit(language: string, text: string, entry: number, slot: number): number {
    const at = this.units.length
    const sequence = this.#sequence(language, text)
    this.titles.add(at, sequence)
    this.units.push({ entry, slot, sequence })
    this.liveUnits++
    this.unitWords += sequence.length
    return at
  }

  #removeUnits(units: ReadonlyArray<number>): void {
    this.#countOwner(units, -1)
    for (const at of units) {
      this.unitWords -= this.units[at]?.sequence.length ?? 0
      this.liveUnits--
      this.units[at] = undefined
    }
  }

  /** A word in several variations of one question is still in one question. */
  #countOwner(units: ReadonlyArray<number>, by: 1 | -1): void {
    if (units.length === 0) return
    const terms = new Set<number>()
    for (const at of units) for (const term of this.units[at]?.sequence ?? []) terms.add(term)
    for (const term of terms) this.titles.count(term, by)
    this.liveOwners += by
  }
}
