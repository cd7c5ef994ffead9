/**
 * The widget's script, as it is embedded on any site: `<script src="https://.../widget.js" data-account="...">`.
 *
 * @since 0.1.0
 */
import { Effect, FileSystem } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { fileURLToPath } from "node:url"
import * as Root from "../Root.ts"

/** From `src` as from `dist`. */
const widget = fileURLToPath(new URL("../../widget/dist/widget.js", Root.folder))

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter | FileSystem.FileSystem> = HttpRouter.use(
  Effect.fnUntraced(function*(router) {
    const fs = yield* FileSystem.FileSystem
    const script = yield* Effect.cached(Effect.orDie(fs.readFile(widget)))
    yield* router.add(
      "GET",
      "/widget.js",
      Effect.map(script, (bytes) =>
        HttpServerResponse.uint8Array(bytes, {
          contentType: "text/javascript; charset=utf-8",
          headers: {
            "access-control-allow-origin": "*",
            "cache-control": "public, max-age=300",
            "cross-origin-resource-policy": "cross-origin"
          }
        }))
    )
  })
)
