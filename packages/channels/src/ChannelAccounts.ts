/**
 * The channel accounts of organizations: their settings, their credentials (encrypted), their health.
 *
 * @since 0.1.0
 */
import { Cache, Clock, Context, Effect, Exit, Layer, Option, Schema } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import type { Unavailable } from "@wicara/core/Problem"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { Secrets } from "@wicara/core/Secrets"
import { affectedRows, joinTransaction, orDieSql, orUnique, rowLimit } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor, OrganizationId } from "@wicara/core/Tenancy"
import type {
  AccountConnection,
  AccountStatus,
  ChannelAccount,
  CreateChannelAccount,
  UpdateChannelAccount
} from "./ChannelAccount.ts"
import { ChannelAccountId } from "./ChannelAdapter.ts"
import type { AccountHealth, SendLimit } from "./ChannelAdapter.ts"
import { ChannelRegistry } from "./ChannelRegistry.ts"
import type { AnyChannelAdapter } from "./ChannelRegistry.ts"
import type { AccountFacts } from "./InboundEvent.ts"
import { accountFacts } from "./internal/accountFacts.ts"
import { makeAccountHolds } from "./internal/accountHolds.ts"
import { makeAccountRows, toAccount } from "./internal/accountRows.ts"
import type { AccountKey, AccountRow } from "./internal/accountRows.ts"
import { checkSecrets, encodeObject, invalid, makeAccountSecrets } from "./internal/accountSecrets.ts"
import { makeConnectionRows } from "./internal/connectionRows.ts"
import { makeResolveAccount } from "./internal/resolveAccount.ts"
import { makeRotationRows } from "./internal/rotationRows.ts"
import { encodeLimits, noLimits } from "./internal/sendLimits.ts"
import { AccountCreated, AccountDeleted, AccountUpdated } from "./events.ts"
import * as SendGate from "./SendGate.ts"

/**
 * Why an account's messages wait. Instants are epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccountHold {
  /** The provider's code, or the adapter's word. */
  readonly code: string
  readonly reason: string
  readonly since: number
  /** When the next message is tried, to see whether the provider takes messages again. */
  readonly probeAt: number
}

/**
 * An account with its adapter, its settings and secrets decoded: what is needed to receive and to send.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResolvedAccount {
  readonly id: ChannelAccountId
  readonly organizationId: OrganizationId
  readonly name: string
  readonly status: AccountStatus
  readonly connection: AccountConnection
  /** Its provider refuses the account itself: messages wait, and one is tried at `probeAt`. */
  readonly hold: AccountHold | null
  /** Every limit that sending through it keeps to: the provider's, and the organization's own. */
  readonly limits: ReadonlyArray<SendLimit>
  /** What its provider last said that it may do. */
  readonly facts: AccountFacts
  readonly adapter: AnyChannelAdapter
  readonly account: Parameters<AnyChannelAdapter["test"]>[0]
  /** Where its provider is to deliver webhooks. */
  readonly webhookUrl: string
  /** The key in that address; `null`: it has none. */
  readonly urlKey: string | null
  /** What else is taken from the provider until a rotation is over. */
  readonly previous: PreviousCredentials | null
}

/**
 * What an account had before its credentials or its address were rotated: webhooks that know only this are still taken,
 * until `until` (epoch milliseconds).
 *
 * @category models
 * @since 0.1.0
 */
export interface PreviousCredentials {
  readonly account: ResolvedAccount["account"]
  readonly urlKey: string | null
  readonly until: number
  /** The provider uses what is new already. */
  readonly takenOver: boolean
}

/**
 * @category services
 * @since 0.1.0
 */
export class ChannelAccounts extends Context.Service<ChannelAccounts, {
  readonly create: (
    input: CreateChannelAccount
  ) => Effect.Effect<ChannelAccount, InvalidInput | Conflict, CurrentOrganization | CurrentActor>
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<ChannelAccount>, InvalidInput, CurrentOrganization>
  readonly get: (id: ChannelAccountId) => Effect.Effect<ChannelAccount, NotFound, CurrentOrganization>
  /** The account of a channel that is used where none is named. */
  readonly defaultOf: (channel: string) => Effect.Effect<Option.Option<ChannelAccount>, never, CurrentOrganization>
  readonly update: (
    id: ChannelAccountId,
    input: UpdateChannelAccount
  ) => Effect.Effect<ChannelAccount, NotFound | InvalidInput | Conflict, CurrentOrganization | CurrentActor>
  /** Removes the account and its credentials; its conversations stay. */
  readonly delete: (id: ChannelAccountId) => Effect.Effect<void, NotFound, CurrentOrganization | CurrentActor>
  /** Makes a round trip to the provider and remembers what it found. */
  readonly test: (id: ChannelAccountId) => Effect.Effect<AccountHealth, NotFound | Unavailable, CurrentOrganization>
  /**
   * An account by its id alone, for requests that no one signed in for: the organization follows from the account. Kept
   * for 5 seconds. `Unavailable` when this process lacks the account's adapter or can't read its credentials.
   */
  readonly lookup: (id: string) => Effect.Effect<ResolvedAccount, NotFound | Unavailable>
  /** Like `lookup`, for an account that must belong to the current organization. */
  readonly resolve: (
    id: ChannelAccountId
  ) => Effect.Effect<ResolvedAccount, NotFound | Unavailable, CurrentOrganization>
  /** Like `resolve`, with what was changed in any process until now. */
  readonly refreshed: (
    id: ChannelAccountId
  ) => Effect.Effect<ResolvedAccount, NotFound | Unavailable, CurrentOrganization>
  /** The provider uses what an account was rotated to: what was before is taken for 10 more minutes. */
  readonly takeOver: (account: ResolvedAccount) => Effect.Effect<void>
  /** Records what the provider said about the account's connection. Appends an event when that is news. */
  readonly recordConnection: (
    id: ChannelAccountId,
    change: { readonly connection: AccountConnection; readonly kind: string; readonly detail: string | undefined }
  ) => Effect.Effect<void, never, CurrentOrganization>
  /** Records what the provider said (at `at`, epoch milliseconds) that the account may do. */
  readonly recordFacts: (
    id: ChannelAccountId,
    said: { readonly facts: AccountFacts; readonly at: number }
  ) => Effect.Effect<void, never, CurrentOrganization>
  /**
   * The provider refuses the account, not one message: its messages wait from now on, it needs action, and an event says
   * so once. Refused again when a message is tried, it waits longer for the next try (30 seconds to 5 minutes).
   */
  readonly hold: (
    id: ChannelAccountId,
    refusal: { readonly code: string; readonly reason: string }
  ) => Effect.Effect<void, never, CurrentOrganization>
  /** Ends a hold because the account was changed: its messages are tried again. */
  readonly release: (id: ChannelAccountId) => Effect.Effect<void, never, CurrentOrganization>
  /**
   * The provider took a message that was sent at `sentAt` (epoch milliseconds): if that was after the hold began, it
   * ends. A hold also ends when the provider says that the account is connected, and with a change of the account.
   */
  readonly endHold: (id: ChannelAccountId, sentAt: number) => Effect.Effect<void, never, CurrentOrganization>
}>()("@wicara/channels/ChannelAccounts") {
  /**
   * Accounts in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    ChannelAccounts,
    never,
    SqlClient.SqlClient | ChannelRegistry | Secrets | Events | Audit | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(ChannelAccounts, make))
}

const Position = Schema.Struct({ id: ChannelAccountId })

const cacheCapacity = 20_000

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ChannelRegistry
  const secrets = yield* Secrets
  const events = yield* Events
  const audit = yield* Audit
  const httpClient = yield* HttpClient.HttpClient
  const publicUrl = yield* PublicUrl

  const { columns, find } = makeAccountRows(sql)
  const facts = accountFacts(sql)
  const { seal } = makeAccountSecrets(secrets)
  const rotations = makeRotationRows(sql, secrets)
  const connections = makeConnectionRows(sql)
  const read = makeResolveAccount(sql, registry, secrets, publicUrl)

  const cache = yield* Cache.makeWith(read, {
    capacity: cacheCapacity,
    timeToLive: (exit) => Exit.isSuccess(exit) ? "5 seconds" : isNotFound(exit) ? "1 second" : 0
  })

  // At the commit, too: until then others read, and would keep, what was.
  const forget = (id: ChannelAccountId) =>
    Effect.andThen(Cache.invalidate(cache, id), sql.afterCommit(Cache.invalidate(cache, id)))

  const { deleteHold, endHold, freed, hold, recordConnection, release } = makeAccountHolds(sql, events, forget)

  const lookup = Effect.fnUntraced(function*(id: string): Effect.fn.Return<ResolvedAccount, NotFound | Unavailable> {
    if (!isId(id)) return yield* NotFound.of("channel account", id)
    const ready = yield* Cache.getSuccess(cache, id)
    if (Option.isSome(ready)) return ready.value
    // Within a transaction a look-up that someone else began must not be waited for: it may be waiting for the
    // connection that this transaction holds.
    const ambient = yield* Effect.serviceOption(sql.transactionService)
    return yield* Option.isSome(ambient) ? read(id) : Cache.get(cache, id)
  })

  const adapterOf = (channel: string): Effect.Effect<AnyChannelAdapter, InvalidInput> => {
    const adapter = registry.get(channel)
    return Option.isSome(adapter) ? Effect.succeed(adapter.value) : Effect.fail(InvalidInput.of(
      "/channel",
      `There is no channel "${channel}". Known: ${registry.all.map((known) => known.id).join(", ")}.`
    ))
  }

  const checkSettings = Effect.fnUntraced(function*(adapter: AnyChannelAdapter, settings: Schema.JsonObject) {
    const decoded = yield* Schema.decodeUnknownEffect(Schema.toCodecJson(adapter.settings))(settings).pipe(
      Effect.mapError((error) => invalid("/settings", error, true))
    )
    const key = adapter.accountKey?.(decoded)
    return key === undefined || key === "" ? null : key.slice(0, 190)
  })

  const markDefault = (row: AccountKey) =>
    sql`UPDATE channels_accounts SET is_default = 1
      WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND deleted_at IS NULL`

  const dropDefault = (row: Pick<AccountRow, "organization_id" | "channel">) =>
    sql`UPDATE channels_accounts SET is_default = NULL
      WHERE organization_id = ${row.organization_id} AND channel = ${row.channel} AND is_default = 1`

  const unique = orUnique(() => new Conflict({ detail: "This number, session or site is connected already." }))

  const create = Effect.fn("ChannelAccounts.create")(function*(input: CreateChannelAccount) {
    const organization = yield* CurrentOrganization
    const adapter = yield* adapterOf(input.channel)
    const externalKey = yield* checkSettings(adapter, input.settings)
    yield* checkSecrets(adapter, input.secrets)
    const id = yield* Id.next(ChannelAccountId)
    const sealed = yield* seal(id, input.secrets)
    const now = yield* Clock.currentTimeMillis
    yield* joinTransaction(
      sql,
      Effect.gen(function*() {
        yield* sql`INSERT INTO channels_accounts ${
          sql.insert({
            organization_id: Id.toBytes(organization.id),
            id: Id.toBytes(id),
            channel: input.channel,
            name: input.name,
            external_key: externalKey,
            settings: encodeObject(input.settings),
            secrets: sealed,
            status: "active",
            limits: input.limits === undefined ? null : encodeLimits(input.limits),
            connection: "unknown",
            created_at: now,
            updated_at: now
          })
        }`
        // The first one of its channel; of two that are made at the same time, one.
        yield* markDefault({ organization_id: Id.toBytes(organization.id), id: Id.toBytes(id) }).pipe(
          orUnique(() => "taken" as const),
          Effect.ignore
        )
        yield* connections.begin(organization.id, id, now)
        yield* events.append(AccountCreated, {
          aggregateId: id,
          payload: { channelAccountId: id, channel: input.channel }
        })
        yield* audit.record({
          action: "channel.account.created",
          target: { type: "channel_account", id },
          after: {
            channel: input.channel,
            name: input.name,
            settings: input.settings,
            limits: input.limits ?? noLimits
          }
        })
      })
    ).pipe(unique)
    yield* forget(id)
    return yield* Effect.flatMap(find(id), toAccount).pipe(Effect.orDie)
  })

  const list = Effect.fn("ChannelAccounts.list")(function*(query: Pagination.PageQuery) {
    const organization = yield* CurrentOrganization
    const after = yield* Pagination.position(Position, query)
    const limit = Pagination.limit(query)
    const rows = yield* Effect.orDie(sql<AccountRow>`SELECT ${columns} FROM channels_accounts
      WHERE organization_id = ${Id.toBytes(organization.id)} AND deleted_at IS NULL
        ${after === undefined ? sql.literal("") : sql`AND id > ${Id.toBytes(after.id)}`}
      ORDER BY id LIMIT ${rowLimit(sql, limit + 1)}`)
    return Pagination.page(yield* Effect.forEach(rows, toAccount), limit, Position, (account) => ({ id: account.id }))
  })

  const update = Effect.fn("ChannelAccounts.update")(function*(id: ChannelAccountId, input: UpdateChannelAccount) {
    const row = yield* find(id)
    const before = yield* toAccount(row)
    const adapter = yield* adapterOf(row.channel)
    const externalKey = input.settings === undefined ? undefined : yield* checkSettings(adapter, input.settings)
    if (input.secrets !== undefined) yield* checkSecrets(adapter, input.secrets)
    const sealed = input.secrets === undefined ? undefined : yield* seal(id, input.secrets)
    const now = yield* Clock.currentTimeMillis
    yield* joinTransaction(
      sql,
      Effect.gen(function*() {
        const changed = yield* affectedRows(sql`UPDATE channels_accounts SET ${
          sql.csv([
            sql`updated_at = ${now}`,
            ...(input.name === undefined ? [] : [sql`name = ${input.name}`]),
            ...(input.status === undefined ? [] : [sql`status = ${input.status}`]),
            ...(input.limits === undefined ? [] : [sql`limits = ${encodeLimits(input.limits)}`]),
            ...(input.isDefault === false ? [sql`is_default = NULL`] : []),
            ...(input.settings === undefined
              ? []
              : [sql`settings = ${encodeObject(input.settings)}`, sql`external_key = ${externalKey ?? null}`]),
            ...(sealed === undefined ? [] : [sql`secrets = ${sealed}`])
          ])
        } WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND deleted_at IS NULL`)
        if (changed === 0) return yield* NotFound.of("channel account", id)
        if (input.isDefault === true && !before.isDefault) {
          yield* dropDefault(row)
          yield* markDefault(row)
        }
        // What was changed may be what the provider refused.
        if (input.settings !== undefined || input.secrets !== undefined || input.status !== undefined) {
          yield* freed(row)
          yield* connections.change(Id.fromBytes(row.organization_id), id, { nextCheckAt: now })
        }
        yield* events.append(AccountUpdated, { aggregateId: id, payload: { channelAccountId: id } })
        yield* audit.record({
          action: "channel.account.updated",
          target: { type: "channel_account", id },
          before: {
            name: before.name,
            status: before.status,
            settings: before.settings,
            limits: before.limits,
            isDefault: before.isDefault
          },
          after: {
            name: input.name ?? before.name,
            status: input.status ?? before.status,
            limits: input.limits ?? before.limits,
            isDefault: input.isDefault ?? before.isDefault,
            settings: input.settings ?? before.settings,
            secretsReplaced: input.secrets !== undefined
          }
        })
      })
    ).pipe(unique)
    yield* forget(id)
    return yield* Effect.flatMap(find(id), toAccount)
  })

  const remove = Effect.fn("ChannelAccounts.delete")(function*(id: ChannelAccountId) {
    const organization = (yield* CurrentOrganization).id
    const row = yield* find(id)
    const now = yield* Clock.currentTimeMillis
    yield* joinTransaction(
      sql,
      Effect.gen(function*() {
        const changed = yield* affectedRows(sql`UPDATE channels_accounts
          SET deleted_at = ${now}, updated_at = ${now}, secrets = NULL, external_key = NULL, status = 'disabled',
            is_default = NULL
          WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND deleted_at IS NULL`)
        if (changed === 0) return yield* NotFound.of("channel account", id)
        yield* deleteHold(row)
        yield* facts.forget(organization, id)
        yield* connections.forget(organization, id)
        yield* rotations.forget(organization, id)
        yield* events.append(AccountDeleted, { aggregateId: id, payload: { channelAccountId: id } })
        yield* audit.record({
          action: "channel.account.deleted",
          target: { type: "channel_account", id },
          before: { channel: row.channel, name: row.name }
        })
      })
    ).pipe(orDieSql)
    yield* forget(id)
  })

  const resolve = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const organization = yield* CurrentOrganization
    const resolved = yield* lookup(id)
    return resolved.organizationId === organization.id ? resolved : yield* NotFound.of("channel account", id)
  })

  const refreshed = Effect.fnUntraced(function*(id: ChannelAccountId) {
    yield* Cache.invalidate(cache, id)
    return yield* resolve(id)
  })

  const takeOver = Effect.fn("ChannelAccounts.takeOver")(function*({ id, organizationId }: ResolvedAccount) {
    yield* joinTransaction(sql, rotations.takeOver(organizationId, id, yield* Clock.currentTimeMillis)).pipe(orDieSql)
    yield* forget(id)
  })

  const test = Effect.fn("ChannelAccounts.test")(function*(id: ChannelAccountId) {
    const row = yield* find(id)
    // What was just changed is what is to be tested.
    const resolved = yield* refreshed(id)
    const health: AccountHealth = yield* resolved.adapter.test(resolved.account).pipe(
      Effect.provideService(HttpClient.HttpClient, httpClient),
      Effect.timeoutOrElse({
        duration: "30 seconds",
        orElse: () => Effect.succeed({ status: "fail" as const, message: "No answer within 30 seconds." })
      }),
      Effect.flatMap((found) => SendGate.health(resolved, found))
    )
    const now = yield* Clock.currentTimeMillis
    yield* joinTransaction(
      sql,
      sql`UPDATE channels_accounts SET health_status = ${health.status}, health_message = ${health.message},
          health_checked_at = ${now}
        WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
    ).pipe(orDieSql)
    return health
  })

  const recordFacts = Effect.fn("ChannelAccounts.recordFacts")(function*(
    id: ChannelAccountId,
    said: { readonly facts: AccountFacts; readonly at: number }
  ) {
    const organization = yield* CurrentOrganization
    const isNew = yield* Effect.orDie(joinTransaction(sql, facts.record(organization.id, id, said)))
    if (isNew) yield* forget(id)
  })

  const defaultOf = Effect.fn("ChannelAccounts.defaultOf")(function*(channel: string) {
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(sql<AccountRow>`SELECT ${columns} FROM channels_accounts
      WHERE organization_id = ${Id.toBytes(organization.id)} AND channel = ${channel} AND deleted_at IS NULL
        AND is_default = 1`)
    return row === undefined ? Option.none() : Option.some(yield* toAccount(row))
  })

  return ChannelAccounts.of({
    create,
    list,
    defaultOf,
    get: Effect.fn("ChannelAccounts.get")((id) => Effect.flatMap(find(id), toAccount)),
    update,
    delete: remove,
    test,
    lookup,
    resolve,
    refreshed,
    takeOver,
    recordConnection,
    recordFacts,
    hold,
    release,
    endHold
  })
})

const isId = (id: string): id is ChannelAccountId => Id.isCanonical(id)

const isNotFound = (exit: Exit.Exit<unknown, NotFound | Unavailable>): boolean =>
  Option.exists(Exit.findErrorOption(exit), (error) => error._tag === "NotFound")
