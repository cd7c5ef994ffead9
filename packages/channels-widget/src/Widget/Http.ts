/**
 * The widget's endpoints over its services.
 *
 * @since 0.1.0
 */
import { ByteSize, Effect, Layer, Redacted, Stream } from "effect"
import { HttpEffect, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { InvalidInput, TooManyRequests } from "@wicara/core/Problem"
import * as FileResponse from "@wicara/files/FileResponse"
import { CurrentVisitor } from "../Visitor.ts"
import { WidgetMessages } from "../WidgetMessages.ts"
import { WidgetFiles } from "../WidgetFiles.ts"
import { WidgetProfiles } from "../WidgetProfiles.ts"
import { WidgetSessions } from "../WidgetSessions.ts"
import { BodyLimit, maxBodyBytes, VisitorAuthentication, WidgetApi } from "./Api.ts"

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
    return VisitorAuthentication.of({
      visitorToken: Effect.fnUntraced(function*(effect, { credential }) {
        const visitor = yield* sessions.authenticate(Redacted.value(credential), yield* origin)
        return yield* Effect.provideService(effect, CurrentVisitor, visitor).pipe(
          Effect.provideService(CurrentOrganization, { id: visitor.account.organizationId })
        )
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
 * The bound on bodies.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerBodyLimit: Layer.Layer<BodyLimit> = Layer.succeed(
  BodyLimit,
  (effect) => Effect.provideService(effect, HttpServerRequest.MaxBodySize, ByteSize.bytes(maxBodyBytes))
)

const preflight = HttpRouter.add(
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

const allowed = HttpRouter.use((router) =>
  router.addGlobalMiddleware((effect) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers, url }) =>
      url.startsWith("/v1/widget/")
        ? Effect.map(effect, HttpServerResponse.setHeaders(crossOriginHeaders(headers["origin"])))
        : effect)
  )
)

/**
 * Cross-origin headers on every answer below `/v1/widget/`, and the answers to browsers' preflight requests. It belongs
 * before what refuses requests, so that a page can read why. Which origins get a session is decided by the account's
 * settings, not here: without a token there is nothing to read.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerCors: Layer.Layer<never, never, HttpRouter.HttpRouter> = Layer.merge(allowed, preflight)

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

const limited = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E | TooManyRequests, R>) =>
  Effect.tapError(
    effect,
    (error) => error instanceof TooManyRequests ? retryAfter(error.retryAfterSeconds) : Effect.void
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
    const profiles = yield* WidgetProfiles
    const files = yield* WidgetFiles
    return handlers.handleAll({
      openSession: Effect.fnUntraced(function*({ params, payload }) {
        return yield* sessions.open(params.channelAccountId, yield* origin, payload)
      }),
      postMessage: ({ payload }) => limited(messages.post(payload)),
      listMessages: ({ query }) => messages.list(query),
      streamEvents: Effect.fnUntraced(function*({ headers, query }) {
        yield* streamHeaders
        const header = headers["last-event-id"]
        return yield* messages.events(header !== undefined && cursor.test(header) ? header : query.lastEventId ?? "0")
      }),
      setTyping: ({ payload }) => messages.setTyping(payload.on),
      markRead: ({ payload }) => messages.markRead(payload.upTo),
      describeVisitor: ({ payload }) => limited(profiles.describe(payload)),
      rateConversation: ({ payload }) => limited(profiles.rate(payload)),
      signOutVisitor: () => sessions.signOut
    }).handleRaw("uploadFile", ({ query }) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const length = Number(request.headers["content-length"])
        const { contentType, id, name, size } = yield* limited(files.upload({
          ...query,
          content: Stream.mapError(request.stream, () => InvalidInput.of("", "The body ended too early.")),
          size: Number.isSafeInteger(length) ? length : undefined
        }))
        return { fileId: id, name, contentType, size }
      })).handleRaw("openFile", ({ headers, params }) =>
        Effect.gen(function*() {
          const found = yield* files.open(params.token)
          const response = yield* FileResponse.make(found, true, headers)
          // Pages of other sites show it: whoever has the address may see it, and no page can read it without.
          return HttpServerResponse.setHeader(response, "cross-origin-resource-policy", "cross-origin")
        }))
  })
).pipe(Layer.provide([layerVisitorAuthentication, layerBodyLimit]))
