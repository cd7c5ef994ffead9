import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Scope } from "effect"
import type { Layer } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { MessagingLimits } from "@wicara/channels-whatsapp-cloud/MessagingLimits"
import * as EmulatorFaults from "@wicara/testing/EmulatorFaults"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  connectSender,
  hear,
  refusalsOf,
  say,
  sendDue,
  sending,
  statusesIn,
  takenFrom,
  writeTo
} from "./fixtures/sending.ts"
import type { Sender, World } from "./fixtures/sending.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000
const text = { type: "text", text: "Baik, kami cek dulu." } as const

const setFaults = ({ core }: World, faults: EmulatorFaults.FaultsInput) =>
  core.control.faults.set(EmulatorFaults.faults({ statuses: false, ...faults }))

describe.each(TestDatabase.all)("A portfolio's messages on $name", (database) => {
  const test = <A, E>(
    body: (world: World) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof sending>> | Scope.Scope>
  ) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = yield* virtual()
      const client = yield* world.run(HttpClient.HttpClient)
      return yield* body(world).pipe(Effect.provide(sending(database.layer, client)))
    }).pipe(Effect.scoped)

  const reached = (sender: Sender) =>
    MessagingLimits.use((limits) => limits.status(sender.id)).pipe(Effect.map((one) => one.reached), sender.within)

  it.effect("wait when the day's people are reached, through whichever number, and go when there is room; none is lost", () =>
    test((world) =>
      Effect.gen(function*() {
        const portfolio = { portfolioId: "900", dailyRecipients: 2 }
        const one = yield* connectSender(world, "700100", portfolio)
        const two = yield* connectSender(world, "700200", portfolio, one.organizationId)
        const first = yield* writeTo(one, "62811")
        yield* sendDue
        const second = yield* writeTo(two, "62812")
        yield* sendDue
        yield* TestClock.adjust("1 hour")
        const third = yield* writeTo(one, "62813")
        const fourth = yield* writeTo(two, "62814")
        yield* sendDue
        assert.deepStrictEqual(takenFrom(world, "700100", "700200"), ["62811", "62812"])
        assert.deepStrictEqual([yield* statusesIn(one, third), yield* statusesIn(two, fourth)], [["queued"], [
          "queued"
        ]])
        for (let hour = 2; hour < 24; hour++) {
          yield* TestClock.adjust("1 hour")
          yield* sendDue
        }
        assert.lengthOf(takenFrom(world, "700100", "700200"), 2)
        yield* TestClock.adjust("1 hour")
        yield* sendDue
        assert.sameMembers(takenFrom(world, "700100", "700200"), ["62811", "62812", "62813", "62814"])
        for (const [sender, conversation] of [[one, first], [two, second], [one, third], [two, fourth]] as const) {
          assert.deepStrictEqual(yield* statusesIn(sender, conversation), ["accepted"])
        }
        // The platform never had to say no.
        assert.deepStrictEqual(refusalsOf(world), [])
      })
    ))

  it.effect("fail after a day with the time at which there would have been room", () =>
    test((world) =>
      Effect.gen(function*() {
        const sender = yield* connectSender(world, "700100", { portfolioId: "900", dailyRecipients: 1 })
        yield* writeTo(sender, "62811")
        yield* sendDue
        const late = yield* writeTo(sender, "62812")
        for (let hour = 0; hour < 23; hour++) {
          yield* TestClock.adjust("1 hour")
          yield* sendDue
        }
        // Somebody else is written to again just before their day is over: there is no room for another day.
        yield* writeTo(sender, "62811")
        yield* sendDue
        for (let quarter = 0; quarter < 5; quarter++) {
          yield* TestClock.adjust("15 minutes")
          yield* sendDue
        }
        assert.deepStrictEqual(yield* statusesIn(sender, late), ["messaging_limit"])
        assert.deepStrictEqual(takenFrom(world, "700100"), ["62811", "62811"])
      })
    ))

  it.effect("answer whoever wrote though the limit is reached, also behind a message that waits for it", () =>
    test((world) =>
      Effect.gen(function*() {
        const sender = yield* connectSender(world, "700100", { portfolioId: "900", dailyRecipients: 1 })
        yield* writeTo(sender, "62811")
        yield* sendDue
        const waiting = yield* writeTo(sender, "62812")
        yield* sendDue
        assert.deepStrictEqual(takenFrom(world, "700100"), ["62811"])
        for (const phone of ["62812", "62813"]) {
          yield* world.core.control.customerWrites({ account: "700100", from: { phone }, content: "halo" })
        }
        yield* hear(world, [sender])
        yield* sendDue
        yield* say(sender, waiting, text)
        yield* sendDue
        assert.deepStrictEqual(takenFrom(world, "700100"), ["62811", "62812", "62812"])
        assert.deepStrictEqual(yield* statusesIn(sender, waiting), ["accepted", "accepted"])
        assert.deepStrictEqual(refusalsOf(world), [])
      })
    ))

  it.effect("take no place when the platform refuses them, at once or later, or refuses the account", () =>
    test((world) =>
      Effect.gen(function*() {
        const sender = yield* connectSender(world, "700100", {
          portfolioId: "900",
          dailyRecipients: 1,
          unreachable: ["62819"]
        })
        setFaults(world, { errorCode: "131026", error: { probability: 1 } })
        const refused = yield* writeTo(sender, "62811")
        yield* sendDue
        assert.deepStrictEqual([yield* statusesIn(sender, refused), yield* reached(sender)], [["131026"], 0])
        setFaults(world, { statuses: true })
        const lost = yield* writeTo(sender, "62819")
        yield* sendDue
        assert.strictEqual(yield* reached(sender), 1)
        yield* TestClock.adjust("1 minute")
        yield* hear(world, [sender])
        assert.deepStrictEqual([yield* statusesIn(sender, lost), yield* reached(sender)], [["131026"], 0])
        setFaults(world, { errorCode: "190", error: { probability: 1 } })
        const waiting = yield* writeTo(sender, "62812")
        yield* sendDue
        assert.deepStrictEqual([yield* statusesIn(sender, waiting), yield* reached(sender)], [["queued"], 0])
        setFaults(world, {})
        yield* TestClock.adjust("5 minutes")
        yield* sendDue
        assert.deepStrictEqual([yield* statusesIn(sender, waiting), yield* reached(sender)], [["accepted"], 1])
        assert.deepStrictEqual(refusalsOf(world), ["refused:131026", "refused:190"])
      })
    ))

  it.effect("give back what the refused message took, and no more: an earlier one still counts", () =>
    test((world) =>
      Effect.gen(function*() {
        const sender = yield* connectSender(world, "700100", { portfolioId: "900", dailyRecipients: 2 })
        yield* writeTo(sender, "62811")
        yield* sendDue
        yield* TestClock.adjust("20 hours")
        setFaults(world, { errorCode: "131026", error: { probability: 1 } })
        yield* writeTo(sender, "62811")
        yield* sendDue
        assert.strictEqual(yield* reached(sender), 1)
        yield* TestClock.adjust("4 hours")
        // It counts since the message that was taken.
        assert.strictEqual(yield* reached(sender), 0)
      })
    ))

  it.effect("count for their own organization alone; what another one sent shows when the platform refuses", () =>
    test((world) =>
      Effect.gen(function*() {
        const portfolio = { portfolioId: "900", dailyRecipients: 1 }
        const mine = yield* connectSender(world, "700100", portfolio)
        const theirs = yield* connectSender(world, "700200", portfolio)
        yield* writeTo(mine, "62811")
        yield* sendDue
        const other = yield* writeTo(theirs, "62812")
        yield* sendDue
        assert.deepStrictEqual([takenFrom(world, "700100"), takenFrom(world, "700200")], [["62811"], []])
        assert.deepStrictEqual(refusalsOf(world), ["refused:131048"])
        assert.deepStrictEqual([yield* statusesIn(theirs, other), yield* reached(theirs)], [["queued"], 0])
      })
    ))
})
