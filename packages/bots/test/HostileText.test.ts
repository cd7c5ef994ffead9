import { assert, it } from "@effect/vitest"
import { plainText } from "../src/internal/plainText.ts"

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
  "<",
  "<a@",
  "![",
  "[a](",
  "[a](b \"",
  "**a ",
  "__a ",
  "*a ",
  "~~",
  "`",
  "# #",
  "#x",
  "| ",
  "> "
]

/** Ten times and more what it takes on a slow machine; in the square of the length it would take minutes. Milliseconds. */
const limit = 3000

it.each(units)("a text of nothing but %j is read in time", (unit) => {
  const run = unit.repeat(60_000 / unit.length)
  for (const text of [run, `Hello ${run}.`, `${run}a1`]) {
    const started = performance.now()
    plainText(text)
    assert.isBelow(performance.now() - started, limit)
  }
})
