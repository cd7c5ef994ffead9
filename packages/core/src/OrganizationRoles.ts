/**
 * An organization's roles: those that every organization has, and its own, which inherit from others.
 *
 * Nobody gives a role more than they hold, or takes from it what they do not hold.
 *
 * @since 0.1.0
 */
import { Context, DateTime, Effect, Layer } from "effect"
import * as AccessRules from "./AccessRules.ts"
import type { Catalog } from "./AccessRules.ts"
import { AccessStore } from "./AccessStore.ts"
import type { StoredRole } from "./AccessStore.ts"
import type { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as OwnDefinitions from "./internal/ownDefinitions.ts"
import { MemberAccess } from "./MemberAccess.ts"
import type { RoleKey } from "./Membership.ts"
import { Conflict, InvalidInput, NotFound } from "./Problem.ts"
import type { Forbidden } from "./Problem.ts"
import type { RevisionMismatch } from "./Revision.ts"
import { Role } from "./Role.ts"
import type { NewRole, RoleChanges, RoleDefinition } from "./Role.ts"
import * as Roles from "./Roles.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { CurrentActor } from "./Tenancy.ts"

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class OrganizationRoles extends Context.Service<OrganizationRoles, {
  /** The presets first. */
  readonly list: Effect.Effect<ReadonlyArray<Role>, never, CurrentOrganization>
  readonly get: (key: RoleKey) => Effect.Effect<Role, NotFound, CurrentOrganization>
  readonly create: (role: NewRole) => Effect.Effect<Role, Conflict | InvalidInput | Forbidden, Acting>
  /** Changes an own role, if it still has the revision. */
  readonly update: (
    key: RoleKey,
    changes: RoleChanges,
    expectedRevision: number | undefined
  ) => Effect.Effect<Role, NotFound | Conflict | InvalidInput | Forbidden | RevisionMismatch, Acting>
  /** Removes an own role that nobody has and none inherits. */
  readonly remove: (
    key: RoleKey,
    expectedRevision: number | undefined
  ) => Effect.Effect<void, NotFound | Conflict | Forbidden | RevisionMismatch, Acting>
}>()("@wicara/core/OrganizationRoles") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<
    OrganizationRoles,
    never,
    AccessStore | MemberAccess | Roles.PermissionRegistry | Events | Audit
  > = Layer.suspend(() => Layer.effect(OrganizationRoles, make))
}

const maximumRoles = 200

const make = Effect.gen(function*() {
  const store = yield* AccessStore
  const access = yield* MemberAccess
  const registry = yield* Roles.PermissionRegistry
  const events = yield* Events

  const isPreset = (key: RoleKey) => Roles.presets.some((role) => role.key === key)

  const list = Effect.gen(function*() {
    const { id } = yield* CurrentOrganization
    const own = yield* store.roles(id)
    const catalog = yield* access.catalog
    return [...Roles.presets.map((role) => ofPreset(role, catalog)), ...own.map((role) => toRole(role, catalog))]
  })

  const get = Effect.fnUntraced(function*(key: RoleKey) {
    const role = (yield* list).find((one) => one.key === key)
    return role ?? (yield* NotFound.of("role", key))
  })

  const withRole = (catalog: Catalog, role: RoleDefinition | undefined, key: RoleKey): Catalog =>
    AccessRules.makeCatalog({
      roles: [...[...catalog.roles.values()].filter((one) => one.key !== key), ...(role === undefined ? [] : [role])],
      groups: catalog.groups.values(),
      permissions: catalog.permissions
    })

  const checkShape = Effect.fnUntraced(function*(role: StoredRole, catalog: Catalog) {
    for (const [index, parent] of role.inherits.entries()) {
      if (parent !== role.key && !catalog.roles.has(parent)) {
        return yield* InvalidInput.of(`/inherits/${index}`, `There is no role "${parent}".`)
      }
    }
    const cycle = AccessRules.cycleFrom(
      role.key,
      (key) => key === role.key ? role.inherits : catalog.roles.get(key)?.inherits ?? []
    )
    if (cycle !== undefined) {
      return yield* InvalidInput.of("/inherits", `The role would inherit itself: ${cycle.join(" → ")}.`)
    }
    for (const [index, rule] of role.rules.entries()) {
      for (const [at, pattern] of rule.permissions.entries()) {
        if (!registry.all.some(({ name }) => AccessRules.isNamed([pattern.replace("!", "")], name))) {
          return yield* InvalidInput.of(`/rules/${index}/permissions/${at}`, `There is no permission "${pattern}".`)
        }
      }
      for (const [at, group] of rule.groups.entries()) {
        if (!catalog.groups.has(group)) {
          return yield* InvalidInput.of(`/rules/${index}/groups/${at}`, `There is no permission group "${group}".`)
        }
      }
    }
  })

  const own = yield* OwnDefinitions.make<StoredRole, Role>(store, {
    name: "role",
    resource: "role",
    maximum: maximumRoles,
    isPreset,
    refusals: {
      preset: (key) =>
        new Conflict({ detail: `The role "${key}" is the same in every organization; make one of your own.` }),
      taken: (key) => new Conflict({ detail: `There is a role "${key}" already.` }),
      tooMany: new Conflict({ detail: `An organization has ${maximumRoles} roles of its own at most.` })
    },
    list: store.roles,
    save: store.saveRole,
    remove: store.removeRole,
    within: withRole,
    checkShape,
    checkUnused: Effect.fnUntraced(function*(id, key, catalog) {
      const heirs = [...catalog.roles.values()].filter(({ inherits }) => inherits.includes(key))
      if (heirs.length > 0) {
        return yield* new Conflict({
          detail: `Other roles inherit it: ${heirs.map((role) => `"${role.key}"`).join(", ")}.`
        })
      }
      if (yield* store.isRoleUsed(id, key)) {
        return yield* new Conflict({ detail: "Members have this role; give them another one first." })
      }
    }),
    event: (key, change) => events.append(CoreEvents.roleChanged, { aggregateId: key, payload: { role: key, change } }),
    written,
    show: toRole
  })

  return OrganizationRoles.of({
    list: list.pipe(Effect.withSpan("OrganizationRoles.list")),
    get: Effect.fn("OrganizationRoles.get")(get),
    create: Effect.fn("OrganizationRoles.create")((input) =>
      own.create(input.key, (now) => ({
        key: input.key,
        name: input.name,
        description: input.description ?? "",
        inherits: [...new Set(input.inherits)],
        rules: input.rules ?? [],
        revision: 1,
        updatedAt: now
      }))
    ),
    update: Effect.fn("OrganizationRoles.update")((key, changes, expectedRevision) =>
      own.update(key, expectedRevision, (old, now) => ({
        key,
        name: changes.name ?? old.name,
        description: changes.description ?? old.description,
        inherits: changes.inherits === undefined ? old.inherits : [...new Set(changes.inherits)],
        rules: changes.rules ?? old.rules,
        revision: old.revision + 1,
        updatedAt: now
      }))
    ),
    remove: Effect.fn("OrganizationRoles.remove")(own.remove)
  })
})

const written = ({ description, inherits, name, rules }: StoredRole) => ({ name, description, inherits, rules })

/** What the role allows in the end, whole or in part. */
const allowed = (catalog: Catalog, key: RoleKey): ReadonlyArray<string> => {
  const rules = catalog.rulesOf(key)
  const names = new Set(rules.filter(({ effect }) => effect === "allow").flatMap((rule) => [...rule.names]))
  for (const rule of rules) {
    if (rule.effect === "deny" && rule.scope === "organization" && rule.condition === undefined) {
      for (const name of rule.names) names.delete(name)
    }
  }
  return [...names].toSorted()
}

const toRole = (role: StoredRole, catalog: Catalog): Role =>
  new Role({
    key: role.key,
    name: role.name,
    description: role.description,
    inherits: role.inherits,
    rules: role.rules,
    permissions: allowed(catalog, role.key),
    preset: false,
    revision: role.revision,
    updatedAt: DateTime.makeUnsafe(role.updatedAt)
  })

const ofPreset = ({ description, grants, key, name }: Roles.Role, catalog: Catalog): Role =>
  new Role({
    key,
    name,
    description,
    inherits: [],
    rules: [{ effect: "allow", permissions: grants, groups: [], scope: "organization" }],
    permissions: allowed(catalog, key),
    preset: true,
    revision: 1,
    updatedAt: null
  })
