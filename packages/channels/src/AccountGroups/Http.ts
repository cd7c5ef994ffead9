/**
 * The handlers of `AccountGroupsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { AccountGroups } from "../AccountGroups.ts"
import { AccountGroupsApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(AccountGroupsApi),
  "accountGroups",
  Effect.fn(function*(handlers) {
    const groups = yield* AccountGroups
    return handlers.handleAll({
      list: ({ params, query }) => groups.list(params.id, query),
      create: ({ params, payload }) => Effect.map(groups.create(params.id, payload), (group) => ({ group })),
      get: ({ params }) => groups.get(params.id, params.group),
      update: ({ params, payload }) => groups.update(params.id, params.group, payload),
      leave: ({ params }) => groups.leave(params.id, params.group),
      changeParticipants: ({ params, payload }) => groups.changeParticipants(params.id, params.group, payload),
      joinRequests: ({ params, query }) => groups.joinRequests(params.id, params.group, query),
      decideJoinRequests: ({ params, payload }) => groups.decideJoinRequests(params.id, params.group, payload),
      inviteLink: ({ params }) => Effect.map(groups.inviteLink(params.id, params.group), (link) => ({ link })),
      resetInviteLink: ({ params }) => Effect.map(groups.resetInviteLink(params.id, params.group), (link) => ({ link }))
    })
  })
)
