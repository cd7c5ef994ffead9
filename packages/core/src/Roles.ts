/**
 * Roles and what they grant. The presets follow one matrix: an owner may do everything; an admin everything that does
 * not end the organization; a manager runs the customer side (conversations, contacts, campaigns, knowledge, bots) and
 * sees the rest; an agent works in conversations and on contacts; a viewer reads conversations and reports.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { RoleKey } from "./Membership.ts"
import { permissions as corePermissions } from "./CorePermissions.ts"
import type { Permission } from "./Permissions.ts"

/**
 * A role by patterns of permission names: `resource:action`, with `*` for either part or both. It grants what a pattern
 * matches and no pattern that begins with `!` does.
 *
 * @category models
 * @since 0.1.0
 */
export interface Role {
  readonly key: RoleKey
  readonly name: string
  readonly description: string
  readonly grants: ReadonlyArray<string>
}

/**
 * The role that every organization keeps at least one member of.
 *
 * @category constants
 * @since 0.1.0
 */
export const owner: Role = {
  key: "owner",
  name: "Owner",
  description: "May do everything; every organization has at least one.",
  grants: ["*:*"]
}

/**
 * The roles every organization has.
 *
 * @category constants
 * @since 0.1.0
 */
export const presets: ReadonlyArray<Role> = [
  owner,
  {
    key: "admin",
    name: "Admin",
    description: "Runs the organization: everything but deleting it and deciding who its owners are.",
    grants: ["*:*", "!organization:delete", "!organization:transfer"]
  },
  {
    key: "manager",
    name: "Manager",
    description: "Runs conversations, contacts, campaigns, knowledge and bots, and sees the rest.",
    grants: [
      "conversation:*",
      "contacts:*",
      "campaigns:*",
      "templates:*",
      "knowledge:*",
      "bot:*",
      "automation:*",
      "tickets:*",
      "analytics:*",
      "reports:*",
      "*:read",
      "!api-keys:*",
      "!audit:*",
      "!billing:*",
      "!security:*",
      "!webhooks:*"
    ]
  },
  {
    key: "agent",
    name: "Agent",
    description: "Answers customers: works in conversations and on contacts.",
    grants: [
      "conversation:*",
      "contacts:*",
      "tickets:*",
      "knowledge:read",
      "bot:read",
      "channels:read",
      "templates:read",
      "members:read",
      "organization:read",
      "!*:assign",
      "!*:delete",
      "!*:export",
      "!*:import",
      "!*:merge"
    ]
  },
  {
    key: "viewer",
    name: "Viewer",
    description: "Reads conversations and reports.",
    grants: [
      "conversation:read",
      "knowledge:read",
      "bot:read",
      "channels:read",
      "members:read",
      "organization:read",
      "analytics:read",
      "analytics:export",
      "reports:*"
    ]
  }
]

const matches = (pattern: string, name: string): boolean => {
  const [resource, action] = pattern.split(":")
  const [ofResource, ofAction] = name.split(":")
  return (resource === "*" || resource === ofResource) && (action === "*" || action === ofAction)
}

/**
 * Whether a role grants the permission.
 *
 * @category guards
 * @since 0.1.0
 */
export const isGranted = (role: Role, permission: string): boolean =>
  role.grants.some((pattern) => !pattern.startsWith("!") && matches(pattern, permission)) &&
  !role.grants.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1), permission))

/**
 * Every permission of the packages that this server is made of.
 *
 * @category services
 * @since 0.1.0
 */
export class PermissionRegistry extends Context.Service<PermissionRegistry, {
  readonly all: ReadonlyArray<Permission>
  readonly has: (name: string) => boolean
}>()("@wicara/core/PermissionRegistry") {
  /**
   * The given sets (`permissions` of each package) and this package's own.
   *
   * @since 0.1.0
   */
  static readonly layer = (
    sets: ReadonlyArray<Readonly<Record<string, Permission>>>
  ): Layer.Layer<PermissionRegistry> =>
    Layer.sync(PermissionRegistry, () => {
      const byName = new Map<string, Permission>()
      for (const set of [...corePermissions, ...sets]) {
        for (const permission of Object.values<Permission>(set)) byName.set(permission.name, permission)
      }
      return PermissionRegistry.of({ all: [...byName.values()], has: (name) => byName.has(name) })
    })
}

/**
 * @category services
 * @since 0.1.0
 */
export class Roles extends Context.Service<Roles, {
  readonly all: ReadonlyArray<Role>
  readonly find: (key: RoleKey) => Role | undefined
  /** The permissions that a role grants: none for a role that does not exist. */
  readonly permissions: (key: RoleKey) => ReadonlySet<string>
}>()("@wicara/core/Roles") {
  /**
   * The preset roles over the registry's permissions, resolved once.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Roles, never, PermissionRegistry> = Layer.effect(
    Roles,
    Effect.map(PermissionRegistry, (registry) => {
      const roles = new Map(presets.map((role) => [role.key, role]))
      const granted = new Map(presets.map((role) => [
        role.key,
        new Set(registry.all.filter(({ name }) => isGranted(role, name)).map(({ name }) => name))
      ]))
      const none: ReadonlySet<string> = new Set()
      return Roles.of({
        all: presets,
        find: (key) => roles.get(key),
        permissions: (key) => granted.get(key) ?? none
      })
    })
  )
}
