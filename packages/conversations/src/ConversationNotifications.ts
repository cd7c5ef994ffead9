/**
 * Tells people of conversations that wait for them: from the event log, once an event, however often this is killed and
 * goes on.
 *
 * @since 0.1.0
 */
import { DateTime, Effect, Option } from "effect"
import type { Layer } from "effect"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { permissions as channelPermissions } from "@wicara/channels/permissions"
import { Contacts } from "@wicara/contacts/Contacts"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import { Notifier } from "@wicara/core/Notification"
import type { NotificationRecipients } from "@wicara/core/Notification"
import type { Conversation, ConversationId } from "./Conversation.ts"
import { Conversations } from "./Conversations.ts"
import { MessageHeld, MessagesMissed, MessageStalled, MessageUnresolved, OwnershipChanged } from "./events.ts"
import { resourceOf } from "./internal/conversationAccess.ts"
import * as kinds from "./notifications.ts"
import { permissions } from "./permissions.ts"

const find = Effect.fnUntraced(function*(id: ConversationId) {
  const conversations = yield* Conversations
  return yield* Effect.option(conversations.get(id))
})

const about = Effect.fnUntraced(function*(conversation: Conversation) {
  const contacts = yield* Contacts
  const contact = yield* Effect.option(contacts.get(conversation.contactId))
  return {
    values: {
      conversationId: conversation.id,
      contact: Option.match(contact, { onNone: () => null, onSome: ({ displayName }) => displayName })
    },
    resource: resourceOf(conversation)
  }
})

/** The team that a conversation belongs to, else everybody who may answer there. */
const queueOf = ({ teamId }: Conversation): NotificationRecipients =>
  teamId === null ? { _tag: "Holders", permission: permissions.reply } : { _tag: "Team", teamId }

const changedHands = Effect.fnUntraced(function*(event: StoredEvent) {
  const notifier = yield* Notifier
  const { by, conversationId, epoch, ownerId, ownership, previous } = yield* Events.payload(OwnershipChanged, event)
  const found = yield* find(conversationId)
  // What changed hands again meanwhile is no news.
  if (Option.isNone(found) || found.value.epoch !== epoch) return
  const conversation = found.value
  if (ownership === "human" && ownerId !== null) {
    return yield* notifier.notify(kinds.conversationAssigned, {
      ...(yield* about(conversation)),
      to: { _tag: "Users", userIds: [ownerId] },
      dedupeKey: event.id,
      except: by ?? undefined
    })
  }
  if (conversation.lifecycle !== "escalated" || previous === "nobody") return
  yield* notifier.notify(kinds.conversationWaiting, {
    ...(yield* about(conversation)),
    to: queueOf(conversation),
    dedupeKey: event.id,
    except: by ?? undefined
  })
})

const unresolved = Effect.fnUntraced(function*(event: StoredEvent) {
  const notifier = yield* Notifier
  const { conversationId, messageId } = yield* Events.payload(MessageUnresolved, event)
  const found = yield* find(conversationId)
  if (Option.isNone(found)) return
  const { ownerId } = found.value
  yield* notifier.notify(kinds.deliveryUnknown, {
    ...(yield* about(found.value)),
    to: ownerId === null ? queueOf(found.value) : { _tag: "Users", userIds: [ownerId] },
    dedupeKey: messageId
  })
})

const missed = Effect.fnUntraced(function*(event: StoredEvent) {
  const notifier = yield* Notifier
  const accounts = yield* ChannelAccounts
  const { channelAccountId, gapId, messages } = yield* Events.payload(MessagesMissed, event)
  const account = yield* Effect.option(accounts.get(channelAccountId))
  if (Option.isNone(account)) return
  yield* notifier.notify(kinds.messagesMissed, {
    to: { _tag: "Holders", permission: channelPermissions.write },
    values: { channelAccountId, account: account.value.name, messages },
    dedupeKey: gapId
  })
})

const hour = 3_600_000

/** One that stalls is seldom alone: an account is told of once an hour. */
const stalled = Effect.fnUntraced(function*(event: StoredEvent) {
  const notifier = yield* Notifier
  const accounts = yield* ChannelAccounts
  const { channelAccountId } = yield* Events.payload(MessageStalled, event)
  const account = yield* Effect.option(accounts.get(channelAccountId))
  if (Option.isNone(account)) return
  yield* notifier.notify(kinds.messagesStalled, {
    to: { _tag: "Holders", permission: channelPermissions.write },
    values: { channelAccountId, account: account.value.name },
    dedupeKey: `${channelAccountId}/${Math.floor(DateTime.toEpochMillis(event.occurredAt) / hour)}`
  })
})

/** The template's other messages are held as well: an account is told of once an hour. */
const held = Effect.fnUntraced(function*(event: StoredEvent) {
  const notifier = yield* Notifier
  const accounts = yield* ChannelAccounts
  const { channelAccountId } = yield* Events.payload(MessageHeld, event)
  const account = yield* Effect.option(accounts.get(channelAccountId))
  if (Option.isNone(account)) return
  yield* notifier.notify(kinds.messagesHeld, {
    to: { _tag: "Holders", permission: channelPermissions.write },
    values: { channelAccountId, account: account.value.name },
    dedupeKey: `${channelAccountId}/${Math.floor(DateTime.toEpochMillis(event.occurredAt) / hour)}`
  })
})

const handle = (event: StoredEvent) =>
  Effect.gen(function*() {
    switch (event.type) {
      case OwnershipChanged.type:
        return yield* changedHands(event)
      case MessageUnresolved.type:
        return yield* unresolved(event)
      case MessageStalled.type:
        return yield* stalled(event)
      case MessageHeld.type:
        return yield* held(event)
      case MessagesMissed.type:
        return yield* missed(event)
    }
  })

/**
 * The consumer, in the background of the layer's scope. What happened before it ran for the first time is not told.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Notifier | Conversations | Contacts | ChannelAccounts
> = EventConsumers.consume({
  name: "conversations.notifications",
  types: [OwnershipChanged.type, MessageUnresolved.type, MessageStalled.type, MessageHeld.type, MessagesMissed.type],
  startAt: "now",
  handle
})
