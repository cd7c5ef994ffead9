/**
 * Group chats at a provider: the part of an adapter that knows and manages them.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { Effect, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { Address, Identity } from "./Address.ts"
import type { Account } from "./ChannelAdapter.ts"
import type { ProviderFailure } from "./ProviderFailure.ts"

/** @category models @since 0.1.0 */
export const GroupParticipant = Schema.Struct({
  identities: Schema.NonEmptyArray(Identity),
  role: Schema.Literals(["owner", "admin", "member"])
})
/** @since 0.1.0 */
export type GroupParticipant = typeof GroupParticipant.Type

/**
 * A group. `announceOnly`: only administrators write; `locked`: only administrators change its subject and picture.
 *
 * @category models
 * @since 0.1.0
 */
export const Group = Schema.Struct({
  address: Address,
  subject: Schema.String,
  description: Schema.optionalKey(Schema.String),
  participants: Schema.optionalKey(Schema.Array(GroupParticipant)),
  announceOnly: Schema.optionalKey(Schema.Boolean),
  locked: Schema.optionalKey(Schema.Boolean),
  joinApproval: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "ChannelGroup" })
/** @since 0.1.0 */
export type Group = typeof Group.Type

/**
 * Somebody who asks to join a group.
 *
 * @category models
 * @since 0.1.0
 */
export const JoinRequest = Schema.Struct({
  /** The provider's name of the request. */
  id: Schema.String,
  identities: Schema.NonEmptyArray(Identity),
  requestedAt: Schema.NullOr(Schema.DateTimeUtcFromString)
}).annotate({ identifier: "ChannelGroupJoinRequest" })
/** @since 0.1.0 */
export type JoinRequest = typeof JoinRequest.Type

/**
 * What became of requests that were decided on.
 *
 * @category models
 * @since 0.1.0
 */
export const JoinDecision = Schema.Struct({
  decided: Schema.Array(Schema.String),
  /** Those of which the provider wanted to know nothing, and why. */
  failed: Schema.Array(Schema.Struct({ id: Schema.String, code: Schema.String, reason: Schema.String }))
}).annotate({ identifier: "ChannelGroupJoinDecision" })
/** @since 0.1.0 */
export type JoinDecision = typeof JoinDecision.Type

/**
 * Who asks to join groups, where the account may let them in or not.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupJoinRequests<Settings, Secrets> {
  readonly list: (
    group: Address,
    account: Account<Settings, Secrets>
  ) => Stream.Stream<JoinRequest, ProviderFailure, HttpClient.HttpClient>
  readonly decide: (
    group: Address,
    decision: { readonly approve: boolean; readonly requests: ReadonlyArray<string> },
    account: Account<Settings, Secrets>
  ) => Effect.Effect<JoinDecision, ProviderFailure, HttpClient.HttpClient>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ChannelGroups<Settings, Secrets> {
  readonly list: (
    account: Account<Settings, Secrets>
  ) => Stream.Stream<Group, ProviderFailure, HttpClient.HttpClient>
  readonly get: (
    group: Address,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<Group, ProviderFailure, HttpClient.HttpClient>
  /** Some providers answer with the group later, by webhook: then `null`. */
  readonly create: (
    group: {
      readonly subject: string
      readonly description?: string | undefined
      readonly participants: ReadonlyArray<Identity>
      /** People who follow its link wait until they are let in; only where there are `joinRequests`. */
      readonly joinApproval?: boolean | undefined
    },
    account: Account<Settings, Secrets>
  ) => Effect.Effect<Group | null, ProviderFailure, HttpClient.HttpClient>
  readonly update: (
    group: Address,
    change: {
      readonly subject?: string | undefined
      readonly description?: string | undefined
      readonly announceOnly?: boolean | undefined
      readonly locked?: boolean | undefined
    },
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
  readonly changeParticipants: (
    group: Address,
    change: {
      readonly action: "add" | "remove" | "promote" | "demote"
      readonly participants: ReadonlyArray<Identity>
    },
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
  /** The link to join it by; `reset` makes the former one void. */
  readonly inviteLink: (
    group: Address,
    options: { readonly reset: boolean },
    account: Account<Settings, Secrets>
  ) => Effect.Effect<string, ProviderFailure, HttpClient.HttpClient>
  /** Absent: nobody has to ask, or the account has no say in it. */
  readonly joinRequests?: GroupJoinRequests<Settings, Secrets> | undefined
  /** The account leaves it, or deletes it where it is its own and the provider can. */
  readonly leave: (
    group: Address,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
}
