/**
 * Teams and who is in them.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { teams as permissions } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, InvalidInput, NotFound } from "../Problem.ts"
import * as Revision from "../Revision.ts"
import { TeamId } from "../Scope.ts"
import { NewTeam, Team, TeamChanges, TeamMember } from "../Team.ts"
import { UserId } from "../Tenancy.ts"

const params = { teamId: TeamId }
const read = Permissions.requireScoped(permissions.read)
const write = Permissions.requireScoped(permissions.write)

/**
 * @category api
 * @since 0.1.0
 */
export class TeamsApi extends HttpApiGroup.make("teams")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: { ...Pagination.query, userId: Schema.optional(UserId) },
      success: Pagination.Page(Team),
      error: InvalidInput
    })
      .annotate(Permissions.Access, read)
      .annotate(OpenApi.Summary, "The teams that the caller may see"),
    HttpApiEndpoint.post("create", "/", {
      payload: NewTeam,
      success: Team.pipe(HttpApiSchema.status(201)),
      error: Conflict
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Create a team"),
    HttpApiEndpoint.get("get", "/:teamId", {
      params,
      success: Revision.Revised(Team),
      error: NotFound
    })
      .annotate(Permissions.Access, read)
      .annotate(OpenApi.Summary, "A team"),
    HttpApiEndpoint.patch("update", "/:teamId", {
      params,
      headers: Revision.headers,
      payload: TeamChanges,
      success: Revision.Revised(Team),
      error: [NotFound, Conflict, Revision.RevisionMismatch]
    })
      .annotate(Permissions.Access, write)
      .annotate(OpenApi.Summary, "Change a team"),
    HttpApiEndpoint.delete("remove", "/:teamId", {
      params,
      headers: Revision.headers,
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict, Revision.RevisionMismatch]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Remove a team that no role was given for"),
    HttpApiEndpoint.get("members", "/:teamId/members", {
      params,
      query: Pagination.query,
      success: Pagination.Page(TeamMember),
      error: [NotFound, InvalidInput]
    })
      .annotate(Permissions.Access, read)
      .annotate(OpenApi.Summary, "Who is in a team"),
    HttpApiEndpoint.put("addMember", "/:teamId/members/:userId", {
      params: { ...params, userId: UserId },
      success: HttpApiSchema.NoContent,
      error: NotFound
    })
      .annotate(Permissions.Access, write)
      .annotate(OpenApi.Summary, "Put a member into a team"),
    HttpApiEndpoint.delete("removeMember", "/:teamId/members/:userId", {
      params: { ...params, userId: UserId },
      success: HttpApiSchema.NoContent,
      error: NotFound
    })
      .annotate(Permissions.Access, write)
      .annotate(OpenApi.Summary, "Take a member out of a team")
  )
  .middleware(Authentication)
  .prefix("/v1/teams")
  .annotateMerge(OpenApi.annotations({ title: "Teams", description: "Members who share their work." }))
{}
