/**
 * Works off the turns of bots: reads what the customer wrote, lets `Answering` decide, and commits the reply, the
 * hand-over and the log in one transaction, fenced by the turn's lease and by the conversation's epoch. An answer that
 * comes too late (a person took over, another worker has the turn) is discarded; a worker that dies leaves a turn that
 * the next one repeats, without a second reply.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Context, DateTime, Duration, Effect, FiberSet, Layer, Metric, Option, Result } from "effect"
import { AiError } from "effect/ai"
import { SqlClient } from "effect/sql"
import { toText } from "@wicara/channels/MessageContent"
import { Contacts } from "@wicara/contacts/Contacts"
import { isOver } from "@wicara/conversations/Conversation"
import type { Conversation } from "@wicara/conversations/Conversation"
import { Conversations } from "@wicara/conversations/Conversations"
import type { Message } from "@wicara/conversations/Message"
import { MessageReadings } from "@wicara/conversations/MessageReadings"
import { Messages } from "@wicara/conversations/Messages"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { Modules } from "@wicara/core/Modules"
import { Signals } from "@wicara/core/Signals"
import { isOutage, orDieSql, transaction } from "@wicara/core/Sql"
import { allowances, Standing } from "@wicara/core/Standing"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { Bot } from "./Bot.ts"
import { Answering, languageOf, phrasesOf } from "./Answering.ts"
import type { Decision, TurnInput } from "./Answering.ts"
import { BotPresence } from "./BotPresence.ts"
import { Bots } from "./Bots.ts"
import { BotTurnId } from "./BotTurn.ts"
import type { BotTurnDetail, TurnOutcome } from "./BotTurn.ts"
import { BotTurns, signal } from "./BotTurns.ts"
import type { ClaimedTurn } from "./BotTurns.ts"
import { BotHandedOver, BotLoopBroken, BotTurnCompleted } from "./events.ts"
import { readTranscript } from "./internal/reading.ts"
import type { Reading } from "./internal/reading.ts"
import { TurnLog } from "./TurnLog.ts"
import * as TurnMemory from "./TurnMemory.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface BotWorkerOptions {
  /** Turns at the same time (16). */
  readonly concurrency?: number | undefined
  /** Turns of one organization at the same time (half of `concurrency`). */
  readonly concurrencyPerOrganization?: number | undefined
  /** How long a turn is this worker's without a sign of life (30 seconds). */
  readonly leaseFor?: Duration.Input | undefined
  /** How often to look for work that no signal announced (1 second). */
  readonly pollInterval?: Duration.Input | undefined
  /** Milliseconds before the first further attempt with a model that failed (1000); each next one doubles it. */
  readonly retryDelay?: number | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class BotWorker extends Context.Service<BotWorker, {
  /** Claims turns that are due and works them off; returns how many those were. */
  readonly runOnce: Effect.Effect<number>
  /** Works until nothing is due. */
  readonly drain: Effect.Effect<void>
  /** Works until it is interrupted; then it gives back what it has. */
  readonly run: Effect.Effect<never>
}>()("@wicara/bots/BotWorker") {
  /**
   * The worker, for callers that decide themselves when it runs.
   *
   * @since 0.1.0
   */
  static readonly layer = (options?: BotWorkerOptions): Layer.Layer<
    BotWorker,
    never,
    | SqlClient.SqlClient
    | Signals
    | Events
    | BotTurns
    | Bots
    | TurnLog
    | Answering
    | Conversations
    | Messages
    | BotPresence
    | Standing
    | Modules
    | MessageTexts
    | Contacts
  > => Layer.effect(BotWorker, make(options ?? {}))

  /**
   * Runs the worker in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, BotWorker> = Layer.effectDiscard(
    Effect.flatMap(BotWorker, (worker) => Effect.forkScoped(worker.run))
  )
}

const turnsTotal = Metric.counter("wicara_bot_turns", { incremental: true })
const handedOverTotal = Metric.counter("wicara_bot_handed_over", { incremental: true })
const discardedTotal = Metric.counter("wicara_bot_discarded", { incremental: true })

const maximumDelay = 60_000
/** Milliseconds until a message is looked at again whose file is being read. */
const readAgain = 1000
/** Attempts after which a turn that breaks for any other reason than the model is handed over. */
const maximumAttempts = 5

const make = Effect.fnUntraced(function*(options: BotWorkerOptions) {
  const sql = yield* SqlClient.SqlClient
  const signals = yield* Signals
  const events = yield* Events
  const turns = yield* BotTurns
  const bots = yield* Bots
  const log = yield* TurnLog
  const answering = yield* Answering
  const conversations = yield* Conversations
  const messages = yield* Messages
  const standing = yield* Standing
  const modules = yield* Modules
  const texts = yield* MessageTexts
  const contacts = yield* Contacts
  const presence = yield* BotPresence
  const messageReadings = yield* MessageReadings
  const concurrency = options.concurrency ?? 16
  const perOrganization = options.concurrencyPerOrganization ?? Math.max(1, Math.ceil(concurrency / 2))
  const lease = Duration.toMillis(Duration.fromInputUnsafe(options.leaseFor ?? "30 seconds"))
  const pollInterval = Duration.toMillis(Duration.fromInputUnsafe(options.pollInterval ?? "1 second"))
  const retryDelay = options.retryDelay ?? 1000

  const findMessages = Effect.fnUntraced(function*(turn: ClaimedTurn, historyLength: number) {
    const page = yield* messages.list(turn.conversationId, { limit: Math.min(200, historyLength + 40) })
    const recent = page.data.toReversed()
    const byId = new Map(recent.map((message) => [message.id, message]))
    const ids = yield* turns.waiting(turn)
    const found = yield* Effect.forEach(ids, (id) => {
      const known = byId.get(id)
      return known !== undefined
        ? Effect.succeed(Option.some(known))
        : Effect.option(messages.get(id))
    })
    return { ids, recent, waiting: found.flatMap(Option.toArray) }
  })

  const record = Effect.fnUntraced(function*(turn: ClaimedTurn, entry: {
    readonly id: BotTurnId
    readonly bot: Bot
    readonly conversation: Conversation
    readonly decision: Decision
    readonly outcome: TurnOutcome
    readonly answered: ReadonlyArray<Message>
    readonly reply: Message | null
  }) {
    const { bot, conversation, decision } = entry
    const detail: BotTurnDetail = {
      id: entry.id,
      botId: bot.id,
      conversationId: conversation.id,
      epoch: conversation.epoch,
      outcome: entry.outcome,
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
      attempts: turn.attempts + 1,
      messageIds: entry.answered.map((message) => message.id),
      replyMessageId: entry.reply?.id ?? null,
      createdAt: yield* DateTime.now,
      prompt: decision.call?.prompt ?? null,
      response: decision.call?.response ?? null
    }
    yield* log.append(detail)
    const base = {
      botId: bot.id,
      botTurnId: entry.id,
      conversationId: conversation.id,
      channelAccountId: conversation.channelAccountId
    }
    yield* events.append(BotTurnCompleted, {
      aggregateId: conversation.id,
      payload: { ...base, outcome: entry.outcome, reason: decision.reason, confidence: detail.confidence }
    })
    if (decision.reason === "loop") yield* events.append(BotLoopBroken, { aggregateId: conversation.id, payload: base })
    if (entry.outcome === "handed_over") {
      yield* events.append(BotHandedOver, {
        aggregateId: conversation.id,
        payload: { ...base, reason: decision.reason }
      })
    }
    yield* Metric.update(turnsTotal, 1)
    if (entry.outcome === "handed_over") yield* Metric.update(handedOverTotal, 1)
    if (entry.outcome === "discarded") yield* Metric.update(discardedTotal, 1)
  })

  /** Says, hands over, logs and ends the turn, all or nothing. */
  const commit = Effect.fnUntraced(function*(turn: ClaimedTurn, context: {
    readonly bot: Bot
    readonly conversation: Conversation
    readonly reading: Reading
    readonly decision: Decision
    readonly memory: TurnMemory.TurnMemory
  }) {
    const { bot, conversation, decision, memory, reading } = context
    const last = reading.answering[reading.answering.length - 1]
    const dealtWith = [...reading.answering, ...reading.settled].map((message) => message.id)
    const id = yield* Id.next(BotTurnId)
    yield* transaction(
      sql,
      Effect.gen(function*() {
        yield* turns.complete(turn, {
          turnId: id,
          messageIds: dealtWith,
          memory,
          burstWindow: bot.settings.burstWindow
        })
        const sent = decision.text === null || last === undefined ?
          undefined :
          yield* Effect.result(
            messages.sendAsBot({
              conversationId: conversation.id,
              content: { type: "text", text: decision.text },
              epoch: conversation.epoch,
              // One answer to a message, whatever happens.
              idempotencyKey: `bot:${last.id}`
            }).pipe(Effect.catchTags({ NotFound: Effect.die, InvalidInput: Effect.die }))
          )
        const refused = sent !== undefined && Result.isFailure(sent) ? sent.failure : undefined
        if (refused !== undefined && refused._tag !== "CannotSend") return yield* refused
        const optedOut = refused?.verdict._tag === "OptedOut"
        const handOver = decision.action === "handover" || (refused !== undefined && !optedOut)
        if (handOver) {
          const reason = refused === undefined ? decision.reason : "cannot_send"
          yield* conversations.handOver({
            conversationId: conversation.id,
            epoch: conversation.epoch,
            reason: `${reason}: ${decision.explanation}`
          }).pipe(Effect.catchTag("NotFound", Effect.die))
        }
        yield* record(turn, {
          id,
          bot,
          conversation,
          decision: refused === undefined
            ? decision
            : { ...decision, reason: "cannot_send", explanation: refused.detail ?? decision.explanation },
          outcome: handOver
            ? "handed_over"
            : refused !== undefined
            ? "not_sent"
            : decision.text === null
            ? "ignored"
            : "replied",
          answered: reading.answering,
          reply: sent !== undefined && Result.isSuccess(sent) ? sent.success.messages[0] : null
        })
      })
    ).pipe(
      orDieSql,
      // The conversation changed hands while the answer was made: it is not said, and the messages stay open for whoever
      // owns it next.
      Effect.catchTags({
        StaleEpoch: (stale) => discard(turn, context, id, stale.detail ?? "The conversation changed hands."),
        ConversationClosed: () => discard(turn, context, id, "The conversation was closed.")
      })
    )
    if (last !== undefined && decision.text === null) yield* presence.end(last)
  })

  const discard = (
    turn: ClaimedTurn,
    context: {
      readonly bot: Bot
      readonly conversation: Conversation
      readonly reading: Reading
      readonly decision: Decision
    },
    id: BotTurnId,
    explanation: string
  ) =>
    transaction(
      sql,
      Effect.gen(function*() {
        yield* turns.release(turn)
        yield* record(turn, {
          id,
          bot: context.bot,
          conversation: context.conversation,
          decision: { ...context.decision, reason: "changed_hands", explanation },
          outcome: "discarded",
          answered: context.reading.answering,
          reply: null
        })
      })
    ).pipe(
      orDieSql,
      Effect.andThen(Effect.forEach(context.reading.answering.slice(-1), presence.end, { discard: true }))
    )

  const unavailable = Effect.fnUntraced(function*(input: TurnInput, explanation: string) {
    const question = input.messages.map((content) => toText(content)).filter((text) => text !== "").join("\n")
    const language = languageOf(input, question, texts)
    const decision: Decision = {
      action: "handover",
      reason: "ai_unavailable",
      explanation,
      text: (yield* phrasesOf(input.bot, language, texts)).unavailable,
      language,
      question,
      sources: [],
      problems: [],
      toolCalls: [],
      call: null
    }
    return decision
  })

  /** Decides, or `undefined` when the model failed and is to be asked again later. */
  const decide = Effect.fnUntraced(function*(turn: ClaimedTurn, input: TurnInput) {
    const outcome = yield* Effect.result(answering.decide(input))
    if (Result.isSuccess(outcome)) return outcome.success
    const error = outcome.failure
    const again = error._tag === "AiError" && error.isRetryable && turn.attempts + 1 < input.bot.settings.attempts
    const message = error._tag === "AiError" ? error.reason.message : error.detail ?? "The model is not usable."
    yield* Effect.logWarning(`The model of bot ${input.bot.id} failed (attempt ${turn.attempts + 1}): ${message}`)
    if (!again) return yield* unavailable(input, message.slice(0, 500))
    const asked = AiError.isAiError(error) && error.retryAfter !== undefined ? Duration.toMillis(error.retryAfter) : 0
    yield* turns.retry(turn, Math.min(maximumDelay, Math.max(asked, retryDelay * 2 ** turn.attempts)))
    return undefined
  })

  /** Nobody answers for the bot here: people have to. */
  const withoutBot = Effect.fnUntraced(function*(turn: ClaimedTurn, conversation: Conversation, reason: string) {
    yield* conversations.handOver({ conversationId: conversation.id, epoch: conversation.epoch, reason }).pipe(
      Effect.ignore
    )
    yield* turns.release(turn)
  })

  const work = Effect.fn("BotWorker.turn")(function*(turn: ClaimedTurn) {
    const found = yield* Effect.option(conversations.get(turn.conversationId))
    if (Option.isNone(found) || found.value.ownership !== "bot" || isOver(found.value)) {
      return yield* turns.release(turn)
    }
    const conversation = found.value
    const status = yield* standing.of(turn.organizationId)
    if (!allowances[status].send) {
      return yield* withoutBot(turn, conversation, `organization_inactive: The organization is ${status}.`)
    }
    if (!(yield* modules.isEnabled(turn.organizationId, "bots"))) {
      return yield* withoutBot(turn, conversation, "module_disabled: The organization does not use bots.")
    }
    const serving = yield* bots.forAccount(conversation.channelAccountId)
    if (Option.isNone(serving)) return yield* withoutBot(turn, conversation, "no_bot: No bot answers on this account.")
    const bot = serving.value
    if (bot.status === "paused") return yield* withoutBot(turn, conversation, "bot_paused: The bot is paused.")
    const { recent, waiting } = yield* findMessages(turn, bot.settings.history).pipe(
      Effect.catchTags({ NotFound: Effect.die, InvalidInput: Effect.die })
    )
    const now = yield* Clock.currentTimeMillis
    const readings = yield* messageReadings.of([...new Set([...recent, ...waiting])])
    const reading = readTranscript(waiting, recent, readings, now, bot.settings.history)
    if (reading.isUnread) return yield* turns.postpone(turn, readAgain)
    const last = reading.answering[reading.answering.length - 1]
    if (last === undefined) {
      return yield* transaction(
        sql,
        turns.complete(turn, {
          turnId: yield* Id.next(BotTurnId),
          messageIds: reading.settled.map((message) => message.id),
          memory: turn.memory,
          burstWindow: bot.settings.burstWindow
        })
      ).pipe(orDieSql)
    }
    const contact = yield* Effect.option(contacts.get(conversation.contactId))
    const input: TurnInput = {
      bot,
      messages: reading.contents,
      history: reading.history,
      language: Option.match(contact, { onNone: () => null, onSome: ({ language }) => language }),
      clarifying: turn.memory.clarifying,
      conversation: { id: conversation.id, contactId: conversation.contactId }
    }
    const decided = turn.attempts >= Math.max(maximumAttempts, bot.settings.attempts)
      ? yield* unavailable(input, `The turn failed ${turn.attempts} times.`)
      : yield* presence.during(last)(decide(turn, input))
    if (decided === undefined) return
    const memory = TurnMemory.next(turn.memory, {
      heard: decided.question,
      reply: decided.text ?? "",
      now,
      clarifying: decided.reason === "clarified"
    })
    const looping = decided.action === "reply" && TurnMemory.isLoop(memory, bot.settings)
    const decision: Decision = looping
      ? {
        ...decided,
        action: "handover",
        reason: "loop",
        explanation: "Nothing new was said for several turns.",
        text: null
      }
      : decided
    yield* commit(turn, { bot, conversation, reading, decision, memory: looping ? TurnMemory.empty : memory })
  })

  /** Renews the lease while the turn is worked on; ends when it is lost. */
  const keep = (turn: ClaimedTurn): Effect.Effect<void> =>
    Effect.gen(function*() {
      while (true) {
        yield* Effect.sleep(lease / 3)
        if (!(yield* turns.renew(turn, lease).pipe(Effect.catchCause(() => Effect.succeed(true))))) return
      }
    })

  const process = (turn: ClaimedTurn): Effect.Effect<void> =>
    work(turn).pipe(
      Effect.catchTag("LeaseLost", () =>
        Effect.logDebug(`The turn of conversation ${turn.conversationId} is another worker's by now`)),
      Effect.raceFirst(keep(turn)),
      Effect.provideService(CurrentOrganization, { id: turn.organizationId }),
      Effect.provideService(CurrentActor, systemActor("bot")),
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause)
          : Effect.andThen(
            isOutage(cause)
              ? Effect.logWarning(`A turn of conversation ${turn.conversationId} waits for the database`)
              : Effect.logError(`A turn of conversation ${turn.conversationId} failed`, cause),
            turns.retry(turn, Math.min(maximumDelay, retryDelay * 2 ** turn.attempts))
          ).pipe(Effect.ignoreCause)
      ),
      Effect.onInterrupt(() =>
        Effect.ignoreCause(turns.giveBack(turn))
      ),
      Effect.annotateLogs({ conversationId: turn.conversationId, organizationId: turn.organizationId })
    )

  const runOnce = Effect.gen(function*() {
    const claimed = yield* turns.claim({ limit: concurrency, lease })
    yield* Effect.forEach(claimed, process, { concurrency: "unbounded", discard: true })
    return claimed.length
  }).pipe(Effect.withSpan("BotWorker.runOnce"))

  const run = Effect.gen(function*() {
    const fibers = yield* FiberSet.make()
    const running = new Map<OrganizationId, number>()
    let busy = 0
    const change = (id: OrganizationId, by: number) => {
      busy += by
      const count = (running.get(id) ?? 0) + by
      if (count <= 0) running.delete(id)
      else running.set(id, count)
    }
    const start = (turn: ClaimedTurn) => {
      change(turn.organizationId, 1)
      return FiberSet.run(
        fibers,
        Effect.ensuring(
          process(turn),
          Effect.suspend(() => {
            change(turn.organizationId, -1)
            return signals.notify(signal)
          })
        )
      )
    }
    // What was claimed is begun, however soon it is interrupted then: only what was begun is given back.
    const begin = Effect.uninterruptible(Effect.gen(function*() {
      const claimed = yield* turns.claim({ limit: concurrency - busy, lease, perOrganization, running })
      for (const turn of claimed) yield* start(turn)
      return claimed.length
    }))
    const step = Effect.gen(function*() {
      const begun = yield* begin
      if (begun > 0 && busy < concurrency) return
      // What is due and must wait for its organization's turns is announced when one of those ends.
      const waits = busy >= concurrency || [...running.values()].some((count) => count >= perOrganization)
      const due = waits ? null : yield* turns.nextDue
      const now = yield* Clock.currentTimeMillis
      yield* signals.wait(signal, due === null ? pollInterval : Math.min(pollInterval, Math.max(10, due - now)))
    })
    return yield* step.pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause)
          : Effect.andThen(
            Effect.logWarning("Bot turns could not be claimed; trying again", cause),
            Effect.sleep("1 second")
          )
      ),
      Effect.forever
    )
  }).pipe(Effect.scoped)

  return BotWorker.of({
    runOnce,
    drain: Effect.gen(function*() {
      while ((yield* runOnce) > 0);
    }),
    run
  })
})
