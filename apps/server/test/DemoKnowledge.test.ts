import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"

const folder = new URL("../src/demo/knowledge/", import.meta.url)
const articles = (language: string) =>
  new Map(
    readdirSync(new URL(`${language}/`, folder)).toSorted().map((name) =>
      [name, readFileSync(new URL(`${language}/${name}`, folder), "utf8")] as const
    )
  )

/** Every number in a text, without the separators that differ by language. */
const numbers = (text: string) =>
  (text.match(/\d[\d.,:]*\d|\d/g) ?? []).map((one) => one.replaceAll(/[.,:]/g, "")).sort()

describe("the demo's knowledge base", () => {
  const english = articles("en")
  const indonesian = articles("id")

  it("has the same articles in both languages, each with its front matter", () => {
    assert.deepStrictEqual([...english.keys()], [...indonesian.keys()])
    assert.isAtLeast(english.size, 25)
    for (const [language, all] of [["en", english], ["id", indonesian]] as const) {
      for (const [name, text] of all) {
        assert.match(
          text,
          new RegExp(`^---\\ntitle: .+\\nlanguage: ${language}\\ncategory: \\w+\\ntags: \\[.+\\]\\n---\\n\\n`),
          name
        )
      }
    }
  })

  it("says the same prices, days and hours in both languages", () => {
    for (const [name, text] of english) {
      assert.deepStrictEqual(numbers(indonesian.get(name) ?? ""), numbers(text), name)
    }
  })
})
