/**
 * Keyset pagination: a page of rows and an opaque cursor to the next one. There is no offset and no total: both cost
 * more the larger the table is.
 *
 * @since 0.1.0
 */
import { Effect, Result, Schema } from "effect"
import { Base64Url } from "effect/encoding"
import { InvalidInput } from "./Problem.ts"
import { english } from "./ProblemTexts.ts"

/**
 * How many rows a page has when the caller does not say.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultLimit = 50

/**
 * The most rows a page can have.
 *
 * @category constants
 * @since 0.1.0
 */
export const maximumLimit = 200

/**
 * How the API describes the size of a page.
 *
 * @category constants
 * @since 0.1.0
 */
export const limitDescription = `Rows per page, 1 to ${maximumLimit}; ${defaultLimit} when absent.`

/**
 * A page as services return it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page<A> {
  readonly data: ReadonlyArray<A>
  /** Give it back as `cursor` for the next page; `null` on the last one. */
  readonly nextCursor: string | null
}

/**
 * The response schema of a list endpoint.
 *
 * @category schemas
 * @since 0.1.0
 * @example
 * HttpApiEndpoint.get("list", "/", { query: Pagination.query, success: Pagination.Page(Contact), error: InvalidInput })
 */
export const Page = <S extends Schema.Constraint>(schema: S) =>
  Schema.Struct({
    data: Schema.Array(schema),
    nextCursor: Schema.NullOr(Schema.String).annotate({
      description: "Give it back as `cursor` for the next page; null on the last one."
    })
  })

/**
 * What a list endpoint takes of its caller.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageQuery {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/**
 * The query fields of a list endpoint, to spread next to its own: `query: { ...Pagination.query, status: ... }`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const query = {
  limit: Schema.optional(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: maximumLimit })).pipe(
      Schema.annotateEncoded({
        description: limitDescription,
        examples: [String(defaultLimit)]
      })
    )
  ),
  cursor: Schema.optional(
    Schema.String.check(Schema.isMaxLength(2048)).annotate({
      description: "The `nextCursor` of the previous page; absent for the first one."
    })
  )
}

/**
 * The number of rows a query asks for, within its bounds.
 *
 * @category accessors
 * @since 0.1.0
 */
export const limit = (query: PageQuery): number =>
  Math.min(Math.max(Math.trunc(query.limit ?? defaultLimit), 1), maximumLimit)

/**
 * The opaque text of a keyset position.
 *
 * @category codecs
 * @since 0.1.0
 */
export const encodeCursor = <A, I>(schema: Schema.Codec<A, I>, position: A): string =>
  Base64Url.encode(Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(schema)))(position))

/**
 * The keyset position in a cursor that `encodeCursor` made with the same schema; fails on anything else.
 *
 * @category codecs
 * @since 0.1.0
 */
export const decodeCursor = <A, I>(schema: Schema.Codec<A, I>, cursor: string): Effect.Effect<A, InvalidInput> =>
  Effect.suspend(() => {
    const text = Base64Url.decodeString(cursor)
    return Result.isFailure(text)
      ? Effect.fail(invalidCursor)
      : Effect.mapError(
        Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(schema)))(text.success),
        () => invalidCursor
      )
  })

const invalidCursor = InvalidInput.of("cursor", english("foreignCursor"))

/**
 * The position a page starts after: `undefined` for the first page.
 *
 * @category codecs
 * @since 0.1.0
 */
export const position = <A, I>(
  schema: Schema.Codec<A, I>,
  query: PageQuery
): Effect.Effect<A | undefined, InvalidInput> =>
  query.cursor === undefined ? Effect.succeed(undefined) : decodeCursor(schema, query.cursor)

/**
 * Builds the page from rows that were read with `LIMIT limit + 1`: the extra row says that there is a next page.
 *
 * @category constructors
 * @since 0.1.0
 */
export const page = <A, P, I>(
  rows: ReadonlyArray<A>,
  limit: number,
  schema: Schema.Codec<P, I>,
  positionOf: (row: A) => P
): Page<A> => {
  const data = rows.length > limit ? rows.slice(0, limit) : rows
  const last = data[data.length - 1]
  return {
    data,
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(schema, positionOf(last)) : null
  }
}
