import { Effect, Option, Schema } from "effect"

/** A field that is absent when it is missing, `null` or of another type: it never fails the object it is in. */
export const lenient = <S extends Schema.Constraint>(schema: S) =>
  Schema.optionalKey(
    Schema.UndefinedOr(schema).pipe(Schema.catchDecoding(() => Effect.succeed(Option.some(undefined))))
  )
