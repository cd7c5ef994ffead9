/**
 * What becomes of an organization's data: every table that has an `organization_id` says how it is exported and how it
 * is erased, and a server with a table that says nothing does not start. Keys, columns and the order in which rows can
 * be deleted are read from the database itself.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option, Result, Schema, Stream } from "effect"
import { Base64 } from "effect/encoding"
import { SqlClient } from "effect/sql"
import * as Id from "./Id.ts"
import * as AddonRecords from "./internal/addonRecords.ts"
import { beyond, cell } from "./internal/exportedRows.ts"
import { erasureOrder, makeCatalog } from "./internal/tenantTables.ts"
import type { TableShape } from "./internal/tenantTables.ts"
import { ModuleRegistry } from "./Module.ts"
import { affectedRows, rowLimit } from "./Sql.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * What a table says.
 *
 * @category models
 * @since 0.1.0
 */
export interface TableData {
  readonly table: string
  /** Which columns an export has: all but these, or none at all. `organization_id` is never repeated. */
  readonly export: { readonly except: ReadonlyArray<string> } | "none"
  /** Whether the rows go, or stay because of `reason` with `columns` overwritten. */
  readonly erase: "delete" | { readonly keep: string; readonly pseudonymise: Pseudonymise }
}

/**
 * Takes what tells of people out of one kept row: the columns to overwrite. `pseudonym` gives the same made-up id for
 * the same id within one erasure, and nobody can go back from it.
 *
 * @category models
 * @since 0.1.0
 */
export type Pseudonymise = (
  row: Readonly<Record<string, unknown>>,
  pseudonym: (id: string) => string
) => Readonly<Record<string, unknown>>

/**
 * A table whose rows are the organization's: exported, but for columns that would help nobody else (digests, sealed
 * secrets), and deleted.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * TenantData.table("core_api_keys", { except: ["key_hash"] })
 */
export const table = (name: string, options?: { readonly except?: ReadonlyArray<string> }): TableData => ({
  table: name,
  export: { except: options?.except ?? [] },
  erase: "delete"
})

/**
 * A table that only the server needs (work lists, leases, indexes, counters): not exported, and deleted.
 *
 * @category constructors
 * @since 0.1.0
 */
export const internal = (name: string): TableData => ({ table: name, export: "none", erase: "delete" })

/**
 * A table whose rows outlive the organization, for the reason given, without what tells of people.
 *
 * @category constructors
 * @since 0.1.0
 */
export const kept = (name: string, reason: string, pseudonymise: Pseudonymise): TableData => ({
  table: name,
  export: { except: [] },
  erase: { keep: reason, pseudonymise }
})

/**
 * Tables that say nothing of what becomes of their rows, or declarations without a table.
 *
 * @category errors
 * @since 0.1.0
 */
export class TenantDataUndeclared extends Schema.TaggedError<TenantDataUndeclared>()("TenantDataUndeclared", {
  undeclared: Schema.Array(Schema.String),
  missing: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const parts = [
      ...(this.undeclared.length === 0 ? [] : [
        `these tables with an organization_id have no erasure policy in the data of their module: ${
          this.undeclared.join(", ")
        }`
      ]),
      ...(this.missing.length === 0 ? [] : [`these declared tables do not exist: ${this.missing.join(", ")}`])
    ]
    return `The data of organizations is not accounted for: ${parts.join("; ")}`
  }
}

/**
 * One row of an export.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExportedRow {
  readonly table: string
  /** Ids as UUIDs, other bytes in base64, instants as epoch milliseconds, JSON as the text it is stored as. */
  readonly row: Readonly<Record<string, string | number | null>>
}

/**
 * How many rows of which table an erasure took, or kept without what tells of people.
 *
 * @category models
 * @since 0.1.0
 */
export type ErasedRows = Readonly<Record<string, number>>

/**
 * @category services
 * @since 0.1.0
 */
export class TenantData extends Context.Service<TenantData, {
  /** Fails unless every table of the database that has an `organization_id` is declared, and every declared one is there. */
  readonly verify: Effect.Effect<void, TenantDataUndeclared>
  /** All rows of an organization, table by table, read in pages: constant memory however much it is. */
  readonly export: (organizationId: OrganizationId) => Stream.Stream<ExportedRow>
  /**
   * Deletes or pseudonymises rows in the order in which they depend on each other, in small transactions, until at most
   * `limit` rows were touched. `null` says that nothing is left. Repeat it from anywhere, in any process.
   */
  readonly erase: (
    organizationId: OrganizationId,
    options: { readonly limit: number; readonly after: ErasureCursor | undefined; readonly pseudonym: PseudonymKey }
  ) => Effect.Effect<ErasureStep>
}>()("@wicara/core/TenantData") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<TenantData, never, SqlClient.SqlClient | ModuleRegistry> = Layer.suspend(() =>
    Layer.effect(TenantData, make)
  )

  /**
   * Lets no server start whose tables are not accounted for.
   *
   * @since 0.1.0
   */
  static readonly layerVerified: Layer.Layer<never, TenantDataUndeclared, TenantData> = Layer.effectDiscard(
    Effect.flatMap(TenantData, ({ verify }) => verify)
  )
}

/**
 * Where a kept table's rewriting has come to; deleted rows need no cursor.
 *
 * @category models
 * @since 0.1.0
 */
export const ErasureCursor = Schema.Struct({
  table: Schema.String,
  /** The primary key of the last row, encoded. */
  key: Schema.Array(Schema.Union([Schema.String, Schema.Number]))
})
/** @since 0.1.0 */
export type ErasureCursor = typeof ErasureCursor.Type

/**
 * Makes pseudonyms: a function of an id that nobody can repeat once its key is gone.
 *
 * @category models
 * @since 0.1.0
 */
export type PseudonymKey = (id: string) => string

/**
 * @category models
 * @since 0.1.0
 */
export interface ErasureStep {
  readonly erased: ErasedRows
  /** Where to go on; `null` when every table is done. */
  readonly next: { readonly cursor: ErasureCursor | undefined } | null
}

const pageRows = 500

type Row = Readonly<Record<string, unknown>>

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ModuleRegistry
  const declared = registry.all.flatMap(({ data }) => data)
  const catalog = makeCatalog(sql)

  /** The tables in the order of their modules; what refers to others comes after them. */
  const shapesOf = Effect.fnUntraced(function*(tables: ReadonlyArray<TableData>) {
    const shapes = new Map<string, TableShape>()
    for (const { table } of tables) {
      const shape = yield* Effect.orDie(catalog.shape(table))
      if (shape !== undefined) shapes.set(table, shape)
    }
    return shapes
  })
  const declaredShapes = yield* Effect.cached(shapesOf(declared))

  /** What removed add-ons had said, as far as it can be written down: what they would have kept is deleted. */
  const removed = Effect.map(
    Effect.orDie(AddonRecords.removed(sql, registry.all)),
    (records) =>
      records.flatMap(({ tables }) =>
        tables.map(({ except, table }): TableData => ({
          table,
          export: except === null ? "none" : { except },
          erase: "delete"
        }))
      )
  )

  /** All tables that are accounted for, with their shapes. Those of removed add-ons may be dropped at any time. */
  const accounted = Effect.gen(function*() {
    const others = yield* removed
    if (others.length === 0) return { tables: declared, shapes: yield* declaredShapes }
    const shapes = new Map([...yield* declaredShapes, ...yield* shapesOf(others)])
    return { tables: [...declared, ...others], shapes }
  })

  const names = (columns: ReadonlyArray<string>) => sql.csv(columns.map((column) => sql`${sql(column)}`))

  /** Rows of an organization after a position in the order of the primary key. */
  const read = (shape: TableShape, id: OrganizationId, after: ReadonlyArray<unknown> | undefined, limit: number) => {
    const columns = shape.columns.map(({ name }) => name)
    const order = shape.key.length === 0 ? sql.literal("") : sql`ORDER BY ${names(shape.key)}`
    return Effect.orDie(
      sql<Row>`SELECT ${names(columns)} FROM ${sql(shape.table)}
        WHERE organization_id = ${Id.toBytes(id)} ${
        after === undefined ? sql.literal("") : sql`AND ${beyond(sql, shape.key, after)}`
      }
        ${order} LIMIT ${rowLimit(sql, limit)}`
    )
  }

  const keyOf = (shape: TableShape, row: Row) => shape.key.map((column) => row[column])

  const exportTable = (shape: TableShape, id: OrganizationId, except: ReadonlyArray<string>) => {
    const columns = shape.columns.filter(({ name }) => name !== "organization_id" && !except.includes(name))
    return Stream.paginate(
      undefined as ReadonlyArray<unknown> | undefined,
      (after) =>
        Effect.map(read(shape, id, after, pageRows), (rows) => {
          const last = rows[rows.length - 1]
          return [
            rows.map((row): ExportedRow => ({
              table: shape.table,
              row: Object.fromEntries(columns.map(({ isNumber, name }) => [name, cell(row[name], isNumber)]))
            })),
            rows.length < pageRows || last === undefined || shape.key.length === 0
              ? Option.none()
              : Option.some(keyOf(shape, last))
          ] as const
        })
    )
  }

  const deleteSome = Effect.fnUntraced(function*(shape: TableShape, id: OrganizationId, limit: number) {
    let total = 0
    while (total < limit) {
      const rows = yield* read(shape, id, undefined, Math.min(pageRows, limit - total))
      const last = rows[rows.length - 1]
      if (last === undefined) break
      const upTo = shape.key.length === 0
        ? sql.literal("")
        : sql`AND NOT (${beyond(sql, shape.key, keyOf(shape, last))})`
      total += yield* Effect.orDie(affectedRows(
        sql`DELETE FROM ${sql(shape.table)} WHERE organization_id = ${Id.toBytes(id)} ${upTo}`
      ))
      if (rows.length < pageRows || shape.key.length === 0) break
    }
    return total
  })

  const rewriteSome = Effect.fnUntraced(function*(
    shape: TableShape,
    id: OrganizationId,
    pseudonymise: Pseudonymise,
    pseudonym: PseudonymKey,
    after: ReadonlyArray<unknown> | undefined
  ) {
    const rows = yield* read(shape, id, after, pageRows)
    for (const row of rows) {
      const changes = pseudonymise(row, pseudonym)
      const same = shape.key.map((column) => sql`${sql(column)} = ${row[column] as never}`)
      yield* Effect.orDie(sql`UPDATE ${sql(shape.table)} SET ${sql.update(changes)}
        WHERE organization_id = ${Id.toBytes(id)} AND ${sql.and(same)}`)
    }
    const last = rows[rows.length - 1]
    return { count: rows.length, last: rows.length < pageRows || last === undefined ? undefined : keyOf(shape, last) }
  })

  return TenantData.of({
    verify: Effect.gen(function*() {
      const present = yield* Effect.orDie(catalog.tables)
      const known = new Set(declared.map(({ table }) => table))
      const left = new Set((yield* removed).map(({ table }) => table))
      const undeclared = present.filter((table) => !known.has(table) && !left.has(table)).toSorted()
      const missing = [...known].filter((table) => !present.includes(table)).toSorted()
      if (undeclared.length + missing.length > 0) return yield* new TenantDataUndeclared({ undeclared, missing })
    }),
    export: (organizationId) =>
      Stream.unwrap(Effect.map(accounted, ({ shapes, tables }) =>
        Stream.fromIterable(tables).pipe(
          Stream.flatMap((data) => {
            const shape = shapes.get(data.table)
            return shape === undefined || data.export === "none"
              ? Stream.empty
              : exportTable(shape, organizationId, data.export.except)
          })
        ))),
    erase: Effect.fn("TenantData.erase")(function*(organizationId, { after, limit, pseudonym }) {
      const { shapes: all, tables } = yield* accounted
      const erased: Record<string, number> = {}
      let left = limit
      // What is kept comes first: it is rewritten once, from its cursor on.
      for (const data of tables) {
        const shape = all.get(data.table)
        if (data.erase === "delete" || shape === undefined) continue
        const done = after !== undefined && tables.findIndex(({ table }) => table === after.table) >
            tables.indexOf(data)
        if (done || after?.table === finished) continue
        let position = after?.table === data.table ? after.key.map(decodeKey) : undefined
        while (true) {
          const { count, last } = yield* rewriteSome(
            shape,
            organizationId,
            data.erase.pseudonymise,
            pseudonym,
            position
          )
          if (count > 0) erased[data.table] = (erased[data.table] ?? 0) + count
          left -= count
          if (last === undefined) break
          position = last
          if (left <= 0) {
            return { erased, next: { cursor: { table: data.table, key: last.map(encodeKey) } } } satisfies ErasureStep
          }
        }
      }
      const cursor: ErasureCursor = { table: finished, key: [] }
      const order = erasureOrder(
        tables.filter(({ erase }) => erase === "delete").flatMap(({ table }) => all.get(table) ?? [])
      )
      for (const shape of order) {
        const count = yield* deleteSome(shape, organizationId, Math.max(left, 0))
        if (count > 0) erased[shape.table] = count
        left -= count
        if (left <= 0) return { erased, next: { cursor } } satisfies ErasureStep
      }
      // Somebody may have written into a table that was done: only a round that finds nothing is the last.
      return { erased, next: order.some(({ table }) => erased[table] !== undefined) ? { cursor } : null }
    })
  })
})

/** The cursor's table when all kept tables are done. */
const finished = ""

const encodeKey = (value: unknown): string | number =>
  value instanceof Uint8Array ? `b:${Base64.encode(value)}` : typeof value === "number" ? value : `s:${String(value)}`

const decodeKey = (value: string | number): unknown => {
  if (typeof value === "number") return value
  return value.startsWith("b:") ? Result.getOrThrow(Base64.decode(value.slice(2))) : value.slice(2)
}
