/**
 * Looks after every account by the clock: a round trip to its provider now and then, an inspection of its set-up, the end
 * of its credentials, and another start for a connection that failed. What was found is kept.
 *
 * Of many processes one looks after an account at a time, by a lease. A provider that hangs holds up nobody but itself.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Duration, Effect, FiberSet, Layer, Metric, Random, Schema } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Leases from "@wicara/core/Leases"
import * as Pagination from "@wicara/core/Pagination"
import type { InvalidInput, NotFound } from "@wicara/core/Problem"
import type { RunnerId } from "@wicara/core/Runners"
import { insertIfAbsent, isOutage, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { AccountCheck } from "./AccountCheck.ts"
import type { UptimeFigure } from "./AccountCheck.ts"
import type { AccountConnection } from "./ChannelAccount.ts"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import type { ResolvedAccount } from "./ChannelAccounts.ts"
import type { AccountHealth, ChannelAccountId } from "./ChannelAdapter.ts"
import { AccountHealthChanged } from "./events.ts"
import type { ConnectionRow } from "./internal/connectionRows.ts"
import { makeObserve } from "./internal/observe.ts"
import { connectionOf, makeProviderCalls, reasonOf, stateOf } from "./internal/providerCalls.ts"
import { makeRotationRows } from "./internal/rotationRows.ts"
import type { ProviderFailure } from "./ProviderFailure.ts"
import * as SendGate from "./SendGate.ts"
import { Secrets } from "@wicara/core/Secrets"

/**
 * @category models
 * @since 0.1.0
 */
export interface ChannelChecksOptions {
  /** Distance between two looks at an account that works, give or take a fifth (5 minutes). */
  readonly every?: Duration.Input | undefined
  /** Distance between two inspections of its set-up (1 hour). */
  readonly inspectEvery?: Duration.Input | undefined
  /** Looks at a time (32). */
  readonly concurrency?: number | undefined
  /** Of which those at one organization's accounts (4). */
  readonly concurrencyPerOrganization?: number | undefined
  /** Starts of a failed connection, until it has worked for an hour or somebody restarts it (6). */
  readonly maxRestarts?: number | undefined
  /** How long looks are kept (30 days); the figures of days are kept for 400. */
  readonly keepFor?: Duration.Input | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class ChannelChecks extends Context.Service<ChannelChecks, {
  /** Looks at every account that is due; returns how many, when all of them are done. */
  readonly runOnce: Effect.Effect<number>
  /** Looks without end. */
  readonly run: Effect.Effect<never>
  /** Ends the leases of a runner that is gone, or all: at the start of a process that is known to be the only one. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
  /** Forgets what has been kept long enough; returns how many looks that were. */
  readonly purge: Effect.Effect<number>
  /** The looks at an account, the newest first. */
  readonly list: (
    id: ChannelAccountId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<AccountCheck>, NotFound | InvalidInput, CurrentOrganization>
  /** How it did in the last 1, 7, 30 and 365 days. */
  readonly uptime: (
    id: ChannelAccountId
  ) => Effect.Effect<ReadonlyArray<UptimeFigure>, NotFound, CurrentOrganization>
  /** The looks of one day: of UTC, counted from the epoch. */
  readonly day: (
    id: ChannelAccountId,
    day: number
  ) => Effect.Effect<{ readonly checks: number; readonly failed: number }, never, CurrentOrganization>
}>()("@wicara/channels/ChannelChecks") {
  /** @since 0.1.0 */
  static readonly layer = (
    options?: ChannelChecksOptions
  ): Layer.Layer<
    ChannelChecks,
    never,
    SqlClient.SqlClient | ChannelAccounts | Secrets | Events | Audit | HttpClient.HttpClient
  > => Layer.effect(ChannelChecks, make(options ?? {}))

  /**
   * Looks in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, ChannelChecks> = Layer.effectDiscard(
    Effect.flatMap(ChannelChecks, (checks) => Effect.forkScoped(checks.run))
  )
}

const checksTotal = Metric.counter("wicara_channel_checks", { incremental: true })
const restartsTotal = Metric.counter("wicara_channel_restarts", { incremental: true })

const day = 86_400_000
const leaseFor = 300_000
const daysKept = 400

const CheckPosition = Schema.Struct({ id: AccountCheck.fields.id })

/** Checks in a row that must fail before an account that says it is connected is started again. */
const patience = 2

interface Found {
  readonly row: ConnectionRow
  readonly health: AccountHealth
}

const make = Effect.fnUntraced(function*(options: ChannelChecksOptions) {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const events = yield* Events
  const audit = yield* Audit
  const leases = yield* Leases.make(sql, { table: "channels_account_states", until: "next_check_at", leaseFor })
  const calls = makeProviderCalls(yield* HttpClient.HttpClient)
  const observe = makeObserve(sql, accounts, events)
  const rotations = makeRotationRows(sql, yield* Secrets)
  const { rows } = observe

  const millis = (input: Duration.Input | undefined, fallback: number) =>
    input === undefined ? fallback : Duration.toMillis(Duration.fromInputUnsafe(input))
  const every = millis(options.every, 300_000)
  const inspectEvery = millis(options.inspectEvery, 3_600_000)
  const concurrency = options.concurrency ?? 32
  const perOrganization = options.concurrencyPerOrganization ?? 4
  const maxRestarts = options.maxRestarts ?? 6
  const keepFor = millis(options.keepFor, 30 * day)

  /** A fifth less or more: many accounts that were connected together don't stay in step. */
  const jittered = (base: number) => Effect.map(Random.next, (draw) => Math.round(base * (0.8 + 0.4 * draw)))

  /** A connected account is believed when a round trip works, not because its state says so. */
  const look = Effect.fnUntraced(function*(account: ResolvedAccount): Effect.fn.Return<
    Found,
    never,
    CurrentOrganization
  > {
    const askedAt = yield* Clock.currentTimeMillis
    // One round trip where the test is all that tells of the state.
    const test = yield* Effect.cached(calls.test(account))
    const state = account.adapter.lifecycle === undefined ? Effect.map(test, stateOf) : calls.state(account)
    const told = yield* Effect.catch(state, Effect.succeed<ProviderFailure>)
    const row = yield* observe.state(account, askedAt, told)
    if (told._tag === "ProviderFailure") return { row, health: { status: "fail", message: told.reason } }
    if (told._tag !== "Connected") {
      return {
        row,
        health: { status: told._tag === "Starting" ? "warn" : "fail", message: reasonOf(told) ?? told._tag }
      }
    }
    const health = yield* Effect.match(test, {
      onSuccess: (health) => health,
      onFailure: ({ reason }): AccountHealth => ({ status: "fail", message: reason })
    })
    return { row, health: yield* SendGate.health(account, health) }
  })

  const inspect = Effect.fnUntraced(function*(account: ResolvedAccount) {
    const { lifecycle } = account.adapter
    if (lifecycle === undefined) return
    const found = yield* Effect.result(calls.ask(account, lifecycle.inspect(account.webhookUrl, account.account)))
    if (found._tag === "Success") yield* observe.findings(account, found.success)
    if (lifecycle.credentialsExpireAt === undefined) return
    const expires = yield* Effect.result(calls.ask(account, lifecycle.credentialsExpireAt(account.account)))
    if (expires._tag === "Success") yield* observe.expiry(account, expires.success)
  })

  /** Starts what failed by itself; not what nobody ever connected, nor what somebody ended. */
  const restart = Effect.fnUntraced(function*(account: ResolvedAccount, { health, row }: Found, failures: number) {
    const { lifecycle } = account.adapter
    const now = yield* Clock.currentTimeMillis
    const isZombie = row.state?._tag === "Connected" && health.status === "fail" && failures >= patience
    if (
      lifecycle?.restart === undefined || row.connectedAt === null || row.restarts >= maxRestarts ||
      (row.restartAt !== null && now < row.restartAt) || !(row.state?._tag === "Failed" || isZombie)
    ) return row
    const restarts = row.restarts + 1
    const restartAt = now + (yield* jittered(Math.min(60_000 * 2 ** row.restarts, 3_600_000)))
    yield* Effect.orDie(transaction(
      sql,
      Effect.gen(function*() {
        yield* rows.change(account.organizationId, account.id, { restarts, restartAt })
        yield* audit.record({
          action: "channel.account.restarted",
          target: { type: "channel_account", id: account.id },
          after: { attempt: restarts, of: maxRestarts, because: health.message }
        })
      })
    ))
    yield* Metric.update(restartsTotal, 1)
    const told = yield* Effect.catch(
      calls.ask(account, lifecycle.restart(account.account), "90 seconds"),
      Effect.succeed<ProviderFailure>
    )
    return yield* observe.state(account, yield* Clock.currentTimeMillis, told)
  })

  const record = Effect.fnUntraced(function*(
    account: ResolvedAccount,
    { health, row }: Found,
    startedAt: number,
    failures: number
  ) {
    const organization_id = Id.toBytes(account.organizationId)
    const channel_account_id = Id.toBytes(account.id)
    const now = yield* Clock.currentTimeMillis
    const took = Math.max(0, now - startedAt)
    const [known] = yield* sql<{ readonly health_status: AccountHealth["status"] | null }>`
      SELECT health_status FROM channels_accounts
      WHERE organization_id = ${organization_id} AND id = ${channel_account_id} AND deleted_at IS NULL`
    if (known === undefined) return
    yield* sql`INSERT INTO channels_account_checks ${
      sql.insert({
        organization_id,
        channel_account_id,
        id: Id.toBytes(yield* Id.next(AccountCheck.fields.id)),
        status: health.status,
        message: health.message.slice(0, 2000),
        connection: row.state === null ? "unknown" : connectionOf(row.state),
        took_millis: took,
        checked_at: now
      })
    }`
    const today = Math.floor(now / day)
    yield* insertIfAbsent(sql, "channels_account_days", "day", [{
      organization_id,
      channel_account_id,
      day: today,
      checks: 0,
      failed: 0,
      took_millis: 0
    }])
    yield* sql`UPDATE channels_account_days
      SET checks = checks + 1, failed = failed + ${
      health.status === "fail" ? 1 : 0
    }, took_millis = took_millis + ${took}
      WHERE organization_id = ${organization_id} AND channel_account_id = ${channel_account_id} AND day = ${today}`
    // A provider that misses one round trip is no news.
    const isNews = known.health_status !== health.status && (health.status !== "fail" || failures >= patience)
    if (known.health_status !== "fail" && health.status === "fail" && !isNews) return
    yield* sql`UPDATE channels_accounts SET health_status = ${health.status}, health_message = ${health.message},
        health_checked_at = ${now}
      WHERE organization_id = ${organization_id} AND id = ${channel_account_id}`
    if (!isNews || (known.health_status === null && health.status === "ok")) return
    yield* events.append(AccountHealthChanged, {
      aggregateId: account.id,
      payload: { channelAccountId: account.id, status: health.status, message: health.message }
    })
  })

  const check = Effect.fnUntraced(function*(account: ResolvedAccount, lease: Uint8Array) {
    const startedAt = yield* Clock.currentTimeMillis
    const found = yield* look(account)
    const failures = found.health.status === "fail" ? found.row.failures + 1 : 0
    const inspected = found.row.inspectedAt
    if (found.row.state?._tag === "Connected" && (inspected === null || startedAt - inspected >= inspectEvery)) {
      yield* inspect(account)
    }
    yield* Effect.orDie(transaction(sql, record(account, found, startedAt, failures)))
    const after = yield* restart(account, found, failures)
    const now = yield* Clock.currentTimeMillis
    const isSettled = after.restartAt !== null && now - after.restartAt >= 3_600_000 && found.health.status === "ok"
    const wait = after.state?._tag === "Starting"
      ? 20_000
      : failures > 0 && failures <= 3
      ? Math.min(60_000, every)
      : every
    const nextCheckAt = now + (yield* jittered(wait))
    yield* Effect.orDie(transaction(
      sql,
      Effect.andThen(
        rows.change(account.organizationId, account.id, {
          failures,
          ...(isSettled ? { restarts: 0, restartAt: null } : {})
        }),
        leases.giveBack(rows.at(account.organizationId, account.id), lease, nextCheckAt)
      )
    ))
    yield* Metric.update(Metric.withAttributes(checksTotal, { status: found.health.status }), 1)
  })

  interface Claimed {
    readonly organizationId: OrganizationId
    readonly id: ChannelAccountId
    readonly lease: Uint8Array
  }

  const process = ({ id, lease, organizationId }: Claimed) =>
    Effect.gen(function*() {
      const account = yield* Effect.option(accounts.resolve(id))
      if (account._tag === "None" || account.value.status !== "active") {
        // Removed since, disabled, or of a channel that this process lacks.
        const now = yield* Clock.currentTimeMillis
        yield* leases.giveBack(rows.at(organizationId, id), lease, now + (yield* jittered(3_600_000)))
      } else {
        yield* check(account.value, lease)
      }
    }).pipe(
      Effect.provideService(CurrentOrganization, { id: organizationId }),
      Effect.provideService(CurrentActor, systemActor("channel-checks")),
      Effect.catchCause((cause) =>
        isOutage(cause)
          ? Effect.logWarning(`The channel account ${id} waits for the database`)
          : Effect.logError(`The channel account ${id} could not be looked at`, cause)
      ),
      Effect.withSpan("ChannelChecks.check", { attributes: { channelAccountId: id } })
    )

  const inFlight = new Map<OrganizationId, number>()
  let busy = 0

  const claim = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const free = concurrency - busy
    if (free <= 0) return []
    const claimed: Array<Claimed> = []
    // More than there is room for: one organization's many must not hide the others.
    for (const { id, organizationId } of yield* rows.due(now, free * 4)) {
      if (claimed.length >= free) break
      const held = inFlight.get(organizationId) ?? 0
      if (held >= perOrganization) continue
      const lease = yield* leases.claim(rows.at(organizationId, id))
      if (lease === undefined) continue
      inFlight.set(organizationId, held + 1)
      busy++
      claimed.push({ organizationId, id, lease })
    }
    return claimed
  })

  const done = ({ organizationId }: Claimed) =>
    Effect.sync(() => {
      busy--
      const held = (inFlight.get(organizationId) ?? 1) - 1
      if (held === 0) inFlight.delete(organizationId)
      else inFlight.set(organizationId, held)
    })

  const purge = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    yield* rotations.purge(now)
    yield* sql`DELETE FROM channels_account_days WHERE day < ${Math.floor(now / day) - daysKept}`
    let total = 0
    while (true) {
      const old = yield* sql<
        { readonly organization_id: Uint8Array; readonly channel_account_id: Uint8Array; readonly id: Uint8Array }
      >`
        SELECT organization_id, channel_account_id, id FROM channels_account_checks
        WHERE checked_at < ${now - keepFor} ORDER BY checked_at LIMIT ${rowLimit(sql, 500)}`
      for (const row of old) {
        yield* sql`DELETE FROM channels_account_checks WHERE organization_id = ${row.organization_id}
          AND channel_account_id = ${row.channel_account_id} AND id = ${row.id}`
      }
      total += old.length
      if (old.length < 500) return total
    }
  }).pipe(Effect.orDie, Effect.withSpan("ChannelChecks.purge"))

  let purgedAt = 0

  const run = Effect.scoped(Effect.gen(function*() {
    const fibers = yield* FiberSet.make<void>()
    const turn = Effect.gen(function*() {
      const claimed = yield* Effect.uninterruptible(Effect.gen(function*() {
        const claimed = yield* claim
        for (const one of claimed) yield* FiberSet.run(fibers, Effect.ensuring(process(one), done(one)))
        return claimed
      }))
      const now = yield* Clock.currentTimeMillis
      if (now - purgedAt >= 3_600_000) {
        purgedAt = now
        yield* purge
      }
      if (claimed.length === 0) yield* Effect.sleep("2 seconds")
    })
    return yield* turn.pipe(
      Effect.catchCause((cause) =>
        Effect.andThen(
          Effect.logWarning("Channel accounts could not be looked at; trying again", cause),
          Effect.sleep("5 seconds")
        )
      ),
      Effect.forever
    )
  }))

  const mine = Effect.fnUntraced(function*(id: ChannelAccountId) {
    yield* accounts.get(id)
    return { organization_id: Id.toBytes((yield* CurrentOrganization).id), channel_account_id: Id.toBytes(id) }
  })

  return ChannelChecks.of({
    runOnce: Effect.gen(function*() {
      const claimed = yield* Effect.uninterruptible(claim)
      yield* Effect.forEach(claimed, (one) => Effect.ensuring(process(one), done(one)), {
        concurrency: "unbounded",
        discard: true
      })
      return claimed.length
    }).pipe(Effect.orDie, Effect.withSpan("ChannelChecks.runOnce")),
    run,
    releaseLeases: leases.release,
    purge,
    list: Effect.fn("ChannelChecks.list")(function*(id, query) {
      const key = yield* mine(id)
      const after = yield* Pagination.position(CheckPosition, query)
      const limit = Pagination.limit(query)
      const found = yield* Effect.orDie(sql<CheckRow>`SELECT id, status, message, connection, took_millis, checked_at
        FROM channels_account_checks
        WHERE organization_id = ${key.organization_id} AND channel_account_id = ${key.channel_account_id}
          ${after === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(after.id)}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(found.map(toCheck), limit, CheckPosition, ({ id }) => ({ id }))
    }),
    uptime: Effect.fn("ChannelChecks.uptime")(function*(id) {
      const key = yield* mine(id)
      const today = Math.floor((yield* Clock.currentTimeMillis) / day)
      const found = yield* Effect.orDie(sql<DayRow>`SELECT day, checks, failed, took_millis FROM channels_account_days
        WHERE organization_id = ${key.organization_id} AND channel_account_id = ${key.channel_account_id}
          AND day > ${today - 365}`)
      return [1, 7, 30, 365].map((days) => figure(days, found.filter((row) => Number(row.day) > today - days)))
    }),
    day: Effect.fn("ChannelChecks.day")(function*(id, day) {
      const organization = yield* CurrentOrganization
      const [row] = yield* Effect.orDie(sql<DayRow>`SELECT day, checks, failed, took_millis FROM channels_account_days
        WHERE organization_id = ${Id.toBytes(organization.id)} AND channel_account_id = ${Id.toBytes(id)}
          AND day = ${day}`)
      return { checks: Number(row?.checks ?? 0), failed: Number(row?.failed ?? 0) }
    })
  })
})

interface CheckRow {
  readonly id: Uint8Array
  readonly status: AccountHealth["status"]
  readonly message: string
  readonly connection: AccountConnection
  readonly took_millis: unknown
  readonly checked_at: unknown
}

const toCheck = (row: CheckRow): AccountCheck => ({
  id: Id.fromBytes(row.id),
  status: row.status,
  message: row.message,
  connection: row.connection,
  tookMillis: Number(row.took_millis),
  checkedAt: DateTime.makeUnsafe(Number(row.checked_at))
})

interface DayRow {
  readonly day: unknown
  readonly checks: unknown
  readonly failed: unknown
  readonly took_millis: unknown
}

const figure = (days: number, rows: ReadonlyArray<DayRow>): UptimeFigure => {
  const sum = (of: (row: DayRow) => unknown) => rows.reduce((total, row) => total + Number(of(row)), 0)
  const checks = sum(({ checks }) => checks)
  const failed = sum(({ failed }) => failed)
  return {
    days,
    checks,
    failed,
    uptime: checks === 0 ? null : (checks - failed) / checks,
    averageMillis: checks === 0 ? null : Math.round(sum(({ took_millis }) => took_millis) / checks)
  }
}
