/**
 * Handlers of `MembersApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Memberships } from "../Memberships.ts"
import { MembersApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(MembersApi),
  "members",
  Effect.fnUntraced(function*(handlers) {
    const members = yield* Memberships
    return handlers.handleAll({
      list: ({ query }) => members.list(query),
      add: ({ payload }) => members.add(payload),
      get: ({ params }) => members.get(params.userId),
      change: ({ params, payload }) => members.change(params.userId, payload),
      remove: ({ params }) => members.remove(params.userId)
    })
  })
)
