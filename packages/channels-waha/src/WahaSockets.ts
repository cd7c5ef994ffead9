/**
 * Reads the events of accounts whose WAHA server can't reach us from its WebSocket. One process holds an account's socket,
 * by a lease; another takes over when it is gone. What a socket says is stored like a webhook, under the same keys, before
 * the next is read. A socket repeats nothing: whenever one was opened, the account is told to have been away, and what was
 * missed is looked for (see `ChannelHistory`).
 *
 * @since 0.1.0
 */
import * as ActiveAccounts from "@wicara/channels/ActiveAccounts"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as Id from "@wicara/core/Id"
import * as Leases from "@wicara/core/Leases"
import type { RunnerId } from "@wicara/core/Runners"
import { insertIfAbsent } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { Context, Duration, Effect, FiberMap, Layer, Metric, Redacted, Schedule, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { Socket } from "effect/socket"
import * as SessionSetup from "./SessionSetup.ts"
import * as Waha from "./Waha.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface WahaSocketsOptions {
  /** How often to look for accounts to listen to, and to renew what is held (10 seconds). */
  readonly sweepEvery?: Duration.Input | undefined
  /** How long an account is held without being renewed (30 seconds). */
  readonly leaseFor?: Duration.Input | undefined
  /** The first wait before a socket is opened again (1 second); it doubles up to a minute. */
  readonly reconnectAfter?: Duration.Input | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class WahaSockets extends Context.Service<WahaSockets, {
  /** Takes what accounts are free, renews those it holds, lets go of those that need no socket; returns how many it holds. */
  readonly sweep: Effect.Effect<number>
  /** Sweeps without end. */
  readonly run: Effect.Effect<never>
  /** Ends the leases of a runner that is gone, or all. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
}>()("@wicara/channels-waha/WahaSockets") {
  /**
   * @since 0.1.0
   */
  static readonly layer = (
    options?: WahaSocketsOptions
  ): Layer.Layer<
    WahaSockets,
    never,
    SqlClient.SqlClient | ChannelAccounts | InboundEvents | Socket.WebSocketConstructor
  > => Layer.effect(WahaSockets, make(options ?? {}))

  /**
   * Runs in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, WahaSockets> = Layer.effectDiscard(
    Effect.flatMap(WahaSockets, ({ run }) => Effect.forkScoped(run))
  )
}

const frames = Metric.counter("wicara_waha_socket_frames", { incremental: true })
const opened = Metric.counter("wicara_waha_sockets_opened", { incremental: true })

const utf8 = new TextEncoder()

/** Where the events of an account's session come from; the key is part of it. */
const addressOf = ({ secrets, settings }: Waha.Account): string => {
  const query = new URLSearchParams({
    session: settings.session,
    events: SessionSetup.events.join(","),
    "x-api-key": Redacted.value(secrets.apiKey)
  })
  return `${settings.baseUrl.replace(/^http/, "ws")}/ws?${query}`
}

const make = Effect.fnUntraced(function*(options: WahaSocketsOptions) {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const events = yield* InboundEvents
  const webSockets = yield* Socket.WebSocketConstructor
  const sweepEvery = options.sweepEvery ?? "10 seconds"
  const leaseFor = Duration.toMillis(Duration.fromInputUnsafe(options.leaseFor ?? "30 seconds"))
  const rows = yield* Leases.make(sql, { table: "waha_sockets", until: "leased_until", leaseFor })
  const reconnectAfter = options.reconnectAfter ?? "1 second"
  const held = yield* FiberMap.make<ChannelAccountId>()
  const leases = new Map<
    ChannelAccountId,
    { readonly row: Leases.Row; readonly lease: Uint8Array; readonly settings: string }
  >()

  const isOf = ({ id, organizationId }: ResolvedAccount) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(id)}`

  const within = <A, E, R>(account: ResolvedAccount, effect: Effect.Effect<A, E, R>) =>
    Effect.provideService(effect, CurrentOrganization, { id: account.organizationId })

  const say = (account: ResolvedAccount, connection: "connecting" | "connected", kind: string, detail?: string) =>
    within(account, accounts.recordConnection(account.id, { connection, kind, detail }))

  /** Stored before the next is read: while the database is away, the socket waits. */
  const take = Effect.fnUntraced(function*(account: ResolvedAccount, frame: string | Uint8Array) {
    const body = typeof frame === "string" ? utf8.encode(frame) : frame
    const named = yield* Effect.result(account.adapter.identify({ headers: {}, query: {}, body }))
    if (named._tag === "Failure") return yield* Effect.logWarning("A frame of a WAHA socket is no event")
    const { id: channelAccountId, organizationId } = account
    yield* Effect.retry(
      events.ingest({ organizationId, channelAccountId, dedupeKey: named.success.dedupeKey, body }),
      Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("10 seconds")])
    )
    yield* Metric.update(frames, 1)
  })

  const once = (account: ResolvedAccount) =>
    Effect.scoped(Effect.gen(function*() {
      const socket = yield* Socket.makeWebSocket(addressOf(account.account), { openTimeout: "20 seconds" })
      const { pull } = yield* socket.reader
      yield* Metric.update(opened, 1)
      // The news that it is back is what has the past looked at.
      yield* say(account, "connecting", "socket.opening")
      yield* say(account, "connected", "socket.opened")
      return yield* Effect.forever(
        Effect.flatMap(pull, Effect.forEach((frame) => take(account, frame), { discard: true }))
      )
    })).pipe(
      Effect.provideService(Socket.WebSocketConstructor, webSockets),
      Effect.tapError((error) => say(account, "connecting", "socket.closed", error.message))
    )

  const listen = (account: ResolvedAccount) =>
    Effect.retry(
      once(account),
      Schedule.min([Schedule.exponential(reconnectAfter), Schedule.spaced("1 minute")]).pipe(Schedule.jittered)
    ).pipe(
      Effect.annotateLogs({ channelAccountId: account.id, organizationId: account.organizationId }),
      Effect.tapCause((cause) => Effect.logWarning("A WAHA socket is given up until the next sweep", cause)),
      Effect.ignoreCause
    )

  const claim = Effect.fnUntraced(function*(account: ResolvedAccount) {
    const row = isOf(account)
    const mine = leases.get(account.id)?.lease
    if (mine !== undefined && (yield* rows.renew(row, mine))) return mine
    const taken = yield* rows.claim(row)
    if (taken !== undefined) return taken
    // Held by another process, or never held by any.
    const known = yield* sql`SELECT leased_until FROM waha_sockets WHERE ${row}`
    if (known.length > 0) return undefined
    yield* insertIfAbsent(sql, "waha_sockets", "leased_until", [{
      organization_id: Id.toBytes(account.organizationId),
      channel_account_id: Id.toBytes(account.id),
      lease_id: null,
      leased_until: 0
    }])
    return yield* rows.claim(row)
  })

  const letGo = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const known = leases.get(id)
    leases.delete(id)
    yield* FiberMap.remove(held, id)
    if (known === undefined) return
    yield* Effect.ignore(rows.giveBack(known.row, known.lease, 0))
  })

  const consider = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const account = yield* accounts.lookup(id)
    const decoded: Waha.Account = account.account
    if (decoded.settings.transport !== "websocket") return false
    const lease = yield* Effect.orDie(claim(account))
    if (lease === undefined) return false
    const settings = addressOf(decoded)
    // Listening already, unless it leads elsewhere now or the socket's fiber has ended.
    const listens = leases.get(id)?.settings === settings && FiberMap.hasUnsafe(held, id)
    leases.set(id, { row: isOf(account), lease, settings })
    if (!listens) yield* FiberMap.run(held, id, listen(account))
    return true
  })

  const sweep = Effect.gen(function*() {
    const mine = new Set<ChannelAccountId>()
    yield* Stream.runForEach(
      Stream.provideService(ActiveAccounts.ofChannel(Waha.adapter.id), SqlClient.SqlClient, sql),
      (id) => Effect.map(Effect.orElseSucceed(consider(id), () => false), (taken) => void (taken && mine.add(id)))
    )
    yield* Effect.forEach([...leases.keys()].filter((id) => !mine.has(id)), letGo, { discard: true })
    return mine.size
  })

  yield* Effect.addFinalizer(() => Effect.forEach([...leases.keys()], letGo, { discard: true }))

  return WahaSockets.of({
    sweep,
    run: Effect.forever(Effect.andThen(
      Effect.catchCause(sweep, (cause) => Effect.logWarning("Looking for WAHA sockets failed", cause)),
      Effect.sleep(sweepEvery)
    )),
    releaseLeases: rows.release
  })
})
