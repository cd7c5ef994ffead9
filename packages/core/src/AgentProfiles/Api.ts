/**
 * The people who answer customers.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { AgentProfile, AgentProfileChanges, Availability, SkillName } from "../AgentProfile.ts"
import { Authentication } from "../Authentication.ts"
import { agents as permissions } from "../CorePermissions.ts"
import { Locale } from "../Organization.ts"
import { PersonalData } from "../LoggedRequest.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Forbidden, InvalidInput, NotFound } from "../Problem.ts"
import * as Revision from "../Revision.ts"
import { TeamId } from "../Scope.ts"
import { UserId } from "../Tenancy.ts"

const params = { userId: UserId }

/**
 * @category api
 * @since 0.1.0
 */
export class AgentsApi extends HttpApiGroup.make("agents")
  .add(
    HttpApiEndpoint.get("list", "/agents", {
      query: {
        ...Pagination.query,
        availability: Schema.optional(Availability),
        skill: Schema.optional(SkillName),
        language: Schema.optional(Locale),
        teamId: Schema.optional(TeamId)
      },
      success: Pagination.Page(AgentProfile),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The people who answer, by what they know, speak and have time for"),
    HttpApiEndpoint.get("get", "/members/:userId/profile", {
      params,
      success: Revision.Revised(AgentProfile),
      error: NotFound
    })
      .annotate(PersonalData, { type: "member", parameter: "userId", access: "read" })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "A member's profile"),
    HttpApiEndpoint.patch("update", "/members/:userId/profile", {
      params,
      headers: Revision.headers,
      payload: AgentProfileChanges,
      success: Revision.Revised(AgentProfile),
      error: [NotFound, Revision.RevisionMismatch]
    })
      .annotate(PersonalData, { type: "member", parameter: "userId", access: "modify" })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change a member's profile"),
    HttpApiEndpoint.get("own", "/me/profile", {
      success: AgentProfile,
      error: [NotFound, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.member)
      .annotate(OpenApi.Summary, "The caller's own profile"),
    HttpApiEndpoint.put("setAvailability", "/me/availability", {
      payload: Schema.Struct({ availability: Availability }),
      success: AgentProfile,
      error: [NotFound, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.member)
      .annotate(OpenApi.Summary, "Say whether one is there")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Agents",
    description: "What the people who answer customers know, speak and have time for."
  }))
{}
