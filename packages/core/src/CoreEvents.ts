/**
 * The events of this package.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Events from "./Events.ts"
import { MembershipStatus, RoleKey } from "./Membership.ts"
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
export const apiKeyRevoked = Events.define("api-key.revoked", Schema.Struct({ apiKeyId: ApiKeyId }))
