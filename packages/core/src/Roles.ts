/**
 * Roles and what they grant. The presets follow one matrix: an owner may do everything; an admin everything that does
 * not end the organization; a manager runs the customer side (conversations, contacts, campaigns, knowledge, bots) and
 * sees the rest; an agent works in conversations and on contacts; a viewer reads conversations and reports.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { isNamed, ownerKey } from "./AccessRules.ts"
import type { RoleKey } from "./Membership.ts"
import { permissions as corePermissions } from "./CorePermissions.ts"
import * as PermissionGroup from "./PermissionGroup.ts"
import { ModuleRegistry } from "./Module.ts"
import type { Permission } from "./Permissions.ts"
import type { RoleDefinition } from "./Role.ts"

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
  key: ownerKey,
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
      "conversations:*",
      "contacts:*",
      "campaigns:*",
      "templates:*",
      "knowledge:*",
      "bots:*",
      "automation:*",
      "tickets:*",
      "files:*",
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
      "conversations:*",
      "contacts:*",
      "tickets:*",
      "files:*",
      "knowledge:read",
      "bots:read",
      "channels:read",
      "templates:read",
      "members:read",
      "teams:read",
      "agents:read",
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
      "conversations:read",
      "knowledge:read",
      "bots:read",
      "channels:read",
      "members:read",
      "teams:read",
      "agents:read",
      "organization:read",
      "analytics:read",
      "analytics:export",
      "reports:*"
    ]
  }
]

/**
 * Whether a role grants the permission.
 *
 * @category guards
 * @since 0.1.0
 */
export const isGranted = (role: Role, permission: string): boolean => isNamed(role.grants, permission)

/**
 * The presets as rules: what others inherit and members are given.
 *
 * @category constants
 * @since 0.1.0
 */
export const definitions: ReadonlyArray<RoleDefinition> = presets.map(({ grants, key }) => ({
  key,
  inherits: [],
  rules: [{ effect: "allow", permissions: grants, groups: [], scope: "organization" }]
}))

/**
 * Every permission of the packages that this server is made of.
 *
 * @category services
 * @since 0.1.0
 */
export class PermissionRegistry extends Context.Service<PermissionRegistry, {
  readonly all: ReadonlyArray<Permission>
  readonly has: (name: string) => boolean
  readonly find: (name: string) => Permission | undefined
  /** The groups that every organization has: those of `PermissionGroup.system`, and below them one for each resource. */
  readonly groups: ReadonlyArray<PermissionGroup.GroupDefinition>
}>()("@wicara/core/PermissionRegistry") {
  /**
   * The given sets (`permissions` of each package) and this package's own.
   *
   * @since 0.1.0
   */
  static readonly layer = (
    sets: ReadonlyArray<Readonly<Record<string, Permission>>>
  ): Layer.Layer<PermissionRegistry> => Layer.sync(PermissionRegistry, () => registryOf([...corePermissions, ...sets]))

  /**
   * Those of the server's modules.
   *
   * @since 0.1.0
   */
  static readonly layerModules: Layer.Layer<PermissionRegistry, never, ModuleRegistry> = Layer.effect(
    PermissionRegistry,
    Effect.map(ModuleRegistry, ({ all }) => registryOf(all.flatMap(({ permissions }) => permissions)))
  )
}

const registryOf = (sets: ReadonlyArray<Readonly<Record<string, Permission>>>): PermissionRegistry["Service"] => {
  const byName = new Map<string, Permission>()
  for (const set of sets) {
    for (const permission of Object.values<Permission>(set)) byName.set(permission.name, permission)
  }
  const all = [...byName.values()]
  return PermissionRegistry.of({
    all,
    has: (name) => byName.has(name),
    find: (name) => byName.get(name),
    groups: groupsOf(all)
  })
}

const groupsOf = (permissions: ReadonlyArray<Permission>): ReadonlyArray<PermissionGroup.GroupDefinition> => {
  const known = new Set(PermissionGroup.system.map(({ key }) => key))
  const resources = new Map<string, PermissionGroup.GroupDefinition>()
  for (const { group, name } of permissions) {
    const resource = name.split(":")[0] ?? ""
    if (known.has(resource)) continue
    resources.set(resource, {
      key: resource,
      name: resource,
      description: "",
      parentKey: known.has(group) ? group : "other",
      permissions: [`${resource}:*`]
    })
  }
  // A resource with the name of a group has no group of its own: its permissions are in that one.
  const system = PermissionGroup.system.map((group) =>
    permissions.some(({ name }) => name.startsWith(`${group.key}:`))
      ? { ...group, permissions: [`${group.key}:*`] }
      : group
  )
  return [...system, ...resources.values()]
}

/**
 * The roles that every organization has. Its own are in `OrganizationRoles`.
 *
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
