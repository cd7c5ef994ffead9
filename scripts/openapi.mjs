// docs/openapi.json is what `wicara openapi` prints. Without an argument this writes it; `--check` fails when the file
// and the code differ, or when a linter finds an error in it.
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureBuilt, serverBundle } from "./apps.mjs"
import { environment, exclusively, main, Refusal, resolveToolchain, root } from "./toolchain.mjs"

const file = join(root, "docs", "openapi.json")

const generate = async (toolchain) => {
  await exclusively(() => ensureBuilt(toolchain))
  if (!existsSync(serverBundle)) throw new Refusal("There is no server to ask for its API.")
  const data = mkdtempSync(join(tmpdir(), "wicara-openapi-"))
  const result = spawnSync(toolchain.node, ["--disable-warning=ExperimentalWarning", serverBundle, "openapi"], {
    cwd: root,
    env: environment(toolchain, { WICARA_DATA_DIR: data }),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024
  })
  rmSync(data, { recursive: true, force: true })
  if (result.status !== 0) throw new Refusal(`"wicara openapi" failed:\n${result.stderr}`)
  return `${result.stdout.trimEnd()}\n`
}

const linters = [
  ["redocly", ["lint", "--config", "docs/redocly.yaml", "--format", "stylish", file]],
  ["spectral", ["lint", "--ruleset", "docs/spectral.yaml", "--fail-severity", "warn", file]]
]

main(async () => {
  const toolchain = resolveToolchain()
  const generated = await generate(toolchain)
  if (!process.argv.includes("--check")) {
    writeFileSync(file, generated)
    console.log(`Wrote docs/openapi.json (${Object.keys(JSON.parse(generated).paths).length} paths).`)
    return 0
  }
  const counts = { passed: 0, failed: 0 }
  const report = (holds, words) => {
    counts[holds ? "passed" : "failed"]++
    console.log(`${holds ? "ok  " : "FAIL"} ${words}`)
  }
  report(
    existsSync(file) && readFileSync(file, "utf8") === generated,
    "docs/openapi.json is what the code says (if not: npm run openapi)"
  )
  for (const [command, args] of existsSync(file) ? linters : []) {
    const { status, stderr, stdout } = spawnSync(command, args, {
      cwd: root,
      env: environment(toolchain, { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" }),
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024
    })
    report(status === 0, `${command} finds no error in it`)
    if (status !== 0) console.log(`${stdout}${stderr}`)
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  return counts.failed === 0 ? 0 : 1
})
