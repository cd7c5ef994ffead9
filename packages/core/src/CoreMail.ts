/**
 * The messages that this package sends.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import * as Mail from "./Mail.ts"
import { texts } from "./MailTexts.ts"

const from = {
  /** Where somebody was, as far as the request says it. */
  ip: Schema.NullOr(Schema.String),
  userAgent: Schema.NullOr(Schema.String),
  at: Instant
}

/**
 * Proves that an address is read by who gave it; `link` holds the token.
 *
 * @category mail
 * @since 0.1.0
 */
export const verifyEmail = Mail.define("verify_email", {
  texts,
  values: Schema.Struct({ expiresAt: Instant }),
  secrets: ["link"]
})

/**
 * Lets somebody choose a new password, for half an hour and once; `link` holds the token.
 *
 * @category mail
 * @since 0.1.0
 */
export const resetPassword = Mail.define("reset_password", {
  texts,
  values: Schema.Struct({ expiresAt: Instant }),
  secrets: ["link"]
})

/**
 * Somebody signed in from where they never did before, or after wrong passwords.
 *
 * @category mail
 * @since 0.1.0
 */
export const signInAlert = Mail.define("sign_in_alert", {
  texts,
  values: Schema.Struct({ ...from, reason: Schema.Literals(["new_device", "after_failures", "locked"]) })
})

/**
 * The changes of an account that its person is told of.
 *
 * @category constants
 * @since 0.1.0
 */
export const changes = [
  "password_changed",
  "password_reset",
  "email_changed",
  "two_factor_enabled",
  "two_factor_disabled",
  "recovery_code_used",
  "recovery_codes_renewed",
  "passkey_added",
  "passkey_removed",
  "identity_linked",
  "identity_unlinked"
] as const

/**
 * Something changed with which one signs in.
 *
 * @category mail
 * @since 0.1.0
 */
export const accountChanged = Mail.define("account_changed", {
  texts,
  values: Schema.Struct({
    ...from,
    change: Schema.Literals(changes)
  })
})

/**
 * Somebody is invited to become a member; `link` holds the token.
 *
 * @category mail
 * @since 0.1.0
 */
export const invitation = Mail.define("invitation", {
  texts,
  values: Schema.Struct({
    organization: Schema.String,
    /** Who invites; null when it was no person. */
    inviter: Schema.NullOr(Schema.String),
    /** The name of a role that every organization has, else the key of its own. */
    role: Schema.String,
    expiresAt: Instant
  }),
  secrets: ["link"]
})

/**
 * Begins the recovery of a lost second factor, for half an hour and once; `link` holds the token.
 *
 * @category mail
 * @since 0.1.0
 */
export const recoverFactor = Mail.define("recover_factor", {
  texts,
  values: Schema.Struct({ expiresAt: Instant }),
  secrets: ["link"]
})

/**
 * How far the recovery of a lost second factor is; `link` holds the token that stops it.
 *
 * @category mail
 * @since 0.1.0
 */
export const factorRecovery = Mail.define("factor_recovery", {
  texts,
  values: Schema.Struct({
    step: Schema.Literals(["requested", "approved"]),
    /** When it lapses if nobody approves, or when the factors are taken away. */
    until: Instant
  }),
  secrets: ["link"]
})

/**
 * The recovery of a lost second factor came to nothing.
 *
 * @category mail
 * @since 0.1.0
 */
export const factorRecoveryEnded = Mail.define("factor_recovery_ended", {
  texts,
  values: Schema.Struct({ step: Schema.Literals(["stopped", "refused", "expired"]) })
})

/**
 * Every kind.
 *
 * @category mail
 * @since 0.1.0
 */
export const all = [
  verifyEmail,
  resetPassword,
  signInAlert,
  accountChanged,
  invitation,
  recoverFactor,
  factorRecovery,
  factorRecoveryEnded
] as const
