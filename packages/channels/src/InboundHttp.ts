/**
 * Where providers deliver their webhooks: `GET` and `POST /v1/inbound/{channelAccountId}`. A delivery is verified on its
 * exact bytes, stored under its key and then acknowledged; everything else happens later.
 *
 * These routes run on every platform of Effect's. On Node `InboundNode` does the same for less.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerResponse, ProblemDetails } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import type { ChannelAccounts } from "./ChannelAccounts.ts"
import type { InboundEvents } from "./InboundEvents.ts"
import * as Delivery from "./internal/inboundDelivery.ts"
import { passedOn } from "./internal/passedOn.ts"
import { readBody } from "./internal/readBody.ts"

/**
 * The largest body that is read, in bytes: the Cloud API sends at most 3 MiB.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxBodyBytes = Delivery.maxBodyBytes

// The length is said: without it the empty answer would be sent in chunks.
const acknowledged = HttpServerResponse.empty({ status: 200, headers: { "content-length": "0" } })

const path = `${Delivery.prefix}:channelAccountId` as const

/**
 * The two routes. Add it to the server's routes; it needs no signed-in caller.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter | ChannelAccounts | InboundEvents> = HttpRouter.use(
  Effect.fnUntraced(function*(router) {
    const delivery = yield* Delivery.make

    const deliver = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
      const { channelAccountId } = yield* HttpRouter.params
      const cause = passedOn(request.source)
      if (cause !== undefined) return yield* Effect.failCause(cause)
      const { headers, url } = request
      const body = readBody(request, maxBodyBytes)
      yield* delivery.store(yield* delivery.accept(channelAccountId ?? "", { headers, url, body }))
      return acknowledged
    })

    const handshake = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
      const { channelAccountId } = yield* HttpRouter.params
      return HttpServerResponse.text(yield* delivery.handshake(channelAccountId ?? "", request))
    })

    yield* router.add("POST", path, (request) => Effect.catch(deliver(request), refuse))
    yield* router.add("GET", path, (request) => Effect.catch(handshake(request), refuse))
  })
)

const refuse = Effect.fnUntraced(function*(refused: Delivery.Refused) {
  const { address } = yield* RequestOrigin.current
  yield* Delivery.noteUnsigned(refused, address)
  return HttpServerResponse.setHeaders(ProblemDetails.toResponse(refused.problem), refused.headers)
})
