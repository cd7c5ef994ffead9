import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as HandoverScenarios from "@wicara/testing/testkit/complaints/HandoverScenarios"
import * as TemplateScenarios from "@wicara/testing/testkit/complaints/TemplateScenarios"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"

/** Scenarios with what the naive desk does wrong in each: it fails for that, and not by accident. */
const withReasons = <A extends { readonly complaint: number; readonly title: string }>(
  scenarios: ReadonlyArray<A>,
  reasons: ReadonlyArray<string>
) => {
  assert.strictEqual(reasons.length, scenarios.length)
  return scenarios.map((one, index) => [`${one.complaint}: ${one.title}`, one, reasons[index]] as const)
}

describe("a naive desk with a bot", () => {
  it.effect.each(withReasons(HandoverScenarios.all, [
    "the conversation waits for a person",
    "the bot says it once, and is silent while the customer waits",
    "the bot answers what is asked now",
    "the bot speaks again"
  ]))("does not stand complaint %s", ([, { play }, reason]) =>
    Effect.gen(function*() {
      const broken = yield* Effect.flip(play(yield* HandoverScenarios.naive))
      assert.strictEqual(broken.because, reason)
    }))
})

describe("a naive desk with templates", () => {
  it.layer(WhatsAppCloudEmulator.layer({ seed: "naive templates" }), { excludeTestServices: true })((it) => {
    it.effect.each(withReasons(TemplateScenarios.all, [
      "it is refused when it is written",
      "it is refused when it is written",
      "it is refused when it is written",
      "all of them are there",
      "it is shown as one that can't be used now",
      "a look at the provider's list finds it"
    ]))("does not stand complaint %s", ([, { play }, reason]) =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const broken = yield* Effect.flip(play(yield* TemplateScenarios.naive(emulator), emulator))
        assert.strictEqual(broken.because, reason)
      }).pipe(Effect.scoped))
  })
})
