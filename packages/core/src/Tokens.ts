/**
 * Bearer tokens: random text that is shown once and stored as its SHA-256. 32 random bytes need no slow hash: nobody
 * guesses them.
 *
 * @since 0.1.0
 */
import { Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { createHash, timingSafeEqual } from "node:crypto"

/**
 * The prefix of session tokens.
 *
 * @category constants
 * @since 0.1.0
 */
export const sessionPrefix = "ws_"

/**
 * The prefix of API keys.
 *
 * @category constants
 * @since 0.1.0
 */
export const apiKeyPrefix = "wk_"

/**
 * A new session token: `ws_` and 32 random bytes in base64url.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeSession = (): Redacted.Redacted<string> => makeWith(sessionPrefix, "session token")

/**
 * A new token of another kind: the prefix and 32 random bytes in base64url.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeWith = (prefix: string, label: string): Redacted.Redacted<string> =>
  Redacted.make(`${prefix}${Base64Url.encode(SecureRandom.randomBytesUnsafe(32))}`, { label })

/**
 * A new API key: `wk_`, 32 random bytes in base64url and a checksum of 6 characters, by which a mistyped key is refused
 * without asking the database, and a secret scanner tells a real one.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeApiKey = (): Redacted.Redacted<string> => {
  const body = `${apiKeyPrefix}${Base64Url.encode(SecureRandom.randomBytesUnsafe(32))}`
  return Redacted.make(`${body}${checksum(body)}`, { label: "API key" })
}

const checksum = (body: string): string => createHash("sha256").update(body).digest("base64url").slice(0, 6)

/**
 * Which kind of token a text has the form of.
 *
 * @category guards
 * @since 0.1.0
 */
export const kind = (token: string): "session" | "api-key" | undefined => {
  if (token.startsWith(sessionPrefix)) return token.length === 46 ? "session" : undefined
  if (!token.startsWith(apiKeyPrefix) || token.length !== 52) return undefined
  return checksum(token.slice(0, -6)) === token.slice(-6) ? "api-key" : undefined
}

/**
 * The SHA-256 that is stored instead of the token.
 *
 * @category codecs
 * @since 0.1.0
 */
export const hash = (token: Redacted.Redacted<string> | string): Uint8Array =>
  createHash("sha256").update(typeof token === "string" ? token : Redacted.value(token)).digest()

/**
 * Whether two hashes are the same, in a time that says nothing about where they differ.
 *
 * @category guards
 * @since 0.1.0
 */
export const isSameHash = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && timingSafeEqual(one, other)
