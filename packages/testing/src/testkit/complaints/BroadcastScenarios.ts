/**
 * What users say of broadcasts (complaint 19): each a scenario that whatever sends messages to many people either stands or
 * not. The provider here takes so many messages a second and no two to one person at once, answers after a while, and
 * remembers a message by the name that it came under.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Fiber } from "effect"
import { holds } from "../channel/ChannelLaw.ts"
import type { LawBroken } from "../channel/ChannelLaw.ts"

/** What the provider answers: it has the message, or it may be asked again after so many milliseconds. @category models @since 0.1.0 */
export type Answer = { readonly _tag: "Taken" } | {
  readonly _tag: "Refused"
  readonly code: "429" | "pair"
  readonly retryAfter: number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Provider {
  /** Hands a message over. Under a name that it has a message of, it takes none again. */
  readonly send: (to: string, name: string) => Effect.Effect<Answer>
  /** Whether it has a message of this name. */
  readonly has: (name: string) => Effect.Effect<boolean>
}

/**
 * What sends.
 *
 * @category models
 * @since 0.1.0
 */
export interface Desk {
  /** Writes down one message to each of these people (digits), to be sent. */
  readonly queue: (recipients: ReadonlyArray<string>) => Effect.Effect<void>
  /** Starts a process that sends what waits; gives what kills it, and lets others go on. */
  readonly start: Effect.Effect<Effect.Effect<void>>
  /** How many messages neither went out nor were given up. */
  readonly waiting: Effect.Effect<number>
}

/** @category models @since 0.1.0 */
export type MakeDesk<R = never> = (provider: Provider) => Effect.Effect<Desk, never, R>

/**
 * @category models
 * @since 0.1.0
 */
export interface Scenario {
  /** The number of the complaint in the list of those to beat. */
  readonly complaint: number
  /** What users say. */
  readonly title: string
  readonly play: <R>(make: MakeDesk<R>) => Effect.Effect<void, LawBroken, R>
}

/** Without a message more for so long, it stands still. Milliseconds. */
const patience = 20_000

const makeProvider = (limits: { readonly perSecond: number; readonly busy: ReadonlySet<string> }) => {
  const taken: Array<{ readonly to: string; readonly name: string }> = []
  const names = new Set<string>()
  const dueAt = new Map<string, number>()
  let times: Array<number> = []
  let refused = 0
  const refusal = (code: "429" | "pair", retryAfter: number): Answer => {
    refused++
    return { _tag: "Refused", code, retryAfter }
  }
  const provider: Provider = {
    send: Effect.fnUntraced(function*(to, name) {
      yield* Effect.sleep("5 millis")
      const now = yield* Clock.currentTimeMillis
      times = times.filter((at) => now - at < 1_000)
      if (times.length >= limits.perSecond) return refusal("429", 500)
      // Some were written to just before.
      if (limits.busy.has(to) && !dueAt.has(to)) dueAt.set(to, now + 2_000)
      const due = dueAt.get(to) ?? 0
      if (due > now) return refusal("pair", due - now)
      times.push(now)
      if (!names.has(name)) {
        names.add(name)
        taken.push({ to, name })
      }
      // It has it, and whoever asked does not know yet.
      yield* Effect.sleep("5 millis")
      return { _tag: "Taken" }
    }),
    has: (name) => Effect.sync(() => names.has(name))
  }
  return { provider, taken, refused: () => refused }
}

/** Waits until so many were taken, or nothing waits any more; says whether it went on until then. */
const until = Effect.fnUntraced(function*(desk: Desk, taken: ReadonlyArray<unknown>, wanted: number) {
  let last = taken.length
  let since = yield* Clock.currentTimeMillis
  while (taken.length < wanted) {
    if ((yield* desk.waiting) === 0) return true
    const now = yield* Clock.currentTimeMillis
    if (taken.length > last) {
      last = taken.length
      since = now
    }
    if (now - since > patience) return false
    yield* Effect.sleep("100 millis")
  }
  return true
})

const emptied = Effect.fnUntraced(function*(desk: Desk) {
  const since = yield* Clock.currentTimeMillis
  while ((yield* desk.waiting) > 0) {
    if ((yield* Clock.currentTimeMillis) - since > patience) return false
    yield* Effect.sleep("100 millis")
  }
  return true
})

/** Two processes send, another one in place of the one that is killed meanwhile, until all went out; says whether it did. */
const running = Effect.fnUntraced(function*(
  desk: Desk,
  meanwhile: (kill: Effect.Effect<void>) => Effect.Effect<boolean>,
  taken: ReadonlyArray<unknown>,
  people: number
) {
  const kills = [yield* desk.start, yield* desk.start]
  return yield* Effect.gen(function*() {
    if (!(yield* meanwhile(kills[0]!))) return false
    kills.push(yield* desk.start)
    return (yield* until(desk, taken, people)) && (yield* emptied(desk))
  }).pipe(Effect.ensuring(Effect.suspend(() => Effect.forEach(kills, (kill) => kill, { discard: true }))))
})

/** What went wrong with whom, a few of them. */
const wrong = (recipients: ReadonlyArray<string>, taken: ReadonlyArray<{ readonly to: string }>) => {
  const counts = new Map(recipients.map((to) => [to, 0]))
  for (const { to } of taken) counts.set(to, (counts.get(to) ?? 0) + 1)
  return [...counts].filter(([, count]) => count !== 1)
}

/**
 * The scenarios, with so many people.
 *
 * @category scenarios
 * @since 0.1.0
 */
export const of = (people: number): ReadonlyArray<Scenario> => {
  const recipients = Array.from({ length: people }, (_, index) => `62811${String(1_000_000 + index)}`)
  return [
    {
      complaint: 19,
      title: "a second process takes up a broadcast that is being sent, and everybody gets it twice",
      play: Effect.fnUntraced(function*(make) {
        const { provider, taken } = makeProvider({ perSecond: Number.POSITIVE_INFINITY, busy: new Set() })
        const desk = yield* make(provider)
        yield* desk.queue(recipients)
        const goesOn = yield* running(desk, () => Effect.succeed(true), taken, people)
        yield* holds(goesOn, "it does not stand still", taken.length)
        const others = wrong(recipients, taken)
        yield* holds(others.length === 0, "each gets it exactly once", others.slice(0, 5))
      })
    },
    {
      complaint: 19,
      title: "a broadcast that was refused for its speed, or killed half way, stops there",
      play: Effect.fnUntraced(function*(make) {
        const busy = new Set(recipients.filter((_, index) => index % 100 === 0))
        const { provider, refused, taken } = makeProvider({ perSecond: Math.ceil(people / 10), busy })
        const desk = yield* make(provider)
        yield* desk.queue(recipients)
        const goesOn = yield* running(
          desk,
          Effect.fnUntraced(function*(kill) {
            const isHalfWay = yield* until(desk, taken, Math.floor(people / 2))
            yield* kill
            return isHalfWay
          }),
          taken,
          people
        )
        yield* holds(goesOn, "it does not stand still", taken.length)
        const others = wrong(recipients, taken)
        yield* holds(others.length === 0, "each gets it exactly once", others.slice(0, 5))
        yield* holds(refused() <= people, "and it does not run against the provider's limit all the time", refused())
      })
    }
  ]
}

/**
 * With three thousand people, as users say.
 *
 * @category scenarios
 * @since 0.1.0
 */
export const all: ReadonlyArray<Scenario> = of(3_000)

/**
 * What is written first: the broadcast has a state, every run of the schedule picks up each one that is not completed,
 * and goes through its people; the first refusal ends the run as failed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const naive: MakeDesk = (provider) =>
  Effect.sync(() => {
    let people: ReadonlyArray<string> = []
    let state: "running" | "completed" | "failed" = "running"
    let runs = 0
    const run = Effect.gen(function*() {
      const number = ++runs
      for (let from = 0; from < people.length; from += 100) {
        const answers = yield* Effect.forEach(
          people.slice(from, from + 100),
          (to) => provider.send(to, `${to}/${number}`),
          { concurrency: "unbounded" }
        )
        if (answers.some(({ _tag }) => _tag === "Refused")) {
          state = "failed"
          return
        }
      }
      state = "completed"
    })
    const schedule = Effect.gen(function*() {
      while (true) {
        if (state === "running") yield* run
        yield* Effect.sleep("100 millis")
      }
    })
    return {
      queue: (recipients) =>
        Effect.sync(() => {
          people = recipients
        }),
      start: Effect.map(Effect.forkDetach(schedule), (fiber) => Fiber.interrupt(fiber)),
      waiting: Effect.sync(() => state === "completed" ? 0 : people.length)
    }
  })
