import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as ChannelKit from "@wicara/testing/testkit/channel/ChannelKit"
import { subject } from "./provider.ts"

describe("Postbox", () => {
  ChannelKit.suite(it, subject)

  it.effect(
    "sends no message twice through any sequence of faults",
    () => ChannelKit.sequences(subject, { sequences: ChannelKit.faultSequences, seed: "2026" }),
    300_000
  )

  it.effect("conforms, by a report from plain code", () =>
    Effect.gen(function*() {
      const report = yield* ChannelKit.run(subject)
      assert.isTrue(report.conforms, ChannelKit.describe(report))
    }))

  it("is an example of about 150 lines", () => {
    const source = readFileSync(new URL("../src/PostboxChannel.ts", import.meta.url), "utf8")
    const code = source.split("\n").filter((line) => !/^\s*(\/[/*]|$)/.test(line))
    assert.isBelow(code.length, 165)
  })
})
