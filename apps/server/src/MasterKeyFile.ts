/**
 * The master key of an embedded server: made on the first run, kept in the data folder, readable by its owner only.
 *
 * @since 0.1.0
 */
import { Effect, FileSystem, Option, Redacted, Schema } from "effect"
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
 * The configured master key, else the one in the data folder, which is made when absent. 32 bytes in base64.
 *
 * @category running
 * @since 0.1.0
 */
export const load = Effect.gen(function*() {
  const config = yield* ServerConfig
  if (Option.isSome(config.masterKey)) return config.masterKey.value
  const fs = yield* FileSystem.FileSystem
  const file = Path.join(config.dataDir, "master.key")
  const read = Effect.flatMap(fs.readFileString(file), (text) =>
    Buffer.from(text.trim(), "base64").length === 32
      ? Effect.succeed(Redacted.make(text.trim()))
      : new MasterKeyUnreadable({ message: `${file} does not hold a master key (32 bytes in base64)` }))
  if (yield* fs.exists(file)) return yield* read
  yield* fs.makeDirectory(config.dataDir, { recursive: true })
  const random = yield* SecureRandom.SecureRandom
  const bytes = yield* random.randomBytes(32)
  // `wx` fails when another process made the file in between: then that one counts.
  return yield* fs.writeFileString(file, `${Buffer.from(bytes).toString("base64")}\n`, { flag: "wx", mode: 0o600 })
    .pipe(
      Effect.ignore,
      Effect.andThen(read)
    )
})
