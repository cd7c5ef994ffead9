/**
 * What this package hears of conversations: messages with files that are to be fetched.
 *
 * @since 0.1.0
 */
import { mediaOf } from "@wicara/channels/MessageContent"
import { Conversations } from "@wicara/conversations/Conversations"
import * as ConversationEvents from "@wicara/conversations/events"
import { Messages } from "@wicara/conversations/Messages"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Signals } from "@wicara/core/Signals"
import { insertIfAbsent } from "@wicara/core/Sql"
import type { Files } from "@wicara/files/Files"
import { Clock, Effect } from "effect"
import type { Layer } from "effect"
import { SqlClient } from "effect/sql"
import { attachStored } from "./internal/attachStored.ts"
import { encodeRequest, fetchSignal } from "./internal/fileRows.ts"

const payloadOf = (event: StoredEvent) => {
  switch (event.type) {
    case ConversationEvents.MessageSent.type:
      return Events.payload(ConversationEvents.MessageSent, event)
    case ConversationEvents.MessageBackfilled.type:
      return Events.payload(ConversationEvents.MessageBackfilled, event)
    default:
      return Events.payload(ConversationEvents.MessageReceived, event)
  }
}

/** Notes the file of a message, once. A message that is gone by now has none. */
const note = Effect.fnUntraced(function*(event: StoredEvent) {
  const sql = yield* SqlClient.SqlClient
  const { channelAccountId, conversationId, messageId } = yield* payloadOf(event)
  const message = yield* Messages.use((messages) => messages.get(messageId))
  // What was sent from here is here; of a person's own phone it is not.
  if (message.direction === "outbound" && message.author !== "phone") return
  const media = mediaOf(message.content)
  if (media === undefined) return
  const { chat } = yield* Conversations.use((conversations) => conversations.get(conversationId))
  const now = yield* Clock.currentTimeMillis
  if (media.source.type === "file") {
    return yield* attachStored({
      id: messageId,
      conversationId,
      channelAccountId,
      kind: message.content.type
    }, media.source.id)
  }
  yield* insertIfAbsent(sql, "media_files", "message_id", [{
    organization_id: Id.toBytes(event.organizationId),
    conversation_id: Id.toBytes(conversationId),
    message_id: Id.toBytes(messageId),
    channel_account_id: Id.toBytes(channelAccountId),
    state: "waiting",
    kind: message.content.type,
    request: encodeRequest({ media, chat, providerMessageId: message.providerMessageId }),
    attempts: 0,
    due_at: now,
    created_at: now
  }])
  yield* Signals.use((signals) => signals.notify(fetchSignal))
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
  EventConsumers.EventConsumers | Messages | Conversations | Signals | SqlClient.SqlClient | Files | Events.Events
> = EventConsumers.consume({
  name: "media.messages",
  types: [
    ConversationEvents.MessageReceived.type,
    ConversationEvents.MessageSent.type,
    ConversationEvents.MessageBackfilled.type
  ],
  startAt: "now",
  handle: (event) => Effect.catchTag(note(event), "NotFound", () => Effect.void)
})
