/**
 * Sends a message as the server does, without its database: what is put off is tried again, what is unknown is asked
 * about, and sent again only under the id reserved for it when the provider surely has not got it.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { HttpClient } from "effect/http"
import type { OutboundMessage, ReconcileResult } from "@wicara/channels/ChannelAdapter"
import * as EmulatorFaults from "../../EmulatorFaults.ts"
import type { ConnectedAccount } from "./ChannelHarness.ts"
import type { Bench, LawBroken } from "./ChannelLaw.ts"
import { holds, reserved, send, takenWith, textOf } from "./ChannelLaw.ts"
import type { Fault } from "./ChannelNetwork.ts"

/**
 * How it went: the provider said that it has it, refused it, or nobody found out.
 *
 * @category models
 * @since 0.1.0
 */
export type Delivery = "sent" | "refused" | "unknown"

/**
 * Sends until the end is known, or nothing more can be found out.
 *
 * @category models
 * @since 0.1.0
 */
export type Courier = (
  bench: Bench,
  message: OutboundMessage,
  account: ConnectedAccount
) => Effect.Effect<Delivery, never, HttpClient.HttpClient>

/** Asks about a message as the server does: a defect says nothing. @category sending @since 0.1.0 */
export const ask = (
  bench: Bench,
  message: OutboundMessage,
  account: ConnectedAccount
): Effect.Effect<ReconcileResult, never, HttpClient.HttpClient> =>
  bench.adapter.reconcile === undefined
    ? Effect.succeed({ _tag: "Undecided" })
    : Effect.catchDefect(
      bench.adapter.reconcile(message, account.account),
      (): Effect.Effect<ReconcileResult> => Effect.succeed({ _tag: "Undecided" })
    )

const mostAttempts = 6
const mostQuestions = 4

/** Whether the provider's statuses tell that it has the message: they bring our id back where the channel says so. */
const told = Effect.fnUntraced(function*(bench: Bench, message: OutboundMessage, account: ConnectedAccount) {
  if (bench.adapter.capabilities.reconcile !== "callback") return false
  for (const taken of (yield* account.taken).slice(-5)) {
    const events = yield* bench.adapter.decode(account.statusOf("sent", taken), account.account)
    if (events.some((event) => event._tag === "StatusChanged" && event.callbackData === message.id)) return true
  }
  return false
})

/**
 * The courier that keeps to the rules.
 *
 * @category sending
 * @since 0.1.0
 */
export const careful: Courier = Effect.fnUntraced(function*(bench, unreserved, account) {
  const message = yield* Effect.catchDefect(reserved(bench, unreserved, account), () => Effect.succeed(unreserved))
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const outcome = yield* send(bench, message, account)
    switch (outcome._tag) {
      case "Accepted":
        return "sent"
      case "Rejected":
        return "refused"
      case "Retryable":
        yield* Effect.sleep(outcome.retryAfter ?? 1_000)
        continue
      case "AccountRefused":
        yield* Effect.sleep(5_000)
        continue
      case "Unknown": {
        let result: ReconcileResult = { _tag: "Undecided" }
        for (let question = 0; question < mostQuestions && result._tag === "Undecided"; question++) {
          yield* Effect.sleep(2_000)
          result = yield* ask(bench, message, account)
        }
        if (result._tag === "Found" || (yield* told(bench, message, account))) return "sent"
        if (result._tag === "Undecided" || message.providerMessageId === undefined) return "unknown"
      }
    }
  }
  return "unknown"
})

/**
 * The courier that most code has: whatever is not said to be sent is sent again, as a new message.
 *
 * @category sending
 * @since 0.1.0
 */
export const naive: Courier = Effect.fnUntraced(function*(bench, message, account) {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const outcome = yield* send(bench, message, account)
    if (outcome._tag === "Accepted") return "sent"
    yield* Effect.sleep(1_000)
  }
  return "unknown"
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Sequences {
  readonly sequences: number
  /** Equal seeds make equal faults. */
  readonly seed: string
  /** How likely a request is to meet a fault; 0.4 by default. */
  readonly probability?: number | undefined
  readonly courier?: Courier | undefined
}

/**
 * Sends one message through each of many random sequences of faults, and holds what was said against what the provider
 * took: never twice, and once where it was said to be sent.
 *
 * @category laws
 * @since 0.1.0
 */
export const tryOut = Effect.fnUntraced(function*(
  bench: Bench,
  { courier = careful, probability = 0.4, seed, sequences }: Sequences
): Effect.fn.Return<void, LawBroken, HttpClient.HttpClient> {
  const random = EmulatorFaults.random(seed)
  const { faults } = bench.network
  yield* holds(faults.length > 0 && sequences > 0, "there are faults to meet")
  for (let sequence = 0; sequence < sequences; sequence++) {
    const account = bench.harness.accounts[sequence % 2 === 0 ? 0 : 1]
    const message = textOf(bench, account)
    const words = message.content.type === "text" ? message.content.text : ""
    const before = (yield* account.taken).length
    const met: Array<Fault | "none"> = []
    bench.network.plan((request) => {
      const fault = random(`${sequence}:${request}`) < probability
        ? faults[Math.floor(random(`${sequence}:${request}:which`) * faults.length)]
        : undefined
      met.push(fault ?? "none")
      return fault
    })
    const refusal = random(`${sequence}:refusal`)
    if (refusal < 0.1) yield* account.refuseNext(refusal < 0.05 ? "busy" : "message")
    const delivery = yield* courier(bench, message, account)
    bench.network.plan(() => undefined)
    const taken = yield* takenWith({ ...account, taken: Effect.map(account.taken, (all) => all.slice(before)) }, words)
    const saw = { sequence, met, delivery, taken: taken.length }
    yield* holds(taken.length <= 1, "the provider has no message twice", saw)
    yield* holds(delivery !== "sent" || taken.length === 1, "what is said to be sent is at the provider", saw)
    yield* holds(
      delivery !== "unknown" || taken.length === 0 || bench.adapter.capabilities.reconcile !== "callback",
      "what the provider tells of by our id is known to be sent",
      saw
    )
    yield* holds(delivery !== "refused" || taken.length === 0, "what is said to be refused is not", saw)
  }
})
