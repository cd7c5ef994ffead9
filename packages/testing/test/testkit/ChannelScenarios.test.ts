import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ChannelPipeline from "@wicara/testing/testkit/channel/ChannelPipeline"
import * as ChannelScenarios from "@wicara/testing/testkit/channel/ChannelScenarios"

/** What the naive pipeline does wrong in each scenario, in their order: it fails for that, and not by accident. */
const reasons = [
  "the answer goes to the address that the message came from",
  "the message is in the inbox",
  "it is one conversation",
  "it is there once",
  "the provider has it once",
  "it is there, once",
  "it is found in the provider's history",
  "it is shown as stalled",
  "what failed afterwards is shown as failed",
  "its health is what a round trip shows",
  "they are in the order in which they were written",
  "in the order in which they were said",
  "it stays read",
  "what the bot still had to say is not sent",
  "both are there",
  "it is the message that was sent",
  "it is refused when it is written",
  "it failed, with the code",
  "it is refused when it is written",
  "what they refused is refused when it is written",
  "at the account's rate of two a second, with a second's worth at once",
  "it waits"
]

describe("a naive pipeline", () => {
  it.effect.each(
    ChannelScenarios.all.map((one, index) => [`${one.complaint}: ${one.title}`, one, reasons[index]] as const)
  )("does not stand complaint %s", ([, scenario, reason]) =>
    Effect.gen(function*() {
      const broken = yield* Effect.flip(ChannelScenarios.play(scenario, ChannelPipeline.naive))
      assert.strictEqual(broken.because, reason)
    }))
})
