/**
 * The handlers of `TemplatesApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Templates } from "../Templates.ts"
import { TemplateSync } from "../TemplateSync.ts"
import { TemplatesApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(TemplatesApi),
  "templates",
  Effect.fn(function*(handlers) {
    const templates = yield* Templates
    const sync = yield* TemplateSync
    return handlers.handleAll({
      list: ({ query }) => templates.list(query),
      create: ({ payload }) => templates.create(payload),
      library: ({ query: { channelAccountId, ...query } }) => templates.library(channelAccountId, query),
      createFromLibrary: ({ payload }) => templates.createFromLibrary(payload),
      get: ({ params }) => templates.get(params.id),
      update: ({ params, payload }) => templates.update(params.id, payload),
      delete: ({ params }) => templates.delete(params.id),
      duplicate: ({ params, payload }) => templates.duplicate(params.id, payload),
      parameters: ({ params }) => Effect.map(templates.parameters(params.id), (schema) => ({ schema })),
      preview: ({ params, payload }) => templates.preview(params.id, payload.parameters),
      languages: ({ params }) => Effect.map(templates.languages(params.id), (data) => ({ data })),
      history: ({ params, query }) => templates.history(params.id, query),
      sync: ({ payload }) => sync.request(payload.channelAccountId),
      syncs: ({ query }) => templates.syncs(query)
    })
  })
)
