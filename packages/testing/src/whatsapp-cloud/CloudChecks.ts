/**
 * How the emulated API checks what it is given, and refuses it.
 *
 * @since 0.1.0
 */
import { Result, Schema } from "effect"
import * as Requests from "./CloudRequests.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/** A text that is there. @category schemas @since 0.1.0 */
export const upTo = (length: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(length))
/** @category schemas @since 0.1.0 */
export const atMost = (length: number) => Schema.String.check(Schema.isMaxLength(length))
/** @category schemas @since 0.1.0 */
export const Link = Schema.String.check(Schema.isPattern(/^https?:\/\/\S+$/))

/** @category decoding @since 0.1.0 */
export const check = <A, I>(schema: Schema.Codec<A, I>, input: unknown): Result.Result<A, GraphFailure> =>
  Result.mapError(Schema.decodeUnknownResult(schema)(input), refusal)

/**
 * The same for the parameter at a place, with no other fields than are documented.
 *
 * @category decoding
 * @since 0.1.0
 */
export const strict = <A, I>(
  schema: Schema.Codec<A, I>,
  input: unknown,
  at: ReadonlyArray<string> = []
): Result.Result<A, GraphFailure> =>
  Result.mapError(Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(input), (error) => {
    const said = Requests.refusal(error, at)
    return said.details?.startsWith("Unexpected key") === true ? said : refusal(error)
  })

/** @category conversions @since 0.1.0 */
export const refusal = (error: Schema.SchemaError): GraphFailure => {
  const details = error.message.replace(/\s*\n\s*/g, " ")
  return Failure.make(details.includes("Missing key") ? 131008 : 131009, details)
}
