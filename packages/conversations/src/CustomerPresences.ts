/**
 * Whether customers are there, as their channel knows it.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Context, DateTime, Effect, Layer, Option } from "effect"
import { HttpClient } from "effect/http"
import type { ConversationId } from "./Conversation.ts"
import { Conversations } from "./Conversations.ts"
import type { CustomerPresence } from "./Feedback.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class CustomerPresences extends Context.Service<CustomerPresences, {
  /** Of a conversation that the caller may read. */
  readonly of: (
    id: ConversationId
  ) => Effect.Effect<CustomerPresence, NotFound | Unavailable, CurrentOrganization | CurrentActor>
}>()("@wicara/conversations/CustomerPresences") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<
    CustomerPresences,
    never,
    Conversations | ChannelAccounts | HttpClient.HttpClient
  > = Layer.effect(
    CustomerPresences,
    Effect.gen(function*() {
      const conversations = yield* Conversations
      const accounts = yield* ChannelAccounts
      const http = yield* HttpClient.HttpClient
      return CustomerPresences.of({
        of: Effect.fn("CustomerPresences.of")(function*(id) {
          const { channelAccountId, chat } = yield* conversations.get(id)
          const { account, adapter } = yield* accounts.resolve(channelAccountId)
          const found = adapter.presence === undefined
            ? Option.none()
            : yield* Effect.provideService(adapter.presence(chat, account), HttpClient.HttpClient, http)
          return Option.match(found, {
            onNone: () => ({ typing: false, lastSeenAt: null }),
            onSome: ({ lastSeenAt, typing }) => ({
              typing,
              lastSeenAt: lastSeenAt === null ? null : DateTime.makeUnsafe(lastSeenAt)
            })
          })
        })
      })
    })
  )
}
