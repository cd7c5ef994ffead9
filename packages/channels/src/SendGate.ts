/**
 * What may hold a message back that a channel would take: a port for rules beyond rates, such as the pace at which a
 * number on somebody's phone may write to strangers. Limits that a provider states belong into the adapter (`limits`).
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option } from "effect"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { ResolvedAccount } from "./ChannelAccounts.ts"
import type { AccountHealth, OutboundMessage } from "./ChannelAdapter.ts"

/**
 * A message that is about to be attempted. Instants are epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface GatedMessage {
  readonly account: ResolvedAccount
  readonly message: OutboundMessage
  readonly conversationId: string
  readonly author: "contact" | "bot" | "user" | "api" | "phone" | "system"
  readonly purpose: "service" | "marketing"
  /** How often it was attempted already. */
  readonly attempts: number
  readonly queuedAt: number
  /** When the customer last wrote in the conversation; `null`: never. */
  readonly lastInboundAt: number | null
}

/**
 * Whether it may go: now, or at `until` (epoch milliseconds), when it is asked again; what waits for longer than the sender
 * lets messages wait fails with the code and the reason. A message that was told `Go` is attempted at once, and counts for
 * the gate that said so.
 *
 * @category models
 * @since 0.1.0
 */
export type SendDecision =
  | { readonly _tag: "Go" }
  | {
    readonly _tag: "Wait"
    readonly until: number
    /** Lower case with underscores: `warm_up`. */
    readonly code: string
    readonly reason: string
  }

/**
 * @category models
 * @since 0.1.0
 */
export interface SendGate {
  /** The adapter's id whose messages it is asked about; absent: those of all. */
  readonly channel?: string | undefined
  readonly ask: (message: GatedMessage) => Effect.Effect<SendDecision, never, CurrentOrganization | CurrentActor>
  /**
   * A message that it let go was surely not sent: another gate held it back, its file could not be had, or the provider
   * refused it. What it used up is free again. Not called when the process ends in between.
   */
  readonly unsent?:
    | ((message: GatedMessage) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>)
    | undefined
  /** What keeps an account from sending as it usually does, in words; nothing else is wrong with it. */
  readonly held?:
    | ((account: ResolvedAccount) => Effect.Effect<Option.Option<string>, never, CurrentOrganization>)
    | undefined
}

/**
 * The gates of the process.
 *
 * @category references
 * @since 0.1.0
 */
export const SendGates = Context.Reference<ReadonlyArray<SendGate>>("@wicara/channels/SendGates", {
  defaultValue: () => []
})

/**
 * Nothing is in the way.
 *
 * @category constants
 * @since 0.1.0
 */
export const go: SendDecision = { _tag: "Go" }

/**
 * It can't be sent any more: it fails with the code and the reason.
 *
 * @category constructors
 * @since 0.1.0
 */
export const never = (code: string, reason: string): SendDecision => ({ _tag: "Wait", until: Infinity, code, reason })

const concerns = ({ channel }: SendGate, account: ResolvedAccount): boolean =>
  channel === undefined || channel === account.adapter.id

/**
 * What all gates of a channel say of a message: it goes if all let it, else the first that does not says until when, and
 * those before it hear that it was not sent.
 *
 * @category running
 * @since 0.1.0
 */
export const ask = Effect.fnUntraced(function*(gates: ReadonlyArray<SendGate>, message: GatedMessage) {
  const passed: Array<SendGate> = []
  for (const gate of gates) {
    if (!concerns(gate, message.account)) continue
    const decision = yield* gate.ask(message)
    if (decision._tag === "Wait") {
      yield* unsent(passed, message)
      return decision
    }
    passed.push(gate)
  }
  return go
})

/**
 * Tells the gates of a channel, which all let a message go, that it was not sent.
 *
 * @category running
 * @since 0.1.0
 */
export const unsent = (
  gates: ReadonlyArray<SendGate>,
  message: GatedMessage
): Effect.Effect<void, never, CurrentOrganization | CurrentActor> =>
  Effect.forEach(
    gates.filter((gate) => concerns(gate, message.account)),
    (gate) =>
      gate.unsent === undefined ? Effect.void : Effect.catchCause(
        gate.unsent(message),
        (cause) => Effect.logWarning(`A gate did not hear that message ${message.message.id} was not sent`, cause)
      ),
    { discard: true }
  )

/**
 * An account's health with what its gates say of it: one that is held back is not well, however well its provider is.
 *
 * @category running
 * @since 0.1.0
 */
export const health = Effect.fnUntraced(function*(account: ResolvedAccount, found: AccountHealth) {
  if (found.status !== "ok") return found
  for (const gate of yield* SendGates) {
    if (gate.held === undefined || !concerns(gate, account)) continue
    const reason = yield* gate.held(account)
    if (Option.isSome(reason)) return { status: "warn", message: reason.value } satisfies AccountHealth
  }
  return found
})

/**
 * Adds a gate to those of the layers beneath. Two of them are put one on the other with `Layer.provideMerge`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E, R>(gate: Effect.Effect<SendGate, E, R>): Layer.Layer<never, E, R> =>
  Layer.effect(SendGates, Effect.zipWith(SendGates, gate, (known, one) => [...known, one]))
