/**
 * Schemas of fields that hold a secret: a token, a password, a webhook key.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * A secret in a model. It prints as `<redacted>`, and encoding a model that holds one (into an API response, an event, a
 * log) fails: responses are made of fields that are not secret.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Secret = Schema.Redacted(Schema.String, { disallowJsonEncode: true }).annotate({
  identifier: "Secret",
  description: "A secret; never part of a response."
})
/** @since 0.1.0 */
export type Secret = typeof Secret.Type

/**
 * A secret as a caller sends it in a request; never use it in a response.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Input = Schema.RedactedFromValue(
  Schema.String.check(Schema.isBetweenLength(1, 8192)).annotate({
    format: "password",
    description: "A secret. It is stored encrypted and never returned."
  })
)
