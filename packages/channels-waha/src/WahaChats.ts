/**
 * How the phones of paired numbers keep their chats: what is archived, and which labels a chat has. Kept as WAHA tells of
 * it, whatever order that comes in, so that it can be read and searched without asking WAHA.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import * as ChatStates from "@wicara/channels/ChatStates"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as Pagination from "@wicara/core/Pagination"
import type { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { insertIfAbsent, rowLimit, varying } from "@wicara/core/Sql"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as ChatId from "./ChatId.ts"
import { columnsOf, isOf, ownAccount } from "./internal/ownAccount.ts"
import type { AccountKey } from "./internal/ownAccount.ts"
import type { ChatState, ChatStateFilter } from "./ManagedAccount.ts"

type Refusal = NotFound | Conflict | Unavailable

/** What is told of chats beside their messages. @category models @since 0.1.0 */
export type ChatEvent = Extract<
  InboundEvent,
  { readonly _tag: "ChatArchived" | "ChatLabelChanged" | "LabelChanged" }
>

/**
 * @category services
 * @since 0.1.0
 */
export class WahaChats extends Context.Service<WahaChats, {
  /** Notes what WAHA told (epoch milliseconds), unless it is older than what is known. */
  readonly told: (key: AccountKey, event: ChatEvent, at: number) => Effect.Effect<void>
  /** One chat; one that nothing was told of is not archived and has no labels. */
  readonly get: (id: ChannelAccountId, chatId: string) => Effect.Effect<ChatState, Refusal, CurrentOrganization>
  /** Chats of which something was told, by id. */
  readonly list: (
    id: ChannelAccountId,
    query: Pagination.PageQuery & ChatStateFilter
  ) => Effect.Effect<Pagination.Page<ChatState>, Refusal | InvalidInput, CurrentOrganization>
  /** The same of an account, whoever asks. */
  readonly stateOf: (key: AccountKey, chatId: string) => Effect.Effect<ChatState>
  /** These chats, in their order. */
  readonly of: (key: AccountKey, chatIds: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<ChatState>>
}>()("@wicara/channels-waha/WahaChats") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<WahaChats, never, SqlClient.SqlClient | ChannelAccounts> = Layer.suspend(
    () => Layer.effect(WahaChats, make)
  )

  /**
   * Hears of chats.
   *
   * @since 0.1.0
   */
  static readonly layerHandler: Layer.Layer<never, never, WahaChats> = InboundHandlers.layer(
    Effect.map(WahaChats, (chats) =>
      InboundHandlers.on(
        ["ChatArchived", "ChatLabelChanged", "LabelChanged"],
        (event, arrival) => chats.told(arrival, event, event.timestamp ?? arrival.receivedAt)
      ))
  )

  /**
   * Tells conversations of it.
   *
   * @since 0.1.0
   */
  static readonly layerStates: Layer.Layer<never, never, WahaChats> = ChatStates.layer(
    Effect.map(WahaChats, (chats) => ({
      channel: "waha",
      of: (account, chat) => {
        const chatId = ChatId.fromAddress(chat)
        return chatId === undefined
          ? Effect.succeed({ archived: false, labels: [] })
          : Effect.map(chats.stateOf(account, chatId), ({ archived, labels }) => ({ archived, labels }))
      }
    }))
  )
}

interface StateRow {
  readonly chat_id: string
  readonly archived: unknown
}

interface LabelRow {
  readonly chat_id: string
  readonly label_id: string
  readonly name: string | null
  readonly color: string | null
}

const Position = Schema.Struct({ chatId: Schema.String })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts

  /** Writes the row of a key, unless what it holds was told later. */
  const note = Effect.fnUntraced(function*(
    table: string,
    row: Readonly<Record<string, string | Uint8Array>>,
    initial: Readonly<Record<string, string | number | null>>,
    values: Readonly<Record<string, string | number>>,
    at: number
  ) {
    yield* insertIfAbsent(sql, table, "changed_at", [{ ...row, ...initial, ...values, changed_at: at }])
    yield* sql`UPDATE ${sql(table)} SET ${sql.update({ ...values, changed_at: at })} WHERE ${
      sql.and([
        ...Object.entries(row).map(([column, value]) => sql`${sql(column)} = ${value}`),
        sql`changed_at <= ${at}`
      ])
    }`
  })

  const told = Effect.fnUntraced(function*(key: AccountKey, event: ChatEvent, at: number) {
    if (event._tag === "LabelChanged") {
      const { color, deleted, labelId, name } = event
      yield* note("waha_labels", { ...columnsOf(key), label_id: labelId.slice(0, 60) }, { name: null, color: null }, {
        // One that is deleted is often named no more.
        ...(name === undefined ? {} : { name: name.slice(0, 190) }),
        ...(color === undefined ? {} : { color: color.slice(0, 20) }),
        deleted: deleted ? 1 : 0
      }, at)
      return
    }
    const chatId = ChatId.fromAddress(event.chat)
    if (chatId === undefined) return
    const chat = { ...columnsOf(key), chat_id: chatId }
    if (event._tag === "ChatArchived") {
      yield* note("waha_chats", chat, {}, { archived: event.archived ? 1 : 0 }, at)
      return
    }
    const labelId = event.labelId.slice(0, 60)
    yield* note("waha_chat_labels", { ...chat, label_id: labelId }, {}, { added: event.added ? 1 : 0 }, at)
    // What is told of a chat's archive and of the label itself counts more, whenever it was.
    yield* insertIfAbsent(sql, "waha_chats", "changed_at", [{ ...chat, archived: 0, changed_at: 0 }])
    if (event.name === undefined) return
    yield* insertIfAbsent(sql, "waha_labels", "changed_at", [{
      ...columnsOf(key),
      label_id: labelId,
      name: event.name.slice(0, 190),
      color: null,
      deleted: 0,
      changed_at: 0
    }])
  }, Effect.orDie)

  const labelsOf = Effect.fnUntraced(function*(key: AccountKey, chatIds: ReadonlyArray<string>) {
    const labels = new Map<string, Array<ChatState["labels"][number]>>()
    if (chatIds.length === 0) return labels
    const { channel_account_id, organization_id } = columnsOf(key)
    const rows = yield* varying(
      sql,
      sql<LabelRow>`SELECT c.chat_id, c.label_id, l.name, l.color FROM waha_chat_labels c
        LEFT JOIN waha_labels l ON l.organization_id = c.organization_id
          AND l.channel_account_id = c.channel_account_id AND l.label_id = c.label_id
        WHERE c.organization_id = ${organization_id} AND c.channel_account_id = ${channel_account_id}
          AND c.chat_id IN ${sql.in(chatIds)} AND c.added = 1 AND COALESCE(l.deleted, 0) = 0
        ORDER BY c.chat_id, c.label_id`
    )
    for (const { chat_id: chatId, color, label_id: id, name } of rows) {
      labels.set(chatId, [...labels.get(chatId) ?? [], { id, name, color }])
    }
    return labels
  })

  const statesOf = Effect.fnUntraced(function*(key: AccountKey, rows: ReadonlyArray<StateRow>) {
    const labels = yield* labelsOf(key, rows.map((row) => row.chat_id))
    return rows.map((row): ChatState => ({
      chatId: row.chat_id,
      archived: Number(row.archived) === 1,
      labels: labels.get(row.chat_id) ?? []
    }))
  })

  const of = Effect.fnUntraced(function*(key: AccountKey, chatIds: ReadonlyArray<string>) {
    if (chatIds.length === 0) return []
    const rows = yield* varying(
      sql,
      sql<StateRow>`SELECT chat_id, archived FROM waha_chats
        WHERE ${isOf(sql, key)} AND chat_id IN ${sql.in(chatIds)}`
    )
    const known = new Map((yield* statesOf(key, rows)).map((state) => [state.chatId, state]))
    return chatIds.map((chatId) => known.get(chatId) ?? { chatId, archived: false, labels: [] })
  }, Effect.orDie)

  /** The ids under which a chat is told of: some engines name by number who is answered under a hidden id. */
  const idsOf = Effect.fnUntraced(function*(key: AccountKey, chatId: string) {
    const chat = ChatId.parse(chatId)
    if (chat?.kind !== "lid") return [chatId]
    const [row] = yield* Effect.orDie(sql<{ readonly phone: string | null }>`SELECT phone FROM waha_lids
      WHERE ${isOf(sql, key)} AND lid = ${chat.user}`)
    return row?.phone == null ? [chatId] : [chatId, `${row.phone}@c.us`]
  })

  const keyOf = (id: ChannelAccountId) =>
    Effect.map(ownAccount(accounts, id), ({ organizationId }) => ({ organizationId, channelAccountId: id }))

  const stateOf = Effect.fnUntraced(function*(key: AccountKey, chatId: string) {
    const states = yield* of(key, yield* idsOf(key, chatId))
    const labels = new Map(states.flatMap((state) => state.labels.map((label) => [label.id, label])))
    return { chatId, archived: states.some(({ archived }) => archived), labels: [...labels.values()] }
  })

  return WahaChats.of({
    told,
    of,
    stateOf,
    get: Effect.fn("WahaChats.get")(function*(id, chatId) {
      return yield* stateOf(yield* keyOf(id), chatId)
    }),
    list: Effect.fn("WahaChats.list")(function*(id, query) {
      const key = yield* keyOf(id)
      const after = yield* Pagination.position(Position, query)
      const limit = Pagination.limit(query)
      const where = sql.and([
        isOf(sql, key),
        ...(after === undefined ? [] : [sql`chat_id > ${after.chatId}`]),
        ...(query.archived === undefined ? [] : [sql`archived = ${query.archived === "true" ? 1 : 0}`]),
        ...(query.labelId === undefined ? [] : [
          sql`chat_id IN (SELECT chat_id FROM waha_chat_labels
            WHERE ${isOf(sql, key)} AND label_id = ${query.labelId} AND added = 1)`
        ])
      ])
      const rows = yield* Effect.orDie(sql<StateRow>`SELECT chat_id, archived FROM waha_chats WHERE ${where}
        ORDER BY chat_id LIMIT ${rowLimit(sql, limit + 1)}`)
      const states = yield* Effect.orDie(statesOf(key, rows))
      return Pagination.page(states, limit, Position, ({ chatId }) => ({ chatId }))
    })
  })
})
