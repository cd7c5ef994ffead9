/**
 * The conformance kit for channels: every law that an adapter's capabilities call for, tried on a provider, from a test
 * or from plain code.
 *
 * @since 0.1.0
 */
import { Duration, Effect, Fiber, Logger, References } from "effect"
import type { Exit, Scope } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import type { ChannelHarness } from "./ChannelHarness.ts"
import { brokenBy, LawBroken } from "./ChannelLaw.ts"
import type { Bench, Law } from "./ChannelLaw.ts"
import * as ChannelNetwork from "./ChannelNetwork.ts"
import * as Courier from "./Courier.ts"
import * as ActionLaws from "./ActionLaws.ts"
import * as DeclarationLaws from "./DeclarationLaws.ts"
import * as FacetLaws from "./FacetLaws.ts"
import * as InboundLaws from "./InboundLaws.ts"
import * as LifecycleLaws from "./LifecycleLaws.ts"
import * as OutboundLaws from "./OutboundLaws.ts"
import * as OutcomeLaws from "./OutcomeLaws.ts"
import * as SafetyLaws from "./SafetyLaws.ts"

/**
 * An adapter, and how to open a fresh provider for it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject<R = never> {
  readonly adapter: AnyChannelAdapter
  /** Opened for every law anew, under a clock that stands still until everything waits. */
  readonly open: Effect.Effect<ChannelHarness, never, Scope.Scope | R>
  /** Laws that can't hold for this channel, by id, each with its reason: they are reported, never passed. */
  readonly without?: Readonly<Record<string, string>> | undefined
}

/**
 * How a law fared.
 *
 * @category models
 * @since 0.1.0
 */
export interface Finding {
  readonly law: string
  readonly title: string
  /** `blocked`: a law that it builds on is broken. */
  readonly result: "passed" | "failed" | "not applicable" | "blocked"
  /** Why, unless it passed. */
  readonly why?: string | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Report {
  readonly channel: string
  /** Whether no law is broken. */
  readonly conforms: boolean
  readonly findings: ReadonlyArray<Finding>
}

/**
 * Every law of the SPI, whatever the adapter.
 *
 * @category laws
 * @since 0.1.0
 */
export const laws: ReadonlyArray<Law> = [
  ...DeclarationLaws.laws,
  ...InboundLaws.laws,
  ...OutboundLaws.laws,
  ...OutcomeLaws.laws,
  ...ActionLaws.laws,
  ...SafetyLaws.laws,
  ...LifecycleLaws.laws,
  ...FacetLaws.laws
]

const known = new Set(laws.map(({ id }) => id))

/**
 * Why a law is not tried on an adapter; `undefined`: it is. A subject that names a law which is not there is a defect: it
 * would otherwise leave out nothing without saying so.
 *
 * @category laws
 * @since 0.1.0
 */
export const exemption = <R>(subject: Subject<R>, law: Law): string | undefined => {
  const unheardOf = Object.keys(subject.without ?? {}).find((id) => !known.has(id))
  if (unheardOf !== undefined) throw new Error(`There is no law "${unheardOf}"`)
  return subject.without?.[law.id] ?? law.exempt(subject.adapter)
}

const immediate = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const patience = Duration.toMillis(Duration.hours(6))

/** Moves the clock on whenever nothing is under way but what hangs. */
const inVirtualTime = Effect.fnUntraced(function*<E, R>(
  effect: Effect.Effect<void, E, R>,
  network: ChannelNetwork.Disturbance,
  limit: number
) {
  const fiber = yield* Effect.forkChild(effect)
  let passed = 0
  let still = 0
  while (fiber.pollUnsafe() === undefined) {
    yield* immediate
    still = network.underWay() > network.hanging() ? 0 : still + 1
    if (still < 4) continue
    if (passed > limit) {
      yield* Fiber.interrupt(fiber)
      return yield* new LawBroken({ because: "it ends", saw: `nothing after ${Math.round(passed / 60_000)} minutes` })
    }
    const step = network.hanging() > 0 ? 2_500 : 500
    passed += step
    yield* TestClock.adjust(step)
  }
  return yield* Fiber.join(fiber)
})

const disturbedBy = (disturbance: ChannelNetwork.Disturbance, client: HttpClient.HttpClient) => ({
  ...disturbance,
  client,
  seen: () => []
})

let count = 0
/** Never the same twice, also on another bench: an adapter that remembers messages must not meet one again. */
const next = () => ++count

/**
 * Does something with an adapter and a fresh provider of its own, in virtual time.
 *
 * @category running
 * @since 0.1.0
 */
export const onBench = <E, R>(
  subject: Subject<R>,
  use: (bench: Bench) => Effect.Effect<void, E, HttpClient.HttpClient>,
  options: { readonly patience?: Duration.Input | undefined } = {}
): Effect.Effect<void, E | LawBroken, R> =>
  Effect.suspend(() => {
    const logs: Array<string> = []
    const logger = Logger.make((entry) => {
      logs.push(inspect([entry.message, entry.cause], { depth: 12 }))
    })
    return Effect.gen(function*() {
      const harness = yield* subject.open
      const network = harness.disturbance === undefined
        ? ChannelNetwork.make(harness.client)
        : disturbedBy(harness.disturbance, harness.client)
      const bench: Bench = { adapter: harness.adapter ?? subject.adapter, harness, network, logs, next }
      const limit = options.patience === undefined ? patience : Duration.toMillis(options.patience)
      yield* inVirtualTime(
        Effect.provideService(use(bench), HttpClient.HttpClient, network.client),
        network,
        limit
      )
    }).pipe(
      Effect.scoped,
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.provide(TestClock.layer({ warningDelay: Duration.hours(1) }))
    )
  })

/**
 * Tries one law; fails with `LawBroken` where the adapter does not keep to it.
 *
 * @category running
 * @since 0.1.0
 */
export const check = <R>(subject: Subject<R>, law: Law): Effect.Effect<void, LawBroken, R> =>
  onBench(subject, law.check)

/** How many sequences one provider is tried with, before its record grows long. */
const perBench = 200

const wanted = (text: string): number => {
  // A typo would otherwise try none, and pass.
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new Error(`WICARA_FAULT_SEQUENCES is no number of sequences: ${text}`)
  return Number(text)
}

/**
 * How many random sequences of faults tests try: `WICARA_FAULT_SEQUENCES`, else a number that takes a second or two.
 *
 * @category constants
 * @since 0.1.0
 */
export const faultSequences: number = wanted(process.env["WICARA_FAULT_SEQUENCES"] ?? "500")

/**
 * Sends a message through each of many random sequences of faults; fails where the provider has one twice, or not at all
 * though it was said to be sent.
 *
 * @category running
 * @since 0.1.0
 */
export const sequences = <R>(
  subject: Subject<R>,
  options: Courier.Sequences
): Effect.Effect<void, LawBroken, R> =>
  Effect.forEach(
    Array.from({ length: Math.ceil(options.sequences / perBench) }, (_, index) => index),
    (index) =>
      onBench(
        subject,
        (bench) =>
          Courier.tryOut(bench, {
            ...options,
            sequences: Math.min(perBench, options.sequences - index * perBench),
            seed: `${options.seed}:${index}`
          }),
        { patience: Duration.infinity }
      ),
    { discard: true }
  )

/**
 * Tries every law, and reports on each.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fnUntraced(function*<R>(subject: Subject<R>): Effect.fn.Return<Report, never, R> {
  const findings: Array<Finding> = []
  const broken = new Set<string>()
  // A law that was not tried bears no other one.
  const blocked = new Set<string>()
  for (const law of laws) {
    const about = { law: law.id, title: law.title }
    const exempt = exemption(subject, law)
    const missing = law.needs.find((id) => broken.has(id) || blocked.has(id))
    if (exempt !== undefined) {
      findings.push({ ...about, result: "not applicable", why: exempt })
    } else if (missing !== undefined) {
      blocked.add(law.id)
      findings.push({
        ...about,
        result: "blocked",
        why: `"${missing}" is ${broken.has(missing) ? "broken" : "blocked"}`
      })
    } else {
      const exit: Exit.Exit<void, LawBroken> = yield* Effect.exit(check(subject, law))
      const why = brokenBy(exit)
      if (why !== undefined) broken.add(law.id)
      findings.push(why === undefined ? { ...about, result: "passed" } : { ...about, result: "failed", why })
    }
  }
  return { channel: subject.adapter.id, conforms: broken.size === 0, findings }
})

/**
 * A report as lines for people: what was broken and what was left out.
 *
 * @category conversions
 * @since 0.1.0
 */
export const describe = ({ channel, findings }: Report): string => {
  const count = (result: Finding["result"]) => findings.filter((finding) => finding.result === result).length
  const told = findings.filter(({ result }) => result !== "passed").map(({ law, result, title, why }) =>
    `${result}: ${law} (${title})\n  ${why ?? ""}`
  )
  const head = `${channel}: ${count("passed")} laws kept, ${count("failed")} broken, ${
    count("not applicable")
  } not applicable, ${count("blocked")} blocked`
  return [head, ...told].join("\n")
}

/**
 * What a test runner gives: `it` of `@effect/vitest` does.
 *
 * @category models
 * @since 0.1.0
 */
export interface Runner<R = never> {
  readonly effect: {
    (name: string, test: () => Effect.Effect<void, LawBroken, R>): void
    readonly skip: (name: string, test: () => Effect.Effect<void>) => void
  }
}

/**
 * A test for every law, in the caller's `describe`; what does not apply is a skipped test that says why.
 *
 * @category running
 * @since 0.1.0
 */
export const suite = <R = never>(it: Runner<R>, subject: Subject<R>): void => {
  for (const law of laws) {
    const exempt = exemption(subject, law)
    if (exempt === undefined) it.effect(`${law.id}: ${law.title}`, () => check(subject, law))
    else it.effect.skip(`${law.id}: not applicable, ${exempt}`, () => Effect.void)
  }
}
