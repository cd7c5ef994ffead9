import { detect } from "../Language.ts"
import { maximumPlaces, Postings } from "./postings.ts"
import type { IndexedItem } from "./postings.ts"
import { rank } from "./ranking.ts"
import type { Ranked } from "./ranking.ts"
import { understand } from "./understand.ts"

export interface LexicalQuery {
  readonly text: string
  /** The language that the asker is known to use; what the text itself tells goes first. */
  readonly language?: string | undefined
  readonly limit: number
  /** Chunks of one item at most. */
  readonly perItem: number
  readonly accept?: ((chunkId: string) => boolean) | undefined
}

/** From here on the text itself tells its language better than what is known of the asker. */
const certain = 0.3

/**
 * An index of one organization's published items, in memory. Texts are scored by BM25; titles, questions and headings
 * apart from them, each as a short text of its own in which grammar words count too ("what is" is not "how does"); the
 * best are then looked at for words that stand near each other. What is found depends on what was put in, not on the
 * order or on what was there before.
 */
export class LexicalIndex {
  #postings = new Postings()
  readonly #items = new Map<string, IndexedItem>()

  /** How many chunks it holds. */
  get size(): number {
    return this.#postings.liveSlots
  }

  put(item: IndexedItem): void {
    this.#items.set(item.itemId, item)
    this.#postings.put(item)
    this.#tidy()
  }

  remove(itemId: string): void {
    if (!this.#items.delete(itemId)) return
    this.#postings.remove(itemId)
    this.#tidy()
  }

  search(query: LexicalQuery): ReadonlyArray<Ranked> {
    const postings = this.#postings
    if (postings.liveSlots === 0) return []
    const told = detect(query.text)
    const language = told !== undefined && told.confidence > certain ? told.language : query.language ?? told?.language
    const terms = understand(query.text, language ?? postings.mainLanguage, postings)
    if (terms.length === 0) return []
    return rank(postings, terms, { limit: query.limit, perItem: query.perItem, language, accept: query.accept })
  }

  /** Builds it anew when what was removed takes more room than what is there. */
  #tidy(): void {
    const { liveSlots, liveUnits, slots, units } = this.#postings
    const wasted = slots.length - liveSlots + units.length - liveUnits
    if (wasted < 2000 + liveSlots + liveUnits && Math.max(slots.length, units.length) < maximumPlaces) return
    this.#postings = new Postings()
    for (const item of this.#items.values()) this.#postings.put(item)
  }
}
