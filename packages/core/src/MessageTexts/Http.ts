/**
 * Handlers of `MessageTextsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import * as Languages from "../Languages.ts"
import { MessageTexts } from "../MessageTexts.ts"
import * as Revision from "../Revision.ts"
import { CurrentActor, CurrentOrganization } from "../Tenancy.ts"
import { MessageTextsApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(MessageTextsApi),
  "texts",
  Effect.fnUntraced(function*(handlers) {
    const texts = yield* MessageTexts
    return handlers.handleAll({
      languages: Effect.fnUntraced(function*({ headers }) {
        const { id: organizationId } = yield* CurrentOrganization
        const { actor } = yield* CurrentActor
        const language = yield* texts.negotiate(headers["accept-language"], { organizationId, actor })
        return { language, direction: Languages.direction(language), data: texts.languages }
      }),
      list: ({ query }) => Effect.map(texts.list(query.language, query.catalogue), (data) => ({ data })),
      get: ({ params }) => Effect.map(texts.get(params), Revision.revised),
      set: ({ headers, params, payload }) =>
        Effect.map(texts.set(params, payload.text, Revision.expected(headers)), Revision.revised),
      reset: ({ headers, params }) => Effect.map(texts.reset(params, Revision.expected(headers)), Revision.revised)
    })
  })
)
