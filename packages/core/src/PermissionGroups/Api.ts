/**
 * The permissions that there are, and the groups that they are granted in.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { roles as permissions } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import { NewPermissionGroup, PermissionGroup, PermissionGroupChanges, PermissionGroupKey } from "../PermissionGroup.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, InvalidInput, NotFound } from "../Problem.ts"
import * as Revision from "../Revision.ts"

/**
 * @category models
 * @since 0.1.0
 */
export class PermissionDescription extends Schema.Class<PermissionDescription>("PermissionDescription")({
  name: Schema.String,
  description: Schema.String,
  groups: Schema.Array(PermissionGroupKey).annotate({ description: "The groups that include it." }),
  scopes: Schema.Array(Schema.Literals(["team", "channel", "own"])).annotate({
    description: "What it can be limited by; none: it is held in the whole organization or not at all."
  })
}) {}

const params = { group: PermissionGroupKey }

/**
 * @category api
 * @since 0.1.0
 */
export class PermissionsApi extends HttpApiGroup.make("permissions")
  .add(
    HttpApiEndpoint.get("list", "/permissions", {
      success: Schema.Struct({ data: Schema.Array(PermissionDescription) })
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Every permission that there is"),
    HttpApiEndpoint.get("listGroups", "/permission-groups", {
      success: Schema.Struct({ data: Schema.Array(PermissionGroup) })
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The permission groups, those of every organization first"),
    HttpApiEndpoint.post("createGroup", "/permission-groups", {
      payload: NewPermissionGroup,
      success: PermissionGroup.pipe(HttpApiSchema.status(201)),
      error: [Conflict, InvalidInput]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Create a permission group"),
    HttpApiEndpoint.get("getGroup", "/permission-groups/:group", {
      params,
      success: Revision.Revised(PermissionGroup),
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "A permission group"),
    HttpApiEndpoint.patch("updateGroup", "/permission-groups/:group", {
      params,
      headers: Revision.headers,
      payload: PermissionGroupChanges,
      success: Revision.Revised(PermissionGroup),
      error: [NotFound, Conflict, InvalidInput, Revision.RevisionMismatch]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change a permission group of the organization's own"),
    HttpApiEndpoint.delete("removeGroup", "/permission-groups/:group", {
      params,
      headers: Revision.headers,
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict, Revision.RevisionMismatch]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Remove a permission group that no role names")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Permissions",
    description: "What can be granted, one by one and in groups."
  }))
{}
