/**
 * Rotating what an account is proved by.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * What to rotate. With `overlapHours: 0` what was valid is refused at once: for what has leaked.
 *
 * @category models
 * @since 0.1.0
 */
export const RotateAccount = Schema.Struct({
  /** Credentials to put in place of the ones of the same name. */
  secrets: Schema.optionalKey(Schema.JsonObject),
  /** Make new ones of the secrets that this side chooses (what webhooks are signed or verified with). */
  generate: Schema.optionalKey(Schema.Boolean),
  /** Another address for webhooks. */
  url: Schema.optionalKey(Schema.Boolean),
  /** Until when the old is taken at most, if the provider does not use the new before; 24 unless given. */
  overlapHours: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 168 })))
}).annotate({ identifier: "RotateChannelAccount" })
/** @since 0.1.0 */
export type RotateAccount = typeof RotateAccount.Type

/**
 * @category models
 * @since 0.1.0
 */
export const Rotation = Schema.Struct({
  /** Where the provider is to deliver from now on. */
  webhookUrl: Schema.String,
  /** The provider was told. Otherwise `problem` says why not, and somebody has to enter it there. */
  registered: Schema.Boolean,
  problem: Schema.NullOr(Schema.String),
  /** Until when the old is taken; `null`: it is not. */
  previousUntil: Schema.NullOr(Schema.DateTimeUtcFromString)
}).annotate({ identifier: "ChannelAccountRotation" })
/** @since 0.1.0 */
export type Rotation = typeof Rotation.Type
