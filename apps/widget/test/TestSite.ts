/**
 * Someone's website, on another origin than the widget's server, with a loud style and a strict content security policy.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const style = `body { font: 20px Georgia; margin: 3rem; background: #f2efe8 }
* { letter-spacing: 2px } div { border: 3px dotted red; color: red !important } button { background: lime !important }`

/** What the widget needs and nothing else: no inline script or style, no HTML from strings. */
const policy = (server: string) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: ${server}; media-src ${server}; connect-src ${server}; require-trusted-types-for 'script'`

export interface TestSite {
  readonly url: string
  /** A page with this in its body, at a path. */
  readonly page: (html: string, path?: string) => string
  readonly stop: () => Promise<void>
}

export const makeTestSite = (options: { readonly script: string; readonly server: string }): Promise<TestSite> =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://site")
      const [type, body] = url.pathname === "/widget.js"
        ? ["text/javascript; charset=utf-8", options.script]
        : url.pathname === "/site.css"
        ? ["text/css", style]
        : ["text/html; charset=utf-8", page(url.searchParams.get("body") ?? "")]
      response.writeHead(200, {
        "content-type": type,
        "content-security-policy": url.pathname === "/without-pictures"
          ? policy(options.server).replace(/img-src [^;]+/, "img-src data:")
          : policy(options.server)
      })
      response.end(body)
    })
    server.listen(0, "127.0.0.1", () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      resolve({
        url,
        page: (html, path = "/") => `${url}${path}?body=${encodeURIComponent(html)}`,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped())
            server.closeAllConnections()
          })
      })
    })
  })

const page = (html: string) =>
  `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A site</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/site.css"></head>
<body><main><h1>Some other site</h1><p>With its own, rather loud style.</p>${html}</main></body></html>`
