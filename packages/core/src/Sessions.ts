/**
 * The sessions of people who signed in (`SignIn`).
 *
 * A session lasts while it is used: 14 days from its last use, 90 days at most. Its token lasts an hour and is then
 * refreshed: the session goes on with a new one. A token that was replaced is known for what it is: whoever uses it
 * later than half a minute after holds a copy, and the session ends. A session is checked against user, membership and
 * organization at every request, so what is taken away is gone at the next one.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { createCipheriv, createDecipheriv, createHash } from "node:crypto"
import { Audit } from "./Audit.ts"
import { AuthenticationEvents } from "./AuthenticationEvents.ts"
import type { ClientInfo } from "./AuthenticationEvents.ts"
import * as Id from "./Id.ts"
import { Memberships } from "./Memberships.ts"
import type { OrganizationStatus } from "./Organization.ts"
import { Organizations } from "./Organizations.ts"
import type { OrganizationOf } from "./Organizations.ts"
import * as Pagination from "./Pagination.ts"
import { NotFound } from "./Problem.ts"
import type { InvalidInput } from "./Problem.ts"
import { Refreshed, Session, SessionId, SignedIn } from "./Session.ts"
import type { SessionTransport, VerifiedSession } from "./Session.ts"
import { affectedRows, orDieSql, rowLimit, transaction } from "./Sql.ts"
import { CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId, UserId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"
import type { User } from "./User.ts"
import { Users } from "./Users.ts"

/**
 * A session to be.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewSession {
  readonly user: User
  readonly membership: OrganizationOf
  /** `password`, `passkey` or a sign-in provider's id. */
  readonly method: string
  /** More than one factor was given. */
  readonly secondFactor: boolean
  readonly transport: SessionTransport
  /** When they proved who they are, epoch milliseconds; now if absent. */
  readonly authenticatedAt?: number | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Sessions extends Context.Service<Sessions, {
  /** Begins a session of somebody who proved who they are. */
  readonly begin: (session: NewSession, client: ClientInfo) => Effect.Effect<SignedIn>
  /** The active membership to act with, if the person has it. */
  readonly membershipOf: (
    userId: UserId,
    organizationId: OrganizationId
  ) => Effect.Effect<Option.Option<OrganizationOf>>
  /**
   * A session in another organization of the same person. The one that asked stays as it is, but for one in a cookie,
   * whose place the new one takes.
   */
  readonly switchTo: (
    userId: UserId,
    organizationId: OrganizationId,
    client?: ClientInfo,
    from?: VerifiedSession
  ) => Effect.Effect<SignedIn, NotFound>
  /** The session that a token belongs to, while it and all it depends on are active. */
  readonly verify: (token: string) => Effect.Effect<Option.Option<VerifiedSession>>
  /** A new token in place of this one, as often as it is asked for within half a minute; none once it is too late. */
  readonly refresh: (
    token: Redacted.Redacted<string> | string,
    transport: SessionTransport
  ) => Effect.Effect<Option.Option<Refreshed>>
  /** Proved again: notes it, and gives the session a new token. */
  readonly renew: (
    session: VerifiedSession,
    proof: { readonly secondFactor: boolean }
  ) => Effect.Effect<Option.Option<Refreshed>>
  /** The person has turned a second factor on with it. */
  readonly addSecondFactor: (session: VerifiedSession) => Effect.Effect<void>
  /** The newest first. */
  readonly list: (
    userId: UserId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<Session>, InvalidInput>
  readonly revoke: (userId: UserId, sessionId: SessionId) => Effect.Effect<void, NotFound>
  /** Ends all sessions of a person, but for one; returns how many. */
  readonly revokeOthers: (userId: UserId, except: SessionId | undefined) => Effect.Effect<number>
  /** Ends all sessions of a person in the current organization; returns how many. */
  readonly revokeMember: (userId: UserId) => Effect.Effect<number, never, CurrentOrganization | CurrentActor>
  /** Deletes what has expired, at most so many rows of each kind; returns how many. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
}>()("@wicara/core/Sessions") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Sessions,
    never,
    SqlClient.SqlClient | Users | Organizations | Memberships | Audit | AuthenticationEvents
  > = Layer.effect(
    Sessions,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const organizations = yield* Organizations
      const memberships = yield* Memberships
      const audit = yield* Audit
      const events = yield* AuthenticationEvents

      const columns = sql.literal(
        `s.id, s.user_id, s.organization_id, s.ip, s.user_agent, s.method, s.transport, s.second_factor_at,
        s.authenticated_at, s.token_issued_at, s.created_at, s.last_seen_at, s.expires_at`
      )

      /** With all it depends on. */
      const active = sql.literal(`FROM core_sessions s
        JOIN core_users u ON u.id = s.user_id AND u.status = 'active'
        JOIN core_memberships m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
          AND m.status = 'active'
        JOIN core_organizations o ON o.id = s.organization_id`)

      const begin = Effect.fnUntraced(function*(session: NewSession, client: ClientInfo) {
        const { membership: { organization, role }, user } = session
        const token = Tokens.makeSession()
        const id = yield* Id.next(SessionId)
        const now = yield* Clock.currentTimeMillis
        const ip = client.ip?.slice(0, 64) ?? null
        const userAgent = client.userAgent?.slice(0, 255) ?? null
        const row = {
          id: Id.toBytes(id),
          token_hash: Tokens.hash(token),
          user_id: Id.toBytes(user.id),
          organization_id: Id.toBytes(organization.id),
          ip,
          user_agent: userAgent,
          method: session.method,
          transport: session.transport,
          authenticated_at: session.authenticatedAt ?? now,
          second_factor_at: session.secondFactor ? now : null,
          token_issued_at: now,
          created_at: now,
          last_seen_at: now,
          expires_at: now + idleMillis
        }
        yield* Effect.orDie(transaction(
          sql,
          Effect.andThen(
            sql`INSERT INTO core_sessions ${sql.insert(row)}`,
            audit.record({
              action: "session.created",
              target: { type: "user", id: user.id },
              after: { ip, userAgent, method: session.method, secondFactor: session.secondFactor }
            })
          )
        )).pipe(
          Effect.provideService(CurrentOrganization, { id: organization.id }),
          Effect.provideService(CurrentActor, { actor: { _tag: "User", id: user.id }, permissions: new Set<string>() })
        )
        return new SignedIn({ token: Redacted.value(token), session: toSession(row), user, organization, role })
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

      /** Somebody holds a copy of a token: nobody can tell which of the two is the thief, so the session ends. */
      const endReused = Effect.fnUntraced(function*(sessionId: Uint8Array) {
        const [row] = yield* sql<
          SessionRow & { readonly email: string }
        >`SELECT ${columns}, u.email FROM core_sessions s
          JOIN core_users u ON u.id = s.user_id WHERE s.id = ${sessionId}`
        if (row === undefined) return
        const userId = Id.fromBytes<UserId>(row.user_id)
        const organizationId = Id.fromBytes<OrganizationId>(row.organization_id)
        yield* transaction(
          sql,
          Effect.gen(function*() {
            const ended = yield* affectedRows(sql`DELETE FROM core_sessions WHERE id = ${sessionId}`)
            if (ended === 0) return
            yield* events.record({
              type: "session_reused",
              account: { userId, email: row.email },
              organizationId,
              suspicious: true
            })
            yield* audit.record({ action: "session.reused", target: { type: "user", id: userId } })
          })
        ).pipe(
          Effect.provideService(CurrentOrganization, { id: organizationId }),
          Effect.provideService(CurrentActor, { actor: { _tag: "User", id: userId }, permissions: new Set<string>() })
        )
      })

      const findUsed = (hash: Uint8Array) =>
        Effect.map(
          sql<UsedTokenRow>`SELECT session_id, successor, replaced_at FROM core_session_used_tokens
            WHERE token_hash = ${hash}`,
          (rows) => Option.fromUndefinedOr(rows[0])
        )

      /** The session's row for a token that was replaced a moment ago; ends the session if it was earlier. */
      const findByUsed = Effect.fnUntraced(function*(hash: Uint8Array, now: number) {
        const used = yield* findUsed(hash)
        if (Option.isNone(used)) return undefined
        if (Number(used.value.replaced_at) + graceMillis < now) {
          yield* endReused(used.value.session_id)
          return undefined
        }
        const [row] = yield* sql<ActiveRow>`SELECT ${columns}, m.role, o.status AS organization_status,
          o.membership_version, o.two_factor_required ${active} WHERE s.id = ${used.value.session_id}`
        return row
      })

      const verify = Effect.fnUntraced(function*(token: string) {
        if (Tokens.kind(token) !== "session") return Option.none<VerifiedSession>()
        const hash = Tokens.hash(token)
        const now = yield* Clock.currentTimeMillis
        const [current] = yield* sql<ActiveRow>`SELECT ${columns}, m.role, o.status AS organization_status,
          o.membership_version, o.two_factor_required ${active} WHERE s.token_hash = ${hash}`
        const row = current ?? (yield* findByUsed(hash, now))
        if (row === undefined || Number(row.expires_at) <= now) return Option.none<VerifiedSession>()
        yield* touch(row, now)
        return Option.some<VerifiedSession>({
          sessionId: Id.fromBytes<SessionId>(row.id),
          userId: Id.fromBytes<UserId>(row.user_id),
          organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
          organizationStatus: row.organization_status as OrganizationStatus,
          role: row.role,
          accessVersion: Number(row.membership_version),
          transport: row.transport === "cookie" ? "cookie" : "bearer",
          authenticatedAt: Number(row.authenticated_at ?? row.created_at),
          hasSecondFactor: row.second_factor_at !== null,
          needsSecondFactor: Number(row.two_factor_required) === 1 && row.second_factor_at === null,
          isStale: Number(row.token_issued_at ?? row.created_at) + tokenMillis <= now
        })
      })

      const findSession = (id: Uint8Array) =>
        Effect.map(
          sql<SessionRow>`SELECT ${columns} FROM core_sessions s WHERE s.id = ${id}`,
          (rows) => Option.map(Option.fromUndefinedOr(rows[0]), toSession)
        )

      /** One successor for a token, however many ask at once. */
      const replace = Effect.fnUntraced(function*(hash: Uint8Array, token: string, now: number) {
        const [row] = yield* sql<SessionRow>`SELECT ${columns} ${active} WHERE s.token_hash = ${hash}`
        if (row === undefined || Number(row.expires_at) <= now) return Option.none<Refreshed>()
        const next = Tokens.makeSession()
        const expiresAt = Math.min(now + idleMillis, Number(row.created_at) + maximumMillis)
        const changed = yield* affectedRows(sql`UPDATE core_sessions SET token_hash = ${Tokens.hash(next)},
          token_issued_at = ${now}, last_seen_at = ${now}, expires_at = ${expiresAt}
          WHERE id = ${row.id} AND token_hash = ${hash}`)
        if (changed === 0) return Option.none<Refreshed>()
        yield* sql`INSERT INTO core_session_used_tokens ${
          sql.insert({
            token_hash: hash,
            session_id: row.id,
            successor: wrapSuccessor(token, Redacted.value(next)),
            replaced_at: now
          })
        }`
        return Option.map(
          yield* findSession(row.id),
          (session) => new Refreshed({ token: Redacted.value(next), session })
        )
      })

      const refresh = Effect.fnUntraced(function*(token: string) {
        if (Tokens.kind(token) !== "session") return Option.none<Refreshed>()
        const hash = Tokens.hash(token)
        const now = yield* Clock.currentTimeMillis
        const replaced = yield* transaction(sql, replace(hash, token, now))
        if (Option.isSome(replaced)) return replaced
        const row = yield* findByUsed(hash, now)
        const used = yield* findUsed(hash)
        if (row === undefined || Option.isNone(used)) return Option.none<Refreshed>()
        const successor = unwrapSuccessor(token, used.value.successor)
        return Option.map(yield* findSession(row.id), (session) => new Refreshed({ token: successor, session }))
      })

      return Sessions.of({
        begin: Effect.fn("Sessions.begin")(begin),
        membershipOf: Effect.fn("Sessions.membershipOf")(membershipOf),
        switchTo: Effect.fn("Sessions.switchTo")(function*(userId, organizationId, client, from) {
          const user = yield* users.find(userId)
          const membership = yield* membershipOf(userId, organizationId)
          if (Option.isNone(user) || user.value.status !== "active" || Option.isNone(membership)) {
            return yield* new NotFound({
              resource: "organization",
              id: organizationId,
              detail: "You are not a member of such an organization."
            })
          }
          const signedIn = yield* begin({
            user: user.value,
            membership: membership.value,
            method: "switch",
            secondFactor: from?.hasSecondFactor ?? false,
            transport: from?.transport ?? "bearer",
            authenticatedAt: from?.authenticatedAt
          }, client ?? {})
          if (from?.transport === "cookie") {
            yield* Effect.orDie(sql`DELETE FROM core_sessions WHERE id = ${Id.toBytes(from.sessionId)}`)
          }
          return signedIn
        }),
        verify: (token) => Effect.orDie(verify(token)),
        refresh: Effect.fn("Sessions.refresh")(function*(token, transport) {
          const text = typeof token === "string" ? token : Redacted.value(token)
          const verified = yield* Effect.orDie(verify(text))
          if (Option.isNone(verified) || verified.value.transport !== transport) return Option.none()
          return yield* Effect.orDie(refresh(text))
        }),
        renew: Effect.fn("Sessions.renew")(function*(session, proof) {
          const now = yield* Clock.currentTimeMillis
          const id = Id.toBytes(session.sessionId)
          const next = Tokens.makeSession()
          // The token from before is not kept: it was given up with proof, so nobody needs it for half a minute more.
          const changed = yield* Effect.orDie(affectedRows(sql`UPDATE core_sessions SET
            token_hash = ${Tokens.hash(next)}, token_issued_at = ${now}, authenticated_at = ${now}
            ${proof.secondFactor ? sql`, second_factor_at = ${now}` : sql.literal("")} WHERE id = ${id}`))
          if (changed === 0) return Option.none()
          return Option.map(
            yield* Effect.orDie(findSession(id)),
            (session) => new Refreshed({ token: Redacted.value(next), session })
          )
        }),
        addSecondFactor: Effect.fn("Sessions.addSecondFactor")(function*(session) {
          const now = yield* Clock.currentTimeMillis
          yield* Effect.orDie(sql`UPDATE core_sessions SET second_factor_at = ${now}
            WHERE id = ${Id.toBytes(session.sessionId)}`)
        }),
        list: Effect.fn("Sessions.list")(function*(userId, query) {
          const before = yield* Pagination.position(SessionId, query)
          const limit = Pagination.limit(query)
          const now = yield* Clock.currentTimeMillis
          const rows = yield* Effect.orDie(sql<SessionRow>`SELECT ${columns} FROM core_sessions s
            WHERE s.user_id = ${Id.toBytes(userId)} AND s.expires_at > ${now}
            ${before === undefined ? sql.literal("") : sql`AND s.id < ${Id.toBytes(before)}`}
            ORDER BY s.id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
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
        revokeOthers: Effect.fn("Sessions.revokeOthers")((userId, except) =>
          Effect.orDie(affectedRows(sql`DELETE FROM core_sessions WHERE user_id = ${Id.toBytes(userId)}
            ${except === undefined ? sql.literal("") : sql`AND id <> ${Id.toBytes(except)}`}`))
        ),
        revokeMember: Effect.fn("Sessions.revokeMember")(function*(userId) {
          const { id } = yield* CurrentOrganization
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const ended = yield* affectedRows(sql`DELETE FROM core_sessions
                WHERE user_id = ${Id.toBytes(userId)} AND organization_id = ${Id.toBytes(id)}`)
              if (ended > 0) {
                yield* audit.record({
                  action: "session.revoked",
                  target: { type: "user", id: userId },
                  after: { sessions: ended }
                })
              }
              return ended
            })
          ))
        }),
        cleanup: Effect.fn("Sessions.cleanup")(function*(limit) {
          const now = yield* Clock.currentTimeMillis
          const expired = yield* Effect.orDie(sql<{ readonly id: Uint8Array }>`SELECT id FROM core_sessions
            WHERE expires_at <= ${now} LIMIT ${rowLimit(sql, limit)}`)
          for (const { id } of expired) yield* Effect.orDie(sql`DELETE FROM core_sessions WHERE id = ${id}`)
          const orphans = yield* Effect.orDie(
            sql<{ readonly token_hash: Uint8Array }>`SELECT t.token_hash FROM core_session_used_tokens t
              LEFT JOIN core_sessions s ON s.id = t.session_id WHERE s.id IS NULL LIMIT ${rowLimit(sql, limit)}`
          )
          for (const { token_hash } of orphans) {
            yield* Effect.orDie(sql`DELETE FROM core_session_used_tokens WHERE token_hash = ${token_hash}`)
          }
          return Math.max(expired.length, orphans.length)
        })
      })
    })
  )
}

const tokenMillis = 3_600_000
const graceMillis = 30_000
const idleMillis = 14 * 86_400_000
const maximumMillis = 90 * 86_400_000
const touchMillis = 5 * 60_000

/**
 * The successor as only the holder of the token before it can read it, so that a repeated request gets the same one. The
 * key is used for this one text, and so needs no other nonce.
 */
const successorKey = (token: string) => createHash("sha256").update(`successor\n${token}`).digest()
const successorNonce = Buffer.alloc(12)

const wrapSuccessor = (token: string, successor: string): Uint8Array => {
  const cipher = createCipheriv("aes-256-gcm", successorKey(token), successorNonce)
  return Buffer.concat([cipher.update(successor, "utf8"), cipher.final(), cipher.getAuthTag()])
}

const unwrapSuccessor = (token: string, wrapped: Uint8Array): string => {
  const bytes = Buffer.from(wrapped)
  const cipher = createDecipheriv("aes-256-gcm", successorKey(token), successorNonce)
  cipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([cipher.update(bytes.subarray(0, -16)), cipher.final()]).toString("utf8")
}

interface SessionRow {
  readonly id: Uint8Array
  readonly user_id: Uint8Array
  readonly organization_id: Uint8Array
  readonly ip: string | null
  readonly user_agent: string | null
  readonly method: string | null
  readonly transport: string | null
  readonly second_factor_at: unknown
  readonly authenticated_at: unknown
  readonly token_issued_at: unknown
  readonly created_at: unknown
  readonly last_seen_at: unknown
  readonly expires_at: unknown
}

interface ActiveRow extends SessionRow {
  readonly role: string
  readonly organization_status: string
  readonly membership_version: unknown
  readonly two_factor_required: unknown
}

interface UsedTokenRow {
  readonly session_id: Uint8Array
  readonly successor: Uint8Array
  readonly replaced_at: unknown
}

const toSession = (row: SessionRow): Session =>
  new Session({
    id: Id.fromBytes<SessionId>(row.id),
    organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
    ip: row.ip,
    userAgent: row.user_agent,
    method: row.method,
    secondFactor: row.second_factor_at !== null,
    transport: row.transport === "cookie" ? "cookie" : "bearer",
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    lastSeenAt: DateTime.makeUnsafe(Number(row.last_seen_at)),
    expiresAt: DateTime.makeUnsafe(Number(row.expires_at))
  })
