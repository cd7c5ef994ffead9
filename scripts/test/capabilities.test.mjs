import { assert, describe, it } from "vitest"
import { problemsOf } from "../capabilities.mjs"

const file = "scripts/test/capabilities.test.mjs"
const title = "a row that is not done needs nothing"
const row = { status: "done", package: "core", module: "Id", test: { file, title } }

describe("a row of the capabilities", () => {
  it("a row that is not done needs nothing", () => {
    assert.deepStrictEqual(problemsOf({ status: "not yet", package: "nowhere", module: "Nothing" }), [])
  })

  it("is done with a module and a test that exist", () => {
    assert.deepStrictEqual(problemsOf(row), [])
  })

  it("may name several tests, each of which must be there and pass", () => {
    const second = "is done with a module and a test that exist"
    const both = { ...row, test: [{ file, title }, { file, title: second }] }
    assert.deepStrictEqual(problemsOf(both), [])
    assert.deepStrictEqual(problemsOf({ ...row, test: [] }), ["it names no test"])
    const absent = ["no such", "title"].join(" ")
    assert.deepStrictEqual(problemsOf({ ...row, test: [{ file, title }, { file, title: absent }] }), [
      `${file} has no test "${absent}"`
    ])
    const ran = new Map([[`${file} › ${title}`, ["passed"]], [`${file} › ${second}`, ["failed"]]])
    assert.deepStrictEqual(problemsOf(both, ran), [`the test "${second}" of ${file} ended failed`])
  })

  it("is not done without a test, or with one that is not there", () => {
    assert.deepStrictEqual(problemsOf({ ...row, test: undefined }), ["it names no test"])
    assert.deepStrictEqual(problemsOf({ ...row, test: { file: "packages/core/test/No.test.ts", title } }), [
      "there is no packages/core/test/No.test.ts"
    ])
    const absent = ["no such", "title"].join(" ")
    assert.deepStrictEqual(problemsOf({ ...row, test: { file, title: absent } }), [`${file} has no test "${absent}"`])
  })

  it("is not done without its module, or with a status that is misspelt", () => {
    assert.deepStrictEqual(problemsOf({ ...row, module: "Nothing" }), ["there is no packages/core/src/Nothing.ts"])
    assert.deepStrictEqual(problemsOf({ ...row, status: "Done" }), [
      "its status is \"Done\": expected \"done\" or \"not yet\""
    ])
  })

  it("is not done when its test failed, was skipped or did not run", () => {
    const ran = (...outcome) => new Map([[`${file} › ${title}`, outcome]])
    assert.deepStrictEqual(problemsOf(row, ran("passed", "passed")), [])
    assert.deepStrictEqual(problemsOf(row, ran("passed", "failed")), [
      `the test "${title}" of ${file} ended passed and failed`
    ])
    assert.deepStrictEqual(problemsOf(row, ran("pending")), [`the test "${title}" of ${file} ended pending`])
    assert.deepStrictEqual(problemsOf(row, new Map()), [`the test "${title}" of ${file} did not run`])
  })
})
