/**
 * What users say of paired numbers that were banned (complaint 22): each a scenario that whoever lets messages go either
 * stands or not.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Duration } from "effect"
import { TestClock } from "effect/testing"
import { holds } from "../channel/ChannelLaw.ts"
import type { LawBroken } from "../channel/ChannelLaw.ts"

/**
 * What lets the messages of a number go that was paired just now, with the test's clock.
 *
 * @category models
 * @since 0.1.0
 */
export interface Desk {
  /** Whether a message may go now to somebody who has never written; one that may is sent. */
  readonly writes: (phone: string) => Effect.Effect<boolean>
  /** Whether an answer may go now to somebody who has just written; one that may is sent. */
  readonly answers: (phone: string) => Effect.Effect<boolean>
  /** The provider says that the number is restricted. */
  readonly restricted: Effect.Effect<void>
  /** What the account is shown as: well, or why not. */
  readonly health: Effect.Effect<"ok" | "warn">
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Scenario {
  /** The number of the complaint in the list of those to beat. */
  readonly complaint: number
  /** What users say. */
  readonly title: string
  readonly play: (desk: Desk) => Effect.Effect<void, LawBroken>
}

let people = 0

/** Tries to write to as many strangers, at this distance; how many it could. */
const reach = Effect.fnUntraced(function*(desk: Desk, count: number, distance: Duration.Input) {
  let reached = 0
  for (let tried = 0; tried < count; tried++) {
    if (yield* desk.writes(`62813${String(++people).padStart(7, "0")}`)) reached++
    yield* TestClock.adjust(distance)
  }
  return reached
})

/**
 * @category scenarios
 * @since 0.1.0
 */
export const all: ReadonlyArray<Scenario> = [
  {
    complaint: 22,
    title: "a new number writes to a hundred strangers on its first day, and is banned",
    play: Effect.fnUntraced(function*(desk) {
      const reached = yield* reach(desk, 100, "10 minutes")
      yield* holds(reached <= 15, "a few of them are written to", reached)
      yield* holds(reached >= 1, "and some are")
      yield* holds(yield* desk.answers("6281399999999"), "those who write are answered")
    })
  },
  {
    complaint: 22,
    title: "the provider restricts a number, and it goes on writing",
    play: Effect.fnUntraced(function*(desk) {
      yield* desk.restricted
      yield* TestClock.adjust("10 minutes")
      yield* holds((yield* reach(desk, 5, "10 minutes")) === 0, "it writes to no stranger")
      yield* holds((yield* desk.health) === "warn", "and is shown as held back")
      yield* holds(yield* desk.answers("6281388888888"), "those who write are answered")
    })
  }
]

/**
 * The desk that is written first: what is to be sent, is sent.
 *
 * @category constructors
 * @since 0.1.0
 */
export const naive: Desk = {
  writes: () => Effect.succeed(true),
  answers: () => Effect.succeed(true),
  restricted: Effect.void,
  health: Effect.succeed("ok")
}
