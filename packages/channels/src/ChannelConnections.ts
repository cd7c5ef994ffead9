/**
 * Connecting accounts and letting them go: what a wizard does, on any channel, from any process. Where an account stands
 * is kept, so that all processes show the same, and every change is told once.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import { Conflict, InvalidInput } from "@wicara/core/Problem"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import { joinTransaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import type { ResolvedAccount } from "./ChannelAccounts.ts"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import type { ChannelConnection, ChannelKind, ChannelSetup, ConnectAccount } from "./ChannelConnection.ts"
import { ChannelRegistry } from "./ChannelRegistry.ts"
import { toConnection } from "./internal/connectionRows.ts"
import type { ConnectionRow } from "./internal/connectionRows.ts"
import { makeObserve } from "./internal/observe.ts"
import { makeProviderCalls, toProblem } from "./internal/providerCalls.ts"
import { toSetup } from "./internal/setup.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class ChannelConnections extends Context.Service<ChannelConnections, {
  /** The channels of this server, with what their accounts need. */
  readonly kinds: ReadonlyArray<ChannelKind>
  /** Begins to connect, or goes on with it; asked again, it changes nothing. */
  readonly connect: (
    id: ChannelAccountId,
    request: ConnectAccount
  ) => Effect.Effect<
    ChannelConnection,
    NotFound | InvalidInput | Conflict | Unavailable,
    CurrentOrganization | CurrentActor
  >
  /**
   * How the account stands now. The provider is asked, unless it was 30 seconds ago or less (2 seconds while something
   * is to be done); what it does not tell is in `problem`.
   */
  readonly get: (id: ChannelAccountId) => Effect.Effect<ChannelConnection, NotFound | Unavailable, CurrentOrganization>
  /** Starts a connection that failed or hangs once more, without a new pairing. */
  readonly restart: (
    id: ChannelAccountId
  ) => Effect.Effect<ChannelConnection, NotFound | Conflict | Unavailable, CurrentOrganization | CurrentActor>
  /** Ends it; with `forget`, the provider also drops the pairing or the subscription. */
  readonly disconnect: (
    id: ChannelAccountId,
    options: { readonly forget: boolean }
  ) => Effect.Effect<ChannelConnection, NotFound | Conflict | Unavailable, CurrentOrganization | CurrentActor>
  /** How it stands now and after every change. Looks once a second, and asks the provider while something is to be done. */
  readonly changes: (
    id: ChannelAccountId
  ) => Effect.Effect<Stream.Stream<ChannelConnection>, NotFound | Unavailable, CurrentOrganization>
  /** What an inspection found last. */
  readonly setup: (id: ChannelAccountId) => Effect.Effect<ChannelSetup, NotFound | Unavailable, CurrentOrganization>
  /** Looks now for what is wrong with the set-up at the provider. */
  readonly inspect: (
    id: ChannelAccountId
  ) => Effect.Effect<ChannelSetup, NotFound | Conflict | Unavailable, CurrentOrganization>
  /** Mends what can be mended, and looks again. */
  readonly repair: (
    id: ChannelAccountId
  ) => Effect.Effect<ChannelSetup, NotFound | Conflict | Unavailable, CurrentOrganization | CurrentActor>
}>()("@wicara/channels/ChannelConnections") {
  /**
   * Over the accounts, with their state in SQL. Webhooks are registered at the `PublicUrl`.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    ChannelConnections,
    never,
    SqlClient.SqlClient | ChannelAccounts | ChannelRegistry | Events | Audit | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(ChannelConnections, make))
}

/** What a person who connects does is seen by them: nobody else is told for so long, in milliseconds. */
const wizardTime = 15 * 60_000

const freshFor = (row: ConnectionRow): number =>
  row.state === null || row.state._tag === "Connected" || row.state._tag === "Disconnected" ? 30_000 : 2_000

const slowly = "90 seconds"

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.JsonObject))

const describe = (schema: Schema.Codec<unknown, unknown>): Schema.JsonObject => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(Schema.toCodecJson(schema))
  return decodeJson(JSON.stringify(Object.keys(definitions).length === 0 ? root : { ...root, $defs: definitions }))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const registry = yield* ChannelRegistry
  const audit = yield* Audit
  const calls = makeProviderCalls(yield* HttpClient.HttpClient)
  const observe = makeObserve(sql, accounts, yield* Events)

  const methodsOf = ({ adapter }: ResolvedAccount) => adapter.lifecycle?.methods ?? (["credentials"] as const)
  const view = (row: ConnectionRow, account: ResolvedAccount) => toConnection(row, methodsOf(account))

  const rowOf = (account: ResolvedAccount) => Effect.orDie(joinTransaction(sql, observe.row(account)))

  /** Asks the provider, and writes down what it said. */
  const look = Effect.fnUntraced(function*(account: ResolvedAccount) {
    const askedAt = yield* Clock.currentTimeMillis
    const told = yield* Effect.catch(calls.state(account), Effect.succeed)
    const row = yield* observe.state(account, askedAt, told)
    const { lifecycle } = account.adapter
    // Some providers give a code only once they would show a QR code, and that they do later.
    if (lifecycle === undefined || row.state?._tag !== "ScanQr" || row.method !== "code" || row.phone === null) {
      return row
    }
    if (row.connectingUntil === null || row.connectingUntil < askedAt) return row
    const { phone } = row
    const code = yield* Effect.catch(
      calls.ask(
        account,
        lifecycle.connect({ method: "code", phone, webhookUrl: account.webhookUrl }, account.account),
        slowly
      ),
      Effect.succeed
    )
    return yield* observe.state(account, yield* Clock.currentTimeMillis, code)
  })

  const current = Effect.fnUntraced(function*(account: ResolvedAccount) {
    const row = yield* rowOf(account)
    const now = yield* Clock.currentTimeMillis
    return row.askedAt !== null && now - row.askedAt < freshFor(row) ? row : yield* look(account)
  })

  const change = (account: ResolvedAccount, values: Parameters<typeof observe.rows.change>[2]) =>
    Effect.orDie(joinTransaction(
      sql,
      Effect.andThen(observe.row(account), observe.rows.change(account.organizationId, account.id, values))
    ))

  const noted = (account: ResolvedAccount, action: string, after?: unknown) =>
    audit.record({
      action: `channel.account.${action}`,
      target: { type: "channel_account", id: account.id },
      ...(after === undefined ? {} : { after })
    })

  const connect = Effect.fn("ChannelConnections.connect")(function*(id: ChannelAccountId, request: ConnectAccount) {
    const account = yield* accounts.refreshed(id)
    const { lifecycle } = account.adapter
    const methods: ReadonlySet<string> = new Set(methodsOf(account))
    if (!methods.has(request.method)) {
      return yield* InvalidInput.of("/method", `This channel connects by: ${[...methods].join(", ")}.`)
    }
    if (request.method === "code" && request.phone === undefined) {
      return yield* InvalidInput.of("/phone", "Name the number that the code is for.")
    }
    const now = yield* Clock.currentTimeMillis
    const { method } = request
    const phone = request.phone?.replace("+", "")
    yield* change(account, { method, phone: phone ?? null, connectingUntil: now + wizardTime })
    yield* noted(account, "connecting", { method })
    if (lifecycle === undefined) return view(yield* look(account), account)
    const state = yield* calls.ask(
      account,
      lifecycle.connect({
        method,
        ...(phone === undefined ? {} : { phone }),
        webhookUrl: account.webhookUrl
      }, account.account),
      slowly
    ).pipe(
      Effect.catchIf(({ kind }) => kind === "account", Effect.succeed),
      Effect.mapError(toProblem)
    )
    return view(yield* observe.state(account, yield* Clock.currentTimeMillis, state), account)
  })

  const get = Effect.fn("ChannelConnections.get")(function*(id: ChannelAccountId) {
    const account = yield* accounts.resolve(id)
    return view(yield* current(account), account)
  })

  const restart = Effect.fn("ChannelConnections.restart")(function*(id: ChannelAccountId) {
    const account = yield* accounts.refreshed(id)
    const { lifecycle } = account.adapter
    if (lifecycle?.restart === undefined) {
      return yield* new Conflict({ detail: "Accounts of this channel can't be restarted." })
    }
    yield* noted(account, "restarted")
    yield* change(account, { restarts: 0, restartAt: null })
    const state = yield* Effect.mapError(calls.ask(account, lifecycle.restart(account.account), slowly), toProblem)
    return view(yield* observe.state(account, yield* Clock.currentTimeMillis, state), account)
  })

  const disconnect = Effect.fn("ChannelConnections.disconnect")(function*(
    id: ChannelAccountId,
    options: { readonly forget: boolean }
  ) {
    const account = yield* accounts.refreshed(id)
    const { lifecycle } = account.adapter
    if (lifecycle === undefined) {
      return yield* new Conflict({ detail: "Accounts of this channel can't be disconnected: disable or delete them." })
    }
    yield* noted(account, "disconnected", options)
    yield* Effect.mapError(calls.ask(account, lifecycle.disconnect(options, account.account), slowly), toProblem)
    const now = yield* Clock.currentTimeMillis
    yield* change(account, { connectedAt: null, method: null, connectingUntil: now + 60_000 })
    return view(yield* look(account), account)
  })

  const changes = Effect.fn("ChannelConnections.changes")(function*(id: ChannelAccountId) {
    const organization = yield* CurrentOrganization
    const account = yield* accounts.resolve(id)
    const first = yield* current(account)
    const next = Effect.gen(function*() {
      yield* Effect.sleep("1 second")
      const row = yield* rowOf(account)
      // Who watches wants to see what happens; a connected account is watched by the checks.
      return row.state?._tag === "Connected" ? row : yield* current(account)
    }).pipe(Effect.provideService(CurrentOrganization, organization))
    return Stream.concat(Stream.succeed(first), Stream.fromEffectRepeat(next)).pipe(
      Stream.changesWith((one, other) => one.revision === other.revision && one.failure?.code === other.failure?.code),
      Stream.map((row) => view(row, account))
    )
  })

  const inspected = Effect.fnUntraced(function*(account: ResolvedAccount) {
    const { lifecycle } = account.adapter
    const found = lifecycle === undefined
      ? []
      : yield* Effect.mapError(
        calls.ask(account, lifecycle.inspect(account.webhookUrl, account.account)),
        toProblem
      )
    yield* observe.findings(account, found)
    return toSetup(yield* rowOf(account))
  })

  return ChannelConnections.of({
    kinds: registry.all.map(({ id, lifecycle, name, profile, secrets, settings }): ChannelKind => ({
      id,
      name,
      methods: [...lifecycle?.methods ?? (["credentials"] as const)],
      settings: describe(settings),
      secrets: describe(secrets),
      ownSecrets: [...lifecycle?.ownSecrets ?? []],
      profile: [...profile?.changeable ?? []]
    })),
    connect,
    get,
    restart,
    disconnect,
    changes,
    setup: Effect.fn("ChannelConnections.setup")((id) =>
      Effect.flatMap(accounts.resolve(id), (account) => Effect.map(rowOf(account), toSetup))
    ),
    inspect: Effect.fn("ChannelConnections.inspect")((id) => Effect.flatMap(accounts.refreshed(id), inspected)),
    repair: Effect.fn("ChannelConnections.repair")(function*(id) {
      const account = yield* accounts.refreshed(id)
      const { lifecycle } = account.adapter
      if (lifecycle !== undefined) {
        yield* noted(account, "repaired")
        yield* Effect.mapError(
          calls.ask(account, lifecycle.repair(account.webhookUrl, account.account), slowly),
          toProblem
        )
      }
      return yield* inspected(account)
    })
  })
})
