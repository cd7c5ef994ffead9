/**
 * Search in what is published. Ranking happens here, in the process, over an index of the organization's chunks: the
 * same question ranks the same on every database and in every process.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Semaphore } from "effect"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import * as Bm25f from "./internal/bm25f.ts"
import { KnowledgeHit } from "./KnowledgeHit.ts"
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
  /** Only items with one of these tags. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** Only items of one of these categories. */
  readonly categories?: ReadonlyArray<string> | undefined
}

/**
 * The coverage from which on a question is likely covered by the hit: below it, a bot should hand over rather than
 * answer. `bench/retrieval` measures it.
 *
 * @category constants
 * @since 0.1.0
 */
export const answerableCoverage = 0.5

interface Indexed {
  readonly revision: number
  readonly chunks: ReadonlyArray<PublishedChunk>
  readonly index: Bm25f.Bm25Index
}

/**
 * @category services
 * @since 0.1.0
 */
export class KnowledgeSearch extends Context.Service<KnowledgeSearch, {
  /** The best first. Empty for a question without words. */
  readonly search: (query: KnowledgeQuery) => Effect.Effect<ReadonlyArray<KnowledgeHit>, never, CurrentOrganization>
}>()("@wicara/knowledge/KnowledgeSearch") {
  /**
   * Indexes are built at an organization's first question, and again when its knowledge has changed; those that were
   * used last are kept (`maxIndexes`, 200 when absent).
   *
   * @since 0.1.0
   */
  static readonly layerWith = (options: {
    readonly maxIndexes?: number | undefined
  }): Layer.Layer<KnowledgeSearch, never, KnowledgeStore> =>
    Layer.effect(
      KnowledgeSearch,
      Effect.gen(function*() {
        const store = yield* KnowledgeStore
        const maxIndexes = Math.max(1, options.maxIndexes ?? 200)
        // The least recently used first.
        const indexes = new Map<OrganizationId, Indexed>()
        const building = yield* Semaphore.make(2)

        const indexOf = Effect.fnUntraced(function*(organizationId: OrganizationId) {
          const revision = yield* store.revision(organizationId)
          const fresh = () => {
            const known = indexes.get(organizationId)
            return known?.revision === revision ? known : undefined
          }
          const known = fresh() ?? (yield* building.withPermits(1)(Effect.suspend(() => {
            const meanwhile = fresh()
            return meanwhile !== undefined ? Effect.succeed(meanwhile) : Effect.map(
              store.published(organizationId),
              (chunks): Indexed => ({ revision, chunks, index: Bm25f.make(chunks.map(toDocument)) })
            )
          })))
          indexes.delete(organizationId)
          indexes.set(organizationId, known)
          for (const oldest of indexes.keys()) {
            if (indexes.size <= maxIndexes) break
            indexes.delete(oldest)
          }
          return known
        })

        return KnowledgeSearch.of({
          search: Effect.fn("KnowledgeSearch.search")(function*(query) {
            const { id } = yield* CurrentOrganization
            const { chunks, index } = yield* indexOf(id)
            const limit = Math.min(50, Math.max(1, Math.trunc(query.limit ?? 5)))
            const wanted = filterOf(query)
            const hits = index.search(query.text, {
              language: query.language,
              limit: wanted === undefined ? limit : index.size
            })
            return hits.flatMap((hit) => {
              const found = chunks[hit.document]
              return found === undefined || wanted?.(found) === false ? [] : [toHit(found, hit)]
            }).slice(0, limit)
          })
        })
      })
    )

  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<KnowledgeSearch, never, KnowledgeStore> = this.layerWith({})
}

const filterOf = (query: KnowledgeQuery): ((published: PublishedChunk) => boolean) | undefined => {
  const tags = new Set(query.tags)
  const categories = new Set(query.categories)
  if (tags.size === 0 && categories.size === 0) return undefined
  return ({ category, tags: own }) =>
    (tags.size === 0 || own.some((tag) => tags.has(tag))) &&
    (categories.size === 0 || (category !== null && categories.has(category)))
}

const toDocument = (published: PublishedChunk): Bm25f.IndexedDocument => ({
  language: published.language,
  questions: [published.title, ...published.variations],
  heading: published.chunk.headingPath.join(" "),
  body: published.chunk.text
})

const toHit = (published: PublishedChunk, hit: Bm25f.Hit): KnowledgeHit =>
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
    matchedTerms: hit.terms
  })
