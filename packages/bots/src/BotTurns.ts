/**
 * The work list of bots: which conversations wait for an answer, when it is due, and which worker has it. One row a
 * conversation, so one turn at a time; a worker that dies gives its turn back when its lease ends.
 *
 * Every message is noted once, by its id, until a turn has dealt with it: messages that arrive late or out of order are
 * answered like any other, and an event that is delivered twice changes nothing.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ConversationId } from "@wicara/conversations/Conversation"
import type { MessageId } from "@wicara/conversations/Message"
import * as Id from "@wicara/core/Id"
import * as Runners from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { Signals } from "@wicara/core/Signals"
import { affectedRows, insertIfAbsent, rowLimit, transaction, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { BotTurnId } from "./BotTurn.ts"
import * as TurnMemory from "./TurnMemory.ts"

/**
 * A message that a bot should answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Arrival {
  readonly organizationId: OrganizationId
  readonly conversationId: ConversationId
  readonly channelAccountId: ChannelAccountId
  readonly messageId: MessageId
  /** Milliseconds of silence before the turn starts, and how long it may be put off in all. */
  readonly burstWindow: number
  readonly burstMaximum: number
}

/**
 * A turn that this worker has.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClaimedTurn {
  readonly organizationId: OrganizationId
  readonly conversationId: ConversationId
  readonly channelAccountId: ChannelAccountId
  /** Fences every write of the turn. */
  readonly leaseId: string
  readonly attempts: number
  /** How many messages had come when it was claimed: more by its end ask for another turn. */
  readonly arrivals: number
  readonly memory: TurnMemory.TurnMemory
}

/**
 * What a worker asks for.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClaimOptions {
  readonly limit: number
  /** Milliseconds after which the turns are anyone's again. */
  readonly lease: number
  /** Turns that one organization may have at a time, with those that are `running` already; unlimited if absent. */
  readonly perOrganization?: number | undefined
  readonly running?: ReadonlyMap<OrganizationId, number> | undefined
}

/**
 * The turn is another worker's by now: nothing of it may be written.
 *
 * @category errors
 * @since 0.1.0
 */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", {}) {}

/**
 * A message that waited for longer is not answered any more: the customer has moved on. Milliseconds.
 *
 * @category constants
 * @since 0.1.0
 */
export const answerWithin = 24 * 3_600_000

/** The topic of `Signals` that is raised when turns were scheduled. @category constants @since 0.1.0 */
export const signal = "bot-turns"

/**
 * @category services
 * @since 0.1.0
 */
export class BotTurns extends Context.Service<BotTurns, {
  /** Notes messages and schedules their turns. */
  readonly arrived: (arrivals: ReadonlyArray<Arrival>) => Effect.Effect<void>
  /** Schedules a turn for what is noted and not dealt with, now. */
  readonly wake: (
    organizationId: OrganizationId,
    conversationId: ConversationId,
    channelAccountId: ChannelAccountId
  ) => Effect.Effect<void>
  /** Takes turns that are due, the longest waiting of each organization first. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<ReadonlyArray<ClaimedTurn>>
  /** Keeps the lease; `false` when it is lost. */
  readonly renew: (turn: ClaimedTurn, lease: number) => Effect.Effect<boolean>
  /** The messages that no turn has dealt with, oldest first. */
  readonly waiting: (turn: ClaimedTurn) => Effect.Effect<ReadonlyArray<MessageId>>
  /**
   * Ends the turn within the ambient transaction: the messages are dealt with, and the conversation is due again if
   * others came in the meantime.
   */
  readonly complete: (turn: ClaimedTurn, result: {
    readonly turnId: BotTurnId
    readonly messageIds: ReadonlyArray<MessageId>
    readonly memory: TurnMemory.TurnMemory
    readonly burstWindow: number
  }) => Effect.Effect<void, LeaseLost>
  /** Ends the turn without dealing with its messages: they wait for the next `wake` or arrival. */
  readonly release: (turn: ClaimedTurn) => Effect.Effect<void>
  /** Gives the turn back untried, because this worker stops. */
  readonly giveBack: (turn: ClaimedTurn) => Effect.Effect<void>
  /** Gives the turn back untried, because what it is about is not here yet: for `delay` milliseconds. */
  readonly postpone: (turn: ClaimedTurn, delay: number) => Effect.Effect<void>
  /** Gives the turn back, to be tried again after `delay` milliseconds. */
  readonly retry: (turn: ClaimedTurn, delay: number) => Effect.Effect<void>
  /** Frees the turns of a runner that is gone, or all: at the start of a process that is known to be the only one. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
  /** When the next turn is due, epoch milliseconds. */
  readonly nextDue: Effect.Effect<number | null>
}>()("@wicara/bots/BotTurns") {
  /**
   * The work list in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<BotTurns, never, SqlClient.SqlClient | Signals> = Layer.suspend(() =>
    Layer.effect(BotTurns, make)
  )
}

interface TurnRow {
  readonly organization_id: Uint8Array
  readonly conversation_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly lease_id: Uint8Array | null
  readonly attempts: unknown
  readonly arrivals: unknown
  readonly memory: string
}

const MemoryText = Schema.fromJsonString(TurnMemory.TurnMemory)
const encodeMemory = Schema.encodeSync(MemoryText)
const decodeMemory = Schema.decodeUnknownResult(MemoryText)
const emptyMemory = encodeMemory(TurnMemory.empty)

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const signals = yield* Signals
  const runner = yield* Runners.CurrentRunner

  const key = (turn: Pick<ClaimedTurn, "organizationId" | "conversationId">) =>
    sql`organization_id = ${Id.toBytes(turn.organizationId)} AND conversation_id = ${Id.toBytes(turn.conversationId)}`

  const held = (turn: ClaimedTurn) => sql`${key(turn)} AND lease_id = ${Id.toBytes(turn.leaseId)}`

  const row = (now: number, arrival: Pick<Arrival, "organizationId" | "conversationId" | "channelAccountId">) => ({
    organization_id: Id.toBytes(arrival.organizationId),
    conversation_id: Id.toBytes(arrival.conversationId),
    channel_account_id: Id.toBytes(arrival.channelAccountId),
    due_at: null,
    first_at: now,
    arrivals: 0,
    lease_id: null,
    attempts: 0,
    memory: emptyMemory
  })

  // A turn that is being worked on keeps its due time, which is the end of the lease.
  const schedule = (now: number, arrival: Arrival, count: number) =>
    sql`UPDATE bots_turns SET
        arrivals = arrivals + ${count},
        first_at = CASE WHEN due_at IS NULL THEN ${now} ELSE first_at END,
        due_at = CASE
          WHEN lease_id IS NOT NULL THEN due_at
          WHEN due_at IS NULL THEN ${now + arrival.burstWindow}
          WHEN ${now + arrival.burstWindow} < first_at + ${arrival.burstMaximum} THEN ${now + arrival.burstWindow}
          ELSE first_at + ${arrival.burstMaximum} END
      WHERE ${key(arrival)}`

  const arrived = Effect.fn("BotTurns.arrived")(function*(arrivals: ReadonlyArray<Arrival>) {
    if (arrivals.length === 0) return
    const now = yield* Clock.currentTimeMillis
    const write = Effect.gen(function*() {
      const byConversation = new Map<string, Array<Arrival>>()
      for (const arrival of arrivals) {
        const known = byConversation.get(`${arrival.organizationId}/${arrival.conversationId}`)
        if (known === undefined) byConversation.set(`${arrival.organizationId}/${arrival.conversationId}`, [arrival])
        else known.push(arrival)
      }
      // In one order, so that two processes never wait for each other crosswise.
      const conversations = [...byConversation].sort(([a], [b]) => a < b ? -1 : 1).map(([, list]) => list)
      for (const list of conversations) {
        const [first] = list
        if (first === undefined) continue
        const noted = yield* varying(
          sql,
          sql<{ readonly message_id: Uint8Array }>`SELECT message_id FROM bots_turn_messages WHERE ${key(first)}
            AND ${sql.in("message_id", list.map((arrival) => Id.toBytes(arrival.messageId)))}`
        )
        const known = new Set(noted.map((one) => Id.fromBytes(one.message_id)))
        const fresh = list.filter((arrival) => !known.has(arrival.messageId))
        if (fresh.length === 0) continue
        yield* insertIfAbsent(
          sql,
          "bots_turn_messages",
          "message_id",
          fresh.map((arrival) => ({
            organization_id: Id.toBytes(arrival.organizationId),
            conversation_id: Id.toBytes(arrival.conversationId),
            message_id: Id.toBytes(arrival.messageId),
            turn_id: null,
            arrived_at: now
          }))
        )
        yield* insertIfAbsent(sql, "bots_turns", "arrivals", [row(now, first)])
        yield* schedule(now, first, fresh.length)
      }
      yield* sql.afterCommit(signals.notify(signal))
    })
    yield* Effect.orDie(transaction(sql, write))
  })

  const wake = Effect.fn("BotTurns.wake")(function*(
    organizationId: OrganizationId,
    conversationId: ConversationId,
    channelAccountId: ChannelAccountId
  ) {
    const now = yield* Clock.currentTimeMillis
    yield* Effect.orDie(transaction(
      sql,
      Effect.gen(function*() {
        yield* insertIfAbsent(sql, "bots_turns", "arrivals", [
          row(now, { organizationId, conversationId, channelAccountId })
        ])
        yield* sql`UPDATE bots_turns SET arrivals = arrivals + 1, first_at = ${now},
            due_at = CASE WHEN lease_id IS NULL THEN ${now} ELSE due_at END
          WHERE ${key({ organizationId, conversationId })}`
        yield* sql.afterCommit(signals.notify(signal))
      })
    ))
  })

  const claim = Effect.fn("BotTurns.claim")(function*(options: ClaimOptions) {
    if (options.limit <= 0) return []
    const running = options.running ?? new Map<OrganizationId, number>()
    const most = options.perOrganization ?? Number.POSITIVE_INFINITY
    const full = [...running].filter(([, count]) => count >= most).map(([id]) => id)
    const now = yield* Clock.currentTimeMillis
    const leaseId = Id.fromBytes(Runners.leaseId(runner))
    const candidates = yield* varying(
      sql,
      sql<Pick<TurnRow, "organization_id" | "conversation_id">>`SELECT organization_id, conversation_id FROM bots_turns
        WHERE due_at <= ${now} ${
        full.length === 0 ? sql.literal("") : sql`AND NOT ${sql.in("organization_id", full.map(Id.toBytes))}`
      } ORDER BY due_at LIMIT ${rowLimit(sql, options.limit * 4)}`
    )
    if (candidates.length === 0) return []
    const chosen = fair(candidates, options.limit, (id) => most - (running.get(id) ?? 0))
    const claimed: Array<ClaimedTurn> = []
    for (const candidate of chosen) {
      const taken = yield* affectedRows(
        sql`UPDATE bots_turns SET lease_id = ${Id.toBytes(leaseId)}, due_at = ${now + options.lease}
        WHERE organization_id = ${candidate.organization_id} AND conversation_id = ${candidate.conversation_id}
          AND due_at <= ${now}`
      )
      if (taken === 0) continue
      const rows = yield* sql<
        TurnRow
      >`SELECT organization_id, conversation_id, channel_account_id, lease_id, attempts, arrivals, memory
        FROM bots_turns WHERE organization_id = ${candidate.organization_id}
          AND conversation_id = ${candidate.conversation_id} AND lease_id = ${Id.toBytes(leaseId)}`
      const [found] = rows
      if (found === undefined) continue
      claimed.push({
        organizationId: Id.fromBytes(found.organization_id),
        conversationId: Id.fromBytes(found.conversation_id),
        channelAccountId: Id.fromBytes(found.channel_account_id),
        leaseId,
        attempts: Number(found.attempts),
        arrivals: Number(found.arrivals),
        memory: Result.getOrElse(decodeMemory(found.memory), () => TurnMemory.empty)
      })
    }
    return claimed
  }, Effect.orDie)

  return BotTurns.of({
    arrived,
    wake,
    claim,
    renew: (turn, lease) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        yield* sql`UPDATE bots_turns SET due_at = ${now + lease} WHERE ${held(turn)}`
        const rows = yield* sql`SELECT arrivals FROM bots_turns WHERE ${held(turn)}`
        return rows.length > 0
      }).pipe(Effect.orDie),
    waiting: (turn) =>
      Effect.map(
        Effect.orDie(sql<{ readonly message_id: Uint8Array }>`SELECT message_id FROM bots_turn_messages
          WHERE ${key(turn)} AND turn_id IS NULL ORDER BY message_id LIMIT ${rowLimit(sql, maximumMessages)}`),
        (rows) => rows.map((one) => Id.fromBytes<MessageId>(one.message_id))
      ),
    complete: Effect.fn("BotTurns.complete")(function*(turn, result) {
      const now = yield* Clock.currentTimeMillis
      const ended = yield* Effect.orDie(affectedRows(sql`UPDATE bots_turns SET
          due_at = CASE WHEN arrivals = ${turn.arrivals} THEN NULL ELSE ${now + result.burstWindow} END,
          first_at = ${now}, lease_id = NULL, attempts = 0, memory = ${encodeMemory(result.memory)}
        WHERE ${held(turn)}`))
      if (ended === 0) return yield* new LeaseLost()
      if (result.messageIds.length === 0) return
      yield* Effect.orDie(varying(
        sql,
        sql`UPDATE bots_turn_messages SET turn_id = ${Id.toBytes(result.turnId)} WHERE ${key(turn)}
          AND ${sql.in("message_id", result.messageIds.map(Id.toBytes))}`
      ))
      yield* sql.afterCommit(signals.notify(signal))
    }),
    release: Effect.fn("BotTurns.release")(function*(turn) {
      const now = yield* Clock.currentTimeMillis
      yield* Effect.orDie(sql`UPDATE bots_turns SET
          due_at = CASE WHEN arrivals = ${turn.arrivals} THEN NULL ELSE ${now} END, first_at = ${now}, lease_id = NULL, attempts = 0
        WHERE ${held(turn)}`)
    }),
    giveBack: (turn) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        yield* sql`UPDATE bots_turns SET due_at = ${now}, lease_id = NULL WHERE ${held(turn)}`
        yield* signals.notify(signal)
      }).pipe(Effect.orDie),
    postpone: Effect.fn("BotTurns.postpone")(function*(turn, delay) {
      const now = yield* Clock.currentTimeMillis
      yield* Effect.orDie(sql`UPDATE bots_turns SET due_at = ${now + delay}, lease_id = NULL WHERE ${held(turn)}`)
      yield* signals.notify(signal)
    }),
    retry: Effect.fn("BotTurns.retry")(function*(turn, delay) {
      const now = yield* Clock.currentTimeMillis
      yield* Effect.orDie(sql`UPDATE bots_turns SET due_at = ${now + delay}, lease_id = NULL, attempts = attempts + 1
        WHERE ${held(turn)}`)
      yield* signals.notify(signal)
    }),
    releaseLeases: Effect.fn("BotTurns.releaseLeases")(function*(of) {
      const now = yield* Clock.currentTimeMillis
      const ended = yield* Effect.orDie(transaction(
        sql,
        affectedRows(sql`UPDATE bots_turns SET due_at = ${now}, lease_id = NULL
          WHERE due_at > ${now} AND ${Runners.holds(sql, of)}`)
      ))
      if (ended > 0) yield* signals.notify(signal)
    }),
    nextDue: Effect.map(
      Effect.orDie(
        sql<
          { readonly due_at: unknown }
        >`SELECT due_at FROM bots_turns WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1`
      ),
      (rows) => rows[0] === undefined ? null : Number(rows[0].due_at)
    )
  })
})

/** Messages that one turn answers at most. */
const maximumMessages = 100

/** The oldest of each organization in turn, so that a crowd at one does not keep the others waiting. */
const fair = <A extends { readonly organization_id: Uint8Array }>(
  rows: ReadonlyArray<A>,
  limit: number,
  room: (id: OrganizationId) => number
): ReadonlyArray<A> => {
  const lanes = new Map<OrganizationId, Array<A>>()
  for (const row of rows) {
    const id = Id.fromBytes<OrganizationId>(row.organization_id)
    const lane = lanes.get(id)
    if (lane === undefined) lanes.set(id, [row])
    else lane.push(row)
  }
  const chosen: Array<A> = []
  for (let round = 0; chosen.length < limit; round++) {
    const before = chosen.length
    for (const [id, lane] of lanes) {
      const row = lane[round]
      if (row !== undefined && round < room(id) && chosen.length < limit) chosen.push(row)
    }
    if (chosen.length === before) break
  }
  return chosen
}
