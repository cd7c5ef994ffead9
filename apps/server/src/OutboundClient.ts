/**
 * The HTTP client for addresses that organizations name: WAHA servers, the Graph API, AI providers, push services. It
 * connects to the public internet, and beyond that to what `WICARA_OUTBOUND_ALLOW` says. Names are judged by what they
 * resolve to as the connection is made, so that none can mean something else a moment later.
 *
 * @since 0.1.0
 */
import { NodeHttpClient, NodeWS } from "@effect/platform-node"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientError } from "effect/http"
import type { HttpClientRequest } from "effect/http"
import { Socket } from "effect/socket"
import { ServerConfig } from "./ServerConfig.ts"

/** An address that needs no look-up never gets to it; nor does what shows before. */
const refusal = (addresses: OutboundAddresses.OutboundAddresses, request: HttpClientRequest.HttpClientRequest) => {
  const url = URL.parse(request.url)
  const refused = url === null ? undefined : OutboundAddresses.refuse(addresses, url)
  return refused === undefined
    ? Effect.succeed(request)
    : Effect.fail(
      new HttpClientError.HttpClientError({
        reason: new HttpClientError.TransportError({ request, cause: refused })
      })
    )
}

/**
 * With these addresses.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWithin = (addresses: OutboundAddresses.OutboundAddresses): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, HttpClient.mapRequestEffect((request) => refusal(addresses, request)))
  ).pipe(
    // What is beneath is one constant of the library, which a server builds once: without `fresh`, this client and the
    // operator's, which calls everything, would be whichever of them came first.
    Layer.provide(
      Layer.fresh(NodeHttpClient.layerUndiciOptions({ connect: { lookup: OutboundAddresses.lookupWithin(addresses) } }))
    )
  )

// WAHA's largest event is a message with its thumbnail.
const maxFrame = 3 * 1024 * 1024

/**
 * WebSockets to such addresses.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWebSockets = (
  addresses: OutboundAddresses.OutboundAddresses
): Layer.Layer<Socket.WebSocketConstructor> =>
  Layer.succeed(Socket.WebSocketConstructor, (address) => {
    const refused = OutboundAddresses.refuse(addresses, new URL(address.replace(/^ws/, "http")))
    if (refused !== undefined) throw refused
    return new NodeWS.WebSocket(address, { lookup: OutboundAddresses.lookupWithin(addresses), maxPayload: maxFrame })
  })

/**
 * As the configuration says; the demo's emulators are on this machine.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(Effect.map(ServerConfig, ({ outboundAllow }) =>
  Layer.mergeAll(
    layerWithin(outboundAllow),
    layerWebSockets(outboundAllow),
    Layer.succeed(OutboundAddresses.CurrentOutboundAddresses, outboundAllow)
  )))
