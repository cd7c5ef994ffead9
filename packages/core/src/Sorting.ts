/**
 * The order of a list: `sort=name`, or `sort=-name` for the other way round, by one of the fields that an index of the
 * table has; anything else is refused with the names of what is allowed. Rows that are equal in it are ordered by their
 * id, and the cursor carries the position in both: each row is listed once, however many are added meanwhile.
 *
 * A list is sorted by one field and not by several: the index that each combination needs would have to be kept for the
 * largest tables.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { SqlClient, SqlError, Statement } from "effect/sql"
import * as Pagination from "./Pagination.ts"
import { InvalidInput } from "./Problem.ts"
import { rowLimit } from "./Sql.ts"

/**
 * One of the fields, ascending, or descending with `-` before it.
 *
 * @category models
 * @since 0.1.0
 */
export type Sort<Field extends string> = Field | `-${Field}`

/**
 * The query parameter of a list endpoint: `query: { ...Pagination.query, sort: Sorting.parameter(["createdAt"], "-createdAt") }`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const parameter = <const Field extends string>(fields: ReadonlyArray<Field>, standard: Sort<Field>) =>
  Schema.optional(
    Schema.Literals(fields.flatMap((field): ReadonlyArray<Sort<Field>> => [field, `-${field}`])).annotate({
      description:
        `The field to sort by, with \`-\` before it the other way round; \`${standard}\` when absent. A cursor ` +
        "belongs to the order it was made in.",
      examples: [standard]
    })
  )

/**
 * The field and direction of an order.
 *
 * @category accessors
 * @since 0.1.0
 */
export const parts = <Field extends string>(
  sort: Sort<Field>
): { readonly field: Field; readonly isDescending: boolean } => {
  const isDescending = sort.startsWith("-")
  return { field: (isDescending ? sort.slice(1) : sort) as Field, isDescending }
}

/**
 * Where a page ended: the last row's value in the field, `null` when it has none or the id says it, and its id.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Position = Schema.Struct({
  sort: Schema.String,
  key: Schema.NullOr(Schema.Union([Schema.String, Schema.Finite])),
  id: Schema.String.check(Schema.isUUID())
})
/** @since 0.1.0 */
export type Position = typeof Position.Type

/**
 * The position a page starts after: `undefined` for the first one. Fails for a cursor of another order.
 *
 * @category codecs
 * @since 0.1.0
 */
export const position = (
  query: Pagination.PageQuery,
  sort: string
): Effect.Effect<Position | undefined, InvalidInput> => positionAs(Position, query, sort)

/**
 * The same for a list whose positions are of another form.
 *
 * @category codecs
 * @since 0.1.0
 */
export const positionAs = <A extends { readonly sort: string }, I>(
  schema: Schema.Codec<A, I>,
  query: Pagination.PageQuery,
  sort: string
): Effect.Effect<A | undefined, InvalidInput> =>
  Effect.flatMap(Pagination.position(schema, query), (after) =>
    after === undefined || after.sort === sort
      ? Effect.succeed(after)
      : Effect.fail(
        InvalidInput.of("cursor", `This cursor was made for sort=${after.sort}: give it back with the same order.`)
      ))

/**
 * Which column an order means.
 *
 * @category models
 * @since 0.1.0
 */
export interface Keyset {
  /** The column of the field, `undefined` when it is the id itself, which grows with time. */
  readonly column: string | undefined
  /** Whether the column may be `NULL`; those rows come first, or last in descending order. */
  readonly isNullable?: boolean | undefined
  readonly isDescending: boolean
  readonly id: string
  /** Where to go on, the id as it is stored. */
  readonly after: { readonly key: string | number | null; readonly id: unknown } | undefined
}

/**
 * The conditions and orders of the statements that read the rows after a position, to be run one after the other until
 * the page is full. Each is a range of the index on the column and the id, also where rows have no value in the column.
 *
 * @category statements
 * @since 0.1.0
 */
export const ranges = (
  sql: SqlClient.SqlClient,
  { after, column, id, isDescending, isNullable }: Keyset
): ReadonlyArray<{ readonly where: Statement.Fragment; readonly orderBy: Statement.Fragment }> => {
  const beyond = sql.literal(isDescending ? "<" : ">")
  const direction = sql.literal(isDescending ? "DESC" : "ASC")
  const beyondId = (value: unknown) => sql`${sql(id)} ${beyond} ${value as never}`
  const byId = sql`${sql(id)} ${direction}`
  if (column === undefined) {
    return [{ where: after === undefined ? sql.literal("1 = 1") : beyondId(after.id), orderBy: byId }]
  }
  const nulls = {
    where: after !== undefined && after.key === null
      ? sql`${sql(column)} IS NULL AND ${beyondId(after.id)}`
      : sql`${sql(column)} IS NULL`,
    orderBy: byId
  }
  const values = {
    where: after === undefined || after.key === null
      ? sql`${sql(column)} IS NOT NULL`
      // MySQL reads the range of this form from the index, and not of a row comparison.
      : sql`${sql(column)} ${beyond}= ${after.key} AND (${sql(column)} ${beyond} ${after.key} OR ${
        beyondId(after.id)
      })`,
    orderBy: sql`${sql(column)} ${direction}, ${byId}`
  }
  if (isNullable !== true) return [values]
  const all = isDescending ? [values, nulls] : [nulls, values]
  const isPast = after !== undefined && (after.key === null) === isDescending
  return isPast ? all.slice(1) : all
}

/**
 * Reads at most `limit` rows from the ranges, one after the other.
 *
 * @category statements
 * @since 0.1.0
 */
export const read = Effect.fnUntraced(function*<Row>(
  sql: SqlClient.SqlClient,
  keyset: Keyset,
  limit: number,
  select: (
    where: Statement.Fragment,
    rest: Statement.Fragment
  ) => Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
) {
  const rows: Array<Row> = []
  for (const { orderBy, where } of ranges(sql, keyset)) {
    if (rows.length >= limit) break
    const rest = sql`ORDER BY ${orderBy} LIMIT ${rowLimit(sql, limit - rows.length)}`
    rows.push(...(yield* select(where, rest)))
  }
  return rows
})
