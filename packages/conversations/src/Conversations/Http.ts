/**
 * The handlers of `ConversationsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Conversations } from "../Conversations.ts"
import { CustomerPresences } from "../CustomerPresences.ts"
import { Feedbacks } from "../Feedbacks.ts"
import { HistoryChecks } from "../HistoryChecks.ts"
import { Messages } from "../Messages.ts"
import { ConversationsApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ConversationsApi),
  "conversations",
  Effect.fn(function*(handlers) {
    const conversations = yield* Conversations
    const messages = yield* Messages
    const feedback = yield* Feedbacks
    const checks = yield* HistoryChecks
    const presence = yield* CustomerPresences
    return handlers.handleAll({
      list: ({ query }) => conversations.list(query),
      start: ({ payload }) => conversations.start(payload),
      get: ({ params }) => conversations.get(params.id),
      feedback: ({ params }) => feedback.get(params.id),
      presence: ({ params }) => presence.of(params.id),
      chatState: ({ params }) => presence.chat(params.id),
      showTyping: ({ params, payload }) => presence.showTyping(params.id, payload.on),
      ofContact: ({ params, query }) => conversations.ofContact(params.id, query),
      messages: ({ params, query }) => messages.list(params.id, query),
      send: ({ params, payload }) =>
        Effect.map(messages.send({ ...payload, conversationId: params.id }), (sent) => ({ data: sent.messages })),
      canSend: ({ params, payload }) => messages.canSend({ ...payload, conversationId: params.id }),
      message: ({ params }) => messages.get(params.id),
      versions: ({ params }) => Effect.map(messages.versions(params.id), (data) => ({ data })),
      gaps: ({ params, query }) => checks.gaps(params.id, query),
      takeOver: ({ params, payload }) => conversations.takeOver(params.id, payload),
      handBack: ({ params, payload }) => conversations.handBack(params.id, payload),
      release: ({ params, payload }) => conversations.release(params.id, payload),
      resolve: ({ params, payload }) => conversations.resolve(params.id, payload),
      close: ({ params, payload }) => conversations.close(params.id, payload),
      markRead: ({ params }) => conversations.markRead(params.id),
      assign: ({ params, payload }) => conversations.assign(params.id, payload.userId, payload),
      assignTeam: ({ params, payload }) => conversations.assignTeam(params.id, payload.teamId)
    })
  })
)
