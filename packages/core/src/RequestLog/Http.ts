/**
 * Handlers of `RequestLogApi`, and the middleware that logs requests.
 *
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { header } from "../RequestId.ts"
import { CurrentRequest, RequestLog } from "../RequestLog.ts"
import type { Known } from "../RequestLog.ts"
import { RequestOrigin } from "../RequestOrigin.ts"
import { RequestLogApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(RequestLogApi),
  "requests",
  Effect.fnUntraced(function*(handlers) {
    const log = yield* RequestLog
    return handlers.handleAll({ list: ({ query }) => log.list(query) })
  })
)

/**
 * Logs every request below `prefix`, but for those below one of `except`. It belongs after `RequestOrigin.layer` and
 * before `ProblemResponses.layer`, whose answers it sees.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRecorder = (options: {
  readonly prefix: `/${string}`
  readonly except: ReadonlyArray<`/${string}`>
}): Layer.Layer<never, never, HttpRouter.HttpRouter | RequestLog> =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const log = yield* RequestLog
    yield* router.addGlobalMiddleware((effect) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
        const { method, url } = request
        if (!url.startsWith(options.prefix) || options.except.some((path) => url.startsWith(path))) return effect
        const known: Known = {}
        return Effect.gen(function*() {
          const startedAt = yield* Clock.currentTimeMillis
          const origin = yield* RequestOrigin
          const note = (status: number, requestId: string | undefined) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) =>
              log.add({
                ...known,
                requestId,
                method,
                path: url.split("?")[0] ?? "",
                status,
                durationMillis: now - startedAt,
                address: origin?.address,
                userAgent: origin?.userAgent
              }))
          return yield* effect.pipe(
            Effect.provideService(CurrentRequest, known),
            Effect.tap(({ headers, status }) => note(status, headers[header])),
            // Nobody waited for the answer.
            Effect.onInterrupt(() => note(499, undefined))
          )
        })
      })
    )
  }))
