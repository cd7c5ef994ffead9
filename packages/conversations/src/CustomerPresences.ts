/**
 * Whether customers are there, as their channel knows it, how their chat is kept there, and what they see of who answers.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChatState } from "@wicara/channels/ChatState"
import { ChatStates } from "@wicara/channels/ChatStates"
import type { Forbidden, NotFound, Unavailable } from "@wicara/core/Problem"
import * as Id from "@wicara/core/Id"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import type { ConversationId } from "./Conversation.ts"
import { Conversations } from "./Conversations.ts"
import type { CustomerPresence } from "./Feedback.ts"
import { check } from "./internal/conversationAccess.ts"
import { typingFor } from "./internal/inboundChats.ts"
import { permissions } from "./permissions.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class CustomerPresences extends Context.Service<CustomerPresences, {
  /** Of a conversation that the caller may read. */
  readonly of: (
    id: ConversationId
  ) => Effect.Effect<CustomerPresence, NotFound | Unavailable, CurrentOrganization | CurrentActor>
  /** How the account's own app keeps the chat of a conversation that the caller may read. */
  readonly chat: (
    id: ConversationId
  ) => Effect.Effect<ChatState, NotFound | Unavailable, CurrentOrganization | CurrentActor>
  /**
   * Shows the customer that somebody writes to them, or stopped, where their channel can without a message to show it
   * by. It ends by itself.
   */
  readonly showTyping: (
    id: ConversationId,
    on: boolean
  ) => Effect.Effect<void, NotFound | Forbidden | Unavailable, CurrentOrganization | CurrentActor>
}>()("@wicara/conversations/CustomerPresences") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<
    CustomerPresences,
    never,
    Conversations | ChannelAccounts | HttpClient.HttpClient | SqlClient.SqlClient
  > = Layer.effect(
    CustomerPresences,
    Effect.gen(function*() {
      const conversations = yield* Conversations
      const accounts = yield* ChannelAccounts
      const http = yield* HttpClient.HttpClient
      const sql = yield* SqlClient.SqlClient
      const states = yield* ChatStates

      /** What the provider last told by itself. Nobody writes for longer without being told of again. */
      const told = Effect.fnUntraced(function*(id: ConversationId) {
        const organization = yield* CurrentOrganization
        const now = yield* Clock.currentTimeMillis
        const [row] = yield* Effect.orDie(
          sql<{ readonly typing: unknown; readonly last_seen_at: unknown; readonly changed_at: unknown }>`
            SELECT typing, last_seen_at, changed_at FROM conversations_presences
            WHERE organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(id)}`
        )
        return Option.map(Option.fromUndefinedOr(row), ({ changed_at, last_seen_at, typing }) => ({
          typing: Number(typing) === 1 && now - Number(changed_at) < typingFor,
          lastSeenAt: last_seen_at === null ? null : Number(last_seen_at)
        }))
      })

      return CustomerPresences.of({
        chat: Effect.fn("CustomerPresences.chat")(function*(id) {
          const { channelAccountId, chat } = yield* conversations.get(id)
          const { adapter, organizationId } = yield* accounts.resolve(channelAccountId)
          const source = states.find(({ channel }) => channel === adapter.id)
          return source === undefined
            ? { archived: false, labels: [] }
            : yield* source.of({ organizationId, channelAccountId }, chat)
        }),
        showTyping: Effect.fn("CustomerPresences.showTyping")(function*(id, on) {
          const conversation = yield* conversations.get(id)
          yield* check(permissions.reply, conversation)
          const { account, adapter } = yield* accounts.resolve(conversation.channelAccountId)
          if (adapter.typing === undefined) return
          yield* Effect.provideService(
            adapter.typing({ chat: conversation.chat, on }, account),
            HttpClient.HttpClient,
            http
          )
        }),
        of: Effect.fn("CustomerPresences.of")(function*(id) {
          const { channelAccountId, chat } = yield* conversations.get(id)
          const { account, adapter } = yield* accounts.resolve(channelAccountId)
          const found = adapter.presence === undefined
            ? yield* told(id)
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
