/**
 * A person who signs in.
 *
 * @since 0.1.0
 */
import { Schema, SchemaTransformation } from "effect"
import { Instant } from "./Instant.ts"
import { Locale, Name, TimeZone } from "./Organization.ts"
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
 * A suspended person can't sign in anywhere, and their sessions have ended.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UserStatus = Schema.Literals(["active", "suspended"])
/** @since 0.1.0 */
export type UserStatus = typeof UserStatus.Type

/**
 * @category models
 * @since 0.1.0
 */
export class User extends Schema.Class<User>("User")({
  id: UserId,
  email: Schema.String,
  name: Schema.String,
  status: UserStatus,
  emailVerified: Schema.Boolean.annotate({ description: "Whether they proved that they read this address." }),
  locale: Schema.NullOr(Schema.String).annotate({ description: "BCP 47; null: as the organization." }),
  timezone: Schema.NullOr(Schema.String).annotate({ description: "IANA; null: as the organization." }),
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
 * What people change of their own profile; null takes the organization's.
 *
 * @category models
 * @since 0.1.0
 */
export const ProfileChanges = Schema.Struct({
  name: Schema.optionalKey(UserName),
  locale: Schema.optionalKey(Schema.NullOr(Locale)),
  timezone: Schema.optionalKey(Schema.NullOr(TimeZone))
})
/** @since 0.1.0 */
export type ProfileChanges = typeof ProfileChanges.Type

/**
 * How somebody likes the console. `console` is the console's own to fill, 16 KB of JSON at most.
 *
 * @category models
 * @since 0.1.0
 */
export class Preferences extends Schema.Class<Preferences>("Preferences")({
  theme: Schema.Literals(["system", "light", "dark"]),
  newDeviceAlerts: Schema.Boolean.annotate({
    description: "Whether a sign-in from a new browser or network is told by e-mail."
  }),
  console: Schema.Record(Schema.String, Schema.Json).check(
    Schema.makeFilter((value) => JSON.stringify(value).length <= 16_384, { expected: "16 KB of JSON at most" })
  )
}) {}

/**
 * What nobody changed yet.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultPreferences = new Preferences({ theme: "system", newDeviceAlerts: true, console: {} })

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
