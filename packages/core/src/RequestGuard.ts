/**
 * What is refused of a request before anyone decodes it: bodies beyond the limit, JSON that does not arrive in time, is
 * not UTF-8 (which a lenient decoder would change silently), or is nested so deep that only an attacker sends it.
 *
 * @since 0.1.0
 */
import { ByteSize, Effect, Option } from "effect"
import type { Duration, Layer } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { isUtf8 } from "node:buffer"
import * as Problem from "./Problem.ts"
import { titles } from "./ProblemTexts.ts"

const maxDepth = 64

const problem = (status: number, name: string, title: string, detail: string) =>
  HttpServerResponse.jsonUnsafe({ type: Problem.typeUri(name), status, title, detail }, {
    status,
    contentType: "application/problem+json"
  })

const unreadable = (detail: string) => problem(400, "unreadable-body", titles.messages["unreadable-body"].en, detail)

// What comes so slowly holds a connection, and does nothing with it.
const tooSlow = HttpServerResponse.setHeader(
  problem(408, "request-timeout", titles.messages["request-timeout"].en, "The body did not arrive in time."),
  "connection",
  "close"
)

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
  /** How long JSON may take to arrive (a minute). */
  readonly bodyTimeout?: Duration.Input | undefined
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
        const body = Effect.timeoutOption(Effect.orDie(request.arrayBuffer), options.bodyTimeout ?? "1 minute")
        return limited(Effect.flatMap(body, (buffer) => {
          if (Option.isNone(buffer)) return Effect.succeed(tooSlow)
          const bytes = new Uint8Array(buffer.value)
          if (!isUtf8(bytes)) return Effect.succeed(unreadable("The body is not valid UTF-8."))
          return isDeeperThan(bytes, maxDepth)
            ? Effect.succeed(unreadable(`The body is nested deeper than ${maxDepth} levels.`))
            : effect
        }))
      })
    )
  )
}
