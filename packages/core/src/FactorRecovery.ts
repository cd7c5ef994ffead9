/**
 * How somebody comes back who lost their second factor and all recovery codes.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"
import { UserId } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const FactorRecoveryId = Id.make("FactorRecoveryId", "One recovery of a lost second factor.")
/** @since 0.1.0 */
export type FactorRecoveryId = typeof FactorRecoveryId.Type

/**
 * `waiting` for who decides, `approved` until it is due and may still be stopped, `done` when the factors were taken away.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FactorRecoveryState = Schema.Literals(["waiting", "approved", "done", "stopped", "refused", "expired"])
/** @since 0.1.0 */
export type FactorRecoveryState = typeof FactorRecoveryState.Type

/**
 * @category models
 * @since 0.1.0
 */
export class FactorRecovery extends Schema.Class<FactorRecovery>("FactorRecovery")({
  id: FactorRecoveryId,
  userId: UserId,
  email: Schema.String,
  name: Schema.String,
  state: FactorRecoveryState,
  requestedAt: Instant,
  expiresAt: Instant.annotate({ description: "Until when it can be approved." }),
  dueAt: Schema.NullOr(Instant).annotate({
    description: "When the factors are taken away; null until all who decide have approved it."
  }),
  endedAt: Schema.NullOr(Instant),
  ip: Schema.NullOr(Schema.String).annotate({ description: "From where the link was followed." }),
  userAgent: Schema.NullOr(Schema.String),
  credentialsChangedAt: Schema.NullOr(Instant).annotate({
    description:
      "When the password was reset or the address changed, if that was within 30 days before: whoever reads the " +
      "person's mail could have done that, so look twice."
  })
}, { description: "The recovery of a lost second factor." }) {}

/**
 * @category models
 * @since 0.1.0
 */
export class MemberFactorRecovery extends FactorRecovery.extend<MemberFactorRecovery>("MemberFactorRecovery")({
  approvedHere: Schema.Boolean.annotate({ description: "Whether this organization has approved it." }),
  awaitsOthers: Schema.Boolean.annotate({
    description: "Whether it needs the approval of other organizations too, of which the person is a member."
  })
}, { description: "The recovery of a member's second factor, as an organization decides on it." }) {}

/**
 * How whoever approves knows that it is them: what is written down for those who ask later.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Identification = Schema.Trim.check(Schema.isBetweenLength(3, 500)).annotate({
  description: "How you made sure that it is them, by another way than the one the request came: kept in the audit log."
})
