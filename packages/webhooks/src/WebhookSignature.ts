/**
 * The signature of deliveries, after the Standard Webhooks scheme: HMAC-SHA256 over the id, the time in seconds and the raw
 * body, joined by dots. While a secret is being replaced there is a signature with each.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @since 0.1.0
 */
import { Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHmac } from "node:crypto"

const prefix = "whsec_"

/**
 * A new secret: `whsec_` and 32 random bytes in base64.
 *
 * @category constructors
 * @since 0.1.0
 */
export const newSecret = (): Redacted.Redacted<string> =>
  Redacted.make(`${prefix}${Buffer.from(SecureRandom.randomBytesUnsafe(32)).toString("base64")}`)

/**
 * What is signed.
 *
 * @category models
 * @since 0.1.0
 */
export interface SignedContent {
  /** The header `webhook-id`. */
  readonly id: string
  /** The header `webhook-timestamp`: seconds since 1970. */
  readonly timestamp: string
  /** As it is sent, to the byte. */
  readonly body: string | Uint8Array
}

/**
 * One signature, `v1,` and base64.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * sign({ id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330", body: `{"test": 2432232314}` }, secret)
 * // => "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
 */
export const sign = ({ body, id, timestamp }: SignedContent, secret: Redacted.Redacted<string>): string => {
  const text = Redacted.value(secret)
  const key = Buffer.from(text.startsWith(prefix) ? text.slice(prefix.length) : text, "base64")
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")}`
}

/**
 * The header `webhook-signature`: a signature with each secret.
 *
 * @category constructors
 * @since 0.1.0
 */
export const header = (content: SignedContent, secrets: ReadonlyArray<Redacted.Redacted<string>>): string =>
  secrets.map((secret) => sign(content, secret)).join(" ")
