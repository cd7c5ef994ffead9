/** Whether a browser's request with a cookie was made by a page of this server itself, and not by another site's. */
import type { HttpServerRequest } from "effect/http"
import { Forbidden } from "../Problem.ts"

/**
 * By `Sec-Fetch-Site`, which no page can set, else by `Origin`. A request that has neither only reads, or is refused.
 * A read that the address bar asked for is fine; one by another site's image or script is not.
 */
export const holds = (
  request: Pick<HttpServerRequest.HttpServerRequest, "method" | "headers">,
  address: string
): boolean => {
  const isSafe = request.method === "GET" || request.method === "HEAD"
  const site = request.headers["sec-fetch-site"]
  if (site !== undefined) return site === "same-origin" || (isSafe && site === "none")
  const { origin } = request.headers
  return origin === undefined ? isSafe : origin === new URL(address).origin
}

export const refusal = new Forbidden({
  permission: "",
  detail: "A request with the session's cookie has to come from a page of this server."
})

/** Whether a page of another site sent it, as far as its browser says so. */
export const isForeign = (
  request: Pick<HttpServerRequest.HttpServerRequest, "headers">,
  address: string
): boolean => {
  const site = request.headers["sec-fetch-site"]
  if (site !== undefined) return site !== "same-origin" && site !== "none"
  const { origin } = request.headers
  return origin !== undefined && origin !== new URL(address).origin
}
