/**
 * What users say of accounts that are lost without a word, or started again without end (complaints 9 and 23): each a
 * scenario that whoever looks after accounts either stands or not. They are played with the channel in memory.
 *
 * @since 0.1.0
 */
import { Clock, Duration, Effect } from "effect"
import type { Scope } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { holds } from "../channel/ChannelLaw.ts"
import type { LawBroken } from "../channel/ChannelLaw.ts"
import * as MemoryChannel from "../channel/MemoryChannel.ts"

/** What people who look after an account are told. @category models @since 0.1.0 */
export type Told = "expiring" | "refused" | "failed"

/**
 * What looks after the first account of a provider, with the test's clock.
 *
 * @category models
 * @since 0.1.0
 */
export interface Desk {
  /** Does what is due now. */
  readonly work: Effect.Effect<void>
  /** Everything that people were told so far, oldest first. */
  readonly told: Effect.Effect<ReadonlyArray<Told>>
  /** Whether the account is shown as connected. */
  readonly connected: Effect.Effect<boolean>
}

/** Builds a desk. @category models @since 0.1.0 */
export type MakeDesk<R = never> = (
  provider: MemoryChannel.MemoryProvider
) => Effect.Effect<Desk, never, R | Scope.Scope>

/**
 * @category models
 * @since 0.1.0
 */
export interface Scenario {
  /** The number of the complaint in the list of those to beat. */
  readonly complaint: number
  /** What users say. */
  readonly title: string
  readonly play: (desk: Desk, provider: MemoryChannel.MemoryProvider) => Effect.Effect<void, LawBroken>
}

/** Lets time pass, with the desk at work. */
const pass = Effect.fnUntraced(function*(desk: Desk, time: Duration.Input, step: Duration.Input = "10 minutes") {
  const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.fromInputUnsafe(time))
  while ((yield* Clock.currentTimeMillis) < end) {
    yield* desk.work
    yield* TestClock.adjust(step)
  }
  yield* desk.work
})

const countOf = (desk: Desk, what: Told) => Effect.map(desk.told, (told) => told.filter((one) => one === what).length)

const day = 86_400_000

/**
 * @category scenarios
 * @since 0.1.0
 */
export const all: ReadonlyArray<Scenario> = [
  {
    complaint: 9,
    title: "a session that can't be helped is started again and again",
    play: Effect.fnUntraced(function*(desk, { session }) {
      yield* pass(desk, "10 minutes")
      Object.assign(session, { status: "failed", paired: false })
      Object.defineProperty(session, "status", { get: () => "failed", set: () => {} })
      yield* pass(desk, "24 hours", "20 minutes")
      yield* holds(session.restarts >= 1, "it is started again", session.restarts)
      yield* holds(session.restarts <= 10, "a few times, and no more", session.restarts)
      yield* holds((yield* countOf(desk, "failed")) === 1, "and people are told once", yield* desk.told)
    })
  },
  {
    complaint: 23,
    title: "credentials end one morning, and nobody knew",
    play: Effect.fnUntraced(function*(desk, { session }) {
      session.keyExpiresAt = (yield* Clock.currentTimeMillis) + 9 * day
      yield* pass(desk, "1 day", "6 hours")
      yield* holds((yield* countOf(desk, "expiring")) === 0, "not too early", yield* desk.told)
      yield* pass(desk, "7 days", "6 hours")
      const told = yield* countOf(desk, "expiring")
      yield* holds(told >= 1, "people are told before they end", yield* desk.told)
      yield* holds(told <= 3, "and not at every look", told)
    })
  },
  {
    complaint: 23,
    title: "of credentials that are refused people are told at every look",
    play: Effect.fnUntraced(function*(desk, provider) {
      yield* pass(desk, "10 minutes")
      provider.withdraw(true)
      yield* pass(desk, "12 hours")
      yield* holds(!(yield* desk.connected), "the account is shown as one that does not work")
      yield* holds((yield* countOf(desk, "refused")) === 1, "people are told once", yield* desk.told)
      provider.withdraw(false)
      yield* pass(desk, "1 hour")
      yield* holds(yield* desk.connected, "it works again when they are taken again")
      yield* holds((yield* countOf(desk, "refused")) === 1, "without another word", yield* desk.told)
    })
  }
]

/**
 * The desk that is written first: looks every ten minutes, tells what it sees, starts what has failed, and learns of the
 * end of credentials when they have ended.
 *
 * @category constructors
 * @since 0.1.0
 */
export const naive: MakeDesk = (provider) =>
  Effect.sync(() => {
    const told: Array<Told> = []
    let connected = true
    const account = provider.own
    const { lifecycle } = MemoryChannel.make()
    const work = Effect.gen(function*() {
      const state = yield* Effect.result(lifecycle?.state(account) ?? Effect.undefined)
      const tag = state._tag === "Success" ? state.success?._tag : "Reauthorize"
      connected = tag === "Connected"
      if (tag === "Reauthorize") told.push("refused")
      if (tag !== "Failed") return
      told.push("failed")
      yield* Effect.ignore(lifecycle?.restart?.(account) ?? Effect.void)
    }).pipe(Effect.provideService(HttpClient.HttpClient, provider.client))
    return { work, told: Effect.sync(() => told), connected: Effect.sync(() => connected) }
  })

/**
 * Plays a scenario with a desk of its own. The test's clock is the scenario's: run it under `TestClock`.
 *
 * @category running
 * @since 0.1.0
 */
export const play = <R>(scenario: Scenario, make: MakeDesk<R>): Effect.Effect<void, LawBroken, R | Scope.Scope> =>
  Effect.gen(function*() {
    const provider = yield* MemoryChannel.open
    yield* scenario.play(yield* make(provider), provider)
  })
