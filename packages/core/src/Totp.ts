/**
 * Time-based one-time passwords of RFC 6238 as authenticator apps make them: HMAC-SHA-1, six digits, 30 seconds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6238
 * @since 0.1.0
 */
import { Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHmac, timingSafeEqual } from "node:crypto"

/**
 * How long one code is shown, seconds.
 *
 * @category constants
 * @since 0.1.0
 */
export const period = 30

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/**
 * Base32 of RFC 4648 without padding, as apps take a key that is typed in.
 *
 * @category codecs
 * @since 0.1.0
 */
export const toBase32 = (bytes: Uint8Array): string => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("")
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[parseInt(five.padEnd(5, "0"), 2)]).join("")
}

const fromBase32 = (text: string): Uint8Array => {
  const bits = Array.from(text, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("")
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2))
}

/**
 * A new key: 160 random bits in base32.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeKey = (): Redacted.Redacted<string> =>
  Redacted.make(toBase32(SecureRandom.randomBytesUnsafe(20)), { label: "one-time password key" })

/**
 * Which code is shown at a time (milliseconds): the number of periods since the epoch.
 *
 * @category conversions
 * @since 0.1.0
 */
export const stepAt = (millis: number): number => Math.floor(millis / (period * 1000))

/**
 * The code of a step.
 *
 * @category conversions
 * @since 0.1.0
 */
export const code = (key: Redacted.Redacted<string>, step: number): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac("sha1", fromBase32(Redacted.value(key))).update(counter).digest()
  const offset = (mac[19] ?? 0) & 0xf
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0")
}

/**
 * Whether the text is the code of a step, in a time that says nothing of where it differs.
 *
 * @category guards
 * @since 0.1.0
 */
export const matches = (key: Redacted.Redacted<string>, step: number, text: string): boolean =>
  /^[0-9]{6}$/.test(text) && timingSafeEqual(Buffer.from(code(key, step)), Buffer.from(text))

/**
 * The address that apps read from a QR code.
 *
 * @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 * @category conversions
 * @since 0.1.0
 */
export const uri = (options: {
  readonly key: Redacted.Redacted<string>
  readonly issuer: string
  readonly account: string
}): string => {
  const label = `${encodeURIComponent(options.issuer)}:${encodeURIComponent(options.account)}`
  const parameters = `secret=${Redacted.value(options.key)}&issuer=${encodeURIComponent(options.issuer)}`
  return `otpauth://totp/${label}?${parameters}&algorithm=SHA1&digits=6&period=${period}`
}
