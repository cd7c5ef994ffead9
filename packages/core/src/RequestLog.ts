/**
 * The request log: who asked for what, from where, how it ended and how long it took; and with it who read or changed
 * whose personal data. Written many at once, within a second; what a killed process had not written yet is lost, which
 * the audit log, written with each change, is not.
 *
 * Requests are kept for 30 days, those about personal data for a year.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as BufferedRows from "./BufferedRows.ts"
import * as Id from "./Id.ts"
import { LoggedRequest, LoggedRequestId } from "./LoggedRequest.ts"
import type { Access, Outcome, RequestFilter } from "./LoggedRequest.ts"
import * as Pagination from "./Pagination.ts"
import type { InvalidInput } from "./Problem.ts"
import { accounts } from "./Secrets.ts"
import { rowLimit } from "./Sql.ts"
import { Actor, CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * What is found out about a request while it is answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface Known {
  organizationId?: OrganizationId
  actor?: Actor
  endpoint?: string
  /** What it is for, as who asks says it. */
  purpose?: string
  subject?: { readonly type: string; readonly id: string; readonly access: Access }
}

/**
 * The request that the running code answers, where its log waits to be told; `undefined` where none does.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentRequest = Context.Reference<Known | undefined>("@wicara/core/RequestLog/CurrentRequest", {
  defaultValue: () => undefined
})

/**
 * A request that was answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answered extends Known {
  readonly requestId: string | undefined
  readonly method: string
  readonly path: string
  readonly status: number
  readonly durationMillis: number
  readonly address: string | undefined
  readonly userAgent: string | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class RequestLog extends Context.Service<RequestLog, {
  /** Keeps it to be written; never waits. */
  readonly add: (request: Answered) => Effect.Effect<void>
  /** The newest first. */
  readonly list: (
    query: Pagination.PageQuery & RequestFilter
  ) => Effect.Effect<Pagination.Page<LoggedRequest>, InvalidInput, CurrentOrganization>
  /** Writes at once what would be written within the next second. */
  readonly flush: Effect.Effect<void>
  /** Deletes what is no longer kept, at most so many; returns how many. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
}>()("@wicara/core/RequestLog") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<RequestLog, never, SqlClient.SqlClient> = Layer.effect(
    RequestLog,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const buffer = yield* BufferedRows.make<Row>("core_requests")

      return RequestLog.of({
        add: Effect.fnUntraced(function*(request) {
          if (buffer.isFull()) return
          const { actor, subject } = request
          const at = yield* Clock.currentTimeMillis
          yield* buffer.add({
            organization_id: Id.toBytes(request.organizationId ?? accounts.id),
            id: Id.toBytes(yield* Id.next(LoggedRequestId)),
            request_id: request.requestId?.slice(0, 120) ?? null,
            actor: actor === undefined ? null : encodeActor(actor),
            actor_id: actor === undefined ? null : actor._tag === "System" ? actor.name : actor.id,
            method: request.method.slice(0, 10),
            path: request.path.slice(0, 512),
            endpoint: request.endpoint?.slice(0, 120) ?? null,
            status: request.status,
            outcome: outcomeOf(request.status),
            duration_millis: Math.round(request.durationMillis),
            address: request.address?.slice(0, 64) ?? null,
            user_agent: request.userAgent?.slice(0, 255) ?? null,
            subject_type: subject?.type ?? null,
            subject_id: subject?.id.slice(0, 190) ?? null,
            subject_access: subject?.access ?? null,
            purpose: subject === undefined ? null : request.purpose ?? null,
            at,
            keep_until: at + (subject === undefined ? keptMillis : personalKeptMillis)
          })
        }),
        list: Effect.fn("RequestLog.list")(function*(query) {
          const { id } = yield* CurrentOrganization
          const before = yield* Pagination.position(LoggedRequestId, query)
          const limit = Pagination.limit(query)
          const where = sql.and([
            sql`organization_id = ${Id.toBytes(id)}`,
            ...(query.actor === undefined ? [] : [sql`actor_id = ${query.actor}`]),
            ...(query.outcome === undefined ? [] : [sql`outcome = ${query.outcome}`]),
            ...(query.personalData === undefined ? [] : [sql`subject_id IS NOT NULL`]),
            ...(query.subjectType === undefined ? [] : [sql`subject_type = ${query.subjectType}`]),
            ...(query.subjectId === undefined ? [] : [sql`subject_id = ${query.subjectId}`]),
            ...(before === undefined ? [] : [sql`id < ${Id.toBytes(before)}`])
          ])
          const rows = yield* Effect.orDie(
            sql<Row>`SELECT id, request_id, actor, method, path, endpoint, status, outcome,
            duration_millis, address, user_agent, subject_type, subject_id, subject_access, purpose, at FROM core_requests
            WHERE ${where} ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`
          )
          return Pagination.page(rows.map(toLogged), limit, LoggedRequestId, (request) => request.id)
        }),
        flush: buffer.flush,
        cleanup: Effect.fn("RequestLog.cleanup")(function*(limit) {
          const now = yield* Clock.currentTimeMillis
          const rows = yield* Effect.orDie(sql<Pick<Row, "organization_id" | "id">>`SELECT organization_id, id
            FROM core_requests WHERE keep_until <= ${now} LIMIT ${rowLimit(sql, limit)}`)
          for (const { id, organization_id } of rows) {
            yield* Effect.orDie(
              sql`DELETE FROM core_requests WHERE organization_id = ${organization_id} AND id = ${id}`
            )
          }
          return rows.length
        })
      })
    })
  )
}

const dayMillis = 86_400_000
const keptMillis = 30 * dayMillis
const personalKeptMillis = 365 * dayMillis

const outcomeOf = (status: number): Outcome =>
  status >= 500 ? "server_error" : status >= 400 ? "client_error" : "success"

const ActorText = Schema.fromJsonString(Actor)
const encodeActor = Schema.encodeSync(ActorText)
const decodeActor = Schema.decodeUnknownSync(ActorText)
const decodeOutcome = Schema.decodeUnknownSync(LoggedRequest.fields.outcome)
const decodeSubject = Schema.decodeUnknownSync(LoggedRequest.fields.subject)

interface Row {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly request_id: string | null
  readonly actor: string | null
  readonly actor_id: string | null
  readonly method: string
  readonly path: string
  readonly endpoint: string | null
  readonly status: unknown
  readonly outcome: string
  readonly duration_millis: unknown
  readonly address: string | null
  readonly user_agent: string | null
  readonly subject_type: string | null
  readonly subject_id: string | null
  readonly subject_access: string | null
  readonly purpose: string | null
  readonly at: unknown
  readonly keep_until: unknown
}

const toLogged = (row: Row): LoggedRequest =>
  new LoggedRequest({
    id: Id.fromBytes<LoggedRequestId>(row.id),
    requestId: row.request_id,
    actor: row.actor === null ? null : decodeActor(row.actor),
    method: row.method,
    path: row.path,
    endpoint: row.endpoint,
    status: Number(row.status),
    outcome: decodeOutcome(row.outcome),
    durationMillis: Number(row.duration_millis),
    address: row.address,
    userAgent: row.user_agent,
    subject: row.subject_id === null
      ? null
      : decodeSubject({ type: row.subject_type, id: row.subject_id, access: row.subject_access }),
    purpose: row.purpose,
    at: DateTime.makeUnsafe(Number(row.at))
  })
