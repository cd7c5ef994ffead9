/**
 * Makes one process the only one that works on an embedded database. The operating system holds the lock, so that it is
 * free at the moment in which its process ends, however it ends.
 *
 * @since 0.1.0
 */
import { Effect, Predicate } from "effect"
import { DatabaseSync } from "node:sqlite"

/** SQLite's word for: another one has it. */
const busy = 5

const isBusy = (error: unknown): boolean =>
  Predicate.hasProperty(error, "errcode") && typeof error.errcode === "number" && (error.errcode & 0xff) === busy

/**
 * Takes the lock of a database file until the scope closes; says whether it could be had.
 *
 * @category constructors
 * @since 0.1.0
 */
export const acquire = Effect.fnUntraced(function*(databaseFile: string) {
  const database = new DatabaseSync(`${databaseFile}.lock`)
  const close = Effect.sync(() => database.close())
  const isTaken = yield* Effect.try({
    // The lock of a transaction on an otherwise empty database: the one file lock that Node has on every system.
    try: () => database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE"),
    catch: (error) => error
  }).pipe(
    Effect.as(true),
    Effect.catch((error) => isBusy(error) ? Effect.succeed(false) : Effect.die(error)),
    Effect.onError(() => close)
  )
  yield* isTaken ? Effect.addFinalizer(() => close) : close
  return isTaken
}, Effect.uninterruptible)
