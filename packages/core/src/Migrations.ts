/**
 * Migrations of one package's own tables, recorded in a table of its own.
 *
 * Each migration is one idempotent DDL statement (`CREATE TABLE IF NOT EXISTS ...`). It is recorded after it ran, so a
 * crash between the two repeats a statement that then changes nothing: right also on MySQL, where DDL commits
 * implicitly. Only one process migrates at a time.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError, Statement } from "effect/sql"
import { columnTypes } from "./Sql.ts"
import type { ColumnTypes } from "./Sql.ts"

/**
 * One step: a name that never changes once released, and the statement.
 *
 * @category models
 * @since 0.1.0
 */
export interface Migration {
  readonly name: string
  readonly run: (
    sql: SqlClient.SqlClient,
    types: ColumnTypes
  ) => Effect.Effect<unknown, SqlError.SqlError>
}

/**
 * All migrations of a package, in the order in which they run.
 *
 * @category models
 * @since 0.1.0
 */
export interface MigrationSet {
  /** The package's table prefix; its migrations are recorded in `<prefix>_migrations`. */
  readonly prefix: string
  readonly migrations: ReadonlyArray<Migration>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (prefix: string, migrations: ReadonlyArray<Migration>): MigrationSet => ({ prefix, migrations })

/**
 * Creates an index if it is absent (MySQL 8 has no `CREATE INDEX IF NOT EXISTS`).
 *
 * @category statements
 * @since 0.1.0
 */
export const createIndex = (options: {
  readonly name: string
  readonly table: string
  readonly columns: ReadonlyArray<string>
  readonly unique?: boolean
}): Migration => ({
  name: options.name,
  run: (sql) => {
    const create = sql`CREATE ${sql.literal(options.unique === true ? "UNIQUE INDEX" : "INDEX")} ${
      sql(options.name)
    } ON ${sql(options.table)} (${sql.csv(options.columns.map((column) => sql`${sql(column)}`))})`
    const exists = sql.onDialectOrElse({
      mysql: () =>
        sql`SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ${options.table} AND index_name = ${options.name} LIMIT 1`,
      orElse: () => sql`SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ${options.name}`
    })
    return Effect.flatMap(
      exists,
      (rows): Effect.Effect<void, SqlError.SqlError> => rows.length > 0 ? Effect.void : Effect.asVoid(create)
    )
  }
})

/**
 * Adds a column if it is absent (neither MySQL nor SQLite has `ADD COLUMN IF NOT EXISTS`). What existing rows hold there
 * is `NULL`, or the default that the type names.
 *
 * @category statements
 * @since 0.1.0
 */
export const addColumn = (options: {
  readonly name: string
  readonly table: string
  readonly column: string
  readonly type: (types: ColumnTypes, sql: SqlClient.SqlClient) => Statement.Fragment
}): Migration => ({
  name: options.name,
  run: (sql, types) => {
    const exists = sql.onDialectOrElse({
      mysql: () =>
        sql`SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ${options.table} AND column_name = ${options.column} LIMIT 1`,
      orElse: () => sql`SELECT 1 FROM pragma_table_info(${options.table}) WHERE name = ${options.column}`
    })
    const add = sql`ALTER TABLE ${sql(options.table)} ADD COLUMN ${sql(options.column)} ${options.type(types, sql)}`
    return Effect.flatMap(
      exists,
      (rows): Effect.Effect<void, SqlError.SqlError> => rows.length > 0 ? Effect.void : Effect.asVoid(add)
    )
  }
})

/**
 * The migrations of modules, in their order.
 *
 * @category accessors
 * @since 0.1.0
 */
export const of = (
  modules: ReadonlyArray<{ readonly migrations: ReadonlyArray<MigrationSet> }>
): ReadonlyArray<MigrationSet> => modules.flatMap(({ migrations }) => migrations)

/**
 * Runs what has not run yet of the sets, in their order, and returns the names of what ran (`prefix/name`).
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Migrations.run")(function*(sets: ReadonlyArray<MigrationSet>) {
  const sql = yield* SqlClient.SqlClient
  const types = columnTypes(sql)
  const lock = sql.onDialectOrElse({
    mysql: () => Effect.asVoid(sql`SELECT GET_LOCK(CONCAT(LEFT(DATABASE(), 40), '.wicara_migrate'), 60)`),
    orElse: () => Effect.void
  })
  const unlock = sql.onDialectOrElse({
    mysql: () => Effect.asVoid(sql`SELECT RELEASE_LOCK(CONCAT(LEFT(DATABASE(), 40), '.wicara_migrate'))`),
    orElse: () => Effect.void
  })
  const ran: Array<string> = []
  const runSet = Effect.fnUntraced(function*(set: MigrationSet) {
    const table = `${set.prefix}_migrations`
    yield* sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (
      name ${types.text(190)} NOT NULL PRIMARY KEY,
      ran_at ${types.instant} NOT NULL
    ) ${types.tableOptions}`
    const rows = yield* sql<{ readonly name: string }>`SELECT name FROM ${sql(table)}`
    const done = new Set(rows.map((row) => row.name))
    for (const migration of set.migrations) {
      if (done.has(migration.name)) continue
      yield* migration.run(sql, types)
      const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      yield* sql`INSERT INTO ${sql(table)} ${sql.insert({ name: migration.name, ran_at: now })}`
      ran.push(`${set.prefix}/${migration.name}`)
    }
  })
  // A transaction pins one connection, which is what holds the lock; on SQLite it also makes the whole run atomic.
  yield* sql.withTransaction(
    Effect.acquireUseRelease(lock, () => Effect.forEach(sets, runSet, { discard: true }), () => Effect.ignore(unlock))
  )
  return ran as ReadonlyArray<string>
})
