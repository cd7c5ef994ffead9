import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { WidgetRetention } from "../src/WidgetRetention.ts"
import { WidgetStore } from "../src/WidgetStore.ts"
import type { TrimCursor } from "../src/WidgetStore.ts"
import { site, visitor } from "./harness.ts"

const cursor: TrimCursor = { organizationId: site.organizationId, ...visitor(1) }

it.effect("walks over all visitors every six hours, and goes on after a round that failed", () => {
  const calls: Array<{ readonly before: number; readonly after: TrimCursor | null }> = []
  const store = Layer.mock(WidgetStore, {
    forgetSignOuts: () => Effect.void,
    trim: ({ after, before }) =>
      Effect.suspend(() => {
        calls.push({ before, after })
        if (calls.length === 3) return Effect.die(new Error("the database is away"))
        return Effect.succeed({ next: after === null ? cursor : null, messages: 2, visitors: 1 })
      })
  })
  return Effect.gen(function*() {
    const retention = yield* WidgetRetention
    yield* TestClock.adjust("6 hours")
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(calls.map((call) => call.after), [null, cursor])
    assert.strictEqual(calls[0]!.before, (6 - 90 * 24) * 3_600_000)
    yield* TestClock.adjust("6 hours")
    yield* TestClock.adjust("6 hours")
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(calls.map((call) => call.after), [null, cursor, null, null, cursor])
    const round = yield* Effect.forkChild(retention.run)
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(yield* Fiber.join(round), { messages: 4, visitors: 2 })
  }).pipe(Effect.provide(WidgetRetention.layer.pipe(Layer.provide(store))))
})
