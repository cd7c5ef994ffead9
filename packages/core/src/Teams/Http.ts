/**
 * Handlers of `TeamsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import * as Revision from "../Revision.ts"
import { Teams } from "../Teams.ts"
import { TeamsApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(TeamsApi),
  "teams",
  Effect.fnUntraced(function*(handlers) {
    const teams = yield* Teams
    return handlers.handleAll({
      list: ({ query }) => teams.list(query),
      create: ({ payload }) => teams.create(payload),
      get: ({ params }) => Effect.map(teams.get(params.teamId), Revision.revised),
      update: ({ headers, params, payload }) =>
        Effect.map(teams.update(params.teamId, payload, Revision.expected(headers)), Revision.revised),
      remove: ({ headers, params }) => teams.remove(params.teamId, Revision.expected(headers)),
      members: ({ params, query }) => teams.members(params.teamId, query),
      addMember: ({ params }) => teams.addMember(params.teamId, params.userId),
      removeMember: ({ params }) => teams.removeMember(params.teamId, params.userId)
    })
  })
)
