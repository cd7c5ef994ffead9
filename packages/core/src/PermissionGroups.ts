/**
 * An organization's permission groups: those that every organization has, and its own, anywhere in the tree.
 *
 * @since 0.1.0
 */
import { Context, DateTime, Effect, Layer } from "effect"
import * as AccessRules from "./AccessRules.ts"
import type { Catalog } from "./AccessRules.ts"
import { AccessStore } from "./AccessStore.ts"
import type { StoredGroup } from "./AccessStore.ts"
import type { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as OwnDefinitions from "./internal/ownDefinitions.ts"
import { MemberAccess } from "./MemberAccess.ts"
import { PermissionGroup } from "./PermissionGroup.ts"
import type {
  GroupDefinition,
  NewPermissionGroup,
  PermissionGroupChanges,
  PermissionGroupKey
} from "./PermissionGroup.ts"
import { Conflict, InvalidInput, NotFound } from "./Problem.ts"
import type { Forbidden } from "./Problem.ts"
import type { RevisionMismatch } from "./Revision.ts"
import { PermissionRegistry } from "./Roles.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { CurrentActor } from "./Tenancy.ts"

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class PermissionGroups extends Context.Service<PermissionGroups, {
  /** Those of every organization first. */
  readonly list: Effect.Effect<ReadonlyArray<PermissionGroup>, never, CurrentOrganization>
  readonly get: (key: PermissionGroupKey) => Effect.Effect<PermissionGroup, NotFound, CurrentOrganization>
  readonly create: (
    group: NewPermissionGroup
  ) => Effect.Effect<PermissionGroup, Conflict | InvalidInput | Forbidden, Acting>
  /** Changes an own group, if it still has the revision. What roles are granted by it changes with it. */
  readonly update: (
    key: PermissionGroupKey,
    changes: PermissionGroupChanges,
    expectedRevision: number | undefined
  ) => Effect.Effect<PermissionGroup, NotFound | Conflict | InvalidInput | Forbidden | RevisionMismatch, Acting>
  /** Removes an own group that no role names and that has none below it. */
  readonly remove: (
    key: PermissionGroupKey,
    expectedRevision: number | undefined
  ) => Effect.Effect<void, NotFound | Conflict | Forbidden | RevisionMismatch, Acting>
}>()("@wicara/core/PermissionGroups") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<
    PermissionGroups,
    never,
    AccessStore | MemberAccess | PermissionRegistry | Events | Audit
  > = Layer.suspend(() => Layer.effect(PermissionGroups, make))
}

const maximumGroups = 200

const make = Effect.gen(function*() {
  const store = yield* AccessStore
  const access = yield* MemberAccess
  const registry = yield* PermissionRegistry
  const events = yield* Events

  const isPreset = (key: PermissionGroupKey) => registry.groups.some((group) => group.key === key)

  const list = Effect.gen(function*() {
    const { id } = yield* CurrentOrganization
    const own = yield* store.groups(id)
    const catalog = yield* access.catalog
    return [
      ...registry.groups.map((group) => toGroup(group, catalog, undefined)),
      ...own.map((group) => toGroup(group, catalog, group))
    ]
  })

  const withGroup = (catalog: Catalog, group: GroupDefinition | undefined, key: PermissionGroupKey): Catalog =>
    AccessRules.makeCatalog({
      roles: catalog.roles.values(),
      groups: [
        ...[...catalog.groups.values()].filter((one) => one.key !== key),
        ...(group === undefined ? [] : [group])
      ],
      permissions: catalog.permissions
    })

  const checkShape = Effect.fnUntraced(function*(group: StoredGroup, catalog: Catalog) {
    if (group.parentKey !== null && group.parentKey !== group.key && !catalog.groups.has(group.parentKey)) {
      return yield* InvalidInput.of("/parentKey", `There is no permission group "${group.parentKey}".`)
    }
    const cycle = AccessRules.cycleFrom(group.key, (key) => {
      const parent = key === group.key ? group.parentKey : catalog.groups.get(key)?.parentKey ?? null
      return parent === null ? [] : [parent]
    })
    if (cycle !== undefined) {
      return yield* InvalidInput.of("/parentKey", `The group would be below itself: ${cycle.join(" → ")}.`)
    }
    for (const [index, pattern] of group.permissions.entries()) {
      if (!registry.all.some(({ name }) => AccessRules.isNamed([pattern.replace("!", "")], name))) {
        return yield* InvalidInput.of(`/permissions/${index}`, `There is no permission "${pattern}".`)
      }
    }
  })

  const own = yield* OwnDefinitions.make<StoredGroup, PermissionGroup>(store, {
    name: "permission-group",
    resource: "permission group",
    maximum: maximumGroups,
    isPreset,
    refusals: {
      preset: (key) => new Conflict({ detail: `The group "${key}" is the same in every organization.` }),
      taken: (key) => new Conflict({ detail: `There is a permission group "${key}" already.` }),
      tooMany: new Conflict({ detail: `An organization has ${maximumGroups} groups of its own at most.` })
    },
    list: store.groups,
    save: store.saveGroup,
    remove: store.removeGroup,
    within: withGroup,
    checkShape,
    checkUnused: Effect.fnUntraced(function*(_, key, catalog) {
      if ([...catalog.groups.values()].some(({ parentKey }) => parentKey === key)) {
        return yield* new Conflict({ detail: "There are groups below it; move or remove them first." })
      }
      const users = [...catalog.roles.values()].filter(({ rules }) => rules.some(({ groups }) => groups.includes(key)))
      if (users.length > 0) {
        return yield* new Conflict({
          detail: `Roles name it: ${users.map((role) => `"${role.key}"`).join(", ")}.`
        })
      }
    }),
    event: (key, change) =>
      events.append(CoreEvents.permissionGroupChanged, { aggregateId: key, payload: { group: key, change } }),
    written,
    show: (group, catalog) => toGroup(group, catalog, group)
  })

  return PermissionGroups.of({
    list: list.pipe(Effect.withSpan("PermissionGroups.list")),
    get: Effect.fn("PermissionGroups.get")(function*(key) {
      const group = (yield* list).find((one) => one.key === key)
      return group ?? (yield* NotFound.of("permission group", key))
    }),
    create: Effect.fn("PermissionGroups.create")((input) =>
      own.create(input.key, (now) => ({
        key: input.key,
        name: input.name,
        description: input.description ?? "",
        parentKey: input.parentKey ?? null,
        permissions: input.permissions,
        revision: 1,
        updatedAt: now
      }))
    ),
    update: Effect.fn("PermissionGroups.update")((key, changes, expectedRevision) =>
      own.update(key, expectedRevision, (old, now) => ({
        key,
        name: changes.name ?? old.name,
        description: changes.description ?? old.description,
        parentKey: changes.parentKey === undefined ? old.parentKey : changes.parentKey,
        permissions: changes.permissions ?? old.permissions,
        revision: old.revision + 1,
        updatedAt: now
      }))
    ),
    remove: Effect.fn("PermissionGroups.remove")(own.remove)
  })
})

const written = ({ description, name, parentKey, permissions }: StoredGroup) => ({
  name,
  description,
  parentKey,
  permissions
})

const toGroup = (group: GroupDefinition, catalog: Catalog, stored: StoredGroup | undefined): PermissionGroup =>
  new PermissionGroup({
    key: group.key,
    name: group.name,
    description: group.description,
    parentKey: group.parentKey,
    permissions: group.permissions,
    includes: [...catalog.namesOfGroup(group.key)].toSorted(),
    preset: stored === undefined,
    revision: stored?.revision ?? 1,
    updatedAt: stored === undefined ? null : DateTime.makeUnsafe(stored.updatedAt)
  })
