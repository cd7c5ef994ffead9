/**
 * How people want to be told: by kind and channel, at once or with what else came in the hour or the day.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { EmailFrequency } from "@wicara/core/Notification"
import type { NotificationChannels, NotificationDefinition } from "@wicara/core/Notification"
import { Organizations } from "@wicara/core/Organizations"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { transaction, varying } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Clock, Context, Cron, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { NotificationPreference, NotificationSettings } from "./Notification.ts"
import { languageOf, NotificationKinds } from "./NotificationKinds.ts"

/**
 * The hour of the daily digest that nobody chose.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultDigestHour = 8

/**
 * @category services
 * @since 0.1.0
 */
export class NotificationPreferences extends Context.Service<NotificationPreferences, {
  /** How somebody is told of every kind. */
  readonly get: (userId: UserId) => Effect.Effect<NotificationSettings, never, CurrentOrganization>
  /** Chooses for a kind. Mail of a kind that concerns security can't be switched off, nor put off. */
  readonly choose: (
    userId: UserId,
    kind: string,
    channels: NotificationChannels
  ) => Effect.Effect<NotificationPreference, NotFound | InvalidInput, CurrentOrganization>
  /** Takes the choice for a kind back. */
  readonly reset: (
    userId: UserId,
    kind: string
  ) => Effect.Effect<NotificationPreference, NotFound, CurrentOrganization>
  readonly chooseDigestHour: (
    userId: UserId,
    hour: number
  ) => Effect.Effect<NotificationSettings, never, CurrentOrganization>
  /** By which channels these people are told of a kind. */
  readonly channelsOf: (
    userIds: ReadonlyArray<UserId>,
    definition: NotificationDefinition
  ) => Effect.Effect<ReadonlyMap<UserId, NotificationChannels>, never, CurrentOrganization>
  /** When the next digest is due, in epoch milliseconds. */
  readonly nextDigest: (
    userId: UserId,
    frequency: "hourly" | "daily"
  ) => Effect.Effect<number, never, CurrentOrganization>
}>()("@wicara/notifications/NotificationPreferences") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    NotificationPreferences,
    never,
    SqlClient.SqlClient | NotificationKinds | Users | Organizations | MessageTexts
  > = Layer.suspend(() => Layer.effect(NotificationPreferences, make))
}

interface Row {
  readonly user_id: Uint8Array
  readonly kind: string
  readonly in_app: unknown
  readonly email: string
  readonly push: unknown
}

const isFrequency = Schema.is(EmailFrequency)

const toChannels = (row: Row, definition: NotificationDefinition): NotificationChannels => ({
  inApp: Number(row.in_app) === 1,
  // A kind may have come to concern security after somebody chose.
  email: definition.security ? "at_once" : isFrequency(row.email) ? row.email : definition.channels.email,
  push: Number(row.push) === 1
})

const hour = 3_600_000

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const kinds = yield* NotificationKinds
  const users = yield* Users
  const organizations = yield* Organizations
  const texts = yield* MessageTexts

  const columns = sql.literal("user_id, kind, in_app, email, push")

  const definitionOf = (kind: string): Effect.Effect<NotificationDefinition, NotFound> =>
    Option.match(kinds.find(kind), {
      onNone: () => Effect.fail(NotFound.of("kind of notification", kind)),
      onSome: Effect.succeed
    })

  const peopleOf = Effect.fnUntraced(function*(userId: UserId) {
    const user = Option.getOrUndefined(yield* users.find(userId))
    const organization = yield* organizations.current
    return { language: languageOf(texts, user, organization), timezone: user?.timezone ?? organization.timezone }
  })

  const digestHour = Effect.fnUntraced(function*(id: OrganizationId, userId: UserId) {
    const [row] = yield* Effect.orDie(
      sql<{ readonly local_hour: unknown }>`SELECT local_hour FROM notifications_digest_hours
        WHERE organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)}`
    )
    return row === undefined ? defaultDigestHour : Number(row.local_hour)
  })

  const get = Effect.fn("NotificationPreferences.get")(function*(userId: UserId) {
    const { id } = yield* CurrentOrganization
    const { language, timezone } = yield* peopleOf(userId)
    const voice = yield* texts.voice(language)
    const rows = yield* Effect.orDie(sql<Row>`SELECT ${columns} FROM notifications_preferences
      WHERE organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)}`)
    const chosen = new Map(rows.map((row) => [row.kind, row]))
    return new NotificationSettings({
      digestHour: yield* digestHour(id, userId),
      timezone,
      kinds: kinds.all.map((definition) => {
        const row = chosen.get(definition.kind)
        return new NotificationPreference({
          kind: definition.kind,
          name: definition.name(voice),
          channels: row === undefined ? definition.channels : toChannels(row, definition),
          defaults: definition.channels,
          chosen: row !== undefined,
          security: definition.security
        })
      })
    })
  })

  const one = Effect.fnUntraced(function*(userId: UserId, kind: string) {
    const { kinds: all } = yield* get(userId)
    const found = all.find((preference) => preference.kind === kind)
    return found ?? (yield* NotFound.of("kind of notification", kind))
  })

  const clear = (id: OrganizationId, userId: UserId, kind: string) =>
    sql`DELETE FROM notifications_preferences WHERE organization_id = ${Id.toBytes(id)}
      AND user_id = ${Id.toBytes(userId)} AND kind = ${kind}`

  return NotificationPreferences.of({
    get,
    choose: Effect.fn("NotificationPreferences.choose")(function*(userId, kind, channels) {
      const { id } = yield* CurrentOrganization
      const definition = yield* definitionOf(kind)
      if (definition.security && channels.email !== "at_once") {
        return yield* InvalidInput.of(
          "/email",
          "This concerns the safety of your account: its mail is always sent, and at once."
        )
      }
      yield* Effect.orDie(transaction(
        sql,
        Effect.gen(function*() {
          yield* clear(id, userId, kind)
          yield* sql`INSERT INTO notifications_preferences ${
            sql.insert({
              organization_id: Id.toBytes(id),
              user_id: Id.toBytes(userId),
              kind,
              in_app: channels.inApp ? 1 : 0,
              email: channels.email,
              push: channels.push ? 1 : 0
            })
          }`
        })
      ))
      return yield* one(userId, kind)
    }),
    reset: Effect.fn("NotificationPreferences.reset")(function*(userId, kind) {
      const { id } = yield* CurrentOrganization
      yield* definitionOf(kind)
      yield* Effect.orDie(clear(id, userId, kind))
      return yield* one(userId, kind)
    }),
    chooseDigestHour: Effect.fn("NotificationPreferences.chooseDigestHour")(function*(userId, chosen) {
      const { id } = yield* CurrentOrganization
      const place = sql`organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)}`
      yield* Effect.orDie(transaction(
        sql,
        Effect.gen(function*() {
          yield* sql`DELETE FROM notifications_digest_hours WHERE ${place}`
          yield* sql`INSERT INTO notifications_digest_hours ${
            sql.insert({ organization_id: Id.toBytes(id), user_id: Id.toBytes(userId), local_hour: chosen })
          }`
        })
      ))
      return yield* get(userId)
    }),
    channelsOf: Effect.fn("NotificationPreferences.channelsOf")(function*(userIds, definition) {
      if (userIds.length === 0) return new Map()
      const { id } = yield* CurrentOrganization
      const rows = yield* Effect.orDie(varying(
        sql,
        sql<Row>`SELECT ${columns} FROM notifications_preferences WHERE organization_id = ${Id.toBytes(id)}
          AND kind = ${definition.kind} AND ${sql.in("user_id", userIds.map(Id.toBytes))}`
      ))
      const chosen = new Map(rows.map((row) => [Id.fromBytes<UserId>(row.user_id), toChannels(row, definition)]))
      return new Map(userIds.map((userId) => [userId, chosen.get(userId) ?? definition.channels]))
    }),
    nextDigest: Effect.fn("NotificationPreferences.nextDigest")(function*(userId, frequency) {
      const { id } = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      if (frequency === "hourly") return (Math.floor(now / hour) + 1) * hour
      const { timezone } = yield* peopleOf(userId)
      const zone = Option.isSome(DateTime.zoneMakeNamed(timezone)) ? timezone : "UTC"
      const daily = Cron.parseUnsafe(`0 ${yield* digestHour(id, userId)} * * *`, zone)
      return Cron.next(daily, DateTime.makeUnsafe(now)).getTime()
    })
  })
})
