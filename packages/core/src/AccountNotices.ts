/**
 * What is recorded and told when something of an account changes: a record in its own log, one in the audit log of the
 * organization that it was done in (or, when an operator did it, of every organization that the person is a member of),
 * and a message to the person.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import { Audit } from "./Audit.ts"
import type { AuthenticationEventType } from "./AuthenticationEvent.ts"
import { AuthenticationEvents } from "./AuthenticationEvents.ts"
import type { ClientInfo } from "./AuthenticationEvents.ts"
import * as CoreMail from "./CoreMail.ts"
import { Mail } from "./Mail.ts"
import { Organizations } from "./Organizations.ts"
import * as Pagination from "./Pagination.ts"
import { CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { User } from "./User.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface AccountChange {
  readonly type: AuthenticationEventType
  readonly user: Pick<User, "id" | "email" | "name" | "locale">
  readonly client?: ClientInfo | undefined
  readonly method?: string | undefined
  readonly detail?: string | undefined
  readonly suspicious?: boolean | undefined
}

type MailedChange = typeof CoreMail.accountChanged.values.Type["change"]

const mailed: ReadonlySet<string> = new Set<MailedChange>(CoreMail.changes)
const isMailed = (type: string): type is MailedChange => mailed.has(type)

/**
 * @category services
 * @since 0.1.0
 */
export class AccountNotices extends Context.Service<AccountNotices, {
  /** Within the ambient transaction. */
  readonly changed: (change: AccountChange) => Effect.Effect<void>
  /** Tells the person of a sign-in, or of many that failed. */
  readonly alert: (
    user: AccountChange["user"],
    reason: typeof CoreMail.signInAlert.values.Type["reason"],
    client: ClientInfo,
    at?: DateTime.Utc
  ) => Effect.Effect<void>
  /** The person's language, else their first organization's, else English. */
  readonly localeOf: (user: AccountChange["user"]) => Effect.Effect<string>
}>()("@wicara/core/AccountNotices") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<AccountNotices, never, AuthenticationEvents | Audit | Mail | Organizations> = Layer
    .effect(
      AccountNotices,
      Effect.gen(function*() {
        const events = yield* AuthenticationEvents
        const audit = yield* Audit
        const mail = yield* Mail
        const organizations = yield* Organizations

        const organizationsOf = (user: AccountChange["user"]) =>
          Effect.map(
            Effect.orDie(organizations.listOf(user.id, { limit: Pagination.maximumLimit })),
            ({ data }) => data.map(({ organization }) => organization)
          )

        const localeOf = Effect.fnUntraced(function*(user: AccountChange["user"]) {
          if (user.locale !== null) return user.locale
          const [first] = yield* organizationsOf(user)
          return first?.locale ?? "en"
        })

        return AccountNotices.of({
          localeOf,
          changed: Effect.fn("AccountNotices.changed")(function*({ client, detail, method, suspicious, type, user }) {
            const current = Option.getOrUndefined(yield* Effect.serviceOption(CurrentOrganization))
            const actor = Option.getOrElse(
              yield* Effect.serviceOption(CurrentActor),
              (): CurrentActor["Service"] => ({ actor: { _tag: "User", id: user.id }, permissions: new Set<string>() })
            )
            yield* events.record({
              type,
              account: { userId: user.id, email: user.email },
              organizationId: current?.id,
              method,
              detail,
              suspicious,
              client
            }).pipe(Effect.provideService(CurrentActor, actor))
            const concerned = current === undefined ? yield* organizationsOf(user) : [current]
            for (const { id } of concerned) {
              yield* audit.record({ action: `user.${type}`, target: { type: "user", id: user.id } }).pipe(
                Effect.provideService(CurrentOrganization, { id }),
                Effect.provideService(CurrentActor, actor)
              )
            }
            if (!isMailed(type)) return
            yield* mail.send(CoreMail.accountChanged, {
              organizationId: null,
              to: { email: user.email, name: user.name, userId: user.id },
              locale: yield* localeOf(user),
              values: {
                change: type,
                ip: client?.ip ?? null,
                userAgent: client?.userAgent ?? null,
                at: DateTime.makeUnsafe(yield* Clock.currentTimeMillis)
              },
              secrets: {}
            })
          }),
          alert: Effect.fn("AccountNotices.alert")(function*(user, reason, client, at) {
            yield* mail.send(CoreMail.signInAlert, {
              organizationId: null,
              to: { email: user.email, name: user.name, userId: user.id },
              locale: yield* localeOf(user),
              values: {
                reason,
                ip: client.ip ?? null,
                userAgent: client.userAgent ?? null,
                at: at ?? DateTime.makeUnsafe(yield* Clock.currentTimeMillis)
              },
              secrets: {}
            })
          })
        })
      })
    )
}
