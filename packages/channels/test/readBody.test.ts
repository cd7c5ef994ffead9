import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { HttpServerRequest } from "effect/http"
import { IncomingMessage } from "node:http"
import { Socket } from "node:net"
import { vi } from "vitest"

const arriving = Effect.gen(function*() {
  const { readBody } = yield* Effect.promise(() => import("../src/internal/readBody.ts"))
  const source = new IncomingMessage(new Socket())
  const request = Object.assign(HttpServerRequest.fromWeb(new Request("http://localhost/")), { source })
  const reading = yield* Effect.forkChild(readBody(request, 1000), { startImmediately: true })
  return { source, reading }
})

describe("readBody", () => {
  it.live("gives up what does not come within a minute, and nothing else", () =>
    Effect.gen(function*() {
      yield* Effect.acquireRelease(
        Effect.sync(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] })),
        () => Effect.sync(() => vi.useRealTimers())
      )
      // Loaded anew: what another file reads is watched by the real timer.
      vi.resetModules()
      const slow = yield* arriving
      slow.source.push("{")
      vi.advanceTimersByTime(50_000)
      const quick = yield* arriving
      quick.source.push("{}")
      vi.advanceTimersByTime(20_000)
      assert.isTrue(slow.source.destroyed)
      const given = yield* Fiber.await(slow.reading)
      assert.isTrue(Exit.isFailure(given) && Cause.hasInterrupts(given.cause))
      quick.source.push(null)
      assert.deepStrictEqual(yield* Fiber.join(quick.reading), Buffer.from("{}"))
      assert.strictEqual(vi.getTimerCount(), 1)
      vi.advanceTimersByTime(10_000)
      assert.strictEqual(vi.getTimerCount(), 0, "nobody watches when nothing is read")
    }).pipe(Effect.scoped))
})
