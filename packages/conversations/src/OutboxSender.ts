/**
 * Hands stored messages to their providers, so that none is lost and none is sent twice.
 *
 * Each attempt is marked in the database before the network is touched. If the process dies or the provider does not
 * answer, the mark says that the message may have been sent: its outcome is `unknown`, and it is asked about, by the id
 * reserved for it or by waiting for a status that names it. It is sent again only when the provider says that it surely
 * has not got it, and then under the same id. When it could not be found out in time, the conversation goes from the bot
 * to the people's queue: the customer may be without an answer.
 *
 * What an account's provider refuses because of the account (expired credentials, a session that is gone) is held with
 * everything else of the account, and one message is tried now and then until it is taken or too old.
 *
 * Messages of one conversation are sent one after another. Accounts don't wait for each other: one process at a time
 * sends an account's messages, as fast as its limits allow and as many at once as its provider answers well.
 *
 * @since 0.1.0
 */
import {
  Cause,
  Clock,
  Context,
  Duration,
  Effect,
  Exit,
  FiberSet,
  Layer,
  Metric,
  Option,
  Result,
  Schedule,
  Schema
} from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { MediaUnavailable } from "@wicara/channels/ChannelAdapter"
import type { ChannelAccountId, OutboundMessage, ReconcileResult, SendOutcome } from "@wicara/channels/ChannelAdapter"
import * as SendGate from "@wicara/channels/SendGate"
import { allMediaOf, OutboundContent, withAllMedia } from "@wicara/channels/MessageContent"
import type { Contacts } from "@wicara/contacts/Contacts"
import * as Correlation from "@wicara/core/Correlation"
import type { Events } from "@wicara/core/Events"
import * as RequestId from "@wicara/core/RequestId"
import { CurrentRunner, leaseId as leaseIdOf } from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { Signals } from "@wicara/core/Signals"
import { isOutage, transaction } from "@wicara/core/Sql"
import type { Standing } from "@wicara/core/Standing"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import * as CanSend from "./CanSend.ts"
import type { ConversationRow } from "./internal/conversationRows.ts"
import type { MessageRow } from "./internal/messageRow.ts"
import { outboxSignal } from "./internal/outboxRows.ts"
import type { LeasedRow, OutboxRow } from "./internal/outboxRows.ts"
import { codeOf, counted, makeOutboxOutcomes, reconcileDelays, retryDelay } from "./internal/outboxOutcomes.ts"
import { makeSendLanes } from "./internal/sendLanes.ts"
import type { Slot } from "./internal/sendLanes.ts"
import * as SendPairs from "./internal/sendPairs.ts"
import { makeSendTogether } from "./internal/sendTogether.ts"
import type { SendFacts } from "./internal/sendTogether.ts"
import { makeTranscript } from "./internal/transcript.ts"
import * as MessageStatus from "./MessageStatus.ts"
import { OutboundFiles } from "./OutboundFiles.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface OutboxSenderOptions {
  /** Messages in flight through one account at first, and after its provider failed (8); then up to 512. */
  readonly concurrencyPerAccount?: number | undefined
  /** Messages in flight altogether (1,024). */
  readonly concurrency?: number | undefined
  /** How long a provider may take before the outcome counts as unknown (30 seconds). */
  readonly sendTimeout?: Duration.Input | undefined
  /** How long a claim holds (90 seconds); more than everything an attempt may take. */
  readonly leaseFor?: Duration.Input | undefined
  /** Attempts before a message fails that its provider keeps putting off (8). */
  readonly maxAttempts?: number | undefined
  /**
   * How long a message waits for an account that is down, that its provider refuses, or for an
   * inactive organization, before it fails (1 hour).
   */
  readonly maxAccountDown?: Duration.Input | undefined
  /** How long a message waits because a gate holds it back (see `SendGate`), before it fails (1 day). */
  readonly maxHeldBack?: Duration.Input | undefined
  /** How long an unknown outcome is asked about before a person is told (5 minutes). */
  readonly unknownFor?: Duration.Input | undefined
  /** Distance between two messages of one conversation; none unless given. WhatsApp asks for 6 seconds on average. */
  readonly pairSpacing?: Duration.Input | undefined
  /** How often to look for work that no signal announced (1 second). */
  readonly pollInterval?: Duration.Input | undefined
  /** How long what is in flight may take when the process stops (5 seconds). */
  readonly stopTimeout?: Duration.Input | undefined
}

const attempts = Metric.counter("wicara_outbox_attempts", { incremental: true })
const inFlightGauge = Metric.gauge("wicara_outbox_in_flight")

/**
 * @category services
 * @since 0.1.0
 */
export class OutboxSender extends Context.Service<OutboxSender, {
  /** Claims what is due and attempts it; returns how many messages that were, when all of them are done. */
  readonly runOnce: Effect.Effect<number>
  /** Works until nothing is due. */
  readonly drain: Effect.Effect<void>
  /** Claims and attempts without end, until interrupted; then finishes what is in flight and gives back the rest. */
  readonly run: Effect.Effect<never>
  /** Ends the leases of a runner that is gone, or all: at the start of a process that is known to be the only one. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
}>()("@wicara/conversations/OutboxSender") {
  /**
   * The sender, for callers that decide themselves when it runs.
   *
   * @since 0.1.0
   */
  static readonly layer = (
    options?: OutboxSenderOptions
  ): Layer.Layer<
    OutboxSender,
    never,
    SqlClient.SqlClient | Events | Signals | Contacts | ChannelAccounts | Standing | HttpClient.HttpClient
  > => Layer.effect(OutboxSender, make(options ?? {}))

  /**
   * Runs the sender in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, OutboxSender> = Layer.effectDiscard(
    Effect.gen(function*() {
      const sender = yield* OutboxSender
      yield* Effect.forkScoped(sender.run)
    })
  )
}

/** One leased message on its way through this process. */
interface Turn {
  /** Its attempt is marked in the database. */
  marked: boolean
  /** The provider surely has not got it. */
  refused: boolean
  readonly slot: Slot
}

const mostPerAccount = 512

/** Messages read beyond those that surely fit: of accounts that have just begun. */
const leastDue = 64

const purgeEvery = 600_000

const sweepEvery = 5_000

/** Less than the lease: what takes longer is begun anew. */
const handOverTimeout = "1 minute"

const make = Effect.fnUntraced(function*(options: OutboxSenderOptions) {
  const sql = yield* SqlClient.SqlClient
  const signals = yield* Signals
  const accounts = yield* ChannelAccounts
  // The provider's support can be asked about a request by the id that it came with here.
  const httpClient = HttpClient.mapRequestEffect(
    yield* HttpClient.HttpClient,
    (request) =>
      Effect.map(
        RequestId.RequestId,
        (requestId) =>
          requestId === undefined ? request : HttpClientRequest.setHeader(request, RequestId.header, requestId)
      )
  )
  const runner = yield* CurrentRunner
  const files = yield* OutboundFiles
  const gates = yield* SendGate.SendGates
  const transcript = yield* makeTranscript
  const { outbox } = transcript

  const perAccount = options.concurrencyPerAccount ?? 8
  const total = options.concurrency ?? 1024
  const millis = (input: Duration.Input | undefined, fallback: number) =>
    input === undefined ? fallback : Duration.toMillis(Duration.fromInputUnsafe(input))
  const sendTimeout = millis(options.sendTimeout, 30_000)
  const leaseFor = millis(options.leaseFor, 90_000)
  const maxAttempts = options.maxAttempts ?? 8
  const maxAccountDown = millis(options.maxAccountDown, 3_600_000)
  const maxHeldBack = millis(options.maxHeldBack, 86_400_000)
  const unknownFor = millis(options.unknownFor, 300_000)
  const pairSpacing = millis(options.pairSpacing, 0)
  const pollInterval = options.pollInterval ?? "1 second"
  const stopTimeout = options.stopTimeout ?? "5 seconds"

  const probing = new Set<ChannelAccountId>()
  const lanes = makeSendLanes(sql, { leaseId: leaseIdOf(runner), leaseFor, perAccount, mostPerAccount })
  let inFlight = 0
  let sweptAt = 0

  const within = <A, E, R>(row: LeasedRow, effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id: row.organizationId }),
      Effect.provideService(CurrentActor, systemActor("outbox")),
      Effect.provideService(HttpClient.HttpClient, httpClient)
    )

  const { facts: factsOf, mark } = yield* makeSendTogether(sql, transcript, lanes, leaseFor)

  const { accept, becomeUnknown, fail, giveBack, heldBack, later, park, settle, sweepStalled, wait } =
    yield* makeOutboxOutcomes(sql, transcript, { maxAccountDown, maxHeldBack, pairSpacing, unknownFor })

  const isOutbound = Schema.is(OutboundContent)

  const toOutbound = (message: MessageRow, conversation: ConversationRow): OutboundMessage | undefined =>
    isOutbound(message.content)
      ? {
        id: message.id,
        to: conversation.chat,
        content: message.content,
        ...(message.replyTo === null ? {} : { replyTo: message.replyTo }),
        ...(message.forwardOf === null ? {} : { forwardOf: message.forwardOf }),
        ...(message.providerMessageId === null ? {} : { providerMessageId: message.providerMessageId })
      }
      : undefined

  const silent = new MediaUnavailable({ kind: "later", code: "silent", reason: "The file was not taken in time." })

  const hasFile = ({ content }: OutboundMessage) => allMediaOf(content).some(({ source }) => source.type === "file")

  /** The message with its files where the provider can have them. To hand a file over sends nothing yet. */
  const handOver = Effect.fnUntraced(function*(outbound: OutboundMessage, account: ResolvedAccount) {
    // What is forwarded the provider has.
    if (!hasFile(outbound) || outbound.forwardOf !== undefined) return outbound
    const handed = yield* Effect.forEach(
      allMediaOf(outbound.content),
      (media) => media.source.type === "file" ? files.handOver(media.source.id, media, account) : Effect.succeed(media)
    ).pipe(
      Effect.timeoutOrElse({ duration: handOverTimeout, orElse: () => Effect.fail(silent) }),
      Effect.catchDefect((defect) =>
        Effect.andThen(Effect.logError(`The channel ${account.adapter.id} failed while taking a file`, defect), silent)
      )
    )
    return { ...outbound, content: withAllMedia(outbound.content, handed) }
  })

  /** Marks the attempt, makes it and records how it ended. */
  const attempt = Effect.fnUntraced(function*(
    row: LeasedRow,
    { message, paidUntil }: SendFacts,
    stored: OutboundMessage,
    account: ResolvedAccount,
    turn: Turn
  ) {
    const { adapter } = account
    // A file takes long: those without one need not wait for it.
    if (hasFile(stored)) yield* turn.slot.stepAside
    const handed = yield* Effect.result(handOver(stored, account))
    if (Result.isFailure(handed)) {
      const { code, kind, reason } = handed.failure
      return yield* kind === "gone" ? fail(row, message, code, reason) : wait(row, message, code, reason)
    }
    const outbound = { ...handed.success, attempt: row.attempts }
    const reserved = outbound.providerMessageId !== undefined || adapter.reserveMessageId === undefined
      ? Option.none<string>()
      : yield* adapter.reserveMessageId(outbound, account.account).pipe(
        Effect.timeoutOrElse({ duration: sendTimeout, orElse: () => Effect.succeedNone }),
        Effect.catchDefect(() => Effect.succeedNone)
      )
    const pair = account.limits.find(({ scope }) => scope === "recipient")
    yield* turn.slot.prepare
    const now = yield* Clock.currentTimeMillis
    const marking = mark({
      row,
      message,
      reservedId: Option.getOrUndefined(reserved),
      paidUntil: pair === undefined ? undefined : SendPairs.pay(pair, paidUntil, now)
    })
    const begun = yield* Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
      const isOurs = yield* marking
      turn.marked = true
      // Somebody else has it by now, and whatever is said of it.
      if (!isOurs) return false
      // Marked, and surely not sent yet: who stops here puts it back.
      const pausedUntil = yield* Effect.onInterrupt(
        restore(turn.slot.begin),
        () => Effect.ignoreCause(later(row, message, 0))
      )
      if (pausedUntil === undefined) return true
      turn.refused = true
      yield* later(row, message, Math.max(0, pausedUntil - now))
      return false
    }))
    if (!begun) return
    yield* Metric.update(attempts, 1)
    const outcome: SendOutcome = yield* adapter.send(
      Option.isSome(reserved) ? { ...outbound, providerMessageId: reserved.value } : outbound,
      account.account
    ).pipe(
      Effect.timeoutOrElse({
        duration: sendTimeout,
        orElse: () => Effect.succeed<SendOutcome>({ _tag: "Unknown", reason: "No answer in time." })
      }),
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.logError(`The channel ${adapter.id} failed while sending message ${row.id}`, defect),
          { _tag: "Unknown", reason: "The adapter failed." } satisfies SendOutcome
        )
      ),
      Effect.ensuring(turn.slot.end)
    )
    turn.slot.outcome(outcome._tag === "Accepted" || outcome._tag === "Rejected")
    turn.refused = outcome._tag !== "Accepted" && outcome._tag !== "Unknown"
    // From here on the outcome must be recorded, or it would be lost knowledge.
    yield* record({ ...row, attempts: row.attempts + 1 }, message, account, now, outcome, turn.slot).pipe(
      Effect.sandbox,
      Effect.retry({ while: isOutage, times: 6, schedule: Schedule.exponential("100 millis") }),
      Effect.catch(Effect.failCause),
      Effect.uninterruptible
    )
  })

  const record = Effect.fnUntraced(function*(
    row: LeasedRow,
    message: MessageRow,
    account: ResolvedAccount,
    startedAt: number,
    outcome: SendOutcome,
    slot: Slot
  ) {
    switch (outcome._tag) {
      case "Accepted":
        yield* accept(message, account, outcome.providerMessageId, outcome.held)
        return yield* account.hold === null ? Effect.void : accounts.endHold(account.id, startedAt)
      case "Rejected":
        return yield* fail(
          row,
          message,
          outcome.code,
          outcome.reason,
          outcome.optedOut === true ? "opted out" : "for good"
        )
      case "Retryable": {
        if (outcome.limit === "account") {
          const now = yield* Clock.currentTimeMillis
          // It was not sent, and it is not to blame: the try does not count.
          const until = slot.slowDown(now, outcome.retryAfter ?? retryDelay(1))
          return yield* heldBack({ ...row, attempts: row.attempts - 1 }, message, { ...outcome, until }, now)
        }
        if (row.attempts >= maxAttempts) return yield* fail(row, message, outcome.code, outcome.reason, "passes")
        yield* counted("retryable")
        return yield* later(row, message, Math.max(outcome.retryAfter ?? 0, retryDelay(row.attempts)))
      }
      case "AccountRefused": {
        // It was not sent, and it is not to blame: the try does not count.
        yield* accounts.hold(account.id, outcome)
        yield* counted("account_refused")
        return yield* wait({ ...row, attempts: row.attempts - 1 }, message, "account_down", outcome.reason)
      }
      case "Unknown":
        return yield* becomeUnknown(row, message, account)
    }
  })

  const askAbout = Effect.fnUntraced(function*(
    row: LeasedRow,
    facts: SendFacts,
    account: ResolvedAccount,
    turn: Turn
  ) {
    const { conversation, message } = facts
    const now = yield* Clock.currentTimeMillis
    const deadline = row.deadlineAt ?? now + unknownFor
    const outbound = toOutbound(message, conversation)
    const { adapter } = account
    const result: ReconcileResult = adapter.reconcile === undefined || outbound === undefined
      ? { _tag: "Undecided" }
      : yield* adapter.reconcile(outbound, account.account).pipe(
        Effect.timeoutOrElse({
          duration: sendTimeout,
          orElse: () => Effect.succeed<ReconcileResult>({ _tag: "Undecided" })
        }),
        Effect.catchDefect((defect) =>
          Effect.as(
            Effect.logError(`The channel ${adapter.id} failed while asking about message ${row.id}`, defect),
            { _tag: "Undecided" } satisfies ReconcileResult
          )
        )
      )
    if (result._tag === "Found") return yield* accept(message, account, result.providerMessageId)
    // Without an id reserved for it, "absent" might be said of a message that is still on its way.
    if (result._tag === "Absent" && outbound?.providerMessageId !== undefined) {
      if (row.attempts >= maxAttempts) {
        return yield* fail(row, message, "undelivered", "The provider did not take the message.", "passes")
      }
      return yield* attempt(row, facts, outbound, account, turn)
    }
    if (now >= deadline) return yield* park(row, message)
    const asked =
      reconcileDelays[Math.min(Math.floor((now - (deadline - unknownFor)) / 10_000), reconcileDelays.length - 1)]!
    yield* transaction(
      sql,
      outbox.reschedule(row, {
        state: "unknown",
        availableAt: Math.min(adapter.reconcile === undefined ? deadline : now + asked, deadline),
        deadlineAt: deadline
      })
    )
  })

  const work = Effect.fnUntraced(function*(row: LeasedRow, turn: Turn) {
    const known = Option.getOrUndefined(yield* factsOf(row))
    if (known === undefined) return yield* settle(row, "anyones", Effect.void)
    const { conversation, message, paidUntil } = known
    if (message.status !== null && MessageStatus.isHandedOver(message.status)) {
      return yield* settle(row, "anyones", Effect.void)
    }
    const resolved = yield* Effect.result(accounts.lookup(row.channelAccountId))
    if (Result.isFailure(resolved)) {
      if (resolved.failure._tag === "Unavailable") return yield* giveBack(row, 30_000)
      return yield* row.state === "queued"
        ? fail(row, message, "account_removed", "The channel account was removed.")
        : park(row, message)
    }
    const account = resolved.success
    // The lease of an attempt has ended: whoever made it can't tell any more how it ended.
    if (row.state === "sending") return yield* becomeUnknown(row, message, account)
    if (row.state === "unknown") return yield* askAbout(row, known, account, turn)
    const outbound = toOutbound(message, conversation)
    if (outbound === undefined) {
      return yield* fail(row, message, "unsupported", "This content can't be sent.")
    }
    const now = yield* Clock.currentTimeMillis
    const { hold } = account
    const verdict = CanSend.canSend({
      organization: known.organization,
      content: outbound.forwardOf === undefined ? outbound.content : CanSend.forwarded,
      purpose: message.purpose ?? "service",
      now,
      lastInboundAt: conversation.lastInboundAt,
      capabilities: account.adapter.capabilities,
      optOuts: known.optOuts,
      account: hold === null ? account : { status: account.status, connection: "connected" }
    })
    // What stands in the way may be gone soon: the account is connected again, the organization has paid.
    if (verdict._tag === "AccountDown" || verdict._tag === "OrganizationInactive") {
      return yield* wait(row, message, codeOf(verdict), CanSend.describe(verdict))
    }
    if (verdict._tag !== "Allowed") return yield* fail(row, message, codeOf(verdict), CanSend.describe(verdict))
    const pair = account.limits.find(({ scope }) => scope === "recipient")
    if (pair !== undefined) {
      const due = SendPairs.dueAt(pair, paidUntil)
      if (due > now) return yield* later(row, message, due - now)
    }
    const gated = {
      account,
      message: outbound,
      conversationId: conversation.id,
      author: message.author,
      purpose: message.purpose ?? "service",
      attempts: row.attempts,
      queuedAt: row.queuedAt,
      lastInboundAt: conversation.lastInboundAt
    }
    const decision = yield* SendGate.ask(gates, gated)
    if (decision._tag === "Wait") return yield* heldBack(row, message, decision, now)
    const go = attempt(row, known, outbound, account, turn)
    const gone = hold === null ? go : Effect.suspend(() => {
      if (now < hold.probeAt || now - row.queuedAt >= maxAccountDown || probing.has(account.id)) {
        return wait(row, message, "account_down", hold.reason)
      }
      // One message at a time shows whether the provider takes them again; what it refuses it surely has not got.
      probing.add(account.id)
      return Effect.ensuring(go, Effect.sync(() => probing.delete(account.id)))
    })
    const free = Effect.suspend(() => turn.marked && !turn.refused ? Effect.void : SendGate.unsent(gates, gated))
    yield* Effect.ensuring(gone, free)
  })

  /** One leased message, whatever happens: it never ends the sender, and it keeps no one waiting. */
  const process = (row: LeasedRow): Effect.Effect<void> =>
    Effect.suspend(() => {
      const turn: Turn = { marked: false, refused: false, slot: lanes.slotOf(row) }
      return within(row, work(row, turn)).pipe(
        Effect.ensuring(turn.slot.end),
        Effect.onExit((exit) => {
          if (Exit.isSuccess(exit)) return Effect.void
          const release = turn.marked ? Effect.void : Effect.ignoreCause(transaction(sql, outbox.release([row])))
          return Cause.hasInterruptsOnly(exit.cause)
            ? release
            : isOutage(exit.cause)
            ? Effect.andThen(release, Effect.logWarning(`Message ${row.id} waits for the database`))
            : Effect.logError(`Message ${row.id} could not be worked on`, exit.cause)
        }),
        Effect.ignoreCause,
        Effect.withSpan("OutboxSender.process", { attributes: { messageId: row.id } }),
        Correlation.resume(row.correlation)
      )
    })

  /** Claims what is due and may be sent now, and counts it as in flight. */
  const claim = Effect.fnUntraced(function*(limit: number) {
    const now = yield* Clock.currentTimeMillis
    yield* lanes.tend(now)
    if (now - sweptAt >= sweepEvery) {
      sweptAt = now
      yield* sweepStalled(now)
    }
    // Not many more than can be begun: the rest would be read for nothing, again and again.
    const due = yield* outbox.due(now, lanes.except(now), Math.min(limit, lanes.free(now) + leastDue))
    const taken: Array<OutboxRow> = []
    for (const [id, rows] of Map.groupBy(due, (row) => row.channelAccountId)) {
      const [first, ...more] = rows
      if (first === undefined) continue
      const resolved = yield* Effect.result(accounts.lookup(id))
      const limits = Result.isSuccess(resolved) ? resolved.success.limits : []
      taken.push(...(yield* lanes.admit([first, ...more], limits)))
    }
    if (taken.length === 0) return []
    const leaseId = leaseIdOf(runner)
    const leased = yield* transaction(sql, outbox.lease(taken, leaseId, now, now + leaseFor)).pipe(
      Effect.onError(() =>
        Effect.sync(() => {
          for (const row of taken) lanes.dismiss(row)
        })
      )
    )
    const ours = new Set(leased.map((row) => row.id))
    for (const row of taken) if (!ours.has(row.id)) lanes.dismiss(row)
    inFlight += leased.length
    return leased
  })

  const done = (row: LeasedRow) =>
    Effect.suspend(() => {
      inFlight -= 1
      lanes.leave(row)
      return Effect.andThen(Metric.update(inFlightGauge, inFlight), signals.notify(outboxSignal))
    })

  const runOnce = Effect.gen(function*() {
    const leased = yield* Effect.uninterruptible(claim(total))
    yield* Effect.forEach(leased, (row) => Effect.ensuring(process(row), done(row)), {
      concurrency: "unbounded",
      discard: true
    })
    return leased.length
  }).pipe(Effect.orDie, Effect.withSpan("OutboxSender.runOnce"))

  let purgedAt = 0

  /** Until an account that has used up its rate may send again, or until the poll. */
  const idle = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (now - purgedAt >= purgeEvery) {
      purgedAt = now
      yield* lanes.purgePairs(now - purgeEvery)
    }
    const poll = Duration.toMillis(Duration.fromInputUnsafe(pollInterval))
    yield* signals.wait(outboxSignal, Math.min(poll, ...lanes.freeIn(now)))
  })

  const run = Effect.scoped(Effect.gen(function*() {
    const fibers = yield* FiberSet.make<void>()
    const turn = Effect.gen(function*() {
      const leased = yield* Effect.uninterruptible(Effect.gen(function*() {
        const claimed = inFlight >= total ? [] : yield* claim(total - inFlight)
        for (const row of claimed) yield* FiberSet.run(fibers, Effect.ensuring(process(row), done(row)))
        return claimed
      }))
      if (leased.length === 0) yield* idle
    }).pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause)
          : Effect.andThen(Effect.logWarning("Messages could not be claimed", cause), Effect.sleep("1 second"))
      )
    )
    return yield* Effect.forever(Effect.orDie(turn)).pipe(
      // What is in flight may end; then the scope interrupts the rest, and each gives back what it had not begun.
      Effect.onInterrupt(() => Effect.asVoid(Effect.timeoutOption(FiberSet.awaitEmpty(fibers), stopTimeout)))
    )
  })).pipe(lanes.steadily, Effect.ensuring(Effect.ignoreCause(lanes.leaveAll)))

  return OutboxSender.of({
    runOnce,
    drain: Effect.gen(function*() {
      while ((yield* runOnce) > 0) yield* Effect.yieldNow
    }),
    run,
    releaseLeases: Effect.fn("OutboxSender.releaseLeases")(function*(of) {
      const now = yield* Clock.currentTimeMillis
      const released = yield* Effect.orDie(transaction(
        sql,
        Effect.zipWith(outbox.releaseLeases(of, now), lanes.releaseLeases(of), (rows, accounts) => rows || accounts)
      ))
      if (released) yield* signals.notify(outboxSignal)
    })
  })
})
