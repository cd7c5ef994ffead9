import { assert, it } from "@effect/vitest"
import * as Groundedness from "../src/Groundedness.ts"
import * as Intent from "../src/Intent.ts"
import * as Language from "../src/Language.ts"
import * as TextAnalysis from "../src/TextAnalysis.ts"

/** What a reader that begins again at every place would take the square of. */
const units = [
  "x",
  "9",
  "1,234",
  "!",
  "\u2026",
  "\u0e01",
  "\u4e2d",
  " ",
  "\n",
  "a-",
  "[",
  "a@",
  "1 to ",
  "talk to ",
  "hello ",
  "mr. "
]

/** Ten times and more what it takes on a slow machine; in the square of the length it would take minutes. Milliseconds. */
const limit = 3000

it.each(units)("a text of nothing but %j is read in time", (unit) => {
  const run = unit.repeat(60_000 / unit.length)
  for (const text of [run, `Hello ${run}.`, `${run}a1`]) {
    const started = performance.now()
    TextAnalysis.terms(text, "en")
    TextAnalysis.sentences(text)
    TextAnalysis.questionKinds(text)
    TextAnalysis.tells("duration", text)
    TextAnalysis.tells("time", text)
    TextAnalysis.tells("amount", text)
    Intent.isHumanRequest(text)
    Intent.smallTalkOf(text)
    Intent.isFollowUp(text)
    Language.detect(text)
    const source = {
      source: 1,
      kind: "knowledge",
      itemId: "",
      chunkId: "",
      version: 1,
      hash: "",
      title: "Prices",
      text,
      questions: [],
      language: null,
      score: 1
    } as const
    const answer = { text, citations: [{ source: 1, quote: text }], confidence: 1, reason: "" }
    Groundedness.verify({ verdict: "answer", ...answer }, [source], [text])
    assert.isBelow(performance.now() - started, limit)
  }
})
