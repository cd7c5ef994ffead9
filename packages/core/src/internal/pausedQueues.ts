/** Which queues are paused, as a process that takes jobs of them knows it: at most a second late. */
import { Effect, Latch } from "effect"
import type { SqlClient } from "effect/sql"

interface Gate {
  readonly running: Latch.Latch
  readonly paused: Latch.Latch
}

export const make = Effect.fnUntraced(function*(sql: SqlClient.SqlClient) {
  const scope = yield* Effect.scope
  const gates = new Map<string, Gate>()
  let paused: ReadonlySet<string> | undefined
  let isWatching = false

  const set = (name: string, gate: Gate) => {
    // Before the first look nothing is known, and nothing is taken.
    if (paused === undefined) return
    const isPaused = paused.has(name)
    if (isPaused) {
      gate.running.closeUnsafe()
      gate.paused.openUnsafe()
    } else {
      gate.paused.closeUnsafe()
      gate.running.openUnsafe()
    }
  }

  const look = Effect.map(sql<{ readonly name: string }>`SELECT name FROM core_job_queues`, (rows) => {
    paused = new Set(rows.map(({ name }) => name))
    for (const [name, gate] of gates) set(name, gate)
  }).pipe(
    Effect.catchCause((cause) => Effect.logWarning("Paused queues could not be looked up; trying again", cause))
  )

  const gateOf = Effect.fnUntraced(function*(name: string) {
    let gate = gates.get(name)
    if (gate === undefined) {
      gate = { running: Latch.makeUnsafe(false), paused: Latch.makeUnsafe(false) }
      gates.set(name, gate)
      set(name, gate)
    }
    // A process that takes no jobs asks for nothing.
    if (!isWatching) {
      isWatching = true
      yield* look.pipe(Effect.andThen(Effect.sleep("1 second")), Effect.forever, Effect.forkIn(scope))
    }
    return gate
  })

  /**
   * Takes while the queue is not paused. A take that still waits when the queue is paused is called off and begun again
   * afterwards; one that has run `claimed` goes on to its end.
   */
  return <A, E, R>(name: string, take: (claimed: Effect.Effect<void>) => Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const gate = yield* gateOf(name)
      while (true) {
        yield* gate.running.await
        let isClaimed = false
        const taken = Effect.asSome(take(Effect.sync(() => {
          isClaimed = true
        })))
        const calledOff = Effect.flatMap(gate.paused.await, () => isClaimed ? Effect.never : Effect.succeedNone)
        const outcome = yield* Effect.raceFirst(taken, calledOff)
        if (outcome._tag === "Some") return outcome.value
      }
    })
})
