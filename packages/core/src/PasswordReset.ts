/**
 * A new password for somebody who forgot theirs: by a link in a message to their address, good for 30 minutes and once.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { accountMail } from "./AccountJobs.ts"
import { AccountNotices } from "./AccountNotices.ts"
import type { ClientInfo } from "./AuthenticationEvents.ts"
import * as CoreMail from "./CoreMail.ts"
import * as AccountTokens from "./internal/accountTokens.ts"
import { Jobs } from "./Jobs.ts"
import { Mail } from "./Mail.ts"
import { InvalidInput } from "./Problem.ts"
import * as ConsoleUrl from "./ConsoleUrl.ts"
import * as PublicUrl from "./PublicUrl.ts"
import { Sessions } from "./Sessions.ts"
import { SignIn } from "./SignIn.ts"
import * as SignInLimits from "./SignInLimits.ts"
import { orDieSql, transaction } from "./Sql.ts"
import type { User } from "./User.ts"
import { normalizeEmail, Users } from "./Users.ts"
import { english } from "./ProblemTexts.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class PasswordReset extends Context.Service<PasswordReset, {
  /**
   * Asks for a message to the address. It does the same for every address and says nothing of whether it is somebody's;
   * beyond a few times it does nothing, which nobody sees either.
   */
  readonly request: (email: string, client: ClientInfo) => Effect.Effect<void>
  /** Sends the message; the person's earlier links work no longer. */
  readonly send: (user: User, client: ClientInfo) => Effect.Effect<void>
  /** The link itself, for an operator to hand over. */
  readonly link: (user: User) => Effect.Effect<Redacted.Redacted<string>>
  /** Sets the password with a link's token, and ends all sessions. */
  readonly reset: (options: {
    readonly token: Redacted.Redacted<string>
    readonly password: Redacted.Redacted<string>
  }, client: ClientInfo) => Effect.Effect<void, InvalidInput>
}>()("@wicara/core/PasswordReset") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    PasswordReset,
    never,
    SqlClient.SqlClient | Users | Sessions | SignIn | SignInLimits.SignInLimits | AccountNotices | Mail | Jobs
  > = Layer.effect(
    PasswordReset,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const sessions = yield* Sessions
      const signIn = yield* SignIn
      const limits = yield* SignInLimits.SignInLimits
      const notices = yield* AccountNotices
      const mail = yield* Mail
      const jobs = yield* Jobs
      const linkBase = yield* ConsoleUrl.orPublicUrl
      const tokens = AccountTokens.make(sql)

      const make = (user: User) =>
        tokens.create("reset_password", { userId: user.id, email: user.email }, lifetimeMillis)

      return PasswordReset.of({
        request: Effect.fn("PasswordReset.request")(function*(email, client) {
          const address = normalizeEmail(email)
          const allowed = yield* limits.attempt(SignInLimits.ofMessages(address, client.ip)).pipe(
            Effect.match({ onSuccess: () => true, onFailure: () => false })
          )
          if (!allowed) return
          yield* jobs.enqueueSystem(accountMail, {
            kind: "reset_password",
            email: address,
            ip: client.ip ?? null,
            userAgent: client.userAgent ?? null,
            at: yield* Clock.currentTimeMillis
          })
        }),
        send: Effect.fn("PasswordReset.send")((user, client) =>
          Effect.orDie(transaction(
            sql,
            Effect.gen(function*() {
              const { expiresAt, token } = yield* make(user)
              const until = DateTime.makeUnsafe(expiresAt)
              yield* mail.send(CoreMail.resetPassword, {
                organizationId: null,
                to: { email: user.email, name: user.name, userId: user.id },
                locale: yield* notices.localeOf(user),
                values: { expiresAt: until },
                secrets: { link: PublicUrl.link(linkBase, page, token) },
                expiresAt: until
              })
              yield* notices.changed({ type: "password_reset_requested", user, client })
            })
          ))
        ),
        link: Effect.fn("PasswordReset.link")((user) =>
          Effect.orDie(transaction(
            sql,
            Effect.gen(function*() {
              const { token } = yield* make(user)
              yield* notices.changed({ type: "password_reset_requested", user })
              return PublicUrl.link(linkBase, page, token)
            })
          ))
        ),
        reset: Effect.fn("PasswordReset.reset")(function*({ password, token }, client) {
          const found = yield* tokens.peek("reset_password", token)
          const user = Option.isNone(found) ? Option.none<User>() : yield* users.find(found.value.userId)
          if (Option.isNone(found) || Option.isNone(user) || user.value.email !== found.value.email) return yield* spent
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              if (!(yield* tokens.use("reset_password", token))) return yield* spent
              yield* users.setPassword(user.value.id, password, "/password")
              // Who has the link reads the address.
              yield* Effect.orDie(users.setVerifiedEmail(user.value.id, user.value.email))
              yield* sessions.revokeOthers(user.value.id, undefined)
              yield* signIn.reset(user.value)
              yield* notices.changed({ type: "password_reset", user: user.value, client })
            })
          ))
        })
      })
    })
  )
}

const lifetimeMillis = 30 * 60_000
const page = "reset-password"

const spent = InvalidInput.of("/token", english("linkUsed"))
