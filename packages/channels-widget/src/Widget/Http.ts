/**
 * The widget's endpoints over its services.
 *
 * @since 0.1.0
 */
import { ByteSize, Effect, Layer, Redacted } from "effect"
import { HttpEffect, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { CurrentVisitor } from "../Visitor.ts"
import { WidgetMessages } from "../WidgetMessages.ts"
import { WidgetSessions } from "../WidgetSessions.ts"
import { CrossOrigin, maxBodyBytes, VisitorAuthentication, WidgetApi } from "./Api.ts"

const origin = Effect.map(HttpServerRequest.HttpServerRequest, (request) => request.headers["origin"])

/**
 * Visitors' tokens, checked.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerVisitorAuthentication: Layer.Layer<VisitorAuthentication, never, WidgetSessions> = Layer.effect(
  VisitorAuthentication,
  Effect.gen(function*() {
    const sessions = yield* WidgetSessions
    const authenticated = Effect.fnUntraced(function*<A, E, R>(
      effect: Effect.Effect<A, E, R | CurrentVisitor | CurrentOrganization>,
      token: string
    ) {
      const visitor = yield* sessions.authenticate(token, yield* origin)
      return yield* Effect.provideService(effect, CurrentVisitor, visitor).pipe(
        Effect.provideService(CurrentOrganization, { id: visitor.account.organizationId })
      )
    })
    const bearer = /^Bearer (.+)$/i
    return VisitorAuthentication.of({
      visitorToken: (effect, { credential }) => authenticated(effect, Redacted.value(credential)),
      // Tried when the header's token failed: its failure is the answer, unless there is one in the query.
      visitorTokenQuery: Effect.fnUntraced(function*(effect, { credential }) {
        const request = yield* HttpServerRequest.HttpServerRequest
        const inHeader = bearer.exec(request.headers["authorization"] ?? "")?.[1]
        return yield* authenticated(effect, Redacted.value(credential) || (inHeader ?? ""))
      })
    })
  })
)

const crossOriginHeaders = (requestOrigin: string | undefined): Record<string, string> =>
  requestOrigin === undefined ? { vary: "Origin" } : {
    "access-control-allow-origin": requestOrigin,
    "access-control-expose-headers": "retry-after",
    vary: "Origin"
  }

/**
 * Cross-origin headers on every answer, and the bound on bodies. Which origins get a session is decided by the
 * account's settings, not here: without a token there is nothing to read.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerCrossOrigin: Layer.Layer<CrossOrigin> = Layer.succeed(
  CrossOrigin,
  Effect.fnUntraced(function*(effect) {
    const requestOrigin = yield* origin
    yield* HttpEffect.appendPreResponseHandler((_request, response) =>
      Effect.succeed(HttpServerResponse.setHeaders(response, crossOriginHeaders(requestOrigin)))
    )
    return yield* Effect.provideService(effect, HttpServerRequest.MaxBodySize, ByteSize.bytes(maxBodyBytes))
  })
)

/**
 * Answers browsers' preflight requests for `/v1/widget/*`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerPreflight: Layer.Layer<never, never, HttpRouter.HttpRouter> = HttpRouter.add(
  "OPTIONS",
  "/v1/widget/*",
  Effect.map(origin, (requestOrigin) =>
    HttpServerResponse.empty({
      headers: {
        ...crossOriginHeaders(requestOrigin),
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "authorization, content-type, last-event-id",
        "access-control-max-age": "7200"
      }
    }))
)

const streamHeaders = HttpEffect.appendPreResponseHandler((_request, response) =>
  Effect.succeed(HttpServerResponse.setHeaders(response, {
    "cache-control": "no-store, no-transform",
    // Proxies of the nginx family would hold events back until their buffer is full.
    "x-accel-buffering": "no"
  }))
)

const retryAfter = (seconds: number) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", String(seconds)))
  )

const cursor = /^(0|[1-9][0-9]{0,14})$/

/**
 * The handlers of `WidgetApi`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WidgetApi),
  "widget",
  Effect.fnUntraced(function*(handlers) {
    const sessions = yield* WidgetSessions
    const messages = yield* WidgetMessages
    return handlers.handleAll({
      openSession: Effect.fnUntraced(function*({ params, payload }) {
        return yield* sessions.open(params.channelAccountId, yield* origin, payload)
      }),
      postMessage: ({ payload }) =>
        Effect.tapErrorTag(messages.post(payload), "TooManyRequests", (limit) => retryAfter(limit.retryAfterSeconds)),
      listMessages: ({ query }) => messages.list(query),
      streamEvents: Effect.fnUntraced(function*({ headers, query }) {
        yield* streamHeaders
        const header = headers["last-event-id"]
        return yield* messages.events(header !== undefined && cursor.test(header) ? header : query.lastEventId ?? "0")
      }),
      setTyping: ({ payload }) => messages.setTyping(payload.on),
      markRead: ({ payload }) => messages.markRead(payload.upTo)
    })
  })
).pipe(Layer.provide([layerVisitorAuthentication, layerCrossOrigin]))
