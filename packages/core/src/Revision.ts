/**
 * Revisions of what two people may edit at once: a thing's `ETag`, and the `If-Match` of its change.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { HttpApiError, HttpApiSchema } from "effect/http-api"
import { typeUri } from "./Problem.ts"
import { english, titles } from "./ProblemTexts.ts"

/**
 * Somebody else changed the thing since the revision that `If-Match` names.
 *
 * @category errors
 * @since 0.1.0
 */
export class RevisionMismatch extends HttpApiError.Problem<RevisionMismatch>()("RevisionMismatch", {
  type: typeUri("revision-mismatch"),
  status: 412,
  title: titles.messages["revision-mismatch"].en
}, { currentRevision: Schema.Int }) {}

/**
 * Fails unless the thing still has the revision that was expected, if one was.
 *
 * @category guards
 * @since 0.1.0
 */
export const check = (expected: number | undefined, current: number): Effect.Effect<void, RevisionMismatch> =>
  expected === undefined || expected === current ? Effect.void : Effect.fail(
    new RevisionMismatch({
      currentRevision: current,
      detail: english("otherRevision", { current: String(current), expected: String(expected) })
    })
  )

/**
 * The `If-Match` header of a change: the thing's `ETag`, or `*` for whatever revision it has.
 *
 * @category schemas
 * @since 0.1.0
 */
export const IfMatch = Schema.String.check(
  Schema.isPattern(/^(?:\*|(?:W\/)?"\d{1,9}")$/, { expected: "an ETag that this API gave, or *" })
).annotate({ description: "The ETag of the thing: the change is refused if somebody else changed it since." })

/**
 * The headers of a change that can be refused because of somebody else's.
 *
 * @category schemas
 * @since 0.1.0
 */
export const headers = { "if-match": Schema.optional(IfMatch) }

/**
 * The revision that an `If-Match` header expects.
 *
 * @category accessors
 * @since 0.1.0
 */
export const expected = (headers: { readonly "if-match"?: string | undefined }): number | undefined => {
  const digits = /\d+/.exec(headers["if-match"] ?? "")?.[0]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * The response schema of a thing with its revision as `ETag`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Revised = <S extends Schema.Top>(schema: S) => HttpApiSchema.WithHeaders(schema, { etag: Schema.String })

/**
 * A response that has its revision as `ETag`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const revised = <A extends { readonly revision: number }>(body: A) =>
  HttpApiSchema.withHeaders({ body, headers: { etag: `"${body.revision}"` } })
