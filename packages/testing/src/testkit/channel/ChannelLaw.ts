/**
 * A law of the channel SPI, and the bench that it is tried on.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Exit, Schema } from "effect"
import type { HttpClient } from "effect/http"
import type { OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import type { ChannelHarness, ConnectedAccount, Taken } from "./ChannelHarness.ts"
import type { ChannelNetwork, Fault } from "./ChannelNetwork.ts"

/**
 * The adapter does not keep to a law.
 *
 * @category errors
 * @since 0.1.0
 */
export class LawBroken extends Schema.TaggedError<LawBroken>()("LawBroken", {
  /** What should have been. */
  because: Schema.String,
  /** What was, as text. */
  saw: Schema.String
}) {
  override get message(): string {
    return this.saw === "" ? this.because : `${this.because}\n  saw: ${this.saw}`
  }
}

/**
 * An adapter with its provider, fresh for every law.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bench {
  readonly adapter: AnyChannelAdapter
  readonly harness: ChannelHarness
  readonly network: ChannelNetwork
  /** What was logged so far, as text. */
  readonly logs: ReadonlyArray<string>
  /** A number that no other call gave. */
  readonly next: () => number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Law {
  /** `outcome.unknown`: stable, to be named where a law does not apply. */
  readonly id: string
  /** A sentence of behaviour. */
  readonly title: string
  /** Why it does not apply to an adapter, by its flags and functions; `undefined`: it does. */
  readonly exempt: (adapter: AnyChannelAdapter) => string | undefined
  /** Laws without which this one means nothing: it is not tried where one of them is broken. */
  readonly needs: ReadonlyArray<string>
  readonly check: (bench: Bench) => Effect.Effect<void, LawBroken, HttpClient.HttpClient>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const law = (
  id: string,
  title: string,
  check: Law["check"],
  options: { readonly exempt?: Law["exempt"]; readonly needs?: ReadonlyArray<string> } = {}
): Law => ({ id, title, check, exempt: options.exempt ?? (() => undefined), needs: options.needs ?? [] })

const toJson = Schema.encodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** A value as text, for reports. @category conversions @since 0.1.0 */
export const show = (value: unknown): string => {
  const json = toJson(value)
  return (json._tag === "Some" ? json.value : String(value)).slice(0, 600)
}

/** Fails the law unless it holds. @category assertions @since 0.1.0 */
export const holds = (condition: boolean, because: string, saw?: unknown): Effect.Effect<void, LawBroken> =>
  condition ? Effect.void : Effect.fail(new LawBroken({ because, saw: saw === undefined ? "" : show(saw) }))

/** Does something, once per request since, to the first of them. @category faults @since 0.1.0 */
export const strike = (bench: Bench, fault: Fault): Effect.Effect<void> =>
  Effect.sync(() => bench.network.plan((request) => request === 1 ? fault : undefined))

/** Strikes every request from now on; `undefined` ends it. @category faults @since 0.1.0 */
export const strikeAll = (bench: Bench, fault: Fault | undefined): Effect.Effect<void> =>
  Effect.sync(() => bench.network.plan(() => fault))

/**
 * The faults among these that the bench can make; a law that can't make any is broken rather than kept unseen.
 *
 * @category faults
 * @since 0.1.0
 */
export const possible = (
  bench: Bench,
  ...wanted: ReadonlyArray<Fault>
): Effect.Effect<ReadonlyArray<Fault>, LawBroken> => {
  const made = wanted.filter((fault) => bench.network.faults.includes(fault))
  return Effect.as(
    holds(
      made.length > 0,
      "the harness makes one of these faults; where none can be, leave this law out with a reason",
      wanted
    ),
    made
  )
}

/** A message id of our own: a UUID, as the server makes them. @category constructors @since 0.1.0 */
export const messageId = (number: number): string => `0197c6a2-5f0e-7c3d-9b61-${number.toString(16).padStart(12, "0")}`

/** A message to the account's customer. @category constructors @since 0.1.0 */
export const messageOf = (bench: Bench, to: ConnectedAccount, content: OutboundContent): OutboundMessage => ({
  id: messageId(bench.next()),
  to: to.customer,
  content
})

/** A text with words that no other has. @category constructors @since 0.1.0 */
export const textOf = (bench: Bench, to: ConnectedAccount): OutboundMessage => {
  const number = bench.next()
  return { id: messageId(number), to: to.customer, content: { type: "text", text: `Message number ${number}.` } }
}

/** The message with the id reserved for it, where the channel reserves one. @category sending @since 0.1.0 */
export const reserved = (bench: Bench, message: OutboundMessage, from: ConnectedAccount) =>
  bench.adapter.reserveMessageId === undefined
    ? Effect.succeed(message)
    : Effect.map(
      bench.adapter.reserveMessageId(message, from.account),
      (id): OutboundMessage => id._tag === "Some" ? { ...message, providerMessageId: id.value } : message
    )

/** Sends; a defect counts as an unknown outcome, as it does in the server. @category sending @since 0.1.0 */
export const send = (
  bench: Bench,
  message: OutboundMessage,
  from: ConnectedAccount
): Effect.Effect<SendOutcome, never, HttpClient.HttpClient> =>
  bench.adapter.send(message, from.account).pipe(
    Effect.catchDefect((defect): Effect.Effect<SendOutcome> =>
      Effect.succeed({ _tag: "Unknown", reason: `The adapter failed: ${String(defect)}` })
    )
  )

/** Every text and number in a value. @category getters @since 0.1.0 */
export const leaves = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (typeof value === "number") return [String(value)]
  if (typeof value !== "object" || value === null) return []
  return Object.values(value).flatMap(leaves)
}

/** Whether the words are somewhere in what the provider was given. @category predicates @since 0.1.0 */
export const mentions = (raw: unknown, words: string): boolean => leaves(raw).some((leaf) => leaf.includes(words))

/** What the provider took of the message with these words. @category getters @since 0.1.0 */
export const takenWith = (account: ConnectedAccount, words: string): Effect.Effect<ReadonlyArray<Taken>> =>
  Effect.map(account.taken, (taken) => taken.filter((one) => mentions(one.raw, words)))

/** Whether all of these words left, in requests since that many. @category predicates @since 0.1.0 */
export const aboutMessage = (bench: Bench, asked: number, words: ReadonlyArray<string>): boolean => {
  const seen = bench.network.seen().slice(asked).filter(({ method }) => method !== "GET")
  return words.every((word) => seen.some(({ body, url }) => body.includes(word) || url.includes(word)))
}

/** Whether the channel makes no requests that could be looked at. @category predicates @since 0.1.0 */
export const local = (bench: Bench): boolean => bench.harness.disturbance !== undefined

/** An exit as a broken law: a defect of the adapter is one. @category conversions @since 0.1.0 */
export const brokenBy = (exit: Exit.Exit<void, LawBroken>): string | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? `The adapter failed.\n${Cause.pretty(exit.cause)}` : failure.error.message
}
