/**
 * What is kept of one person: modules say which rows of which tables are about somebody or by them, and an export has
 * all of these, of their account and of their organizations. What would help nobody else (digests, sealed secrets) stays
 * out of it.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import type { Statement } from "effect/sql"
import { accountOf } from "./AuthenticationEvents.ts"
import * as Id from "./Id.ts"
import { beyond, cell } from "./internal/exportedRows.ts"
import { makeCatalog } from "./internal/tenantTables.ts"
import type { TableShape } from "./internal/tenantTables.ts"
import { ModuleRegistry } from "./Module.ts"
import { accounts } from "./Secrets.ts"
import { rowLimit } from "./Sql.ts"
import type { ExportedRow } from "./TenantData.ts"
import { Actor } from "./Tenancy.ts"
import type { OrganizationId, UserId } from "./Tenancy.ts"

/**
 * Which rows of a table are a person's.
 *
 * @category models
 * @since 0.1.0
 */
export interface PersonTable {
  readonly table: string
  /** The column that says whose a row is. */
  readonly column: string
  /** What it holds: the id, the id as text, the actor as JSON, or the digest that sign-ins are kept by. */
  readonly holds: "id" | "text" | "actor" | "account"
  /** Whether it belongs to the account; else it is read organization by organization. */
  readonly ofAccount: boolean
  /** Columns that are left out. */
  readonly except: ReadonlyArray<string>
}

interface Options {
  readonly column?: string | undefined
  readonly except?: ReadonlyArray<string> | undefined
}

const define =
  (holds: PersonTable["holds"], ofAccount: boolean, column: string) => (table: string, options?: Options) => ({
    table,
    column: options?.column ?? column,
    holds,
    ofAccount,
    except: options?.except ?? []
  })

/**
 * Rows of the person's account, by their id (`user_id`).
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * PersonData.ofAccount("core_passkeys", { except: ["credential_hash"] })
 */
export const ofAccount: (table: string, options?: Options) => PersonTable = define("id", true, "user_id")

/**
 * Rows of an organization that are about somebody, by their id (`user_id`).
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofMember: (table: string, options?: Options) => PersonTable = define("id", false, "user_id")

/**
 * Rows of an organization that name somebody's id as text (`actor_id`).
 *
 * @category constructors
 * @since 0.1.0
 */
export const byText: (table: string, options?: Options) => PersonTable = define("text", false, "actor_id")

/**
 * Rows of an organization that somebody made, by the actor as JSON (`created_by`).
 *
 * @category constructors
 * @since 0.1.0
 */
export const byActor: (table: string, options?: Options) => PersonTable = define("actor", false, "created_by")

/**
 * Sign-ins and changes of an account, by the digest that they are kept by (`account`).
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofSignIns: (table: string, options?: Options) => PersonTable = define("account", true, "account")

/**
 * @category services
 * @since 0.1.0
 */
export class PersonData extends Context.Service<PersonData, {
  /**
   * All rows of one person, table by table, read in pages: of their account and all of their organizations, or of one
   * organization alone with their profile.
   */
  readonly export: (userId: UserId, organizationId?: OrganizationId) => Stream.Stream<ExportedRow>
}>()("@wicara/core/PersonData") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<PersonData, never, SqlClient.SqlClient | ModuleRegistry> = Layer.suspend(() =>
    Layer.effect(PersonData, make)
  )
}

type Row = Readonly<Record<string, unknown>>

const pageRows = 500

const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ModuleRegistry
  const catalog = makeCatalog(sql)
  const shapeOf = (table: string) => Effect.orDie(catalog.shape(table))

  const isTheirs = ({ column, holds }: PersonTable, userId: UserId): Statement.Fragment => {
    switch (holds) {
      case "id":
        return sql`${sql(column)} = ${Id.toBytes(userId)}`
      case "text":
        return sql`${sql(column)} = ${userId}`
      case "actor":
        return sql`${sql(column)} = ${encodeActor({ _tag: "User", id: userId })}`
      case "account":
        return sql`${sql(column)} = ${accountOf(userId)}`
    }
  }

  const rowsOf = (person: PersonTable, shape: TableShape, condition: Statement.Fragment) => {
    const columns = shape.columns.filter(({ name }) => !person.except.includes(name))
    const names = sql.csv(
      [...new Set([...columns.map(({ name }) => name), ...shape.key])].map((name) => sql`${sql(name)}`)
    )
    const key = sql.csv(shape.key.map((name) => sql`${sql(name)}`))
    return Stream.paginate(undefined as ReadonlyArray<unknown> | undefined, (after) =>
      Effect.map(
        Effect.orDie(
          sql<Row>`SELECT ${names} FROM ${sql(shape.table)} WHERE ${condition} ${
            after === undefined ? sql.literal("") : sql`AND (${beyond(sql, shape.key, after)})`
          } ORDER BY ${key} LIMIT ${rowLimit(sql, pageRows)}`
        ),
        (rows) => {
          const last = rows.at(-1)
          return [
            rows.map((row): ExportedRow => ({
              table: shape.table,
              row: Object.fromEntries(columns.map(({ isNumber, name }) => [name, cell(row[name], isNumber)]))
            })),
            rows.length < pageRows || last === undefined
              ? Option.none()
              : Option.some(shape.key.map((name) => last[name]))
          ] as const
        }
      ))
  }

  /** Where they are members, and where they once signed in; and what is nobody's but the account's. */
  const organizationsOf = (userId: UserId) =>
    Effect.map(
      Effect.orDie(sql<{ readonly id: Uint8Array }>`SELECT organization_id AS id FROM core_memberships
        WHERE user_id = ${Id.toBytes(userId)} UNION SELECT organization_id FROM core_authentication_events
        WHERE account = ${accountOf(userId)} AND organization_id IS NOT NULL`),
      (rows) => [accounts.id, ...rows.map(({ id }) => Id.fromBytes<OrganizationId>(id))]
    )

  const read = Effect.fnUntraced(function*(person: PersonTable, userId: UserId, only: OrganizationId | undefined) {
    const shape = yield* shapeOf(person.table)
    if (shape === undefined) return Stream.empty
    const theirs = isTheirs(person, userId)
    const isTenant = shape.columns.some(({ name }) => name === "organization_id")
    if (person.ofAccount) {
      // Of the account an organization is given the profile, and what happened there.
      if (only === undefined) return rowsOf(person, shape, theirs)
      if (isTenant) return rowsOf(person, shape, sql`organization_id = ${Id.toBytes(only)} AND ${theirs}`)
      return person.table === profile ? rowsOf(person, shape, theirs) : Stream.empty
    }
    const organizations = only === undefined ? yield* organizationsOf(userId) : [only]
    return Stream.fromIterable(organizations).pipe(
      Stream.flatMap((id) => rowsOf(person, shape, sql`organization_id = ${Id.toBytes(id)} AND ${theirs}`))
    )
  })

  return PersonData.of({
    export: (userId, organizationId) =>
      Stream.fromIterable(registry.all.flatMap(({ people }) => people)).pipe(
        Stream.flatMap((person) => Stream.unwrap(read(person, userId, organizationId)))
      )
  })
})

const profile = "core_users"

const encoder = new TextEncoder()
const line = (value: unknown) => encoder.encode(`${JSON.stringify(value)}\n`)

/**
 * Rows as lines of JSON; the last one says that nothing is missing.
 *
 * @category conversions
 * @since 0.1.0
 */
export const lines = (rows: Stream.Stream<ExportedRow>): Stream.Stream<Uint8Array> =>
  Stream.concat(Stream.map(rows, line), Stream.make(line({ complete: true })))
