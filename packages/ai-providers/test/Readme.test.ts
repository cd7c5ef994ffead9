import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
// The example of the README.
import { Extractive, GroundedAnswer, Groundedness } from "@wicara/ai-providers"

const persona = { name: "Lina", languages: ["en", "id"] } as const
const settings = { persona, language: null, history: [], threshold: Extractive.defaultThreshold, clarify: false }

const ask = Effect.fn(function*(question: string, sources: ReadonlyArray<GroundedAnswer.Source>) {
  const { answer } = yield* GroundedAnswer.generate({ ...settings, messages: [question], sources })
  return { answer, check: Groundedness.verify(answer, sources, [question]) }
})

const offline = ask("Is the router included?", []).pipe(Effect.provide(Extractive.layer))

describe("the README's example", () => {
  it.effect("answers from a source, and declines without one", () =>
    Effect.gen(function*() {
      const { answer, check } = yield* ask("Is the router included?", [{
        source: 1,
        kind: "knowledge",
        itemId: "router",
        chunkId: "router-1",
        version: 3,
        hash: "",
        title: "Router",
        text: "Every plan includes a router on loan.",
        questions: ["Do I get a router?"],
        language: "en",
        score: 1
      }])
      assert.strictEqual(answer.verdict, "answer")
      assert.strictEqual(answer.text, "Every plan includes a router on loan.")
      assert.isTrue(check.grounded)
      assert.strictEqual((yield* offline).answer.verdict, "off_topic")
    }).pipe(Effect.provide(Extractive.layer)))
})
