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
import type { OrganizationStatus } from "./Organization.ts"
import { typeUri } from "./Problem.ts"
import { OrganizationId } from "./Tenancy.ts"
import type { UserId } from "./Tenancy.ts"
import { User } from "./User.ts"
import { titles } from "./ProblemTexts.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const SessionId = Id.make("SessionId", "A signed-in person on one device, in one organization.")
/** @since 0.1.0 */
export type SessionId = typeof SessionId.Type

/**
 * How the token travels: in the `Authorization` header, or in a cookie that scripts of a page can't read. A token works
 * only the way that it was given out.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionTransport = Schema.Literals(["bearer", "cookie"])
/** @since 0.1.0 */
export type SessionTransport = typeof SessionTransport.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Session extends Schema.Class<Session>("Session")({
  id: SessionId,
  organizationId: OrganizationId,
  ip: Schema.NullOr(Schema.String),
  userAgent: Schema.NullOr(Schema.String),
  method: Schema.NullOr(Schema.String).annotate({
    description: "What it began with: `password`, `passkey`, or the id of a sign-in provider."
  }),
  secondFactor: Schema.Boolean.annotate({ description: "Whether more than one factor was given." }),
  transport: SessionTransport,
  createdAt: Instant,
  lastSeenAt: Instant,
  expiresAt: Instant
}, { description: "A signed-in person on one device, in one organization." }) {}

/**
 * A session as a request proves it.
 *
 * @category models
 * @since 0.1.0
 */
export interface VerifiedSession {
  readonly sessionId: SessionId
  readonly userId: UserId
  readonly organizationId: OrganizationId
  readonly organizationStatus: OrganizationStatus
  readonly role: RoleKey
  /** Grows with every change of what members of the organization may do. */
  readonly accessVersion: number
  readonly transport: SessionTransport
  /** When they last proved who they are, epoch milliseconds. */
  readonly authenticatedAt: number
  readonly hasSecondFactor: boolean
  /** The organization wants more than one factor, and this session has one. */
  readonly needsSecondFactor: boolean
  /** Its token has done its hour: it is good for nothing but to be refreshed. */
  readonly isStale: boolean
}

/**
 * What a sign-in gives: the token is shown this once.
 *
 * @category models
 * @since 0.1.0
 */
export class SignedIn extends Schema.Class<SignedIn>("SignedIn")({
  token: Schema.String.annotate({
    description:
      "The bearer token of the session (`ws_...`), good for an hour and to be refreshed then; it is shown this once. " +
      "Empty when the session is in a cookie."
  }),
  session: Session,
  user: User,
  organization: Organization,
  role: RoleKey
}) {}

/**
 * A new token in place of the one that asked.
 *
 * @category models
 * @since 0.1.0
 */
export class Refreshed extends Schema.Class<Refreshed>("Refreshed")({
  token: Schema.String.annotate({
    description: "The session's token from now on; it is shown this once. Empty when the session is in a cookie."
  }),
  session: Session
}) {}

/**
 * The person is a member of several organizations and has to say which, by continuing with the challenge or by signing
 * in again.
 *
 * @category errors
 * @since 0.1.0
 */
export class OrganizationRequired extends HttpApiError.Problem<OrganizationRequired>()("OrganizationRequired", {
  type: typeUri("organization-required"),
  status: 422,
  title: titles.messages["organization-required"].en
}, {
  challenge: Schema.String.annotate({ description: "What to continue with, within ten minutes." }),
  organizations: Schema.Array(Schema.Struct({ id: OrganizationId, name: Schema.String, slug: Schema.String }))
}) {}

/**
 * The password (or what took its place) was right, and the account asks for a second factor: continue with the
 * challenge. It works once, for ten minutes, and dies with the fifth wrong answer.
 *
 * @category errors
 * @since 0.1.0
 */
export class SecondFactorRequired extends HttpApiError.Problem<SecondFactorRequired>()("SecondFactorRequired", {
  type: typeUri("second-factor-required"),
  status: 422,
  title: titles.messages["second-factor-required"].en
}, {
  challenge: Schema.String.annotate({ description: "What to continue with, within ten minutes." }),
  factors: Schema.Array(Schema.Literals(["totp", "recovery_code", "passkey"]))
}) {}

/**
 * A sensitive change: prove who you are once more (`POST /v1/sessions/current/reauthenticate`) and repeat it.
 *
 * @category errors
 * @since 0.1.0
 */
export class ReauthenticationRequired
  extends HttpApiError.Problem<ReauthenticationRequired>()("ReauthenticationRequired", {
    type: typeUri("reauthentication-required"),
    status: 403,
    title: titles.messages["reauthentication-required"].en
  })
{}

/**
 * The organization wants more than one factor of its members, and the caller's account has one: turn on one-time codes
 * or add a passkey, and sign in with it.
 *
 * @category errors
 * @since 0.1.0
 */
export class TwoFactorSetupRequired extends HttpApiError.Problem<TwoFactorSetupRequired>()("TwoFactorSetupRequired", {
  type: typeUri("two-factor-setup-required"),
  status: 403,
  title: titles.messages["two-factor-setup-required"].en
}) {}

/**
 * The session that authenticated the request; `undefined` for an API key.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentSession = Context.Reference<VerifiedSession | undefined>("@wicara/core/CurrentSession", {
  defaultValue: () => undefined
})
