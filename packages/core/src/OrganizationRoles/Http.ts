/**
 * Handlers of `RolesApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { OrganizationRoles } from "../OrganizationRoles.ts"
import * as Revision from "../Revision.ts"
import { RolesApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(RolesApi),
  "roles",
  Effect.fnUntraced(function*(handlers) {
    const roles = yield* OrganizationRoles
    return handlers.handleAll({
      list: () => Effect.map(roles.list, (data) => ({ data })),
      create: ({ payload }) => roles.create(payload),
      get: ({ params }) => Effect.map(roles.get(params.role), Revision.revised),
      update: ({ headers, params, payload }) =>
        Effect.map(roles.update(params.role, payload, Revision.expected(headers)), Revision.revised),
      remove: ({ headers, params }) => roles.remove(params.role, Revision.expected(headers))
    })
  })
)
