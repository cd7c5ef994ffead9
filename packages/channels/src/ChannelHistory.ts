/**
 * What a provider still knows of the past: the part of an adapter that reads it, to find what was missed.
 *
 * @since 0.1.0
 */
import type { Effect, Stream } from "effect"
import type { HttpClient } from "effect/http"
import type { Address } from "./Address.ts"
import type { Account } from "./ChannelAdapter.ts"
import type { MessageEchoed, MessageReceived } from "./InboundEvent.ts"
import type { ProviderFailure } from "./ProviderFailure.ts"

/**
 * A chat at the provider, with the time of its last message (epoch milliseconds; `null` where it does not say).
 *
 * @category models
 * @since 0.1.0
 */
export interface HistoryChat {
  readonly chat: Address
  readonly lastMessageAt: number | null
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ChannelHistory<Settings, Secrets> {
  /** The chats that had messages since then (epoch milliseconds), the latest first. */
  readonly chats: (
    since: number,
    account: Account<Settings, Secrets>
  ) => Stream.Stream<HistoryChat, ProviderFailure, HttpClient.HttpClient>
  /**
   * The messages of a chat in a span of time (epoch milliseconds, both ends included), as their webhooks would have been
   * decoded: same ids, so that what is known is recognized.
   */
  readonly messages: (
    request: { readonly chat: Address; readonly since: number; readonly until: number },
    account: Account<Settings, Secrets>
  ) => Stream.Stream<MessageReceived | MessageEchoed, ProviderFailure, HttpClient.HttpClient>
  /** Whether the account still receives at all, by a round trip; `false` where its status says so but it hangs. */
  readonly alive: (
    account: Account<Settings, Secrets>
  ) => Effect.Effect<boolean, ProviderFailure, HttpClient.HttpClient>
}
