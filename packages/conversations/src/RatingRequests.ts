/**
 * Asks customers how a conversation was when it is over, where their channel can.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import { Effect } from "effect"
import type { Layer } from "effect"
import type { HttpClient } from "effect/http"
import { Conversations } from "./Conversations.ts"
import { ConversationClosed, ConversationResolved } from "./events.ts"
import { Feedbacks } from "./Feedbacks.ts"
import { isOver } from "./Conversation.ts"

const ask = Effect.fnUntraced(function*(event: Events.StoredEvent) {
  const { channelAccountId, conversationId } = event.type === ConversationClosed.type
    ? yield* Events.payload(ConversationClosed, event)
    : yield* Events.payload(ConversationResolved, event)
  const conversation = yield* Conversations.use((conversations) => conversations.get(conversationId))
  // It may have gone on by now.
  if (!isOver(conversation)) return
  const { account, adapter } = yield* ChannelAccounts.use((accounts) => accounts.resolve(channelAccountId))
  if (adapter.askRating === undefined) return
  const { score } = yield* Feedbacks.use((feedbacks) => feedbacks.get(conversationId))
  if (score !== null) return
  yield* adapter.askRating({ chat: conversation.chat, conversationId }, account)
})

/**
 * The consumer, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Conversations | ChannelAccounts | Feedbacks | HttpClient.HttpClient
> = EventConsumers.consume({
  name: "conversations.ratings",
  types: [ConversationResolved.type, ConversationClosed.type],
  startAt: "now",
  handle: (event) => Effect.catchTag(ask(event), "NotFound", () => Effect.void)
})
