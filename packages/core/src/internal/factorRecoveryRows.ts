/** The rows of recoveries, and who has to decide on them. */
import { Clock, DateTime, Effect } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import { accountOf } from "../AuthenticationEvents.ts"
import type { FactorRecoveryId, FactorRecoveryState } from "../FactorRecovery.ts"
import * as Id from "../Id.ts"
import { affectedRows } from "../Sql.ts"
import type { OrganizationId, UserId } from "../Tenancy.ts"
import * as Totp from "../Totp.ts"

export interface RecoveryRow {
  readonly id: Uint8Array
  readonly user_id: Uint8Array
  readonly email: string
  readonly name: string
  readonly state: string
  readonly is_open: unknown
  readonly requested_at: unknown
  readonly expires_at: unknown
  readonly due_at: unknown
  readonly ended_at: unknown
  readonly ip: string | null
  readonly user_agent: string | null
  readonly credentials_changed_at: unknown
  readonly by_platform: unknown
}

const instant = (value: unknown) => DateTime.makeUnsafe(Number(value))
const instantOrNull = (value: unknown) => value === null ? null : instant(value)

export const fieldsOf = (row: RecoveryRow) => ({
  id: Id.fromBytes<FactorRecoveryId>(row.id),
  userId: Id.fromBytes<UserId>(row.user_id),
  email: row.email,
  name: row.name,
  state: row.state as FactorRecoveryState,
  requestedAt: instant(row.requested_at),
  expiresAt: instant(row.expires_at),
  dueAt: instantOrNull(row.due_at),
  endedAt: instantOrNull(row.ended_at),
  ip: row.ip,
  userAgent: row.user_agent,
  credentialsChangedAt: instantOrNull(row.credentials_changed_at)
})

/** What whoever reads the mail could have done before. */
const riskyMillis = 30 * 86_400_000

export const make = (sql: SqlClient.SqlClient) => {
  const select = sql.literal(`SELECT r.id, r.user_id, u.email, u.name, r.state, r.is_open, r.requested_at, r.expires_at,
    r.due_at, r.ended_at, r.ip, r.user_agent, r.credentials_changed_at, r.by_platform
    FROM core_factor_recoveries r JOIN core_users u ON u.id = r.user_id`)

  const ended = (where: Statement.Fragment, state: FactorRecoveryState, now: number) =>
    Effect.map(
      affectedRows(sql`UPDATE core_factor_recoveries SET state = ${state}, is_open = NULL, ended_at = ${now}
        WHERE is_open = 1 AND ${where}`),
      (rows) => rows > 0
    )

  return {
    select,
    find: (id: FactorRecoveryId) =>
      Effect.map(sql<RecoveryRow>`${select} WHERE r.id = ${Id.toBytes(id)}`, (rows) => rows[0]),
    openOf: (userId: UserId) =>
      Effect.map(
        sql<RecoveryRow>`${select} WHERE r.user_id = ${Id.toBytes(userId)} AND r.is_open = 1`,
        (rows) => rows[0]
      ),
    /** Held until the commit: who decide take turns. `undefined` when it is over. */
    lock: (id: FactorRecoveryId) =>
      Effect.gen(function*() {
        yield* sql`UPDATE core_factor_recoveries SET is_open = is_open WHERE id = ${Id.toBytes(id)} AND is_open = 1`
        const [row] = yield* sql<RecoveryRow>`${select} WHERE r.id = ${Id.toBytes(id)} AND r.is_open = 1`
        return row
      }),
    /** `false` when it was over already. */
    end: (id: FactorRecoveryId, state: FactorRecoveryState, now: number) =>
      ended(sql`id = ${Id.toBytes(id)}`, state, now),
    endOf: (userId: UserId, state: FactorRecoveryState, now: number) =>
      ended(sql`user_id = ${Id.toBytes(userId)}`, state, now),
    /** Each organization that the person has anything in: also where they are suspended, since that may end. */
    organizationsOf: (userId: UserId) =>
      Effect.map(
        sql<{ readonly organization_id: Uint8Array }>`SELECT organization_id FROM core_memberships
          WHERE user_id = ${Id.toBytes(userId)} ORDER BY organization_id`,
        (rows) => rows.map((row) => Id.fromBytes<OrganizationId>(row.organization_id))
      ),
    approvals: (id: FactorRecoveryId) =>
      Effect.map(
        sql<{ readonly organization_id: Uint8Array }>`SELECT organization_id FROM core_factor_recovery_approvals
          WHERE recovery_id = ${Id.toBytes(id)}`,
        (rows) => new Set(rows.map((row) => Id.fromBytes<OrganizationId>(row.organization_id)))
      ),
    /** Whether a factor was used since it was asked for: it is not lost then, or somebody else asked. */
    isFoundAgain: (row: RecoveryRow) =>
      Effect.gen(function*() {
        const since = Number(row.requested_at)
        const used = yield* sql`SELECT user_id FROM core_totp
          WHERE user_id = ${row.user_id} AND last_step > ${Totp.stepAt(since)}
          UNION ALL SELECT user_id FROM core_recovery_codes WHERE user_id = ${row.user_id} AND used_at > ${since}
          UNION ALL SELECT user_id FROM core_passkeys WHERE user_id = ${row.user_id} AND last_used_at > ${since}`
        return used.length > 0
      }),
    credentialsChangedAt: (userId: UserId) =>
      Effect.gen(function*() {
        const since = (yield* Clock.currentTimeMillis) - riskyMillis
        const [row] = yield* sql<{ readonly at: unknown }>`SELECT MAX(at) AS at FROM core_authentication_events
          WHERE account = ${accountOf(userId)} AND type IN ('password_reset', 'email_changed') AND at >= ${since}`
        return row === undefined || row.at === null ? null : Number(row.at)
      })
  }
}
