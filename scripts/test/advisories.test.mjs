// The check asks a registry that the test is, so that what it does with an answer was seen.
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { root } from "../toolchain.mjs"

/** Runs the check against a registry that gives this answer; says what the registry was asked for. */
const check = (status, answer) =>
  new Promise((resolve) => {
    const asked = []
    const registry = createServer((request, response) => {
      const parts = []
      request.on("data", (part) => parts.push(part))
      request.on("end", () => {
        asked.push(...Object.keys(JSON.parse(Buffer.concat(parts).toString() || "{}")))
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer))
      })
    })
    registry.listen(0, "127.0.0.1", () => {
      const address = `http://127.0.0.1:${registry.address().port}/`
      const child = spawn(process.execPath, [join(root, "scripts/advisories.mjs")], {
        cwd: root,
        env: { ...process.env, npm_config_registry: address, PNPM_CONFIG_REGISTRY: address }
      })
      let output = ""
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text))
      child.on("close", (code) => {
        registry.close()
        resolve({ code, output, asked })
      })
    })
  })

const advisory = (severity) => ({
  mysql2: [{
    id: 1,
    url: "https://example.com/advisories/1",
    title: "It tells too much",
    severity,
    vulnerable_versions: "*",
    cwe: [],
    cvss: { score: 0, vectorString: null }
  }]
})

describe("advisories", () => {
  it("that are grave fail the check, and others are listed; it asks for what the server runs with", async () => {
    const grave = await check(200, advisory("high"))
    assert.notStrictEqual(grave.code, 0, grave.output)
    assert.match(grave.output, /FAIL mysql2: high: It tells too much/)
    assert.includeMembers(grave.asked, ["mysql2", "effect"])
    assert.notInclude(grave.asked, "vitest")
    const light = await check(200, advisory("low"))
    assert.strictEqual(light.code, 0, light.output)
    assert.match(light.output, /note mysql2: low/)
  }, 120_000)

  it("that a registry has none of pass, and one that gives none is said so", async () => {
    const none = await check(200, {})
    assert.deepStrictEqual([none.code, /ok {3}no grave advisory/.test(none.output)], [0, true], none.output)
    const silent = await check(404, {})
    assert.deepStrictEqual(
      [silent.code, /skip the registry gives no advisories/.test(silent.output)],
      [0, true],
      silent.output
    )
  }, 120_000)
})
