/**
 * Errors that people and programs outside meet: RFC 9457 problem details with a stable `type`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import { english, titles } from "./ProblemTexts.ts"

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
  title: titles.messages["not-found"].en
}, { resource: Schema.String, id: Schema.String }) {
  /** A `NotFound` with a detail sentence. */
  static of(resource: string, id: string): NotFound {
    return new NotFound({ resource, id, detail: english("notFound", { resource, id }) })
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
  title: titles.messages.unauthorized.en
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
  title: titles.messages.forbidden.en
}, { permission: Schema.String }) {
  /** A `Forbidden` that names the missing permission. */
  static of(permission: string): Forbidden {
    return new Forbidden({ permission, detail: english("needsPermission", { permission }) })
  }
}

/**
 * The organization is suspended or cancelled, and what was asked for has to wait until it no longer is; reading goes on.
 *
 * @category errors
 * @since 0.1.0
 */
export class OrganizationInactive extends HttpApiError.Problem<OrganizationInactive>()("OrganizationInactive", {
  type: typeUri("organization-inactive"),
  status: 403,
  title: titles.messages["organization-inactive"].en
}, { organizationStatus: Schema.String }) {}

/**
 * The organization does not use the module that this belongs to.
 *
 * @category errors
 * @since 0.1.0
 */
export class ModuleDisabled extends HttpApiError.Problem<ModuleDisabled>()("ModuleDisabled", {
  type: typeUri("module-disabled"),
  status: 403,
  title: titles.messages["module-disabled"].en
}, { module: Schema.String }) {}

/**
 * The organization's plan does not include the module.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotInPlan extends HttpApiError.Problem<NotInPlan>()("NotInPlan", {
  type: typeUri("not-in-plan"),
  status: 403,
  title: titles.messages["not-in-plan"].en
}, { module: Schema.String }) {}

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
  title: titles.messages["invalid-input"].en
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
  title: titles.messages.conflict.en
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
  title: titles.messages["too-many-requests"].en
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
  title: titles.messages.unavailable.en
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
  title: titles.messages["invalid-request"].en
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
  title: titles.messages["internal-error"].en
}, { requestId: Schema.String }) {}
