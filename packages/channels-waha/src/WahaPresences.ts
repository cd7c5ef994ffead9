/**
 * Follows who has an open conversation, so that they are seen writing: WAHA tells of nobody who is not followed. Whoever
 * writes is followed for a day, and again when the session has come back, as WhatsApp forgets with each connection whom
 * it was asked about; no more of them a day than `WahaLimits` allows.
 *
 * @since 0.1.0
 */
import type { Address } from "@wicara/channels/Address"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as Jobs from "@wicara/core/Jobs"
import type { Unavailable } from "@wicara/core/Problem"
import { affectedRows, insertIfAbsent, rowLimit } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import * as ChatId from "./ChatId.ts"
import * as Failure from "./Failure.ts"
import { columnsOf, isOf, ownAccount } from "./internal/ownAccount.ts"
import type { AccountKey } from "./internal/ownAccount.ts"
import type * as Waha from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"
import { WahaLimits } from "./WahaLimits.ts"

/**
 * Follows one chat.
 *
 * @category jobs
 * @since 0.1.0
 */
export const followJob = Jobs.define({
  name: "waha.follow-chat",
  payload: Schema.Struct({ channelAccountId: ChannelAccountId, chatId: Schema.String }),
  maxAttempts: 3
})

/**
 * @category services
 * @since 0.1.0
 */
export class WahaPresences extends Context.Service<WahaPresences, {
  /** Somebody wrote (epoch milliseconds): they are followed, in the background. Call it in the message's transaction. */
  readonly wrote: (
    key: AccountKey,
    chat: Address,
    at: number
  ) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>
  /** The session works again: whoever wrote within a day is followed anew. */
  readonly returned: (key: AccountKey, at: number) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>
  /** Asks WAHA to tell of a chat, unless it does; fails where WAHA may answer later. */
  readonly follow: (
    chat: typeof followJob.payload.Type
  ) => Effect.Effect<void, ProviderFailure | Unavailable, CurrentOrganization>
  /** Forgets who has not written for a week; returns how many they were. */
  readonly cleanup: Effect.Effect<number>
}>()("@wicara/channels-waha/WahaPresences") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    WahaPresences,
    never,
    SqlClient.SqlClient | ChannelAccounts | Jobs.Jobs | WahaLimits | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WahaPresences, make))

  /**
   * Hears of messages and of sessions.
   *
   * @since 0.1.0
   */
  static readonly layerHandler: Layer.Layer<never, never, WahaPresences> = InboundHandlers.layer(
    Effect.map(
      WahaPresences,
      (presences) =>
        InboundHandlers.on(["MessageReceived", "AccountChanged"], (event, arrival) => {
          const at = event.timestamp ?? arrival.receivedAt
          if (event._tag === "AccountChanged") {
            return event.kind === "session.status" && event.state === "connected"
              ? presences.returned(arrival, at)
              : Effect.void
          }
          // What comes late is answered by nobody who would see them write.
          return event.historical === true || arrival.receivedAt - at > late
            ? Effect.void
            : presences.wrote(arrival, event.chat, at)
        })
    )
  )

  /**
   * Does the jobs in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, WahaPresences | Jobs.Jobs> = Jobs.worker(followJob, {
    handle: ({ payload }) => Effect.flatMap(WahaPresences, ({ follow }) => follow(payload)),
    concurrency: 2
  })
}

const day = 86_400_000
const keptMillis = 7 * day
const batch = 1000
const late = 3_600_000
/** Who is followed again at once when a session returns. */
const mostReturned = 50
const remembered = 20_000

interface Row {
  readonly organization_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly chat_id: string
  readonly wrote_at: unknown
  readonly followed_at: unknown
}

const follows = ({ settings }: Waha.Account): boolean => settings.followPresences !== false

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const jobs = yield* Jobs.Jobs
  const limits = yield* WahaLimits
  const client = yield* HttpClient.HttpClient
  // Every message asks for it: who was queued today costs no statement.
  const queued = new Map<string, number>()

  const remember = (name: string, today: number) => {
    if (queued.size >= remembered) queued.clear()
    queued.set(name, today)
  }

  const isChat = (key: AccountKey, chatId: string) => sql`${isOf(sql, key)} AND chat_id = ${chatId}`

  const enqueue = ({ channelAccountId }: AccountKey, chatId: string, once: number) =>
    jobs.enqueue(followJob, { channelAccountId, chatId }, { id: `${channelAccountId}/${chatId}/${once}` })

  const wrote = Effect.fnUntraced(function*(key: AccountKey, chat: Address, at: number) {
    // Groups tell of so many that nobody could follow them.
    const chatId = chat.kind === "phone" || chat.kind === "lid" ? ChatId.fromAddress(chat) : undefined
    const today = Math.floor(at / day)
    const name = `${key.channelAccountId}/${chatId}`
    if (chatId === undefined || queued.get(name) === today) return
    const account = yield* Effect.option(accounts.lookup(key.channelAccountId))
    if (Option.isNone(account) || account.value.adapter.id !== "waha" || !follows(account.value.account)) return
    yield* Effect.orDie(Effect.gen(function*() {
      yield* insertIfAbsent(sql, "waha_followed_chats", "chat_id", [{
        ...columnsOf(key),
        chat_id: chatId,
        wrote_at: at,
        followed_at: null
      }])
      yield* sql`UPDATE waha_followed_chats SET wrote_at = ${at} WHERE ${isChat(key, chatId)} AND wrote_at < ${at}`
      yield* enqueue(key, chatId, today)
      // What is rolled back is not remembered.
      yield* sql.afterCommit(Effect.sync(() => remember(name, today)))
    }))
  })

  const returned = Effect.fnUntraced(function*(key: AccountKey, at: number) {
    yield* Effect.orDie(Effect.gen(function*() {
      const open = yield* sql<Pick<Row, "chat_id">>`SELECT chat_id FROM waha_followed_chats
        WHERE ${isOf(sql, key)} AND wrote_at > ${at - day} AND wrote_at <= ${at} AND followed_at < ${at}
        ORDER BY wrote_at DESC LIMIT ${rowLimit(sql, mostReturned)}`
      for (const { chat_id: chatId } of open) {
        yield* sql`UPDATE waha_followed_chats SET followed_at = NULL
          WHERE ${isChat(key, chatId)} AND followed_at < ${at}`
        yield* enqueue(key, chatId, at)
      }
    }))
  })

  const follow = Effect.fn("WahaPresences.follow")(
    function*({ channelAccountId, chatId }: typeof followJob.payload.Type) {
      const { id: organizationId } = yield* CurrentOrganization
      const key = { organizationId, channelAccountId }
      const resolved = yield* Effect.result(ownAccount(accounts, channelAccountId))
      if (resolved._tag === "Failure") {
        if (resolved.failure._tag === "Unavailable") return yield* resolved.failure
        return
      }
      const account: Waha.Account = resolved.success.account
      if (!follows(account)) return
      const now = yield* Clock.currentTimeMillis
      const [row] = yield* Effect.orDie(
        sql<Pick<Row, "chat_id" | "followed_at">>`SELECT chat_id, followed_at FROM waha_followed_chats WHERE ${
          isChat(key, chatId)
        }`
      )
      const since = row?.followed_at == null ? 0 : Number(row.followed_at)
      // The same job again, after what it did was noted and it was not.
      if (row === undefined || now - since < day / 2) return
      const allowed = yield* Effect.result(limits.take(key, "followed_chats"))
      if (allowed._tag === "Failure") return
      const told = yield* Effect.result(Effect.provideService(
        Failure.call(account, {
          method: "POST",
          path: WahaApi.path`/api/${account.settings.session}/presence/${chatId}/subscribe`,
          body: {}
        }),
        HttpClient.HttpClient,
        client
      ))
      if (told._tag === "Failure" && told.failure.kind === "later") return yield* told.failure
      // What an engine can't do it can't do in an hour.
      yield* Effect.orDie(sql`UPDATE waha_followed_chats SET followed_at = ${now} WHERE ${isChat(key, chatId)}`)
    }
  )

  const cleanup = Effect.gen(function*() {
    const before = (yield* Clock.currentTimeMillis) - keptMillis
    let total = 0
    while (true) {
      const old = yield* sql<Omit<Row, "followed_at">>`SELECT organization_id, channel_account_id, chat_id, wrote_at
        FROM waha_followed_chats WHERE wrote_at < ${before} ORDER BY wrote_at LIMIT ${rowLimit(sql, batch)}`
      for (const { channel_account_id, chat_id, organization_id, wrote_at } of old) {
        // Whoever writes in between stays.
        total += yield* affectedRows(sql`DELETE FROM waha_followed_chats WHERE organization_id = ${organization_id}
          AND channel_account_id = ${channel_account_id} AND chat_id = ${chat_id} AND wrote_at = ${Number(wrote_at)}`)
      }
      if (old.length < batch) return total
    }
  }).pipe(Effect.orDie, Effect.withSpan("WahaPresences.cleanup"))

  return WahaPresences.of({ wrote, returned, follow, cleanup })
})
