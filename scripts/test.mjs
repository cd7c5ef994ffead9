// `npm test`: every test, on SQLite and on a MySQL server. Further arguments go to vitest (`npm test -- packages/core`).
// `--embedded` tests on SQLite alone; `--project=<unit|browser|crash>` runs one kind of test.
import { existsSync, mkdirSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { ensureBuilt, serverBundle } from "./apps.mjs"
import { findMysql } from "./mysql.mjs"
import { ensureInstalled, exclusively, main, Refusal, resolveToolchain, root, run, say } from "./toolchain.mjs"

const args = process.argv.slice(2)
const embedded = args.includes("--embedded")
const vitestArgs = args.filter((arg) => arg !== "--embedded")
const projects = vitestArgs.filter((arg) => arg.startsWith("--project=")).map((arg) => arg.slice("--project=".length))
const needsBrowser = projects.length === 0 || projects.includes("browser")
const needsApps = projects.length === 0 || projects.some((project) => project !== "unit")

/** The places where vitest.workspace.ts looks. */
const hasChromium = () =>
  [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .some((path) => path !== undefined && existsSync(path))

main(async () => {
  if (needsBrowser && !hasChromium()) {
    const words = "there is no Chromium: install one (\"apt-get install chromium\") or name one with CHROMIUM_PATH"
    if (process.env.CI) throw new Refusal(`The browser tests can't run: ${words}.`)
    say(`The browser tests are skipped: ${words}.`)
  }
  const toolchain = resolveToolchain()
  await exclusively(async () => {
    await ensureInstalled(toolchain)
    // Browser and crash tests run the server as it is delivered.
    if (needsApps) await ensureBuilt(toolchain)
  })
  const mysql = embedded ? undefined : await findMysql()
  say(`Databases: SQLite${mysql === undefined ? " alone" : ` and ${mysql.description}`}.`)

  const results = process.env.WICARA_TEST_RESULTS
  if (results !== undefined) mkdirSync(dirname(resolve(root, results)), { recursive: true })
  try {
    return await run(toolchain, "vitest", [
      "run",
      "--config",
      "vitest.workspace.ts",
      ...(results === undefined ? [] : ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`]),
      ...vitestArgs
    ], {
      env: {
        ...(needsApps ? { WICARA_TEST_SERVER: serverBundle } : {}),
        ...(mysql === undefined
          ? { WICARA_TEST_DATABASE: "sqlite" }
          : { WICARA_TEST_DATABASE: process.env.WICARA_TEST_DATABASE ?? "all", TEST_MYSQL_URL: mysql.url })
      }
    })
  } finally {
    await mysql?.stop()
  }
})
