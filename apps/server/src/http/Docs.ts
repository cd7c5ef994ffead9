/**
 * The API's description, for programs at `/openapi.json` and for people at `/docs`.
 *
 * The page has its scripts within it: the policy names each by its hash and allows nothing from elsewhere, so that what
 * is tried on the page goes to this server only.
 *
 * @since 0.1.0
 */
import type { Api } from "@wicara/client/Api"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar, OpenApi } from "effect/http-api"
import { createHash } from "node:crypto"
import { Addons } from "../Addons.ts"

type Response = HttpServerResponse.HttpServerResponse

const openApi = (api: typeof Api) =>
  HttpRouter.add(
    "GET",
    "/openapi.json",
    Effect.sync(() => HttpServerResponse.jsonUnsafe(OpenApi.fromApi(api)))
  )

const hashesOf = (html: string): ReadonlyArray<string> =>
  Array.from(
    html.matchAll(/<script>([\s\S]*?)<\/script>/g),
    ([, script = ""]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`
  )

const withPolicy = (response: Response): Response => {
  const { body } = response
  const html = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
  return HttpServerResponse.setHeaders(response, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `script-src ${hashesOf(html).join(" ")}`,
      "style-src 'unsafe-inline'",
      "img-src 'self' data: blob:",
      "font-src 'self' data:",
      "connect-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'"
    ].join("; ")
  })
}

const policed = new WeakMap<Response, Response>()

/** The page is the same response each time. */
const guarded = (response: Response): Response => {
  const known = policed.get(response)
  if (known !== undefined) return known
  const made = withPolicy(response)
  policed.set(response, made)
  return made
}

const page = (api: typeof Api) =>
  HttpApiScalar.layer(api, { path: "/docs", scalar: { withDefaultFonts: false } }).pipe(
    Layer.provide(HttpRouter.middleware((effect) => Effect.map(effect, guarded)).layer)
  )

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(Addons, ({ api }) => Layer.merge(openApi(api), page(api)))
)
