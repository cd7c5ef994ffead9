/**
 * Puts the bundled emulators' control routes below the server's own address, so that the demo page talks to one origin.
 *
 * @since 0.1.0
 */
import * as Problem from "@wicara/core/Problem"
import { Effect } from "effect"
import type { Layer } from "effect"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"

/**
 * Forwards `<prefix>/_emulator/...` to the emulator at `url`, streaming its answers.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  prefix: `/${string}`,
  url: string
): Layer.Layer<never, never, HttpRouter.HttpRouter | HttpClient.HttpClient> =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const client = yield* HttpClient.HttpClient
    yield* router.add(
      "*",
      `${prefix}/_emulator/*`,
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const path = request.url.slice(request.url.indexOf("/_emulator/"))
        const forwarded = HttpClientRequest.make(
          request.method === "POST" || request.method === "PUT" ? request.method : "GET"
        )(`${url}${path}`)
        const response = yield* client.execute(
          forwarded.method === "GET" ? forwarded : HttpClientRequest.bodyUint8Array(
            forwarded,
            new Uint8Array(yield* request.arrayBuffer),
            request.headers["content-type"] ?? "application/json"
          )
        )
        return HttpServerResponse.fromClientResponse(response)
      }).pipe(
        Effect.catchTag(["HttpClientError", "HttpServerError"], () =>
          Effect.succeed(HttpServerResponse.jsonUnsafe(
            {
              type: Problem.typeUri("unavailable"),
              status: 503,
              title: "Service unavailable",
              detail: "The emulator does not answer."
            },
            { status: 503, contentType: "application/problem+json" }
          )))
      )
    )
  }))
