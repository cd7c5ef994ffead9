/**
 * The log of what was asked of WAHA: which call, how it ended, how long it took. Names, ids, numbers, texts and keys are
 * not kept. Written many at once, within a second, and kept for 14 days.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as BufferedRows from "@wicara/core/BufferedRows"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import type { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { affectedRows, rowLimit } from "@wicara/core/Sql"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Exit, Layer } from "effect"
import { HttpClient } from "effect/http"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import { SqlClient } from "effect/sql"
import { columnsOf, isOf, ownAccount } from "./internal/ownAccount.ts"
import type { AccountKey } from "./internal/ownAccount.ts"
import * as WahaApi from "./WahaApi.ts"
import { WahaRequestId } from "./WahaRequest.ts"
import type { RequestFilter, RequestOutcome, WahaRequest } from "./WahaRequest.ts"

/**
 * A request that ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface EndedRequest extends AccountKey {
  readonly method: string
  /** Without names and ids. */
  readonly path: string
  /** `null`: there was no answer, because of `error`. */
  readonly status: number | null
  readonly error: string | null
  readonly durationMillis: number
}

/**
 * @category services
 * @since 0.1.0
 */
export class WahaRequests extends Context.Service<WahaRequests, {
  /** Keeps it to be written; never waits. */
  readonly add: (request: EndedRequest) => Effect.Effect<void>
  /** The newest first. */
  readonly list: (
    id: ChannelAccountId,
    query: Pagination.PageQuery & RequestFilter
  ) => Effect.Effect<
    Pagination.Page<WahaRequest>,
    NotFound | Conflict | InvalidInput | Unavailable,
    CurrentOrganization
  >
  /** How many were made from `from` until before `to` (epoch milliseconds), and how many WAHA did not do. */
  readonly count: (
    key: AccountKey,
    from: number,
    to: number
  ) => Effect.Effect<{ readonly total: number; readonly errors: number }>
  /** Writes at once what would be written within the next second. */
  readonly flush: Effect.Effect<void>
  /** Deletes what is no longer kept; returns how many. */
  readonly cleanup: Effect.Effect<number>
}>()("@wicara/channels-waha/WahaRequests") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<WahaRequests, never, SqlClient.SqlClient | ChannelAccounts> = Layer.suspend(
    () => Layer.effect(WahaRequests, make)
  )

  /**
   * The client that logs the calls of accounts; other requests pass unseen.
   *
   * @since 0.1.0
   */
  static readonly layerClient: Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient | WahaRequests> = Layer
    .effect(
      HttpClient.HttpClient,
      Effect.gen(function*() {
        const requests = yield* WahaRequests
        return HttpClient.transform(
          yield* HttpClient.HttpClient,
          (effect) =>
            Effect.gen(function*() {
              const call = yield* WahaApi.CurrentCall
              if (call === undefined) return yield* effect
              const startedAt = yield* Clock.currentTimeMillis
              return yield* Effect.onExit(effect, (exit) =>
                Effect.gen(function*() {
                  const { caller: { channelAccountId, organizationId }, method, path } = call
                  const durationMillis = (yield* Clock.currentTimeMillis) - startedAt
                  yield* requests.add({
                    organizationId,
                    channelAccountId,
                    method,
                    path,
                    durationMillis,
                    ...endOf(exit)
                  })
                }))
            })
        )
      })
    )
}

const endOf = (exit: Exit.Exit<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>) => {
  if (Exit.isSuccess(exit)) return { status: exit.value.status, error: null }
  const failed = Exit.findErrorOption(exit)
  // Whoever made the call waits no longer.
  if (failed._tag === "None") return { status: null, error: "timeout" }
  const reply = WahaApi.withoutAnswer(failed.value)
  return { status: null, error: reply._tag === "NotSent" ? reply.code : "broken" }
}

interface Row {
  readonly organization_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly id: Uint8Array
  readonly method: string
  readonly path: string
  readonly outcome: RequestOutcome
  readonly status: unknown
  readonly error: string | null
  readonly duration_millis: unknown
  readonly asked_at: unknown
}

const outcomeOf = (status: number | null): RequestOutcome =>
  status === null ? "no_answer" : status >= 500 ? "server_error" : status >= 400 ? "client_error" : "success"

const toRequest = (row: Row): WahaRequest => ({
  id: Id.fromBytes<WahaRequestId>(row.id),
  method: row.method,
  path: row.path,
  outcome: row.outcome,
  status: row.status === null ? null : Number(row.status),
  error: row.error,
  durationMillis: Number(row.duration_millis),
  at: DateTime.makeUnsafe(Number(row.asked_at))
})

const keptMillis = 14 * 86_400_000
const batch = 1000

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const buffer = yield* BufferedRows.make<Row>("waha_api_requests")

  return WahaRequests.of({
    add: Effect.fnUntraced(function*({ durationMillis, error, method, path, status, ...key }) {
      yield* buffer.add({
        ...columnsOf(key),
        id: Id.toBytes(yield* Id.next(WahaRequestId)),
        method,
        path: path.slice(0, 190),
        outcome: outcomeOf(status),
        status,
        error: error?.slice(0, 60) ?? null,
        duration_millis: Math.max(0, Math.round(durationMillis)),
        asked_at: yield* Clock.currentTimeMillis
      })
    }),
    list: Effect.fn("WahaRequests.list")(function*(id, query) {
      const { organizationId } = yield* ownAccount(accounts, id)
      const before = yield* Pagination.position(WahaRequestId, query)
      const limit = Pagination.limit(query)
      const where = sql.and([
        isOf(sql, { organizationId, channelAccountId: id }),
        ...(query.outcome === undefined ? [] : [sql`outcome = ${query.outcome}`]),
        ...(query.method === undefined ? [] : [sql`method = ${query.method}`]),
        ...(query.path === undefined ? [] : [sql`SUBSTR(path, 1, ${query.path.length}) = ${query.path}`]),
        ...(before === undefined ? [] : [sql`id < ${Id.toBytes(before)}`])
      ])
      const rows = yield* Effect.orDie(
        sql<Row>`SELECT id, method, path, outcome, status, error, duration_millis, asked_at FROM waha_api_requests
          WHERE ${where} ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`
      )
      return Pagination.page(rows.map(toRequest), limit, WahaRequestId, (request) => request.id)
    }),
    count: Effect.fn("WahaRequests.count")(function*(key, from, to) {
      const [row] = yield* Effect.orDie(sql<{ readonly total: unknown; readonly errors: unknown }>`
        SELECT COUNT(*) AS total,
          SUM(CASE WHEN outcome IN ('server_error', 'no_answer') THEN 1 ELSE 0 END) AS errors
        FROM waha_api_requests WHERE ${isOf(sql, key)} AND asked_at >= ${from} AND asked_at < ${to}`)
      return { total: Number(row?.total ?? 0), errors: Number(row?.errors ?? 0) }
    }),
    flush: buffer.flush,
    cleanup: Effect.gen(function*() {
      const before = (yield* Clock.currentTimeMillis) - keptMillis
      let total = 0
      while (true) {
        const old = yield* sql<Pick<Row, "organization_id" | "id">>`SELECT organization_id, id FROM waha_api_requests
          WHERE asked_at < ${before} LIMIT ${rowLimit(sql, batch)}`
        for (const { id, organization_id } of old) {
          total += yield* affectedRows(
            sql`DELETE FROM waha_api_requests WHERE organization_id = ${organization_id} AND id = ${id}`
          )
        }
        if (old.length < batch) return total
      }
    }).pipe(Effect.orDie, Effect.withSpan("WahaRequests.cleanup"))
  })
})
