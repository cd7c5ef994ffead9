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
 * Addresses and networks from which a key may be used.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AllowedNetworks = Schema.Array(
  Schema.String.check(Schema.isPattern(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/, { expected: "an address or a network" }))
).check(Schema.isMaxLength(100)).annotate({
  description: "Addresses and networks from which it may be used, IPv4 or IPv6; empty: from anywhere.",
  examples: [["203.0.113.0/24", "2001:db8::/32"]]
})

/**
 * How often a key may be used, at most as often as the server allows any.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RequestsPerMinute = Schema.NullOr(
  Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))
).annotate({ description: "Requests a minute; null: as many as the server allows each key." })

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
  revokedAt: Schema.NullOr(Instant),
  rotatedAt: Schema.NullOr(Instant),
  previousUntil: Schema.NullOr(Instant).annotate({
    description: "Until when the key before the last rotation is accepted too."
  }),
  allowedNetworks: AllowedNetworks,
  requestsPerMinute: RequestsPerMinute,
  machine: Schema.Boolean.annotate({
    description: "Whether it belongs to the organization, and lives on when who made it leaves."
  })
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
  expiresAt: Schema.optionalKey(Instant),
  allowedNetworks: Schema.optionalKey(AllowedNetworks),
  requestsPerMinute: Schema.optionalKey(RequestsPerMinute),
  machine: Schema.optionalKey(Schema.Boolean.annotate({
    description: "Whether it belongs to the organization; this needs the permission api-keys:machine."
  }))
})
/** @since 0.1.0 */
export type NewApiKey = typeof NewApiKey.Type

/**
 * A key of a machine user, to which it belongs.
 *
 * @category models
 * @since 0.1.0
 */
export const NewMachineKey = Schema.Struct({
  name: Name,
  scopes: Schema.Array(Schema.String).check(Schema.isBetweenLength(1, 200)).annotate({
    description: "Names of permissions that the machine user holds, and its creator too."
  }),
  expiresAt: Schema.optionalKey(Instant),
  allowedNetworks: Schema.optionalKey(AllowedNetworks),
  requestsPerMinute: Schema.optionalKey(RequestsPerMinute)
})
/** @since 0.1.0 */
export type NewMachineKey = typeof NewMachineKey.Type

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

/**
 * @category models
 * @since 0.1.0
 */
export const ApiKeyChange = Schema.Struct({
  name: Schema.optionalKey(Name),
  allowedNetworks: Schema.optionalKey(AllowedNetworks),
  requestsPerMinute: Schema.optionalKey(RequestsPerMinute)
})
/** @since 0.1.0 */
export type ApiKeyChange = typeof ApiKeyChange.Type

/**
 * @category models
 * @since 0.1.0
 */
export const Rotation = Schema.Struct({
  overlapHours: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 720 })).annotate({
      description: "For how long the key as it was is accepted too; 24 if absent, 0 for no longer."
    })
  )
})
/** @since 0.1.0 */
export type Rotation = typeof Rotation.Type
