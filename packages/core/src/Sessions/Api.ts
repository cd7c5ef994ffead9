/**
 * Signing in and out, and who the caller is.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { RoleKey } from "../Membership.ts"
import { Organization } from "../Organization.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Forbidden, InvalidInput, NotFound, TooManyRequests, Unauthorized } from "../Problem.ts"
import * as Secret from "../Secret.ts"
import { OrganizationRequired, Session, SessionId, SignedIn } from "../Session.ts"
import { Actor, OrganizationId } from "../Tenancy.ts"
import { Email, NewPassword, User } from "../User.ts"

/**
 * What one signs in with.
 *
 * @category models
 * @since 0.1.0
 */
export const Login = Schema.Struct({
  email: Email,
  password: Secret.Input,
  organizationId: Schema.optionalKey(OrganizationId.annotate({
    description: "Which organization to act in, for members of several."
  }))
})

/**
 * Who the caller is, and what they may do.
 *
 * @category models
 * @since 0.1.0
 */
export class Me extends Schema.Class<Me>("Me")({
  actor: Actor,
  user: Schema.NullOr(User).annotate({ description: "The person; null for an API key." }),
  role: Schema.NullOr(RoleKey),
  organization: Organization,
  permissions: Schema.Array(Schema.String)
}) {}

/**
 * @category api
 * @since 0.1.0
 */
export class SessionsApi extends HttpApiGroup.make("sessions")
  .add(
    HttpApiEndpoint.get("me", "/me", {
      success: Me
    }).annotate(OpenApi.Summary, "Who the caller is"),
    HttpApiEndpoint.post("changePassword", "/me/password", {
      payload: Schema.Struct({
        current: Secret.Input,
        next: NewPassword
      }),
      success: HttpApiSchema.NoContent,
      error: [InvalidInput, Forbidden]
    }).annotate(OpenApi.Summary, "Change the own password, which ends all other sessions"),
    HttpApiEndpoint.get("list", "/sessions", {
      query: Pagination.query,
      success: Pagination.Page(Session),
      error: [InvalidInput, Forbidden]
    }).annotate(OpenApi.Summary, "The caller's sessions, the newest first"),
    HttpApiEndpoint.post("switchOrganization", "/sessions/switch", {
      payload: Schema.Struct({ organizationId: OrganizationId }),
      success: SignedIn.pipe(HttpApiSchema.status(201)),
      error: [NotFound, Forbidden]
    }).annotate(OpenApi.Summary, "A session of the same person in another organization"),
    HttpApiEndpoint.delete("logout", "/sessions/current", {
      success: HttpApiSchema.NoContent,
      error: Forbidden
    }).annotate(OpenApi.Summary, "Sign out"),
    HttpApiEndpoint.delete("revoke", "/sessions/:sessionId", {
      params: { sessionId: SessionId },
      success: HttpApiSchema.NoContent,
      error: [NotFound, Forbidden]
    }).annotate(OpenApi.Summary, "End one of the caller's sessions")
  )
  .annotateEndpoints(Permissions.Access, Permissions.member)
  .annotateEndpoints(Permissions.AllowInactive, true)
  .middleware(Authentication)
  .add(
    HttpApiEndpoint.post("login", "/sessions", {
      payload: Login,
      success: SignedIn.pipe(HttpApiSchema.status(201)),
      error: [Unauthorized, Forbidden, TooManyRequests, OrganizationRequired]
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Sign in")
  )
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Sessions",
    description: "Signing in and out, and who the caller is."
  }))
{}
