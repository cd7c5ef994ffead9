/**
 * Errors that people and programs outside meet: RFC 9457 problem details with a stable `type`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"

/**
 * The base of every problem type; the last segment is the kebab-case name of the problem.
 *
 * @category constants
 * @since 0.1.0
 */
export const baseUri = "https://wicara.dev/problems"

/**
 * The stable `type` URI of a named problem.
 *
 * @category constructors
 * @since 0.1.0
 */
export const typeUri = <const Name extends string>(name: Name): `${typeof baseUri}/${Name}` => `${baseUri}/${name}`

/**
 * Something named in the path or body does not exist in this organization (also when it exists in another one).
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends HttpApiError.Problem<NotFound>()("NotFound", {
  type: typeUri("not-found"),
  status: 404,
  title: "Not found"
}, { resource: Schema.String, id: Schema.String }) {
  /** A `NotFound` with a detail sentence. */
  static of(resource: string, id: string): NotFound {
    return new NotFound({ resource, id, detail: `No ${resource} "${id}" in this organization.` })
  }
}

/**
 * No credential, or one that is unknown, expired or revoked.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unauthorized extends HttpApiError.Problem<Unauthorized>()("Unauthorized", {
  type: typeUri("unauthorized"),
  status: 401,
  title: "Authentication required"
}) {}

/**
 * The actor lacks the permission named in `permission`.
 *
 * @category errors
 * @since 0.1.0
 */
export class Forbidden extends HttpApiError.Problem<Forbidden>()("Forbidden", {
  type: typeUri("forbidden"),
  status: 403,
  title: "Permission denied"
}, { permission: Schema.String }) {
  /** A `Forbidden` that names the missing permission. */
  static of(permission: string): Forbidden {
    return new Forbidden({ permission, detail: `This needs the permission "${permission}".` })
  }
}

/**
 * The input has the right shape but can't be accepted; `field` is a JSON pointer into the request body, or the name of
 * a parameter.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidInput extends HttpApiError.Problem<InvalidInput>()("InvalidInput", {
  type: typeUri("invalid-input"),
  status: 422,
  title: "Invalid input"
}, { field: Schema.String }) {
  /** An `InvalidInput` that says what is wrong and where. */
  static of(field: string, detail: string): InvalidInput {
    return new InvalidInput({ field, detail })
  }
}

/**
 * The request contradicts what is stored (a name already taken, a state that does not allow it).
 *
 * @category errors
 * @since 0.1.0
 */
export class Conflict extends HttpApiError.Problem<Conflict>()("Conflict", {
  type: typeUri("conflict"),
  status: 409,
  title: "Conflict"
}) {}

/**
 * Too many requests; `retryAfterSeconds` says when to try again.
 *
 * @category errors
 * @since 0.1.0
 */
export class TooManyRequests extends HttpApiError.Problem<TooManyRequests>()("TooManyRequests", {
  type: typeUri("too-many-requests"),
  status: 429,
  title: "Too many requests"
}, { retryAfterSeconds: Schema.Int }) {}

/**
 * The server can't answer now (its database is away); the same request may be repeated.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unavailable extends HttpApiError.Problem<Unavailable>()("Unavailable", {
  type: typeUri("unavailable"),
  status: 503,
  title: "Service unavailable"
}) {}

/**
 * One thing that is wrong with a request: where it is (a JSON pointer into the body or the named part) and what was
 * expected there. It never repeats what was sent.
 *
 * @category models
 * @since 0.1.0
 */
export const RequestIssue = Schema.Struct({
  in: Schema.Literals(["body", "query", "path", "header"]),
  pointer: Schema.String,
  detail: Schema.String
})
/** @since 0.1.0 */
export type RequestIssue = typeof RequestIssue.Type

/**
 * The request does not have the documented shape: a missing or mistyped field or parameter.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidRequest extends HttpApiError.Problem<InvalidRequest>()("InvalidRequest", {
  type: typeUri("invalid-request"),
  status: 400,
  title: "Invalid request"
}, { errors: Schema.Array(RequestIssue) }) {}

/**
 * Something is wrong with the server; `requestId` finds it in its log.
 *
 * @category errors
 * @since 0.1.0
 */
export class InternalError extends HttpApiError.Problem<InternalError>()("InternalError", {
  type: typeUri("internal-error"),
  status: 500,
  title: "Internal error"
}, { requestId: Schema.String }) {}
