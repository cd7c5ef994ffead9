/**
 * Who knows how accounts' own apps keep their chats: a port that channels fill for conversations.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { Address } from "./Address.ts"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import type { ChatState } from "./ChatState.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface ChatStateSource {
  /** The adapter whose accounts it knows. */
  readonly channel: string
  readonly of: (
    account: { readonly organizationId: OrganizationId; readonly channelAccountId: ChannelAccountId },
    chat: Address
  ) => Effect.Effect<ChatState>
}

/**
 * @category references
 * @since 0.1.0
 */
export const ChatStates = Context.Reference<ReadonlyArray<ChatStateSource>>("@wicara/channels/ChatStates", {
  defaultValue: () => []
})

/**
 * Adds a source to those of the layers beneath. Two of them are put one on the other with `Layer.provideMerge`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E, R>(source: Effect.Effect<ChatStateSource, E, R>): Layer.Layer<never, E, R> =>
  Layer.effect(ChatStates, Effect.zipWith(ChatStates, source, (known, one) => [...known, one]))
