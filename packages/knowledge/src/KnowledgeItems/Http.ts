/**
 * The handlers of `KnowledgeApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import type { KnowledgeItem } from "../KnowledgeItem.ts"
import { KnowledgeImport } from "../KnowledgeImport.ts"
import { KnowledgeItems } from "../KnowledgeItems.ts"
import { KnowledgeSearch } from "../KnowledgeSearch.ts"
import { KnowledgeApi } from "./Api.ts"

const revised = (item: KnowledgeItem) =>
  HttpApiSchema.withHeaders({ body: item, headers: { etag: `"${item.revision}"` } })

const revisionOf = (ifMatch: string | undefined): number | undefined => {
  const digits = /\d+/.exec(ifMatch ?? "")?.[0]
  return digits === undefined ? undefined : Number(digits)
}

const utf8 = new TextEncoder()

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(KnowledgeApi),
  "knowledge",
  Effect.fn(function*(handlers) {
    const items = yield* KnowledgeItems
    const search = yield* KnowledgeSearch
    const imports = yield* KnowledgeImport
    return handlers.handleAll({
      list: ({ query }) => items.list(query),
      create: ({ payload }) => items.create(payload),
      get: ({ params }) => Effect.map(items.get(params.id), revised),
      update: ({ headers, params, payload }) =>
        Effect.map(items.update(params.id, payload, revisionOf(headers["if-match"])), revised),
      delete: ({ params }) => items.delete(params.id),
      publish: ({ params }) => items.publish(params.id),
      unpublish: ({ params }) => items.unpublish(params.id),
      versions: ({ params }) => Effect.map(items.versions(params.id), (data) => ({ data })),
      chunk: ({ params }) => items.chunk(params.id),
      search: ({ payload }) => Effect.map(search.search(payload), (data) => ({ data })),
      import: ({ payload }) =>
        imports.importFiles(payload.files.map(({ content, path }) => ({ path, bytes: utf8.encode(content) })))
    })
  })
)
