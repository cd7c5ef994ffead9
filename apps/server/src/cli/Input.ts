/**
 * Arguments checked by the schema of what they become.
 *
 * @since 0.1.0
 */
import { Effect, FileSystem, Schema, SchemaIssue } from "effect"
import { wrongUsage } from "./Output.ts"

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

const messageOf = (error: Schema.SchemaError) => {
  const first = issues(error.issue).issues[0]
  const path = (first?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
  return { path, message: (first?.message ?? error.message).replaceAll(/\s+/g, " ") }
}

/**
 * Decodes the input, or says in one line which part is wrong.
 *
 * @category conversions
 * @since 0.1.0
 */
export const input = <A, I>(schema: Schema.Codec<A, I>, value: unknown) =>
  Effect.mapError(Schema.decodeUnknownEffect(schema)(value), (error) => {
    const { message, path } = messageOf(error)
    return wrongUsage(path === "" ? message : `--${path}: ${message}`)
  })

/**
 * Decodes one argument or flag, or says in one line that it is wrong.
 *
 * @category conversions
 * @since 0.1.0
 */
export const named = <A, I>(name: string, schema: Schema.Codec<A, I>, value: unknown) =>
  Effect.mapError(
    Schema.decodeUnknownEffect(schema)(value),
    (error) => wrongUsage(`${name}: ${messageOf(error).message}`)
  )

const decodeJson = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Json))

/**
 * What a file with a JSON document says, or in one line what is wrong in it and where. A key that means nothing is wrong.
 *
 * @category conversions
 * @since 0.1.0
 */
export const jsonFile = Effect.fnUntraced(function*<A, I>(path: string, schema: Schema.Codec<A, I>) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(path), () => wrongUsage(`${path} can't be read`))
  const json = yield* Effect.mapError(decodeJson(text), () => wrongUsage(`${path} is not JSON`))
  return yield* Effect.mapError(
    Schema.decodeUnknownEffect(schema, { onExcessProperty: "error" })(json),
    (error) => {
      const { message, path: at } = messageOf(error)
      return wrongUsage(at === "" ? `${path}: ${message}` : `${path}: ${at}: ${message}`)
    }
  )
})
