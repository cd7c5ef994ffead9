/**
 * A key by which a program acts in one organization.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import { Name } from "./Organization.ts"
import { Actor, ApiKeyId } from "./Tenancy.ts"

/**
 * @category models
 * @since 0.1.0
 */
export class ApiKey extends Schema.Class<ApiKey>("ApiKey")({
  id: ApiKeyId,
  name: Schema.String,
  start: Schema.String.annotate({ description: "How the key begins, to tell keys apart.", examples: ["wk_Zk3d9Q"] }),
  scopes: Schema.Array(Schema.String).annotate({ description: "The permissions it has." }),
  createdBy: Actor,
  createdAt: Instant,
  expiresAt: Schema.NullOr(Instant),
  lastUsedAt: Schema.NullOr(Instant).annotate({ description: "Accurate to the minute." }),
  revokedAt: Schema.NullOr(Instant)
}, { description: "A key by which a program acts in one organization." }) {}

/**
 * @category models
 * @since 0.1.0
 */
export const NewApiKey = Schema.Struct({
  name: Name,
  scopes: Schema.Array(Schema.String).check(Schema.isBetweenLength(1, 200)).annotate({
    description: "Names of permissions that its creator holds."
  }),
  expiresAt: Schema.optionalKey(Instant)
})
/** @since 0.1.0 */
export type NewApiKey = typeof NewApiKey.Type

/**
 * What making a key gives: the key itself is shown this once.
 *
 * @category models
 * @since 0.1.0
 */
export class CreatedApiKey extends Schema.Class<CreatedApiKey>("CreatedApiKey")({
  key: Schema.String.annotate({ description: "The key (`wk_...`); it is shown this once." }),
  apiKey: ApiKey
}) {}
