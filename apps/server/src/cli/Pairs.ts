/**
 * `key=value` flags as objects.
 *
 * @since 0.1.0
 */
import { Effect, Option, Schema } from "effect"
import * as Output from "./Output.ts"

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Json))

/**
 * A value that reads as a JSON number, boolean, list or object is one. Ids of digits (phone numbers, account ids) stay
 * text.
 *
 * @category conversions
 * @since 0.1.0
 */
export const value = (text: string): Schema.Json =>
  Option.match(decodeJson(text), {
    onNone: () => text,
    onSome: (json) => typeof json === "number" && String(json).length > 8 ? text : json
  })

/**
 * @category conversions
 * @since 0.1.0
 */
export const pairs = (
  texts: ReadonlyArray<string>
): Effect.Effect<Record<string, Schema.Json>, Output.CommandFailure> =>
  Effect.forEach(texts, (text) => {
    const at = text.indexOf("=")
    return at < 1
      ? Effect.fail(Output.wrongUsage(`"${text.slice(0, 12)}" is not key=value`))
      : Effect.succeed([text.slice(0, at), value(text.slice(at + 1))] as const)
  }).pipe(Effect.map((entries) => Object.fromEntries(entries)))
