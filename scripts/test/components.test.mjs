// The check asks a registry that the test is, through npm.
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { components, problemOf } from "../components.mjs"
import { resolveToolchain, root } from "../toolchain.mjs"

const day = 86_400_000
const now = Date.parse("2026-06-01T00:00:00Z")

const all = components(resolveToolchain())
const versionOf = (name) => all.find((one) => one.name === name).version

/** What a registry says of releases that came out so many days ago. */
const releases = (ages, deprecated) => ({
  versions: Object.keys(ages),
  time: Object.fromEntries(Object.entries(ages).map(([version, age]) => [version, new Date(now - age * day).toJSON()])),
  ...(deprecated === undefined ? {} : { deprecated })
})
const judge = (version, found, seen = {}) => problemOf({ name: "thing", version }, found, seen, now)

/** Runs the check against a registry that has these packuments, or against none. */
const check = (packuments, { args = [], seen = {} } = {}) =>
  new Promise((resolve) => {
    const folder = mkdtempSync(join(tmpdir(), "components-"))
    writeFileSync(join(folder, "seen.json"), JSON.stringify(seen))
    const asked = []
    const registry = createServer((request, response) => {
      const name = decodeURIComponent(request.url.slice(1))
      asked.push(`${request.method} ${name}`)
      const packument = request.method === "GET" ? packuments[name] : undefined
      response.writeHead(packument === undefined ? 404 : 200, { "content-type": "application/json" })
      response.end(JSON.stringify(packument ?? { error: "not found" }))
    })
    registry.listen(0, "127.0.0.1", () => {
      const address = `http://127.0.0.1:${registry.address().port}/`
      const child = spawn(process.execPath, [join(root, "scripts/advisories.mjs"), ...args], {
        cwd: root,
        env: {
          ...process.env,
          npm_config_registry: address,
          PNPM_CONFIG_REGISTRY: address,
          npm_config_cache: join(folder, "cache"),
          npm_config_update_notifier: "false",
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

/** As a registry has it; `ages` are the days since each release. */
const packument = (name, ages, deprecated) => ({
  name,
  "dist-tags": { latest: Object.keys(ages).at(-1) },
  time: Object.fromEntries(
    Object.entries(ages).map(([version, age]) => [version, new Date(Date.now() - age * day).toJSON()])
  ),
  versions: Object.fromEntries(
    Object.keys(ages).map((version) => [version, {
      name,
      version,
      dist: { tarball: "http://127.0.0.1/none.tgz", shasum: "0".repeat(40) },
      ...(deprecated === undefined ? {} : { deprecated })
    }])
  )
})

const next = (version) => version.replace(/\d+$/, (patch) => String(Number(patch) + 1))

describe("a component of the server", () => {
  it("is what runs, in the version of the lock file, and no types and no tools", () => {
    const names = all.map(({ name }) => name)
    assert.includeMembers(names, ["mysql2", "effect", "undici", "@effect/sql-mysql2"])
    for (const name of ["vitest", "typescript", "@types/node", "@wicara/core"]) assert.notInclude(names, name)
    for (const { version } of all) assert.match(version, /^\d+\.\d+\.\d+/)
  })

  it("is late when a patch of its line has been out for more than 30 days, counted from the first that it lacks", () => {
    assert.isUndefined(judge("1.2.3", releases({ "1.2.3": 900 })))
    assert.isUndefined(judge("1.2.3", releases({ "1.2.2": 900, "1.2.3": 800, "1.2.4": 30 })))
    assert.match(judge("1.2.3", releases({ "1.2.3": 800, "1.2.4": 31 })), /^1\.2\.4 has been out for 31 days, 30 are/)
    // A newer one does not begin the time anew.
    assert.match(judge("1.2.3", releases({ "1.2.3": 800, "1.2.4": 31, "1.2.5": 1 })), /^1\.2\.4 /)
  })

  it("has 180 days for a new minor version, and needs no other major one, nor a beta", () => {
    assert.isUndefined(judge("1.2.3", releases({ "1.2.3": 800, "1.3.0": 180 })))
    assert.match(judge("1.2.3", releases({ "1.2.3": 800, "1.3.0": 181 })), /^1\.3\.0 has been out for 181 days, 180/)
    assert.isUndefined(judge("1.2.3", releases({ "1.2.3": 800, "2.0.0": 700, "1.2.4-beta.1": 700 })))
    // Before 1.0 the middle number is the major one.
    assert.isUndefined(judge("0.2.3", releases({ "0.2.3": 800, "0.3.0": 700 })))
    assert.match(judge("0.2.3", releases({ "0.2.3": 800, "0.2.4": 31 })), /^0\.2\.4 /)
  })

  it("that is a beta is late behind later ones and behind the release", () => {
    const from = "4.0.0-rc.111"
    assert.isUndefined(judge(from, releases({ "4.0.0-beta.300": 90, "4.0.0-rc.20": 90, "4.0.0-rc.112": 30 })))
    assert.match(judge(from, releases({ "4.0.0-rc.112": 31 })), /^4\.0\.0-rc\.112 /)
    assert.match(judge(from, releases({ "4.0.0": 31 })), /^4\.0\.0 has/)
  })

  it("that is deprecated is told of until somebody wrote it down, and again when its days are over", () => {
    const found = releases({ "1.2.3": 800 }, "use another")
    const seen = (days) => ({ "thing@1.2.3": { seen: new Date(now - days * day).toJSON().slice(0, 10), note: "why" } })
    assert.strictEqual(judge("1.2.3", found), "is deprecated: use another")
    assert.isUndefined(judge("1.2.3", found, seen(179)))
    assert.match(judge("1.2.3", found, seen(181)), /181 days ago, 180 are allowed/)
  })

  it("is judged by what npm's registry says, which is asked by name", async () => {
    const [mysql2, ws] = [versionOf("mysql2"), versionOf("ws")]
    const only = { args: ["--only=mysql2,ws"] }
    const current = await check(
      { mysql2: packument("mysql2", { [mysql2]: 90 }), ws: packument("ws", { [ws]: 90 }) },
      only
    )
    assert.strictEqual(current.code, 0, current.output)
    assert.match(current.output, /ok {3}2 components/)
    assert.includeMembers(current.asked, ["GET mysql2", "GET ws"])
    const late = await check({
      mysql2: packument("mysql2", { [mysql2]: 90, [next(mysql2)]: 40 }),
      ws: packument("ws", { [ws]: 90 }, "nobody looks after it")
    }, only)
    assert.notStrictEqual(late.code, 0, late.output)
    assert.include(late.output, `FAIL mysql2 ${mysql2}: ${next(mysql2)} has been out for 40 days, 30 are allowed`)
    assert.include(late.output, `FAIL ws ${ws}: is deprecated: nobody looks after it`)
  }, 120_000)

  it("of which the registry says nothing is said so, and a silent registry is asked once", async () => {
    const only = { args: ["--only=mysql2,undici,ws"] }
    const silent = await check({}, only)
    assert.deepStrictEqual([silent.code, /skip the registry says nothing of the components/.test(silent.output)], [
      0,
      true
    ], silent.output)
    assert.lengthOf(silent.asked.filter((one) => one.startsWith("GET")), 1)
    const mysql2 = versionOf("mysql2")
    const some = await check({ mysql2: packument("mysql2", { [mysql2]: 90 }) }, only)
    assert.strictEqual(some.code, 0, some.output)
    assert.include(some.output, `skip the registry says nothing of ws ${versionOf("ws")}`)
    assert.match(some.output, /ok {3}1 components/)
  }, 120_000)
})
