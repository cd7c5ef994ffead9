/**
 * What is kept of the looks at an account.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "@wicara/core/Id"
import { AccountConnection } from "./ChannelAccount.ts"

/**
 * One look at an account.
 *
 * @category models
 * @since 0.1.0
 */
export const AccountCheck = Schema.Struct({
  id: Id.make("AccountCheckId", "One look at a channel account."),
  status: Schema.Literals(["ok", "warn", "fail"]),
  message: Schema.String,
  connection: AccountConnection,
  tookMillis: Schema.Int,
  checkedAt: Schema.DateTimeUtcFromString
}).annotate({ identifier: "ChannelAccountCheck" })
/** @since 0.1.0 */
export type AccountCheck = typeof AccountCheck.Type

/**
 * How an account did in the last so many days (of UTC, today's among them).
 *
 * @category models
 * @since 0.1.0
 */
export const UptimeFigure = Schema.Struct({
  days: Schema.Int,
  checks: Schema.Int,
  failed: Schema.Int,
  /** The part of the checks that did not fail, 0 to 1; `null` without any. */
  uptime: Schema.NullOr(Schema.Finite),
  averageMillis: Schema.NullOr(Schema.Int)
}).annotate({ identifier: "ChannelUptime" })
/** @since 0.1.0 */
export type UptimeFigure = typeof UptimeFigure.Type
