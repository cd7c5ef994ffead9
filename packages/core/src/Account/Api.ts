/**
 * The caller's own account: profile, password, second factor, passkeys, and what happened to it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { AuthenticationEvent } from "../AuthenticationEvent.ts"
import { members, security } from "../CorePermissions.ts"
import * as Pagination from "../Pagination.ts"
import { Passkey, PasskeyId, PasskeyName, PasskeyRequest, PasskeyResponse } from "../Passkey.ts"
import * as Permissions from "../Permissions.ts"
import { EndpointClass } from "../RateLimit.ts"
import { Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests } from "../Problem.ts"
import { SignInPolicy, TwoFactorSetup, TwoFactorStatus } from "../SecondFactor.ts"
import * as Secret from "../Secret.ts"
import { ReauthenticationRequired } from "../Session.ts"
import { UserId } from "../Tenancy.ts"
import { Email, NewPassword, Preferences, ProfileChanges, User } from "../User.ts"

const RecoveryCodes = Schema.Struct({
  recoveryCodes: Schema.Array(Schema.String).annotate({
    description: "Each works once in place of a one-time code; they are shown this once."
  })
})

const Code = Schema.String.check(
  Schema.isPattern(/^[0-9]{6}$/, { expected: "six digits" })
).annotate({ description: "Six digits, as the app shows them now." })

/**
 * @category api
 * @since 0.1.0
 */
export class AccountApi extends HttpApiGroup.make("account")
  .add(
    HttpApiEndpoint.patch("updateProfile", "/me", {
      payload: ProfileChanges,
      success: User,
      error: Forbidden
    }).annotate(OpenApi.Summary, "Change the own name, language and time zone"),
    HttpApiEndpoint.get("export", "/me/export", {
      success: HttpApiSchema.StreamUint8Array(),
      error: Forbidden
    })
      .annotate(EndpointClass, "heavy")
      .annotate(OpenApi.Summary, "All that is kept of the own person")
      .annotate(
        OpenApi.Description,
        "The account, and what is about the person or by them in each of their organizations: profile, memberships, " +
          "sessions, sign-ins, notifications, preferences, mail, files, API keys, audit entries and requests. One JSON " +
          "object on each line (`application/x-ndjson`): `{\"table\": ..., \"row\": {...}}`; the last line is " +
          "`{\"complete\": true}`."
      ),
    HttpApiEndpoint.get("preferences", "/me/preferences", {
      success: Preferences,
      error: Forbidden
    }).annotate(OpenApi.Summary, "The own preferences"),
    HttpApiEndpoint.put("setPreferences", "/me/preferences", {
      payload: Preferences,
      success: Preferences,
      error: Forbidden
    }).annotate(OpenApi.Summary, "Set the own preferences"),
    HttpApiEndpoint.put("setAvatar", "/me/avatar", {
      payload: Schema.Struct({
        data: Schema.Uint8ArrayFromBase64.annotate({ description: "PNG, JPEG or WebP in base64, 256 KB at most." })
      }),
      success: HttpApiSchema.NoContent,
      error: [InvalidInput, Forbidden]
    }).annotate(OpenApi.Summary, "Set the own picture"),
    HttpApiEndpoint.delete("removeAvatar", "/me/avatar", {
      success: HttpApiSchema.NoContent,
      error: Forbidden
    }).annotate(OpenApi.Summary, "Remove the own picture"),
    HttpApiEndpoint.post("changePassword", "/me/password", {
      payload: Schema.Struct({
        current: Secret.Input,
        next: NewPassword
      }),
      success: HttpApiSchema.NoContent,
      error: [InvalidInput, TooManyRequests, Forbidden]
    }).annotate(OpenApi.Summary, "Change the own password, which ends all other sessions"),
    HttpApiEndpoint.post("changeEmail", "/me/email", {
      payload: Schema.Struct({ email: Email }),
      success: HttpApiSchema.Empty(202),
      error: [ReauthenticationRequired, TooManyRequests, Forbidden]
    }).annotate(OpenApi.Summary, "Send a link to a new address, which becomes the account's when it is followed"),
    HttpApiEndpoint.post("requestVerification", "/me/email/verification", {
      success: HttpApiSchema.Empty(202),
      error: [TooManyRequests, Forbidden]
    }).annotate(OpenApi.Summary, "Send a link to the account's address, to prove that it is read"),
    HttpApiEndpoint.get("twoFactor", "/me/two-factor", {
      success: TwoFactorStatus,
      error: Forbidden
    }).annotate(OpenApi.Summary, "Whether signing in asks for a one-time code"),
    HttpApiEndpoint.post("beginTwoFactor", "/me/two-factor/setup", {
      success: TwoFactorSetup,
      error: [Conflict, ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "A new key for an authenticator app"),
    HttpApiEndpoint.post("confirmTwoFactor", "/me/two-factor", {
      payload: Schema.Struct({ code: Code }),
      success: RecoveryCodes,
      error: [Conflict, InvalidInput, TooManyRequests, Forbidden]
    }).annotate(OpenApi.Summary, "Turn one-time codes on with the first of them, which ends all other sessions"),
    HttpApiEndpoint.delete("disableTwoFactor", "/me/two-factor", {
      success: HttpApiSchema.NoContent,
      error: [ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "Turn one-time codes off, which ends all other sessions"),
    HttpApiEndpoint.post("renewRecoveryCodes", "/me/two-factor/recovery-codes", {
      success: RecoveryCodes,
      error: [Conflict, ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "New recovery codes in place of all earlier ones"),
    HttpApiEndpoint.get("listPasskeys", "/me/passkeys", {
      success: Schema.Struct({ data: Schema.Array(Passkey) }),
      error: Forbidden
    }).annotate(OpenApi.Summary, "The own passkeys"),
    HttpApiEndpoint.post("beginPasskey", "/me/passkeys/options", {
      success: PasskeyRequest,
      error: [Conflict, ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "What to ask the browser for to make a passkey"),
    HttpApiEndpoint.post("addPasskey", "/me/passkeys", {
      payload: Schema.Struct({ challenge: Schema.String, response: PasskeyResponse, name: PasskeyName }),
      success: Passkey.pipe(HttpApiSchema.status(201)),
      error: [Conflict, InvalidInput, ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "Add the passkey that the browser made"),
    HttpApiEndpoint.delete("removePasskey", "/me/passkeys/:passkeyId", {
      params: { passkeyId: PasskeyId },
      success: HttpApiSchema.NoContent,
      error: [NotFound, ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "Remove a passkey"),
    HttpApiEndpoint.get("events", "/me/security-events", {
      query: Pagination.query,
      success: Pagination.Page(AuthenticationEvent),
      error: [InvalidInput, Forbidden]
    }).annotate(OpenApi.Summary, "What happened to the own account, the newest first")
  )
  .annotateEndpoints(Permissions.Access, Permissions.member)
  .annotateEndpoints(Permissions.AllowInactive, true)
  .annotateEndpoints(Permissions.AllowOneFactor, true)
  .add(
    HttpApiEndpoint.get("avatar", "/members/:userId/avatar", {
      params: { userId: UserId },
      success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()),
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(members.read))
      .annotate(OpenApi.Summary, "The picture of a member"),
    HttpApiEndpoint.get("signInPolicy", "/organizations/current/sign-in-policy", {
      success: SignInPolicy
    })
      .annotate(Permissions.Access, Permissions.require(security.read))
      .annotate(OpenApi.Summary, "What the organization asks of its members' sign-in"),
    HttpApiEndpoint.put("setSignInPolicy", "/organizations/current/sign-in-policy", {
      payload: SignInPolicy,
      success: SignInPolicy,
      error: Conflict
    })
      .annotate(Permissions.Access, Permissions.require(security.write))
      .annotate(OpenApi.Summary, "Ask for a second factor of all members, or no longer"),
    HttpApiEndpoint.delete("endMemberSessions", "/members/:userId/sessions", {
      params: { userId: UserId },
      success: HttpApiSchema.NoContent,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(security.write))
      .annotate(OpenApi.Summary, "End all sessions of a member in the organization")
  )
  .middleware(Authentication)
  .add(
    HttpApiEndpoint.post("requestPasswordReset", "/password-resets", {
      payload: Schema.Struct({ email: Email }),
      success: HttpApiSchema.Empty(202)
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(
        OpenApi.Summary,
        "Send a link with which to choose a new password, if there is such an account; the answer does not say"
      ),
    HttpApiEndpoint.post("resetPassword", "/password-resets/complete", {
      payload: Schema.Struct({ token: Secret.Input, password: NewPassword }),
      success: HttpApiSchema.NoContent,
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Choose a new password with a link's token, which ends all sessions"),
    HttpApiEndpoint.post("verifyEmail", "/email-verifications", {
      payload: Schema.Struct({ token: Secret.Input }),
      success: HttpApiSchema.NoContent,
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Prove with a link's token that an address is read")
  )
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Account",
    description: "The caller's own account: profile, password, second factor, passkeys, and what happened to it."
  }))
{}
