/**
 * The headers that keep a browser from doing more with an answer than it is for: from guessing what it is, showing it as
 * a page or in a frame, loading anything for it, keeping it, and telling others where it was. They are on every answer;
 * a route that needs another value sets the header itself.
 *
 * @see https://github.com/OWASP/ASVS (3.4 and 14.3 in version 5.0)
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { PublicUrl } from "./PublicUrl.ts"

/**
 * What an answer has that says nothing else.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

/**
 * For servers that people reach over TLS: browsers come back over TLS only, for a year, also to hosts below this one.
 *
 * @category constants
 * @since 0.1.0
 */
export const strictTransport: Readonly<Record<string, string>> = {
  "strict-transport-security": "max-age=31536000; includeSubDomains"
}

/**
 * The headers of a server with this public URL.
 *
 * @category constructors
 * @since 0.1.0
 */
export const forUrl = (publicUrl: string): Readonly<Record<string, string>> =>
  publicUrl.startsWith("https:") ? { ...defaults, ...strictTransport } : defaults

/**
 * Adds the headers for `PublicUrl` to every answer of the server that does not have them. Put it around all other
 * middleware: before what is added after it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter> = HttpRouter.use(
  Effect.fnUntraced(function*(router) {
    const headers = Object.entries(forUrl(yield* PublicUrl))
    yield* router.addGlobalMiddleware((effect) =>
      Effect.map(effect, (response) =>
        HttpServerResponse.setHeaders(
          response,
          Object.fromEntries(headers.filter(([name]) => response.headers[name] === undefined))
        ))
    )
  })
)
