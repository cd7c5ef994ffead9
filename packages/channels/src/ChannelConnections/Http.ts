/**
 * The handlers of `ChannelConnectionsApi`.
 *
 * @since 0.1.0
 */
import { Effect, Stream } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { NotFound } from "@wicara/core/Problem"
import { ChannelConnections } from "../ChannelConnections.ts"
import type { ChannelConnection } from "../ChannelConnection.ts"
import * as QrCode from "../QrCode.ts"
import { ChannelConnectionsApi } from "./Api.ts"
import type { ConnectionEvent } from "./Api.ts"

/** It is to be scanned now and by whoever asked for it. */
const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff" }

const accepted = Effect.map(
  HttpServerRequest.HttpServerRequest,
  (request) => request.headers["accept"] ?? ""
)

const picture = Effect.fnUntraced(function*(id: string, { state }: ChannelConnection, accept: string) {
  if (state?._tag !== "ScanQr") {
    return yield* NotFound.of("QR code", id)
  }
  if (accept.includes("image/svg+xml")) {
    return HttpServerResponse.text(QrCode.svg(state.qr), { contentType: "image/svg+xml", headers })
  }
  if (accept.includes("text/plain")) return HttpServerResponse.text(QrCode.terminal(state.qr), { headers })
  return HttpServerResponse.uint8Array(QrCode.png(state.qr), { contentType: "image/png", headers })
})

const streamHeaders = HttpEffect.appendPreResponseHandler((_request, response) =>
  Effect.succeed(HttpServerResponse.setHeaders(response, {
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no"
  }))
)

const told = (connection: ChannelConnection): ConnectionEvent => ({
  id: String(connection.revision),
  event: "connection",
  data: connection
})

const ping: ConnectionEvent = { id: "", event: "ping", data: null }

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ChannelConnectionsApi),
  "channelConnections",
  Effect.fn(function*(handlers) {
    const connections = yield* ChannelConnections
    return handlers.handleAll({
      kinds: () => Effect.succeed({ data: connections.kinds }),
      connect: ({ params, payload }) => connections.connect(params.id, payload),
      get: Effect.fnUntraced(function*({ params }) {
        const connection = yield* connections.get(params.id)
        const accept = yield* accepted
        return accept.startsWith("image/") ? yield* picture(params.id, connection, accept) : connection
      }),
      qr: ({ params }) =>
        Effect.flatMap(
          Effect.all([connections.get(params.id), accepted]),
          ([connection, accept]) => picture(params.id, connection, accept)
        ),
      changes: Effect.fnUntraced(function*({ params }) {
        const changes = yield* connections.changes(params.id)
        yield* streamHeaders
        return Stream.merge(Stream.map(changes, told), Stream.map(Stream.tick("15 seconds"), () => ping))
      }),
      restart: ({ params }) => connections.restart(params.id),
      disconnect: ({ params, query }) => connections.disconnect(params.id, { forget: query.forget === "true" }),
      setup: ({ params }) => connections.setup(params.id),
      inspect: ({ params }) => connections.inspect(params.id),
      repair: ({ params }) => connections.repair(params.id)
    })
  })
)
