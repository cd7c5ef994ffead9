/**
 * What is kept of requests to WAHA, and of what limits them.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"

/**
 * @category ids
 * @since 0.1.0
 */
export const WahaRequestId = Id.make("WahaRequestId", "One request to a WAHA server.")
/** @since 0.1.0 */
export type WahaRequestId = typeof WahaRequestId.Type

/**
 * How a request ended: by the status of its answer, or without one.
 *
 * @category models
 * @since 0.1.0
 */
export const RequestOutcome = Schema.Literals(["success", "client_error", "server_error", "no_answer"])
/** @since 0.1.0 */
export type RequestOutcome = typeof RequestOutcome.Type

/**
 * A request to a WAHA server. It says nothing of whom it was about.
 *
 * @category models
 * @since 0.1.0
 */
export const WahaRequest = Schema.Struct({
  id: WahaRequestId,
  method: Schema.String,
  path: Schema.String.annotate({
    description: "With `{}` in place of every name and id.",
    examples: ["/api/{}/chats/{}/messages"]
  }),
  outcome: RequestOutcome,
  status: Schema.NullOr(Schema.Int),
  error: Schema.NullOr(Schema.String).annotate({
    description: "Why there was no answer: the connection's code, `timeout`, or `broken`."
  }),
  durationMillis: Schema.Int,
  at: Instant
}).annotate({ identifier: "WahaRequest" })
/** @since 0.1.0 */
export type WahaRequest = typeof WahaRequest.Type

/**
 * Which requests are wanted; all that is given must hold.
 *
 * @category models
 * @since 0.1.0
 */
export const requestFilter = {
  outcome: Schema.optional(RequestOutcome),
  method: Schema.optional(Schema.Literals(["GET", "POST", "PUT", "DELETE"])),
  path: Schema.optional(
    Schema.String.check(Schema.isMaxLength(190)).annotate({
      description: "How the path begins.",
      examples: ["/api/send"]
    })
  )
}

const RequestFilter = Schema.Struct(requestFilter)
/** @since 0.1.0 */
export type RequestFilter = typeof RequestFilter.Type

/**
 * What is limited beside the pace of messages, because WhatsApp takes too much of it for abuse:
 *
 * - `number_checks`: asking whether numbers are on WhatsApp
 * - `presence_subscriptions`: following whether people are online, because somebody asked for it
 * - `followed_chats`: the same, because they have an open conversation
 * - `group_joins`: joining groups by a code
 * - `group_refreshes`: having WAHA read the groups from WhatsApp again
 * - `management_requests`: everything that people ask of WAHA through the API
 *
 * @category models
 * @since 0.1.0
 */
export const LimitKind = Schema.Literals([
  "number_checks",
  "presence_subscriptions",
  "followed_chats",
  "group_joins",
  "group_refreshes",
  "management_requests"
])
/** @since 0.1.0 */
export type LimitKind = typeof LimitKind.Type

/**
 * How much of something an account may do in a span of time, and how much it did.
 *
 * @category models
 * @since 0.1.0
 */
export const LimitUse = Schema.Struct({
  kind: Schema.Literals(["messages", "new_contacts", ...LimitKind.literals]).annotate({
    description: "`messages` and `new_contacts` are those of the pace, which holds answers never back."
  }),
  allowed: Schema.NullOr(Schema.Int).annotate({ description: "Null: not limited." }),
  used: Schema.Int,
  perSeconds: Schema.Int,
  resetsAt: Instant
}).annotate({ identifier: "WahaLimitUse" })
/** @since 0.1.0 */
export type LimitUse = typeof LimitUse.Type
