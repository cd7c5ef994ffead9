import { assert, describe, layer } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WebhookReceiver } from "@wicara/testing/WebhookReceiver"
import { WebhookSender } from "@wicara/webhooks/WebhookSender"
import { Context, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as support from "./support.ts"
import { connect, deliveriesOf, happens, layerSender, stored, wordsAt } from "./support.ts"

/** A process of its own that delivers. */
const newWorker = Effect.gen(function*() {
  const runner = yield* Id.next(RunnerId)
  const built = yield* Layer.build(Layer.fresh(layerSender({}, "15 seconds"))).pipe(
    Effect.provideService(CurrentRunner, runner)
  )
  return { runner, sender: Context.get(built, WebhookSender) }
})

const until = (holds: () => boolean) =>
  Effect.repeat(Effect.sleep("5 millis"), { until: holds }).pipe(Effect.timeout("20 seconds"), Effect.orDie)

describe.each(TestDatabase.all)("workers on $name", (database) => {
  layer(support.layer(database.layer), { excludeTestServices: true })((it) => {
    it.effect("share the endpoints, and none posts anything twice or out of order", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const one = yield* newWorker
        const two = yield* newWorker
        const hooks = yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => connect())
        const keys = ["a", "b", "c", "d"]
        for (const hook of hooks) receiver.plan(hook.path, () => ({ after: 5 }))
        for (const word of ["1", "2", "3", "4", "5"]) {
          for (const key of keys) {
            yield* Effect.forEach(hooks, (hook) => happens(hook, key, `${key}${word}`))
          }
        }
        const first = yield* Effect.forkChild(one.sender.run)
        const second = yield* Effect.forkChild(two.sender.run)
        yield* stored
        yield* until(() => hooks.every((hook) => receiver.at(hook.path).length >= 20))
        yield* Effect.sleep("300 millis")
        yield* Fiber.interrupt(first)
        yield* Fiber.interrupt(second)
        for (const hook of hooks) {
          const words = yield* wordsAt(hook)
          assert.lengthOf(words, 20)
          for (const key of keys) {
            const ofKey = words.filter((word) => word.startsWith(key))
            assert.deepStrictEqual(ofKey, ["1", "2", "3", "4", "5"].map((word) => `${key}${word}`))
          }
        }
      }).pipe(Effect.scoped), 60_000)

    it.effect(
      "take over from one that fell silent, with the same id, and it changes nothing any more",
      () =>
        Effect.gen(function*() {
          const receiver = yield* WebhookReceiver
          const slow = yield* newWorker
          const other = yield* newWorker
          const hook = yield* connect()
          receiver.plan(hook.path, (_, n) => n === 1 ? { after: 600, status: 500 } : {})
          yield* happens(hook, "a", "one", "two")
          yield* stored
          const working = yield* Effect.forkChild(slow.sender.runOnce)
          yield* until(() => receiver.at(hook.path).length === 1)
          yield* other.sender.releaseLeases(slow.runner)
          yield* other.sender.drain
          yield* Fiber.join(working)
          yield* other.sender.drain
          assert.deepStrictEqual(yield* wordsAt(hook), ["one", "one", "two"])
          const [first, second] = receiver.at(hook.path)
          assert.strictEqual(first?.headers["webhook-id"], second?.headers["webhook-id"])
          assert.deepStrictEqual((yield* deliveriesOf(hook)).map(({ attempts, state }) => [state, attempts]), [
            ["delivered", 1],
            ["delivered", 1]
          ])
        }).pipe(Effect.scoped),
      30_000
    )

    it.effect("give back what they have when they are stopped, and another one goes on at once", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const stopped = yield* newWorker
        const other = yield* newWorker
        const hook = yield* connect()
        receiver.plan(hook.path, (_, n) => n === 1 ? { fault: "silent" } : {})
        yield* happens(hook, "a", "one")
        yield* stored
        const working = yield* Effect.forkChild(stopped.sender.run)
        yield* until(() => receiver.at(hook.path).length === 1)
        yield* Fiber.interrupt(working)
        yield* other.sender.drain
        assert.deepStrictEqual((yield* deliveriesOf(hook)).map(({ state }) => state), ["delivered"])
      }).pipe(Effect.scoped))

    it.effect("post to an endpoint that answers while others hang", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const worker = yield* newWorker
        const hanging = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], () => connect())
        for (const hook of hanging) receiver.plan(hook.path, () => ({ fault: "silent" }))
        const well = yield* connect()
        for (const hook of hanging) {
          yield* Effect.forEach(["a", "b", "c", "d", "e", "f", "g", "h", "i"], (key) => happens(hook, key, "one"))
        }
        yield* stored
        const working = yield* Effect.forkChild(worker.sender.run)
        yield* until(() => hanging.every((hook) => receiver.at(hook.path).length > 0))
        yield* happens(well, "a", "one", "two", "three")
        yield* until(() => receiver.at(well.path).length === 3)
        // Each has answered nothing yet, or was tried eight at a time at most.
        for (const hook of hanging) assert.isAtMost(receiver.at(hook.path).length, 9)
        yield* Fiber.interrupt(working)
      }).pipe(Effect.scoped), 30_000)

    it.effect("store one delivery for each event and endpoint, however often the log is read", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const hook = yield* connect()
        yield* happens(hook, "a", "one", "two")
        yield* stored
        const before = yield* deliveriesOf(hook)
        yield* sql`UPDATE core_event_cursors SET position = 0, lease_id = NULL, lease_until = 0
          WHERE consumer = 'webhooks.deliveries'`
        yield* happens(hook, "a", "three")
        yield* Effect.sleep("1500 millis")
        yield* stored
        const after = yield* deliveriesOf(hook)
        assert.deepStrictEqual(after.slice(0, 2), before)
        assert.lengthOf(after, 3)
      }))
  })
})
