/**
 * What is refused of a request before anyone decodes it: bodies beyond the limit, JSON that is not UTF-8, and JSON
 * nested so deep that only an attacker sends it. For the typed API; raw routes read their bodies themselves.
 *
 * @since 0.1.0
 */
import { ByteSize, Effect } from "effect"
import type { Layer } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { isUtf8 } from "node:buffer"
import * as Problem from "./Problem.ts"
import { fromCause } from "./ProblemResponses.ts"

const maxDepth = 64

const problem = (name: string, status: number, title: string, detail: string) =>
  HttpServerResponse.jsonUnsafe({ type: Problem.typeUri(name), status, title, detail }, {
    status,
    contentType: "application/problem+json"
  })

/**
 * Whether arrays and objects in the JSON text are nested deeper than `limit`.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isDeeperThan = (json: Uint8Array, limit: number): boolean => {
  let depth = 0
  let inString = false
  for (let index = 0; index < json.length; index++) {
    const byte = json[index]
    if (inString) {
      if (byte === 0x5c) index++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}

/**
 * Guards every route below `prefix` except those below one of `except`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: {
  readonly prefix: `/${string}`
  readonly except: ReadonlyArray<`/${string}`>
  /** The largest body, bytes. */
  readonly maxBodySize: number
}): Layer.Layer<never, never, HttpRouter.HttpRouter> => {
  const limited = Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(options.maxBodySize))
  return HttpRouter.use((router) =>
    router.addGlobalMiddleware((effect) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
        const guarded = request.url.startsWith(options.prefix) &&
          !options.except.some((prefix) => request.url.startsWith(prefix)) &&
          request.method !== "GET" && request.method !== "HEAD"
        if (!guarded) return effect
        if (Number(request.headers["content-length"] ?? 0) > options.maxBodySize) {
          return Effect.succeed(
            problem("body-too-large", 413, "Body too large", `At most ${options.maxBodySize} bytes are accepted here.`)
          )
        }
        if (!(request.headers["content-type"] ?? "").includes("json")) return limited(effect)
        return limited(Effect.matchCauseEffect(request.arrayBuffer, {
          onFailure: fromCause,
          onSuccess: (buffer) => {
            const bytes = new Uint8Array(buffer)
            if (!isUtf8(bytes)) {
              return Effect.succeed(problem("unreadable-body", 400, "Unreadable body", "The body is not valid UTF-8."))
            }
            return isDeeperThan(bytes, maxDepth)
              ? Effect.succeed(
                problem("unreadable-body", 400, "Unreadable body", `The body is nested deeper than ${maxDepth} levels.`)
              )
              : effect
          }
        }))
      })
    )
  )
}
