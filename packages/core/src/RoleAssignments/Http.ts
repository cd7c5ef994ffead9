/**
 * Handlers of `RoleAssignmentsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { RoleAssignments } from "../RoleAssignments.ts"
import { RoleAssignmentsApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(RoleAssignmentsApi),
  "roleAssignments",
  Effect.fnUntraced(function*(handlers) {
    const assignments = yield* RoleAssignments
    return handlers.handleAll({
      list: ({ query }) => assignments.list(query),
      give: ({ payload }) => assignments.give(payload),
      get: ({ params }) => assignments.get(params.id),
      take: ({ params }) => assignments.take(params.id)
    })
  })
)
