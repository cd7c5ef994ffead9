/**
 * Signing in with e-mail and password, and the sessions that follow.
 *
 * A session lasts while it is used: 14 days from its last use, 90 days at most. After ten wrong passwords within fifteen
 * minutes an account is locked for fifteen, whether it exists or not. A session is checked against user, membership and
 * organization at every request, so what is taken away is gone at the next one.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as Id from "./Id.ts"
import type { RoleKey } from "./Membership.ts"
import { Memberships } from "./Memberships.ts"
import type { OrganizationStatus } from "./Organization.ts"
import { Organizations } from "./Organizations.ts"
import type { OrganizationOf } from "./Organizations.ts"
import * as Pagination from "./Pagination.ts"
import { Forbidden, NotFound, TooManyRequests, Unauthorized } from "./Problem.ts"
import type { InvalidInput } from "./Problem.ts"
import { OrganizationRequired, Session, SessionId, SignedIn } from "./Session.ts"
import { affectedRows, rowLimit, transaction } from "./Sql.ts"
import { CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId, UserId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"
import type { User } from "./User.ts"
import { Users } from "./Users.ts"

/**
 * From where somebody signs in, for the list of their sessions.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientInfo {
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Credentials {
  readonly email: string
  readonly password: Redacted.Redacted<string>
  /** Which organization to act in, for members of several. */
  readonly organizationId?: OrganizationId | undefined
}

/**
 * A session as a request proves it.
 *
 * @category models
 * @since 0.1.0
 */
export interface VerifiedSession {
  readonly sessionId: SessionId
  readonly userId: UserId
  readonly organizationId: OrganizationId
  readonly organizationStatus: OrganizationStatus
  readonly role: RoleKey
}

/**
 * @category services
 * @since 0.1.0
 */
export class Sessions extends Context.Service<Sessions, {
  readonly login: (
    credentials: Credentials,
    client?: ClientInfo
  ) => Effect.Effect<SignedIn, Unauthorized | Forbidden | TooManyRequests | OrganizationRequired>
  /** A session in another organization of the same person; the one that asked stays as it is. */
  readonly switchTo: (
    userId: UserId,
    organizationId: OrganizationId,
    client?: ClientInfo
  ) => Effect.Effect<SignedIn, NotFound>
  /** The session that a token belongs to, while it and all it depends on are active. */
  readonly verify: (token: string) => Effect.Effect<Option.Option<VerifiedSession>>
  /** The newest first. */
  readonly list: (
    userId: UserId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<Session>, InvalidInput>
  readonly revoke: (userId: UserId, sessionId: SessionId) => Effect.Effect<void, NotFound>
  /** Ends all sessions of a person, but for one. */
  readonly revokeOthers: (userId: UserId, except: SessionId | undefined) => Effect.Effect<void>
  /** Deletes what has expired, at most so many rows; returns how many. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
}>()("@wicara/core/Sessions") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Sessions,
    never,
    SqlClient.SqlClient | Users | Organizations | Memberships | Audit
  > = Layer.effect(
    Sessions,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const organizations = yield* Organizations
      const memberships = yield* Memberships
      const audit = yield* Audit

      /**
       * Counts an attempt before it is made, so that many at once can't try more passwords than one after another. Its
       * transaction holds the row until it has read its own number.
       */
      const countAttempt = Effect.fnUntraced(function*(account: Uint8Array, now: number) {
        const ends = now + windowMillis
        const set = sql`attempts = CASE WHEN window_ends_at <= ${now} THEN 1 ELSE attempts + 1 END,
          window_ends_at = CASE WHEN window_ends_at <= ${now} THEN ${ends} ELSE window_ends_at END`
        yield* sql.onDialectOrElse({
          mysql: () =>
            sql`INSERT INTO core_login_attempts (account, attempts, window_ends_at) VALUES (${account}, 1, ${ends})
              ON DUPLICATE KEY UPDATE ${set}`,
          orElse: () =>
            sql`INSERT INTO core_login_attempts (account, attempts, window_ends_at) VALUES (${account}, 1, ${ends})
              ON CONFLICT (account) DO UPDATE SET ${set}`
        })
        const [row] = yield* sql<{ readonly attempts: unknown; readonly window_ends_at: unknown }>`
          SELECT attempts, window_ends_at FROM core_login_attempts WHERE account = ${account}`
        return { attempts: Number(row?.attempts ?? 1), endsAt: Number(row?.window_ends_at ?? ends) }
      })

      const issue = Effect.fnUntraced(function*(user: User, membership: OrganizationOf, client: ClientInfo) {
        const { organization, role } = membership
        const token = Tokens.makeSession()
        const id = yield* Id.next(SessionId)
        const now = yield* Clock.currentTimeMillis
        const expiresAt = now + idleMillis
        const ip = client.ip?.slice(0, 64) ?? null
        const userAgent = client.userAgent?.slice(0, 255) ?? null
        yield* Effect.orDie(transaction(
          sql,
          Effect.andThen(
            sql`INSERT INTO core_sessions ${
              sql.insert({
                id: Id.toBytes(id),
                token_hash: Tokens.hash(token),
                user_id: Id.toBytes(user.id),
                organization_id: Id.toBytes(organization.id),
                ip,
                user_agent: userAgent,
                created_at: now,
                last_seen_at: now,
                expires_at: expiresAt
              })
            }`,
            audit.record({ action: "session.created", target: { type: "user", id: user.id }, after: { ip, userAgent } })
          )
        )).pipe(
          Effect.provideService(CurrentOrganization, { id: organization.id }),
          Effect.provideService(CurrentActor, { actor: { _tag: "User", id: user.id }, permissions: new Set<string>() })
        )
        const at = DateTime.makeUnsafe(now)
        return new SignedIn({
          token: Redacted.value(token),
          session: new Session({
            id,
            organizationId: organization.id,
            ip,
            userAgent,
            createdAt: at,
            lastSeenAt: at,
            expiresAt: DateTime.makeUnsafe(expiresAt)
          }),
          user,
          organization,
          role
        })
      })

      const chooseOrganization = Effect.fnUntraced(function*(user: User, wanted: OrganizationId | undefined) {
        const { data } = yield* Effect.orDie(organizations.listOf(user.id, { limit: Pagination.maximumLimit }))
        if (wanted !== undefined) {
          const membership = yield* membershipOf(user.id, wanted)
          if (Option.isSome(membership)) return membership.value
          return yield* new Forbidden({ permission: "", detail: "You are not a member of this organization." })
        }
        const [first] = data
        if (first === undefined) {
          return yield* new Forbidden({ permission: "", detail: "You are not a member of an organization." })
        }
        if (data.length === 1) return first
        return yield* new OrganizationRequired({
          detail: "Say which organization to sign in to.",
          organizations: data.map(({ organization: { id, name, slug } }) => ({ id, name, slug }))
        })
      })

      const membershipOf = Effect.fnUntraced(function*(userId: UserId, organizationId: OrganizationId) {
        const membership = yield* memberships.find(organizationId, userId)
        const organization = yield* organizations.find(organizationId)
        if (Option.isNone(membership) || Option.isNone(organization)) return Option.none<OrganizationOf>()
        if (membership.value.status !== "active") return Option.none<OrganizationOf>()
        return Option.some<OrganizationOf>({ organization: organization.value, role: membership.value.role })
      })

      const touch = Effect.fnUntraced(function*(row: SessionRow, now: number) {
        if (now - Number(row.last_seen_at) < touchMillis) return
        const expiresAt = Math.min(now + idleMillis, Number(row.created_at) + maximumMillis)
        yield* sql`UPDATE core_sessions SET last_seen_at = ${now}, expires_at = ${expiresAt} WHERE id = ${row.id}`
      })

      return Sessions.of({
        login: Effect.fn("Sessions.login")(function*(credentials, client) {
          const account = Tokens.hash(credentials.email.trim().normalize("NFC").toLowerCase())
          const now = yield* Clock.currentTimeMillis
          const { attempts, endsAt } = yield* Effect.orDie(transaction(sql, countAttempt(account, now)))
          if (attempts > maximumAttempts) {
            const retryAfterSeconds = Math.max(1, Math.ceil((endsAt - now) / 1000))
            return yield* new TooManyRequests({
              retryAfterSeconds,
              detail: "Too many wrong passwords for this account."
            })
          }
          const user = yield* users.verify(credentials.email, credentials.password)
          if (Option.isNone(user)) {
            if (attempts === maximumAttempts) {
              yield* Effect.orDie(sql`UPDATE core_login_attempts SET window_ends_at = ${now + windowMillis}
                WHERE account = ${account}`)
            }
            return yield* new Unauthorized({ detail: "Wrong e-mail address or password." })
          }
          yield* Effect.orDie(sql`DELETE FROM core_login_attempts WHERE account = ${account}`)
          const membership = yield* chooseOrganization(user.value, credentials.organizationId)
          return yield* issue(user.value, membership, client ?? {})
        }),
        switchTo: Effect.fn("Sessions.switchTo")(function*(userId, organizationId, client) {
          const user = yield* users.find(userId)
          const membership = yield* membershipOf(userId, organizationId)
          if (Option.isNone(user) || Option.isNone(membership)) {
            return yield* new NotFound({
              resource: "organization",
              id: organizationId,
              detail: "You are not a member of such an organization."
            })
          }
          return yield* issue(user.value, membership.value, client ?? {})
        }),
        verify: Effect.fnUntraced(function*(token) {
          if (Tokens.kind(token) !== "session") return Option.none()
          const hash = Tokens.hash(token)
          const [row] = yield* Effect.orDie(sql<SessionRow>`SELECT s.id, s.token_hash, s.user_id, s.organization_id,
            s.created_at, s.last_seen_at, s.expires_at, m.role, o.status AS organization_status
            FROM core_sessions s
            JOIN core_users u ON u.id = s.user_id AND u.status = 'active'
            JOIN core_memberships m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
              AND m.status = 'active'
            JOIN core_organizations o ON o.id = s.organization_id
            WHERE s.token_hash = ${hash}`)
          const now = yield* Clock.currentTimeMillis
          if (row === undefined || !Tokens.isSameHash(row.token_hash, hash) || Number(row.expires_at) <= now) {
            return Option.none()
          }
          yield* Effect.orDie(touch(row, now))
          return Option.some<VerifiedSession>({
            sessionId: Id.fromBytes<SessionId>(row.id),
            userId: Id.fromBytes<UserId>(row.user_id),
            organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
            organizationStatus: row.organization_status as OrganizationStatus,
            role: row.role
          })
        }),
        list: Effect.fn("Sessions.list")(function*(userId, query) {
          const before = yield* Pagination.position(SessionId, query)
          const limit = Pagination.limit(query)
          const now = yield* Clock.currentTimeMillis
          const rows = yield* Effect.orDie(sql<SessionListRow>`SELECT id, organization_id, ip, user_agent, created_at,
            last_seen_at, expires_at FROM core_sessions
            WHERE user_id = ${Id.toBytes(userId)} AND expires_at > ${now}
            ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
            ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
          return Pagination.page(rows.map(toSession), limit, SessionId, ({ id }) => id)
        }),
        revoke: Effect.fn("Sessions.revoke")(function*(userId, sessionId) {
          const deleted = yield* Effect.orDie(affectedRows(sql`DELETE FROM core_sessions
            WHERE user_id = ${Id.toBytes(userId)} AND id = ${Id.toBytes(sessionId)}`))
          if (deleted === 0) {
            return yield* new NotFound({
              resource: "session",
              id: sessionId,
              detail: `You have no session "${sessionId}".`
            })
          }
        }),
        revokeOthers: Effect.fn("Sessions.revokeOthers")(function*(userId, except) {
          yield* Effect.orDie(sql`DELETE FROM core_sessions WHERE user_id = ${Id.toBytes(userId)}
            ${except === undefined ? sql.literal("") : sql`AND id <> ${Id.toBytes(except)}`}`)
        }),
        cleanup: Effect.fn("Sessions.cleanup")(function*(limit) {
          const now = yield* Clock.currentTimeMillis
          const expired = yield* Effect.orDie(sql<{ readonly id: Uint8Array }>`SELECT id FROM core_sessions
            WHERE expires_at <= ${now} LIMIT ${rowLimit(sql, limit)}`)
          for (const { id } of expired) yield* Effect.orDie(sql`DELETE FROM core_sessions WHERE id = ${id}`)
          const windows = yield* Effect.orDie(
            sql<{ readonly account: Uint8Array }>`SELECT account FROM core_login_attempts
            WHERE window_ends_at <= ${now} LIMIT ${rowLimit(sql, limit)}`
          )
          for (const { account } of windows) {
            yield* Effect.orDie(
              sql`DELETE FROM core_login_attempts WHERE account = ${account} AND window_ends_at <= ${now}`
            )
          }
          return expired.length + windows.length
        })
      })
    })
  )
}

const maximumAttempts = 10
const windowMillis = 15 * 60_000
const idleMillis = 14 * 86_400_000
const maximumMillis = 90 * 86_400_000
const touchMillis = 5 * 60_000

interface SessionRow {
  readonly id: Uint8Array
  readonly token_hash: Uint8Array
  readonly user_id: Uint8Array
  readonly organization_id: Uint8Array
  readonly created_at: unknown
  readonly last_seen_at: unknown
  readonly expires_at: unknown
  readonly role: string
  readonly organization_status: string
}

interface SessionListRow {
  readonly id: Uint8Array
  readonly organization_id: Uint8Array
  readonly ip: string | null
  readonly user_agent: string | null
  readonly created_at: unknown
  readonly last_seen_at: unknown
  readonly expires_at: unknown
}

const toSession = (row: SessionListRow): Session =>
  new Session({
    id: Id.fromBytes<SessionId>(row.id),
    organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
    ip: row.ip,
    userAgent: row.user_agent,
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    lastSeenAt: DateTime.makeUnsafe(Number(row.last_seen_at)),
    expiresAt: DateTime.makeUnsafe(Number(row.expires_at))
  })
