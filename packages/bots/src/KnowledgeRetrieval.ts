/**
 * Bots read the organization's knowledge base.
 *
 * @since 0.1.0
 */
import { Cache, Effect, Layer, Option } from "effect"
import * as Language from "@wicara/ai-providers/Language"
import * as TextAnalysis from "@wicara/ai-providers/TextAnalysis"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { KnowledgeHit } from "@wicara/knowledge/KnowledgeHit"
import type { KnowledgeItemId } from "@wicara/knowledge/KnowledgeItem"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import type { BotKnowledge } from "./Bot.ts"
import { plainText } from "./internal/plainText.ts"
import { Retrieval } from "./Retrieval.ts"
import type { RetrievalQuery, Retrieved } from "./Retrieval.ts"

interface About {
  readonly variations: ReadonlyArray<string>
  readonly tags: ReadonlyArray<string>
  readonly category: string | null
}

const unknown: About = { variations: [], tags: [], category: null }

/** How many more hits are read when some of them may be filtered away. */
const filterFactor = 4

const allows = (knowledge: BotKnowledge, about: About): boolean =>
  knowledge.categories === undefined || knowledge.categories.length === 0 ||
  (about.category !== null && knowledge.categories.includes(about.category))

const make = Effect.gen(function*() {
  const search = yield* KnowledgeSearch
  const items = yield* KnowledgeItems

  const abouts = yield* Cache.make({
    capacity: 20_000,
    timeToLive: "1 minute",
    lookup: (key: string) => {
      const [organizationId, itemId] = key.split("/") as [OrganizationId, KnowledgeItemId]
      return items.get(itemId).pipe(
        Effect.provideService(CurrentOrganization, { id: organizationId }),
        Effect.map(({ category, tags, variations }): About => ({ category, tags, variations })),
        // Removed since it was found.
        Effect.orElseSucceed(() => unknown)
      )
    }
  })

  const toRetrieved = (hit: KnowledgeHit, about: About): Retrieved => ({
    kind: "knowledge",
    itemId: hit.itemId,
    chunkId: hit.chunkId,
    version: hit.version,
    hash: hit.contentHash,
    title: [hit.title, ...hit.headingPath].join(" › "),
    text: plainText(hit.text),
    questions: hit.kind === "question" ? [hit.title, ...about.variations] : about.variations,
    keywords: [...hit.headingPath, ...about.tags],
    language: hit.language === "und" ? null : hit.language,
    score: hit.score
  })

  const find = Effect.fnUntraced(function*(query: RetrievalQuery, text: string) {
    const organization = yield* CurrentOrganization
    const filtered = (query.knowledge.categories?.length ?? 0) > 0
    const hits = yield* search.search({
      text,
      language: query.language,
      limit: Math.min(50, query.limit * (filtered ? filterFactor : 1)),
      tags: query.knowledge.tags
    })
    const found = yield* Effect.forEach(hits, (hit) =>
      Effect.map(
        Cache.get(abouts, `${organization.id}/${hit.itemId}/${hit.version}`),
        (about) => allows(query.knowledge, about) ? Option.some(toRetrieved(hit, about)) : Option.none()
      ))
    return found.flatMap(Option.toArray)
  })

  return Retrieval.of({
    search: Effect.fn("KnowledgeRetrieval.search")(function*(query) {
      const language = Language.fromTag(query.language)
      const own = yield* find(query, query.text)
      // The search compares words; customers often have others for the same thing.
      const synonyms = TextAnalysis.synonyms(query.text, language)
      const others = synonyms.length === 0 ? [] : yield* find(query, `${query.text} ${synonyms.join(" ")}`)
      const merged = new Map<string, Retrieved>()
      for (let at = 0; at < Math.max(own.length, others.length); at++) {
        for (const source of [own[at], others[at]]) {
          if (source !== undefined && !merged.has(source.chunkId)) merged.set(source.chunkId, source)
        }
      }
      return [...merged.values()].slice(0, query.limit + (synonyms.length === 0 ? 0 : Math.ceil(query.limit / 2)))
    })
  })
})

/**
 * Retrieval by lexical search, with the synonyms of customer service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Retrieval, never, KnowledgeSearch | KnowledgeItems> = Layer.effect(Retrieval, make)
