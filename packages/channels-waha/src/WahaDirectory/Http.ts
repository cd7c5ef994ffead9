/**
 * The handlers of `WahaDirectoryApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { WahaChats } from "../WahaChats.ts"
import { WahaDirectory } from "../WahaDirectory.ts"
import { WahaDirectoryApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WahaDirectoryApi),
  "wahaDirectory",
  Effect.fn(function*(handlers) {
    const directory = yield* WahaDirectory
    const chats = yield* WahaChats
    return handlers.handleAll({
      contacts: ({ params, query }) => directory.contacts(params.id, query),
      groups: ({ params, query }) => directory.groups(params.id, query),
      chatStates: ({ params, query }) => chats.list(params.id, query),
      chatState: ({ params }) => chats.get(params.id, params.chatId),
      states: ({ params }) => Effect.map(directory.states(params.id), (data) => ({ data })),
      start: ({ params }) => Effect.map(directory.start(params.id), (data) => ({ data }))
    })
  })
)
