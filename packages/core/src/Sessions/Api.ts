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
import { PasskeyRequest } from "../Passkey.ts"
import * as Permissions from "../Permissions.ts"
import { Forbidden, InvalidInput, NotFound, TooManyRequests, Unauthorized } from "../Problem.ts"
import { EndpointClass } from "../RateLimit.ts"
import * as Secret from "../Secret.ts"
import {
  OrganizationRequired,
  Refreshed,
  SecondFactorRequired,
  Session,
  SessionId,
  SessionTransport,
  SignedIn
} from "../Session.ts"
import { ChallengeAnswer, Reauthentication } from "../SignInSteps.ts"
import { Actor, OrganizationId } from "../Tenancy.ts"
import { Email, User } from "../User.ts"

const Transport = SessionTransport.annotate({
  description:
    "`bearer` (if absent): the answer has the token. `cookie`, for pages of this server alone: it is in a cookie that " +
    "scripts can't read."
})

const Organized = Schema.optionalKey(OrganizationId.annotate({
  description: "Which organization to act in, for members of several."
}))

/**
 * What one signs in with.
 *
 * @category models
 * @since 0.1.0
 */
export const Login = Schema.Struct({
  email: Email,
  password: Secret.Input,
  organizationId: Organized,
  transport: Schema.optionalKey(Transport)
})

const challenge = Schema.String.check(Schema.isMaxLength(64))

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

const steps = [Unauthorized, Forbidden, TooManyRequests, OrganizationRequired, SecondFactorRequired] as const

/**
 * @category api
 * @since 0.1.0
 */
export class SessionsApi extends HttpApiGroup.make("sessions")
  .add(
    HttpApiEndpoint.get("me", "/me", {
      success: Me
    }).annotate(OpenApi.Summary, "Who the caller is"),
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
    HttpApiEndpoint.post("requestReauthentication", "/sessions/current/reauthenticate/passkey", {
      success: PasskeyRequest,
      error: Forbidden
    }).annotate(OpenApi.Summary, "What to ask the browser for to prove with a passkey who one is"),
    HttpApiEndpoint.post("reauthenticate", "/sessions/current/reauthenticate", {
      payload: Reauthentication,
      success: Refreshed,
      error: [Unauthorized, TooManyRequests, Forbidden]
    }).annotate(OpenApi.Summary, "Prove once more who one is, for changes of what one signs in with"),
    HttpApiEndpoint.delete("logout", "/sessions/current", {
      success: HttpApiSchema.NoContent,
      error: Forbidden
    }).annotate(OpenApi.Summary, "Sign out"),
    HttpApiEndpoint.delete("logoutEverywhere", "/sessions", {
      query: { keepCurrent: Schema.optionalKey(Schema.Literals(["true", "false"])) },
      success: HttpApiSchema.NoContent,
      error: Forbidden
    }).annotate(OpenApi.Summary, "Sign out everywhere, or everywhere but here"),
    HttpApiEndpoint.delete("revoke", "/sessions/:sessionId", {
      params: { sessionId: SessionId },
      success: HttpApiSchema.NoContent,
      error: [NotFound, Forbidden]
    }).annotate(OpenApi.Summary, "End one of the caller's sessions")
  )
  .annotateEndpoints(Permissions.Access, Permissions.member)
  .annotateEndpoints(Permissions.AllowInactive, true)
  .annotateEndpoints(Permissions.AllowOneFactor, true)
  .middleware(Authentication)
  .add(
    HttpApiEndpoint.post("login", "/sessions", {
      payload: Login,
      success: SignedIn.pipe(HttpApiSchema.status(201)),
      error: steps
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(EndpointClass, "sign-in")
      .annotate(OpenApi.Summary, "Sign in with a password"),
    HttpApiEndpoint.post("continue", "/sessions/continue", {
      payload: Schema.Struct({ challenge, answer: ChallengeAnswer }),
      success: SignedIn.pipe(HttpApiSchema.status(201)),
      error: steps
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(EndpointClass, "sign-in")
      .annotate(OpenApi.Summary, "Answer a challenge of signing in: the second factor, a passkey, the organization"),
    HttpApiEndpoint.post("requestPasskey", "/sessions/passkey", {
      payload: Schema.Struct({
        challenge: Schema.optionalKey(challenge.annotate({
          description: "Of the second factor that a passkey is to answer; without it, one signs in with the passkey."
        })),
        organizationId: Organized,
        transport: Schema.optionalKey(Transport)
      }),
      success: PasskeyRequest,
      error: [Unauthorized, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(EndpointClass, "sign-in")
      .annotate(OpenApi.Summary, "What to ask the browser for to sign in with a passkey"),
    HttpApiEndpoint.post("refresh", "/sessions/refresh", {
      payload: Schema.Struct({ token: Secret.Input }),
      success: Refreshed,
      error: Unauthorized
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "A new token in place of a session's current one")
  )
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Sessions",
    description: "Signing in and out, and who the caller is."
  }))
{}
