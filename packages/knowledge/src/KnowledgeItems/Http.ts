/**
 * The handlers of `KnowledgeApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import * as Revision from "@wicara/core/Revision"
import { KnowledgeBatches } from "../KnowledgeBatches.ts"
import { KnowledgeImport } from "../KnowledgeImport.ts"
import { KnowledgeItems } from "../KnowledgeItems.ts"
import { KnowledgeSearch } from "../KnowledgeSearch.ts"
import { KnowledgeApi } from "./Api.ts"

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
    const batches = yield* KnowledgeBatches
    return handlers.handleAll({
      list: ({ query }) => items.list(query),
      create: ({ payload }) => items.create(payload),
      get: ({ params }) => Effect.map(items.get(params.id), Revision.revised),
      update: ({ headers, params, payload }) =>
        Effect.map(items.update(params.id, payload, Revision.expected(headers)), Revision.revised),
      delete: ({ params }) => items.delete(params.id),
      publish: ({ params }) => items.publish(params.id),
      unpublish: ({ params }) => items.unpublish(params.id),
      changeMany: ({ payload }) => batches.start(payload),
      versions: ({ params }) => Effect.map(items.versions(params.id), (data) => ({ data })),
      chunk: ({ params }) => items.chunk(params.id),
      search: ({ payload }) => Effect.map(search.search(payload), (data) => ({ data })),
      import: ({ payload }) =>
        imports.importFiles(payload.files.map(({ content, path }) => ({ path, bytes: utf8.encode(content) })))
    })
  })
)
