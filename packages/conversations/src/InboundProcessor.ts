/**
 * Works off stored webhooks: decodes each with its channel's adapter and applies what it means, together with the mark
 * that it is done, in one transaction. Whatever happens in between, a webhook takes effect once.
 *
 * @since 0.1.0
 */
import type { Duration } from "effect"
import { Array as Arr, Cause, Clock, Context, Effect, Exit, Layer, Metric, Option, Result } from "effect"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ContactChanged, InboundEvent, StatusChanged } from "@wicara/channels/InboundEvent"
import { InboundHandlers } from "@wicara/channels/InboundHandlers"
import { InboundEvents, signal } from "@wicara/channels/InboundEvents"
import type { ClaimedEvent } from "@wicara/channels/InboundEvents"
import { Contacts } from "@wicara/contacts/Contacts"
import type { Events } from "@wicara/core/Events"
import { Signals } from "@wicara/core/Signals"
import { isOutage, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import { makeInboundChats } from "./internal/inboundChats.ts"
import { makeInboundRecords } from "./internal/inboundRecords.ts"
import { makeInboundTranscript } from "./internal/inboundTranscript.ts"
import type { Arrival } from "./internal/transcript.ts"
import * as MessageOrder from "./MessageOrder.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface InboundProcessorOptions {
  /** Webhooks claimed at a time (256). */
  readonly batchSize?: number | undefined
  /** Webhooks of one account in a transaction (64). */
  readonly transactionSize?: number | undefined
  /** Accounts worked on at the same time (4). */
  readonly concurrency?: number | undefined
  /** How long a claim holds (1 minute); a batch must be done by then. */
  readonly leaseFor?: Duration.Input | undefined
  /** How often to look for work that no signal announced (1 second). */
  readonly pollInterval?: Duration.Input | undefined
}

const applied = Metric.counter("wicara_inbound_processed", { incremental: true })
const unknown = Metric.counter("wicara_inbound_unknown", { incremental: true })

/**
 * @category services
 * @since 0.1.0
 */
export class InboundProcessor extends Context.Service<InboundProcessor, {
  /** Claims one batch and works it off; returns how many webhooks that were. */
  readonly runOnce: Effect.Effect<number>
  /** Works until nothing is due. */
  readonly drain: Effect.Effect<void>
}>()("@wicara/conversations/InboundProcessor") {
  /**
   * The processor, for callers that decide themselves when it runs.
   *
   * @since 0.1.0
   */
  static readonly layer = (
    options?: InboundProcessorOptions
  ): Layer.Layer<
    InboundProcessor,
    never,
    SqlClient.SqlClient | Events | Signals | Contacts | ChannelAccounts | InboundEvents
  > => Layer.effect(InboundProcessor, make(options ?? {}))

  /**
   * Runs the processor in the background of the layer's scope. When the scope closes, the webhooks it holds are given
   * back.
   *
   * @since 0.1.0
   */
  static readonly layerWorker = (
    options?: InboundProcessorOptions
  ): Layer.Layer<never, never, InboundProcessor | Signals> =>
    Layer.effectDiscard(
      Effect.gen(function*() {
        const processor = yield* InboundProcessor
        const signals = yield* Signals
        const interval = options?.pollInterval ?? "1 second"
        yield* processor.runOnce.pipe(
          Effect.flatMap((done) => done > 0 ? Effect.void : signals.wait(signal, interval)),
          Effect.catchCause((cause) =>
            Cause.hasInterruptsOnly(cause)
              ? Effect.failCause(cause)
              : Effect.andThen(Effect.logWarning("Webhooks could not be worked off", cause), Effect.sleep("1 second"))
          ),
          Effect.forever,
          Effect.forkScoped
        )
      })
    )
}

interface Decoded {
  readonly event: ClaimedEvent
  readonly meaning: ReadonlyArray<InboundEvent>
}

const earlyWindow = 3_600_000
const earlyKept = 7 * 86_400_000
const sweepEvery = 2000

const make = Effect.fnUntraced(function*(options: InboundProcessorOptions) {
  const sql = yield* SqlClient.SqlClient
  const inbound = yield* InboundEvents
  const accounts = yield* ChannelAccounts
  const contacts = yield* Contacts
  const handlers = yield* InboundHandlers
  const transcript = yield* makeInboundTranscript
  const records = makeInboundRecords(transcript)
  const chats = makeInboundChats(sql, transcript)
  const batchSize = options.batchSize ?? 256
  const transactionSize = options.transactionSize ?? 64
  const concurrency = options.concurrency ?? 4
  const leaseFor = options.leaseFor ?? "1 minute"

  /** Of people who never wrote nothing is kept, and who left an address book is still who they were. */
  const contactChanged = Effect.fnUntraced(function*(
    { channelAccountId }: Arrival,
    { participant: { displayName, identities }, removed }: ContactChanged
  ) {
    if (removed === true) return
    const known = yield* Effect.forEach(identities, (identity) => contacts.findByIdentity(channelAccountId, identity))
    if (known.every(Option.isNone)) return
    yield* contacts.resolve({ channelAccountId, identities, displayName })
  })

  const applyOne = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent) {
    const { channelAccountId } = arrival
    switch (event._tag) {
      case "MessageReceived":
        return yield* transcript.receive(arrival, event)
      case "MessageEchoed":
        return yield* transcript.echo(arrival, event)
      case "ReactionChanged":
        return yield* transcript.react(arrival, event)
      case "PollVoted":
        return yield* transcript.vote(arrival, event)
      case "MessageWaiting":
        return yield* transcript.waiting(arrival, event)
      case "PresenceChanged":
        return yield* chats.presence(arrival, event)
      case "ChatLabelChanged":
      case "ChatArchived":
        return yield* chats.changed(arrival, event)
      case "LabelChanged":
        return yield* chats.label(arrival, event)
      case "MessageEdited":
        return yield* transcript.change(arrival, event.targetProviderMessageId, {
          _tag: "Edit",
          content: event.content,
          at: MessageOrder.effectiveTime(event.timestamp, arrival.receivedAt)
        })
      case "MessageRevoked":
        return yield* transcript.change(arrival, event.targetProviderMessageId, {
          _tag: "Revoke",
          at: MessageOrder.effectiveTime(event.timestamp, arrival.receivedAt)
        })
      case "IdentityChanged":
        return yield* transcript.identityChanged(arrival, event.from, event.to)
      case "MarketingPreferenceChanged": {
        const contact = yield* contacts.resolve({ channelAccountId, identities: [event.identity] })
        yield* Effect.orDie(contacts.changeConsent({
          contactId: contact.id,
          purpose: "marketing",
          state: event.value === "stop" ? "denied" : "granted",
          source: "platform",
          occurredAt: MessageOrder.effectiveTime(event.timestamp, arrival.receivedAt)
        }))
        return
      }
      case "AccountChanged":
        if (event.facts !== undefined) {
          yield* accounts.recordFacts(channelAccountId, {
            facts: event.facts,
            at: event.timestamp ?? arrival.receivedAt
          })
        }
        if (event.state === undefined) return
        return yield* accounts.recordConnection(channelAccountId, {
          connection: event.state,
          kind: event.kind,
          detail: event.detail
        })
      case "ProfileStated":
        return yield* transcript.profile(arrival, event)
      case "ConversationRated":
        return yield* transcript.rated(arrival, event)
      case "TypingChanged":
        return yield* transcript.typing(arrival, event)
      case "CallChanged":
        return yield* records.call(arrival, event)
      case "GroupChanged":
        return yield* records.group(arrival, event)
      case "ContactChanged":
        return yield* contactChanged(arrival, event)
      case "StatusChanged":
        return yield* transcript.statuses([[arrival, event]])
      case "TemplateChanged":
      case "Unknown":
        return
    }
  })

  /** Applies webhooks of one organization and marks them, or nothing of it. */
  const applyAll = (batch: ReadonlyArray<Decoded>) =>
    transaction(
      sql,
      Effect.gen(function*() {
        const arrived = batch.flatMap(arrivalsOf)
        for (const neighbours of Arr.isReadonlyArrayNonEmpty(arrived) ? Arr.groupWith(arrived, areStatuses) : []) {
          const statuses = neighbours.filter(isStatus)
          yield* Arr.isReadonlyArrayNonEmpty(statuses) ? transcript.statuses(statuses) : applyOne(...neighbours[0])
          for (const [arrival, event] of neighbours) {
            for (const handler of handlers) yield* handler.handle(event, arrival)
          }
        }
        yield* inbound.complete(batch.map(({ event, meaning }) => ({
          event,
          unknownKinds: meaning.filter((one) => one._tag === "Unknown").length
        })))
      })
    )

  const counted = Effect.fnUntraced(function*(batch: ReadonlyArray<Decoded>) {
    yield* Metric.update(applied, batch.length)
    for (const { meaning } of batch) {
      for (const one of meaning) {
        if (one._tag === "Unknown") {
          yield* Metric.update(Metric.withAttributes(unknown, { kind: one.kind.slice(0, 64) }), 1)
        }
      }
    }
  })

  /** One by one, so that a webhook that can't be applied holds up no other. */
  const applyEach = Effect.fnUntraced(function*(batch: ReadonlyArray<Decoded>) {
    for (const one of batch) {
      const exit = yield* Effect.exit(applyAll([one]))
      if (Exit.isSuccess(exit)) {
        yield* counted([one])
        continue
      }
      if (Cause.hasInterruptsOnly(exit.cause) || isOutage(exit.cause)) return yield* Effect.failCause(exit.cause)
      if (!isLeaseLost(exit.cause)) yield* failed(one.event, exit.cause)
    }
  })

  const failed = Effect.fnUntraced(function*(event: ClaimedEvent, cause: Cause.Cause<unknown>) {
    const outcome = yield* inbound.fail(event, Cause.pretty(cause))
    yield* Effect.logWarning(
      outcome === "dead" ? `The webhook ${event.id} was given up` : `The webhook ${event.id} could not be applied`,
      cause
    )
  })

  const decodeAll = Effect.fnUntraced(function*(events: ReadonlyArray<ClaimedEvent>, account: ResolvedAccount) {
    const decoded: Array<Decoded> = []
    for (const event of events) {
      const exit = yield* Effect.exit(account.adapter.decode(event.body, account.account))
      if (Exit.isSuccess(exit)) decoded.push({ event, meaning: exit.value })
      else if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.failCause(exit.cause)
      else yield* failed(event, exit.cause)
    }
    return decoded
  })

  const workAccount = Effect.fnUntraced(function*(events: Arr.NonEmptyReadonlyArray<ClaimedEvent>) {
    const resolved = yield* Effect.result(accounts.lookup(events[0].channelAccountId))
    if (Result.isFailure(resolved)) {
      return yield* resolved.failure._tag === "NotFound"
        ? Effect.forEach(events, (event) => inbound.fail(event, "The channel account was removed."), { discard: true })
        : inbound.release(events, { after: "30 seconds" })
    }
    const decoded = yield* decodeAll(events, resolved.success)
    for (const batch of Arr.chunksOf(decoded, transactionSize)) {
      const exit = yield* Effect.exit(applyAll(batch))
      if (Exit.isSuccess(exit)) {
        yield* counted(batch)
      } else if (Cause.hasInterruptsOnly(exit.cause) || isOutage(exit.cause)) {
        return yield* Effect.failCause(exit.cause)
      } else {
        yield* applyEach(batch)
      }
    }
  })

  const inOrganization = <A, E, R>(events: Arr.NonEmptyReadonlyArray<ClaimedEvent>, effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id: events[0].organizationId }),
      Effect.provideService(CurrentActor, systemActor("inbound"))
    )

  let sweptAt = 0
  let purgedAt = 0

  /** What came early and missed its message because both were committed at the same moment. */
  const sweep = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (now - sweptAt < sweepEvery) return
    sweptAt = now
    for (const known of yield* transcript.early.settled(now - earlyWindow, 200)) {
      yield* transaction(
        sql,
        transcript.applyEarly(known.organizationId, known.channelAccountId, known.providerMessageId)
      ).pipe(
        Effect.provideService(CurrentOrganization, { id: known.organizationId }),
        Effect.provideService(CurrentActor, systemActor("inbound"))
      )
    }
    if (now - purgedAt < earlyWindow) return
    purgedAt = now
    yield* transaction(sql, transcript.early.purge(now - earlyKept))
  })

  const runOnce = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const claimed = yield* inbound.claim({ limit: batchSize, leaseFor })
      if (claimed.length === 0) {
        yield* restore(sweep)
        return 0
      }
      const groups = Object.values(Arr.groupBy(claimed, (event) => event.channelAccountId))
      yield* restore(Effect.forEach(groups, (group) => inOrganization(group, workAccount(group)), {
        concurrency,
        discard: true
      })).pipe(
        // What is done is no longer leased by us, so this gives back only the rest.
        Effect.onError(() => Effect.ignoreCause(inbound.release(claimed)))
      )
      return claimed.length
    })
  ).pipe(Effect.orDie, Effect.withSpan("InboundProcessor.runOnce"))

  return InboundProcessor.of({
    runOnce,
    drain: Effect.gen(function*() {
      while ((yield* runOnce) > 0) yield* Effect.yieldNow
    })
  })
})

type Arrived = readonly [Arrival, InboundEvent]

const arrivalsOf = ({ event, meaning }: Decoded): ReadonlyArray<Arrived> =>
  meaning.map((one, index) => [{
    organizationId: event.organizationId,
    channelAccountId: event.channelAccountId,
    receivedAt: event.receivedAt,
    index
  }, one])

const isStatus = (arrived: Arrived): arrived is readonly [Arrival, StatusChanged] => arrived[1]._tag === "StatusChanged"

/** Neighbours that are applied together. */
const areStatuses = (one: Arrived, other: Arrived): boolean => isStatus(one) && isStatus(other)

const isLeaseLost = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some((reason) =>
    Cause.isFailReason(reason) && (reason.error as { readonly _tag?: string })._tag === "LeaseLost"
  )
