/**
 * What a customer sees of a bot before it answers: their message read, and that an answer is being written. Shown as soon
 * as the bot takes the message, not when its turn begins, and kept up until the answer is there. Best effort: a turn
 * never waits for it, and nothing fails with it.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Duration, Effect, Fiber, FiberMap, Layer, Option, Semaphore } from "effect"
import { HttpClient } from "effect/http"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { isOver } from "@wicara/conversations/Conversation"
import type { ConversationId } from "@wicara/conversations/Conversation"
import { Conversations } from "@wicara/conversations/Conversations"
import type { Message } from "@wicara/conversations/Message"
import { Messages } from "@wicara/conversations/Messages"
import { allowances, Standing } from "@wicara/core/Standing"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { Arrival } from "./BotTurns.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface BotPresenceOptions {
  /** How often typing is shown again while an answer is made (20 seconds: WhatsApp's indicator ends after 25). */
  readonly renewEvery?: Duration.Input | undefined
  /** Providers told at the same time (32); what waits longer than 5 seconds is left out. */
  readonly concurrency?: number | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class BotPresence extends Context.Service<BotPresence, {
  /** Marks the last of these messages in each conversation as read, and shows typing, if the bot owns it; doesn't wait. */
  readonly arrived: (
    arrivals: ReadonlyArray<Pick<Arrival, "organizationId" | "conversationId" | "messageId">>
  ) => Effect.Effect<void>
  /** Shows typing as long as the effect runs and the bot owns the conversation of this message. */
  readonly during: (
    last: Message
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | CurrentOrganization>
  /** Takes typing back where nothing will be said, if the channel can; else it ends by itself. Doesn't wait. */
  readonly end: (last: Message) => Effect.Effect<void, never, CurrentOrganization>
}>()("@wicara/bots/BotPresence") {
  /**
   * Shown through the channels of the conversations.
   *
   * @since 0.1.0
   */
  static readonly layer = (
    options?: BotPresenceOptions
  ): Layer.Layer<BotPresence, never, Conversations | Messages | ChannelAccounts | Standing | HttpClient.HttpClient> =>
    Layer.effect(BotPresence, make(options ?? {}))
}

const callTimeout = "5 seconds"
/** After the answer it would show that another one is being written. */
const settleTimeout = "1 second"

/** Reads whatever conversation it is called to. */
const actor = systemActor("bot")

const make = Effect.fnUntraced(function*(options: BotPresenceOptions) {
  const conversations = yield* Conversations
  const messages = yield* Messages
  const accounts = yield* ChannelAccounts
  const standing = yield* Standing
  const httpClient = yield* HttpClient.HttpClient
  const renewEvery = Duration.toMillis(Duration.fromInputUnsafe(options.renewEvery ?? "20 seconds"))
  const room = yield* Semaphore.make(options.concurrency ?? 32)
  const showing = yield* FiberMap.make<ConversationId>()

  const call = <E, R>(effect: Effect.Effect<void, E, R>) =>
    effect.pipe(
      room.withPermits(1),
      Effect.provideService(HttpClient.HttpClient, httpClient),
      Effect.provideService(CurrentActor, actor),
      Effect.timeoutOption(callTimeout),
      Effect.ignoreCause
    )

  const show = Effect.fnUntraced(function*(last: Message) {
    const { id } = yield* CurrentOrganization
    if (!allowances[yield* standing.of(id)].send) return
    const conversation = yield* conversations.get(last.conversationId)
    if (conversation.ownership !== "bot" || isOver(conversation)) return
    const { account, adapter } = yield* accounts.resolve(conversation.channelAccountId)
    const { providerMessageId } = last
    const { chat } = conversation
    if (adapter.markRead !== undefined && providerMessageId !== null) {
      yield* adapter.markRead({ chat, providerMessageId, typing: true }, account)
    } else if (adapter.typing !== undefined) {
      yield* adapter.typing({ chat, on: true }, account)
    }
  })

  const arrived = Effect.fnUntraced(function*(
    arrivals: ReadonlyArray<Pick<Arrival, "organizationId" | "conversationId" | "messageId">>
  ) {
    const latest = new Map(arrivals.map((arrival) => [arrival.conversationId, arrival]))
    for (const [conversationId, { messageId, organizationId }] of latest) {
      // What a later message marks as read includes the earlier ones.
      yield* FiberMap.run(
        showing,
        conversationId,
        call(Effect.flatMap(messages.get(messageId), show)).pipe(
          Effect.provideService(CurrentOrganization, { id: organizationId })
        )
      )
    }
  })

  const during =
    (last: Message) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | CurrentOrganization> =>
      Effect.gen(function*() {
        const calling = yield* Semaphore.make(1)
        const keeping = yield* Effect.gen(function*() {
          // Its arrival has shown it, unless that was long ago.
          const now = yield* Clock.currentTimeMillis
          yield* Effect.sleep(Math.max(0, DateTime.toEpochMillis(last.receivedAt) + renewEvery - now))
          while (true) {
            yield* calling.withPermits(1)(call(show(last)))
            yield* Effect.sleep(renewEvery)
          }
        }).pipe(Effect.forkChild)
        const settle = Effect.gen(function*() {
          const arrival = yield* FiberMap.get(showing, last.conversationId)
          yield* calling.withPermits(1)(Option.isSome(arrival) ? Fiber.await(arrival.value) : Effect.void).pipe(
            Effect.timeoutOption(settleTimeout)
          )
          yield* Fiber.interrupt(keeping)
          yield* FiberMap.remove(showing, last.conversationId)
        })
        return yield* Effect.ensuring(effect, settle)
      })

  const end = Effect.fnUntraced(function*(last: Message) {
    const organization = yield* CurrentOrganization
    const hide = Effect.gen(function*() {
      const conversation = yield* conversations.get(last.conversationId)
      const { account, adapter } = yield* accounts.resolve(conversation.channelAccountId)
      if (adapter.typing !== undefined) yield* adapter.typing({ chat: conversation.chat, on: false }, account)
    })
    yield* FiberMap.run(
      showing,
      last.conversationId,
      call(hide).pipe(Effect.provideService(CurrentOrganization, organization))
    )
  })

  return BotPresence.of({ arrived, during, end })
})
