import { assert, describe, it } from "@effect/vitest"
import { readFileSync, rmSync, writeFileSync } from "node:fs"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const file = new URL("./.readme-example.mts", import.meta.url)

describe("The README", () => {
  it("has an example that runs", async () => {
    const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
    writeFileSync(file, code ?? "")
    const { keywords } = await import(file.href).finally(() => rmSync(file))
    assert.deepStrictEqual(keywords("id", "Bagaimana cara pembayarannya?"), ["bayar"])
    assert.deepStrictEqual(keywords("en", "How do I pay my bills?"), ["pai", "bill"])
  })
})
