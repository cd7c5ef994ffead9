/**
 * The members of the organization and their roles.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { members as permissions, organization } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import { PersonalData } from "../LoggedRequest.ts"
import { Member, MembershipStatus, memberSorts, RoleKey } from "../Membership.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { EndpointClass } from "../RateLimit.ts"
import { Conflict, InvalidInput, NotFound } from "../Problem.ts"
import * as Sorting from "../Sorting.ts"
import { UserId } from "../Tenancy.ts"
import { Email, NewPassword, UserName } from "../User.ts"

/**
 * A member to be: somebody who has an account already, or a new person with name and (to sign in at once) password.
 *
 * @category models
 * @since 0.1.0
 */
export const NewMember = Schema.Struct({
  email: Email,
  role: RoleKey,
  name: Schema.optionalKey(UserName),
  password: Schema.optionalKey(NewPassword)
})

/**
 * @category api
 * @since 0.1.0
 */
export class MembersApi extends HttpApiGroup.make("members")
  .add(
    HttpApiEndpoint.get("list", "/members", {
      query: { ...Pagination.query, sort: Sorting.parameter(memberSorts, "createdAt") },
      success: Pagination.Page(Member),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The members"),
    HttpApiEndpoint.post("add", "/members", {
      payload: NewMember,
      success: Member.pipe(HttpApiSchema.status(201)),
      error: [Conflict, InvalidInput]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Add a member"),
    HttpApiEndpoint.get("get", "/members/:userId", {
      params: { userId: UserId },
      success: Member,
      error: NotFound
    })
      .annotate(PersonalData, { type: "member", parameter: "userId", access: "read" })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "A member"),
    HttpApiEndpoint.get("export", "/members/:userId/export", {
      params: { userId: UserId },
      success: HttpApiSchema.StreamUint8Array(),
      error: NotFound
    })
      .annotate(PersonalData, { type: "member", parameter: "userId", access: "export" })
      .annotate(Permissions.Access, Permissions.require(organization.export))
      .annotate(EndpointClass, "heavy")
      .annotate(OpenApi.Summary, "All that the organization keeps of a member")
      .annotate(
        OpenApi.Description,
        "Their profile, and what is about them or by them in this organization, as in `GET /v1/me/export`."
      ),
    HttpApiEndpoint.patch("change", "/members/:userId", {
      params: { userId: UserId },
      payload: Schema.Struct({ role: Schema.optionalKey(RoleKey), status: Schema.optionalKey(MembershipStatus) }),
      success: Member,
      error: [NotFound, Conflict, InvalidInput]
    })
      .annotate(PersonalData, { type: "member", parameter: "userId", access: "modify" })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change a member's role, or suspend them"),
    HttpApiEndpoint.delete("remove", "/members/:userId", {
      params: { userId: UserId },
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict]
    })
      .annotate(PersonalData, { type: "member", parameter: "userId", access: "delete" })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Remove a member")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({ title: "Members", description: "Who acts in the organization, as what." }))
{}
