/**
 * What a member may do, and why they may or may not do one thing.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import { RoleKey } from "./Membership.ts"
import { RoleAssignmentId } from "./Role.ts"
import { ChannelAccountId, Scope, TeamId } from "./Scope.ts"
import { UserId } from "./Tenancy.ts"

/**
 * How far a rule reaches: to what has all that is named here.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reach = Schema.Struct({
  teamIds: Schema.optionalKey(Schema.Array(TeamId)),
  channelAccountId: Schema.optionalKey(ChannelAccountId),
  ownerId: Schema.optionalKey(UserId)
}).annotate({
  identifier: "Reach",
  description:
    "To what has all that is named: one of the teams, the channel account, the owner. Nothing: to everything."
})

/**
 * A permission that a member holds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EffectivePermission = Schema.Struct({
  permission: Schema.String,
  everywhere: Schema.Boolean.annotate({ description: "Held in the whole organization." }),
  allow: Schema.Array(Reach).annotate({ description: "Held for what is within one of these." }),
  deny: Schema.Array(Reach).annotate({ description: "And not for what is within one of these." })
}).annotate({ identifier: "EffectivePermission" })

/**
 * @category models
 * @since 0.1.0
 */
export class EffectiveAccess extends Schema.Class<EffectiveAccess>("EffectiveAccess")({
  userId: UserId,
  teamIds: Schema.Array(TeamId),
  roles: Schema.Array(Schema.Struct({
    role: RoleKey,
    assignmentId: Schema.NullOr(RoleAssignmentId).annotate({ description: "Null for the role they have as a member." }),
    scope: Scope,
    validFrom: Schema.NullOr(Instant),
    validUntil: Schema.NullOr(Instant),
    active: Schema.Boolean
  })),
  permissions: Schema.Array(EffectivePermission)
}, { description: "What a member may do now." }) {}

/**
 * Why a rule counts, or does not.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RuleVerdict = Schema.Literals([
  "counts",
  "not-yet-valid",
  "expired",
  "condition-not-met",
  "out-of-reach"
])
/** @since 0.1.0 */
export type RuleVerdict = typeof RuleVerdict.Type

/**
 * One rule that is about the permission.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ExplainedRule = Schema.Struct({
  effect: Schema.Literals(["allow", "deny"]),
  verdict: RuleVerdict,
  role: RoleKey.annotate({ description: "The role that the member has." }),
  inheritedFrom: Schema.NullOr(RoleKey).annotate({ description: "The role whose rule it is, when another one." }),
  rule: Schema.Int.annotate({ description: "Its place among that role's rules, from 0." }),
  assignmentId: Schema.NullOr(RoleAssignmentId).annotate({ description: "Null for the role they have as a member." }),
  reach: Schema.NullOr(Reach).annotate({ description: "Null when it reaches nothing." }),
  sentence: Schema.String
}).annotate({ identifier: "ExplainedRule" })
/** @since 0.1.0 */
export type ExplainedRule = typeof ExplainedRule.Type

/**
 * @category models
 * @since 0.1.0
 */
export class AccessExplanation extends Schema.Class<AccessExplanation>("AccessExplanation")({
  userId: UserId,
  permission: Schema.String,
  allowed: Schema.Boolean.annotate({
    description: "For the thing that was named; in the whole organization when none was."
  }),
  somewhere: Schema.Boolean.annotate({ description: "Whether they hold it for anything at all." }),
  sentence: Schema.String,
  rules: Schema.Array(ExplainedRule)
}, { description: "Why a member may or may not do something." }) {}
