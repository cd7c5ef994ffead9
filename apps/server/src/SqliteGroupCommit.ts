/**
 * SQLite whose commits wait for the disk together, and beside the event loop.
 *
 * At `synchronous = FULL` SQLite waits for the disk at each commit, and with it everything else in the process. Here it
 * writes commits to its log (`NORMAL`), the log is synchronised by another thread, at once for all commits that were
 * written in the meantime, and a transaction ends when its commit is on the disk: what was acknowledged survives a power
 * cut, as at `FULL`. Who comes next need not wait for that. What it reads is before its own commit in the log, and so
 * on the disk no later.
 *
 * @since 0.1.0
 */
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Predicate, Schedule } from "effect"
import type { Exit } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, SqlError, Statement } from "effect/sql"
import type { SqlConnection } from "effect/sql"
import { open } from "node:fs/promises"
import type { FileHandle } from "node:fs/promises"

/**
 * @category models
 * @since 0.1.0
 */
export interface SqliteGroupCommitOptions {
  readonly filename: string
  /** Run when the file is opened; `synchronous` is not among them. */
  readonly pragmas?: ReadonlyArray<string> | undefined
  /** Brings the log to the disk (`fdatasync`). */
  readonly synchronise?: ((log: FileHandle) => Promise<void>) | undefined
}

/** What is asked for while it runs is done once more, for all who asked. */
const together = <E>(run: Effect.Effect<void, E>): Effect.Effect<void, E> => {
  let waiting: Array<(exit: Exit.Exit<void, E>) => void> = []
  let isRunning = false
  const work = Effect.gen(function*() {
    // What comes in the same turn of the event loop joins.
    yield* Effect.yieldNow
    while (waiting.length > 0) {
      const asked = waiting
      waiting = []
      const exit = yield* Effect.exit(run)
      for (const resume of asked) resume(exit)
    }
    isRunning = false
  })
  return Effect.callback((resume) => {
    waiting.push(resume)
    if (isRunning) return
    isRunning = true
    Effect.runFork(work)
  })
}

const notSynchronised = (cause: unknown) =>
  new SqlError.SqlError({
    reason: new SqlError.ConnectionError({
      message: "The disk did not confirm the database's log",
      operation: "synchronise",
      cause
    })
  })

/** Until another process lets go of the file; transactions are repeated by who begins them. */
const unlocked = {
  while: ({ reason }: SqlError.SqlError) => reason._tag === "LockTimeoutError",
  schedule: Schedule.upTo(Schedule.spaced("50 millis"), { duration: "3 seconds" })
}

const isRead = (statement: string) => /^\s*(SELECT|PRAGMA|EXPLAIN)\b/i.test(statement)

const isAbsent = (cause: unknown) => Predicate.hasProperty(cause, "code") && cause.code === "ENOENT"

const make = Effect.fnUntraced(function*(options: SqliteGroupCommitOptions) {
  const synchronise = options.synchronise ?? ((log) => log.datasync())
  let log: FileHandle | undefined
  const attempt = <A>(work: () => Promise<A>) => Effect.tryPromise({ try: work, catch: (cause) => cause })
  const opened = attempt(() => open(`${options.filename}-wal`, "r+")).pipe(
    Effect.tap((file) =>
      Effect.sync(() => {
        log = file
      })
    )
  )
  const onDisk = Effect.suspend(() => log === undefined ? opened : Effect.succeed(log)).pipe(
    Effect.flatMap((file) => attempt(() => synchronise(file))),
    // Nothing was written yet.
    Effect.catchIf(isAbsent, () => Effect.void),
    Effect.mapError(notSynchronised)
  )
  yield* Effect.addFinalizer(() => Effect.ignore(attempt(() => Promise.resolve(log?.close()))))
  const driver = yield* SqliteClient.make({ filename: options.filename, prepareCacheSize: 500 })
  yield* Effect.forEach(
    [...(options.pragmas ?? []), "PRAGMA synchronous = NORMAL"],
    (pragma) => driver.unsafe(pragma).unprepared,
    { discard: true }
  )
  const synchronised = Effect.uninterruptible(together(onDisk))
  const connection = yield* Effect.scoped(driver.reserve)
  // Never within somebody's transaction, which could take it back, and at no try: there is only one connection.
  const between = <A>(answer: Effect.Effect<A, SqlError.SqlError>) =>
    Effect.scoped(Effect.andThen(driver.reserve, answer))
  const alone = <A>(statement: string, answer: Effect.Effect<A, SqlError.SqlError>) =>
    isRead(statement) ? between(answer) : Effect.tap(Effect.retry(between(answer), unlocked), synchronised)
  const outside: SqlConnection.Connection = {
    ...connection,
    execute: (statement, params, transform) => alone(statement, connection.execute(statement, params, transform)),
    executeRaw: (statement, params) => alone(statement, connection.executeRaw(statement, params)),
    executeUnprepared: (statement, params, transform) =>
      alone(statement, connection.executeUnprepared(statement, params, transform)),
    executeValues: (statement, params) => alone(statement, connection.executeValues(statement, params)),
    executeValuesUnprepared: (statement, params) =>
      alone(statement, connection.executeValuesUnprepared(statement, params))
  }
  const client = yield* SqlClient.make({
    acquirer: Effect.succeed(outside),
    transactionAcquirer: driver.reserve,
    compiler: Statement.makeCompilerSqlite(),
    driver: "node:sqlite",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
  const withTransaction = client.withTransaction
  return Object.assign(client, {
    withTransaction: <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
      Effect.flatMap(Effect.serviceOption(client.transactionService), (ambient) =>
        ambient._tag === "Some"
          ? withTransaction(effect)
          : Effect.uninterruptibleMask((restore) => Effect.tap(restore(withTransaction(effect)), synchronised)))
  })
})

/**
 * A client of a file.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: SqliteGroupCommitOptions): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))
