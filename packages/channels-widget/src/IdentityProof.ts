/**
 * What a page sends to say who is signed in there. Safe in a browser.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/** How a site calls its user. @category schemas @since 0.1.0 */
export const UserKey = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(190))

/**
 * What a page sends to prove who is signed in there: a token, or the user's id with the HMAC of `user:<id>` in hexadecimal.
 *
 * @category schemas
 * @since 0.1.0
 */
export const IdentityProof = Schema.Union([
  Schema.Struct({ token: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(8192)) }),
  Schema.Struct({
    userId: UserKey,
    hash: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/, { expected: "64 hexadecimal digits" }))
  })
]).annotate({ identifier: "WidgetIdentityProof" })
/** @since 0.1.0 */
export type IdentityProof = typeof IdentityProof.Type

/** What a site may say of its user: a few facts of one line each. @category schemas @since 0.1.0 */
export const Attributes = Schema.Record(
  Schema.String,
  Schema.Union([Schema.String.check(Schema.isMaxLength(500)), Schema.Finite, Schema.Boolean, Schema.Null])
).check(
  Schema.isMaxProperties(50),
  Schema.makeFilter((attributes: Readonly<Record<string, unknown>>) => {
    const bad = Object.keys(attributes).find((key) => !/^[a-zA-Z][a-zA-Z0-9_]{0,39}$/.test(key))
    return bad === undefined || { path: [bad], issue: "Expected a key of letters, digits and underscores" }
  })
)
/** @since 0.1.0 */
export type Attributes = typeof Attributes.Type
