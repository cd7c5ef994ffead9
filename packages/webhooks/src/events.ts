/**
 * What happens to webhook endpoints, for consumers of the event log. The aggregate of each is the endpoint.
 *
 * @since 0.1.0
 */
import * as Events from "@wicara/core/Events"
import { Schema } from "effect"
import { WebhookEndpointId } from "./WebhookEndpoint.ts"

/** Somebody made, changed, rotated or deleted it. @category events @since 0.1.0 */
export const WebhookEndpointChanged = Events.define(
  "webhook.endpoint.changed",
  Schema.Struct({
    endpointId: WebhookEndpointId,
    change: Schema.Literals(["created", "updated", "rotated", "deleted"])
  })
)

/**
 * The server delivers nothing there until somebody enables it again: nothing has arrived for days (`failing`; what happens
 * is kept), or the receiver said that it is gone (`gone`; nothing is).
 *
 * @category events
 * @since 0.1.0
 */
export const WebhookEndpointStopped = Events.define(
  "webhook.endpoint.stopped",
  Schema.Struct({
    endpointId: WebhookEndpointId,
    reason: Schema.Literals(["failing", "gone"]),
    /** The host alone: paths may hold a secret. */
    host: Schema.String,
    /** Epoch milliseconds. */
    failingSince: Schema.Int
  })
)
