/**
 * Mails people what they were told, at once or as a digest, through the queue of mail.
 *
 * What is due is taken and its mail queued in one transaction: two workers never send the same, and a worker that dies
 * leaves both or neither. Who is suspended by then, or may no longer see it, gets nothing; what was read is not mailed.
 *
 * @since 0.1.0
 */
import * as ConsoleUrl from "@wicara/core/ConsoleUrl"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import { Mail } from "@wicara/core/Mail"
import type { MailRecipient } from "@wicara/core/Mail"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { Organizations } from "@wicara/core/Organizations"
import { rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Clock, Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { notificationColumns, visible } from "./internal/notificationRows.ts"
import type { NotificationRow } from "./internal/notificationRows.ts"
import type { Notification } from "./Notification.ts"
import { mailJob } from "./NotificationJobs.ts"
import { nearestLocale } from "./MailTemplate.ts"
import { languageOf, NotificationKinds } from "./NotificationKinds.ts"
import * as NotificationMail from "./NotificationMail.ts"
import { NotificationRecipients } from "./NotificationRecipients.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class NotificationMailer extends Context.Service<NotificationMailer, {
  /** Queues the mail that is due to somebody by now; returns how many messages. */
  readonly send: (
    userId: UserId,
    frequency: "at_once" | "hourly" | "daily"
  ) => Effect.Effect<number, never, CurrentOrganization>
}>()("@wicara/notifications/NotificationMailer") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    NotificationMailer,
    never,
    SqlClient.SqlClient | NotificationKinds | NotificationRecipients | Users | Organizations | Mail | MessageTexts
  > = Layer.suspend(() => Layer.effect(NotificationMailer, make))

  /**
   * Does the jobs in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, NotificationMailer | Jobs.Jobs> = Layer.unwrap(
    Effect.map(NotificationMailer, (mailer) =>
      Jobs.worker(mailJob, {
        concurrency: 2,
        handle: ({ payload }) => Effect.asVoid(mailer.send(payload.userId, payload.frequency))
      }))
  )
}

/** The most that one run looks at, and the most lines of a digest. */
const most = 1000
const lines = 20

/** The queue of jobs goes by the database's clock, in whole seconds: a job may come a little before its time here. */
const tolerance = 30_000

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const kinds = yield* NotificationKinds
  const recipients = yield* NotificationRecipients
  const users = yield* Users
  const organizations = yield* Organizations
  const mail = yield* Mail
  const texts = yield* MessageTexts
  const consoleUrl = yield* ConsoleUrl.ConsoleUrl
  const columns = notificationColumns(sql)
  // Who comes second waits, and then finds nothing.
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  /** Takes what is due, the oldest first. */
  const take = Effect.fnUntraced(function*(userId: UserId, frequency: string) {
    const { id } = yield* CurrentOrganization
    const now = (yield* Clock.currentTimeMillis) + tolerance
    const place = sql`organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)}`
    const due = yield* sql<{ readonly notification_id: Uint8Array }>`SELECT notification_id
      FROM notifications_due WHERE ${place} AND frequency = ${frequency} AND due_at <= ${now}
      ORDER BY notification_id LIMIT ${rowLimit(sql, most)} ${forUpdate}`
    if (due.length === 0) return []
    const ids = due.map(({ notification_id }) => notification_id)
    yield* varying(
      sql,
      sql`DELETE FROM notifications_due WHERE ${place} AND frequency = ${frequency}
        AND ${sql.in("notification_id", ids)}`
    )
    return yield* varying(
      sql,
      sql<NotificationRow>`SELECT ${columns} FROM notifications_items
        WHERE ${place} AND ${sql.in("id", ids)} ORDER BY id`
    )
  })

  const send = Effect.fnUntraced(function*(userId: UserId, frequency: "at_once" | "hourly" | "daily") {
    const rows = yield* take(userId, frequency)
    const user = yield* users.find(userId)
    const held = yield* recipients.holdings(userId)
    if (rows.length === 0 || Option.isNone(held) || Option.isNone(user) || user.value.status !== "active") return 0
    const organization = yield* organizations.current
    // Of what a mail says nothing is in a language that mail does not have.
    const language = nearestLocale(languageOf(texts, user.value, organization))
    const telling = { consoleUrl, voice: yield* texts.voice(language) }
    const items = rows.flatMap((row): ReadonlyArray<Notification> => {
      const seen = visible(row, kinds, held.value, telling)
      if (Option.isNone(seen)) return []
      const isRead = Number(row.in_app) === 1 && row.unread === null
      return isRead && !seen.value.definition.security ? [] : [seen.value.notification]
    })
    if (items.length === 0) return 0
    const to: MailRecipient = { email: user.value.email, name: user.value.name, userId }
    const message = { organizationId: organization.id, to, locale: language, secrets: {} }
    if (frequency !== "at_once") {
      const url = ConsoleUrl.page(consoleUrl, "/notifications") ?? ""
      const values = { count: items.length, items: items.slice(0, lines).map(({ title }) => title), url }
      yield* mail.send(NotificationMail.digest, { ...message, values })
      return 1
    }
    for (const { body, link, title } of items) {
      const values = { title, body, url: link ?? "" }
      yield* mail.send(NotificationMail.notification, { ...message, values })
    }
    return items.length
  })

  return NotificationMailer.of({
    send: Effect.fn("NotificationMailer.send")((userId, frequency) =>
      Effect.orDie(transaction(sql, send(userId, frequency)))
    )
  })
})
