/**
 * The portable SQL subset that every package's tables are written in. SQLite and MySQL/MariaDB differ only here and
 * through `sql.onDialectOrElse`.
 *
 * Conventions: ids are 16 bytes (`Id.toBytes`), instants are epoch milliseconds in `BIGINT`, booleans 0/1 in
 * `SMALLINT`, JSON is text written and read through Schema, every tenant table leads its keys with `organization_id`.
 *
 * @since 0.1.0
 */
import { Effect, Schedule } from "effect"
import { SqlClient, SqlError } from "effect/sql"
import type { Statement } from "effect/sql"

/**
 * Column types by dialect, for `CREATE TABLE` statements.
 *
 * @category models
 * @since 0.1.0
 */
export interface ColumnTypes {
  /** A 16-byte id. */
  readonly id: Statement.Fragment
  /** Epoch milliseconds, or any 64-bit integer. */
  readonly instant: Statement.Fragment
  /** Case-sensitive text of at most `length` characters; may be part of a key. */
  readonly text: (length: number) => Statement.Fragment
  /** Text or JSON without a practical bound; never part of a key. */
  readonly longText: Statement.Fragment
  /** Raw bytes without a practical bound. */
  readonly bytes: Statement.Fragment
  /** Table options that follow the closing parenthesis. */
  readonly tableOptions: Statement.Fragment
  /**
   * What follows the closing parenthesis of a table whose primary key is the order it is read in (messages, events):
   * SQLite stores it clustered, as InnoDB always does.
   */
  readonly clustered: Statement.Fragment
}

/**
 * The column types of the client's dialect.
 *
 * @category constructors
 * @since 0.1.0
 */
export const columnTypes = (sql: SqlClient.SqlClient): ColumnTypes => {
  const mysqlOptions = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
  return sql.onDialectOrElse({
    mysql: (): ColumnTypes => ({
      id: sql.literal("BINARY(16)"),
      instant: sql.literal("BIGINT"),
      text: (length) => sql.literal(`VARCHAR(${length})`),
      longText: sql.literal("LONGTEXT"),
      bytes: sql.literal("LONGBLOB"),
      tableOptions: sql.literal(mysqlOptions),
      clustered: sql.literal(mysqlOptions)
    }),
    orElse: (): ColumnTypes => ({
      id: sql.literal("BLOB"),
      instant: sql.literal("BIGINT"),
      text: () => sql.literal("TEXT"),
      longText: sql.literal("TEXT"),
      bytes: sql.literal("BLOB"),
      tableOptions: sql.literal(""),
      clustered: sql.literal("WITHOUT ROWID")
    })
  })
}

/**
 * Inserts rows and leaves those whose primary or unique key exists untouched. Unlike MySQL's `INSERT IGNORE` it hides
 * no other error. `keyColumn` is any column of the table (it is assigned to itself).
 *
 * @category statements
 * @since 0.1.0
 */
export const insertIfAbsent = (
  sql: SqlClient.SqlClient,
  table: string,
  keyColumn: string,
  rows: ReadonlyArray<Record<string, unknown>>
): Effect.Effect<void, SqlError.SqlError> =>
  rows.length === 0 ? Effect.void : Effect.asVoid(sql.onDialectOrElse({
    mysql: () =>
      sql`INSERT INTO ${sql(table)} ${sql.insert(rows as never)} ON DUPLICATE KEY UPDATE ${sql(keyColumn)} = ${
        sql(keyColumn)
      }`,
    orElse: () => sql`INSERT INTO ${sql(table)} ${sql.insert(rows as never)} ON CONFLICT DO NOTHING`
  }))

/**
 * Runs a statement that changes rows and says how many it changed.
 *
 * @category statements
 * @since 0.1.0
 */
export const affectedRows = (statement: Statement.Statement<object>): Effect.Effect<number, SqlError.SqlError> =>
  Effect.map(statement.raw, (result) => {
    const raw = result as { readonly affectedRows?: number; readonly changes?: number | bigint }
    return Number(raw.affectedRows ?? raw.changes ?? 0)
  })

const isTransient = (error: unknown): boolean =>
  error instanceof SqlError.SqlError &&
  (error.reason._tag === "DeadlockError" || error.reason._tag === "LockTimeoutError")

/**
 * Runs the effect in a transaction, again from its start (up to 8 times, with jitter) when the database chose it as a
 * deadlock's victim. Inside an outer transaction it is a savepoint and is not repeated: the outermost one must be.
 *
 * @category transactions
 * @since 0.1.0
 */
export const transaction = <A, E, R>(
  sql: SqlClient.SqlClient,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.gen(function*() {
    const outer = yield* Effect.serviceOption(sql.transactionService)
    const once = sql.withTransaction(effect)
    return yield* outer._tag === "Some" ? once : Effect.retry(once, {
      while: isTransient,
      times: 8,
      schedule: Schedule.jittered(Schedule.exponential("5 millis", 1.6))
    })
  })
