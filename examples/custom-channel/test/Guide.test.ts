import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

/** A file without empty lines: where a guide cuts it, they are lost. */
const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "")

const guide = Array.from(
  read("../../../docs/writing-an-adapter.md").matchAll(/```ts\n([\s\S]*?)\n```/g),
  ([, code]) => code ?? ""
)

describe("docs/writing-an-adapter.md", () => {
  it("is the adapter of this example, whole and in its order, then its provider, then a part of its test", () => {
    const adapter = lines(read("../src/PostboxChannel.ts"))
    const provider = lines(read("./provider.ts"))
    const code = guide.flatMap(lines)
    assert.deepStrictEqual(code.slice(0, adapter.length), adapter)
    assert.deepStrictEqual(code.slice(adapter.length, adapter.length + provider.length), provider)
    const test = new Set(lines(read("./PostboxChannel.test.ts")))
    const rest = code.slice(adapter.length + provider.length)
    assert.isAbove(rest.length, 8)
    assert.deepStrictEqual(rest.filter((line) => !test.has(line)), ["import { describe, it } from \"@effect/vitest\""])
  })
})
