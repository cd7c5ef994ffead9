/**
 * What an endpoint for the content of a file takes and answers.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"

/**
 * The headers of a request for a content.
 *
 * @category schemas
 * @since 0.1.0
 */
export const headers = {
  range: Schema.optional(
    Schema.String.check(Schema.isMaxLength(200)).annotate({
      description: "One range of bytes: `bytes=0-1023`, `bytes=1024-`, `bytes=-512`."
    })
  ),
  "if-range": Schema.optional(Schema.String.check(Schema.isMaxLength(200))),
  "if-none-match": Schema.optional(Schema.String.check(Schema.isMaxLength(2000)))
}

/**
 * The query of a request for a content.
 *
 * @category schemas
 * @since 0.1.0
 */
export const query = {
  disposition: Schema.optional(
    Schema.Literals(["attachment", "inline"]).annotate({
      description: "`inline` to show it in a browser, if it is of a kind that is safe there."
    })
  )
}

/**
 * A content as the answer of an endpoint.
 *
 * @category schemas
 * @since 0.1.0
 */
export const content = HttpApiSchema.StreamUint8Array()

/**
 * What such an endpoint answers, for its description.
 *
 * @category constants
 * @since 0.1.0
 */
export const rangesInWords =
  "Answers 206 to a range, 304 if `If-None-Match` names the content, and 200 with all of it otherwise."
