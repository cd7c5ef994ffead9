/**
 * Credentials that an operator, or an agent of theirs, keeps in files and replaces while the server runs: they are read
 * whenever they are used.
 *
 * @since 0.1.0
 */
import { Data, Effect, FileSystem, Redacted, Schema } from "effect"
import { readFileSync } from "node:fs"

/**
 * A file with credentials can't be used; the message names it and says nothing of what is in it.
 *
 * @category errors
 * @since 0.1.0
 */
export class CredentialsUnreadable extends Data.TaggedError("CredentialsUnreadable")<{ readonly file: string }> {
  override get message(): string {
    return `The credentials in ${this.file} can't be read`
  }
}

const withoutEnd = (text: string) => text.replace(/\r?\n$/, "")

/**
 * The password in a file, without the end of its line.
 *
 * @category running
 * @since 0.1.0
 */
export const password = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), () => new CredentialsUnreadable({ file }))
  return Redacted.make(withoutEnd(text))
})

/**
 * The same for a driver that does not wait.
 *
 * @category running
 * @since 0.1.0
 */
export const passwordNow = (file: string): Effect.Effect<string, CredentialsUnreadable> =>
  Effect.try({
    try: () => withoutEnd(readFileSync(file, "utf8")),
    catch: () => new CredentialsUnreadable({ file })
  })

/** As programs print them that give credentials to AWS's own: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
const AwsFile = Schema.fromJsonString(Schema.Struct({
  AccessKeyId: Schema.NonEmptyString,
  SecretAccessKey: Schema.NonEmptyString,
  SessionToken: Schema.optional(Schema.NullOr(Schema.String))
}))

/**
 * The credentials of a bucket or a key management service in a file.
 *
 * @category running
 * @since 0.1.0
 */
export const aws = Effect.fnUntraced(function*(file: string) {
  const text = Redacted.value(yield* password(file))
  const read = yield* Effect.mapError(
    Schema.decodeUnknownEffect(AwsFile)(text),
    () => new CredentialsUnreadable({ file })
  )
  return {
    accessKeyId: read.AccessKeyId,
    secretAccessKey: Redacted.make(read.SecretAccessKey),
    sessionToken: read.SessionToken ?? undefined
  }
})
