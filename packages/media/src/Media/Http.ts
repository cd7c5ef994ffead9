/**
 * The handlers of `MediaApi`.
 *
 * @since 0.1.0
 */
import { PublicUrl } from "@wicara/core/PublicUrl"
import * as FileResponse from "@wicara/files/FileResponse"
import { Duration, Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { MessageFiles } from "../MessageFiles.ts"
import { MediaApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(MediaApi),
  "media",
  Effect.fn(function*(handlers) {
    const files = yield* MessageFiles
    const publicUrl = yield* PublicUrl
    return handlers.handleAll({
      list: ({ params, query }) => files.list(params.id, query),
      get: ({ params }) => files.get(params.id),
      text: ({ params }) => files.text(params.id),
      link: ({ params, payload }) =>
        Effect.map(
          files.link(params.id, { expiresIn: Duration.seconds(payload.expiresInSeconds), inline: payload.inline }),
          (link) => FileResponse.toLink(publicUrl, link)
        ),
      retry: ({ params }) => files.retry(params.id)
    }).handleRaw(
      "content",
      ({ headers, params, query }) =>
        Effect.flatMap(
          files.content(params.id),
          (found) => FileResponse.make(found, query.disposition === "inline", headers)
        )
    )
  })
)
