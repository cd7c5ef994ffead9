/**
 * The people who run the server. They are members of organizations like everybody; beyond that they may look after the
 * server's organizations, and act in any of them when they name it and say why, which its audit log tells.
 *
 * What concerns no single organization is in the platform's own audit log.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as Id from "./Id.ts"
import { PlatformAdmin } from "./PlatformAdmin.ts"
import { Conflict, NotFound } from "./Problem.ts"
import { insertIfAbsent, orDieSql, transaction } from "./Sql.ts"
import { Actor, CurrentActor, CurrentOrganization, OrganizationId } from "./Tenancy.ts"
import type { UserId } from "./Tenancy.ts"

/**
 * Stands for the platform itself where an organization is asked for: its audit log.
 *
 * @category constants
 * @since 0.1.0
 */
export const platform: OrganizationId = OrganizationId.make("00000000-0000-7000-8000-000000000000")

/**
 * Records in the platform's own audit log, whichever organization the caller is in.
 *
 * @category combinators
 * @since 0.1.0
 */
export const onPlatform = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<
  A,
  E,
  Exclude<R, CurrentOrganization>
> => Effect.provideService(effect, CurrentOrganization, { id: platform })

/**
 * @category services
 * @since 0.1.0
 */
export class PlatformAdmins extends Context.Service<PlatformAdmins, {
  readonly has: (userId: UserId) => Effect.Effect<boolean>
  /** In the order in which they were made. */
  readonly list: Effect.Effect<ReadonlyArray<PlatformAdmin>>
  /** Makes a user one; granting it again changes nothing. */
  readonly grant: (userId: UserId) => Effect.Effect<PlatformAdmin, NotFound, CurrentActor>
  /** Nobody takes it from themselves, so that one is left. */
  readonly revoke: (userId: UserId) => Effect.Effect<void, NotFound | Conflict, CurrentActor>
}>()("@wicara/core/PlatformAdmins") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<PlatformAdmins, never, SqlClient.SqlClient | Audit> = Layer.effect(
    PlatformAdmins,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const audit = yield* Audit
      const select = sql.literal(`SELECT a.user_id, u.email, u.name, a.granted_by, a.granted_at
        FROM core_platform_admins a JOIN core_users u ON u.id = a.user_id`)

      const find = (userId: UserId) =>
        Effect.map(
          sql<AdminRow>`${select} WHERE a.user_id = ${Id.toBytes(userId)}`,
          (rows) => Option.map(Option.fromUndefinedOr(rows[0]), toAdmin)
        )

      return PlatformAdmins.of({
        has: Effect.fnUntraced(function*(userId) {
          const rows = yield* Effect.orDie(sql`SELECT a.user_id FROM core_platform_admins a
            JOIN core_users u ON u.id = a.user_id AND u.status = 'active' WHERE a.user_id = ${Id.toBytes(userId)}`)
          return rows.length > 0
        }),
        list: Effect.orDie(Effect.map(sql<AdminRow>`${select} ORDER BY a.user_id`, (rows) => rows.map(toAdmin))),
        grant: Effect.fn("PlatformAdmins.grant")(function*(userId) {
          const { actor } = yield* CurrentActor
          const now = yield* Clock.currentTimeMillis
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const before = yield* find(userId)
              if (Option.isSome(before)) return before.value
              const [user] = yield* sql`SELECT id FROM core_users
                WHERE id = ${Id.toBytes(userId)} AND machine_of IS NULL`
              if (user === undefined) return yield* noUser(userId)
              yield* insertIfAbsent(sql, "core_platform_admins", "user_id", [{
                user_id: Id.toBytes(userId),
                granted_by: encodeActor(actor),
                granted_at: now
              }])
              yield* onPlatform(
                audit.record({ action: "platform.admin_granted", target: { type: "user", id: userId } })
              )
              return yield* Effect.flatMap(find(userId), Effect.fromOption).pipe(
                Effect.catchTag("NoSuchElementError", Effect.die)
              )
            })
          ))
        }),
        revoke: Effect.fn("PlatformAdmins.revoke")(function*(userId) {
          const { actor } = yield* CurrentActor
          if (actor._tag === "User" && actor.id === userId) {
            return yield* new Conflict({ detail: "Another platform administrator has to take it from you." })
          }
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              if (Option.isNone(yield* find(userId))) return yield* noUser(userId)
              yield* sql`DELETE FROM core_platform_admins WHERE user_id = ${Id.toBytes(userId)}`
              yield* onPlatform(
                audit.record({ action: "platform.admin_revoked", target: { type: "user", id: userId } })
              )
            })
          ))
        })
      })
    })
  )
}

const noUser = (id: string) => new NotFound({ resource: "user", id, detail: `There is no such user "${id}".` })

const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
const decodeActor = Schema.decodeUnknownSync(Schema.fromJsonString(Actor))

interface AdminRow {
  readonly user_id: Uint8Array
  readonly email: string
  readonly name: string
  readonly granted_by: string
  readonly granted_at: unknown
}

const toAdmin = (row: AdminRow): PlatformAdmin =>
  new PlatformAdmin({
    userId: Id.fromBytes<UserId>(row.user_id),
    email: row.email,
    name: row.name,
    grantedBy: decodeActor(row.granted_by),
    grantedAt: DateTime.makeUnsafe(Number(row.granted_at))
  })
