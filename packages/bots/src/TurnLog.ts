/**
 * The log of bots' turns.
 *
 * @since 0.1.0
 */
import { BigDecimal, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { Verdict } from "@wicara/ai-providers/AnswerFacts"
import { ToolCall } from "@wicara/ai-providers/AnswerFacts"
import type { ConversationId } from "@wicara/conversations/Conversation"
import { MessageId } from "@wicara/conversations/Message"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { NotFound } from "@wicara/core/Problem"
import type { InvalidInput } from "@wicara/core/Problem"
import { rowLimit } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { BotId } from "./Bot.ts"
import { BotTurnId, GroundingProblem, TurnSource } from "./BotTurn.ts"
import type { BotTurn, BotTurnDetail, TurnOutcome, TurnReason } from "./BotTurn.ts"

/** Which turns to list. @category models @since 0.1.0 */
export interface TurnListQuery extends Pagination.PageQuery {
  readonly botId?: BotId | undefined
  readonly conversationId?: ConversationId | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class TurnLog extends Context.Service<TurnLog, {
  /** Adds a turn within the ambient transaction. */
  readonly append: (turn: BotTurnDetail) => Effect.Effect<void, never, CurrentOrganization>
  /** The newest first, without prompts. */
  readonly list: (
    query: TurnListQuery
  ) => Effect.Effect<Pagination.Page<BotTurn>, InvalidInput, CurrentOrganization>
  readonly get: (id: BotTurnId) => Effect.Effect<BotTurnDetail, NotFound, CurrentOrganization>
}>()("@wicara/bots/TurnLog") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<TurnLog, never, SqlClient.SqlClient> = Layer.suspend(() =>
    Layer.effect(TurnLog, make)
  )
}

interface LogRow {
  readonly id: Uint8Array
  readonly bot_id: Uint8Array
  readonly conversation_id: Uint8Array | null
  readonly epoch: unknown
  readonly outcome: TurnOutcome
  readonly reason: TurnReason
  readonly explanation: string
  readonly verdict: Verdict | null
  readonly confidence: unknown
  readonly language: string | null
  readonly question: string
  readonly reply: string | null
  readonly sources: string
  readonly problems: string
  readonly tool_calls: string
  readonly ai_provider_id: Uint8Array | null
  readonly model: string | null
  readonly input_tokens: unknown
  readonly output_tokens: unknown
  readonly cached_input_tokens: unknown
  readonly cost_amount: string | null
  readonly cost_currency: string | null
  readonly latency: unknown
  readonly attempts: unknown
  readonly message_ids: string
  readonly reply_message_id: Uint8Array | null
  readonly created_at: unknown
  readonly prompt?: string | null
  readonly response?: string | null
}

const SourcesText = Schema.fromJsonString(Schema.Array(TurnSource))
const ProblemsText = Schema.fromJsonString(Schema.Array(GroundingProblem))
const ToolCallsText = Schema.fromJsonString(Schema.Array(ToolCall))
const MessageIdsText = Schema.fromJsonString(Schema.Array(MessageId))
const encodeSources = Schema.encodeSync(SourcesText)
const encodeProblems = Schema.encodeSync(ProblemsText)
const encodeToolCalls = Schema.encodeSync(ToolCallsText)
const encodeMessageIds = Schema.encodeSync(MessageIdsText)
const decodeSources = Schema.decodeUnknownSync(SourcesText)
const decodeProblems = Schema.decodeUnknownSync(ProblemsText)
const decodeToolCalls = Schema.decodeUnknownSync(ToolCallsText)
const decodeMessageIds = Schema.decodeUnknownSync(MessageIdsText)

const numberOrNull = (value: unknown): number | null => value === null || value === undefined ? null : Number(value)
const idOrNull = <A extends string>(bytes: Uint8Array | null): A | null =>
  bytes === null ? null : Id.fromBytes<A>(bytes)

const toTurn = (row: LogRow): BotTurn => ({
  id: Id.fromBytes(row.id),
  botId: Id.fromBytes(row.bot_id),
  conversationId: idOrNull(row.conversation_id),
  epoch: numberOrNull(row.epoch),
  outcome: row.outcome,
  reason: row.reason,
  explanation: row.explanation,
  verdict: row.verdict,
  confidence: numberOrNull(row.confidence),
  language: row.language,
  question: row.question,
  reply: row.reply,
  sources: decodeSources(row.sources),
  problems: decodeProblems(row.problems),
  toolCalls: decodeToolCalls(row.tool_calls),
  aiProviderId: idOrNull(row.ai_provider_id),
  model: row.model,
  usage: {
    inputTokens: numberOrNull(row.input_tokens),
    outputTokens: numberOrNull(row.output_tokens),
    cachedInputTokens: numberOrNull(row.cached_input_tokens)
  },
  cost: row.cost_amount === null || row.cost_currency === null
    ? null
    : { amount: BigDecimal.fromStringUnsafe(row.cost_amount), currency: row.cost_currency },
  latency: Number(row.latency),
  attempts: Number(row.attempts),
  messageIds: decodeMessageIds(row.message_ids),
  replyMessageId: idOrNull(row.reply_message_id),
  createdAt: DateTime.makeUnsafe(Number(row.created_at))
})

const Position = Schema.Struct({ id: BotTurnId })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const listColumns = sql.literal(
    "id, bot_id, conversation_id, epoch, outcome, reason, explanation, verdict, confidence, language, question, reply, sources, " +
      "problems, tool_calls, ai_provider_id, model, input_tokens, output_tokens, cached_input_tokens, cost_amount, cost_currency, " +
      "latency, attempts, message_ids, reply_message_id, created_at"
  )

  return TurnLog.of({
    append: Effect.fn("TurnLog.append")(function*(turn) {
      const organization = yield* CurrentOrganization
      yield* Effect.orDie(sql`INSERT INTO bots_turn_log ${
        sql.insert({
          organization_id: Id.toBytes(organization.id),
          id: Id.toBytes(turn.id),
          bot_id: Id.toBytes(turn.botId),
          conversation_id: turn.conversationId === null ? null : Id.toBytes(turn.conversationId),
          epoch: turn.epoch,
          outcome: turn.outcome,
          reason: turn.reason,
          explanation: turn.explanation,
          verdict: turn.verdict,
          confidence: turn.confidence,
          language: turn.language?.slice(0, 16) ?? null,
          question: turn.question,
          reply: turn.reply,
          sources: encodeSources(turn.sources),
          problems: encodeProblems(turn.problems),
          tool_calls: encodeToolCalls(turn.toolCalls),
          prompt: turn.prompt,
          response: turn.response,
          ai_provider_id: turn.aiProviderId === null ? null : Id.toBytes(turn.aiProviderId),
          model: turn.model?.slice(0, 190) ?? null,
          input_tokens: turn.usage.inputTokens,
          output_tokens: turn.usage.outputTokens,
          cached_input_tokens: turn.usage.cachedInputTokens,
          cost_amount: turn.cost === null ? null : BigDecimal.format(turn.cost.amount),
          cost_currency: turn.cost?.currency ?? null,
          latency: turn.latency,
          attempts: turn.attempts,
          message_ids: encodeMessageIds(turn.messageIds),
          reply_message_id: turn.replyMessageId === null ? null : Id.toBytes(turn.replyMessageId),
          created_at: DateTime.toEpochMillis(turn.createdAt)
        })
      }`)
    }),
    list: Effect.fn("TurnLog.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const before = yield* Pagination.position(Position, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(sql<LogRow>`SELECT ${listColumns} FROM bots_turn_log
        WHERE ${
        sql.and([
          sql`organization_id = ${Id.toBytes(organization.id)}`,
          ...(query.conversationId === undefined ? [] : [sql`conversation_id = ${Id.toBytes(query.conversationId)}`]),
          ...(query.botId === undefined ? [] : [sql`bot_id = ${Id.toBytes(query.botId)}`]),
          ...(before === undefined ? [] : [sql`id < ${Id.toBytes(before.id)}`])
        ])
      } ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toTurn), limit, Position, (turn) => ({ id: turn.id }))
    }),
    get: Effect.fn("TurnLog.get")(function*(id) {
      const organization = yield* CurrentOrganization
      const rows = yield* Effect.orDie(sql<LogRow>`SELECT ${listColumns}, prompt, response FROM bots_turn_log
        WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`)
      const row = Option.fromUndefinedOr(rows[0])
      if (Option.isNone(row)) return yield* NotFound.of("bot turn", id)
      return {
        ...toTurn(row.value),
        prompt: row.value.prompt ?? null,
        response: row.value.response ?? null
      } satisfies BotTurnDetail
    })
  })
})
