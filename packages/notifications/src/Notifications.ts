/**
 * What people were told: everybody sees what is theirs, in their own language, as long as they may.
 *
 * @since 0.1.0
 */
import { ConsoleUrl } from "@wicara/core/ConsoleUrl"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { Organizations } from "@wicara/core/Organizations"
import * as Pagination from "@wicara/core/Pagination"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import type { Forbidden } from "@wicara/core/Problem"
import { affectedRows, orDieSql, rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor, Holdings, UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Clock, Context, Duration, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { notificationsChanged } from "./events.ts"
import { notificationColumns, self, visible } from "./internal/notificationRows.ts"
import type { NotificationRow, Telling } from "./internal/notificationRows.ts"
import { mostUnread, NotificationId } from "./Notification.ts"
import type { Notification } from "./Notification.ts"
import { languageOf, NotificationKinds } from "./NotificationKinds.ts"
import { NotificationRecipients } from "./NotificationRecipients.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface NotificationsOptions {
  /** How long what was told is kept (90 days). */
  readonly keepFor?: Duration.Input | undefined
}

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class Notifications extends Context.Service<Notifications, {
  /** One's own, the newest first. A page may have fewer than were asked for: what one may no longer see is left out. */
  readonly list: (
    query: Pagination.PageQuery & { readonly unread?: boolean | undefined }
  ) => Effect.Effect<Pagination.Page<Notification>, Forbidden | InvalidInput, Acting>
  readonly get: (id: NotificationId) => Effect.Effect<Notification, Forbidden | NotFound, Acting>
  /** How many one has not read, `mostUnread` at most. */
  readonly unread: Effect.Effect<number, Forbidden, Acting>
  readonly markRead: (id: NotificationId) => Effect.Effect<Notification, Forbidden | NotFound, Acting>
  readonly markUnread: (id: NotificationId) => Effect.Effect<Notification, Forbidden | NotFound, Acting>
  /** All, or those up to and including one of one's own: what came meanwhile stays unread. Returns how many. */
  readonly markAllRead: (upTo?: NotificationId) => Effect.Effect<number, Forbidden | InvalidInput, Acting>
  readonly remove: (id: NotificationId) => Effect.Effect<void, Forbidden | NotFound, Acting>
  /** Somebody's notification as they see it now, and how many they have not read; for the live stream. */
  readonly seenBy: (
    userId: UserId,
    id: NotificationId | undefined
  ) => Effect.Effect<
    { readonly notification: Notification | null; readonly unread: number },
    never,
    CurrentOrganization
  >
  /** Forgets what was told long ago; returns how many rows, `limit` of each kind at most. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
  /** Forgets all that was told to somebody who is no longer a member, and what they chose. */
  readonly forget: (userId: UserId) => Effect.Effect<void, never, CurrentOrganization>
}>()("@wicara/notifications/Notifications") {
  /** @since 0.1.0 */
  static readonly layerSql = (
    options?: NotificationsOptions
  ): Layer.Layer<
    Notifications,
    never,
    SqlClient.SqlClient | NotificationKinds | NotificationRecipients | Users | Organizations | Events | MessageTexts
  > => Layer.effect(Notifications, make(options ?? {}))
}

/** For who asks only whether there is anything. */
const plain: Telling = { consoleUrl: Option.none(), voice: MessageCatalogue.voice("en") }

const nothing: Holdings = { permissions: new Set() }

const make = Effect.fnUntraced(function*(options: NotificationsOptions) {
  const sql = yield* SqlClient.SqlClient
  const kinds = yield* NotificationKinds
  const recipients = yield* NotificationRecipients
  const users = yield* Users
  const organizations = yield* Organizations
  const events = yield* Events
  const texts = yield* MessageTexts
  const consoleUrl = yield* ConsoleUrl
  const columns = notificationColumns(sql)
  const keepFor = Duration.toMillis(options.keepFor ?? "90 days")

  /** The rows of one person in the console. */
  const own = Effect.fnUntraced(function*(userId: UserId) {
    const { id } = yield* CurrentOrganization
    return sql`organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)} AND in_app = 1`
  })

  const telling = Effect.fnUntraced(function*(userId: UserId) {
    const user = Option.getOrUndefined(yield* users.find(userId))
    return { consoleUrl, voice: yield* texts.voice(languageOf(texts, user, yield* organizations.current)) }
  })

  const holdings = (userId: UserId) => Effect.map(recipients.holdings(userId), Option.getOrElse(() => nothing))

  const find = Effect.fnUntraced(function*(userId: UserId, held: Holdings, id: NotificationId) {
    const [row] = yield* Effect.orDie(sql<NotificationRow>`SELECT ${columns} FROM notifications_items
      WHERE ${yield* own(userId)} AND id = ${Id.toBytes(id)}`)
    return row === undefined
      ? Option.none<Notification>()
      : Option.map(visible(row, kinds, held, yield* telling(userId)), ({ notification }) => notification)
  })

  const get = Effect.fn("Notifications.get")(function*(id: NotificationId) {
    const userId = yield* self
    const found = yield* find(userId, yield* holdings(userId), id)
    return Option.isSome(found) ? found.value : yield* NotFound.of("notification", id)
  })

  const unread = Effect.fnUntraced(function*(userId: UserId, held: Holdings) {
    const rows = yield* Effect.orDie(sql<NotificationRow>`SELECT ${columns} FROM notifications_items
      WHERE ${yield* own(userId)} AND unread = 1 ORDER BY id DESC LIMIT ${rowLimit(sql, mostUnread)}`)
    return rows.filter((row) => Option.isSome(visible(row, kinds, held, plain))).length
  })

  const told = (userId: UserId, id?: NotificationId) =>
    events.append(notificationsChanged, { aggregateId: id ?? userId, payload: { userId } })

  /** Changes one row of one's own; nothing is told when it was so already. */
  const mark = Effect.fnUntraced(function*(id: NotificationId, isRead: boolean) {
    const userId = yield* self
    const before = yield* get(id)
    if ((before.readAt !== null) === isRead) return before
    const now = yield* Clock.currentTimeMillis
    const place = sql`${yield* own(userId)} AND id = ${Id.toBytes(id)}`
    return yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        const changed = yield* affectedRows(
          isRead
            ? sql`UPDATE notifications_items SET unread = NULL, read_at = ${now} WHERE ${place} AND unread = 1`
            : sql`UPDATE notifications_items SET unread = 1, read_at = NULL WHERE ${place} AND unread IS NULL`
        )
        if (changed > 0) yield* told(userId, id)
        return yield* get(id)
      })
    ))
  })

  return Notifications.of({
    get,
    list: Effect.fn("Notifications.list")(function*(query) {
      const userId = yield* self
      const held = yield* holdings(userId)
      const before = yield* Pagination.position(NotificationId, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(sql<NotificationRow>`SELECT ${columns} FROM notifications_items
        WHERE ${yield* own(userId)}
        ${query.unread === true ? sql`AND unread = 1` : sql.literal("")}
        ${query.unread === false ? sql`AND unread IS NULL` : sql.literal("")}
        ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      const page = Pagination.page(rows, limit, NotificationId, ({ id }) => Id.fromBytes<NotificationId>(id))
      const spoken = yield* telling(userId)
      return {
        data: page.data.flatMap((row) =>
          Option.toArray(visible(row, kinds, held, spoken)).map(({ notification }) => notification)
        ),
        nextCursor: page.nextCursor
      }
    }),
    unread: Effect.gen(function*() {
      const userId = yield* self
      return yield* unread(userId, yield* holdings(userId))
    }).pipe(Effect.withSpan("Notifications.unread")),
    markRead: Effect.fn("Notifications.markRead")((id) => mark(id, true)),
    markUnread: Effect.fn("Notifications.markUnread")((id) => mark(id, false)),
    markAllRead: Effect.fn("Notifications.markAllRead")(function*(upTo) {
      const userId = yield* self
      const now = yield* Clock.currentTimeMillis
      if (upTo !== undefined) {
        const there = () => InvalidInput.of("/upTo", "There is no such notification of yours.")
        yield* Effect.mapError(get(upTo), (error) => error._tag === "NotFound" ? there() : error)
      }
      const place = yield* own(userId)
      return yield* Effect.orDie(transaction(
        sql,
        Effect.gen(function*() {
          const marked = yield* affectedRows(sql`UPDATE notifications_items SET unread = NULL, read_at = ${now}
            WHERE ${place} AND unread = 1 ${upTo === undefined ? sql.literal("") : sql`AND id <= ${Id.toBytes(upTo)}`}`)
          if (marked > 0) yield* told(userId)
          return marked
        })
      ))
    }),
    remove: Effect.fn("Notifications.remove")(function*(id) {
      const userId = yield* self
      yield* get(id)
      const place = yield* own(userId)
      yield* Effect.orDie(transaction(
        sql,
        Effect.gen(function*() {
          const removed = yield* affectedRows(
            sql`DELETE FROM notifications_items WHERE ${place} AND id = ${Id.toBytes(id)}`
          )
          if (removed > 0) yield* told(userId, id)
        })
      ))
    }),
    seenBy: Effect.fnUntraced(function*(userId, id) {
      const held = yield* holdings(userId)
      const notification = id === undefined ? Option.none() : yield* find(userId, held, id)
      return { notification: Option.getOrNull(notification), unread: yield* unread(userId, held) }
    }),
    cleanup: Effect.fn("Notifications.cleanup")(function*(limit) {
      const before = (yield* Clock.currentTimeMillis) - keepFor
      interface Key {
        readonly organization_id: Uint8Array
        readonly user_id: Uint8Array
        readonly id: Uint8Array
      }
      const items = yield* sql<Key>`SELECT organization_id, user_id, id FROM notifications_items
        WHERE created_at <= ${before} ORDER BY created_at LIMIT ${rowLimit(sql, limit)}`
      for (const row of items) {
        yield* sql`DELETE FROM notifications_items WHERE organization_id = ${row.organization_id}
          AND user_id = ${row.user_id} AND id = ${row.id}`
      }
      const keys = yield* sql<{ readonly organization_id: Uint8Array; readonly digest: Uint8Array }>`
        SELECT organization_id, digest FROM notifications_told WHERE created_at <= ${before}
        ORDER BY created_at LIMIT ${rowLimit(sql, limit)}`
      for (const row of keys) {
        yield* sql`DELETE FROM notifications_told WHERE organization_id = ${row.organization_id}
          AND digest = ${row.digest}`
      }
      return items.length + keys.length
    }, Effect.orDie),
    forget: Effect.fn("Notifications.forget")(function*(userId) {
      const { id } = yield* CurrentOrganization
      const tables = [
        "notifications_items",
        "notifications_due",
        "notifications_preferences",
        "notifications_digest_hours",
        "notifications_push_subscriptions"
      ]
      yield* Effect.orDie(transaction(
        sql,
        Effect.forEach(tables, (table) =>
          varying(
            sql,
            sql`DELETE FROM ${sql(table)} WHERE organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)}`
          ), { discard: true })
      ))
    })
  })
})
