import { Array as Arr, Cause, Context, Effect, Exit } from "effect"
import { isOutage } from "@wicara/core/Sql"

interface Waiting<A, B, E> {
  readonly item: A
  readonly resume: (effect: Effect.Effect<B, E>) => void
}

/**
 * Makes one call of many: those that come while one is under way are made together in the next, as databases commit in
 * groups. Who comes alone is not kept waiting. When a call of many fails, each is made alone, so that one that can't be
 * made takes no other with it; not when the database is away.
 *
 * `run` answers for each item at its place, in the context of whoever came first. It goes on when who asked is
 * interrupted.
 */
export const coalesce = Effect.fnUntraced(function*<A, B, E, R>(
  run: (items: Arr.NonEmptyReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E, R>,
  most: number
) {
  const context = yield* Effect.context<R>()
  let waiting: Array<Waiting<A, B, E>> = []
  let isBusy = false

  const settle = (batch: Arr.NonEmptyReadonlyArray<Waiting<A, B, E>>): Effect.Effect<void, never, R> =>
    Effect.flatMap(Effect.exit(run(Arr.map(batch, ({ item }) => item))), (exit) => {
      if (Exit.isSuccess(exit)) {
        batch.forEach(({ resume }, index) => resume(Effect.succeed(exit.value[index]!)))
        return Effect.void
      }
      if (batch.length === 1 || Cause.hasInterruptsOnly(exit.cause) || isOutage(exit.cause)) {
        for (const { resume } of batch) resume(Effect.failCause(exit.cause))
        return Effect.void
      }
      return Effect.forEach(batch, (one) => settle([one]), { discard: true })
    })

  const work = Effect.gen(function*() {
    // What comes in the same turn of the event loop joins.
    yield* Effect.yieldNow
    while (waiting.length > 0) {
      const batch = waiting.slice(0, most)
      waiting = waiting.slice(most)
      if (Arr.isReadonlyArrayNonEmpty(batch)) yield* settle(batch)
    }
    isBusy = false
  })

  return (item: A): Effect.Effect<B, E> =>
    Effect.contextWith((caller: Context.Context<never>) =>
      Effect.callback((resume) => {
        waiting.push({ item, resume })
        if (isBusy) return
        isBusy = true
        Effect.runForkWith(Context.merge(context, caller))(work)
      })
    )
})
