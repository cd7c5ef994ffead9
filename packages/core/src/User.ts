/**
 * A person who signs in.
 *
 * @since 0.1.0
 */
import { Schema, SchemaTransformation } from "effect"
import { Instant } from "./Instant.ts"
import { Name } from "./Organization.ts"
import { UserId } from "./Tenancy.ts"

/**
 * An e-mail address, in lower case: addresses that differ in case alone are one account.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Email = Schema.String.pipe(
  Schema.decodeTo(
    Schema.String.check(
      Schema.isMaxLength(190),
      Schema.isPattern(/^[^\s@"(),:;<>[\]\\]+@[^\s@.]+(?:\.[^\s@.]+)+$/, { expected: "an e-mail address" })
    ),
    SchemaTransformation.transform({
      decode: (text) => text.trim().normalize("NFC").toLowerCase(),
      encode: (email) => email
    })
  )
).annotate({ identifier: "Email", description: "An e-mail address.", examples: ["rani@example.com"] })

/**
 * @category models
 * @since 0.1.0
 */
export class User extends Schema.Class<User>("User")({
  id: UserId,
  email: Schema.String,
  name: Schema.String,
  status: Schema.Literals(["active", "suspended"]),
  createdAt: Instant
}, { description: "A person who signs in; may be a member of several organizations." }) {}

/**
 * The name of a new user.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UserName = Name

/**
 * A password as a person chooses it: 10 characters or more, any characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const NewPassword = Schema.RedactedFromValue(
  Schema.String.check(Schema.isBetweenLength(10, 256)).annotate({
    format: "password",
    description: "At least 10 characters."
  })
)
