/**
 * The channel accounts of organizations: their settings, their credentials (encrypted), their health.
 *
 * @since 0.1.0
 */
import { Cache, Clock, Context, DateTime, Effect, Exit, Layer, Option, Result, Schema } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { Secrets } from "@wicara/core/Secrets"
import { affectedRows, joinTransaction, orDieSql, orUnique, rowLimit } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor, OrganizationId } from "@wicara/core/Tenancy"
import { AccountLimits, ChannelAccount } from "./ChannelAccount.ts"
import type { AccountConnection, AccountStatus, CreateChannelAccount, UpdateChannelAccount } from "./ChannelAccount.ts"
import { ChannelAccountId } from "./ChannelAdapter.ts"
import type { AccountHealth, SendLimit } from "./ChannelAdapter.ts"
import { ChannelRegistry } from "./ChannelRegistry.ts"
import type { AnyChannelAdapter } from "./ChannelRegistry.ts"
import type { AccountFacts } from "./InboundEvent.ts"
import { accountFacts } from "./internal/accountFacts.ts"
import { checkSecrets, decodeObject, encodeObject, invalid, makeAccountSecrets } from "./internal/accountSecrets.ts"
import { makeConnectionRows } from "./internal/connectionRows.ts"
import { makeRotationRows } from "./internal/rotationRows.ts"
import { webhookUrl } from "./internal/webhookUrl.ts"
import { AccountConnectionChanged, AccountCreated, AccountDeleted, AccountUpdated } from "./events.ts"

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

interface AccountRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly channel: string
  readonly name: string
  readonly settings: string
  readonly status: AccountStatus
  readonly is_default: unknown
  readonly limits: string | null
  readonly connection: AccountConnection
  readonly health_status: "ok" | "warn" | "fail" | null
  readonly health_message: string | null
  readonly health_checked_at: unknown
  readonly created_at: unknown
  readonly updated_at: unknown
}

interface HoldRow {
  readonly code: string
  readonly reason: string
  readonly held_since: unknown
  readonly probe_at: unknown
}

/** 30 s, 1 min, 2 min, 4 min, then 5 minutes. */
const probeDelay = (probes: number): number => Math.min(30_000 * 2 ** probes, 300_000)

const LimitsText = Schema.fromJsonString(Schema.toCodecJson(AccountLimits))
const decodeLimits = Schema.decodeUnknownEffect(LimitsText)
const encodeLimits = Schema.encodeSync(LimitsText)

const noLimits: AccountLimits = { messagesPerSecond: null, messagesPerDay: null }

const limitsOf = (row: Pick<AccountRow, "limits">) =>
  row.limits === null ? Effect.succeed(noLimits) : Effect.orDie(decodeLimits(row.limits))

const day = 86_400_000

/** Whole messages in a time that fits: half a message a second is one in two. */
const perSecond = (rate: number): SendLimit =>
  rate >= 1
    ? { scope: "account", messages: Math.floor(rate), per: Math.floor(rate) * 1000 / rate }
    : { scope: "account", messages: 1, per: 1000 / rate }

const sendLimits = (
  adapter: AnyChannelAdapter,
  settings: unknown,
  facts: AccountFacts,
  own: AccountLimits
): ReadonlyArray<SendLimit> => [
  ...(adapter.limits?.(settings, facts) ?? [perSecond(adapter.capabilities.messagesPerSecond)]),
  ...(own.messagesPerSecond === null ? [] : [perSecond(own.messagesPerSecond)]),
  ...(own.messagesPerDay === null
    ? []
    : [{ scope: "account", messages: own.messagesPerDay, per: day, burst: own.messagesPerDay } as const])
]

const toAccount = Effect.fnUntraced(function*(row: AccountRow) {
  return new ChannelAccount({
    id: Id.fromBytes(row.id),
    channel: row.channel,
    name: row.name,
    settings: yield* Effect.orDie(decodeObject(row.settings)),
    status: row.status,
    isDefault: Number(row.is_default ?? 0) === 1,
    limits: yield* limitsOf(row),
    connection: row.connection,
    health: row.health_status === null ? null : {
      status: row.health_status,
      message: row.health_message ?? "",
      checkedAt: DateTime.makeUnsafe(Number(row.health_checked_at))
    },
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
  })
})

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

  const columns = sql.literal(
    "organization_id, id, channel, name, settings, status, is_default, limits, connection, health_status, health_message, " +
      "health_checked_at, created_at, updated_at"
  )
  const facts = accountFacts(sql)
  const { open, seal } = makeAccountSecrets(secrets)
  const rotations = makeRotationRows(sql, secrets)
  const connections = makeConnectionRows(sql)

  const find = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const organization = yield* CurrentOrganization
    const rows = yield* Effect.orDie(sql<AccountRow>`SELECT ${columns} FROM channels_accounts
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)} AND deleted_at IS NULL`)
    const row = rows[0]
    return row === undefined ? yield* NotFound.of("channel account", id) : row
  })

  const read = Effect.fnUntraced(function*(id: ChannelAccountId): Effect.fn.Return<
    ResolvedAccount,
    NotFound | Unavailable
  > {
    const rows = yield* Effect.orDie(sql<AccountRow & { readonly secrets: string | null }>`
      SELECT ${columns}, secrets FROM channels_accounts WHERE id = ${Id.toBytes(id)} AND deleted_at IS NULL`)
    const row = rows[0]
    if (row === undefined) return yield* NotFound.of("channel account", id)
    const holds = yield* Effect.orDie(sql<HoldRow>`SELECT code, reason, held_since, probe_at FROM channels_account_holds
      WHERE organization_id = ${row.organization_id} AND channel_account_id = ${row.id}`)
    const adapter = registry.get(row.channel)
    if (Option.isNone(adapter)) {
      yield* Effect.logWarning(`The channel account ${id} needs the channel "${row.channel}", which this process lacks`)
      return yield* new Unavailable({ detail: "This channel is not available now." })
    }
    const organizationId = Id.fromBytes<OrganizationId>(row.organization_id)
    const settings = yield* decodeObject(row.settings).pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Schema.toCodecJson(adapter.value.settings))),
      Effect.result
    )
    const decodeSecrets = Schema.decodeUnknownEffect(Schema.toCodecJson(adapter.value.secrets))
    const opened = yield* open(id, row.secrets ?? "").pipe(
      Effect.flatMap(decodeSecrets),
      Effect.provideService(CurrentOrganization, { id: organizationId }),
      Effect.result
    )
    const rotated = yield* Effect.gen(function*() {
      const { previous, urlKey } = yield* rotations.find(organizationId, id, yield* Clock.currentTimeMillis)
      return {
        urlKey,
        previous: previous === null ? null : { ...previous, secrets: yield* decodeSecrets(previous.secrets) }
      }
    }).pipe(Effect.provideService(CurrentOrganization, { id: organizationId }), Effect.result)
    if (Result.isFailure(settings) || Result.isFailure(opened) || Result.isFailure(rotated)) {
      // The reasons may quote credentials, so they are not logged.
      yield* Effect.logError(
        `The ${Result.isFailure(settings) ? "settings" : "credentials"} of channel account ${id} can't be read`
      )
      return yield* new Unavailable({ detail: "This channel account is not usable now." })
    }
    const known = yield* Effect.orDie(facts.get(organizationId, id))
    return {
      id,
      organizationId,
      name: row.name,
      status: row.status,
      connection: row.connection,
      hold: holds[0] === undefined ? null : {
        code: holds[0].code,
        reason: holds[0].reason,
        since: Number(holds[0].held_since),
        probeAt: Number(holds[0].probe_at)
      },
      limits: sendLimits(adapter.value, settings.success, known, yield* limitsOf(row)),
      facts: known,
      adapter: adapter.value,
      account: { id, organizationId, settings: settings.success, secrets: opened.success },
      webhookUrl: webhookUrl(publicUrl, id, rotated.success.urlKey),
      urlKey: rotated.success.urlKey,
      previous: rotated.success.previous === null ? null : {
        account: { id, organizationId, settings: settings.success, secrets: rotated.success.previous.secrets },
        urlKey: rotated.success.previous.urlKey,
        until: rotated.success.previous.until,
        takenOver: rotated.success.previous.takenOverAt !== null
      }
    }
  })

  const cache = yield* Cache.makeWith(read, {
    capacity: cacheCapacity,
    timeToLive: (exit) => Exit.isSuccess(exit) ? "5 seconds" : isNotFound(exit) ? "1 second" : 0
  })

  // At the commit, too: until then others read, and would keep, what was.
  const forget = (id: ChannelAccountId) =>
    Effect.andThen(Cache.invalidate(cache, id), sql.afterCommit(Cache.invalidate(cache, id)))

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

  const deleteHold = (row: Pick<AccountRow, "organization_id" | "id">) =>
    Effect.map(
      affectedRows(sql`DELETE FROM channels_account_holds
        WHERE organization_id = ${row.organization_id} AND channel_account_id = ${row.id}`),
      (deleted) => deleted > 0
    )

  const markDefault = (row: Pick<AccountRow, "organization_id" | "id">) =>
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

  /** Ends the hold; what the provider thinks of the account is open again. */
  const freed = Effect.fnUntraced(function*(row: Pick<AccountRow, "organization_id" | "id">) {
    if (!(yield* deleteHold(row))) return
    yield* sql`UPDATE channels_accounts SET connection = 'unknown', health_status = NULL, health_message = NULL,
        health_checked_at = NULL
      WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND connection = 'needs_action'`
  })

  const release = Effect.fn("ChannelAccounts.release")(function*(id: ChannelAccountId) {
    const organization = yield* CurrentOrganization
    const row = { organization_id: Id.toBytes(organization.id), id: Id.toBytes(id) }
    yield* joinTransaction(sql, freed(row)).pipe(orDieSql)
    yield* sql.afterCommit(forget(id))
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
      })
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

  interface ConnectionChange {
    readonly connection: AccountConnection
    readonly kind: string
    readonly detail: string | undefined
  }

  /** Writes the connection, and an event if that is news. */
  const setConnection = Effect.fnUntraced(function*(id: ChannelAccountId, change: ConnectionChange) {
    const organization = yield* CurrentOrganization
    const now = yield* Clock.currentTimeMillis
    const [before] = yield* sql<{ readonly connection: AccountConnection }>`SELECT connection FROM channels_accounts
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
    const changed = yield* affectedRows(sql`UPDATE channels_accounts
      SET connection = ${change.connection}, updated_at = ${now}
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)} AND deleted_at IS NULL
        AND connection <> ${change.connection}`)
    if (changed === 0) return
    yield* events.append(AccountConnectionChanged, {
      aggregateId: id,
      payload: {
        channelAccountId: id,
        connection: change.connection,
        ...(before === undefined ? {} : { previous: before.connection }),
        kind: change.kind,
        detail: change.detail ?? null
      }
    })
    yield* sql.afterCommit(Cache.invalidate(cache, id))
  })

  const recordConnection = Effect.fn("ChannelAccounts.recordConnection")(function*(
    id: ChannelAccountId,
    change: ConnectionChange
  ) {
    const organization = yield* CurrentOrganization
    const write = Effect.gen(function*() {
      yield* setConnection(id, change)
      if (change.connection !== "connected") return
      const row = { organization_id: Id.toBytes(organization.id), id: Id.toBytes(id) }
      if (yield* deleteHold(row)) yield* sql.afterCommit(Cache.invalidate(cache, id))
    })
    yield* Effect.orDie(joinTransaction(sql, write))
  })

  const recordFacts = Effect.fn("ChannelAccounts.recordFacts")(function*(
    id: ChannelAccountId,
    said: { readonly facts: AccountFacts; readonly at: number }
  ) {
    const organization = yield* CurrentOrganization
    const isNew = yield* Effect.orDie(joinTransaction(sql, facts.record(organization.id, id, said)))
    if (isNew) yield* forget(id)
  })

  const setHealth = Effect.fnUntraced(function*(id: ChannelAccountId, { message, status }: AccountHealth) {
    const organization = yield* CurrentOrganization
    yield* sql`UPDATE channels_accounts SET health_status = ${status}, health_message = ${message},
        health_checked_at = ${yield* Clock.currentTimeMillis}
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
  })

  const hold = Effect.fn("ChannelAccounts.hold")(function*(
    id: ChannelAccountId,
    { code, reason }: { readonly code: string; readonly reason: string }
  ) {
    const organization = yield* CurrentOrganization
    const now = yield* Clock.currentTimeMillis
    const key = { organization_id: Id.toBytes(organization.id), channel_account_id: Id.toBytes(id) }
    const write = Effect.gen(function*() {
      // The account's row serializes those who are refused at the same time.
      const accounts = yield* sql`SELECT id FROM channels_accounts
        WHERE organization_id = ${key.organization_id} AND id = ${key.channel_account_id} AND deleted_at IS NULL
        ${sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })}`
      if (accounts.length === 0) return false
      yield* setHealth(id, { status: "fail", message: reason })
      const [known] = yield* sql<{ readonly probe_at: unknown; readonly probes: unknown }>`
        SELECT probe_at, probes FROM channels_account_holds
        WHERE organization_id = ${key.organization_id} AND channel_account_id = ${key.channel_account_id}`
      if (known === undefined) {
        yield* sql`INSERT INTO channels_account_holds ${
          sql.insert({
            ...key,
            code: code.slice(0, 190),
            reason,
            held_since: now,
            probe_at: now + probeDelay(0),
            probes: 0
          })
        }`
        yield* setConnection(id, { connection: "needs_action", kind: code.slice(0, 190), detail: reason })
      } else if (Number(known.probe_at) <= now) {
        const probes = Number(known.probes) + 1
        yield* sql`UPDATE channels_account_holds SET code = ${code.slice(0, 190)}, reason = ${reason},
            probe_at = ${now + probeDelay(probes)}, probes = ${probes}
          WHERE organization_id = ${key.organization_id} AND channel_account_id = ${key.channel_account_id}`
      }
      return known === undefined
    })
    const isNew = yield* Effect.orDie(joinTransaction(sql, write))
    yield* forget(id)
    if (isNew) yield* Effect.logError(`The provider refuses the channel account ${id}, its messages wait: ${reason}`)
  })

  const endHold = Effect.fn("ChannelAccounts.endHold")(function*(id: ChannelAccountId, sentAt: number) {
    const organization = yield* CurrentOrganization
    const write = Effect.gen(function*() {
      const ended = yield* affectedRows(sql`DELETE FROM channels_account_holds
        WHERE organization_id = ${Id.toBytes(organization.id)} AND channel_account_id = ${Id.toBytes(id)}
          AND held_since <= ${sentAt}`)
      if (ended === 0) return
      yield* setHealth(id, { status: "ok", message: "Messages are accepted again." })
      yield* setConnection(id, { connection: "connected", kind: "accepted", detail: "Messages are accepted again." })
    })
    yield* Effect.orDie(joinTransaction(sql, write))
    yield* forget(id)
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
