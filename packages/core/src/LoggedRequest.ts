/**
 * A request as the request log keeps it: who asked for what, from where, how it ended, and whose personal data it was
 * about.
 *
 * @since 0.1.0
 */
import { Context, Schema } from "effect"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"
import { Actor } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const LoggedRequestId = Id.make("LoggedRequestId", "One request in the request log.")
/** @since 0.1.0 */
export type LoggedRequestId = typeof LoggedRequestId.Type

/**
 * How a request ended.
 *
 * @category models
 * @since 0.1.0
 */
export const Outcome = Schema.Literals(["success", "client_error", "server_error"])
/** @since 0.1.0 */
export type Outcome = typeof Outcome.Type

/**
 * What was done with somebody's personal data.
 *
 * @category models
 * @since 0.1.0
 */
export const Access = Schema.Literals(["read", "modify", "export", "delete"])
/** @since 0.1.0 */
export type Access = typeof Access.Type

/**
 * That an endpoint is about somebody's personal data: of which kind, and the path parameter that names whose.
 * `endpoint.annotate(PersonalData, { type: "contact", parameter: "contactId", access: "read" })`.
 *
 * @category annotations
 * @since 0.1.0
 */
export const PersonalData = Context.Reference<
  { readonly type: string; readonly parameter: string; readonly access: Access } | undefined
>("@wicara/core/LoggedRequest/PersonalData", { defaultValue: () => undefined })

/**
 * @category models
 * @since 0.1.0
 */
export class LoggedRequest extends Schema.Class<LoggedRequest>("LoggedRequest")({
  id: LoggedRequestId,
  requestId: Schema.NullOr(Schema.String),
  actor: Schema.NullOr(Actor),
  method: Schema.String,
  path: Schema.String.annotate({ description: "Without its query." }),
  endpoint: Schema.NullOr(Schema.String).annotate({ description: "The operation's name in the API's description." }),
  status: Schema.Int,
  outcome: Outcome,
  durationMillis: Schema.Int,
  address: Schema.NullOr(Schema.String),
  userAgent: Schema.NullOr(Schema.String),
  subject: Schema.NullOr(Schema.Struct({ type: Schema.String, id: Schema.String, access: Access })).annotate({
    description: "Whose personal data it was about, and what was done with it."
  }),
  purpose: Schema.NullOr(Schema.String).annotate({
    description: "What it was for, as who asked said it (`wicara-reason`); of requests about personal data alone."
  }),
  at: Instant
}, { description: "A request: who asked for what, from where, and how it ended." }) {}

/**
 * Which requests are wanted; all that is given must hold.
 *
 * @category models
 * @since 0.1.0
 */
export const requestFilter = {
  actor: Schema.optional(
    Schema.String.check(Schema.isMaxLength(190)).annotate({
      description: "The id of the user or API key that asked."
    })
  ),
  outcome: Schema.optional(Outcome),
  personalData: Schema.optional(
    Schema.Literal("true").annotate({
      description: "Only requests about somebody's personal data."
    })
  ),
  subjectType: Schema.optional(Schema.String.check(Schema.isMaxLength(63))),
  subjectId: Schema.optional(
    Schema.String.check(Schema.isMaxLength(190)).annotate({
      description: "Whose personal data: the id of a contact, a conversation or a user."
    })
  )
}

const RequestFilter = Schema.Struct(requestFilter)
/** @since 0.1.0 */
export type RequestFilter = typeof RequestFilter.Type
