/**
 * The portable SQL subset that every package's tables are written in. SQLite and MySQL/MariaDB differ only here and
 * through `sql.onDialectOrElse`.
 *
 * Conventions: ids are 16 bytes (`Id.toBytes`), instants are epoch milliseconds in `BIGINT`, booleans 0/1 in
 * `SMALLINT`, JSON is text written and read through Schema, every tenant table leads its keys with `organization_id`.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Effect, Predicate, Schedule } from "effect"
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
  /** A SHA-256; may be part of a key. */
  readonly digest: Statement.Fragment
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
      digest: sql.literal("BINARY(32)"),
      bytes: sql.literal("LONGBLOB"),
      tableOptions: sql.literal(mysqlOptions),
      clustered: sql.literal(mysqlOptions)
    }),
    orElse: (): ColumnTypes => ({
      id: sql.literal("BLOB"),
      instant: sql.literal("BIGINT"),
      text: () => sql.literal("TEXT"),
      longText: sql.literal("TEXT"),
      digest: sql.literal("BLOB"),
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
): Effect.Effect<void, SqlError.SqlError> => {
  const otherwise = sql.onDialectOrElse({
    mysql: () => sql`ON DUPLICATE KEY UPDATE ${sql(keyColumn)} = ${sql(keyColumn)}`,
    orElse: () => sql`ON CONFLICT DO NOTHING`
  })
  return insertAll(sql, rows, (some) => sql`INSERT INTO ${sql(table)} ${sql.insert(some as never)} ${otherwise}`)
}

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

/**
 * Turns the violation of a unique index or primary key into a domain error; every other SQL error is a defect.
 *
 * @category errors
 * @since 0.1.0
 */
export const orUnique =
  <E2>(onViolation: () => E2) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, SqlError.SqlError> | E2, R> =>
    Effect.catch(effect, (error): Effect.Effect<never, Exclude<E, SqlError.SqlError> | E2> => {
      if (isDomainError(error)) return Effect.fail(error)
      return error instanceof SqlError.SqlError && isDuplicate(error)
        ? Effect.fail(onViolation())
        : Effect.die(error)
    })

/** SQLite's extended codes of a primary key, and of the row id that an `INTEGER PRIMARY KEY` is. */
const sqlitePrimaryKeyCodes: ReadonlySet<unknown> = new Set([1555, 2579])

// MySQL has one error for all keys; of SQLite's only the one for unique indexes is told apart by the client.
const isDuplicate = (error: SqlError.SqlError): boolean => {
  if (error.reason._tag === "UniqueViolation") return true
  if (error.reason._tag !== "ConstraintError") return false
  const cause: unknown = error.reason.cause
  return Predicate.hasProperty(cause, "errcode") && sqlitePrimaryKeyCodes.has(cause.errcode)
}

/**
 * Makes SQL errors defects and leaves domain errors as they are.
 *
 * @category errors
 * @since 0.1.0
 */
export const orDieSql = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, SqlError.SqlError>, R> =>
  Effect.catch(
    effect,
    (error): Effect.Effect<never, Exclude<E, SqlError.SqlError>> =>
      isDomainError(error) ? Effect.fail(error) : Effect.die(error)
  )

const isDomainError = <E>(error: E): error is Exclude<E, SqlError.SqlError> & E => !(error instanceof SqlError.SqlError)

// Services turn SQL errors into defects, so a deadlock inside one arrives here as a defect.
const isTransientCause = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.length > 0 &&
  cause.reasons.every((reason) =>
    Cause.isFailReason(reason) ? isTransient(reason.error) : Cause.isDieReason(reason) && isTransient(reason.defect)
  )

const beginReadCommitted = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN"

const isTransient = (error: unknown): boolean =>
  error instanceof SqlError.SqlError &&
  (error.reason._tag === "DeadlockError" || error.reason._tag === "LockTimeoutError")

/**
 * A `LIMIT` count as SQL text: MySQL's prepared statements refuse a JavaScript number there.
 *
 * @category statements
 * @since 0.1.0
 */
export const rowLimit = (sql: SqlClient.SqlClient, rows: number): Statement.Fragment =>
  sql.literal(String(Math.max(0, Math.trunc(rows))))

/**
 * Runs a statement whose number of parameters varies (multi-row inserts, long `IN` lists). On MySQL it is not
 * prepared: each length would take one of the server's prepared statements for good.
 *
 * @category statements
 * @since 0.1.0
 */
export const varying = <A>(
  sql: SqlClient.SqlClient,
  statement: Statement.Statement<A>
): Effect.Effect<ReadonlyArray<A>, SqlError.SqlError> =>
  sql.onDialectOrElse({ mysql: () => statement.unprepared, orElse: () => statement })

/**
 * Runs a statement whose number of parameters varies, within a transaction, and says how many rows it found to change.
 *
 * @category statements
 * @since 0.1.0
 */
export const affectedByMany = (
  sql: SqlClient.SqlClient,
  statement: Statement.Statement<object>
): Effect.Effect<number, SqlError.SqlError> =>
  sql.onDialectOrElse({
    mysql: () =>
      Effect.andThen(
        statement.unprepared,
        // Not prepared: to prepare it would be the last statement.
        Effect.map(sql<{ readonly found: unknown }>`SELECT ROW_COUNT() AS found`.unprepared, ([row]) =>
          Number(row?.found))
      ),
    orElse: () =>
      affectedRows(statement)
  })

/** Rows of one statement at most. */
const mostRows = 512

/** A number of rows as few powers of two as it takes, the largest first. */
const powersOfTwo = (count: number): ReadonlyArray<number> => {
  const sizes: Array<number> = []
  for (let left = count; left > 0; left -= sizes.at(-1)!) {
    sizes.push(Math.min(mostRows, 2 ** Math.floor(Math.log2(left))))
  }
  return sizes
}

/**
 * Inserts any number of rows; `statement` inserts some of them. SQLite prepares a statement for each of its texts, which
 * takes longer than to run it: there, rows go in statements of 1, 2, 4, ... rows, which are prepared once.
 *
 * @category statements
 * @since 0.1.0
 */
export const insertAll = <Row>(
  sql: SqlClient.SqlClient,
  rows: ReadonlyArray<Row>,
  statement: (rows: ReadonlyArray<Row>) => Statement.Statement<object>
): Effect.Effect<void, SqlError.SqlError> => {
  if (rows.length === 0) return Effect.void
  if (rows.length === 1) return Effect.asVoid(statement(rows))
  return sql.onDialectOrElse({
    mysql: () => Effect.asVoid(statement(rows).unprepared),
    orElse: () => {
      let start = 0
      return Effect.forEach(powersOfTwo(rows.length), (size) => {
        start += size
        return statement(rows.slice(start - size, start))
      }, { discard: true })
    }
  })
}

/**
 * The items of a condition of any length, in which it does not matter that one is said twice (`a OR b OR b`), with the
 * last one repeated up to the next power of two: so that a statement has few texts, each of which is prepared.
 *
 * @category statements
 * @since 0.1.0
 */
export const padded = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => {
  if (items.length < 3 || items.length > mostRows) return items
  const missing = 2 ** Math.ceil(Math.log2(items.length)) - items.length
  return missing === 0 ? items : [...items, ...Array.from({ length: missing }, () => items[items.length - 1]!)]
}

const lostConnectionCodes = new Set([
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR",
  "PROTOCOL_ENQUEUE_AFTER_QUIT",
  "POOL_CLOSED",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "ER_SERVER_SHUTDOWN",
  "ER_CON_COUNT_ERROR",
  "ER_NORMAL_SHUTDOWN",
  "ER_CONNECTION_KILLED"
])

/**
 * Whether the error says that the database can't be reached or is too busy to answer now, rather than that a statement
 * is wrong: the same work may succeed later.
 *
 * @category errors
 * @since 0.1.0
 */
export const isUnavailable = (error: unknown): error is SqlError.SqlError => {
  if (!(error instanceof SqlError.SqlError)) return false
  if (error.reason._tag === "ConnectionError" || error.reason._tag === "StatementTimeoutError") return true
  if (isTransient(error)) return true
  const cause: unknown = error.reason.cause
  if (!Predicate.isObject(cause)) return false
  // A connection that ended before its next statement: the driver gives no code.
  if (Predicate.hasProperty(cause, "fatal") && cause.fatal === true) return true
  return Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) && lostConnectionCodes.has(cause.code)
}

/**
 * Whether the work failed, or died, because the database is away: the work itself is not to blame.
 *
 * @category errors
 * @since 0.1.0
 */
export const isOutage = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some((reason) =>
    (Cause.isFailReason(reason) && isUnavailable(reason.error)) ||
    (Cause.isDieReason(reason) && isUnavailable(reason.defect))
  )

/**
 * Runs the effect in a transaction, again from its start when the database chose it as a deadlock's victim or another
 * process holds the lock (for 3 seconds, with jitter). Inside an outer transaction it is a savepoint and is not repeated: the outermost one must be.
 *
 * On MySQL it reads what is committed (not a snapshot taken at its first read) and takes no gap locks, so that a
 * decision made after a lock was taken is made on current rows, and inserts don't wait for scans.
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
    if (outer._tag === "Some") return yield* sql.withTransaction(effect)
    const once = Effect.provideService(
      sql.withTransaction(effect),
      SqlClient.BeginTransaction,
      sql.onDialectOrElse({ mysql: () => beginReadCommitted, orElse: () => "BEGIN IMMEDIATE" })
    )
    const clock = yield* Clock.Clock
    return yield* Effect.sandbox(once).pipe(
      Effect.provideService(Clock.Clock, clock),
      Effect.retry({
        while: isTransientCause,
        schedule: Schedule.min([Schedule.exponential("5 millis", 1.6), Schedule.spaced("250 millis")]).pipe(
          Schedule.jittered,
          Schedule.upTo({ duration: "3 seconds" })
        )
      }),
      // Who holds the lock works by the clock on the wall, whatever time a test says it is.
      Effect.provideService(Clock.Clock, Clock.Clock.defaultValue()),
      Effect.catch(Effect.failCause)
    )
  })

/**
 * Runs the effect in the ambient transaction, or in a `transaction` of its own when there is none. For services that
 * others call within their transactions: unlike a nested `transaction` it takes no savepoint, which a deadlock would
 * take away together with everything else, so that only the outermost part may try again.
 *
 * @category transactions
 * @since 0.1.0
 */
export const joinTransaction = <A, E, R>(
  sql: SqlClient.SqlClient,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.flatMap(
    Effect.serviceOption(sql.transactionService),
    (ambient) => ambient._tag === "Some" ? effect : transaction(sql, effect)
  )
