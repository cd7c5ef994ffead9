/**
 * Add-ons that were installed once. What each declared of its tables is noted when it is installed, so that after it was
 * removed its data is still exported and erased with the organization that it belongs to, until somebody drops it.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as Records from "./internal/addonRecords.ts"
import { allTables, erasureOrder, makeCatalog } from "./internal/tenantTables.ts"
import type { Module } from "./Module.ts"
import { ModuleRegistry } from "./Module.ts"
import { onPlatform } from "./PlatformAdmins.ts"
import { NotFound } from "./Problem.ts"
import { RemovedAddon } from "./RemovedAddon.ts"
import { orDieSql } from "./Sql.ts"
import type { CurrentActor } from "./Tenancy.ts"

/**
 * Notes the add-ons among the modules, after their migrations have run.
 *
 * @category running
 * @since 0.1.0
 */
export const note = (modules: ReadonlyArray<Module>): Effect.Effect<void, never, SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.orDie(Records.note(sql, modules)))

/**
 * @category services
 * @since 0.1.0
 */
export class RemovedAddons extends Context.Service<RemovedAddons, {
  readonly list: Effect.Effect<ReadonlyArray<RemovedAddon>>
  /** Decides that the tables stay: nobody is asked about them any more. Installing the add-on again finds them. */
  readonly keep: (id: string) => Effect.Effect<RemovedAddon, NotFound, CurrentActor>
  /**
   * Drops every table of the add-on, and what the server keeps for it: its switches, settings and positions in the
   * events. Nothing brings them back. What was dropped is returned. A second time after a crash it goes on.
   */
  readonly drop: (id: string) => Effect.Effect<ReadonlyArray<string>, NotFound, CurrentActor>
}>()("@wicara/core/RemovedAddons") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<RemovedAddons, never, SqlClient.SqlClient | ModuleRegistry | Audit> = Layer
    .suspend(() => Layer.effect(RemovedAddons, make))

  /**
   * Warns of those about which nobody has decided yet.
   *
   * @since 0.1.0
   */
  static readonly layerWarning: Layer.Layer<never, never, RemovedAddons> = Layer.effectDiscard(
    Effect.gen(function*() {
      const removed = yield* Effect.flatMap(RemovedAddons, ({ list }) => list)
      yield* Effect.forEach(
        removed.filter(({ keptAt }) => keptAt === null),
        ({ id }) =>
          Effect.logWarning(
            `The add-on ${id} was removed; its tables are kept: \`wicara modules keep ${id}\` or \`wicara modules drop ${id}\``
          ),
        { discard: true }
      )
    })
  )
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ModuleRegistry
  const audit = yield* Audit
  const catalog = makeCatalog(sql)

  const find = Effect.fnUntraced(function*(id: string) {
    const record = (yield* Records.removed(sql, registry.all)).find((one) => one.id === id)
    return record ??
      (yield* new NotFound({ resource: "add-on", id, detail: `There is no removed add-on "${id}".` }))
  })

  /** The prefix `notes_` begins the tables of `notes_extra` too, which are another's. */
  const tablesOf = Effect.fnUntraced(function*(record: Records.AddonRecord) {
    const prefixes = [
      ...registry.all.flatMap(({ migrations }) => migrations.map(({ prefix }) => prefix)),
      ...(yield* Records.read(sql)).filter(({ id }) => id !== record.id).flatMap((other) => other.prefixes)
    ]
    return (yield* allTables(sql)).filter((table) =>
      record.prefixes.some((own) =>
        table.startsWith(`${own}_`) &&
        !prefixes.some((other) => other.length > own.length && table.startsWith(`${other}_`))
      )
    )
  })

  const drop = Effect.fnUntraced(function*(id: string) {
    const record = yield* find(id)
    const shapes = yield* Effect.forEach(yield* tablesOf(record), (table) => catalog.shape(table))
    const tables = erasureOrder(shapes.filter((shape) => shape !== undefined)).map(({ table }) => table)
    for (const table of tables) yield* sql`DROP TABLE IF EXISTS ${sql(table)}`
    const own = `${id}.%`
    yield* sql`DELETE FROM core_module_states WHERE module_id = ${id}`
    yield* sql`DELETE FROM core_settings WHERE setting_key LIKE ${own}`
    yield* sql`DELETE FROM core_platform_settings WHERE setting_key LIKE ${own}`
    yield* sql`DELETE FROM core_event_cursors WHERE consumer LIKE ${own}`
    yield* sql`DELETE FROM core_event_failures WHERE consumer LIKE ${own}`
    yield* sql`DELETE FROM core_schedules WHERE name LIKE ${own}`
    yield* onPlatform(audit.record({
      action: "module.dropped",
      target: { type: "module", id },
      before: { version: record.version, tables }
    }))
    // Last, so that one who died on the way begins again.
    yield* sql`DELETE FROM core_addons WHERE id = ${id}`
    return tables
  })

  return RemovedAddons.of({
    list: Effect.map(Effect.orDie(Records.removed(sql, registry.all)), (records) => records.map(toRemoved)).pipe(
      Effect.withSpan("RemovedAddons.list")
    ),
    keep: Effect.fn("RemovedAddons.keep")((id) =>
      orDieSql(Effect.gen(function*() {
        const { keptAt } = yield* find(id)
        if (keptAt === null) {
          yield* sql`UPDATE core_addons SET kept_at = ${yield* Clock.currentTimeMillis} WHERE id = ${id}`
          yield* onPlatform(audit.record({ action: "module.kept", target: { type: "module", id } }))
        }
        return toRemoved(yield* find(id))
      }))
    ),
    drop: Effect.fn("RemovedAddons.drop")((id) => orDieSql(drop(id)))
  })
})

const toRemoved = ({ id, keptAt, name, tables, version }: Records.AddonRecord): RemovedAddon =>
  new RemovedAddon({
    id,
    name,
    version,
    tables: tables.map(({ table }) => table),
    keptAt: keptAt === null ? null : DateTime.makeUnsafe(keptAt)
  })
