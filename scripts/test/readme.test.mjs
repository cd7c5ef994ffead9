import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { root } from "../toolchain.mjs"

const read = (path) => readFileSync(join(root, path), "utf8")
const readme = read("README.md")

describe("the README", () => {
  it("shows the example of @wicara/knowledge, which that package's tests run", () => {
    const [example] = /```ts\n[^]*?```\n/.exec(read("packages/knowledge/README.md")) ?? []
    assert.isString(example)
    assert.include(readme, example)
  })

  it("names every package, and links to nothing that is not there", () => {
    for (const name of readdirSync(join(root, "packages"))) assert.include(readme, `](packages/${name})`)
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path)
    assert.deepStrictEqual(links.filter((path) => !existsSync(join(root, path))), [])
  })

  it("names only scripts that package.json has", () => {
    const { scripts } = JSON.parse(read("package.json"))
    const named = [...readme.matchAll(/npm (?:run )?(start|test|[a-z:]+)(?= |`|\n)/g)].map(([, name]) => name)
    assert.isNotEmpty(named)
    assert.deepStrictEqual(named.filter((name) => !(name in scripts)), [])
  })
})
