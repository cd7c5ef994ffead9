/**
 * What a paired number offers beyond messages, as the API says it.
 *
 * @since 0.1.0
 */
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"

/** @category models @since 0.1.0 */
export const FeatureName = Schema.Literals(["labels", "channels", "screenshot", "business_profile", "catalogue"])
/** @since 0.1.0 */
export type FeatureName = typeof FeatureName.Type

/**
 * Something that a number may offer.
 *
 * @category models
 * @since 0.1.0
 */
export const Feature = Schema.Struct({
  feature: FeatureName,
  offered: Schema.Boolean,
  reason: Schema.NullOr(Schema.String).annotate({ description: "Why it is not offered, in WAHA's words." }),
  checkedAt: Instant
}).annotate({ identifier: "WahaFeature" })
/** @since 0.1.0 */
export type Feature = typeof Feature.Type
