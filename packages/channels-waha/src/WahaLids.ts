/**
 * The phone numbers behind WhatsApp's hidden ids, as far as WAHA comes to know them. Nothing waits for them: a person is
 * answered under the id that they wrote from. A number that is found links the two identities, once, by an event that is
 * stored like a webhook; one that is not known yet is asked for again later, ever more seldom. Those of WAHA's own list
 * need not be asked for (`WahaDirectory` reads it).
 *
 * @since 0.1.0
 */
import type { Identity } from "@wicara/channels/Address"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as Id from "@wicara/core/Id"
import { affectedRows, insertIfAbsent, rowLimit, varying } from "@wicara/core/Sql"
import type { Unavailable } from "@wicara/core/Problem"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer, Metric, Schema } from "effect"
import type { Duration } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import * as ChatId from "./ChatId.ts"
import * as Failure from "./Failure.ts"
import { lenient } from "./internal/lenient.ts"
import type { LidPair } from "./internal/lidPages.ts"
import { columnsOf, isOf as isOfAccount } from "./internal/ownAccount.ts"
import type { AccountKey } from "./internal/ownAccount.ts"
import type * as Waha from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface WahaLidsOptions {
  /** How often to look for ids that are due (10 seconds). */
  readonly pollInterval?: Duration.Input | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class WahaLids extends Context.Service<WahaLids, {
  /** Remembers what a message said of a person; call it in the transaction of the message. */
  readonly seen: (key: AccountKey, identities: ReadonlyArray<Identity>) => Effect.Effect<void>
  /**
   * What WAHA's list says: of whom nobody knew, it is kept until they write.
   */
  readonly listed: (
    key: AccountKey,
    session: string,
    pairs: ReadonlyArray<LidPair>
  ) => Effect.Effect<void, Unavailable>
  /** Asks for the numbers that are due, at most 50; returns how many it asked for. */
  readonly runOnce: Effect.Effect<number>
  /** Asks without end. */
  readonly run: Effect.Effect<never>
}>()("@wicara/channels-waha/WahaLids") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql = (
    options?: WahaLidsOptions
  ): Layer.Layer<
    WahaLids,
    never,
    SqlClient.SqlClient | ChannelAccounts | InboundEvents | HttpClient.HttpClient
  > => Layer.effect(WahaLids, make(options ?? {}))

  /**
   * Hears of the ids in messages.
   *
   * @since 0.1.0
   */
  static readonly layerHandler: Layer.Layer<never, never, WahaLids> = InboundHandlers.layer(
    Effect.map(
      WahaLids,
      (lids) => InboundHandlers.on(["MessageReceived"], ({ sender }, arrival) => lids.seen(arrival, sender.identities))
    )
  )

  /**
   * Asks in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, WahaLids> = Layer.effectDiscard(
    Effect.flatMap(WahaLids, ({ run }) => Effect.forkScoped(run))
  )
}

/** The event that tells of a number that was found. @category constants @since 0.1.0 */
export const resolvedEvent = "wicara.lid.resolved"

const Answer = Schema.Struct({ pn: lenient(Schema.String) })
const decodeAnswer = Schema.decodeUnknownEffect(Answer)
const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))
const utf8 = new TextEncoder()

const resolved = Metric.counter("wicara_waha_lids_resolved", { incremental: true })

const hour = 3_600_000
const batch = 50
/** Longer than an answer may take: another process asks for it then. */
const claimFor = 60_000
const soonAgain = 300_000
const mostAttempts = 8

/** An hour, then four times as long each time, a week at most. */
const nextAfter = (attempts: number): number => Math.min(hour * 4 ** attempts, 168 * hour)

/** The attempts for one who is on WAHA's list and never wrote. */
const listedOnly = -1
const remembered = 20_000

interface Row {
  readonly organization_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly lid: string
  readonly phone: string | null
  readonly attempts: unknown
  readonly due_at: unknown
}

const make = Effect.fnUntraced(function*(options: WahaLidsOptions) {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const events = yield* InboundEvents
  const client = yield* HttpClient.HttpClient
  const pollInterval = options.pollInterval ?? "10 seconds"
  // Each message names its writer: what is stored already costs no statement.
  const known = new Set<string>()

  const remember = (key: string) => {
    if (known.size >= remembered) known.clear()
    known.add(key)
  }

  const seen = Effect.fnUntraced(
    function*(key: AccountKey, identities: ReadonlyArray<Identity>) {
      const { channelAccountId } = key
      const lid = identities.find(({ kind }) => kind === "lid")?.value
      const phone = identities.find(({ kind }) => kind === "phone")?.value
      const name = `${channelAccountId}/${lid}`
      if (lid === undefined || lid.length > 40 || known.has(name)) return
      const account = yield* Effect.option(accounts.lookup(channelAccountId))
      if (account._tag === "None" || account.value.adapter.id !== "waha") return
      const state = { attempts: 0, due_at: phone === undefined ? yield* Clock.currentTimeMillis : null }
      yield* Effect.orDie(
        insertIfAbsent(sql, "waha_lids", "attempts", [{ ...columnsOf(key), lid, phone: phone ?? null, ...state }])
      )
      // When it was listed there may have been nobody to link it to.
      yield* Effect.orDie(sql`UPDATE waha_lids SET ${sql.update(state)}
        WHERE ${isOfAccount(sql, key)} AND lid = ${lid} AND attempts = ${listedOnly}`)
      // What is rolled back is not remembered.
      yield* sql.afterCommit(Effect.sync(() => remember(name)))
    }
  )

  const isOf = (row: Row) =>
    sql`organization_id = ${row.organization_id} AND channel_account_id = ${row.channel_account_id} AND lid = ${row.lid}`

  const later = (row: Row, dueAt: number | null, attempts = Number(row.attempts)) =>
    sql`UPDATE waha_lids SET due_at = ${dueAt}, attempts = ${attempts} WHERE ${isOf(row)}`

  const tell = ({ channelAccountId, organizationId }: AccountKey, session: string, { lid, phone }: LidPair, how = "") =>
    events.ingest({
      organizationId,
      channelAccountId,
      dedupeKey: `${resolvedEvent}:${lid}:${phone}${how}`,
      body: utf8.encode(encodeJson({ event: resolvedEvent, session, payload: { lid, phone } }))
    })

  const listed = Effect.fn("WahaLids.listed")(
    function*(key: AccountKey, session: string, pairs: ReadonlyArray<LidPair>) {
      if (pairs.length === 0) return
      const known = yield* Effect.orDie(varying(
        sql,
        sql<Pick<Row, "lid" | "phone" | "attempts">>`SELECT lid, phone, attempts FROM waha_lids
          WHERE ${isOfAccount(sql, key)} AND lid IN ${sql.in(pairs.map(({ lid }) => lid))}`
      ))
      const before = new Map(known.map((row) => [row.lid, row]))
      for (const pair of pairs) {
        const row = before.get(pair.lid)
        if (pair.lid.length > 40 || pair.phone.length > 40 || row?.phone === pair.phone) continue
        const wrote = row !== undefined && Number(row.attempts) !== listedOnly
        // Told before it is noted, as below.
        yield* tell(key, session, pair, wrote ? "" : ":listed")
        yield* Effect.orDie(
          row === undefined
            ? insertIfAbsent(sql, "waha_lids", "attempts", [
              { ...columnsOf(key), ...pair, attempts: listedOnly, due_at: null }
            ])
            : sql`UPDATE waha_lids SET ${sql.update({ phone: pair.phone, ...(wrote ? { due_at: null } : {}) })}
              WHERE ${isOfAccount(sql, key)} AND lid = ${pair.lid}`
        )
        if (wrote) yield* Metric.update(resolved, 1)
      }
    }
  )

  const resolve = Effect.fnUntraced(function*(row: Row, now: number) {
    const channelAccountId = Id.fromBytes<ChannelAccountId>(row.channel_account_id)
    const found = yield* Effect.result(Effect.gen(function*() {
      const { account: resolved } = yield* accounts.lookup(channelAccountId)
      const account: Waha.Account = resolved
      const { settings } = account
      if (row.phone !== null) return { session: settings.session, phone: ChatId.parse(`${row.phone}@c.us`) }
      const { pn } = yield* Failure.ask(account, {
        method: "GET",
        path: WahaApi.path`/api/${settings.session}/lids/${`${row.lid}@lid`}`
      }, decodeAnswer)
      return { session: settings.session, phone: ChatId.parse(pn) }
    }))
    if (found._tag === "Failure") {
      // The account was removed: nobody can be asked any more.
      yield* later(row, found.failure._tag === "NotFound" ? null : now + soonAgain)
      return
    }
    const { phone, session } = found.success
    if (phone?.kind !== "phone") {
      const attempts = Number(row.attempts) + 1
      yield* later(row, attempts >= mostAttempts ? null : now + nextAfter(Number(row.attempts)), attempts)
      return
    }
    // Told before it is noted: what breaks in between is told again under the same key.
    const organizationId = Id.fromBytes<OrganizationId>(row.organization_id)
    yield* tell({ organizationId, channelAccountId }, session, { lid: row.lid, phone: phone.user })
    yield* sql`UPDATE waha_lids SET phone = ${phone.user}, due_at = NULL WHERE ${isOf(row)}`
    yield* Metric.update(resolved, 1)
  })

  const runOnce = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const due = yield* sql<Row>`SELECT organization_id, channel_account_id, lid, phone, attempts, due_at FROM waha_lids
      WHERE due_at <= ${now} ORDER BY due_at LIMIT ${rowLimit(sql, batch)}`
    const asked = yield* Effect.forEach(due, (row) =>
      Effect.gen(function*() {
        const claimed = yield* affectedRows(sql`UPDATE waha_lids SET due_at = ${now + claimFor}
          WHERE ${isOf(row)} AND due_at = ${Number(row.due_at)}`)
        if (claimed === 0) return 0
        yield* resolve(row, now)
        return 1
      }), { concurrency: 4 })
    return asked.reduce((total: number, one) => total + one, 0)
  }).pipe(Effect.orDie, Effect.provideService(HttpClient.HttpClient, client))

  return WahaLids.of({
    seen,
    listed,
    runOnce,
    run: Effect.forever(Effect.andThen(
      Effect.catchCause(runOnce, (cause) => Effect.logWarning("Asking for phone numbers failed", cause)),
      Effect.sleep(pollInterval)
    ))
  })
})
