/**
 * Deliveries: one for each event and endpoint, with what became of each attempt.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"
import { WebhookEndpointId } from "./WebhookEndpoint.ts"

/** @category ids @since 0.1.0 */
export const WebhookDeliveryId = Id.make("WebhookDeliveryId", "One event on its way to one endpoint.")
/** @since 0.1.0 */
export type WebhookDeliveryId = typeof WebhookDeliveryId.Type

/**
 * `failed`: given up after the last attempt. `discarded`: the endpoint was disabled before it arrived.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WebhookDeliveryState = Schema.Literals(["pending", "delivered", "failed", "discarded"])
/** @since 0.1.0 */
export type WebhookDeliveryState = typeof WebhookDeliveryState.Type

const fields = {
  id: WebhookDeliveryId,
  endpointId: WebhookEndpointId,
  webhookId: Schema.String.annotate({
    description: "The header webhook-id: the same in every attempt, also when it is delivered again."
  }),
  type: Schema.String,
  orderingKey: Schema.String.annotate({ description: "What its events are kept in order for: a conversation, …" }),
  state: WebhookDeliveryState,
  attempts: Schema.Int,
  lastStatus: Schema.NullOr(Schema.Int).annotate({ description: "What the receiver answered last." }),
  lastError: Schema.NullOr(Schema.String).annotate({
    description:
      "Why it did not arrive last: http, redirect, timeout, refused_address, connection, too_large or no_event."
  }),
  nextAttemptAt: Schema.NullOr(Instant).annotate({
    description: "When it is tried next; null for one that waits for those before it, or is not tried any more."
  }),
  createdAt: Instant,
  finishedAt: Schema.NullOr(Instant),
  replayedAt: Schema.NullOr(Instant)
}

/**
 * @category models
 * @since 0.1.0
 */
export class WebhookDelivery extends Schema.Class<WebhookDelivery>("WebhookDelivery")(fields) {}

/**
 * @category models
 * @since 0.1.0
 */
export class WebhookAttempt extends Schema.Class<WebhookAttempt>("WebhookAttempt")({
  attempt: Schema.Int,
  at: Instant,
  durationMillis: Schema.Int,
  status: Schema.NullOr(Schema.Int),
  error: Schema.NullOr(Schema.String),
  response: Schema.NullOr(Schema.String).annotate({ description: "The first 2 KiB of what the receiver answered." })
}) {}

/**
 * @category models
 * @since 0.1.0
 */
export class WebhookDeliveryDetail extends Schema.Class<WebhookDeliveryDetail>("WebhookDeliveryDetail")({
  ...fields,
  body: Schema.NullOr(Schema.String).annotate({ description: "What is posted, to the byte; null when it is erased." }),
  log: Schema.Array(WebhookAttempt).annotate({ description: "Its attempts, the first one first." })
}) {}

/**
 * What a list is narrowed to.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebhookDeliveryFilter {
  readonly endpointId?: WebhookEndpointId | undefined
  readonly state?: WebhookDeliveryState | undefined
  readonly type?: string | undefined
  /** Created at or after. */
  readonly from?: typeof Instant.Type | undefined
  /** Created before. */
  readonly to?: typeof Instant.Type | undefined
}

/** Which deliveries of an endpoint to make again. @category models @since 0.1.0 */
export const ReplayWebhooks = Schema.Struct({
  from: Instant,
  to: Instant,
  states: Schema.optionalKey(
    Schema.Array(Schema.Literals(["delivered", "failed", "discarded"])).check(Schema.isBetweenLength(1, 3)).annotate({
      description: "Which: those that failed or were discarded if absent."
    })
  )
}).annotate({ identifier: "ReplayWebhooks" })
/** @since 0.1.0 */
export type ReplayWebhooks = typeof ReplayWebhooks.Type
