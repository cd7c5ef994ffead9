/**
 * A webhook endpoint as its organization sees it: where events go, which, and how that has been going.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { Instant } from "@wicara/core/Instant"
import * as Secret from "@wicara/core/Secret"
import { Schema } from "effect"

/** @category ids @since 0.1.0 */
export const WebhookEndpointId = Id.make("WebhookEndpointId", "An address that events are delivered to.")
/** @since 0.1.0 */
export type WebhookEndpointId = typeof WebhookEndpointId.Type

/**
 * `paused` ones keep what happens for when they are resumed; `disabled` ones keep nothing.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WebhookEndpointState = Schema.Literals(["active", "paused", "disabled"])
/** @since 0.1.0 */
export type WebhookEndpointState = typeof WebhookEndpointState.Type

/**
 * The version of the payloads that this release sends. An endpoint keeps the one it was created with.
 *
 * @category constants
 * @since 0.1.0
 */
export const payloadVersion = 1

/** @category schemas @since 0.1.0 */
export const PayloadVersion = Schema.Literal(payloadVersion)

/**
 * An event type, all that begin with some words (`conversation.*`), or all (`*`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const EventPattern = Schema.String.check(
  Schema.isMaxLength(190),
  Schema.isPattern(/^(?:\*|[a-z0-9_]+(?:\.[a-z0-9_]+)*(?:\.\*)?)$/, {
    expected: "an event type, its beginning followed by .*, or * alone"
  })
).annotate({ examples: ["conversation.message.received", "contact.*"] })

/** Whether a pattern names a type. @category guards @since 0.1.0 */
export const matches = (pattern: string, type: string): boolean =>
  pattern === "*" || pattern === type || (pattern.endsWith(".*") && type.startsWith(pattern.slice(0, -1)))

const Url = Schema.String.check(Schema.isBetweenLength(1, 2000)).annotate({
  description: "Where deliveries are posted to: https, on the public internet.",
  examples: ["https://example.com/hooks/wicara"]
})

const Description = Schema.String.check(Schema.isMaxLength(500))

const EventPatterns = Schema.Array(EventPattern).check(Schema.isBetweenLength(1, 100)).annotate({
  description: "What is delivered: event types, or their beginnings followed by .*, or * for all."
})

const Ordered = Schema.Boolean.annotate({
  description:
    "Whether events with the same ordering key (those of a conversation, …) wait for each other; they do if absent."
})

const HeaderName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, { expected: "the name of an HTTP header" })
)

/**
 * Headers that go with every delivery, such as the credentials that the receiver asks for.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CustomHeaders = Schema.Record(HeaderName, Secret.Input).check(Schema.isMaxProperties(10)).annotate({
  description: "Headers that go with every delivery. Their values are stored encrypted and never returned."
})

/**
 * @category models
 * @since 0.1.0
 */
export class WebhookEndpoint extends Schema.Class<WebhookEndpoint>("WebhookEndpoint")({
  id: WebhookEndpointId,
  url: Schema.String,
  description: Schema.String,
  events: Schema.Array(Schema.String),
  ordered: Schema.Boolean,
  payloadVersion: Schema.Int,
  headerNames: Schema.Array(Schema.String).annotate({ description: "The headers that go with every delivery." }),
  state: WebhookEndpointState.annotate({
    description: "A paused endpoint keeps what happens until it is enabled again; a disabled one keeps nothing."
  }),
  stateReason: Schema.NullOr(Schema.Literals(["failing", "gone"])).annotate({
    description: "Why the server stopped: nothing arrived for days, or the receiver said that it is gone (410)."
  }),
  failingSince: Schema.NullOr(Instant).annotate({ description: "Since when nothing has arrived." }),
  lastSuccessAt: Schema.NullOr(Instant),
  lastFailureAt: Schema.NullOr(Instant),
  previousSecretUntil: Schema.NullOr(Instant).annotate({
    description: "Until when deliveries are also signed with the secret before the last rotation."
  }),
  createdAt: Instant,
  updatedAt: Instant
}, { description: "An address that events are delivered to." }) {}

/** @category models @since 0.1.0 */
export const NewWebhookEndpoint = Schema.Struct({
  url: Url,
  description: Schema.optionalKey(Description),
  events: EventPatterns,
  enabled: Schema.optionalKey(Schema.Boolean),
  ordered: Schema.optionalKey(Ordered),
  headers: Schema.optionalKey(CustomHeaders)
}).annotate({ identifier: "NewWebhookEndpoint" })
/** @since 0.1.0 */
export type NewWebhookEndpoint = typeof NewWebhookEndpoint.Type

/** What to change; absent fields stay. @category models @since 0.1.0 */
export const WebhookEndpointChange = Schema.Struct({
  url: Schema.optionalKey(Url),
  description: Schema.optionalKey(Description),
  events: Schema.optionalKey(EventPatterns),
  enabled: Schema.optionalKey(Schema.Boolean.annotate({
    description: "true also resumes a paused endpoint, with all it missed; false drops what waits."
  })),
  ordered: Schema.optionalKey(Ordered),
  headers: Schema.optionalKey(CustomHeaders)
}).annotate({ identifier: "WebhookEndpointChange" })
/** @since 0.1.0 */
export type WebhookEndpointChange = typeof WebhookEndpointChange.Type

/**
 * What making an endpoint, or rotating its secret, gives.
 *
 * @category models
 * @since 0.1.0
 */
export class WebhookEndpointSecret extends Schema.Class<WebhookEndpointSecret>("WebhookEndpointSecret")({
  secret: Schema.String.annotate({
    description: "What deliveries are signed with (`whsec_...`); it is shown this once."
  }),
  endpoint: WebhookEndpoint
}) {}

/** @category models @since 0.1.0 */
export const RotateWebhookSecret = Schema.Struct({
  overlapHours: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 168 })).annotate({
      description: "For how long deliveries are signed with the secret as it was too; 24 if absent, 0 for no longer."
    })
  )
}).annotate({ identifier: "RotateWebhookSecret" })
/** @since 0.1.0 */
export type RotateWebhookSecret = typeof RotateWebhookSecret.Type

/**
 * A type of event that can be delivered.
 *
 * @category models
 * @since 0.1.0
 */
export class WebhookEventType extends Schema.Class<WebhookEventType>("WebhookEventType")({
  type: Schema.String,
  module: Schema.String.annotate({ description: "Which part of the server tells of it." }),
  payloadVersion: Schema.Int,
  schema: Schema.JsonObject.annotate({ description: "What is posted, as JSON Schema, draft 2020-12." })
}) {}
