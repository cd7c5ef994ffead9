/**
 * The HTTP contract of outgoing webhooks.
 *
 * @since 0.1.0
 */
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import { Instant } from "@wicara/core/Instant"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { permissions } from "../permissions.ts"
import {
  ReplayWebhooks,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookDeliveryId,
  WebhookDeliveryState
} from "../WebhookDelivery.ts"
import {
  NewWebhookEndpoint,
  RotateWebhookSecret,
  WebhookEndpoint,
  WebhookEndpointChange,
  WebhookEndpointId,
  WebhookEndpointSecret,
  WebhookEventType
} from "../WebhookEndpoint.ts"

const ofEndpoint = { id: WebhookEndpointId }
const ofDelivery = { id: WebhookDeliveryId }
const read = Permissions.require(permissions.read)
const write = Permissions.require(permissions.write)
const described = (summary: string, description?: string) =>
  OpenApi.annotations(description === undefined ? { summary } : { summary, description })

/**
 * @category api
 * @since 0.1.0
 */
export class WebhooksApi extends HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.get("eventTypes", "/webhook-event-types", {
      success: Schema.Struct({ data: Schema.Array(WebhookEventType) })
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "The types of events, with the JSON Schema of what is posted"
    )),
    HttpApiEndpoint.get("list", "/webhook-endpoints", {
      query: Pagination.query,
      success: Pagination.Page(WebhookEndpoint),
      error: InvalidInput
    }).annotate(Permissions.Access, read).annotateMerge(described("The webhook endpoints")),
    HttpApiEndpoint.post("create", "/webhook-endpoints", {
      payload: NewWebhookEndpoint,
      success: WebhookEndpointSecret.pipe(HttpApiSchema.status(201)),
      error: [InvalidInput, Conflict]
    }).annotate(Permissions.Access, write).annotateMerge(described(
      "Create a webhook endpoint, whose secret is shown this once",
      "What happens from now on is delivered there. The address is reached over https, and is not on a private network."
    )),
    HttpApiEndpoint.get("get", "/webhook-endpoints/:id", {
      params: ofEndpoint,
      success: WebhookEndpoint,
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described("One webhook endpoint, and how it has been going")),
    HttpApiEndpoint.patch("update", "/webhook-endpoints/:id", {
      params: ofEndpoint,
      payload: WebhookEndpointChange,
      success: WebhookEndpoint,
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, write).annotateMerge(described("Change, enable or disable a webhook endpoint")),
    HttpApiEndpoint.delete("delete", "/webhook-endpoints/:id", {
      params: ofEndpoint,
      success: HttpApiSchema.NoContent,
      error: NotFound
    }).annotate(Permissions.Access, write).annotateMerge(described(
      "Delete a webhook endpoint",
      "Its deliveries are deleted with it."
    )),
    HttpApiEndpoint.post("rotate", "/webhook-endpoints/:id/rotate-secret", {
      params: ofEndpoint,
      payload: RotateWebhookSecret,
      success: WebhookEndpointSecret,
      error: NotFound
    }).annotate(Permissions.Access, write).annotateMerge(described(
      "Give a webhook endpoint another secret, which is shown this once",
      "For a while deliveries are signed with both."
    )),
    HttpApiEndpoint.post("test", "/webhook-endpoints/:id/test", {
      params: ofEndpoint,
      success: WebhookDelivery.pipe(HttpApiSchema.status(202)),
      error: [NotFound, Conflict]
    }).middleware(Idempotency).annotate(Permissions.Access, write).annotateMerge(
      described("Deliver a test of the type webhook.test")
    ),
    HttpApiEndpoint.post("replayRange", "/webhook-endpoints/:id/replay", {
      params: ofEndpoint,
      payload: ReplayWebhooks,
      success: HttpApiSchema.Empty(202),
      error: [NotFound, InvalidInput, Conflict]
    }).middleware(Idempotency).annotate(Permissions.Access, write).annotateMerge(described(
      "Deliver again what was to be delivered to an endpoint in a time",
      "In the order in which it happened; each keeps its webhook-id."
    )),
    HttpApiEndpoint.get("deliveries", "/webhook-deliveries", {
      query: {
        ...Pagination.query,
        endpointId: Schema.optional(WebhookEndpointId),
        state: Schema.optional(WebhookDeliveryState),
        type: Schema.optional(Schema.String.check(Schema.isMaxLength(190))),
        from: Schema.optional(Instant),
        to: Schema.optional(Instant)
      },
      success: Pagination.Page(WebhookDelivery),
      error: InvalidInput
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "The deliveries, the newest first",
      "They are kept for 30 days after their last attempt."
    )),
    HttpApiEndpoint.get("delivery", "/webhook-deliveries/:id", {
      params: ofDelivery,
      success: WebhookDeliveryDetail,
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described("One delivery, its body and its attempts")),
    HttpApiEndpoint.post("replay", "/webhook-deliveries/:id/replay", {
      params: ofDelivery,
      success: WebhookDelivery.pipe(HttpApiSchema.status(202)),
      error: [NotFound, Conflict]
    }).middleware(Idempotency).annotate(Permissions.Access, write).annotateMerge(described(
      "Deliver it again",
      "With the same webhook-id. One that waits for its next attempt is tried at once."
    ))
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Webhooks",
    description: "What happens, posted to other systems: signed, in order, tried until it arrives."
  }))
{}
