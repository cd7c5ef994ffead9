/**
 * The bots of organizations: who they are, and which one answers on an account.
 *
 * @since 0.1.0
 */
import { Cache, Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { AiProviderId } from "@wicara/ai-providers/AiProvider"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { Persona } from "@wicara/ai-providers/Persona"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { affectedRows, orUnique, rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor, OrganizationId } from "@wicara/core/Tenancy"
import { Bot, BotId, BotKnowledge, defaultSettings, PartialBotSettings } from "./Bot.ts"
import type { AskBot, BotSettings, BotStatus, CreateBot, UpdateBot } from "./Bot.ts"
import { Answering } from "./Answering.ts"
import { BotTurnId } from "./BotTurn.ts"
import type { BotTurnDetail } from "./BotTurn.ts"
import { BotCreated, BotDeleted, BotUpdated } from "./events.ts"
import { TurnLog } from "./TurnLog.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class Bots extends Context.Service<Bots, {
  readonly create: (
    input: CreateBot
  ) => Effect.Effect<Bot, Conflict | InvalidInput, CurrentOrganization | CurrentActor>
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<Bot>, InvalidInput, CurrentOrganization>
  readonly get: (id: BotId) => Effect.Effect<Bot, NotFound, CurrentOrganization>
  readonly update: (
    id: BotId,
    input: UpdateBot
  ) => Effect.Effect<Bot, NotFound | Conflict | InvalidInput, CurrentOrganization | CurrentActor>
  /** Removes the bot; the log of its turns stays. */
  readonly delete: (id: BotId) => Effect.Effect<void, NotFound, CurrentOrganization | CurrentActor>
  /** The bot that answers on an account, active or paused. Kept for 5 seconds. */
  readonly forAccount: (id: ChannelAccountId) => Effect.Effect<Option.Option<Bot>, never, CurrentOrganization>
  /**
   * Asks a trial question outside of any conversation: nothing is sent, tools are told that there is no customer, and the
   * turn is logged as a test. Without a bot's id the one that answers everywhere is asked, or else the oldest.
   */
  readonly ask: (
    input: AskBot
  ) => Effect.Effect<BotTurnDetail, NotFound | Unavailable, CurrentOrganization>
}>()("@wicara/bots/Bots") {
  /**
   * Bots in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    Bots,
    never,
    SqlClient.SqlClient | Events | Audit | Answering | TurnLog | ChannelAccounts | AiProviders
  > = Layer.suspend(() => Layer.effect(Bots, make))
}

interface BotRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly status: BotStatus
  readonly everywhere: unknown
  readonly persona: string
  readonly knowledge: string
  readonly ai_provider_id: Uint8Array | null
  readonly settings: string
  readonly created_at: unknown
  readonly updated_at: unknown
}

const PersonaText = Schema.fromJsonString(Persona)
const KnowledgeText = Schema.fromJsonString(BotKnowledge)
// Settings are stored as they were given: what is absent follows the defaults of the running version.
const SettingsText = Schema.fromJsonString(PartialBotSettings)
const decodePersona = Schema.decodeUnknownEffect(PersonaText)
const encodePersona = Schema.encodeSync(PersonaText)
const decodeKnowledge = Schema.decodeUnknownEffect(KnowledgeText)
const encodeKnowledge = Schema.encodeSync(KnowledgeText)
const decodeSettings = Schema.decodeUnknownEffect(SettingsText)
const encodeSettings = Schema.encodeSync(SettingsText)

const Position = Schema.Struct({ id: BotId })

const taken = () => new Conflict({ detail: "Another bot answers on one of these accounts, or on all others, already." })

const checkSettings = (settings: PartialBotSettings): Effect.Effect<void, InvalidInput> => {
  const all: BotSettings = { ...defaultSettings, ...settings }
  return all.burstMaximum < all.burstWindow
    ? Effect.fail(InvalidInput.of("/settings/burstMaximum", "It must not be shorter than burstWindow."))
    : Effect.void
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const events = yield* Events
  const audit = yield* Audit
  const answering = yield* Answering
  const log = yield* TurnLog
  const channelAccounts = yield* ChannelAccounts
  const providers = yield* AiProviders
  const columns = sql.literal(
    "organization_id, id, status, everywhere, persona, knowledge, ai_provider_id, settings, created_at, updated_at"
  )

  const accountsOf = (organizationId: OrganizationId, ids: ReadonlyArray<BotId>) =>
    ids.length === 0 ? Effect.succeed(new Map<string, Array<ChannelAccountId>>()) : Effect.map(
      Effect.orDie(varying(
        sql,
        sql<{ readonly bot_id: Uint8Array; readonly channel_account_id: Uint8Array }>`SELECT bot_id, channel_account_id
          FROM bots_accounts WHERE organization_id = ${Id.toBytes(organizationId)}
            AND ${sql.in("bot_id", ids.map(Id.toBytes))} ORDER BY channel_account_id`
      )),
      (rows) => {
        const accounts = new Map<string, Array<ChannelAccountId>>()
        for (const row of rows) {
          const id = Id.fromBytes(row.bot_id)
          const list = accounts.get(id) ?? []
          list.push(Id.fromBytes(row.channel_account_id))
          accounts.set(id, list)
        }
        return accounts
      }
    )

  const toBots = Effect.fnUntraced(function*(organizationId: OrganizationId, rows: ReadonlyArray<BotRow>) {
    const accounts = yield* accountsOf(organizationId, rows.map((row) => Id.fromBytes<BotId>(row.id)))
    return yield* Effect.forEach(
      rows,
      Effect.fnUntraced(function*(row) {
        const id = Id.fromBytes<BotId>(row.id)
        return new Bot({
          id,
          status: row.status,
          persona: yield* decodePersona(row.persona),
          channelAccountIds: row.everywhere === null ? accounts.get(id) ?? [] : null,
          knowledge: yield* decodeKnowledge(row.knowledge),
          aiProviderId: row.ai_provider_id === null ? null : Id.fromBytes<AiProviderId>(row.ai_provider_id),
          settings: { ...defaultSettings, ...(yield* decodeSettings(row.settings)) },
          createdAt: DateTime.makeUnsafe(Number(row.created_at)),
          updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
        })
      })
    ).pipe(Effect.orDie)
  })

  const select = (organizationId: OrganizationId, id: BotId) =>
    Effect.orDie(sql<BotRow>`SELECT ${columns} FROM bots_bots
      WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`)

  const get = Effect.fn("Bots.get")(function*(id: BotId) {
    const organization = yield* CurrentOrganization
    const [bot] = yield* toBots(organization.id, yield* select(organization.id, id))
    return bot === undefined ? yield* NotFound.of("bot", id) : bot
  })

  const lookup = Effect.fnUntraced(function*(key: string) {
    const [organizationId, accountId] = key.split("/") as [OrganizationId, ChannelAccountId]
    const rows = yield* Effect.orDie(sql<BotRow>`SELECT ${columns} FROM bots_bots
      WHERE organization_id = ${Id.toBytes(organizationId)} AND id IN (
        SELECT bot_id FROM bots_accounts
        WHERE organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(accountId)}
      )`)
    const found = rows.length > 0 ? rows : yield* Effect.orDie(sql<BotRow>`SELECT ${columns} FROM bots_bots
      WHERE organization_id = ${Id.toBytes(organizationId)} AND everywhere = 1`)
    return Option.fromUndefinedOr((yield* toBots(organizationId, found))[0])
  })

  const cache = yield* Cache.make({ lookup, capacity: 10_000, timeToLive: "5 seconds" })

  const setAccounts = Effect.fnUntraced(function*(
    organizationId: OrganizationId,
    id: BotId,
    accounts: ReadonlyArray<ChannelAccountId>
  ) {
    yield* sql`DELETE FROM bots_accounts WHERE organization_id = ${Id.toBytes(organizationId)} AND bot_id = ${
      Id.toBytes(id)
    }`
    const unique = [...new Set(accounts)]
    if (unique.length === 0) return
    yield* varying(
      sql,
      sql`INSERT INTO bots_accounts ${
        sql.insert(unique.map((account) => ({
          organization_id: Id.toBytes(organizationId),
          channel_account_id: Id.toBytes(account),
          bot_id: Id.toBytes(id)
        })) as never)
      }`
    )
  })

  /** What a bot refers to has to be there, in the same organization. */
  const checkReferences = Effect.fnUntraced(function*(input: Pick<UpdateBot, "channelAccountIds" | "aiProviderId">) {
    yield* Effect.forEach(
      new Set(input.channelAccountIds ?? []),
      (id) =>
        Effect.catchTag(
          channelAccounts.get(id),
          "NotFound",
          () => InvalidInput.of("/channelAccountIds", `There is no channel account "${id}" in this organization.`)
        )
    )
    if (input.aiProviderId === undefined || input.aiProviderId === null) return
    yield* Effect.catchTag(
      providers.get(input.aiProviderId),
      "NotFound",
      () => InvalidInput.of("/aiProviderId", `There is no language model "${input.aiProviderId}" in this organization.`)
    )
  })

  const create = Effect.fn("Bots.create")(function*(input: CreateBot) {
    const organization = yield* CurrentOrganization
    const settings = input.settings ?? {}
    yield* checkSettings(settings)
    yield* checkReferences(input)
    const id = yield* Id.next(BotId)
    const now = yield* Clock.currentTimeMillis
    const accounts = input.channelAccountIds ?? null
    yield* transaction(
      sql,
      Effect.gen(function*() {
        yield* sql`INSERT INTO bots_bots ${
          sql.insert({
            organization_id: Id.toBytes(organization.id),
            id: Id.toBytes(id),
            status: "active",
            everywhere: accounts === null ? 1 : null,
            persona: encodePersona(input.persona),
            knowledge: encodeKnowledge(input.knowledge ?? {}),
            ai_provider_id: input.aiProviderId === undefined || input.aiProviderId === null
              ? null
              : Id.toBytes(input.aiProviderId),
            settings: encodeSettings(settings),
            created_at: now,
            updated_at: now
          })
        }`
        if (accounts !== null) yield* setAccounts(organization.id, id, accounts)
        yield* events.append(BotCreated, { aggregateId: id, payload: { botId: id } })
        yield* audit.record({
          action: "bot.created",
          target: { type: "bot", id },
          after: { name: input.persona.name, settings }
        })
      })
    ).pipe(orUnique(taken))
    yield* Cache.invalidateAll(cache)
    return yield* Effect.orDie(get(id))
  })

  const update = Effect.fn("Bots.update")(function*(id: BotId, input: UpdateBot) {
    const organization = yield* CurrentOrganization
    const before = yield* get(id)
    const [row] = yield* select(organization.id, id)
    const settings = input.settings === undefined || row === undefined
      ? undefined
      : { ...(yield* Effect.orDie(decodeSettings(row.settings))), ...input.settings }
    if (settings !== undefined) yield* checkSettings(settings)
    yield* checkReferences(input)
    const now = yield* Clock.currentTimeMillis
    const accounts = input.channelAccountIds
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const changed = yield* affectedRows(sql`UPDATE bots_bots SET ${
          sql.csv([
            sql`updated_at = ${now}`,
            ...(input.status === undefined ? [] : [sql`status = ${input.status}`]),
            ...(accounts === undefined ? [] : [sql`everywhere = ${accounts === null ? 1 : null}`]),
            ...(input.persona === undefined ? [] : [sql`persona = ${encodePersona(input.persona)}`]),
            ...(input.knowledge === undefined ? [] : [sql`knowledge = ${encodeKnowledge(input.knowledge)}`]),
            ...(input.aiProviderId === undefined
              ? []
              : [sql`ai_provider_id = ${input.aiProviderId === null ? null : Id.toBytes(input.aiProviderId)}`]),
            ...(settings === undefined ? [] : [sql`settings = ${encodeSettings(settings)}`])
          ])
        } WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`)
        if (changed === 0) return yield* NotFound.of("bot", id)
        if (accounts !== undefined) yield* setAccounts(organization.id, id, accounts ?? [])
        yield* events.append(BotUpdated, {
          aggregateId: id,
          payload: { botId: id, status: input.status ?? before.status }
        })
        yield* audit.record({
          action: "bot.updated",
          target: { type: "bot", id },
          before: { status: before.status, persona: before.persona, settings: before.settings },
          after: {
            status: input.status ?? before.status,
            persona: input.persona ?? before.persona,
            settings: input.settings ?? {}
          }
        })
      })
    ).pipe(orUnique(taken))
    yield* Cache.invalidateAll(cache)
    return yield* get(id)
  })

  const remove = Effect.fn("Bots.delete")(function*(id: BotId) {
    const organization = yield* CurrentOrganization
    const before = yield* get(id)
    yield* transaction(
      sql,
      Effect.gen(function*() {
        yield* setAccounts(organization.id, id, [])
        const removed = yield* affectedRows(sql`DELETE FROM bots_bots
          WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`)
        if (removed === 0) return yield* NotFound.of("bot", id)
        yield* events.append(BotDeleted, { aggregateId: id, payload: { botId: id } })
        yield* audit.record({
          action: "bot.deleted",
          target: { type: "bot", id },
          before: { name: before.persona.name }
        })
      })
    ).pipe(orUnique(taken), Effect.catchTag("Conflict", Effect.die))
    yield* Cache.invalidateAll(cache)
  })

  const main = Effect.gen(function*() {
    const organization = yield* CurrentOrganization
    const rows = yield* Effect.orDie(sql<BotRow>`SELECT ${columns} FROM bots_bots
      WHERE organization_id = ${Id.toBytes(organization.id)}
      ORDER BY CASE WHEN everywhere = 1 THEN 0 ELSE 1 END, id LIMIT 1`)
    const [bot] = yield* toBots(organization.id, rows)
    return bot === undefined
      ? yield* new NotFound({ resource: "bot", id: "", detail: "This organization has no bot." })
      : bot
  })

  const ask = Effect.fn("Bots.ask")(function*(input: AskBot) {
    const bot = input.botId === undefined ? yield* main : yield* get(input.botId)
    const decision = yield* answering.decide({
      bot,
      messages: [{ type: "text", text: input.question }],
      history: [],
      language: input.language ?? null,
      clarifying: false,
      conversation: null
    }).pipe(
      Effect.catchTag(
        "AiError",
        (error) =>
          Effect.fail(new Unavailable({ detail: `The language model failed: ${error.reason.message.slice(0, 500)}` }))
      )
    )
    const turn: BotTurnDetail = {
      id: yield* Id.next(BotTurnId),
      botId: bot.id,
      conversationId: null,
      epoch: null,
      outcome: "test",
      reason: decision.reason,
      explanation: decision.explanation,
      verdict: decision.call?.verdict ?? null,
      confidence: decision.call?.confidence ?? null,
      language: decision.language,
      question: decision.question,
      reply: decision.text,
      sources: decision.sources,
      problems: decision.problems,
      toolCalls: decision.toolCalls,
      aiProviderId: decision.call?.aiProviderId ?? null,
      model: decision.call?.model ?? null,
      usage: decision.call?.usage ?? { inputTokens: null, outputTokens: null, cachedInputTokens: null },
      cost: decision.call?.cost ?? null,
      latency: decision.call?.latency ?? 0,
      attempts: 1,
      messageIds: [],
      replyMessageId: null,
      createdAt: yield* DateTime.now,
      prompt: decision.call?.prompt ?? null,
      response: decision.call?.response ?? null
    }
    yield* log.append(turn)
    return turn
  })

  return Bots.of({
    create,
    list: Effect.fn("Bots.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const after = yield* Pagination.position(Position, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(sql<BotRow>`SELECT ${columns} FROM bots_bots
        WHERE organization_id = ${Id.toBytes(organization.id)}
          ${after === undefined ? sql.literal("") : sql`AND id > ${Id.toBytes(after.id)}`}
        ORDER BY id LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(yield* toBots(organization.id, rows), limit, Position, (bot) => ({ id: bot.id }))
    }),
    get,
    update,
    delete: remove,
    forAccount: (id) =>
      Effect.flatMap(CurrentOrganization, (organization) => Cache.get(cache, `${organization.id}/${id}`)),
    ask
  })
})
