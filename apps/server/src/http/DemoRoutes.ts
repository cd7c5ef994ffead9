/**
 * The demo page: a sample site with the widget and, beside it, a customer's phone on the bundled emulators.
 *
 * @since 0.1.0
 */
import { Effect, FileSystem, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { Demo } from "../Demo.ts"
import * as Root from "../Root.ts"
import * as EmulatorProxy from "./EmulatorProxy.ts"

/** From `src` as from `dist`. */
const folder = fileURLToPath(new URL("../../widget/dist/demo/", Root.folder))

const contentTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json"
}

/** The page needs nothing from elsewhere; only what a message shows may come from any site. */
const headers = {
  "cache-control": "no-cache",
  "content-security-policy": [
    "default-src 'self'",
    "img-src 'self' data: https:",
    "media-src 'self' https:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'"
  ].join("; ")
}

const pages = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(folder).pipe(Effect.orElseSucceed((): Array<string> => []))
  const serve = (path: `/${string}`, name: string) =>
    router.add(
      "GET",
      path,
      Effect.map(Effect.orDie(fs.readFile(Path.join(folder, name))), (bytes) =>
        HttpServerResponse.uint8Array(bytes, {
          contentType: contentTypes[Path.extname(name)] ?? "application/octet-stream",
          headers
        }))
    )
  yield* Effect.forEach(names, (name) => serve(`/demo/${name}`, name), { discard: true })
  if (names.includes("index.html")) yield* serve("/demo", "index.html")
}))

const emulators = Layer.unwrap(Effect.map(Demo, (demo) =>
  Layer.mergeAll(
    EmulatorProxy.layer("/demo/emulators/cloud", demo.cloud.url),
    EmulatorProxy.layer("/demo/emulators/waha", demo.waha.url),
    HttpRouter.add(
      "GET",
      "/demo/config.json",
      HttpServerResponse.jsonUnsafe({
        widgetAccount: demo.widgetAccount,
        sampleAccount: demo.sampleAccount,
        cloud: { controlUrl: "/demo/emulators/cloud", account: demo.cloud.account },
        waha: { controlUrl: "/demo/emulators/waha", account: demo.waha.account }
      })
    )
  )))

/**
 * `/demo` and what it needs. Where the server itself lists nothing at `/`, the demo is shown.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.mergeAll(pages, emulators, HttpRouter.add("GET", "/", HttpServerResponse.redirect("/demo")))
