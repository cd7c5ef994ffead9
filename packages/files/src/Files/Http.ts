/**
 * The handlers of `FilesApi` and `FileLinksApi`.
 *
 * @since 0.1.0
 */
import { InvalidInput } from "@wicara/core/Problem"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { Duration, Effect, Layer, Stream } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import * as FileResponse from "../FileResponse.ts"
import { Files } from "../Files.ts"
import { onlyFile } from "../internal/multipart.ts"
import { FileLinksApi, FilesApi } from "./Api.ts"

const layerFiles = HttpApiBuilder.group(
  HttpApi.make("wicara").add(FilesApi),
  "files",
  Effect.fn(function*(handlers) {
    const files = yield* Files
    const publicUrl = yield* PublicUrl
    return handlers.handleAll({
      list: ({ query }) => files.list(query),
      usage: () => files.usage,
      get: ({ params }) => files.get(params.id),
      update: ({ params, payload }) => files.update(params.id, payload),
      delete: ({ params }) => files.delete(params.id),
      revokeLinks: () => files.revokeLinks,
      link: ({ params, payload }) =>
        Effect.map(
          files.link(params.id, { expiresIn: Duration.seconds(payload.expiresInSeconds), inline: payload.inline }),
          (link) => FileResponse.toLink(publicUrl, link)
        )
    }).handleRaw(
      "content",
      ({ headers, params, query }) =>
        Effect.flatMap(
          files.content(params.id),
          (found) => FileResponse.make(found, query.disposition === "inline", headers)
        )
    ).handleRaw("upload", ({ headers, query }) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const length = Number(request.headers["content-length"])
        const isForm = (request.headers["content-type"] ?? "").startsWith("multipart/form-data")
        const upload = {
          ...(query.expiresInSeconds === undefined ? {} : { expiresIn: Duration.seconds(query.expiresInSeconds) }),
          ...(headers["idempotency-key"] === undefined ? {} : { idempotencyKey: headers["idempotency-key"] })
        }
        const stored = isForm
          ? yield* onlyFile(request, (part) =>
            files.upload({ ...upload, name: query.name ?? part.name, content: part.content }), ({ id }) =>
            Effect.ignore(files.delete(id)))
          : yield* files.upload({
            ...upload,
            name: query.name ?? "file",
            content: Stream.mapError(request.stream, () =>
              InvalidInput.of("", "The body ended too early.")),
            size: Number.isSafeInteger(length) ? length : undefined
          })
        return stored
      }))
  })
)

const layerLinks = HttpApiBuilder.group(
  HttpApi.make("wicara").add(FileLinksApi),
  "fileLinks",
  Effect.fn(function*(handlers) {
    const files = yield* Files
    return handlers.handleRaw(
      "open",
      ({ headers, params }) =>
        Effect.flatMap(files.openLink(params.token), (found) => FileResponse.make(found, found.inline, headers))
    )
  })
)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.merge(layerFiles, layerLinks)
