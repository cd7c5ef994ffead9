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
  /** The account leaves it, or deletes it where it is its own and the provider can. */
  readonly leave: (
    group: Address,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
}
