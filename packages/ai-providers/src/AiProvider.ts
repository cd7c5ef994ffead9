/**
 * A language model that an organization configured.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "@wicara/core/Id"
import { AiPrice } from "./AiPrice.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const AiProviderId = Id.make("AiProviderId", "A language model that an organization configured.")
/** @since 0.1.0 */
export type AiProviderId = typeof AiProviderId.Type

/**
 * @category models
 * @since 0.1.0
 */
export class AiProvider extends Schema.Class<AiProvider>("AiProvider")({
  id: AiProviderId,
  /** The id of its adapter. */
  kind: Schema.String,
  name: Schema.String,
  /** The model as the provider calls it; empty for the built-in one. */
  model: Schema.String,
  /** What the adapter's settings schema describes. The secret is never part of it. */
  settings: Schema.JsonObject,
  hasSecret: Schema.Boolean,
  price: Schema.NullOr(AiPrice),
  /** Used by bots that name no model. */
  isDefault: Schema.Boolean,
  createdAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}) {}

const Name = Schema.String.check(Schema.isTrimmed(), Schema.isMinLength(1), Schema.isMaxLength(190))
/** Goes in as text and is redacted from then on. */
const SecretInput = Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(4000)))
const ModelName = Schema.String.check(Schema.isTrimmed(), Schema.isMaxLength(190))

/**
 * @category models
 * @since 0.1.0
 */
export const CreateAiProvider = Schema.Struct({
  kind: Schema.String,
  name: Name,
  model: ModelName,
  settings: Schema.JsonObject,
  /** Stored encrypted and never returned. */
  secret: Schema.optionalKey(SecretInput),
  price: Schema.optionalKey(Schema.NullOr(AiPrice)),
  /** The first one is the default whatever is said here. */
  isDefault: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "CreateAiProvider" })
/** @since 0.1.0 */
export type CreateAiProvider = typeof CreateAiProvider.Type

/**
 * What to change; absent fields stay, `secret: null` removes the secret. A default is changed by making another one it.
 *
 * @category models
 * @since 0.1.0
 */
export const UpdateAiProvider = Schema.Struct({
  name: Schema.optionalKey(Name),
  model: Schema.optionalKey(ModelName),
  settings: Schema.optionalKey(Schema.JsonObject),
  secret: Schema.optionalKey(Schema.NullOr(SecretInput)),
  price: Schema.optionalKey(Schema.NullOr(AiPrice)),
  isDefault: Schema.optionalKey(Schema.Literal(true))
}).annotate({ identifier: "UpdateAiProvider" })
/** @since 0.1.0 */
export type UpdateAiProvider = typeof UpdateAiProvider.Type

/**
 * What a trial question to the model found.
 *
 * @category models
 * @since 0.1.0
 */
export const AiProviderCheck = Schema.Struct({
  status: Schema.Literals(["ok", "warn", "fail"]),
  message: Schema.String,
  /** Milliseconds. */
  latency: Schema.Int
}).annotate({ identifier: "AiProviderCheck" })
/** @since 0.1.0 */
export type AiProviderCheck = typeof AiProviderCheck.Type
