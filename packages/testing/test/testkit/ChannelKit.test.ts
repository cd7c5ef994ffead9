import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as BrokenChannels from "@wicara/testing/testkit/channel/BrokenChannels"
import * as ChannelKit from "@wicara/testing/testkit/channel/ChannelKit"
import * as Courier from "@wicara/testing/testkit/channel/Courier"
import * as MemoryChannel from "@wicara/testing/testkit/channel/MemoryChannel"

const idsOf = (report: ChannelKit.Report, result: ChannelKit.Finding["result"]) =>
  report.findings.filter((finding) => finding.result === result).map(({ law }) => law)

describe("a channel in memory", () => {
  ChannelKit.suite(it, MemoryChannel.subject())
})

describe("ChannelKit", () => {
  it.live.each(["message_id", "callback", "none"] as const)(
    "finds nothing broken in a channel that reconciles by %s",
    (reconcile) =>
      Effect.gen(function*() {
        const report = yield* ChannelKit.run(MemoryChannel.subject(MemoryChannel.make({ reconcile })))
        assert.isTrue(report.conforms, ChannelKit.describe(report))
        assert.deepStrictEqual(report.findings.map(({ law }) => law), ChannelKit.laws.map(({ id }) => id))
      })
  )

  it.live(
    "sends no message twice through any sequence of faults",
    () => ChannelKit.sequences(MemoryChannel.subject(), { sequences: ChannelKit.faultSequences, seed: "2026" }),
    300_000
  )

  it.live("shows that a courier which repeats what is unknown sends twice", () =>
    Effect.gen(function*() {
      const options = { sequences: 100, seed: "2026", courier: Courier.naive }
      const error = yield* Effect.flip(ChannelKit.sequences(MemoryChannel.subject(), options))
      assert.match(error.message, /twice/)
    }))

  it.live("reports what does not apply with its reason, and never as passed", () =>
    Effect.gen(function*() {
      const adapter = MemoryChannel.make({ reconcile: "none" })
      const report = yield* ChannelKit.run({
        ...MemoryChannel.subject(adapter),
        without: { handshake: "nobody asks" }
      })
      const exempt = report.findings.filter(({ result }) => result === "not applicable")
      assert.includeMembers(exempt.map(({ law }) => law), ["handshake", "reconcile.found", "status.callback"])
      assert.isTrue(exempt.every(({ why }) => why !== undefined && why !== ""))
      assert.include(ChannelKit.describe(report), "not applicable: handshake")
    }))

  it.live("refuses to leave out a law that is not there", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(ChannelKit.run({ ...MemoryChannel.subject(), without: { typo: "x" } }))
      assert.include(String(exit), "There is no law")
    }))

  it("has a broken channel for each of its laws", () => {
    assert.deepStrictEqual(
      BrokenChannels.all.map(({ law }) => law).sort(),
      ChannelKit.laws.map(({ id }) => id).sort()
    )
  })

  it.live.each(BrokenChannels.all.map((one) => [`${one.law} and no other law, when it ${one.mistake}`, one] as const))(
    "a channel breaks %s",
    ([, { adapter, law }]) =>
      Effect.gen(function*() {
        const report = yield* ChannelKit.run(MemoryChannel.subject(adapter))
        assert.deepStrictEqual(idsOf(report, "failed"), [law], ChannelKit.describe(report))
        assert.isFalse(report.conforms)
      })
  )
})
