/**
 * An organization's permission groups: those that every organization has, and its own, anywhere in the tree.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import * as AccessRules from "./AccessRules.ts"
import type { Catalog } from "./AccessRules.ts"
import { AccessStore } from "./AccessStore.ts"
import type { StoredGroup } from "./AccessStore.ts"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
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
import * as Revision from "./Revision.ts"
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
  const audit = yield* Audit

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

  const owned = Effect.fnUntraced(function*(key: PermissionGroupKey) {
    const { id } = yield* CurrentOrganization
    if (isPreset(key)) {
      return yield* new Conflict({ detail: `The group "${key}" is the same in every organization.` })
    }
    const group = (yield* store.groups(id)).find((one) => one.key === key)
    return group ?? (yield* NotFound.of("permission group", key))
  })

  const told = Effect.fnUntraced(function*(
    action: "created" | "changed" | "removed",
    key: PermissionGroupKey,
    before: StoredGroup | undefined,
    after: StoredGroup | undefined
  ) {
    yield* events.append(CoreEvents.permissionGroupChanged, {
      aggregateId: key,
      payload: { group: key, change: action }
    })
    yield* audit.record({
      action: `permission-group.${action}`,
      target: { type: "permission-group", id: key },
      ...(before === undefined ? {} : { before: written(before) }),
      ...(after === undefined ? {} : { after: written(after) })
    })
  })

  return PermissionGroups.of({
    list: list.pipe(Effect.withSpan("PermissionGroups.list")),
    get: Effect.fn("PermissionGroups.get")(function*(key) {
      const group = (yield* list).find((one) => one.key === key)
      return group ?? (yield* NotFound.of("permission group", key))
    }),
    create: Effect.fn("PermissionGroups.create")(function*(input) {
      const { id } = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      return yield* store.changing(
        id,
        Effect.gen(function*() {
          const existing = yield* store.groups(id)
          if (isPreset(input.key) || existing.some(({ key }) => key === input.key)) {
            return yield* new Conflict({ detail: `There is a permission group "${input.key}" already.` })
          }
          if (existing.length >= maximumGroups) {
            return yield* new Conflict({ detail: `An organization has ${maximumGroups} groups of its own at most.` })
          }
          const group: StoredGroup = {
            key: input.key,
            name: input.name,
            description: input.description ?? "",
            parentKey: input.parentKey ?? null,
            permissions: input.permissions,
            revision: 1,
            updatedAt: now
          }
          const before = yield* access.catalog
          yield* checkShape(group, before)
          const after = withGroup(before, group, group.key)
          yield* access.checkChange(before, after)
          yield* store.saveGroup(id, group)
          yield* told("created", group.key, undefined, group)
          return toGroup(group, after, group)
        })
      )
    }),
    update: Effect.fn("PermissionGroups.update")(function*(key, changes, expectedRevision) {
      const { id } = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      return yield* store.changing(
        id,
        Effect.gen(function*() {
          const old = yield* owned(key)
          yield* Revision.check(expectedRevision, old.revision)
          const group: StoredGroup = {
            key,
            name: changes.name ?? old.name,
            description: changes.description ?? old.description,
            parentKey: changes.parentKey === undefined ? old.parentKey : changes.parentKey,
            permissions: changes.permissions ?? old.permissions,
            revision: old.revision + 1,
            updatedAt: now
          }
          const before = yield* access.catalog
          yield* checkShape(group, before)
          const after = withGroup(before, group, key)
          yield* access.checkChange(before, after)
          yield* store.saveGroup(id, group)
          yield* told("changed", key, old, group)
          return toGroup(group, after, group)
        })
      )
    }),
    remove: Effect.fn("PermissionGroups.remove")(function*(key, expectedRevision) {
      const { id } = yield* CurrentOrganization
      yield* store.changing(
        id,
        Effect.gen(function*() {
          const old = yield* owned(key)
          yield* Revision.check(expectedRevision, old.revision)
          const before = yield* access.catalog
          if ([...before.groups.values()].some(({ parentKey }) => parentKey === key)) {
            return yield* new Conflict({ detail: "There are groups below it; move or remove them first." })
          }
          const users = [...before.roles.values()].filter(({ rules }) =>
            rules.some(({ groups }) => groups.includes(key))
          )
          if (users.length > 0) {
            return yield* new Conflict({
              detail: `Roles name it: ${users.map((role) => `"${role.key}"`).join(", ")}.`
            })
          }
          yield* access.checkChange(before, withGroup(before, undefined, key))
          yield* store.removeGroup(id, key)
          yield* told("removed", key, old, undefined)
        })
      )
    })
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
