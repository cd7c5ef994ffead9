/**
 * A signed-in person on one device, in one organization.
 *
 * @since 0.1.0
 */
import { Context, Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import { Instant } from "./Instant.ts"
import * as Id from "./Id.ts"
import { RoleKey } from "./Membership.ts"
import { Organization } from "./Organization.ts"
import { typeUri } from "./Problem.ts"
import { OrganizationId } from "./Tenancy.ts"
import { User } from "./User.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const SessionId = Id.make("SessionId", "A signed-in person on one device, in one organization.")
/** @since 0.1.0 */
export type SessionId = typeof SessionId.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Session extends Schema.Class<Session>("Session")({
  id: SessionId,
  organizationId: OrganizationId,
  ip: Schema.NullOr(Schema.String),
  userAgent: Schema.NullOr(Schema.String),
  createdAt: Instant,
  lastSeenAt: Instant,
  expiresAt: Instant
}, { description: "A signed-in person on one device, in one organization." }) {}

/**
 * What a sign-in gives: the token is shown this once.
 *
 * @category models
 * @since 0.1.0
 */
export class SignedIn extends Schema.Class<SignedIn>("SignedIn")({
  token: Schema.String.annotate({ description: "The bearer token of the session (`ws_...`); it is shown this once." }),
  session: Session,
  user: User,
  organization: Organization,
  role: RoleKey
}) {}

/**
 * The person is a member of several organizations and has to say which.
 *
 * @category errors
 * @since 0.1.0
 */
export class OrganizationRequired extends HttpApiError.Problem<OrganizationRequired>()("OrganizationRequired", {
  type: typeUri("organization-required"),
  status: 422,
  title: "Organization required"
}, {
  organizations: Schema.Array(Schema.Struct({ id: OrganizationId, name: Schema.String, slug: Schema.String }))
}) {}

/**
 * The session that authenticated the request; `undefined` for an API key.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentSession = Context.Reference<SessionId | undefined>("@wicara/core/CurrentSession", {
  defaultValue: () => undefined
})
