/**
 * The handlers of `WahaDirectoryApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
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
    return handlers.handleAll({
      contacts: ({ params, query }) => directory.contacts(params.id, query),
      groups: ({ params, query }) => directory.groups(params.id, query),
      states: ({ params }) => Effect.map(directory.states(params.id), (data) => ({ data })),
      start: ({ params }) => Effect.map(directory.start(params.id), (data) => ({ data }))
    })
  })
)
