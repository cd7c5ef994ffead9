// Everything that has to hold before a change is taken: the tests (unless `--no-tests`), then lint, format, types, the
// packages as they would be published, the API's description, the docs. Counts each test and each check, goes on after
// a failure, and ends with the counts. `npm run check -- lint types` runs only the checks that are named.
import { spawn } from "node:child_process"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join, relative } from "node:path"
import { ensureInstalled, environment, exclusively, main, Refusal, resolveToolchain, root } from "./toolchain.mjs"

const results = join(".wicara", "test-results.json")

const checks = [
  { name: "tests", command: ["node", "scripts/test.mjs"], env: { WICARA_TEST_RESULTS: results }, count: () => tests() },
  { name: "lint", command: ["oxlint"] },
  { name: "house-rules", command: ["node", "scripts/house-rules.mjs"] },
  { name: "format", command: ["dprint", "check"] },
  { name: "types", command: ["node", "node_modules/typescript-native/bin/tsc", "-p", "tsconfig.json"] },
  {
    name: "widget-types",
    command: ["pnpm", "--filter", "@wicara/widget", "typecheck"],
    needs: "apps/widget/package.json"
  },
  { name: "build", command: ["node", "scripts/build-packages.mjs"] },
  { name: "packages", command: ["node", "scripts/check-packages.mjs"] },
  { name: "consumer", command: ["node", "scripts/check-consumer.mjs"] },
  { name: "unused", command: ["knip"] },
  { name: "openapi", command: ["node", "scripts/openapi.mjs", "--check"], needs: "apps/server/src/main.ts" },
  {
    name: "configuration",
    command: ["node", "--disable-warning=ExperimentalWarning", "scripts/configuration.mjs", "--check"]
  },
  {
    name: "problems",
    command: ["node", "--disable-warning=ExperimentalWarning", "scripts/problems.mjs", "--check"]
  },
  { name: "capabilities", command: ["node", "scripts/capabilities.mjs", "--check", `--results=${results}`] },
  {
    name: "complaints",
    command: [
      "node",
      "--disable-warning=ExperimentalWarning",
      "scripts/complaints.mjs",
      "--check",
      `--results=${results}`
    ]
  },
  { name: "asvs", command: ["node", "scripts/asvs.mjs", "--check", `--results=${results}`] },
  { name: "advisories", command: ["node", "scripts/advisories.mjs"] },
  { name: "docs", command: ["typedoc", "--logLevel", "Warn"] }
]

const report = () => {
  const file = join(root, results)
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined
}

/** The tests that failed, each with the first lines of why; a long run would hide them far above its end. */
const failures = () =>
  (report()?.testResults ?? []).flatMap(({ assertionResults, message, name, status }) => {
    const failed = assertionResults.filter((test) => test.status === "failed")
    const file = relative(root, name)
    if (failed.length === 0) return status === "failed" ? [`${file}\n${message}`] : []
    return failed.map(({ failureMessages, fullName }) => `${file}: ${fullName}\n${failureMessages.join("\n")}`)
  }).map((text) => text.split("\n").slice(0, 6).join("\n       "))

const tests = () => {
  const { numFailedTests, numPassedTests, numPendingTests, numTodoTests = 0, testResults } = report() ?? {}
  if (testResults === undefined) return { passed: 0, failed: 1, skipped: 0 }
  // A file that could not even be loaded has no tests of its own to count.
  const broken =
    testResults.filter(({ assertionResults, status }) =>
      status === "failed" && assertionResults.every((test) => test.status !== "failed")
    ).length
  return {
    passed: numPassedTests,
    failed: numFailedTests + broken,
    skipped: numPendingTests + numTodoTests
  }
}

/** Runs a check with its output shown; `{ code, output }`. */
const execute = (toolchain, { command: [name, ...args], env = {} }) =>
  new Promise((resolve) => {
    const [program, ...before] = name === "node" ? [toolchain.node] : name === "pnpm" ? toolchain.pnpm : [name]
    const child = spawn(program, [...before, ...args], {
      cwd: root,
      env: environment(toolchain, env),
      stdio: ["ignore", "pipe", "inherit"],
      shell: process.platform === "win32" && name !== "node"
    })
    let output = ""
    child.stdout.on("data", (bytes) => {
      process.stdout.write(bytes)
      output = (output + bytes).slice(-4_000)
    })
    child.on("error", (error) => resolve({ code: 1, output: error.message }))
    child.on("close", (code) => resolve({ code: code ?? 1, output }))
  })

const count = (check, { code, output }) => {
  const own = check.count?.() ?? /(?:^|\n)(?<passed>\d+) passed, (?<failed>\d+) failed\s*$/.exec(output)?.groups
  const counts = own === undefined
    ? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
    : { passed: Number(own.passed), failed: Number(own.failed), skipped: Number(own.skipped ?? 0) }
  // A program that fails without having found a failure failed itself.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

main(async () => {
  const args = process.argv.slice(2)
  const named = args.filter((arg) => !arg.startsWith("-"))
  const unknown = named.filter((name) => checks.every((check) => check.name !== name))
  if (unknown.length > 0) {
    throw new Refusal(`There is no check "${unknown[0]}". There are: ${checks.map(({ name }) => name).join(", ")}.`)
  }
  const selected = checks.filter(({ name, needs }) =>
    (named.length === 0 ? name !== "tests" || !args.includes("--no-tests") : named.includes(name)) &&
    (needs === undefined || existsSync(join(root, needs)))
  )
  const toolchain = resolveToolchain()
  await exclusively(() => ensureInstalled(toolchain))
  rmSync(join(root, results), { force: true })

  const rows = []
  for (const check of selected) {
    console.log(`\n=== ${check.name}`)
    const started = Date.now()
    const counts = count(check, await execute(toolchain, check))
    rows.push({ name: check.name, seconds: (Date.now() - started) / 1000, ...counts })
  }

  console.log("\n=== summary")
  for (const failure of failures()) console.log(`FAIL   ${failure}`)
  for (const { failed, name, passed, seconds, skipped } of rows) {
    const verdict = failed === 0 ? "ok  " : "FAIL"
    console.log(
      `${verdict} ${name.padEnd(14)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${
        String(skipped).padStart(4)
      } skipped ${seconds.toFixed(1).padStart(8)} s`
    )
  }
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  const skipped = sum("skipped")
  console.log(
    `${sum("passed")} passed, ${sum("failed")} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`
  )
  return sum("failed") === 0 ? 0 : 1
})
