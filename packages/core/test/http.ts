import { CoreApi } from "@wicara/core/Api"
import { layerHandlers, layerMiddleware } from "@wicara/core/Http"
import * as ProblemResponses from "@wicara/core/ProblemResponses"
import { RateLimits } from "@wicara/core/RateLimits"
import * as RateLimitsHttp from "@wicara/core/RateLimits/Http"
import * as RequestGuard from "@wicara/core/RequestGuard"
import { RequestLog } from "@wicara/core/RequestLog"
import * as RequestLogHttp from "@wicara/core/RequestLog/Http"
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import { RequestProblems } from "@wicara/core/RequestProblems"
import * as SecurityHeaders from "@wicara/core/SecurityHeaders"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import type { HttpApi, HttpApiGroup } from "effect/http-api"

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: any
}

export interface RequestOptions {
  readonly method?: string
  readonly token?: string | undefined
  readonly json?: unknown
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>
  readonly headers?: Record<string, string>
}

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** The address at the other end of the connection, which a request without one names in a header. */
export const peerHeader = "x-test-peer"

const peer = HttpRouter.use((router) =>
  router.addGlobalMiddleware((effect) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.provideService(
        effect,
        HttpServerRequest.HttpServerRequest,
        request.modify({ remoteAddress: Option.fromUndefinedOr(request.headers[peerHeader]) })
      ))
  )
)

/** Serves an API over the services of the test's context, and asks it by requests as they come over the wire. */
export const serve = <Id extends string, Groups extends HttpApiGroup.Constraint, E, R>(
  api: HttpApi.HttpApi<Id, Groups>,
  handlers: Layer.Layer<HttpApiGroup.ToService<Id, Groups>, E, R>
) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<Exclude<R, HttpRouter.HttpRouter>>()
    const routes = Layer.mergeAll(
      peer,
      SecurityHeaders.layer,
      RequestOrigin.layer({ trustedProxies: RequestOrigin.loopback }),
      Option.isSome(Context.getOption(context as Context.Context<never>, RequestLog))
        ? RequestLogHttp.layerRecorder({ prefix: "/v1", except: [] })
        : Layer.empty,
      ProblemResponses.layer(api as never),
      Option.isSome(Context.getOption(context as Context.Context<never>, RateLimits))
        ? RateLimitsHttp.layerGuard(api, { prefix: "/v1", except: [] })
        : Layer.empty,
      RequestGuard.layer({ prefix: "/v1", except: [], maxBodySize: 64 * 1024, bodyTimeout: "2 seconds" }),
      HttpApiBuilder.layer(api).pipe(Layer.provide(handlers))
    ).pipe(Layer.provide(Layer.succeedContext(Context.omit(HttpRouter.HttpRouter)(context as never))))
    const { dispose, handler } = HttpRouter.toWebHandler(
      routes.pipe(Layer.provide(HttpServer.layerServices)) as Layer.Layer<never, E>,
      { disableLogger: true }
    )
    yield* Effect.addFinalizer(() => Effect.promise(dispose))
    return (path: string, options: RequestOptions = {}): Effect.Effect<Answer> =>
      Effect.promise(() => {
        const headers = new Headers(options.headers)
        if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`)
        if (options.json !== undefined) headers.set("content-type", "application/json")
        const body = options.json !== undefined ? JSON.stringify(options.json) : options.body
        return handler(
          new Request(`http://localhost${path}`, {
            method: options.method ?? (body === undefined ? "GET" : "POST"),
            headers,
            ...(body === undefined ? {} : { body, duplex: "half" as const })
          })
        ).then((response) =>
          response.text().then((text): Answer => ({
            status: response.status,
            headers: response.headers,
            text,
            body: decodeJson(text)._tag === "Some" ? (decodeJson(text) as { readonly value: unknown }).value : undefined
          }))
        )
      })
  })

/** The API of this package, as a server would serve it. */
export const coreApi = CoreApi.middleware(RequestProblems)

export const coreHandlers = layerHandlers.pipe(Layer.provideMerge(layerMiddleware))
