/**
 * The handlers of `FilesApi` and `FileLinksApi`.
 *
 * @since 0.1.0
 */
import { InvalidInput } from "@wicara/core/Problem"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { Duration, Effect, Layer, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { RangeNotSatisfiable } from "../File.ts"
import { Files } from "../Files.ts"
import type { FileContent } from "../Files.ts"
import * as ContentType from "../ContentType.ts"
import * as FileName from "../FileName.ts"
import { onlyFile } from "../internal/multipart.ts"
import * as Range from "../Range.ts"
import { FileLinksApi, FilesApi } from "./Api.ts"

interface Conditions {
  readonly range?: string | undefined
  readonly "if-range"?: string | undefined
  readonly "if-none-match"?: string | undefined
}

/** A content with everything that keeps a browser from running it, whatever it is. */
const answer = Effect.fnUntraced(function*({ file, read }: FileContent, inline: boolean, conditions: Conditions) {
  const etag = `"${file.checksum}"`
  const headers = {
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-disposition": FileName.contentDisposition(
      inline && ContentType.isInline(file.contentType) ? "inline" : "attachment",
      file.name
    ),
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "cross-origin-resource-policy": "same-site",
    etag,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff"
  }
  if (Range.isKnown(etag, conditions["if-none-match"])) return HttpServerResponse.empty({ status: 304, headers })
  const whole = conditions["if-range"] !== undefined && conditions["if-range"] !== etag
  const range = Range.parse(whole ? undefined : conditions.range, file.size)
  if (range === "unsatisfiable") return yield* RangeNotSatisfiable.of(file.size)
  // What is text was found to be by its being UTF-8.
  const contentType = file.contentType.startsWith("text/") ? `${file.contentType}; charset=utf-8` : file.contentType
  return range === undefined
    ? HttpServerResponse.stream(read(), { headers, contentType, contentLength: file.size })
    : HttpServerResponse.stream(read(range), {
      status: 206,
      headers: { ...headers, "content-range": `bytes ${range.start}-${range.end}/${file.size}` },
      contentType,
      contentLength: range.end - range.start + 1
    })
})

const layerFiles = HttpApiBuilder.group(
  HttpApi.make("wicara").add(FilesApi),
  "files",
  Effect.fn(function*(handlers) {
    const files = yield* Files
    const publicUrl = (yield* PublicUrl).replace(/\/+$/, "")
    return handlers.handleAll({
      list: ({ query }) => files.list(query),
      usage: () => files.usage,
      get: ({ params }) => files.get(params.id),
      update: ({ params, payload }) => files.update(params.id, payload),
      delete: ({ params }) => files.delete(params.id),
      revokeLinks: () => files.revokeLinks,
      link: ({ params, payload }) =>
        Effect.gen(function*() {
          const { expiresAt, token } = yield* files.link(params.id, {
            expiresIn: Duration.seconds(payload.expiresInSeconds),
            inline: payload.inline
          })
          return { url: `${publicUrl}/v1/file-links/${token}`, expiresAt }
        })
    }).handleRaw(
      "content",
      ({ headers, params, query }) =>
        Effect.flatMap(files.content(params.id), (found) => answer(found, query.disposition === "inline", headers))
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
        Effect.flatMap(files.openLink(params.token), (found) => answer(found, found.inline, headers))
    )
  })
)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.merge(layerFiles, layerLinks)
