/**
 * The WebSocket of the emulated WAHA server: the same envelopes as webhooks, as they happen, and never again.
 *
 * @since 0.1.0
 */
import { Effect, Queue } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { WahaServer } from "./WahaServer.ts"
import type { Listener } from "./WahaWebhooks.ts"

/**
 * `/ws?session=…&events=…&x-api-key=…`.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = (server: WahaServer): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.add(
    "GET",
    "/ws",
    Effect.scoped(Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const query = new URLSearchParams(request.url.split("?")[1] ?? "")
      const session = query.get("session") ?? "*"
      const scope = server.sessions.scopeOf(query.get("x-api-key") ?? request.headers["x-api-key"])
      if (scope === undefined) return HttpServerResponse.empty({ status: 401 })
      if (scope !== "*" && session !== scope) return HttpServerResponse.empty({ status: 403 })
      const socket = yield* request.upgrade
      const frames = yield* Queue.unbounded<string>()
      const listener: Listener = {
        session,
        events: (query.get("events") ?? "*").split(","),
        send: (frame) => void Queue.offerUnsafe(frames, frame)
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => void server.webhooks.listeners.add(listener)),
        () => Effect.sync(() => void server.webhooks.listeners.delete(listener))
      )
      const { pull } = yield* socket.reader
      const { write } = yield* socket.writer
      const written = Effect.forever(Effect.flatMap(Queue.take(frames), write))
      // Clients say nothing; reading shows that they left.
      yield* Effect.ignore(Effect.raceFirst(Effect.forever(pull), written))
      return HttpServerResponse.empty()
    })).pipe(Effect.orElseSucceed(() => HttpServerResponse.empty({ status: 500 })))
  )
