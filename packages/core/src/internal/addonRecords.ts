/** What the database remembers of add-ons, so that the data of one that was removed is still accounted for. */
import { Clock, Effect, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Module } from "../Module.ts"
import { affectedRows, insertIfAbsent } from "../Sql.ts"

/** `except` is null where a table is not exported. */
const Declared = Schema.Struct({
  prefixes: Schema.Array(Schema.String),
  tables: Schema.Array(Schema.Struct({ table: Schema.String, except: Schema.NullOr(Schema.Array(Schema.String)) }))
})
const DeclaredText = Schema.fromJsonString(Declared)
const encode = Schema.encodeSync(DeclaredText)
const decode = Schema.decodeUnknownSync(DeclaredText)

export interface AddonRecord extends Schema.Schema.Type<typeof Declared> {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly keptAt: number | null
}

interface AddonRow {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly declared: string
  readonly kept_at: unknown
}

const declaredBy = (module: Module) =>
  encode({
    prefixes: module.migrations.map(({ prefix }) => prefix),
    tables: module.data.map((data) => ({
      table: data.table,
      except: data.export === "none" ? null : data.export.except
    }))
  })

/** All that were ever noted, by their ids. */
export const read = (sql: SqlClient.SqlClient): Effect.Effect<ReadonlyArray<AddonRecord>, SqlError.SqlError> =>
  Effect.map(
    sql<AddonRow>`SELECT id, name, version, declared, kept_at FROM core_addons ORDER BY id`,
    (rows) =>
      rows.map(({ declared, id, kept_at, name, version }) => ({
        id,
        name,
        version,
        keptAt: kept_at === null ? null : Number(kept_at),
        ...decode(declared)
      }))
  )

/** Those that are no modules of this server. */
export const removed = (sql: SqlClient.SqlClient, modules: ReadonlyArray<Module>) =>
  Effect.map(read(sql), (records) => records.filter(({ id }) => !modules.some((module) => module.id === id)))

/** Notes the add-ons among the modules as they are now. */
export const note = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, modules: ReadonlyArray<Module>) {
  const now = yield* Clock.currentTimeMillis
  for (const module of modules.filter(({ addon }) => addon)) {
    const { id, name, version } = module
    const values = { name, version, declared: declaredBy(module), kept_at: null, noted_at: now }
    yield* insertIfAbsent(sql, "core_addons", "id", [{ id, ...values }])
    yield* affectedRows(sql`UPDATE core_addons SET ${sql.update(values)} WHERE id = ${id}`)
  }
})
