/** How rows are read page by page and written down, for whoever exports them. */
import { Base64 } from "effect/encoding"
import type { SqlClient, Statement } from "effect/sql"
import * as Id from "../Id.ts"

export type Cell = string | number | null

export const cell = (value: unknown, isNumber: boolean): Cell => {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return value.length === 16 ? Id.fromBytes(value) : Base64.encode(value)
  if (typeof value === "number") return value
  if (typeof value === "bigint") return Number(value)
  return isNumber ? Number(value) : String(value)
}

/** Rows that come after a position in the order of several columns. */
export const beyond = (
  sql: SqlClient.SqlClient,
  columns: ReadonlyArray<string>,
  position: ReadonlyArray<unknown>
): Statement.Fragment => {
  const [column, ...rest] = columns
  const [value, ...values] = position
  if (column === undefined) return sql.literal("1 = 0")
  const after = sql`${sql(column)} > ${value as never}`
  if (rest.length === 0) return after
  return sql`${sql(column)} >= ${value as never} AND (${after} OR (${beyond(sql, rest, values)}))`
}
