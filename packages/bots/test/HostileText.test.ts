import { assert, it } from "@effect/vitest"
import * as HostileText from "@wicara/testing/HostileText"
import { plainText } from "../src/internal/plainText.ts"

/** What these readers look for. */
const units = ["<", "<a@", "![", "[a](", "[a](b \"", "**a ", "__a ", "*a ", "~~", "`", "# #", "#x", "| ", "> "]

const read = (text: string) => {
  plainText(text)
}

it.each([...HostileText.units, ...units])("a text of nothing but %j is read in time", (unit) => {
  assert.isBelow(HostileText.slowest(unit, read), HostileText.limit)
})
