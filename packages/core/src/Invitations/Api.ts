/**
 * Invitations to become a member.
 *
 * @since 0.1.0
 */
import { Schema, Struct } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { members as permissions } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import { Invitation, InvitationId, ReceivedInvitation } from "../Invitation.ts"
import { RoleKey } from "../Membership.ts"
import { Locale, PublicOrganization } from "../Organization.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, InvalidInput, NotFound, OrganizationInactive, TooManyRequests } from "../Problem.ts"
import * as Secret from "../Secret.ts"
import { Email, NewPassword, UserName } from "../User.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class InvitationsApi extends HttpApiGroup.make("invitations")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: Pagination.query,
      success: Pagination.Page(Invitation),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The invitations, the newest first"),
    HttpApiEndpoint.post("invite", "/", {
      payload: Schema.Struct({ email: Email, role: RoleKey, locale: Schema.optionalKey(Locale) }),
      success: Invitation.pipe(HttpApiSchema.status(201)),
      error: [Conflict, InvalidInput]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Invite somebody by e-mail"),
    HttpApiEndpoint.post("resend", "/:invitationId/resend", {
      params: { invitationId: InvitationId },
      success: Invitation,
      error: [NotFound, Conflict, TooManyRequests]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Send an invitation again, with another link"),
    HttpApiEndpoint.delete("revoke", "/:invitationId", {
      params: { invitationId: InvitationId },
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Revoke an invitation")
  )
  .middleware(Authentication)
  .prefix("/v1/invitations")
  .annotateMerge(OpenApi.annotations({ title: "Invitations", description: "Inviting people to become members." }))
{}

const token = { token: Secret.Input }

/**
 * What the invited do, with the token that is in the fragment of their link.
 *
 * @category api
 * @since 0.1.0
 */
export class ReceivedInvitationsApi extends HttpApiGroup.make("receivedInvitations")
  .add(
    HttpApiEndpoint.post("received", "/received", {
      payload: Schema.Struct(token),
      success: ReceivedInvitation,
      error: InvalidInput
    }).annotate(OpenApi.Summary, "What an invitation is for"),
    HttpApiEndpoint.post("accept", "/accept", {
      payload: Schema.Struct({
        ...token,
        name: Schema.optionalKey(UserName),
        password: Schema.optionalKey(NewPassword)
      }),
      success: Schema.Struct({
        email: Schema.String,
        role: RoleKey,
        organization: Schema.Struct(Struct.pick(PublicOrganization.fields, ["name", "slug"])),
        isNewAccount: Schema.Boolean
      }).annotate({ identifier: "AcceptedInvitation" }),
      error: [InvalidInput, Conflict, OrganizationInactive]
    })
      .annotate(OpenApi.Summary, "Accept an invitation")
      .annotate(OpenApi.Description, "Who has no account yet gives a name and a password; then they sign in."),
    HttpApiEndpoint.post("decline", "/decline", {
      payload: Schema.Struct(token),
      success: HttpApiSchema.NoContent,
      error: InvalidInput
    }).annotate(OpenApi.Summary, "Decline an invitation")
  )
  .annotateEndpoints(Permissions.Access, Permissions.open)
  .prefix("/v1/invitations")
  .annotateMerge(OpenApi.annotations({
    title: "Received invitations",
    description: "What the invited do, with the token of their link."
  }))
{}
