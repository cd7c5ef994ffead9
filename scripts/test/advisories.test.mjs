// The check asks a registry that the test is, so that what it does with an answer was seen.
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { root } from "../toolchain.mjs"

/** Runs the check against a registry that gives this answer; says what the registry was asked for. */
const check = (status, answer, { args = [], seen = {} } = {}) =>
  new Promise((resolve) => {
    const folder = mkdtempSync(join(tmpdir(), "advisories-"))
    writeFileSync(join(folder, "seen.json"), JSON.stringify(seen))
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
      const child = spawn(process.execPath, [join(root, "scripts/advisories.mjs"), ...args], {
        cwd: root,
        env: {
          ...process.env,
          npm_config_registry: address,
          PNPM_CONFIG_REGISTRY: address,
          WICARA_ADVISORIES: join(folder, "seen.json")
        }
      })
      let output = ""
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text))
      child.on("close", (code) => {
        registry.close()
        rmSync(folder, { recursive: true })
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

const daysAgo = (days) => ({
  "https://example.com/advisories/1": {
    seen: new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10),
    note: "It is not reachable"
  }
})

describe("advisories", () => {
  it(
    "that nobody has seen yet fail the check, and what is low is listed; it asks for what the server runs with",
    async () => {
      const grave = await check(200, advisory("high"))
      assert.notStrictEqual(grave.code, 0, grave.output)
      assert.match(grave.output, /FAIL mysql2: high: It tells too much/)
      assert.includeMembers(grave.asked, ["mysql2", "effect"])
      assert.notInclude(grave.asked, "vitest")
      const light = await check(200, advisory("low"))
      assert.strictEqual(light.code, 0, light.output)
      assert.match(light.output, /note mysql2: low/)
    },
    120_000
  )

  it("that a registry has none of pass, and one that gives none is said so", async () => {
    const none = await check(200, {})
    assert.deepStrictEqual([none.code, /ok {3}every advisory of 0/.test(none.output)], [0, true], none.output)
    const silent = await check(404, {})
    assert.deepStrictEqual(
      [silent.code, /skip the registry gives no advisories/.test(silent.output)],
      [0, true],
      silent.output
    )
  }, 120_000)

  it("that were seen fail when the days of SECURITY.md are over, by how grave they are", async () => {
    const cases = [["critical", 5, 9], ["high", 28, 32], ["moderate", 88, 92]]
    for (const [severity, within, beyond] of cases) {
      const early = await check(200, advisory(severity), { seen: daysAgo(within) })
      assert.deepStrictEqual([early.code, /note mysql2/.test(early.output)], [0, true], early.output)
      const late = await check(200, advisory(severity), { seen: daysAgo(beyond) })
      assert.notStrictEqual(late.code, 0, late.output)
      assert.match(late.output, /FAIL mysql2: .* days ago, \d+ are allowed/)
    }
  }, 120_000)

  it("have to be given for a release", async () => {
    const silent = await check(404, {}, { args: ["--require"] })
    assert.notStrictEqual(silent.code, 0, silent.output)
    assert.match(silent.output, /Ask a registry that gives advisories/)
  }, 120_000)
})
