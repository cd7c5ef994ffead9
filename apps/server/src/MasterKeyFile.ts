/**
 * The master keys of an embedded server: a file in the data folder, made on the first run, readable by its owner only.
 * A line a key, the current one first; those before it still open what they wrapped.
 *
 * @since 0.1.0
 */
import { ring } from "@wicara/core/MasterKeys"
import { Effect, FileSystem, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import * as Path from "node:path"
import { ServerConfig } from "./ServerConfig.ts"

/**
 * The key file holds something that is not a key. Nothing is overwritten: what it encrypted would be lost.
 *
 * @category errors
 * @since 0.1.0
 */
export class MasterKeyUnreadable extends Schema.TaggedError<MasterKeyUnreadable>()("MasterKeyUnreadable", {
  message: Schema.String
}) {}

/**
 * Where the file is.
 *
 * @category accessors
 * @since 0.1.0
 */
export const path = Effect.map(ServerConfig, ({ dataDir }) => Path.join(dataDir, "master.key"))

const readKeys = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(file)
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "")
  const [first, ...rest] = lines.map((line) => Redacted.make(line))
  if (first === undefined || lines.some((line) => Buffer.from(line, "base64").length !== 32)) {
    return yield* new MasterKeyUnreadable({ message: `${file} does not hold a master key (32 bytes in base64)` })
  }
  return [first, ...rest] as const
})

const newKey = Effect.gen(function*() {
  const random = yield* SecureRandom.SecureRandom
  return Buffer.from(yield* random.randomBytes(32)).toString("base64")
})

/**
 * The keys in the file, which is made when absent.
 *
 * @category running
 * @since 0.1.0
 */
export const load = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const file = yield* path
  if (!(yield* fs.exists(file))) {
    yield* fs.makeDirectory(Path.dirname(file), { recursive: true })
    // `wx` fails when another process made the file in between: then that one counts.
    yield* Effect.ignore(fs.writeFileString(file, `${yield* newKey}\n`, { flag: "wx", mode: 0o600 }))
  }
  const [current, ...previous] = yield* readKeys(file)
  return ring(current, previous)
})

/**
 * Puts a new key before those in the file, which then wraps from now on; a process that runs reads it when it meets it.
 *
 * @category running
 * @since 0.1.0
 */
export const addKey = Effect.gen(function*() {
  yield* load
  const fs = yield* FileSystem.FileSystem
  const file = yield* path
  const lines = [yield* newKey, ...(yield* readKeys(file)).map(Redacted.value)]
  yield* fs.writeFileString(`${file}.new`, `${lines.join("\n")}\n`, { mode: 0o600 })
  yield* fs.rename(`${file}.new`, file)
})
