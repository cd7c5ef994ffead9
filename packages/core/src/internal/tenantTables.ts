/** What the database says of its tables: columns, primary keys and references. */
import { Effect } from "effect"
import type { SqlClient, SqlError } from "effect/sql"

export interface TableShape {
  readonly table: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly isNumber: boolean }>
  /** The primary key without `organization_id`. */
  readonly key: ReadonlyArray<string>
  /** The tables that it refers to. */
  readonly references: ReadonlyArray<string>
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly position: unknown
}

const numeric = /int|double|float|real|decimal|numeric/i

/** Every table of the database. */
export const allTables = (sql: SqlClient.SqlClient): Effect.Effect<ReadonlyArray<string>, SqlError.SqlError> =>
  Effect.map(
    sql.onDialectOrElse({
      mysql: () =>
        sql<{ readonly name: string }>`SELECT table_name AS name FROM information_schema.tables
          WHERE table_schema = DATABASE()`,
      orElse: () => sql<{ readonly name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'`
    }),
    (rows) => rows.map(({ name }) => name)
  )

export const makeCatalog = (sql: SqlClient.SqlClient) => {
  const tables = sql.onDialectOrElse({
    mysql: () =>
      sql<{ readonly name: string }>`SELECT table_name AS name FROM information_schema.columns
        WHERE table_schema = DATABASE() AND column_name = 'organization_id'`,
    orElse: () =>
      sql<{ readonly name: string }>`SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = 'organization_id'`
  })

  const columns = (table: string) =>
    sql.onDialectOrElse({
      mysql: () =>
        sql<ColumnRow>`SELECT c.column_name AS name, c.data_type AS type, COALESCE(s.seq_in_index, 0) AS position
          FROM information_schema.columns c
          LEFT JOIN information_schema.statistics s ON s.table_schema = c.table_schema
            AND s.table_name = c.table_name AND s.index_name = 'PRIMARY' AND s.column_name = c.column_name
          WHERE c.table_schema = DATABASE() AND c.table_name = ${table} ORDER BY c.ordinal_position`,
      orElse: () => sql<ColumnRow>`SELECT name, type, pk AS position FROM pragma_table_info(${table}) ORDER BY cid`
    })

  const references = (table: string) =>
    sql.onDialectOrElse({
      mysql: () =>
        sql<{ readonly name: string }>`SELECT DISTINCT referenced_table_name AS name
          FROM information_schema.key_column_usage
          WHERE table_schema = DATABASE() AND table_name = ${table} AND referenced_table_name IS NOT NULL`,
      orElse: () =>
        sql<{ readonly name: string }>`SELECT DISTINCT "table" AS name FROM pragma_foreign_key_list(${table})`
    })

  return {
    tables: Effect.map(tables, (rows) => rows.map(({ name }) => name)),
    shape: (table: string): Effect.Effect<TableShape | undefined, SqlError.SqlError> =>
      Effect.gen(function*() {
        const rows = yield* columns(table)
        if (rows.length === 0) return undefined
        return {
          table,
          columns: rows.map(({ name, type }) => ({ name, isNumber: numeric.test(type) })),
          key: rows.filter(({ name, position }) => Number(position) > 0 && name !== "organization_id")
            .toSorted((a, b) => Number(a.position) - Number(b.position))
            .map(({ name }) => name),
          references: (yield* references(table)).map(({ name }) => name).filter((name) => name !== table)
        }
      })
  }
}

/** Tables before those that they refer to. */
export const erasureOrder = (shapes: ReadonlyArray<TableShape>): ReadonlyArray<TableShape> => {
  const order: Array<TableShape> = []
  const seen = new Set<string>()
  const visit = (shape: TableShape) => {
    if (seen.has(shape.table)) return
    seen.add(shape.table)
    for (const other of shapes) if (other.references.includes(shape.table)) visit(other)
    order.push(shape)
  }
  for (const shape of shapes) visit(shape)
  return order
}
