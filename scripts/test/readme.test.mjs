import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { root } from "../toolchain.mjs"

const read = (path) => readFileSync(join(root, path), "utf8")
const readme = read("README.md")

const packages = readdirSync(join(root, "packages"))

/** What code says, however it is wrapped, and without what a copy of it in a test needs otherwise. */
const essence = (code) => code.replaceAll(/^import [^]*? from ".*"$/gm, "").replaceAll(/\bexport |\s|\/\/.*$/gm, "")

const testsOf = (name) =>
  [`packages/${name}/test`, "apps/server/test"].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder)).filter((file) => file.endsWith(".test.ts")).map((file) =>
        read(`${folder}/${file}`)
      )
      : []
  )

describe("the README of a package", () => {
  it.each(packages)("%s fits on a page and has an example that a test runs", (name) => {
    const text = read(`packages/${name}/README.md`)
    assert.isBelow(text.split("\n").length, 41)
    const [, example = ""] = /```ts\n([^]*?)```\n/.exec(text) ?? []
    assert.isNotEmpty(essence(example))
    const ran = testsOf(name).some((test) =>
      test.includes("README.md") && test.includes("/```ts") || essence(test).includes(essence(example))
    )
    assert.isTrue(ran, "no test reads the example from the README, or has the same code")
  })
})

describe("the README", () => {
  it("shows the example of @wicara/knowledge, which that package's tests run", () => {
    const [example] = /```ts\n[^]*?```\n/.exec(read("packages/knowledge/README.md")) ?? []
    assert.isString(example)
    assert.include(readme, example)
  })

  it("names every package, and links to nothing that is not there", () => {
    for (const name of packages) assert.include(readme, `](packages/${name})`)
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
