/**
 * Arguments checked by the schema of what they become.
 *
 * @since 0.1.0
 */
import { Effect, Schema, SchemaIssue } from "effect"
import { wrongUsage } from "./Output.ts"

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * Decodes the input, or says in one line which part is wrong.
 *
 * @category conversions
 * @since 0.1.0
 */
export const input = <A, I>(schema: Schema.Codec<A, I>, value: unknown) =>
  Effect.mapError(Schema.decodeUnknownEffect(schema)(value), (error) => {
    const first = issues(error.issue).issues[0]
    const path = (first?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
    return wrongUsage(`${path === "" ? "" : `--${path}: `}${first?.message ?? error.message}`.replaceAll(/\s+/g, " "))
  })
