/**
 * The handlers of `MailApi`.
 *
 * @since 0.1.0
 */
import * as Revision from "@wicara/core/Revision"
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { MailLog } from "../MailLog.ts"
import { MailTemplates } from "../MailTemplates.ts"
import { MailApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(MailApi),
  "mail",
  Effect.fn(function*(handlers) {
    const log = yield* MailLog
    const templates = yield* MailTemplates
    return handlers.handleAll({
      list: ({ query }) => log.list(query),
      get: ({ params }) => log.get(params.id),
      sendAgain: ({ params }) => log.sendAgain(params.id),
      templates: () => Effect.map(templates.list, (data) => ({ data })),
      template: ({ params }) => Effect.map(templates.get(params), Revision.revised),
      versions: ({ params }) => Effect.map(templates.versions(params), (data) => ({ data })),
      saveTemplate: ({ headers, params, payload }) =>
        Effect.map(templates.save(params, payload, Revision.expected(headers)), Revision.revised),
      resetTemplate: ({ headers, params }) =>
        Effect.map(templates.reset(params, Revision.expected(headers)), Revision.revised),
      preview: ({ params, payload }) => templates.preview(params, payload.text),
      sendTest: ({ params, payload }) => log.sendTest(params, payload.text)
    })
  })
)
