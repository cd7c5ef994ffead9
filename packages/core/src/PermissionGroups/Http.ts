/**
 * Handlers of `PermissionsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import type { PermissionGroup } from "../PermissionGroup.ts"
import { PermissionGroups } from "../PermissionGroups.ts"
import type { Permission } from "../Permissions.ts"
import * as Revision from "../Revision.ts"
import { PermissionRegistry } from "../Roles.ts"
import { PermissionDescription, PermissionsApi } from "./Api.ts"

const describe = ({ description, name, scopes }: Permission, groups: ReadonlyArray<PermissionGroup>) =>
  new PermissionDescription({
    name,
    description,
    scopes,
    groups: groups.filter(({ includes }) => includes.includes(name)).map(({ key }) => key)
  })

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(PermissionsApi),
  "permissions",
  Effect.fnUntraced(function*(handlers) {
    const groups = yield* PermissionGroups
    const registry = yield* PermissionRegistry
    return handlers.handleAll({
      list: () =>
        Effect.map(groups.list, (all) => ({ data: registry.all.map((permission) => describe(permission, all)) })),
      listGroups: () => Effect.map(groups.list, (data) => ({ data })),
      createGroup: ({ payload }) => groups.create(payload),
      getGroup: ({ params }) => Effect.map(groups.get(params.group), Revision.revised),
      updateGroup: ({ headers, params, payload }) =>
        Effect.map(groups.update(params.group, payload, Revision.expected(headers)), Revision.revised),
      removeGroup: ({ headers, params }) => groups.remove(params.group, Revision.expected(headers))
    })
  })
)
