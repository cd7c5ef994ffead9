/**
 * How an account stands with its provider, as its organization sees it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ConnectionState, ConnectMethod, SetupFinding } from "./ChannelLifecycle.ts"

/**
 * @category models
 * @since 0.1.0
 */
export class ChannelConnection extends Schema.Class<ChannelConnection>("ChannelConnection")({
  /** What the provider last said; `null` until it was asked. */
  state: Schema.NullOr(ConnectionState),
  /** Rises with every change of `state`. */
  revision: Schema.Int,
  /** The ways in which the account can be connected. */
  methods: Schema.Array(ConnectMethod),
  /** The way in which somebody last connected it. */
  method: Schema.NullOr(ConnectMethod),
  /** Why the last round trip told nothing; `state` is older then. */
  problem: Schema.NullOr(Schema.Struct({ code: Schema.String, reason: Schema.String })),
  /** When its credentials end, where the provider says. */
  credentialsExpireAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  changedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** The last round trip. */
  checkedAt: Schema.NullOr(Schema.DateTimeUtcFromString)
}) {}

/**
 * @category models
 * @since 0.1.0
 */
export const ConnectAccount = Schema.Struct({
  method: ConnectMethod,
  /** The number to pair, digits of E.164 with or without `+`; for `code`. */
  phone: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\+?[0-9]{7,15}$/)))
}).annotate({ identifier: "ConnectChannelAccount" })
/** @since 0.1.0 */
export type ConnectAccount = typeof ConnectAccount.Type

/**
 * What was found in an account's set-up at its provider.
 *
 * @category models
 * @since 0.1.0
 */
export const ChannelSetup = Schema.Struct({
  findings: Schema.Array(SetupFinding),
  /** `null`: nobody has looked yet. */
  inspectedAt: Schema.NullOr(Schema.DateTimeUtcFromString)
}).annotate({ identifier: "ChannelSetup" })
/** @since 0.1.0 */
export type ChannelSetup = typeof ChannelSetup.Type

/**
 * A channel that this server speaks, and what an account of it needs: enough to ask somebody for it.
 *
 * @category models
 * @since 0.1.0
 */
export const ChannelKind = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  methods: Schema.Array(ConnectMethod),
  /** JSON Schema of an account's settings. */
  settings: Schema.JsonObject,
  /** JSON Schema of its credentials. */
  secrets: Schema.JsonObject,
  /** Those of the credentials that this side chooses and registers at the provider. */
  ownSecrets: Schema.Array(Schema.String),
  /** The fields of its public profile that can be changed; empty where it has none. */
  profile: Schema.Array(Schema.String)
}).annotate({ identifier: "ChannelKind" })
/** @since 0.1.0 */
export type ChannelKind = typeof ChannelKind.Type
