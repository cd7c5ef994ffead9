/**
 * Kinds of text that several settings have.
 *
 * @since 0.1.0
 */
import { Redacted, Schema, SchemaTransformation } from "effect"

/**
 * Keeps what was read from being printed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const redacted = <S extends Schema.Codec<string, string>>(schema: S) =>
  schema.pipe(Schema.decodeTo(
    Schema.Redacted(Schema.String),
    SchemaTransformation.transform({
      decode: (text: string) => Redacted.make(text),
      encode: Redacted.value
    })
  ))

/**
 * `true` or `false`, also as a digit.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Switch = Schema.String.check(
  Schema.makeFilter((text) => ["true", "false", "1", "0"].includes(text) ? undefined : "expected true or false")
).pipe(
  Schema.decodeTo(
    Schema.Boolean,
    SchemaTransformation.transform({ decode: (text) => text === "true" || text === "1", encode: String })
  )
)

/**
 * An address of the web.
 *
 * @category schemas
 * @since 0.1.0
 */
export const HttpUrl = Schema.String.check(
  Schema.makeFilter((text) =>
    URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? undefined : "expected an http or https URL"
  )
)

/**
 * Text that is never printed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Secret = redacted(Schema.NonEmptyString)

/**
 * A whole number, 0 or more.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Count = Schema.NumberFromString.check(
  Schema.makeFilter((n) => Number.isInteger(n) && n >= 0 ? undefined : "expected a whole number, 0 or more")
)
