/**
 * `Idempotency-Key`: each call of an endpoint that takes one gets a key of its own, so that repeating it after a lost
 * answer has no second effect. Name the key yourself where the repetition may come from another process.
 *
 * @since 0.1.0
 */
import { header, Idempotency } from "@wicara/core/Idempotency"
import { Context, Effect } from "effect"
import type { Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { HttpClientRequest } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"

/**
 * The key that the running call sends; `undefined`: a new one.
 *
 * @category references
 * @since 0.1.0
 */
export const IdempotencyKey = Context.Reference<string | undefined>("@wicara/client/IdempotencyKey", {
  defaultValue: () => undefined
})

/**
 * Sends `key` (1 to 190 visible ASCII characters) with the call: the same key and input again, today and from wherever,
 * is answered with what the first one was answered. One key is for one call: another input with it is refused.
 *
 * @category combinators
 * @since 0.1.0
 * @example
 * client.members.add({ payload }).pipe(IdempotencyKey.withKey(`invite-${invitation.id}`))
 */
export const withKey = (key: string) => <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(call, IdempotencyKey, key)

/**
 * Puts the key on the calls of endpoints that take one; part of `Client.layer`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<HttpApiMiddleware.ForClient<Idempotency>> = HttpApiMiddleware.layerClient(
  Idempotency,
  Effect.fnUntraced(function*({ next, request }) {
    const key = (yield* IdempotencyKey) ?? SecureRandom.uuidV7Unsafe()
    return yield* next(request.method === "POST" ? HttpClientRequest.setHeader(request, header, key) : request)
  })
)
