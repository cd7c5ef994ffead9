/**
 * The contents of files as answers over HTTP.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DateTime } from "effect"
import { HttpServerResponse } from "effect/http"
import * as ContentType from "./ContentType.ts"
import { RangeNotSatisfiable } from "./File.ts"
import type { FileLink } from "./File.ts"
import * as FileName from "./FileName.ts"
import type { FileContent } from "./Files.ts"
import * as Range from "./Range.ts"

/**
 * What a browser asks of a content.
 *
 * @category models
 * @since 0.1.0
 */
export interface Conditions {
  readonly range?: string | undefined
  readonly "if-range"?: string | undefined
  readonly "if-none-match"?: string | undefined
}

/**
 * A content with everything that keeps a browser from running it, whatever it is.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*({ file, read }: FileContent, inline: boolean, conditions: Conditions) {
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

/**
 * A link as it is given out.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toLink = (
  publicUrl: string,
  { expiresAt, token }: { readonly token: string; readonly expiresAt: DateTime.Utc }
): FileLink => ({ url: `${publicUrl.replace(/\/+$/, "")}/v1/file-links/${token}`, expiresAt })
