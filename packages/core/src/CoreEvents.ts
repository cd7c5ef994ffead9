/**
 * The events of this package.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Events from "./Events.ts"
import { Availability } from "./AgentProfile.ts"
import { FactorRecoveryId } from "./FactorRecovery.ts"
import { InvitationId } from "./Invitation.ts"
import { MembershipStatus, RoleKey } from "./Membership.ts"
import { PermissionGroupKey } from "./PermissionGroup.ts"
import { RoleAssignmentId } from "./Role.ts"
import { TeamId } from "./Scope.ts"
import { ApiKeyId, OrganizationId, UserId } from "./Tenancy.ts"

/**
 * @category events
 * @since 0.1.0
 */
export const organizationCreated = Events.define(
  "organization.created",
  Schema.Struct({ organizationId: OrganizationId, ownerId: UserId })
)

/**
 * @category events
 * @since 0.1.0
 */
export const organizationChanged = Events.define(
  "organization.changed",
  Schema.Struct({ organizationId: OrganizationId, changed: Schema.Array(Schema.String) })
)

/**
 * @category events
 * @since 0.1.0
 */
export const memberAdded = Events.define("member.added", Schema.Struct({ userId: UserId, role: RoleKey }))

/**
 * @category events
 * @since 0.1.0
 */
export const memberChanged = Events.define(
  "member.changed",
  Schema.Struct({ userId: UserId, role: RoleKey, status: MembershipStatus })
)

/**
 * @category events
 * @since 0.1.0
 */
export const memberRemoved = Events.define("member.removed", Schema.Struct({ userId: UserId }))

/**
 * @category events
 * @since 0.1.0
 */
export const apiKeyCreated = Events.define("api-key.created", Schema.Struct({ apiKeyId: ApiKeyId }))

/**
 * @category events
 * @since 0.1.0
 */
export const apiKeyChanged = Events.define("api-key.changed", Schema.Struct({ apiKeyId: ApiKeyId }))

/**
 * @category events
 * @since 0.1.0
 */
export const apiKeyRotated = Events.define("api-key.rotated", Schema.Struct({ apiKeyId: ApiKeyId }))

/**
 * @category events
 * @since 0.1.0
 */
export const apiKeyRevoked = Events.define("api-key.revoked", Schema.Struct({ apiKeyId: ApiKeyId }))

const Change = Schema.Literals(["created", "changed", "removed"])

/**
 * @category events
 * @since 0.1.0
 */
export const roleChanged = Events.define("role.changed", Schema.Struct({ role: RoleKey, change: Change }))

/**
 * @category events
 * @since 0.1.0
 */
export const permissionGroupChanged = Events.define(
  "permission-group.changed",
  Schema.Struct({ group: PermissionGroupKey, change: Change })
)

const given = Schema.Struct({ roleAssignmentId: RoleAssignmentId, userId: UserId, role: RoleKey })

/**
 * @category events
 * @since 0.1.0
 */
export const roleGiven = Events.define("role.given", given)

/**
 * @category events
 * @since 0.1.0
 */
export const roleTaken = Events.define("role.taken", given)

/**
 * @category events
 * @since 0.1.0
 */
export const teamChanged = Events.define("team.changed", Schema.Struct({ teamId: TeamId, change: Change }))

/**
 * @category events
 * @since 0.1.0
 */
export const teamMembersChanged = Events.define(
  "team.members_changed",
  Schema.Struct({ teamId: TeamId, userId: UserId, change: Schema.Literals(["joined", "left"]) })
)

/**
 * @category events
 * @since 0.1.0
 */
export const agentProfileChanged = Events.define(
  "agent-profile.changed",
  Schema.Struct({ userId: UserId, availability: Availability })
)

/**
 * @category events
 * @since 0.1.0
 */
export const settingChanged = Events.define("setting.changed", Schema.Struct({ key: Schema.String }))

/**
 * @category events
 * @since 0.1.0
 */
export const moduleChanged = Events.define(
  "module.changed",
  Schema.Struct({ moduleId: Schema.String, enabled: Schema.Boolean })
)

/**
 * The organization has new words for a message, or has taken its own back.
 *
 * @category events
 * @since 0.1.0
 */
export const messageTextChanged = Events.define(
  "message-text.changed",
  Schema.Struct({ catalogue: Schema.String, key: Schema.String, language: Schema.String })
)

/**
 * The organization's data is erased at `dueAt` (epoch milliseconds), unless that is called off.
 *
 * @category events
 * @since 0.1.0
 */
export const deletionScheduled = Events.define(
  "organization.deletion_scheduled",
  Schema.Struct({ organizationId: OrganizationId, dueAt: Schema.Int })
)

/**
 * @category events
 * @since 0.1.0
 */
export const deletionCancelled = Events.define(
  "organization.deletion_cancelled",
  Schema.Struct({ organizationId: OrganizationId })
)

/**
 * @category events
 * @since 0.1.0
 */
export const ownershipTransferred = Events.define(
  "organization.ownership_transferred",
  Schema.Struct({ from: UserId, to: UserId })
)

/**
 * @category events
 * @since 0.1.0
 */
export const invitationChanged = Events.define(
  "invitation.changed",
  Schema.Struct({
    invitationId: InvitationId,
    change: Schema.Literals(["invited", "resent", "accepted", "declined", "revoked"]),
    /** The person who invites, if it was one. */
    invitedBy: Schema.optional(Schema.NullOr(UserId)),
    /** Who accepted it. */
    userId: Schema.optional(UserId)
  })
)

/**
 * Somebody's lost second factor, in each organization of theirs.
 *
 * @category events
 * @since 0.1.0
 */
export const factorRecoveryChanged = Events.define(
  "member.factor_recovery_changed",
  Schema.Struct({
    recoveryId: FactorRecoveryId,
    userId: UserId,
    step: Schema.Literals(["requested", "approved", "stopped", "refused", "expired", "done"])
  })
)

/**
 * All of them.
 *
 * @category events
 * @since 0.1.0
 */
export const all: ReadonlyArray<Events.EventDefinition> = [
  organizationCreated,
  organizationChanged,
  memberAdded,
  memberChanged,
  memberRemoved,
  apiKeyCreated,
  apiKeyChanged,
  apiKeyRotated,
  apiKeyRevoked,
  roleChanged,
  permissionGroupChanged,
  roleGiven,
  roleTaken,
  teamChanged,
  teamMembersChanged,
  agentProfileChanged,
  settingChanged,
  moduleChanged,
  messageTextChanged,
  deletionScheduled,
  deletionCancelled,
  ownershipTransferred,
  invitationChanged,
  factorRecoveryChanged
]
