import { assert, it } from "@effect/vitest"
import * as HostileText from "@wicara/testing/HostileText"
import * as Chunking from "../src/Chunking.ts"
import { tokenize } from "../src/internal/tokenize.ts"
import * as Language from "../src/Language.ts"

/** What these readers look for. */
const units = ["](", "[a](", "# ", "#x", "```\n", "- ", "a\n=\n"]

const read = (text: string) => {
  Chunking.chunk(text)
  tokenize(text)
  Language.detect(text)
}

it.each([...HostileText.units, ...units])("a text of nothing but %j is read in time", (unit) => {
  assert.isBelow(HostileText.slowest(unit, read), HostileText.limit)
})
