import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Scope } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { HttpClient } from "effect/http"
import * as Emulator from "@wicara/testing/Emulator"
import * as EmulatorFaults from "@wicara/testing/EmulatorFaults"
import * as WebhookDelivery from "@wicara/testing/WebhookDelivery"

const encode = (text: string) => new TextEncoder().encode(text)

const receiver = (answer: (body: string, times: number) => number) =>
  Effect.gen(function*() {
    const received: Array<string> = []
    const listening = yield* Emulator.serve(
      HttpRouter.add(
        "POST",
        "/hook",
        Effect.gen(function*() {
          const body = yield* (yield* HttpServerRequest.HttpServerRequest).text
          received.push(body)
          return HttpServerResponse.empty({ status: answer(body, received.filter((one) => one === body).length) })
        }).pipe(Effect.orDie)
      )
    )
    return { received, ...listening }
  })

const setup = (faults: EmulatorFaults.FaultsInput, answer: (body: string, times: number) => number = () => 200) =>
  Effect.gen(function*() {
    const hook = yield* receiver(answer)
    const state = EmulatorFaults.makeFaultState(EmulatorFaults.random("seed"), faults)
    const ledger = Emulator.makeLedger()
    const deliveries = yield* WebhookDelivery.make({
      faults: state,
      ledger,
      concurrency: 4,
      retryAfter: (attempt) => attempt > 8 ? undefined : 5
    })
    const send = (text: string, lane = "lane") =>
      deliveries.enqueue({
        id: text,
        account: "a",
        lane,
        url: `${hook.url}/hook`,
        body: encode(text),
        headers: (attempt) => Effect.succeed({ "content-type": "application/json", "x-attempt": String(attempt) })
      })
    return { hook, ledger, deliveries, send, state }
  })

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | HttpClient.HttpClient>) =>
  effect.pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))

const texts = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`)

describe("WebhookDelivery", () => {
  it.live("delivers one lane in order when nothing is wrong", () =>
    run(Effect.gen(function*() {
      const { deliveries, hook, send } = yield* setup({})
      yield* Effect.forEach(texts(100), (text) => send(text))
      yield* deliveries.idle
      assert.deepStrictEqual(hook.received, texts(100))
    })))

  it.live("repeats an attempt that was refused until it is acknowledged", () =>
    run(Effect.gen(function*() {
      const { deliveries, hook, ledger, send } = yield* setup({}, (_, times) => times < 4 ? 503 : 204)
      yield* send("once")
      yield* deliveries.idle
      assert.strictEqual(hook.received.length, 4)
      assert.deepStrictEqual(ledger.all().map(({ outcome }) => outcome), [
        "failed:503",
        "failed:503",
        "failed:503",
        "delivered"
      ])
    })))

  it.live("gives up after the last attempt and says so", () =>
    run(Effect.gen(function*() {
      const { deliveries, ledger, send } = yield* setup({}, () => 500)
      yield* send("never")
      yield* deliveries.idle
      assert.strictEqual(deliveries.stats().attempts, 8)
      assert.strictEqual(ledger.all().at(-1)?.outcome, "abandoned")
    })))

  it.live("retries what was dropped on the way, and never what was lost", () =>
    run(Effect.gen(function*() {
      const { deliveries, hook, send } = yield* setup({ drop: { probability: 0.4 }, lose: { next: 3 } })
      yield* Effect.forEach(texts(60), (text) => send(text))
      yield* deliveries.idle
      const stats = deliveries.stats()
      assert.deepStrictEqual([...hook.received].sort(), texts(60).slice(3).sort())
      assert.strictEqual(stats.lost, 3)
      assert.isAbove(stats.dropped, 10)
      assert.strictEqual(stats.attempts, stats.delivered + stats.dropped)
    })))

  it.live("makes duplicates and reorders only when told to", () =>
    run(Effect.gen(function*() {
      const { deliveries, hook, send, state } = yield* setup({
        duplicate: { probability: 0.5 },
        duplicateTimes: 2,
        reorder: { probability: 0.5 },
        reorderHold: { min: 5, max: 40 }
      })
      yield* Effect.forEach(texts(40), (text) => send(text))
      yield* deliveries.idle
      const stats = deliveries.stats()
      assert.isAbove(stats.duplicates, 10)
      assert.strictEqual(hook.received.length, 40 + stats.duplicates)
      assert.strictEqual(new Set(hook.received).size, 40)
      assert.notDeepEqual([...new Set(hook.received)], texts(40))
      state.set(EmulatorFaults.faults({}))
      const before = hook.received.length
      yield* send("plain")
      yield* deliveries.idle
      assert.strictEqual(hook.received.length, before + 1)
    })))

  it.live("makes the same faults to the same messages for the same seed", () =>
    Effect.sync(() => {
      const hits = (seed: string) => {
        const state = EmulatorFaults.makeFaultState(EmulatorFaults.random(seed), { drop: { probability: 0.3 } })
        return texts(500).filter((text) => state.hit("drop", text))
      }
      assert.deepStrictEqual(hits("one"), hits("one"))
      assert.notDeepEqual(hits("one"), hits("two"))
      assert.isTrue(Math.abs(hits("one").length - 150) < 40)
    }))

  it.live("keeps trying while the receiver is away, and delivers once it is back", () =>
    run(Effect.gen(function*() {
      const { deliveries, hook, send } = yield* setup({})
      yield* hook.kill
      yield* send("patient")
      yield* Effect.sleep(12)
      yield* hook.revive
      yield* deliveries.idle
      assert.deepStrictEqual(hook.received, ["patient"])
    })))
})
