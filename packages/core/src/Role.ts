/**
 * Roles: what they grant and what they deny, and what they inherit.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { AccessCondition } from "./AccessCondition.ts"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"
import { RoleKey } from "./Membership.ts"
import { Name } from "./Organization.ts"
import { PermissionGroupKey, PermissionPattern } from "./PermissionGroup.ts"
import { Scope } from "./Scope.ts"
import { Actor, UserId } from "./Tenancy.ts"

/**
 * How far a rule reaches in the hands of whoever has the role: the organization, their teams, or what is their own.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RuleScope = Schema.Literals(["organization", "teams", "own"])
/** @since 0.1.0 */
export type RuleScope = typeof RuleScope.Type

/**
 * One rule of a role. What any rule of any role of a member denies is denied, whatever another one allows; only owners
 * are denied nothing.
 *
 * @category models
 * @since 0.1.0
 */
export const RoleRule = Schema.Struct({
  effect: Schema.Literals(["allow", "deny"]),
  permissions: Schema.Array(PermissionPattern).check(Schema.isMaxLength(200)),
  groups: Schema.Array(PermissionGroupKey).check(Schema.isMaxLength(50)),
  scope: RuleScope,
  condition: Schema.optionalKey(AccessCondition)
}).annotate({
  identifier: "RoleRule",
  description: "Allows or denies permissions and groups of permissions, for the organization, the member's teams or " +
    "what is their own. What any rule denies is denied, whatever others allow."
})
/** @since 0.1.0 */
export type RoleRule = typeof RoleRule.Type

/**
 * A role as rules see it.
 *
 * @category models
 * @since 0.1.0
 */
export interface RoleDefinition {
  readonly key: RoleKey
  readonly inherits: ReadonlyArray<RoleKey>
  readonly rules: ReadonlyArray<RoleRule>
}

/**
 * @category models
 * @since 0.1.0
 */
export class Role extends Schema.Class<Role>("Role")({
  key: RoleKey,
  name: Schema.String,
  description: Schema.String,
  inherits: Schema.Array(RoleKey),
  rules: Schema.Array(RoleRule),
  permissions: Schema.Array(Schema.String).annotate({
    description: "What it allows in the end, whole or in part, with all that it inherits."
  }),
  preset: Schema.Boolean.annotate({ description: "Every organization has it, and none can change it." }),
  revision: Schema.Int,
  updatedAt: Schema.NullOr(Instant)
}, { description: "What its members may do." }) {}

const Description = Schema.Trim.check(Schema.isMaxLength(500))
const rules = Schema.Array(RoleRule).check(Schema.isMaxLength(100))
const inherits = Schema.Array(RoleKey).check(Schema.isMaxLength(20))

/**
 * @category models
 * @since 0.1.0
 */
export const NewRole = Schema.Struct({
  key: RoleKey,
  name: Name,
  description: Schema.optionalKey(Description),
  inherits: Schema.optionalKey(inherits),
  rules: Schema.optionalKey(rules)
})
/** @since 0.1.0 */
export type NewRole = typeof NewRole.Type

/**
 * What is absent stays as it is.
 *
 * @category models
 * @since 0.1.0
 */
export const RoleChanges = Schema.Struct({
  name: Schema.optionalKey(Name),
  description: Schema.optionalKey(Description),
  inherits: Schema.optionalKey(inherits),
  rules: Schema.optionalKey(rules)
})
/** @since 0.1.0 */
export type RoleChanges = typeof RoleChanges.Type

/**
 * @category ids
 * @since 0.1.0
 */
export const RoleAssignmentId = Id.make("RoleAssignmentId", "A role given to a member, for a scope and a time.")
/** @since 0.1.0 */
export type RoleAssignmentId = typeof RoleAssignmentId.Type

/**
 * @category models
 * @since 0.1.0
 */
export class RoleAssignment extends Schema.Class<RoleAssignment>("RoleAssignment")({
  id: RoleAssignmentId,
  userId: UserId,
  role: RoleKey,
  scope: Scope,
  validFrom: Schema.NullOr(Instant),
  validUntil: Schema.NullOr(Instant),
  active: Schema.Boolean.annotate({ description: "Whether it counts now, by its time alone." }),
  reason: Schema.NullOr(Schema.String),
  createdBy: Actor,
  createdAt: Instant
}, { description: "A role given to a member beside the one they have, for a scope and a time." }) {}

/**
 * @category models
 * @since 0.1.0
 */
export const NewRoleAssignment = Schema.Struct({
  userId: UserId,
  role: RoleKey,
  scope: Scope,
  validFrom: Schema.optionalKey(Instant),
  validUntil: Schema.optionalKey(Instant),
  reason: Schema.optionalKey(Schema.Trim.check(Schema.isBetweenLength(1, 500)))
})
/** @since 0.1.0 */
export type NewRoleAssignment = typeof NewRoleAssignment.Type
