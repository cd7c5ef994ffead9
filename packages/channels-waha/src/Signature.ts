/**
 * WAHA's webhook signature: `X-Webhook-Hmac` is the lower-case hexadecimal HMAC-SHA512 of the raw body.
 *
 * Nothing in the signed bytes says when they were signed, so a replay is caught by the envelope's id, not here.
 *
 * @see https://waha.devlike.pro/docs/how-to/events/#hmac-authentication
 * @since 0.1.0
 */
import { InvalidSignature } from "@wicara/channels/ChannelAdapter"
import type { InboundRequest } from "@wicara/channels/ChannelAdapter"
import { Effect, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"

const hexadecimal = /^[0-9a-f]{128}$/

/**
 * Signs a body as WAHA does.
 *
 * @category signing
 * @since 0.1.0
 */
export const sign = (body: Uint8Array, key: Redacted.Redacted<string>): string =>
  createHmac("sha512", Redacted.value(key)).update(body).digest("hex")

/**
 * Checks a request's signature in constant time.
 *
 * @category signing
 * @since 0.1.0
 */
export const verify = Effect.fnUntraced(function*(
  request: InboundRequest,
  key: Redacted.Redacted<string>
): Effect.fn.Return<void, InvalidSignature> {
  const algorithm = request.headers["x-webhook-hmac-algorithm"]
  if (algorithm !== undefined && algorithm.trim().toLowerCase() !== "sha512") {
    return yield* new InvalidSignature({ reason: "X-Webhook-Hmac-Algorithm is not sha512" })
  }
  const signature = request.headers["x-webhook-hmac"]
  if (signature === undefined) return yield* new InvalidSignature({ reason: "X-Webhook-Hmac is missing" })
  if (!hexadecimal.test(signature)) {
    return yield* new InvalidSignature({ reason: "X-Webhook-Hmac is not a lower-case hexadecimal SHA-512 digest" })
  }
  const expected = createHmac("sha512", Redacted.value(key)).update(request.body).digest()
  if (!timingSafeEqual(Buffer.from(signature, "hex"), expected)) {
    return yield* new InvalidSignature({ reason: "X-Webhook-Hmac does not match the body" })
  }
})
