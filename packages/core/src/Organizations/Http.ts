/**
 * Handlers of `OrganizationsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Organizations } from "../Organizations.ts"
import { Forbidden } from "../Problem.ts"
import { CurrentActor } from "../Tenancy.ts"
import { OrganizationsApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(OrganizationsApi),
  "organizations",
  Effect.fnUntraced(function*(handlers) {
    const organizations = yield* Organizations
    return handlers.handleAll({
      listMine: Effect.fnUntraced(function*({ query }) {
        const { actor } = yield* CurrentActor
        if (actor._tag === "User") return yield* organizations.listOf(actor.id, query)
        return yield* new Forbidden({ permission: "", detail: "This is for people, not for API keys." })
      }),
      current: () => organizations.current,
      updateCurrent: ({ payload }) => organizations.update(payload)
    })
  })
)
