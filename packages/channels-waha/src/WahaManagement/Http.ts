/**
 * The handlers of `WahaManagementApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { WahaCalls } from "../WahaCalls.ts"
import { WahaManagement } from "../WahaManagement.ts"
import { WahaManagementApi } from "./Api.ts"

const listed = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.map(effect, (data) => ({ data }))

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WahaManagementApi),
  "wahaManagement",
  Effect.fn(function*(handlers) {
    const management = yield* WahaManagement
    const calls = yield* WahaCalls
    return handlers.handleAll({
      checkNumber: ({ params, payload }) => management.checkNumber(params.id, payload.phone),
      contact: ({ params }) => management.contact(params.id, params.person),
      nameContact: ({ params, payload }) => management.nameContact(params.id, params.person, payload),
      block: ({ params }) => management.block(params.id, params.person),
      unblock: ({ params }) => management.unblock(params.id, params.person),
      chats: ({ params, query }) => management.chats(params.id, query),
      deleteChat: ({ params, query }) => management.deleteChat(params.id, params.chatId, query.confirm),
      archive: ({ params }) => management.archive(params.id, params.chatId, true),
      unarchive: ({ params }) => management.archive(params.id, params.chatId, false),
      markUnread: ({ params }) => management.markUnread(params.id, params.chatId),
      markRead: ({ params, payload }) => management.markRead(params.id, params.chatId, payload),
      rejectCall: ({ params, payload }) => calls.reject(params.id, params.callId, payload.from),
      labels: ({ params }) => listed(management.labels(params.id)),
      createLabel: ({ params, payload }) => management.writeLabel(params.id, undefined, payload),
      updateLabel: ({ params, payload }) => management.writeLabel(params.id, params.labelId, payload),
      deleteLabel: ({ params }) => management.deleteLabel(params.id, params.labelId),
      labelledChats: ({ params }) => listed(management.labelledChats(params.id, params.labelId)),
      chatLabels: ({ params }) => listed(management.chatLabels(params.id, params.chatId)),
      setChatLabels: ({ params, payload }) =>
        listed(management.setChatLabels(params.id, params.chatId, payload.labelIds)),
      setPresence: ({ params, payload }) => management.setPresence(params.id, payload.presence),
      presence: ({ params }) => management.presence(params.id, params.chatId),
      followPresence: ({ params }) => management.followPresence(params.id, params.chatId)
    })
  })
)
