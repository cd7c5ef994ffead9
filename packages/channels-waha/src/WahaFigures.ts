/**
 * Daily figures of WAHA accounts, computed again for the last days as long as statuses may still come: the same stored
 * messages give the same figures, however often and wherever they are computed. Kept for 400 days.
 *
 * @since 0.1.0
 */
import { AccountTraffic } from "@wicara/channels/AccountTraffic"
import * as ActiveAccounts from "@wicara/channels/ActiveAccounts"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import { InvalidInput } from "@wicara/core/Problem"
import type { Conflict, NotFound, Unavailable } from "@wicara/core/Problem"
import { insertIfAbsent, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import type { DayFigures } from "./DayFigures.ts"
import { columnsOf, isOf, ownAccount } from "./internal/ownAccount.ts"
import type { AccountKey } from "./internal/ownAccount.ts"
import { WahaRequests } from "./WahaRequests.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class WahaFigures extends Context.Service<WahaFigures, {
  /** The days that there are figures of, the first first; the last 30 days unless told otherwise. */
  readonly list: (
    id: ChannelAccountId,
    query: { readonly from?: string | undefined; readonly to?: string | undefined }
  ) => Effect.Effect<
    ReadonlyArray<DayFigures>,
    NotFound | Conflict | InvalidInput | Unavailable,
    CurrentOrganization
  >
  /** Computes the last days of every account, and forgets what was kept long enough; returns how many days. */
  readonly compute: Effect.Effect<number>
}>()("@wicara/channels-waha/WahaFigures") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    WahaFigures,
    never,
    SqlClient.SqlClient | ChannelAccounts | ChannelChecks | AccountTraffic | WahaRequests
  > = Layer.suspend(() => Layer.effect(WahaFigures, make))
}

const dayMillis = 86_400_000
/** Days whose messages may still be delivered and read. */
const recomputed = 3
/** Days that are made up for when nothing was computed for a while. */
const mostMissed = 30
const kept = 400
const mostListed = 366

interface Row {
  readonly day: unknown
  readonly received: unknown
  readonly sent: unknown
  readonly delivered: unknown
  readonly messages_read: unknown
  readonly failed: unknown
  readonly new_contacts: unknown
  readonly requests: unknown
  readonly request_errors: unknown
  readonly checks: unknown
  readonly checks_failed: unknown
}

const textOf = (day: number) => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(day * dayMillis))
const dayOf = (field: string, text: string) => {
  const date = DateTime.make(`${text}T00:00:00Z`)
  return Option.isSome(date)
    ? Effect.succeed(Math.floor(DateTime.toEpochMillis(date.value) / dayMillis))
    : Effect.fail(InvalidInput.of(field, "There is no such day."))
}

const toFigures = (row: Row): DayFigures => {
  const checks = Number(row.checks)
  return {
    day: textOf(Number(row.day)),
    received: Number(row.received),
    sent: Number(row.sent),
    delivered: Number(row.delivered),
    read: Number(row.messages_read),
    failed: Number(row.failed),
    newContacts: Number(row.new_contacts),
    requests: Number(row.requests),
    requestErrors: Number(row.request_errors),
    uptime: checks === 0 ? null : (checks - Number(row.checks_failed)) / checks
  }
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const checks = yield* ChannelChecks
  const traffic = yield* AccountTraffic
  const requests = yield* WahaRequests

  /** What was asked is counted until a later day was computed: nothing is added to a day that is over. */
  const computeDay = Effect.fnUntraced(function*(key: AccountKey, day: number, isCounted: boolean) {
    const from = day * dayMillis
    const messages = yield* traffic.between(key.channelAccountId, from, from + dayMillis)
    const looked = yield* checks.day(key.channelAccountId, day)
    const told = {
      received: messages.received,
      sent: messages.sent,
      delivered: messages.delivered,
      messages_read: messages.read,
      failed: messages.failed,
      new_contacts: messages.newContacts,
      checks: looked.checks,
      checks_failed: looked.failed
    }
    const asked = isCounted ? undefined : yield* requests.count(key, from, from + dayMillis)
    const figures = asked === undefined ? told : { ...told, requests: asked.total, request_errors: asked.errors }
    yield* transaction(
      sql,
      Effect.gen(function*() {
        if (asked !== undefined) {
          yield* insertIfAbsent(sql, "waha_analytics_daily", "day", [{ ...columnsOf(key), day, ...figures }])
        }
        yield* sql`UPDATE waha_analytics_daily SET ${sql.update(figures)} WHERE ${isOf(sql, key)} AND day = ${day}`
      })
    )
  })

  const computeAccount = Effect.fnUntraced(function*(account: ResolvedAccount, today: number) {
    const key = { organizationId: account.organizationId, channelAccountId: account.id }
    const [last] = yield* sql<{ readonly day: unknown }>`SELECT MAX(day) AS day FROM waha_analytics_daily
      WHERE ${isOf(sql, key)}`
    const computed = last?.day == null ? 0 : Number(last.day)
    const first = Math.max(Math.min(computed, today) - recomputed + 1, today - mostMissed + 1)
    for (let day = first; day <= today; day++) {
      yield* Effect.provideService(computeDay(key, day, day < computed), CurrentOrganization, {
        id: account.organizationId
      })
    }
    yield* sql`DELETE FROM waha_analytics_daily WHERE ${isOf(sql, key)} AND day < ${today - kept}`
    return today - first + 1
  })

  return WahaFigures.of({
    list: Effect.fn("WahaFigures.list")(function*(id, query) {
      const { organizationId } = yield* ownAccount(accounts, id)
      const today = Math.floor((yield* Clock.currentTimeMillis) / dayMillis)
      const to = query.to === undefined ? today : yield* dayOf("to", query.to)
      const from = query.from === undefined ? to - 29 : yield* dayOf("from", query.from)
      if (to < from || to - from >= mostListed) {
        return yield* InvalidInput.of("from", "From 1 to 366 days can be asked for at once.")
      }
      const rows = yield* Effect.orDie(sql<Row>`SELECT day, received, sent, delivered, messages_read, failed,
          new_contacts, requests, request_errors, checks, checks_failed FROM waha_analytics_daily
        WHERE ${isOf(sql, { organizationId, channelAccountId: id })} AND day >= ${from} AND day <= ${to} ORDER BY day`)
      return rows.map(toFigures)
    }),
    compute: Effect.gen(function*() {
      const today = Math.floor((yield* Clock.currentTimeMillis) / dayMillis)
      return yield* Stream.runFold(
        Stream.mapEffect(
          Stream.provideService(ActiveAccounts.ofChannel("waha"), SqlClient.SqlClient, sql),
          (id) =>
            accounts.lookup(id).pipe(
              Effect.flatMap((account) => computeAccount(account, today)),
              // It was removed in between, or its credentials can't be read here.
              Effect.catchTags({ NotFound: () => Effect.succeed(0), Unavailable: () => Effect.succeed(0) })
            )
        ),
        () => 0,
        (total: number, days: number) => total + days
      )
    }).pipe(Effect.orDie, Effect.withSpan("WahaFigures.compute"))
  })
})
