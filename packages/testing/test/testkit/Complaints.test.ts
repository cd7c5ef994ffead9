import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as AccountScenarios from "@wicara/testing/testkit/complaints/AccountScenarios"
import * as BroadcastScenarios from "@wicara/testing/testkit/complaints/BroadcastScenarios"
import * as HandoverScenarios from "@wicara/testing/testkit/complaints/HandoverScenarios"
import * as PacingScenarios from "@wicara/testing/testkit/complaints/PacingScenarios"
import * as TemplateScenarios from "@wicara/testing/testkit/complaints/TemplateScenarios"
import * as WebhookScenarios from "@wicara/testing/testkit/complaints/WebhookScenarios"
import { WebhookReceiver } from "@wicara/testing/WebhookReceiver"
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
    "the bot speaks again",
    "the bot falls silent"
  ]))("does not stand complaint %s", ([, { play }, reason]) =>
    Effect.gen(function*() {
      const broken = yield* Effect.flip(play(yield* HandoverScenarios.naive))
      assert.strictEqual(broken.because, reason)
    }))
})

describe("a naive look at accounts", () => {
  it.effect.each(withReasons(AccountScenarios.all, [
    "a few times, and no more",
    "people are told before they end",
    "people are told once"
  ]))("does not stand complaint %s", ([, scenario, reason]) =>
    Effect.gen(function*() {
      const broken = yield* Effect.flip(AccountScenarios.play(scenario, AccountScenarios.naive))
      assert.strictEqual(broken.because, reason)
    }))
})

describe("a naive desk with a paired number", () => {
  it.effect.each(withReasons(PacingScenarios.all, [
    "a few of them are written to",
    "it writes to no stranger"
  ]))("does not stand complaint %s", ([, { play }, reason]) =>
    Effect.gen(function*() {
      const broken = yield* Effect.flip(play(PacingScenarios.naive))
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

describe("a naive sender of webhooks", () => {
  it.layer(WebhookReceiver.layer, { excludeTestServices: true })((it) => {
    it.effect.each(withReasons(WebhookScenarios.all, [
      "it is posted until it is taken",
      "whether it was taken is not known, so it is posted again",
      "its id stays the same",
      "what follows waits for what was not taken",
      "an endpoint does not wait for another one",
      "what it posts is signed with the secret"
    ]))("does not stand complaint %s", ([, { play }, reason]) =>
      Effect.gen(function*() {
        const broken = yield* Effect.flip(play(yield* WebhookScenarios.naive, yield* WebhookReceiver))
        assert.strictEqual(broken.because, reason)
      }), 30_000)
  })
})

describe("a naive broadcast", () => {
  it.live.each(withReasons(BroadcastScenarios.of(1_000), ["each gets it exactly once", "it does not stand still"]))(
    "does not stand complaint %s",
    ([, { play }, reason]) =>
      Effect.gen(function*() {
        const broken = yield* Effect.flip(play(BroadcastScenarios.naive))
        assert.strictEqual(broken.because, reason)
      }),
    120_000
  )
})
