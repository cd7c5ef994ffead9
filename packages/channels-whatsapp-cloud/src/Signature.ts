/**
 * The signature of Meta's webhooks: HMAC-SHA256 of the raw bytes with the app secret. Meta escapes non-ASCII characters
 * in the body, so the bytes must be checked as they came, before any parsing.
 *
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
 * @since 0.1.0
 */
import { Redacted } from "effect"
import { createHmac, hash, timingSafeEqual } from "node:crypto"

/**
 * The header's value for a body: `sha256=` and 64 lower-case hexadecimal digits.
 *
 * @category constructors
 * @since 0.1.0
 */
export const sign = (body: Uint8Array, appSecret: Redacted.Redacted<string>): string =>
  `sha256=${createHmac("sha256", Redacted.value(appSecret)).update(body).digest("hex")}`

/**
 * Whether the header is the body's signature, compared in constant time.
 *
 * @category guards
 * @since 0.1.0
 */
export const isValid = (
  header: string,
  body: Uint8Array,
  appSecret: Redacted.Redacted<string>
): boolean =>
  wellFormed.test(header) &&
  timingSafeEqual(
    Buffer.from(header.slice(prefix.length), "hex"),
    createHmac("sha256", Redacted.value(appSecret)).update(body).digest()
  )

const prefix = "sha256="
const wellFormed = /^sha256=[0-9a-f]{64}$/

/**
 * Compares two texts in a time that does not tell where they differ.
 *
 * @category guards
 * @since 0.1.0
 */
export const equals = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))

const digest = (text: string) => hash("sha256", text, "buffer")

/**
 * The SHA-256 of a body in hexadecimal: what names a delivery.
 *
 * @category getters
 * @since 0.1.0
 */
export const fingerprint = (body: Uint8Array): string => hash("sha256", body, "hex")
