/**
 * Writes notifications: the layer behind the core's `Notifier`. Everything that becomes of one (a line in the console, a
 * mail, a push) is written or queued in the transaction of what it tells of.
 *
 * @since 0.1.0
 */
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Jobs } from "@wicara/core/Jobs"
import { Notifier } from "@wicara/core/Notification"
import type { NotificationChannels } from "@wicara/core/Notification"
import { joinTransaction, orUnique, varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import * as Tokens from "@wicara/core/Tokens"
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { notificationsCreated } from "./events.ts"
import { encodeResource } from "./internal/notificationRows.ts"
import { NotificationId } from "./Notification.ts"
import { mailJob, pushJob } from "./NotificationJobs.ts"
import { NotificationPreferences } from "./NotificationPreferences.ts"
import { NotificationRecipients } from "./NotificationRecipients.ts"
import { PushSubscriptions } from "./PushSubscriptions.ts"

interface Recipient {
  readonly userId: UserId
  readonly notificationId: NotificationId
  readonly channels: NotificationChannels
}

const batch = 200

const chunksOf = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / batch) }, (_, n) => all.slice(n * batch, (n + 1) * batch))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const recipients = yield* NotificationRecipients
  const preferences = yield* NotificationPreferences
  const subscriptions = yield* PushSubscriptions
  const jobs = yield* Jobs
  const events = yield* Events
  const asSystem = Effect.provideService(CurrentActor, systemActor("notifications"))

  /** Whether nobody told it before; whoever comes second waits for the first one's commit. */
  const isNew = (organizationId: OrganizationId, key: string, now: number) =>
    sql`INSERT INTO notifications_told ${
      sql.insert({ organization_id: Id.toBytes(organizationId), digest: Tokens.hash(key), created_at: now })
    }`.pipe(Effect.as(true), orUnique(() => "told" as const), Effect.catch(() => Effect.succeed(false)))

  const queueMail = Effect.fnUntraced(
    function*(organizationId: OrganizationId, { channels, notificationId, userId }: Recipient, now: number) {
      const frequency = channels.email
      if (frequency === "off") return
      const dueAt = frequency === "at_once" ? now : yield* preferences.nextDigest(userId, frequency)
      yield* sql`INSERT INTO notifications_due ${
        sql.insert({
          organization_id: Id.toBytes(organizationId),
          user_id: Id.toBytes(userId),
          frequency,
          notification_id: Id.toBytes(notificationId),
          due_at: dueAt
        })
      }`
      // One job a digest: a second with the same id is not queued.
      const id = frequency === "at_once" ? notificationId : `${organizationId}/${userId}/${frequency}/${dueAt}`
      // A moment after its time, so that nothing that is told just before it finds its job done.
      const delay = frequency === "at_once" ? 0 : dueAt - now + 2000
      yield* jobs.enqueue(mailJob, { userId, frequency }, { id, delay })
    }
  )

  const queuePush = Effect.fnUntraced(function*(told: ReadonlyArray<Recipient>) {
    const pushed = new Map(told.flatMap((one) => one.channels.push ? [[one.userId, one.notificationId]] : []))
    for (const { id: subscriptionId, userId } of yield* subscriptions.of([...pushed.keys()])) {
      const notificationId = pushed.get(userId)
      if (notificationId === undefined) continue
      const id = `${subscriptionId}/${notificationId}`
      yield* jobs.enqueue(pushJob, { userId, notificationId, subscriptionId }, { id })
    }
  })

  return Notifier.of({
    notify: Effect.fn("Notifier.notify")(function*(definition, { dedupeKey, except, resource, to, values }) {
      const { id: organizationId } = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      const facts = definition.encode(values)
      const write = Effect.gen(function*() {
        if (!(yield* isNew(organizationId, `${definition.kind}\n${dedupeKey}`, now))) return
        const about = { definition, resource: resource ?? null }
        const userIds = (yield* recipients.resolve(to, about)).filter((userId) => userId !== except)
        const channels = yield* preferences.channelsOf(userIds, definition)
        const told: Array<Recipient> = []
        for (const [userId, chosen] of channels) {
          if (!chosen.inApp && !chosen.push && chosen.email === "off") continue
          told.push({ userId, notificationId: yield* Id.next(NotificationId), channels: chosen })
        }
        for (const some of chunksOf(told)) {
          yield* varying(
            sql,
            sql`INSERT INTO notifications_items ${
              sql.insert(some.map(({ channels, notificationId, userId }) => ({
                organization_id: Id.toBytes(organizationId),
                user_id: Id.toBytes(userId),
                id: Id.toBytes(notificationId),
                kind: definition.kind,
                facts,
                resource: resource === undefined ? null : encodeResource(resource),
                in_app: channels.inApp ? 1 : 0,
                unread: channels.inApp ? 1 : null,
                created_at: now,
                read_at: null
              })) as never)
            }`
          )
        }
        const shown = told.filter((one) => one.channels.inApp)
        yield* events.appendAll(
          notificationsCreated,
          chunksOf(shown).flatMap((some) =>
            some[0] === undefined ? [] : [{
              aggregateId: some[0].notificationId,
              payload: {
                kind: definition.kind,
                recipients: some.map(({ notificationId, userId }) => ({ notificationId, userId }))
              }
            }]
          )
        )
        yield* Effect.forEach(told, (one) => queueMail(organizationId, one, now), { discard: true })
        yield* queuePush(told)
      })
      yield* Effect.orDie(joinTransaction(sql, write)).pipe(asSystem)
    })
  })
})

/**
 * The core's `Notifier`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNotifier: Layer.Layer<
  Notifier,
  never,
  SqlClient.SqlClient | NotificationRecipients | NotificationPreferences | PushSubscriptions | Jobs | Events
> = Layer.effect(Notifier, make)
