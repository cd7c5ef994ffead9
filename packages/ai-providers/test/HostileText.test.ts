import { assert, it } from "@effect/vitest"
import * as HostileText from "@wicara/testing/HostileText"
import * as Groundedness from "../src/Groundedness.ts"
import * as Intent from "../src/Intent.ts"
import * as Language from "../src/Language.ts"
import * as TextAnalysis from "../src/TextAnalysis.ts"

/** What these readers look for. */
const units = ["a@", "1 to ", "talk to ", "hello ", "mr. "]

const read = (text: string) => {
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
}

it.each([...HostileText.units, ...units])("a text of nothing but %j is read in time", (unit) => {
  assert.isBelow(HostileText.slowest(unit, read), HostileText.limit)
})
