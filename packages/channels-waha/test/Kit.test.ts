import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ChannelKit from "@wicara/testing/testkit/channel/ChannelKit"
import { remote, subject } from "./kit.ts"

describe("WAHA", () => {
  ChannelKit.suite(it, subject)

  it.live(
    "sends no message twice through any sequence of faults, by its provider's ledger",
    () => ChannelKit.sequences(subject, { sequences: ChannelKit.faultSequences, seed: "2026" }),
    300_000
  )

  it.live("keeps every law through sockets too", () =>
    Effect.gen(function*() {
      const report = yield* ChannelKit.run(remote)
      assert.isTrue(report.conforms, ChannelKit.describe(report))
    }), 300_000)
})
