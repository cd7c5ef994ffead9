/**
 * Roles given to members beside the one they have.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { members as permissions } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import { RoleKey } from "../Membership.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, InvalidInput, NotFound } from "../Problem.ts"
import { NewRoleAssignment, RoleAssignment, RoleAssignmentId } from "../Role.ts"
import { UserId } from "../Tenancy.ts"

const params = { id: RoleAssignmentId }

/**
 * @category api
 * @since 0.1.0
 */
export class RoleAssignmentsApi extends HttpApiGroup.make("roleAssignments")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: { ...Pagination.query, userId: Schema.optional(UserId), role: Schema.optional(RoleKey) },
      success: Pagination.Page(RoleAssignment),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The roles that were given, those that are over too"),
    HttpApiEndpoint.post("give", "/", {
      payload: NewRoleAssignment,
      success: RoleAssignment.pipe(HttpApiSchema.status(201)),
      error: [InvalidInput, Conflict]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Give a member a role, for a scope and a time"),
    HttpApiEndpoint.get("get", "/:id", {
      params,
      success: RoleAssignment,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "A role that was given"),
    HttpApiEndpoint.delete("take", "/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Take a role back")
  )
  .middleware(Authentication)
  .prefix("/v1/role-assignments")
  .annotateMerge(OpenApi.annotations({
    title: "Role assignments",
    description: "Roles given to members for the organization, a team, a channel account or what is their own."
  }))
{}
