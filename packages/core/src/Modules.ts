/**
 * Which modules an organization uses: it switches the optional ones on and off, as far as its plan includes them.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { availableModules } from "./CoreSettings.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { ModuleRegistry } from "./Module.ts"
import type { Module } from "./Module.ts"
import { ModuleState } from "./ModuleState.ts"
import { Conflict, NotFound, NotInPlan } from "./Problem.ts"
import { Settings } from "./Settings.ts"
import { orDieSql, transaction } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { CurrentActor, OrganizationId } from "./Tenancy.ts"
import { english } from "./ProblemTexts.ts"

/**
 * What an organization's plan includes: the question that billing answers.
 *
 * @category services
 * @since 0.1.0
 */
export class Entitlements extends Context.Service<Entitlements, {
  readonly includes: (moduleId: string) => Effect.Effect<boolean, never, CurrentOrganization>
}>()("@wicara/core/Modules/Entitlements") {
  /**
   * As the platform set it for the organization (`modules.available`); everything unless it did.
   *
   * @since 0.1.0
   */
  static readonly layerSettings: Layer.Layer<Entitlements, never, Settings> = Layer.effect(
    Entitlements,
    Effect.map(Settings, (settings) =>
      Entitlements.of({
        includes: (moduleId) =>
          Effect.map(settings.get(availableModules), (modules) => modules === null || modules.includes(moduleId))
      }))
  )
}

/**
 * @category services
 * @since 0.1.0
 */
export class Modules extends Context.Service<Modules, {
  /** In the order in which they depend on each other. */
  readonly list: Effect.Effect<ReadonlyArray<ModuleState>, never, CurrentOrganization>
  readonly find: (id: string) => Effect.Effect<ModuleState, NotFound, CurrentOrganization>
  /** Whether a module works for an organization now; one that this server has not does not. */
  readonly isEnabled: (organizationId: OrganizationId, id: string) => Effect.Effect<boolean>
  readonly enable: (
    id: string
  ) => Effect.Effect<ModuleState, NotFound | Conflict | NotInPlan, CurrentOrganization | CurrentActor>
  readonly disable: (
    id: string
  ) => Effect.Effect<ModuleState, NotFound | Conflict, CurrentOrganization | CurrentActor>
}>()("@wicara/core/Modules") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Modules,
    never,
    SqlClient.SqlClient | ModuleRegistry | Entitlements | Events | Audit
  > = Layer.suspend(() => Layer.effect(Modules, make))

  /**
   * For those who don't let organizations choose, and for tests: every module is on, and none is listed.
   *
   * @since 0.1.0
   */
  static readonly layerAll: Layer.Layer<Modules> = Layer.sync(Modules, () => {
    const none = (id: string) =>
      Effect.fail(new NotFound({ resource: "module", id, detail: "Modules have no switch." }))
    return Modules.of({
      list: Effect.succeed([]),
      find: none,
      isEnabled: () => Effect.succeed(true),
      enable: none,
      disable: none
    })
  })
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ModuleRegistry
  const entitlements = yield* Entitlements
  const events = yield* Events
  const audit = yield* Audit

  const chosen = Effect.fnUntraced(function*() {
    const { id } = yield* CurrentOrganization
    const rows = yield* Effect.orDie(sql<StateRow>`SELECT module_id, enabled FROM core_module_states
      WHERE organization_id = ${Id.toBytes(id)}`)
    return new Map(rows.map((row) => [row.module_id, Number(row.enabled) === 1]))
  })

  /** What each module up to the given one is; those it requires come before it. */
  const states = Effect.fnUntraced(function*(upTo?: string) {
    const choices = yield* chosen()
    const result = new Map<string, ModuleState>()
    for (const module of registry.all) {
      const included = module.optional === false || (yield* entitlements.includes(module.id))
      const on = module.optional === false || (choices.get(module.id) ?? module.optional.enabledByDefault)
      const enabled = included && on && module.requires.every((required) => result.get(required)?.enabled === true)
      result.set(module.id, toState(module, included, enabled))
      if (module.id === upTo) break
    }
    return result
  })

  const find = Effect.fnUntraced(function*(id: string) {
    const state = (yield* states(id)).get(id)
    return state ??
      (yield* new NotFound({ resource: "module", id, detail: english("serverHasNo", { resource: "module", id }) }))
  })

  const choose = Effect.fnUntraced(function*(before: ModuleState, enabled: boolean) {
    const { id: organizationId } = yield* CurrentOrganization
    const now = yield* Clock.currentTimeMillis
    const value = enabled ? 1 : 0
    const row = { organization_id: Id.toBytes(organizationId), module_id: before.id, enabled: value, changed_at: now }
    return yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        yield* sql.onDialectOrElse({
          mysql: () =>
            sql`INSERT INTO core_module_states ${sql.insert(row)}
              ON DUPLICATE KEY UPDATE enabled = ${value}, changed_at = ${now}`,
          orElse: () =>
            sql`INSERT INTO core_module_states ${sql.insert(row)}
              ON CONFLICT (organization_id, module_id) DO UPDATE SET enabled = ${value}, changed_at = ${now}`
        })
        const after = yield* find(before.id)
        if (after.enabled === before.enabled) return after
        yield* events.append(CoreEvents.moduleChanged, {
          aggregateId: organizationId,
          payload: { moduleId: before.id, enabled }
        })
        yield* audit.record({
          action: "module.changed",
          target: { type: "module", id: before.id },
          before: { enabled: before.enabled },
          after: { enabled: after.enabled }
        })
        return after
      })
    ))
  })

  return Modules.of({
    list: Effect.map(states(), (all) => [...all.values()]).pipe(Effect.withSpan("Modules.list")),
    find: Effect.fn("Modules.find")(find),
    isEnabled: Effect.fnUntraced(function*(organizationId, id) {
      const module = registry.find(id)
      if (module === undefined) return false
      if (module.optional === false) return true
      const all = yield* states(id).pipe(Effect.provideService(CurrentOrganization, { id: organizationId }))
      return all.get(id)?.enabled === true
    }),
    enable: Effect.fn("Modules.enable")(function*(id) {
      const before = yield* find(id)
      if (!before.included) {
        return yield* new NotInPlan({ module: id, detail: english("notInPlan", { module: before.name }) })
      }
      const all = yield* states(id)
      const missing = before.requires.filter((required) => all.get(required)?.enabled !== true)
      if (missing.length > 0) {
        return yield* new Conflict({
          detail: english("moduleNeeds", { module: before.name, missing: missing.join(", ") })
        })
      }
      return yield* choose(before, true)
    }),
    disable: Effect.fn("Modules.disable")(function*(id) {
      const before = yield* find(id)
      if (!before.optional) return yield* new Conflict({ detail: english("moduleFixed", { module: before.name }) })
      const all = yield* states()
      const needing = registry.dependents(id).filter((module) => all.get(module.id)?.enabled === true)
      if (needing.length > 0) {
        return yield* new Conflict({
          detail: english("moduleNeeded", { module: before.name, others: needing.map(({ name }) => name).join(", ") })
        })
      }
      return yield* choose(before, false)
    })
  })
})

interface StateRow {
  readonly module_id: string
  readonly enabled: unknown
}

const toState = (module: Module, included: boolean, enabled: boolean): ModuleState =>
  new ModuleState({
    id: module.id,
    name: module.name,
    description: module.description,
    version: module.version,
    addon: module.addon,
    requires: module.requires,
    optional: module.optional !== false,
    included,
    enabled
  })
