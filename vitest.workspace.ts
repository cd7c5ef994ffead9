import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

const folders = ["packages/*/test", "apps/*/test", "examples/*/test", "bench/test"]
const shared = {
  // More than there are processors: a good part of the tests waits for a database, a server or a timer.
  maxWorkers: availableParallelism() + 1,
  // A busy machine may starve a test of its time: under CI it gets a second chance.
  retry: process.env["CI"] === undefined ? 0 : 1,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  pool: "threads" as const
}

/** Browser tests skip themselves when it is empty; `npm test` says so, and fails instead under CI. */
const chromium =
  [process.env["CHROMIUM_PATH"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .find((path) => path !== undefined && existsSync(path)) ?? ""

/** Long tests that start whole servers or a browser: two files at a time, and no other kind of test beside them. */
const heavy = (name: string, groupOrder: number, testTimeout: number) => ({
  test: {
    ...shared,
    name,
    include: folders.map((folder) => `${folder}/**/*.${name}.test.ts`),
    exclude: ["**/node_modules/**"],
    maxWorkers: 2,
    testTimeout,
    hookTimeout: 120_000,
    pool: "forks" as const,
    env: { CHROMIUM_PATH: chromium },
    sequence: { groupOrder }
  }
})

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: [...folders.map((folder) => `${folder}/**/*.test.ts`), "scripts/test/*.test.mjs"],
          exclude: ["**/node_modules/**", "**/*.browser.test.ts", "**/*.crash.test.ts"],
          // Modules are loaded once for all files of a thread, which is half of the work: no file changes a module's state.
          isolate: false,
          sequence: { groupOrder: 0 }
        }
      },
      heavy("browser", 1, 120_000),
      heavy("crash", 2, 20 * 60_000)
    ]
  }
})
