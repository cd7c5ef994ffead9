/**
 * A device that somebody wants to be told on.
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
export const PushSubscriptionId = Id.make("PushSubscriptionId", "A browser on which one person gets push messages.")
/** @since 0.1.0 */
export type PushSubscriptionId = typeof PushSubscriptionId.Type

const Base64Url = (most: number) =>
  Schema.String.check(
    Schema.isPattern(/^[A-Za-z0-9_-]+={0,2}$/, { expected: "base64url" }),
    Schema.isMaxLength(most)
  )

/**
 * What a browser's `PushSubscription.toJSON()` gives.
 *
 * @category models
 * @since 0.1.0
 */
export const NewPushSubscription = Schema.Struct({
  endpoint: Schema.RedactedFromValue(Schema.String.check(Schema.isMaxLength(2000))).annotate({
    description: "The address at the browser's push service."
  }),
  keys: Schema.Struct({
    p256dh: Base64Url(100),
    auth: Schema.RedactedFromValue(Base64Url(30))
  }),
  expirationTime: Schema.optionalKey(Schema.NullOr(Schema.Number))
}).annotate({ identifier: "NewPushSubscription", description: "What a browser's `PushSubscription.toJSON()` gives." })
/** @since 0.1.0 */
export type NewPushSubscription = typeof NewPushSubscription.Type

/**
 * @category models
 * @since 0.1.0
 */
export class PushSubscription extends Schema.Class<PushSubscription>("PushSubscription")({
  id: PushSubscriptionId,
  service: Schema.String.annotate({ description: "The host of the push service.", examples: ["fcm.googleapis.com"] }),
  userAgent: Schema.NullOr(Schema.String),
  createdAt: Instant,
  lastSentAt: Schema.NullOr(Instant)
}, { description: "A browser on which one person gets push messages. Its address and keys are never shown." }) {}
