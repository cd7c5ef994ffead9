/**
 * Roles: what they grant, deny and inherit.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { roles as permissions } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import { RoleKey } from "../Membership.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, InvalidInput, NotFound } from "../Problem.ts"
import * as Revision from "../Revision.ts"
import { NewRole, Role, RoleChanges } from "../Role.ts"

const params = { role: RoleKey }

/**
 * @category api
 * @since 0.1.0
 */
export class RolesApi extends HttpApiGroup.make("roles")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ data: Schema.Array(Role) })
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The roles, those of every organization first"),
    HttpApiEndpoint.post("create", "/", {
      payload: NewRole,
      success: Role.pipe(HttpApiSchema.status(201)),
      error: [Conflict, InvalidInput]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Create a role that gives no more than the caller holds"),
    HttpApiEndpoint.get("get", "/:role", {
      params,
      success: Revision.Revised(Role),
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "A role"),
    HttpApiEndpoint.patch("update", "/:role", {
      params,
      headers: Revision.headers,
      payload: RoleChanges,
      success: Revision.Revised(Role),
      error: [NotFound, Conflict, InvalidInput, Revision.RevisionMismatch]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change a role of the organization's own"),
    HttpApiEndpoint.delete("remove", "/:role", {
      params,
      headers: Revision.headers,
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict, Revision.RevisionMismatch]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Remove a role that nobody has")
  )
  .middleware(Authentication)
  .prefix("/v1/roles")
  .annotateMerge(OpenApi.annotations({ title: "Roles", description: "What members may do, by name." }))
{}
