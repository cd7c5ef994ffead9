/**
 * Handlers of `AgentsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { AgentProfiles } from "../AgentProfiles.ts"
import { Forbidden } from "../Problem.ts"
import * as Revision from "../Revision.ts"
import { CurrentActor } from "../Tenancy.ts"
import { AgentsApi } from "./Api.ts"
import { english } from "../ProblemTexts.ts"

const currentUser = Effect.flatMap(CurrentActor, ({ actor }) =>
  actor._tag === "User"
    ? Effect.succeed(actor.id)
    : Effect.fail(new Forbidden({ permission: "", detail: english("peopleOnly") })))

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(AgentsApi),
  "agents",
  Effect.fnUntraced(function*(handlers) {
    const profiles = yield* AgentProfiles
    return handlers.handleAll({
      list: ({ query }) => profiles.list(query),
      get: ({ params }) => Effect.map(profiles.get(params.userId), Revision.revised),
      update: ({ headers, params, payload }) =>
        Effect.map(profiles.update(params.userId, payload, Revision.expected(headers)), Revision.revised),
      own: () => Effect.flatMap(currentUser, profiles.get),
      setAvailability: Effect.fnUntraced(function*({ payload }) {
        return yield* Effect.catchTag(
          profiles.update(yield* currentUser, payload, undefined),
          "RevisionMismatch",
          Effect.die
        )
      })
    })
  })
)
