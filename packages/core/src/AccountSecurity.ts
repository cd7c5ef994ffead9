/**
 * What people change of how they sign in, and what an operator does for them. What could let somebody else in asks for a
 * proof of who one is that is not older than ten minutes; every change is recorded and told.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { AccountNotices } from "./AccountNotices.ts"
import type { AuthenticationEventType } from "./AuthenticationEvent.ts"
import type { ClientInfo } from "./AuthenticationEvents.ts"
import { EmailVerification } from "./EmailVerification.ts"
import type { Passkey, PasskeyId, PasskeyRequest, PasskeyResponse } from "./Passkey.ts"
import { Passkeys } from "./Passkeys.ts"
import { InvalidInput } from "./Problem.ts"
import type { Conflict, NotFound, TooManyRequests } from "./Problem.ts"
import type { TwoFactorSetup } from "./SecondFactor.ts"
import type { ReauthenticationRequired, VerifiedSession } from "./Session.ts"
import { Sessions } from "./Sessions.ts"
import { SignIn } from "./SignIn.ts"
import * as SignInLimits from "./SignInLimits.ts"
import { orDieSql, transaction } from "./Sql.ts"
import type { UserId } from "./Tenancy.ts"
import { TwoFactor } from "./TwoFactor.ts"
import type { User } from "./User.ts"
import { Users } from "./Users.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class AccountSecurity extends Context.Service<AccountSecurity, {
  /** Sets a password in place of the current one, which has to be given, and ends all other sessions. */
  readonly changePassword: (session: VerifiedSession, change: {
    readonly current: Redacted.Redacted<string>
    readonly next: Redacted.Redacted<string>
  }, client: ClientInfo) => Effect.Effect<void, InvalidInput | TooManyRequests>
  /** Sends a link to the new address, which becomes the account's when it is followed. */
  readonly changeEmail: (
    session: VerifiedSession,
    email: string,
    client: ClientInfo
  ) => Effect.Effect<void, ReauthenticationRequired | TooManyRequests>
  /** Sends a link to the account's address, to prove that it is read. */
  readonly requestVerification: (
    session: VerifiedSession,
    client: ClientInfo
  ) => Effect.Effect<void, TooManyRequests>
  readonly beginTwoFactor: (
    session: VerifiedSession
  ) => Effect.Effect<TwoFactorSetup, Conflict | ReauthenticationRequired>
  /** Turns one-time codes on, ends all other sessions, and gives the recovery codes. */
  readonly confirmTwoFactor: (
    session: VerifiedSession,
    code: string,
    client: ClientInfo
  ) => Effect.Effect<ReadonlyArray<string>, Conflict | InvalidInput | TooManyRequests>
  readonly disableTwoFactor: (
    session: VerifiedSession,
    client: ClientInfo
  ) => Effect.Effect<void, ReauthenticationRequired>
  readonly renewRecoveryCodes: (
    session: VerifiedSession,
    client: ClientInfo
  ) => Effect.Effect<ReadonlyArray<string>, Conflict | ReauthenticationRequired>
  readonly beginPasskey: (
    session: VerifiedSession
  ) => Effect.Effect<PasskeyRequest, Conflict | ReauthenticationRequired>
  readonly addPasskey: (session: VerifiedSession, passkey: {
    readonly challenge: string
    readonly response: PasskeyResponse
    readonly name: string
  }, client: ClientInfo) => Effect.Effect<Passkey, Conflict | InvalidInput | ReauthenticationRequired>
  readonly removePasskey: (
    session: VerifiedSession,
    id: PasskeyId,
    client: ClientInfo
  ) => Effect.Effect<void, NotFound | ReauthenticationRequired>
  /** Ends all sessions of a person, but for one if it is named; returns how many. */
  readonly signOutEverywhere: (
    user: User,
    options: { readonly except?: VerifiedSession | undefined; readonly client?: ClientInfo | undefined }
  ) => Effect.Effect<number>
  /** For an operator: takes the second factor and all passkeys away, and ends all sessions. Whether there were any. */
  readonly resetSecondFactor: (user: User) => Effect.Effect<boolean>
  /** For an operator: nobody signs in with the account until it is activated again. */
  readonly setStatus: (user: User, status: User["status"]) => Effect.Effect<void>
}>()("@wicara/core/AccountSecurity") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    AccountSecurity,
    never,
    | SqlClient.SqlClient
    | Users
    | Sessions
    | SignIn
    | SignInLimits.SignInLimits
    | TwoFactor
    | Passkeys
    | EmailVerification
    | AccountNotices
  > = Layer.effect(
    AccountSecurity,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const sessions = yield* Sessions
      const signIn = yield* SignIn
      const limits = yield* SignInLimits.SignInLimits
      const twoFactor = yield* TwoFactor
      const passkeys = yield* Passkeys
      const verification = yield* EmailVerification
      const notices = yield* AccountNotices

      // A session is of somebody who exists.
      const userOf = (userId: UserId) => Effect.orDie(Effect.flatMap(users.find(userId), Effect.fromOption))

      const noted = (type: AuthenticationEventType, user: User, client?: ClientInfo) =>
        notices.changed({ type, user, client })

      return AccountSecurity.of({
        changePassword: Effect.fn("AccountSecurity.changePassword")(function*(session, { current, next }, client) {
          const user = yield* userOf(session.userId)
          const guarded = [SignInLimits.ofSecondFactor(user.id)]
          yield* limits.attempt(guarded)
          if (!(yield* users.isPassword(user.id, current))) {
            return yield* InvalidInput.of("/current", "This is not the current password.")
          }
          yield* limits.succeeded({ attempted: [], forgiven: guarded })
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              yield* users.setPassword(user.id, next, "/next")
              yield* sessions.revokeOthers(user.id, session.sessionId)
              yield* signIn.reset(user)
              yield* noted("password_changed", user, client)
            })
          ))
        }),
        changeEmail: Effect.fn("AccountSecurity.changeEmail")(function*(session, email, client) {
          yield* signIn.requireRecent(session)
          yield* verification.request(yield* userOf(session.userId), email, client)
        }),
        requestVerification: Effect.fn("AccountSecurity.requestVerification")(function*(session, client) {
          const user = yield* userOf(session.userId)
          yield* verification.request(user, user.email, client)
        }),
        beginTwoFactor: Effect.fn("AccountSecurity.beginTwoFactor")(function*(session) {
          yield* signIn.requireRecent(session)
          const user = yield* userOf(session.userId)
          return yield* twoFactor.begin(user.id, user.email)
        }),
        confirmTwoFactor: Effect.fn("AccountSecurity.confirmTwoFactor")(function*(session, code, client) {
          const user = yield* userOf(session.userId)
          const guarded = [SignInLimits.ofSecondFactor(user.id)]
          yield* limits.attempt(guarded)
          const codes = yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const codes = yield* twoFactor.confirm(user.id, code)
              yield* sessions.revokeOthers(user.id, session.sessionId)
              yield* sessions.addSecondFactor(session)
              yield* noted("two_factor_enabled", user, client)
              return codes
            })
          ))
          yield* limits.succeeded({ attempted: [], forgiven: guarded })
          return codes
        }),
        disableTwoFactor: Effect.fn("AccountSecurity.disableTwoFactor")(function*(session, client) {
          yield* signIn.requireRecent(session)
          const user = yield* userOf(session.userId)
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              if (!(yield* twoFactor.disable(user.id))) return
              yield* sessions.revokeOthers(user.id, session.sessionId)
              yield* noted("two_factor_disabled", user, client)
            })
          ))
        }),
        renewRecoveryCodes: Effect.fn("AccountSecurity.renewRecoveryCodes")(function*(session, client) {
          yield* signIn.requireRecent(session)
          const user = yield* userOf(session.userId)
          return yield* orDieSql(transaction(
            sql,
            Effect.tap(twoFactor.renewRecoveryCodes(user.id), () => noted("recovery_codes_renewed", user, client))
          ))
        }),
        beginPasskey: Effect.fn("AccountSecurity.beginPasskey")(function*(session) {
          yield* signIn.requireRecent(session)
          return yield* passkeys.beginRegistration(yield* userOf(session.userId))
        }),
        addPasskey: Effect.fn("AccountSecurity.addPasskey")(function*(session, passkey, client) {
          yield* signIn.requireRecent(session)
          const user = yield* userOf(session.userId)
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const added = yield* passkeys.register(user.id, passkey)
              // Its user was verified by it, which is the second factor.
              yield* sessions.addSecondFactor(session)
              yield* noted("passkey_added", user, client)
              return added
            })
          ))
        }),
        removePasskey: Effect.fn("AccountSecurity.removePasskey")(function*(session, id, client) {
          yield* signIn.requireRecent(session)
          const user = yield* userOf(session.userId)
          yield* orDieSql(transaction(
            sql,
            Effect.andThen(passkeys.remove(user.id, id), noted("passkey_removed", user, client))
          ))
        }),
        signOutEverywhere: Effect.fn("AccountSecurity.signOutEverywhere")((user, { client, except }) =>
          Effect.orDie(transaction(
            sql,
            Effect.tap(
              sessions.revokeOthers(user.id, except?.sessionId),
              () => noted("signed_out_everywhere", user, client)
            )
          ))
        ),
        resetSecondFactor: Effect.fn("AccountSecurity.resetSecondFactor")((user) =>
          Effect.orDie(transaction(
            sql,
            Effect.gen(function*() {
              const hadCodes = yield* twoFactor.disable(user.id)
              const owned = yield* passkeys.list(user.id)
              for (const { id } of owned) yield* Effect.ignore(passkeys.remove(user.id, id))
              if (!hadCodes && owned.length === 0) return false
              yield* sessions.revokeOthers(user.id, undefined)
              yield* signIn.reset(user)
              yield* noted("two_factor_disabled", user)
              return true
            })
          ))
        ),
        setStatus: Effect.fn("AccountSecurity.setStatus")((user, status) =>
          Effect.orDie(transaction(
            sql,
            Effect.gen(function*() {
              yield* users.setStatus(user.id, status)
              yield* signIn.reset(user)
              yield* noted(status === "suspended" ? "suspended" : "activated", user)
            })
          ))
        )
      })
    })
  )
}
