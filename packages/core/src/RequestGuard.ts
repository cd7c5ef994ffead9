/**
 * What is refused of a request before anyone decodes it: bodies beyond the limit, JSON that is not UTF-8 (which a lenient decoder would change
 * silently), and JSON nested so deep that only an attacker sends it.
 *
 * @since 0.1.0
 */
import { ByteSize, Effect } from "effect"
import type { Layer } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { isUtf8 } from "node:buffer"
import * as Problem from "./Problem.ts"

const maxDepth = 64

const unreadable = (detail: string) =>
  HttpServerResponse.jsonUnsafe({
    type: Problem.typeUri("unreadable-body"),
    status: 400,
    title: "Unreadable body",
    detail
  }, {
    status: 400,
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
 * Guards every route below `prefix` except those below one of `except`. `ProblemResponses` around it answers
 * when the body is too large or can't be read.
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
        if (!(request.headers["content-type"] ?? "").includes("json")) return limited(effect)
        return limited(Effect.flatMap(Effect.orDie(request.arrayBuffer), (buffer) => {
          const bytes = new Uint8Array(buffer)
          if (!isUtf8(bytes)) return Effect.succeed(unreadable("The body is not valid UTF-8."))
          return isDeeperThan(bytes, maxDepth)
            ? Effect.succeed(unreadable(`The body is nested deeper than ${maxDepth} levels.`))
            : effect
        }))
      })
    )
  )
}
