/**
 * What happened to an account: signing in and out, and every change of what one signs in with.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"
import { Actor, OrganizationId } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const AuthenticationEventId = Id.make("AuthenticationEventId", "One thing that happened to an account.")
/** @since 0.1.0 */
export type AuthenticationEventId = typeof AuthenticationEventId.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const AuthenticationEventType = Schema.Literals([
  "signed_in",
  "sign_in_failed",
  "second_factor_failed",
  "locked",
  "signed_out",
  "signed_out_everywhere",
  "session_reused",
  "reauthenticated",
  "password_changed",
  "password_reset_requested",
  "password_reset",
  "email_verified",
  "email_changed",
  "two_factor_enabled",
  "two_factor_disabled",
  "recovery_code_used",
  "recovery_codes_renewed",
  "passkey_added",
  "passkey_removed",
  "identity_linked",
  "identity_unlinked",
  "suspended",
  "activated",
  "factor_recovery_requested",
  "factor_recovery_approved",
  "factor_recovery_stopped",
  "factor_recovery_refused",
  "factor_recovery_expired",
  "factor_recovery_done"
])
/** @since 0.1.0 */
export type AuthenticationEventType = typeof AuthenticationEventType.Type

/**
 * @category models
 * @since 0.1.0
 */
export class AuthenticationEvent extends Schema.Class<AuthenticationEvent>("AuthenticationEvent")({
  id: AuthenticationEventId,
  type: AuthenticationEventType,
  organizationId: Schema.NullOr(OrganizationId).annotate({
    description: "Where they acted; null before that is known."
  }),
  method: Schema.NullOr(Schema.String).annotate({ description: "`password`, `passkey`, `totp`, a provider's id." }),
  detail: Schema.NullOr(Schema.String),
  suspicious: Schema.Boolean.annotate({
    description: "From where they never signed in before, after failures, or with a token that was replaced."
  }),
  actor: Actor,
  ip: Schema.NullOr(Schema.String),
  userAgent: Schema.NullOr(Schema.String),
  at: Instant
}, { description: "What happened to an account." }) {}
