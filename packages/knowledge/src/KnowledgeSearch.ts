/**
 * Search in what is published. Ranking happens here, in the process, over an index of the organization's chunks: the
 * same question ranks the same on every database and in every process.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Semaphore } from "effect"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { LexicalIndex } from "./internal/lexicalIndex.ts"
import type { IndexedItem } from "./internal/postings.ts"
import type { Ranked } from "./internal/ranking.ts"
import { KnowledgeHit } from "./KnowledgeHit.ts"
import type { KnowledgeItemId } from "./KnowledgeItem.ts"
import { KnowledgeStore } from "./KnowledgeStore.ts"
import type { PublishedChunk } from "./KnowledgeStore.ts"

/**
 * What to look for.
 *
 * @category models
 * @since 0.1.0
 */
export interface KnowledgeQuery {
  readonly text: string
  /** ISO 639; detected when absent. Knowledge in another language is found too, after that in this one. */
  readonly language?: string | undefined
  /** 5 when absent, 50 at most. */
  readonly limit?: number | undefined
  /** Parts of one item at most; as many as are found when absent. */
  readonly perItem?: number | undefined
  /** Only items with one of these tags. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** Only items of one of these categories, or of those below it (`billing` has `billing/refunds`). */
  readonly categories?: ReadonlyArray<string> | undefined
}

/**
 * The confidence from which on a hit likely answers the question: below it, a bot should hand over rather than answer.
 * `bench/retrieval` measures it.
 *
 * @category constants
 * @since 0.1.0
 */
export const answerableConfidence = 0.5

/** What is known of one organization's published items, and the index made of them. */
interface Indexed {
  readonly index: LexicalIndex
  readonly items: Map<KnowledgeItemId, ReadonlyArray<PublishedChunk>>
  readonly chunks: Map<string, PublishedChunk>
  readonly refreshing: Semaphore.Semaphore
  revision: number
}

const emptyIndex = (): Indexed => ({
  index: new LexicalIndex(),
  items: new Map(),
  chunks: new Map(),
  refreshing: Semaphore.makeUnsafe(1),
  revision: -1
})

// Long enough not to be felt, short enough to let others work in between.
const itemsAtOnce = 200

/** Brings an index up to date: only items that have another version than before are indexed. */
const refresh = Effect.fnUntraced(function*(indexed: Indexed, published: ReadonlyArray<PublishedChunk>) {
  const { chunks, index, items } = indexed
  const current = new Map<KnowledgeItemId, Array<PublishedChunk>>()
  for (const one of published) {
    const known = current.get(one.chunk.itemId)
    if (known === undefined) current.set(one.chunk.itemId, [one])
    else known.push(one)
  }
  for (const [itemId, parts] of items) {
    if (current.has(itemId)) continue
    index.remove(itemId)
    items.delete(itemId)
    for (const { chunk } of parts) chunks.delete(chunk.id)
  }
  let indexedItems = 0
  for (const [itemId, parts] of current) {
    const before = items.get(itemId)
    if (before?.[0]?.chunk.version !== parts[0]?.chunk.version) {
      for (const { chunk } of before ?? []) chunks.delete(chunk.id)
      const item = toIndexed(itemId, parts)
      if (item !== undefined) index.put(item)
      if (++indexedItems % itemsAtOnce === 0) yield* Effect.yieldNow
    }
    items.set(itemId, parts)
    for (const part of parts) chunks.set(part.chunk.id, part)
  }
})

/**
 * @category services
 * @since 0.1.0
 */
export class KnowledgeSearch extends Context.Service<KnowledgeSearch, {
  /** The best first. Empty for a question without words. */
  readonly search: (query: KnowledgeQuery) => Effect.Effect<ReadonlyArray<KnowledgeHit>, never, CurrentOrganization>
}>()("@wicara/knowledge/KnowledgeSearch") {
  /**
   * An organization's index is built at its first question, and brought up to date at the first one after its knowledge
   * has changed. The indexes that were used last are kept: as many as hold `maxChunks` chunks (100,000 when absent; an
   * index takes about 5 kB a chunk).
   *
   * @since 0.1.0
   */
  static readonly layerWith = (options: {
    readonly maxChunks?: number | undefined
  }): Layer.Layer<KnowledgeSearch, never, KnowledgeStore> =>
    Layer.effect(
      KnowledgeSearch,
      Effect.gen(function*() {
        const store = yield* KnowledgeStore
        const maxChunks = Math.max(1, options.maxChunks ?? 100_000)
        // The least recently used first.
        const indexes = new Map<OrganizationId, Indexed>()

        const use = (organizationId: OrganizationId): Indexed => {
          const indexed = indexes.get(organizationId) ?? emptyIndex()
          indexes.delete(organizationId)
          indexes.set(organizationId, indexed)
          return indexed
        }

        const evict = (organizationId: OrganizationId) => {
          let chunks = 0
          for (const { index } of indexes.values()) chunks += index.size
          for (const [oldest, { index }] of indexes) {
            if (chunks <= maxChunks || oldest === organizationId) break
            chunks -= index.size
            indexes.delete(oldest)
          }
        }

        const indexOf = Effect.fnUntraced(function*(organizationId: OrganizationId) {
          const revision = yield* store.revision(organizationId)
          const indexed = use(organizationId)
          if (indexed.revision >= revision) return indexed
          return yield* indexed.refreshing.withPermits(1)(Effect.gen(function*() {
            if (indexed.revision >= revision) return indexed
            // Read before what it counts: what is published meanwhile is read again next time, not missed.
            const current = yield* store.revision(organizationId)
            yield* refresh(indexed, yield* store.published(organizationId))
            indexed.revision = current
            evict(organizationId)
            return indexed
          }))
        })

        return KnowledgeSearch.of({
          search: Effect.fn("KnowledgeSearch.search")(function*(query) {
            const { id } = yield* CurrentOrganization
            const { chunks, index } = yield* indexOf(id)
            const wanted = filterOf(query)
            const ranked = index.search({
              text: query.text,
              language: query.language,
              limit: Math.min(50, Math.max(1, Math.trunc(query.limit ?? 5))),
              perItem: Math.max(1, query.perItem ?? Infinity),
              accept: wanted === undefined ? undefined : (chunkId) => {
                const published = chunks.get(chunkId)
                return published !== undefined && wanted(published)
              }
            })
            return ranked.flatMap((one) => {
              const found = chunks.get(one.chunkId)
              return found === undefined ? [] : [toHit(found, one)]
            })
          })
        })
      })
    )

  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<KnowledgeSearch, never, KnowledgeStore> = this.layerWith({})
}

const filterOf = (query: KnowledgeQuery): ((published: PublishedChunk) => boolean) | undefined => {
  const tags = new Set(query.tags)
  const categories = query.categories ?? []
  if (tags.size === 0 && categories.length === 0) return undefined
  return ({ category, tags: own }) =>
    (tags.size === 0 || own.some((tag) => tags.has(tag))) &&
    (categories.length === 0 || categories.some((wanted) => category === wanted || category?.startsWith(`${wanted}/`)))
}

const toIndexed = (
  itemId: KnowledgeItemId,
  parts: ReadonlyArray<PublishedChunk>
): IndexedItem | undefined => {
  const [first] = parts
  return first === undefined ? undefined : {
    itemId,
    language: first.language,
    asks: first.kind === "question",
    titles: [first.title, ...first.variations],
    chunks: parts.map(({ chunk: { headingPath, id, ordinal, text } }) => ({ chunkId: id, ordinal, headingPath, text }))
  }
}

const toHit = (published: PublishedChunk, hit: Ranked): KnowledgeHit =>
  new KnowledgeHit({
    itemId: published.chunk.itemId,
    chunkId: published.chunk.id,
    version: published.chunk.version,
    contentHash: published.chunk.contentHash,
    kind: published.kind,
    title: published.title,
    variations: published.variations,
    text: published.chunk.text,
    headingPath: published.chunk.headingPath,
    language: published.language,
    tags: published.tags,
    score: hit.score,
    coverage: hit.coverage,
    confidence: hit.confidence,
    matchedTerms: hit.terms
  })
