import { DateTime, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ChannelAccountId } from "../ChannelAdapter.ts"
import { ChannelConnection } from "../ChannelConnection.ts"
import { ConnectionState, SetupFinding } from "../ChannelLifecycle.ts"
import type { ConnectMethod } from "../ChannelLifecycle.ts"

/** How an account stands, as code works on it: instants as epoch milliseconds. */
export interface ConnectionRow {
  readonly organizationId: OrganizationId
  readonly id: ChannelAccountId
  readonly state: ConnectionState | null
  readonly revision: number
  readonly changedAt: number | null
  /** When the round trip began that `state` and `failure` come from. */
  readonly askedAt: number | null
  readonly failure: { readonly code: string; readonly reason: string } | null
  /** Checks in a row that failed. */
  readonly failures: number
  readonly method: ConnectMethod | null
  /** The number that is paired by a code, digits. */
  readonly phone: string | null
  /** Somebody is connecting it now and sees for themselves what is wrong. */
  readonly connectingUntil: number | null
  /** When it was last seen connected, unless somebody let it go since. */
  readonly connectedAt: number | null
  readonly restarts: number
  readonly restartAt: number | null
  readonly findings: ReadonlyArray<SetupFinding> | null
  readonly inspectedAt: number | null
  readonly expiresAt: number | null
  /** The days before the end of its credentials that were told of; 0: none. */
  readonly expiryTold: number
  readonly nextCheckAt: number
}

interface Stored {
  readonly organization_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly state: string | null
  readonly revision: unknown
  readonly changed_at: unknown
  readonly asked_at: unknown
  readonly failure: string | null
  readonly failures: unknown
  readonly method: ConnectMethod | null
  readonly phone: string | null
  readonly connecting_until: unknown
  readonly connected_at: unknown
  readonly restarts: unknown
  readonly restart_at: unknown
  readonly findings: string | null
  readonly inspected_at: unknown
  readonly expires_at: unknown
  readonly expiry_told: unknown
  readonly next_check_at: unknown
}

const StateText = Schema.fromJsonString(ConnectionState)
const decodeState = Schema.decodeUnknownOption(StateText)
const encodeState = Schema.encodeSync(StateText)
const FindingsText = Schema.fromJsonString(Schema.Array(SetupFinding))
const decodeFindings = Schema.decodeUnknownOption(FindingsText)
const encodeFindings = Schema.encodeSync(FindingsText)
const FailureText = Schema.fromJsonString(Schema.Struct({ code: Schema.String, reason: Schema.String }))
const decodeFailure = Schema.decodeUnknownOption(FailureText)
const encodeFailure = Schema.encodeSync(FailureText)

const nullable = (value: unknown): number | null => value === null ? null : Number(value)

const decode = (row: Stored): ConnectionRow => ({
  organizationId: Id.fromBytes(row.organization_id),
  id: Id.fromBytes(row.channel_account_id),
  state: Option.getOrNull(decodeState(row.state)),
  revision: Number(row.revision),
  changedAt: nullable(row.changed_at),
  askedAt: nullable(row.asked_at),
  failure: Option.getOrNull(decodeFailure(row.failure)),
  failures: Number(row.failures),
  method: row.method,
  phone: row.phone,
  connectingUntil: nullable(row.connecting_until),
  connectedAt: nullable(row.connected_at),
  restarts: Number(row.restarts),
  restartAt: nullable(row.restart_at),
  findings: Option.getOrNull(decodeFindings(row.findings)),
  inspectedAt: nullable(row.inspected_at),
  expiresAt: nullable(row.expires_at),
  expiryTold: Number(row.expiry_told),
  nextCheckAt: Number(row.next_check_at)
})

/** The columns and values that stand for parts of a row. */
const encode = (change: Partial<Omit<ConnectionRow, "organizationId" | "id">>): Record<string, unknown> => {
  const columns: Record<string, unknown> = {
    state: change.state === undefined ? undefined : change.state === null ? null : encodeState(change.state),
    revision: change.revision,
    changed_at: change.changedAt,
    asked_at: change.askedAt,
    failure: change.failure === undefined ? undefined : change.failure === null ? null : encodeFailure(change.failure),
    failures: change.failures,
    method: change.method,
    phone: change.phone,
    connecting_until: change.connectingUntil,
    connected_at: change.connectedAt,
    restarts: change.restarts,
    restart_at: change.restartAt,
    findings: change.findings === undefined
      ? undefined
      : change.findings === null
      ? null
      : encodeFindings(change.findings),
    inspected_at: change.inspectedAt,
    expires_at: change.expiresAt,
    expiry_told: change.expiryTold,
    next_check_at: change.nextCheckAt
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

export const makeConnectionRows = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(
    "organization_id, channel_account_id, state, revision, changed_at, asked_at, failure, failures, method, phone, " +
      "connecting_until, connected_at, restarts, restart_at, findings, inspected_at, expires_at, expiry_told, " +
      "next_check_at"
  )
  const at = (organizationId: OrganizationId, id: ChannelAccountId) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(id)}`

  return {
    at,
    /** A new account's row, due at once. */
    begin: (organizationId: OrganizationId, id: ChannelAccountId, now: number) =>
      insertIfAbsent(sql, "channels_account_states", "revision", [{
        organization_id: Id.toBytes(organizationId),
        channel_account_id: Id.toBytes(id),
        revision: 0,
        failures: 0,
        restarts: 0,
        expiry_told: 0,
        next_check_at: now
      }]),

    find: (organizationId: OrganizationId, id: ChannelAccountId, lock: boolean) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM channels_account_states WHERE ${at(organizationId, id)} ${
          lock
            ? sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
            : sql.literal("")
        }`,
        ([row]) => row === undefined ? undefined : decode(row)
      ),

    change: (
      organizationId: OrganizationId,
      id: ChannelAccountId,
      change: Partial<Omit<ConnectionRow, "organizationId" | "id">>
    ) => {
      const set = Object.entries(encode(change)).map(([column, value]) => sql`${sql(column)} = ${value}`)
      return sql`UPDATE channels_account_states SET ${sql.csv(set)} WHERE ${at(organizationId, id)}`
    },

    forget: (organizationId: OrganizationId, id: ChannelAccountId) =>
      sql`DELETE FROM channels_account_states WHERE ${at(organizationId, id)}`,

    /** What is due, the longest first. */
    due: (now: number, limit: number) =>
      Effect.map(
        sql<Stored>`SELECT ${columns} FROM channels_account_states WHERE next_check_at <= ${now}
          ORDER BY next_check_at, organization_id, channel_account_id LIMIT ${sql.literal(String(limit))}`,
        (rows) => rows.map(decode)
      )
  }
}

/** As its organization sees it. */
export const toConnection = (row: ConnectionRow, methods: Iterable<ConnectMethod>): ChannelConnection => {
  const instant = (millis: number | null) => millis === null ? null : DateTime.makeUnsafe(millis)
  return new ChannelConnection({
    state: row.state,
    revision: row.revision,
    methods: [...methods],
    method: row.method,
    problem: row.failure,
    credentialsExpireAt: instant(row.expiresAt),
    changedAt: instant(row.changedAt),
    checkedAt: instant(row.askedAt)
  })
}
