/**
 * Where roles, permission groups and what members were given are stored.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Effect, Option } from "effect"
import type { HeldRole } from "./AccessRules.ts"
import type { MembershipStatus, RoleKey } from "./Membership.ts"
import type { GroupDefinition } from "./PermissionGroup.ts"
import type { RoleAssignmentId, RoleDefinition } from "./Role.ts"
import type { TeamId } from "./Scope.ts"
import type { Actor, OrganizationId, UserId } from "./Tenancy.ts"

/**
 * What changes with every change of a stored thing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Revised {
  readonly revision: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface StoredRole extends RoleDefinition, Revised {
  readonly name: string
  readonly description: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface StoredGroup extends GroupDefinition, Revised {}

/**
 * @category models
 * @since 0.1.0
 */
export interface StoredAssignment extends HeldRole {
  readonly assignmentId: RoleAssignmentId
  readonly userId: UserId
  readonly reason: string | null
  readonly createdBy: Actor
  readonly createdAt: number
}

/**
 * A member as access control knows them.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredMember {
  readonly role: RoleKey
  readonly status: MembershipStatus
  readonly teamIds: ReadonlyArray<string>
  readonly assignments: ReadonlyArray<StoredAssignment>
}

/**
 * Which assignments to list: those after a position, in the order in which they were made.
 *
 * @category models
 * @since 0.1.0
 */
export interface AssignmentQuery {
  readonly userId?: UserId | undefined
  readonly role?: RoleKey | undefined
  readonly after?: RoleAssignmentId | undefined
  readonly limit: number
}

/**
 * The port of access control; the rules are in the services above it. What changes something is called within
 * `changing`.
 *
 * @category services
 * @since 0.1.0
 */
export class AccessStore extends Context.Service<AccessStore, {
  /**
   * Runs a change of access in a transaction: it makes all that was resolved before stale, in every process, and holds
   * the organization's other changes of access back until the commit.
   */
  readonly changing: <A, E, R>(organizationId: OrganizationId, change: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Grows with each change. */
  readonly version: (organizationId: OrganizationId) => Effect.Effect<number>
  readonly roles: (organizationId: OrganizationId) => Effect.Effect<ReadonlyArray<StoredRole>>
  /** Inserts or replaces. */
  readonly saveRole: (organizationId: OrganizationId, role: StoredRole) => Effect.Effect<void>
  readonly removeRole: (organizationId: OrganizationId, key: RoleKey) => Effect.Effect<void>
  /** Whether a member has the role, or was given it. */
  readonly isRoleUsed: (organizationId: OrganizationId, key: RoleKey) => Effect.Effect<boolean>
  readonly groups: (organizationId: OrganizationId) => Effect.Effect<ReadonlyArray<StoredGroup>>
  /** Inserts or replaces. */
  readonly saveGroup: (organizationId: OrganizationId, group: StoredGroup) => Effect.Effect<void>
  readonly removeGroup: (organizationId: OrganizationId, key: string) => Effect.Effect<void>
  readonly hasTeam: (organizationId: OrganizationId, id: TeamId) => Effect.Effect<boolean>
  readonly member: (organizationId: OrganizationId, userId: UserId) => Effect.Effect<Option.Option<StoredMember>>
  readonly assignments: (
    organizationId: OrganizationId,
    query: AssignmentQuery
  ) => Effect.Effect<ReadonlyArray<StoredAssignment>>
  readonly assignment: (
    organizationId: OrganizationId,
    id: RoleAssignmentId
  ) => Effect.Effect<Option.Option<StoredAssignment>>
  readonly addAssignment: (organizationId: OrganizationId, assignment: StoredAssignment) => Effect.Effect<void>
  readonly removeAssignment: (organizationId: OrganizationId, id: RoleAssignmentId) => Effect.Effect<void>
}>()("@wicara/core/AccessStore") {}
