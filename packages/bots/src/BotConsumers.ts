/**
 * What makes bots act: a message that came, a conversation that was handed back.
 *
 * @since 0.1.0
 */
import { Clock, DateTime, Effect, Layer, Option } from "effect"
import { MessageReceived, OwnershipChanged } from "@wicara/conversations/events"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { defaultSettings } from "./Bot.ts"
import { BotPresence } from "./BotPresence.ts"
import { Bots } from "./Bots.ts"
import { answerWithin, BotTurns } from "./BotTurns.ts"
import type { Arrival } from "./BotTurns.ts"

const messages = EventConsumers.consumeBatches({
  name: "bots.messages",
  types: [MessageReceived.type],
  handleBatch: Effect.fnUntraced(function*(events) {
    const bots = yield* Bots
    const turns = yield* BotTurns
    const presence = yield* BotPresence
    const now = yield* Clock.currentTimeMillis
    // A consumer that begins, or is set back, reads the whole log: what is old is not answered any more.
    const recent = events.filter((event) => DateTime.toEpochMillis(event.occurredAt) > now - answerWithin)
    const arrivals = yield* Effect.forEach(
      recent,
      Effect.fnUntraced(function*(event) {
        const { channelAccountId, conversationId, messageId } = yield* Events.payload(MessageReceived, event)
        // Where no bot answers there is a turn all the same: it passes the conversation on to people.
        const bot = yield* Effect.provideService(bots.forAccount(channelAccountId), CurrentOrganization, {
          id: event.organizationId
        })
        const { burstMaximum, burstWindow } = Option.match(bot, {
          onNone: () => ({ ...defaultSettings, burstWindow: 0 }),
          onSome: ({ settings }) => settings
        })
        return {
          organizationId: event.organizationId,
          conversationId,
          channelAccountId,
          messageId,
          burstWindow,
          burstMaximum,
          isServed: Option.exists(bot, ({ status }) => status === "active")
        } satisfies Arrival & { readonly isServed: boolean }
      })
    )
    yield* turns.arrived(arrivals)
    yield* presence.arrived(arrivals.filter((arrival) => arrival.isServed))
  })
})

// What the customer wrote after the last person's reply is still open when the bot gets the conversation back.
const handBacks = EventConsumers.consume({
  name: "bots.hand_backs",
  types: [OwnershipChanged.type],
  handle: Effect.fnUntraced(function*(event) {
    const { channelAccountId, conversationId, ownership, previous } = yield* Events.payload(OwnershipChanged, event)
    const now = yield* Clock.currentTimeMillis
    if (ownership !== "bot" || previous === "bot" || DateTime.toEpochMillis(event.occurredAt) < now - answerWithin) {
      return
    }
    const turns = yield* BotTurns
    yield* turns.wake(event.organizationId, conversationId, channelAccountId)
  })
})

/**
 * The consumers, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, EventConsumers.EventConsumers | Bots | BotTurns | BotPresence> = Layer
  .merge(
    messages,
    handBacks
  )
