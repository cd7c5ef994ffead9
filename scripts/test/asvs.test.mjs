import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { incomplete, problemsOf } from "../asvs.mjs"
import { root } from "../toolchain.mjs"

const file = "scripts/test/asvs.test.mjs"
const title = "is met with a test, or with a place in the documentation"
const row = { id: "1.2.4", level: 1, requirement: "Something", status: "met", test: { file, title } }

describe("a requirement", () => {
  it("is met with a test, or with a place in the documentation", () => {
    assert.deepStrictEqual(problemsOf(row), [])
    assert.deepStrictEqual(problemsOf({ ...row, test: undefined, document: "docs/security.md#input" }), [])
    assert.deepStrictEqual(problemsOf({ ...row, test: undefined }), ["it names neither a test nor a document"])
    assert.deepStrictEqual(problemsOf({ ...row, document: "docs/security.md#nowhere" }), [
      "docs/security.md has no heading #nowhere"
    ])
    assert.deepStrictEqual(problemsOf({ ...row, document: "docs/none.md" }), ["there is no docs/none.md"])
    assert.deepStrictEqual(problemsOf({ ...row, where: ["packages/none"] }), ["there is no packages/none"])
  })

  it("is not met when its test did not pass, in any of its cases", () => {
    const key = `${file} › ${title}`
    assert.deepStrictEqual(problemsOf(row, new Map([[key, ["passed"]]])), [])
    assert.deepStrictEqual(problemsOf(row, new Map()), [`the test "${title}" of ${file} did not run`])
    const cases = { ...row, test: { file, title: "of many cases: $name" } }
    const ran = (second) =>
      new Map([[`${file} › of many cases: one`, ["passed"]], [`${file} › of many cases: two`, [second]]])
    assert.deepStrictEqual(problemsOf(cases, ran("passed")), [])
    assert.deepStrictEqual(problemsOf(cases, ran("failed")), [
      `the test "of many cases: $name" of ${file} ended passed and failed`
    ])
  })

  it("says why it does not apply, or what is missing", () => {
    assert.deepStrictEqual(problemsOf({ ...row, status: "not yet" }), ["it does not say why"])
    assert.deepStrictEqual(problemsOf({ ...row, status: "not applicable", note: "there is none" }), [])
    assert.deepStrictEqual(problemsOf({ ...row, status: "done" }), [
      "its status is \"done\": expected one of met, not applicable, not yet"
    ])
  })

  it("can't be left out", () => {
    const all = JSON.parse(readFileSync(join(root, "docs", "asvs.json"), "utf8"))
    assert.deepStrictEqual(incomplete(all), [])
    assert.deepStrictEqual(incomplete(all.slice(1)), [
      "chapter 1 (Encoding and sanitization) has 26 rows: the standard has 27 requirements"
    ])
  })
})
