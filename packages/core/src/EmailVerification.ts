/**
 * The proof that somebody reads the address of their account, or the one that they want to change it to: a link in a
 * message, good for a day and once.
 *
 * @since 0.1.0
 */
import { Context, DateTime, Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { AccountNotices } from "./AccountNotices.ts"
import type { ClientInfo } from "./AuthenticationEvents.ts"
import * as CoreMail from "./CoreMail.ts"
import * as AccountTokens from "./internal/accountTokens.ts"
import { Mail } from "./Mail.ts"
import { InvalidInput } from "./Problem.ts"
import type { TooManyRequests } from "./Problem.ts"
import * as ConsoleUrl from "./ConsoleUrl.ts"
import * as PublicUrl from "./PublicUrl.ts"
import * as SignInLimits from "./SignInLimits.ts"
import { orDieSql, transaction } from "./Sql.ts"
import type { User } from "./User.ts"
import { normalizeEmail, Users } from "./Users.ts"
import { english } from "./ProblemTexts.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class EmailVerification extends Context.Service<EmailVerification, {
  /**
   * Sends a link to the address, the person's own or the one they want. Nothing says whether somebody else has it; if
   * so, the link does nothing.
   */
  readonly request: (user: User, email: string, client: ClientInfo) => Effect.Effect<void, TooManyRequests>
  /** Makes the address that the link was sent to the person's own, and proven. */
  readonly verify: (token: Redacted.Redacted<string>, client: ClientInfo) => Effect.Effect<void, InvalidInput>
}>()("@wicara/core/EmailVerification") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    EmailVerification,
    never,
    SqlClient.SqlClient | Users | SignInLimits.SignInLimits | AccountNotices | Mail
  > = Layer.effect(
    EmailVerification,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const limits = yield* SignInLimits.SignInLimits
      const notices = yield* AccountNotices
      const mail = yield* Mail
      const linkBase = yield* ConsoleUrl.orPublicUrl
      const tokens = AccountTokens.make(sql)

      return EmailVerification.of({
        request: Effect.fn("EmailVerification.request")(function*(user, wanted, client) {
          const email = normalizeEmail(wanted)
          yield* limits.attempt(SignInLimits.ofMessages(email, client.ip))
          yield* Effect.orDie(transaction(
            sql,
            Effect.gen(function*() {
              const { expiresAt, token } = yield* tokens.create("verify_email", { userId: user.id, email }, dayMillis)
              const until = DateTime.makeUnsafe(expiresAt)
              yield* mail.send(CoreMail.verifyEmail, {
                organizationId: null,
                to: { email, name: user.name, userId: user.id },
                locale: yield* notices.localeOf(user),
                values: { expiresAt: until },
                secrets: { link: PublicUrl.link(linkBase, "verify-email", token) },
                expiresAt: until
              })
            })
          ))
        }),
        verify: Effect.fn("EmailVerification.verify")(function*(token, client) {
          const found = yield* tokens.peek("verify_email", token)
          const user = Option.isNone(found) ? Option.none<User>() : yield* users.find(found.value.userId)
          if (Option.isNone(found) || Option.isNone(user)) return yield* spent
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              if (!(yield* tokens.use("verify_email", token))) return yield* spent
              const { email } = found.value
              yield* users.setVerifiedEmail(user.value.id, email).pipe(Effect.catchTag("Conflict", () => spent))
              if (email === user.value.email) {
                return yield* notices.changed({ type: "email_verified", user: user.value, client })
              }
              // Told to the address that it was until now.
              yield* notices.changed({ type: "email_changed", user: user.value, client })
            })
          ))
        })
      })
    })
  )
}

const dayMillis = 86_400_000

const spent = InvalidInput.of("/token", english("linkUsed"))
