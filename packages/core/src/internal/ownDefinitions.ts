/**
 * What an organization defines beside what every organization has, its roles and its permission groups: held until the
 * commit, checked against what it would do to what members may do, stored, and told.
 */
import { Clock, Effect } from "effect"
import type { Catalog } from "../AccessRules.ts"
import type { AccessStore } from "../AccessStore.ts"
import { Audit } from "../Audit.ts"
import { MemberAccess } from "../MemberAccess.ts"
import { NotFound } from "../Problem.ts"
import type { Conflict, InvalidInput } from "../Problem.ts"
import * as Revision from "../Revision.ts"
import { CurrentOrganization } from "../Tenancy.ts"
import type { OrganizationId } from "../Tenancy.ts"

interface Definition {
  readonly key: string
  readonly revision: number
}

type Action = "created" | "changed" | "removed"

/** One kind of them. */
interface Kind<Stored extends Definition, Shown> {
  /** In the audit log and in its type of target. */
  readonly name: string
  /** As a problem names it. */
  readonly resource: string
  readonly maximum: number
  readonly isPreset: (key: string) => boolean
  readonly refusals: {
    readonly preset: (key: string) => Conflict
    readonly taken: (key: string) => Conflict
    readonly tooMany: Conflict
  }
  readonly list: (id: OrganizationId) => Effect.Effect<ReadonlyArray<Stored>>
  readonly save: (id: OrganizationId, definition: Stored) => Effect.Effect<void>
  readonly remove: (id: OrganizationId, key: string) => Effect.Effect<void>
  /** The catalog with it instead of the one of its key, or without that. */
  readonly within: (catalog: Catalog, definition: Stored | undefined, key: string) => Catalog
  readonly checkShape: (definition: Stored, catalog: Catalog) => Effect.Effect<void, InvalidInput>
  readonly checkUnused: (id: OrganizationId, key: string, catalog: Catalog) => Effect.Effect<void, Conflict>
  readonly event: (key: string, action: Action) => Effect.Effect<void, never, CurrentOrganization>
  /** What the audit log says of it. */
  readonly written: (definition: Stored) => unknown
  readonly show: (definition: Stored, catalog: Catalog) => Shown
}

export const make = Effect.fnUntraced(function*<Stored extends Definition, Shown>(
  store: AccessStore["Service"],
  kind: Kind<Stored, Shown>
) {
  const access = yield* MemberAccess
  const audit = yield* Audit

  const owned = Effect.fnUntraced(function*(id: OrganizationId, key: string, expectedRevision: number | undefined) {
    if (kind.isPreset(key)) return yield* kind.refusals.preset(key)
    const found = (yield* kind.list(id)).find((one) => one.key === key)
    if (found === undefined) return yield* NotFound.of(kind.resource, key)
    yield* Revision.check(expectedRevision, found.revision)
    return found
  })

  const told = Effect.fnUntraced(
    function*(action: Action, key: string, before: Stored | undefined, after: Stored | undefined) {
      yield* kind.event(key, action)
      yield* audit.record({
        action: `${kind.name}.${action}`,
        target: { type: kind.name, id: key },
        ...(before === undefined ? {} : { before: kind.written(before) }),
        ...(after === undefined ? {} : { after: kind.written(after) })
      })
    }
  )

  const put = Effect.fnUntraced(
    function*(id: OrganizationId, action: Action, old: Stored | undefined, definition: Stored) {
      const before = yield* access.catalog
      yield* kind.checkShape(definition, before)
      const after = kind.within(before, definition, definition.key)
      yield* access.checkChange(before, after)
      yield* kind.save(id, definition)
      yield* told(action, definition.key, old, definition)
      return kind.show(definition, after)
    }
  )

  /** In the organization, one after another. */
  const changing = <A, E, R>(change: (id: OrganizationId, now: number) => Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const { id } = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      return yield* store.changing(id, change(id, now))
    })

  return {
    create: (key: string, made: (now: number) => Stored) =>
      changing(Effect.fnUntraced(function*(id, now) {
        const existing = yield* kind.list(id)
        if (kind.isPreset(key) || existing.some((one) => one.key === key)) return yield* kind.refusals.taken(key)
        if (existing.length >= kind.maximum) return yield* kind.refusals.tooMany
        return yield* put(id, "created", undefined, made(now))
      })),
    update: (key: string, expectedRevision: number | undefined, changed: (old: Stored, now: number) => Stored) =>
      changing(Effect.fnUntraced(function*(id, now) {
        const old = yield* owned(id, key, expectedRevision)
        return yield* put(id, "changed", old, changed(old, now))
      })),
    remove: (key: string, expectedRevision: number | undefined) =>
      changing(Effect.fnUntraced(function*(id) {
        const old = yield* owned(id, key, expectedRevision)
        const before = yield* access.catalog
        yield* kind.checkUnused(id, key, before)
        yield* access.checkChange(before, kind.within(before, undefined, key))
        yield* kind.remove(id, key)
        yield* told("removed", key, old, undefined)
      }))
  }
})
