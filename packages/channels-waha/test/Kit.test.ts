import { describe, it } from "@effect/vitest"
import * as ChannelKit from "@wicara/testing/testkit/channel/ChannelKit"
import { subject } from "./kit.ts"

describe("WAHA", () => {
  ChannelKit.suite(it, subject)

  it.live(
    "sends no message twice through any sequence of faults, by its provider's ledger",
    () => ChannelKit.sequences(subject, { sequences: ChannelKit.faultSequences, seed: "2026" }),
    300_000
  )
})
