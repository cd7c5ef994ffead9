/**
 * Moves the conversations of one channel account to another, one at a time, while both are in use. What is being sent
 * from the old account ends there, or is reconciled there, before its conversation follows; what was not tried yet is sent
 * from the new one. What still comes to the old account goes on in the conversation that moved.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Contacts } from "@wicara/contacts/Contacts"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import type { Unavailable } from "@wicara/core/Problem"
import { Signals } from "@wicara/core/Signals"
import { orDieSql, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { AccountMoveId } from "./AccountMove.ts"
import type { AccountMove } from "./AccountMove.ts"
import type { ConversationId } from "./Conversation.ts"
import { ConversationMoved } from "./events.ts"
import { makeAccountMoveRows } from "./internal/accountMoveRows.ts"
import { makeConversationRows } from "./internal/conversationRows.ts"
import { addressOn } from "./internal/movedAddress.ts"
import { outboxSignal } from "./internal/outboxRows.ts"

/**
 * The job that goes on with a move.
 *
 * @category jobs
 * @since 0.1.0
 */
export const moveJob = Jobs.define({
  name: "conversations.move_account",
  payload: Schema.Struct({ from: ChannelAccountId, moveId: AccountMoveId })
})

/**
 * @category services
 * @since 0.1.0
 */
export class AccountMoves extends Context.Service<AccountMoves, {
  /**
   * Begins to move; asked again for the same two accounts, it says how far the move is. `Conflict` while the account is
   * being moved elsewhere.
   */
  readonly start: (
    from: ChannelAccountId,
    to: ChannelAccountId
  ) => Effect.Effect<
    AccountMove,
    NotFound | InvalidInput | Conflict | Unavailable,
    CurrentOrganization | CurrentActor
  >
  /** The move away from an account. */
  readonly get: (from: ChannelAccountId) => Effect.Effect<AccountMove, NotFound, CurrentOrganization>
  /** Moves what can be moved now; when everything has been, the old account is disabled, unless something stays there. */
  readonly advance: (
    from: ChannelAccountId
  ) => Effect.Effect<AccountMove, NotFound | Unavailable, CurrentOrganization | CurrentActor>
}>()("@wicara/conversations/AccountMoves") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    AccountMoves,
    never,
    SqlClient.SqlClient | ChannelAccounts | Contacts | Events | Signals | Audit | Jobs.Jobs
  > = Layer.suspend(() => Layer.effect(AccountMoves, make))

  /**
   * Goes on with moves in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, AccountMoves | Jobs.Jobs> = Layer.suspend(() =>
    Jobs.worker(moveJob, {
      handle: Effect.fnUntraced(function*({ id, payload }) {
        const moves = yield* AccountMoves
        const jobs = yield* Jobs.Jobs
        const move = yield* moves.advance(payload.from).pipe(
          // An account that is gone has nothing left to move.
          Effect.catchTag("NotFound", () => Effect.undefined)
        )
        if (move === undefined || move.state === "done" || move.id !== payload.moveId) return
        yield* jobs.enqueue(moveJob, payload, { id: `${id}+`.slice(-180), delay: pause })
      })
    })
  )
}

/** Between two passes, in milliseconds: what was on its way to the old account when the move began has arrived by then. */
const pause = 5_000

const batch = 100

type Moved = "moved" | "left" | "waiting" | "gone"

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const contacts = yield* Contacts
  const events = yield* Events
  const signals = yield* Signals
  const audit = yield* Audit
  const jobs = yield* Jobs.Jobs
  const conversations = makeConversationRows(sql)
  const rows = makeAccountMoveRows(sql)
  const locked = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  const start = Effect.fn("AccountMoves.start")(function*(from: ChannelAccountId, to: ChannelAccountId) {
    const organization = yield* CurrentOrganization
    if (from === to) return yield* InvalidInput.of("/to", "An account is moved to another one.")
    yield* accounts.get(from)
    const target = yield* Effect.catchTag(
      accounts.resolve(to),
      "NotFound",
      () => Effect.fail(InvalidInput.of("/to", "There is no such channel account."))
    )
    if (target.status !== "active") return yield* InvalidInput.of("/to", "This channel account is disabled.")
    return yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        // The account's row serializes those who begin at the same time.
        yield* sql`SELECT id FROM channels_accounts
          WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(from)} ${locked}`
        const known = yield* rows.fromAccount(organization.id, from)
        if (known !== undefined && known.to === to) return known
        if (known?.state === "running") {
          return yield* new Conflict({ detail: "This account is being moved to another one already." })
        }
        // What comes to the new account stays there, also if it was moved away once.
        yield* rows.end(organization.id, from)
        yield* rows.end(organization.id, to)
        const id = yield* Id.next(AccountMoveId)
        yield* rows.insert(organization.id, { id, from, to }, yield* Clock.currentTimeMillis)
        yield* audit.record({
          action: "channel.account.moved",
          target: { type: "channel_account", id: from },
          after: { to }
        })
        yield* jobs.enqueue(moveJob, { from, moveId: id }, { id: `move/${id}` })
        return (yield* rows.find(organization.id, id))!
      })
    ))
  })

  /** One conversation, whole or not at all. */
  const moveOne = Effect.fnUntraced(function*(move: AccountMove, target: ResolvedAccount, id: ConversationId) {
    const organization = yield* CurrentOrganization
    const row = Option.getOrUndefined(yield* conversations.find(organization.id, id, true))
    if (row === undefined || row.channelAccountId !== move.from) return "gone" as const
    const key = sql`organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(id)}`
    const outbox = yield* sql<{ readonly message_id: Uint8Array; readonly state: string }>`
      SELECT message_id, state FROM conversations_outbox WHERE ${key} ${locked}`
    // Nobody knows yet whether the customer has it: the old account finds out first.
    if (outbox.some(({ state }) => state !== "queued")) return "waiting" as const
    const chat = yield* addressOn(row.chat, row.contactId, contacts)
    if (chat === undefined) return "left" as const
    const there = row.isCurrent ? yield* conversations.currentByChat(organization.id, target.id, chat) : Option.none()
    // A window for free answers is opened by the customer at each number anew.
    const keepsWindow = target.adapter.capabilities.serviceWindowHours === null
    yield* sql`UPDATE conversations_conversations SET channel_account_id = ${Id.toBytes(target.id)},
        chat_kind = ${chat.kind}, chat_value = ${chat.value}, is_current = ${
      row.isCurrent && Option.isNone(there) ? 1 : null
    }, last_inbound_at = ${keepsWindow ? row.lastInboundAt : null}
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
    if (outbox.length > 0) {
      const queued = sql.in("id", outbox.map(({ message_id }) => message_id))
      // What a sender has claimed and not begun is its no longer: the lease is what it would mark its attempt with.
      yield* sql`UPDATE conversations_outbox SET channel_account_id = ${Id.toBytes(target.id)}, lease_id = NULL,
          available_at = ${yield* Clock.currentTimeMillis}
        WHERE ${key}`
      yield* sql`UPDATE conversations_messages SET channel_account_id = ${Id.toBytes(target.id)},
          provider_message_id = NULL, reply_to = NULL
        WHERE ${key} AND ${queued}`
      yield* sql.afterCommit(signals.notify(outboxSignal))
    }
    yield* events.append(ConversationMoved, {
      aggregateId: id,
      payload: {
        conversationId: id,
        contactId: row.contactId,
        channelAccountId: target.id,
        fromChannelAccountId: move.from
      }
    })
    yield* rows.counted(organization.id, move.id, 1)
    return "moved" as const
  })

  const next = (
    organizationId: Uint8Array,
    from: ChannelAccountId,
    after: { readonly at: number; readonly id: Uint8Array }
  ) =>
    sql<{ readonly id: Uint8Array; readonly last_message_at: unknown }>`SELECT id, last_message_at
      FROM conversations_conversations
      WHERE organization_id = ${organizationId} AND channel_account_id = ${Id.toBytes(from)}
        AND last_message_at >= ${after.at} AND (last_message_at > ${after.at} OR id > ${after.id})
      ORDER BY last_message_at, id LIMIT ${sql.literal(String(batch))}`

  const pass = Effect.fnUntraced(function*(move: AccountMove, target: ResolvedAccount) {
    const organization = yield* CurrentOrganization
    const count: Record<Moved, number> = { moved: 0, left: 0, waiting: 0, gone: 0 }
    let after: { readonly at: number; readonly id: Uint8Array } = { at: 0, id: new Uint8Array(16) }
    while (true) {
      const found = yield* Effect.orDie(next(Id.toBytes(organization.id), move.from, after))
      for (const { id } of found) {
        count[yield* orDieSql(transaction(sql, moveOne(move, target, Id.fromBytes(id))))]++
      }
      const last = found.at(-1)
      if (last === undefined || found.length < batch) return count
      after = { at: Number(last.last_message_at), id: last.id }
    }
  })

  const advance = Effect.fn("AccountMoves.advance")(function*(from: ChannelAccountId) {
    const organization = yield* CurrentOrganization
    const move = yield* Effect.orDie(rows.fromAccount(organization.id, from))
    if (move === undefined) return yield* NotFound.of("move", from)
    if (move.state === "done") return move
    const target = yield* accounts.resolve(move.to)
    const { left, moved, waiting } = yield* pass(move, target)
    const now = yield* Clock.currentTimeMillis
    const isDone = moved === 0 && waiting === 0 && now - move.startedAt.epochMilliseconds >= pause
    yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        yield* rows.passed(organization.id, move.id, { left, waiting, finishedAt: isDone ? now : null })
        if (!isDone) return
        if (left === 0) yield* accounts.update(from, { status: "disabled" })
        yield* audit.record({
          action: "channel.account.move_finished",
          target: { type: "channel_account", id: from },
          after: { to: move.to, left }
        })
      })
    )).pipe(Effect.catchTags({ InvalidInput: Effect.die, Conflict: Effect.die }))
    return (yield* Effect.orDie(rows.find(organization.id, move.id))) ?? (yield* NotFound.of("move", from))
  })

  return AccountMoves.of({
    start,
    advance,
    get: Effect.fn("AccountMoves.get")(function*(from) {
      const organization = yield* CurrentOrganization
      return (yield* Effect.orDie(rows.fromAccount(organization.id, from))) ?? (yield* NotFound.of("move", from))
    })
  })
})
