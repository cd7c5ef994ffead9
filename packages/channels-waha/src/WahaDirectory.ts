/**
 * The address book and the groups of paired numbers, read from WAHA page by page and kept here. Each page is a job of its
 * own, so that a reading goes on where it was after a crash; what is not seen any more is forgotten at its end. Names
 * that changed go to the contacts of the organization, as if WAHA had told of them, and so do the numbers behind hidden
 * ids.
 *
 * @since 0.1.0
 */
import * as ActiveAccounts from "@wicara/channels/ActiveAccounts"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Audit } from "@wicara/core/Audit"
import * as Jobs from "@wicara/core/Jobs"
import * as Pagination from "@wicara/core/Pagination"
import type { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import * as Schedules from "@wicara/core/Schedules"
import { affectedRows, insertIfAbsent, rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { DirectoryGroup, SyncKind } from "./Directory.ts"
import type { DirectoryContact, SyncState } from "./Directory.ts"
import { contactsPage, groupsPage, pageSize } from "./internal/directoryPages.ts"
import type { DirectoryPage } from "./internal/directoryPages.ts"
import { lidsPage } from "./internal/lidPages.ts"
import { columnsOf, isOf, ownAccount } from "./internal/ownAccount.ts"
import type { AccountKey } from "./internal/ownAccount.ts"
import { WahaLids } from "./WahaLids.ts"
import type * as Waha from "./Waha.ts"

/**
 * Reads one page.
 *
 * @category jobs
 * @since 0.1.0
 */
export const pageJob = Jobs.define({
  name: "waha.sync-page",
  payload: Schema.Struct({
    channelAccountId: ChannelAccountId,
    kind: SyncKind,
    startedAt: Schema.Int,
    offset: Schema.Int,
    /** What the page before began with. */
    first: Schema.optionalKey(Schema.String)
  }),
  maxAttempts: 5
})

/**
 * Begins to read the lists of every account.
 *
 * @category jobs
 * @since 0.1.0
 */
export const allJob = Jobs.define({ name: "waha.sync-all", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * When: once a day.
 *
 * @category schedules
 * @since 0.1.0
 */
export const allSchedule = Schedules.define({ name: "waha.sync-all", cron: "41 3 * * *", job: allJob, payload: {} })

type Refusal = NotFound | Conflict | Unavailable

/**
 * @category services
 * @since 0.1.0
 */
export class WahaDirectory extends Context.Service<WahaDirectory, {
  /** Begins to read the lists, unless they are being read. */
  readonly start: (
    id: ChannelAccountId
  ) => Effect.Effect<ReadonlyArray<SyncState>, Refusal, CurrentOrganization | CurrentActor>
  readonly states: (id: ChannelAccountId) => Effect.Effect<ReadonlyArray<SyncState>, Refusal, CurrentOrganization>
  /** By id. */
  readonly contacts: (
    id: ChannelAccountId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<DirectoryContact>, Refusal | InvalidInput, CurrentOrganization>
  /** By id. */
  readonly groups: (
    id: ChannelAccountId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<DirectoryGroup>, Refusal | InvalidInput, CurrentOrganization>
  /** Reads a page and queues the next one; fails where WAHA may answer later. */
  readonly readPage: (
    page: typeof pageJob.payload.Type
  ) => Effect.Effect<void, ProviderFailure | Unavailable, CurrentOrganization | CurrentActor>
  /** Begins to read the lists of every account. */
  readonly startAll: Effect.Effect<void>
}>()("@wicara/channels-waha/WahaDirectory") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    WahaDirectory,
    never,
    SqlClient.SqlClient | ChannelAccounts | InboundEvents | WahaLids | Jobs.Jobs | Audit | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WahaDirectory, make))

  /**
   * Does the jobs in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, WahaDirectory | Jobs.Jobs> = Layer.mergeAll(
    Jobs.worker(pageJob, {
      handle: ({ payload }) => Effect.flatMap(WahaDirectory, (directory) => directory.readPage(payload)),
      concurrency: 2
    }),
    Jobs.systemWorker(allJob, () => Effect.flatMap(WahaDirectory, ({ startAll }) => startAll))
  )
}

/** The event that tells of a name that was read. @category constants @since 0.1.0 */
export const syncedEvent = "wicara.contact.synced"

interface SyncRow {
  readonly kind: SyncKind
  readonly started_at: unknown
  readonly position: unknown
  readonly seen: unknown
  readonly reason: string | null
  readonly finished_at: unknown
  readonly touched_at: unknown
}

interface ContactRow {
  readonly chat_id: string
  readonly phone: string | null
  readonly name: string | null
  readonly push_name: string | null
  readonly in_address_book: unknown
  readonly blocked: unknown
  readonly synced_at: unknown
}

interface GroupRow {
  readonly chat_id: string
  readonly subject: string
  readonly description: string | null
  readonly announce_only: unknown
  readonly locked: unknown
  readonly join_approval: unknown
  readonly members: string
  readonly synced_at: unknown
}

const kinds = SyncKind.literals
const tables = { contacts: "waha_contacts", groups: "waha_groups" } as const
const pages = { contacts: contactsPage, groups: groupsPage, lids: lidsPage } as const
/** A reading that nothing was heard of for so long has ended. */
const abandoned = 3_600_000
/** No list is read further: nobody has as many contacts. */
const most = 500_000
const Position = Schema.Struct({ chatId: Schema.String })
const decodeMembers = Schema.decodeUnknownSync(Schema.fromJsonString(DirectoryGroup.fields.members))
const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))
const utf8 = new TextEncoder()

const toState = (row: SyncRow): SyncState => ({
  kind: row.kind,
  state: row.finished_at === null ? "running" : row.reason === null ? "done" : "failed",
  seen: Number(row.seen),
  reason: row.reason,
  startedAt: DateTime.makeUnsafe(Number(row.started_at)),
  finishedAt: row.finished_at === null ? null : DateTime.makeUnsafe(Number(row.finished_at))
})

const toContact = (row: ContactRow): DirectoryContact => ({
  chatId: row.chat_id,
  phone: row.phone,
  name: row.name,
  pushName: row.push_name,
  inAddressBook: Number(row.in_address_book) === 1,
  blocked: Number(row.blocked) === 1,
  syncedAt: DateTime.makeUnsafe(Number(row.synced_at))
})

const flagOf = (value: unknown) => value === null ? null : Number(value) === 1

const toGroup = (row: GroupRow): DirectoryGroup => ({
  chatId: row.chat_id,
  subject: row.subject,
  description: row.description,
  announceOnly: flagOf(row.announce_only),
  locked: flagOf(row.locked),
  joinApproval: flagOf(row.join_approval),
  members: decodeMembers(row.members),
  syncedAt: DateTime.makeUnsafe(Number(row.synced_at))
})

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const events = yield* InboundEvents
  const lids = yield* WahaLids
  const jobs = yield* Jobs.Jobs
  const audit = yield* Audit
  const client = yield* HttpClient.HttpClient

  const rowsOf = (key: AccountKey) =>
    sql<SyncRow>`SELECT kind, started_at, position, seen, reason, finished_at, touched_at FROM waha_syncs
      WHERE ${isOf(sql, key)} ORDER BY kind`

  const keyOf = (id: ChannelAccountId) =>
    Effect.map(ownAccount(accounts, id), ({ organizationId }) => ({ organizationId, channelAccountId: id }))

  const begin = Effect.fnUntraced(function*(key: AccountKey, now: number) {
    const known = new Map((yield* rowsOf(key)).map((row) => [row.kind, row]))
    for (const kind of kinds) {
      const row = known.get(kind)
      if (row !== undefined && row.finished_at === null && now - Number(row.touched_at) < abandoned) continue
      const state = { started_at: now, position: 0, seen: 0, reason: null, finished_at: null, touched_at: now }
      yield* insertIfAbsent(sql, "waha_syncs", "kind", [{ ...columnsOf(key), kind, ...state }])
      yield* sql`UPDATE waha_syncs SET ${sql.update(state)} WHERE ${isOf(sql, key)} AND kind = ${kind}`
      const { channelAccountId } = key
      yield* jobs.enqueue(pageJob, { channelAccountId, kind, startedAt: now, offset: 0 }, {
        id: `${channelAccountId}/${kind}/${now}/0`
      })
    }
  })

  /** Told before it is noted: what breaks in between is told again under the same key. */
  const tell = Effect.fnUntraced(function*(
    key: AccountKey,
    account: Waha.Account,
    names: DirectoryPage["names"],
    startedAt: number
  ) {
    if (names.length === 0) return
    const known = yield* Effect.orDie(varying(
      sql,
      sql<Pick<ContactRow, "chat_id" | "name" | "push_name">>`SELECT chat_id, name, push_name FROM waha_contacts
        WHERE ${isOf(sql, key)} AND chat_id IN ${sql.in(names.map(({ chatId }) => chatId))}`
    ))
    const before = new Map(known.map((row) => [row.chat_id, row.name ?? row.push_name]))
    for (const payload of names) {
      if (before.get(payload.chatId) === payload.name) continue
      yield* events.ingest({
        ...key,
        dedupeKey: `${syncedEvent}:${payload.chatId}:${startedAt}`,
        body: utf8.encode(encodeJson({ event: syncedEvent, session: account.settings.session, payload }))
      })
    }
  })

  /** Whether a page names somebody whom this reading did not see before. */
  const hasNews = Effect.fnUntraced(function*(
    key: AccountKey,
    kind: keyof typeof tables,
    rows: DirectoryPage["rows"],
    startedAt: number
  ) {
    if (rows.length === 0) return true
    const seen = yield* varying(
      sql,
      sql<Pick<ContactRow, "chat_id">>`SELECT chat_id FROM ${sql(tables[kind])}
        WHERE ${isOf(sql, key)} AND synced_at = ${startedAt}
          AND chat_id IN ${sql.in(rows.map(({ chat_id: chatId }) => chatId))}`
    )
    return seen.length < rows.length
  })

  const store = Effect.fnUntraced(function*(
    key: AccountKey,
    kind: keyof typeof tables,
    rows: DirectoryPage["rows"],
    startedAt: number,
    last: boolean
  ) {
    for (const { chat_id: chatId, ...columns } of rows) {
      const values = { ...columns, synced_at: startedAt }
      yield* insertIfAbsent(sql, tables[kind], "chat_id", [{ ...columnsOf(key), chat_id: chatId, ...values }])
      yield* sql`UPDATE ${sql(tables[kind])} SET ${sql.update(values)}
        WHERE ${isOf(sql, key)} AND chat_id = ${chatId}`
    }
    if (last) yield* sql`DELETE FROM ${sql(tables[kind])} WHERE ${isOf(sql, key)} AND synced_at < ${startedAt}`
  })

  const ended = (key: AccountKey, kind: SyncKind, startedAt: number, now: number, reason: string | null) =>
    Effect.orDie(sql`UPDATE waha_syncs SET ${sql.update({ finished_at: now, touched_at: now, reason })}
      WHERE ${isOf(sql, key)} AND kind = ${kind} AND started_at = ${startedAt}`)

  const readPage = Effect.fn("WahaDirectory.readPage")(
    function*({ channelAccountId, first, kind, offset, startedAt }: typeof pageJob.payload.Type) {
      const { id: organizationId } = yield* CurrentOrganization
      const key = { organizationId, channelAccountId }
      const now = yield* Clock.currentTimeMillis
      const row = (yield* Effect.orDie(rowsOf(key))).find((one) => one.kind === kind)
      // Of a reading that is over, or a page that was read.
      if (
        row === undefined || row.finished_at !== null || Number(row.started_at) !== startedAt ||
        Number(row.position) !== offset
      ) return
      const resolved = yield* Effect.result(ownAccount(accounts, channelAccountId))
      if (resolved._tag === "Failure") {
        if (resolved.failure._tag === "Unavailable") return yield* resolved.failure
        return yield* Effect.asVoid(ended(key, kind, startedAt, now, "The account was removed."))
      }
      const account: Waha.Account = resolved.success.account
      const asked = yield* pages[kind](account, offset).pipe(
        Effect.provideService(HttpClient.HttpClient, client),
        Effect.result
      )
      if (asked._tag === "Failure") {
        const { failure } = asked
        if (failure.kind !== "later") return yield* Effect.asVoid(ended(key, kind, startedAt, now, failure.reason))
        yield* Effect.orDie(sql`UPDATE waha_syncs SET ${sql.update({ reason: failure.reason, touched_at: now })}
          WHERE ${isOf(sql, key)} AND kind = ${kind} AND started_at = ${startedAt}`)
        return yield* failure
      }
      const { first: began, names, pairs, rows, size } = asked.success
      yield* tell(key, account, names, startedAt)
      yield* lids.listed(key, account.settings.session, pairs)
      yield* Effect.orDie(transaction(
        sql,
        Effect.gen(function*() {
          // A server that knows no pages gives the same list again and again.
          const last = size !== pageSize || offset + size >= most ||
            (offset > 0 && (kind === "lids" ? began === first : !(yield* hasNews(key, kind, rows, startedAt))))
          const moved = yield* affectedRows(sql`UPDATE waha_syncs SET position = ${offset + size},
              seen = seen + ${rows.length + pairs.length}, reason = NULL, touched_at = ${now},
              finished_at = ${last ? now : null}
            WHERE ${isOf(sql, key)} AND kind = ${kind} AND started_at = ${startedAt} AND position = ${offset}
              AND finished_at IS NULL`)
          if (moved === 0) return
          if (kind !== "lids") yield* store(key, kind, rows, startedAt, last)
          if (last) return
          yield* jobs.enqueue(pageJob, {
            channelAccountId,
            kind,
            startedAt,
            offset: offset + size,
            ...(began === undefined ? {} : { first: began })
          }, {
            id: `${channelAccountId}/${kind}/${startedAt}/${offset + size}`
          })
        })
      ))
    }
  )

  const pageOf = Effect.fnUntraced(function*(id: ChannelAccountId, query: Pagination.PageQuery) {
    const key = yield* keyOf(id)
    const after = yield* Pagination.position(Position, query)
    return {
      limit: Pagination.limit(query),
      where: sql.and([isOf(sql, key), ...(after === undefined ? [] : [sql`chat_id > ${after.chatId}`])])
    }
  })

  return WahaDirectory.of({
    start: Effect.fn("WahaDirectory.start")(function*(id) {
      const key = yield* keyOf(id)
      const now = yield* Clock.currentTimeMillis
      return yield* Effect.orDie(transaction(
        sql,
        Effect.gen(function*() {
          yield* begin(key, now)
          yield* audit.record({ action: "channel.waha.sync_started", target: { type: "channel_account", id } })
          return (yield* rowsOf(key)).map(toState)
        })
      ))
    }),
    states: Effect.fn("WahaDirectory.states")(function*(id) {
      return (yield* Effect.orDie(rowsOf(yield* keyOf(id)))).map(toState)
    }),
    contacts: Effect.fn("WahaDirectory.contacts")(function*(id, query) {
      const { limit, where } = yield* pageOf(id, query)
      const rows = yield* Effect.orDie(sql<ContactRow>`SELECT chat_id, phone, name, push_name, in_address_book, blocked,
          synced_at FROM waha_contacts WHERE ${where} ORDER BY chat_id LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toContact), limit, Position, ({ chatId }) => ({ chatId }))
    }),
    groups: Effect.fn("WahaDirectory.groups")(function*(id, query) {
      const { limit, where } = yield* pageOf(id, query)
      const rows = yield* Effect.orDie(sql<GroupRow>`SELECT chat_id, subject, description, announce_only, locked,
          join_approval, members, synced_at FROM waha_groups WHERE ${where} ORDER BY chat_id
          LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toGroup), limit, Position, ({ chatId }) => ({ chatId }))
    }),
    readPage,
    startAll: Stream.runForEach(
      Stream.provideService(ActiveAccounts.ofChannel("waha"), SqlClient.SqlClient, sql),
      (id) =>
        Effect.gen(function*() {
          const { organizationId } = yield* accounts.lookup(id)
          const now = yield* Clock.currentTimeMillis
          yield* Effect.orDie(transaction(sql, begin({ organizationId, channelAccountId: id }, now))).pipe(
            Effect.provideService(CurrentOrganization, { id: organizationId }),
            Effect.provideService(CurrentActor, systemActor("waha"))
          )
          // It was removed in between, or its credentials can't be read here.
        }).pipe(Effect.catchTags({ NotFound: () => Effect.void, Unavailable: () => Effect.void }))
    )
  })
})
