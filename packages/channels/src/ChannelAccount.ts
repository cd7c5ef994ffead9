/**
 * A connected number, session or website as its organization sees it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ChannelAccountId } from "./ChannelAdapter.ts"

/**
 * Whether the organization wants to use the account. A disabled one sends nothing; what customers write to it is still
 * stored.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AccountStatus = Schema.Literals(["active", "disabled"])
/** @since 0.1.0 */
export type AccountStatus = typeof AccountStatus.Type

/**
 * What the provider last said about the account; `unknown` until it said something.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AccountConnection = Schema.Literals([
  "unknown",
  "connecting",
  "connected",
  "needs_action",
  "disconnected",
  "failed"
])
/** @since 0.1.0 */
export type AccountConnection = typeof AccountConnection.Type

/**
 * The result of the account's last round trip to its provider.
 *
 * @category models
 * @since 0.1.0
 */
export const CheckedHealth = Schema.Struct({
  status: Schema.Literals(["ok", "warn", "fail"]),
  message: Schema.String,
  checkedAt: Schema.DateTimeUtcFromString
}).annotate({ identifier: "ChannelAccountHealth" })
/** @since 0.1.0 */
export type CheckedHealth = typeof CheckedHealth.Type

/**
 * What the organization allows an account to send, where that is less than its provider allows; `null`: as much as the
 * provider does.
 *
 * @category models
 * @since 0.1.0
 */
export const AccountLimits = Schema.Struct({
  messagesPerSecond: Schema.NullOr(
    Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 1000 }))
  ).annotate({ description: "0.01 to 1000; less than one is one message in several seconds." }),
  messagesPerDay: Schema.NullOr(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 }))
  ).annotate({ description: "In any 24 hours." })
}).annotate({ identifier: "ChannelAccountLimits" })
/** @since 0.1.0 */
export type AccountLimits = typeof AccountLimits.Type

/**
 * @category models
 * @since 0.1.0
 */
export class ChannelAccount extends Schema.Class<ChannelAccount>("ChannelAccount")({
  id: ChannelAccountId,
  /** The id of its channel's adapter. */
  channel: Schema.String,
  name: Schema.String,
  /** What the adapter's settings schema describes. Credentials are never part of it. */
  settings: Schema.JsonObject,
  status: AccountStatus,
  /** The account of its channel that is used where none is named. An organization's first one of a channel is. */
  isDefault: Schema.Boolean,
  limits: AccountLimits,
  connection: AccountConnection,
  health: Schema.NullOr(CheckedHealth),
  createdAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}) {}

const Name = Schema.String.check(Schema.isTrimmed(), Schema.isMinLength(1), Schema.isMaxLength(190))

/**
 * @category models
 * @since 0.1.0
 */
export const CreateChannelAccount = Schema.Struct({
  channel: Schema.String,
  name: Name,
  settings: Schema.JsonObject,
  /** Stored encrypted and never returned. */
  secrets: Schema.JsonObject,
  /** None of its own unless given. */
  limits: Schema.optionalKey(AccountLimits)
}).annotate({ identifier: "CreateChannelAccount" })
/** @since 0.1.0 */
export type CreateChannelAccount = typeof CreateChannelAccount.Type

/**
 * What to change; absent fields stay. `settings`, `secrets` and `limits` replace the whole object.
 *
 * @category models
 * @since 0.1.0
 */
export const UpdateChannelAccount = Schema.Struct({
  name: Schema.optionalKey(Name),
  settings: Schema.optionalKey(Schema.JsonObject),
  secrets: Schema.optionalKey(Schema.JsonObject),
  status: Schema.optionalKey(AccountStatus),
  limits: Schema.optionalKey(AccountLimits),
  /** `true` takes it from the account that had it; `false` leaves the channel without. */
  isDefault: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "UpdateChannelAccount" })
/** @since 0.1.0 */
export type UpdateChannelAccount = typeof UpdateChannelAccount.Type
