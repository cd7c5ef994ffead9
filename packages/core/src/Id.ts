/**
 * Identifiers: UUIDv7, canonical lower-case text everywhere, 16 bytes in storage.
 *
 * @since 0.1.0
 */
import { Effect, Schema, SchemaTransformation } from "effect"
import { SecureRandom } from "effect/crypto"

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Declares the id schema of one entity: a branded, canonical UUID string.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const ContactId = Id.make("ContactId", "A customer as one organization knows them.")
 */
export const make = <const Brand extends string>(brand: Brand, description: string) =>
  Schema.String.check(
    Schema.isPattern(pattern, { title: brand, expected: "a UUID in lower-case canonical form" })
  ).pipe(
    Schema.brand<Brand>(brand as never)
  ).annotate({
    identifier: brand,
    title: brand,
    description,
    examples: ["0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10" as never]
  })

/**
 * Whether a text is an id in its one spelling.
 *
 * @category guards
 * @since 0.1.0
 */
export const isCanonical = (text: string): boolean => pattern.test(text)

/**
 * Any schema that `make` returned.
 *
 * @category models
 * @since 0.1.0
 */
export type IdSchema<A extends string = string> = Schema.Codec<A, string>

/**
 * The next UUIDv7 as text. Ids made by one process sort in the order they were made.
 *
 * @category constructors
 * @since 0.1.0
 */
export const next = <A extends string>(_schema: IdSchema<A>): Effect.Effect<A> =>
  Effect.sync(() => SecureRandom.uuidV7Unsafe() as A)

/**
 * The 16 storage bytes of an id.
 *
 * @category codecs
 * @since 0.1.0
 */
export const toBytes = (id: string): Uint8Array => {
  if (id.length !== 36) return Buffer.from(id.replaceAll("-", ""), "hex")
  const bytes = Buffer.allocUnsafe(16)
  let seen = 0
  for (let index = 0; index < 16; index++) {
    const at = places[index]!
    const high = nibbles[id.charCodeAt(at)] ?? 16
    const low = nibbles[id.charCodeAt(at + 1)] ?? 16
    seen |= high | low
    bytes[index] = high << 4 | low
  }
  // What is no id is the id of nothing.
  return seen < 16 ? bytes : Buffer.alloc(0)
}

/** Where the two digits of each byte are. */
const places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]

/** The value of each character; 16 of one that is no digit. */
const nibbles = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(value) ? 16 : value
})

/**
 * The text of an id read from storage. The caller names the brand: rows come from our own tables.
 *
 * @category codecs
 * @since 0.1.0
 */
export const fromBytes = <A extends string = string>(bytes: Uint8Array): A => {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as A
}

/**
 * The codec of a 16-byte id column.
 *
 * @category codecs
 * @since 0.1.0
 */
export const column = <A extends string>(schema: IdSchema<A>) =>
  Schema.Uint8Array.pipe(
    Schema.decodeTo(schema, SchemaTransformation.transform({ decode: (bytes) => fromBytes(bytes), encode: toBytes }))
  )
