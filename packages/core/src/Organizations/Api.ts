/**
 * The caller's organizations.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { organization as permissions } from "../CorePermissions.ts"
import { RoleKey } from "../Membership.ts"
import { Organization, OrganizationChanges } from "../Organization.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, Forbidden, InvalidInput } from "../Problem.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class OrganizationsApi extends HttpApiGroup.make("organizations")
  .add(
    HttpApiEndpoint.get("listMine", "/", {
      query: Pagination.query,
      success: Pagination.Page(Schema.Struct({ organization: Organization, role: RoleKey })),
      error: [InvalidInput, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.member)
      .annotate(Permissions.AllowInactive, true)
      .annotate(OpenApi.Summary, "The organizations that the caller is a member of"),
    HttpApiEndpoint.get("current", "/current", {
      success: Organization
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The organization that the caller acts in"),
    HttpApiEndpoint.patch("updateCurrent", "/current", {
      payload: OrganizationChanges,
      success: Organization,
      error: Conflict
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change the organization")
  )
  .middleware(Authentication)
  .prefix("/v1/organizations")
  .annotateMerge(OpenApi.annotations({ title: "Organizations", description: "The caller's organizations." }))
{}
