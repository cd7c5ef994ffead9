/**
 * How a send ended is told as it is; what is not known is found out, and never sent twice.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Fiber } from "effect"
import type { SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { ConnectedAccount } from "./ChannelHarness.ts"
import type { Bench, Law } from "./ChannelLaw.ts"
import { holds, law, possible, reserved, send, strike, strikeAll, takenWith, textOf } from "./ChannelLaw.ts"
import { faults } from "./ChannelNetwork.ts"
import type { Fault } from "./ChannelNetwork.ts"
import * as Courier from "./Courier.ts"

const wordsOf = (message: { readonly content: { readonly type: string } }): string =>
  "text" in message.content && typeof message.content.text === "string" ? message.content.text : ""

const accepted = law(
  "outcome.accepted",
  "what the provider takes is Accepted, with the provider's id",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const message = yield* reserved(bench, textOf(bench, account), account)
    const outcome = yield* send(bench, message, account)
    const [taken] = yield* takenWith(account, wordsOf(message))
    yield* holds(taken !== undefined, "the provider has it")
    yield* holds(outcome._tag === "Accepted" && outcome.providerMessageId === taken?.id, "it says so", [outcome, taken])
  })
)

const local = (bench: Bench) => bench.harness.disturbance !== undefined

const refused = Effect.fnUntraced(function*(bench: Bench, account: ConnectedAccount) {
  const message = yield* reserved(bench, textOf(bench, account), account)
  const outcome = yield* send(bench, message, account)
  yield* holds((yield* takenWith(account, wordsOf(message))).length === 0, "the provider has not taken it", outcome)
  return outcome
})

const explained = (outcome: SendOutcome) =>
  holds("code" in outcome && outcome.code !== "" && outcome.reason.trim() !== "", "it has a code and a reason", outcome)

const rejected = law(
  "outcome.rejected",
  "a message that the provider refuses for good is Rejected, with its code and a reason",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    yield* account.refuseNext("message")
    const outcome = yield* refused(bench, account)
    yield* holds(outcome._tag === "Rejected", "it is rejected", outcome)
    yield* explained(outcome)
    const next = yield* send(bench, yield* reserved(bench, textOf(bench, account), account), account)
    yield* holds(next._tag === "Accepted", "another message goes through", next)
  })
)

const retryable = law(
  "outcome.retryable",
  "what the provider puts off is Retryable, with a wait",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    yield* account.refuseNext("busy")
    const outcome = yield* refused(bench, account)
    yield* holds(outcome._tag === "Retryable", "it can be tried again", outcome)
    yield* explained(outcome)
    yield* holds(outcome._tag === "Retryable" && (outcome.retryAfter ?? 0) > 0, "after a while", outcome)
  })
)

const account = law(
  "outcome.account",
  "credentials that expired hold the account, and are not the message's fault",
  Effect.fnUntraced(function*(bench) {
    const [connected] = bench.harness.accounts
    const expired: ConnectedAccount = { ...connected, account: bench.harness.expired }
    const message = textOf(bench, connected)
    const outcome = yield* send(bench, yield* reserved(bench, message, expired), expired)
    yield* holds(outcome._tag === "AccountRefused", "the account is refused", outcome)
    yield* explained(outcome)
    yield* holds((yield* takenWith(connected, wordsOf(message))).length === 0, "nothing was taken")
  })
)

const unsent = law(
  "outcome.unsent",
  "without a connection nothing was sent, and it can be tried again",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const message = yield* reserved(bench, textOf(bench, account), account)
    yield* possible(bench, "refused")
    yield* strike(bench, "refused")
    const outcome = yield* send(bench, message, account)
    yield* holds(outcome._tag === "Retryable", "it is Retryable", outcome)
    const again = yield* send(bench, message, account)
    yield* holds(again._tag === "Accepted", "the next try goes through", again)
  })
)

const struck = Effect.fnUntraced(function*(bench: Bench, fault: Fault) {
  const [account] = bench.harness.accounts
  const message = yield* reserved(bench, textOf(bench, account), account)
  yield* strike(bench, fault)
  const began = yield* Clock.currentTimeMillis
  const outcome = yield* send(bench, message, account)
  return { outcome, took: (yield* Clock.currentTimeMillis) - began }
})

const unknown = law(
  "outcome.unknown",
  "a connection that breaks leaves the outcome Unknown, whether the provider had read the message or not",
  Effect.fnUntraced(function*(bench) {
    for (const fault of yield* possible(bench, "lost_answer", "lost_request")) {
      const { outcome } = yield* struck(bench, fault)
      yield* holds(outcome._tag === "Unknown", `${fault}: it is Unknown`, outcome)
    }
  })
)

const timeout = law(
  "outcome.timeout",
  "a provider that hangs ends in Unknown within a minute",
  Effect.fnUntraced(function*(bench) {
    for (const fault of yield* possible(bench, "unanswered", "unheard")) {
      const { outcome, took } = yield* struck(bench, fault)
      yield* holds(outcome._tag === "Unknown", `${fault}: it is Unknown`, outcome)
      yield* holds(took <= 60_000, `${fault}: it ends within a minute`, took)
    }
  })
)

const brokenAnswer = law(
  "outcome.broken_answer",
  "an answer that makes no sense is no refusal: the provider may have the message",
  Effect.fnUntraced(function*(bench) {
    for (const fault of yield* possible(bench, "bad_gateway", "garbled")) {
      const { outcome } = yield* struck(bench, fault)
      yield* holds(outcome._tag === "Unknown", `${fault}: it is Unknown`, outcome)
    }
  })
)

const isolation = law(
  "outcome.isolation",
  "an account that hangs holds no other",
  Effect.fnUntraced(function*(bench) {
    const [one, other] = bench.harness.accounts
    const held = yield* reserved(bench, textOf(bench, one), one)
    const free = yield* reserved(bench, textOf(bench, other), other)
    yield* possible(bench, "unheard")
    yield* strike(bench, "unheard")
    const fiber = yield* Effect.forkChild(send(bench, held, one))
    while (bench.network.hanging() === 0 && fiber.pollUnsafe() === undefined) yield* Effect.sleep(1)
    const began = yield* Clock.currentTimeMillis
    const outcome = yield* send(bench, free, other)
    const took = (yield* Clock.currentTimeMillis) - began
    yield* holds(outcome._tag === "Accepted", "the other account's message goes through", outcome)
    yield* holds(took < 10_000 && fiber.pollUnsafe() === undefined, "at once", took)
    yield* Fiber.interrupt(fiber)
  })
)

const byId = (adapter: Bench["adapter"]) =>
  adapter.capabilities.reconcile === "message_id" ? undefined : "the provider can't be asked by an id of ours"

const reserves = law(
  "reconcile.reserves",
  "every message gets an id of its own before it is sent, and keeps it",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const ids = new Set<string>()
    for (let time = 0; time < 3; time++) {
      const message = yield* reserved(bench, textOf(bench, account), account)
      const id = message.providerMessageId ?? ""
      yield* holds(id.length > 0 && id.length <= 190, "an id is reserved", id)
      ids.add(id)
      yield* send(bench, message, account)
      const [taken] = yield* takenWith(account, wordsOf(message))
      yield* holds(taken?.id === id, "the provider has it under that id", [taken?.id, id])
    }
    yield* holds(ids.size === 3, "no two messages share one", [...ids])
  }),
  { exempt: byId }
)

const repeatable = law(
  "reconcile.repeat",
  "a message that is sent again under its id arrives once",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const message = yield* reserved(bench, textOf(bench, account), account)
    for (let time = 0; time < 2; time++) {
      const outcome = yield* send(bench, message, account)
      yield* holds(outcome._tag === "Accepted", "it is accepted", outcome)
    }
    const taken = yield* takenWith(account, wordsOf(message))
    yield* holds(taken.length === 1, "the provider has it once", taken)
  }),
  { exempt: byId }
)

const reconciled = Effect.fnUntraced(function*(bench: Bench, fault: Fault, asking: Fault | undefined) {
  const [account] = bench.harness.accounts
  const message = yield* reserved(bench, textOf(bench, account), account)
  yield* strike(bench, fault)
  yield* send(bench, message, account)
  yield* strikeAll(bench, asking)
  const result = yield* Courier.ask(bench, message, account)
  yield* strikeAll(bench, undefined)
  return { message, result }
})

const found = law(
  "reconcile.found",
  "a message that the provider has is found",
  Effect.fnUntraced(function*(bench) {
    const { message, result } = yield* reconciled(bench, "lost_answer", undefined)
    yield* holds(
      result._tag === "Found" && result.providerMessageId === message.providerMessageId,
      "it is found under its id",
      result
    )
  }),
  { exempt: byId }
)

const absent = law(
  "reconcile.absent",
  "a message that the provider surely has not got is absent",
  Effect.fnUntraced(function*(bench) {
    const { result } = yield* reconciled(bench, "lost_request", undefined)
    yield* holds(result._tag === "Absent", "it is absent", result)
  }),
  { exempt: byId }
)

const undecided = law(
  "reconcile.undecided",
  "a provider that can't be asked leaves it undecided",
  Effect.fnUntraced(function*(bench) {
    for (const fault of yield* possible(bench, ...faults)) {
      const { result } = yield* reconciled(bench, "lost_answer", fault)
      yield* holds(result._tag === "Undecided", `${fault}: it is undecided`, result)
    }
    const [account] = bench.harness.accounts
    if (local(bench)) return
    const message = yield* reserved(bench, textOf(bench, account), account)
    const expired: ConnectedAccount = { ...account, account: bench.harness.expired }
    const refused = yield* Courier.ask(bench, message, expired)
    yield* holds(refused._tag === "Undecided", "credentials that expired: it is undecided", refused)
  }),
  { exempt: byId }
)

const sequences = law(
  "sending.once",
  "no sequence of faults sends a message twice, or loses one that was said to be sent",
  (bench) => Courier.tryOut(bench, { sequences: 40, seed: "law" }),
  {
    needs: [
      "outcome.accepted",
      "outcome.unsent",
      "outcome.unknown",
      "outcome.timeout",
      "outcome.broken_answer",
      "reconcile.reserves",
      "reconcile.repeat",
      "reconcile.found",
      "reconcile.absent",
      "reconcile.undecided",
      "status.callback"
    ]
  }
)

/** @category laws @since 0.1.0 */
export const laws: ReadonlyArray<Law> = [
  accepted,
  rejected,
  retryable,
  account,
  unsent,
  unknown,
  timeout,
  brokenAnswer,
  isolation,
  reserves,
  repeatable,
  found,
  absent,
  undecided,
  sequences
]
