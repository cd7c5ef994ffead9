/**
 * The record of what happened to accounts, for their owners and for who looks into an attack. Attempts on addresses that
 * nobody has are recorded like those on others, by a digest of the address. Kept for 90 days.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AuthenticationEvent, AuthenticationEventId, AuthenticationEventType } from "./AuthenticationEvent.ts"
import * as Id from "./Id.ts"
import * as Pagination from "./Pagination.ts"
import type { InvalidInput } from "./Problem.ts"
import { rowLimit } from "./Sql.ts"
import { Actor, CurrentActor } from "./Tenancy.ts"
import type { OrganizationId, UserId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"

/**
 * From where somebody calls, as far as the request says it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientInfo {
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

/**
 * Whom it happened to: a person, or an address that somebody tried.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventAccount {
  readonly userId: UserId | undefined
  readonly email: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface NewAuthenticationEvent {
  readonly type: AuthenticationEventType
  readonly account: EventAccount
  readonly organizationId?: OrganizationId | undefined
  readonly method?: string | undefined
  readonly detail?: string | undefined
  readonly suspicious?: boolean | undefined
  readonly client?: ClientInfo | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class AuthenticationEvents extends Context.Service<AuthenticationEvents, {
  /** Records within the ambient transaction; the actor is the current one, else the person themselves. */
  readonly record: (event: NewAuthenticationEvent) => Effect.Effect<void>
  /** What happened to a person's account, the newest first. */
  readonly list: (
    userId: UserId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<AuthenticationEvent>, InvalidInput>
  /** Deletes what is older than 90 days, at most so many rows; returns how many. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
}>()("@wicara/core/AuthenticationEvents") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<AuthenticationEvents, never, SqlClient.SqlClient> = Layer.effect(
    AuthenticationEvents,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient

      return AuthenticationEvents.of({
        record: Effect.fn("AuthenticationEvents.record")(function*(event) {
          const { email, userId } = event.account
          const current = yield* Effect.serviceOption(CurrentActor)
          const actor: Actor = Option.isSome(current)
            ? current.value.actor
            : userId === undefined
            ? { _tag: "System", name: "anonymous" }
            : { _tag: "User", id: userId }
          yield* Effect.orDie(sql`INSERT INTO core_authentication_events ${
            sql.insert({
              account: userId === undefined ? ofAddress(email) : accountOf(userId),
              id: Id.toBytes(yield* Id.next(AuthenticationEventId)),
              user_id: userId === undefined ? null : Id.toBytes(userId),
              organization_id: event.organizationId === undefined ? null : Id.toBytes(event.organizationId),
              type: event.type,
              method: event.method ?? null,
              detail: event.detail?.slice(0, 190) ?? null,
              suspicious: event.suspicious === true ? 1 : 0,
              actor: encodeActor(actor),
              ip: event.client?.ip?.slice(0, 64) ?? null,
              user_agent: event.client?.userAgent?.slice(0, 255) ?? null,
              at: yield* Clock.currentTimeMillis
            })
          }`)
        }),
        list: Effect.fn("AuthenticationEvents.list")(function*(userId, query) {
          const before = yield* Pagination.position(AuthenticationEventId, query)
          const limit = Pagination.limit(query)
          const rows = yield* Effect.orDie(sql<EventRow>`SELECT id, organization_id, type, method, detail, suspicious,
            actor, ip, user_agent, at FROM core_authentication_events WHERE account = ${accountOf(userId)}
            ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
            ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
          return Pagination.page(rows.map(toEvent), limit, AuthenticationEventId, ({ id }) => id)
        }),
        cleanup: Effect.fn("AuthenticationEvents.cleanup")(function*(limit) {
          const before = (yield* Clock.currentTimeMillis) - retentionMillis
          const rows = yield* Effect.orDie(
            sql<{ readonly account: Uint8Array; readonly id: Uint8Array }>`SELECT account, id
              FROM core_authentication_events WHERE at < ${before} LIMIT ${rowLimit(sql, limit)}`
          )
          for (const { account, id } of rows) {
            yield* Effect.orDie(sql`DELETE FROM core_authentication_events WHERE account = ${account} AND id = ${id}`)
          }
          return rows.length
        })
      })
    })
  )
}

const retentionMillis = 90 * 86_400_000
/**
 * What the sign-ins of a person are kept by.
 *
 * @category conversions
 * @since 0.1.0
 */
export const accountOf = (userId: UserId): Uint8Array => Tokens.hash(`user\n${userId}`)
const ofAddress = (email: string): Uint8Array => Tokens.hash(`account\n${email}`)
const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
const decodeActor = Schema.decodeUnknownSync(Schema.fromJsonString(Actor))
const decodeType = Schema.decodeUnknownSync(AuthenticationEventType)

interface EventRow {
  readonly id: Uint8Array
  readonly organization_id: Uint8Array | null
  readonly type: string
  readonly method: string | null
  readonly detail: string | null
  readonly suspicious: unknown
  readonly actor: string
  readonly ip: string | null
  readonly user_agent: string | null
  readonly at: unknown
}

const toEvent = (row: EventRow): AuthenticationEvent =>
  new AuthenticationEvent({
    id: Id.fromBytes<AuthenticationEventId>(row.id),
    type: decodeType(row.type),
    organizationId: row.organization_id === null ? null : Id.fromBytes<OrganizationId>(row.organization_id),
    method: row.method,
    detail: row.detail,
    suspicious: Number(row.suspicious) === 1,
    actor: decodeActor(row.actor),
    ip: row.ip,
    userAgent: row.user_agent,
    at: DateTime.makeUnsafe(Number(row.at))
  })
