/**
 * The widget's script, as it is embedded on any site: `<script src="https://.../widget.js" data-account="...">`.
 *
 * @since 0.1.0
 */
import { Effect, FileSystem } from "effect"
import type { Layer, PlatformError } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { brotliCompress, gzip } from "node:zlib"
import * as Root from "../Root.ts"

/** From `src` as from `dist`. */
const widget = fileURLToPath(new URL("../../widget/dist/widget.js", Root.folder))

/** The best first. */
const codings = [["br", promisify(brotliCompress)], ["gzip", promisify(gzip)]] as const

/** Whether `Accept-Encoding` names a coding, and not to refuse it. */
const accepts = (header: string | undefined, coding: string): boolean =>
  (header ?? "").toLowerCase().split(",").some((part) => {
    const [name = "", ...parameters] = part.split(";").map((one) => one.trim())
    return name === coding && !parameters.some((one) => /^q=0(\.0*)?$/.test(one))
  })

/** Whether `If-None-Match` names a tag. */
const knows = (header: string | undefined, etag: string): boolean =>
  (header ?? "").split(",").some((one) => one.trim().replace(/^W\//, "") === etag)

/**
 * Answers with a script for pages of any site: compressed once for all who take it so, and not again to who has it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const script = Effect.fnUntraced(
  function*(path: string): Effect.fn.Return<
    Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>,
    PlatformError.PlatformError,
    FileSystem.FileSystem
  > {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* fs.readFile(path)
    const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 22)
    const encoded = yield* Effect.forEach(
      codings,
      ([coding, encode]) =>
        Effect.map(Effect.promise(() => encode(bytes)), (packed) => ({ coding, bytes: new Uint8Array(packed) }))
    )
    return Effect.map(HttpServerRequest.HttpServerRequest, ({ headers: { "accept-encoding": accepted, ...asked } }) => {
      const chosen = encoded.find(({ coding }) => accepts(accepted, coding))
      const etag = `"${hash}${chosen === undefined ? "" : `-${chosen.coding}`}"`
      const headers = {
        "access-control-allow-origin": "*",
        "cache-control": "public, max-age=300, stale-while-revalidate=86400",
        "cross-origin-resource-policy": "cross-origin",
        vary: "Accept-Encoding",
        etag
      }
      if (knows(asked["if-none-match"], etag)) return HttpServerResponse.empty({ status: 304, headers })
      return HttpServerResponse.uint8Array(chosen?.bytes ?? bytes, {
        contentType: "text/javascript; charset=utf-8",
        headers: chosen === undefined ? headers : { ...headers, "content-encoding": chosen.coding }
      })
    })
  }
)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter | FileSystem.FileSystem> = HttpRouter.use(
  Effect.fnUntraced(function*(router) {
    const fs = yield* FileSystem.FileSystem
    const answer = yield* Effect.cached(
      Effect.orDie(Effect.provideService(script(widget), FileSystem.FileSystem, fs))
    )
    yield* router.add("GET", "/widget.js", Effect.flatten(answer))
  })
)
