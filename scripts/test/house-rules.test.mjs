import { assert, describe, it } from "vitest"
import { check, checkAll } from "../house-rules.mjs"

const found = (text, path = "packages/core/src/Example.ts") =>
  check(path, text).map(({ line, rule }) => `${line} ${rule}`)

describe("the house rules", () => {
  it("are broken by the clock, randomness, JSON.parse and casts in code", () => {
    assert.deepStrictEqual(
      found("const a = Date.now()\nconst b = Math.random()\nconst c = JSON.parse(d) as any\nconst e = new Date(f)"),
      ["1 clock", "2 random", "3 json", "3 cast", "4 clock"]
    )
  })

  it("are not broken by what comments and strings say", () => {
    assert.deepStrictEqual(
      found("// no Date.now() here\n/* nor\n Math.random */ const a = \"JSON.parse\" + 'console.log'"),
      []
    )
    assert.deepStrictEqual(found("const a = `console.log ${b} Date.now()`"), [])
  })

  it("see the code inside template literals and after regular expressions", () => {
    assert.deepStrictEqual(
      found("const a = `${Date.now()} {`\nconst b = a.replace(/[\"'`]/g, \"\")\nconst c = Math.random()"),
      [
        "1 clock",
        "3 random"
      ]
    )
  })

  it("are broken by statements that MySQL or sharded databases lack, also over several lines", () => {
    assert.deepStrictEqual(
      found("sql`SELECT * FROM a`\nsql`\n  DELETE FROM a\n  RETURNING id`\nsql`SELECT id FROM a LIMIT 1 OFFSET 5`"),
      ["1 select-all", "4 returning", "5 offset"]
    )
  })

  it("are broken by code made of text, markup made of text, other programs, weak cryptography and unchecked certificates", () => {
    assert.deepStrictEqual(
      found(
        "eval(a)\nnew Function(a)\nb.innerHTML = a\nimport { exec } from \"node:child_process\"\ncreateHash(\"md5\")\nconnect({ rejectUnauthorized: false })"
      ),
      ["1 evaluate", "2 evaluate", "3 markup", "4 shell", "5 weak-crypto", "6 certificates"]
    )
  })

  it("hold in every file of packages and apps", () => {
    assert.deepStrictEqual(checkAll().map(({ line, path, rule }) => `${path}:${line} ${rule}`), [])
  })

  it("allow await as the name of a property but not as a keyword", () => {
    assert.deepStrictEqual(
      found("latch.await.pipe(x)\nDeferred.await(x)\nconst y = await z\nconst f = async () => 1"),
      [
        "3 async",
        "4 async"
      ]
    )
  })

  it("forbid a driver outside of apps and the testing package", () => {
    const text = "import { MysqlClient } from \"@effect/sql-mysql2\""
    assert.deepStrictEqual(found(text), ["1 driver"])
    assert.deepStrictEqual(found(text, "packages/testing/src/TestDatabase.ts"), [])
  })

  it("can be broken where the line gives a reason", () => {
    assert.deepStrictEqual(found("// house-rules: clock the browser has no other\nconst a = Date.now()"), [])
    assert.deepStrictEqual(found("// house-rules: random no reason for this one\nconst a = Date.now()"), ["2 clock"])
  })
})
