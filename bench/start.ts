/**
 * Time to ready and memory of the bundled server on a new and on an existing embedded database, beside a bare
 * `node:http` server in the same run.
 *
 * `node bench/start.ts` (after `npm run build:apps`)
 */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"

const runs = 5
const main = new URL("../apps/server/dist/main.js", import.meta.url).pathname

if (!existsSync(main)) {
  process.stderr.write("bench/start: apps/server/dist/main.js is not built; run `npm start` once\n")
  process.exit(2)
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const residentMegabytes = (pid: number): number => {
  const status = `/proc/${pid}/status`
  if (!existsSync(status)) return Number.NaN
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1] ?? Number.NaN) / 1024
}

interface Measured {
  readonly millis: number
  readonly megabytes: number
}

const measure = async (args: ReadonlyArray<string>, env: Record<string, string>, path: string): Promise<Measured> => {
  const port = await freePort()
  const started = performance.now()
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...env, PORT: String(port), WICARA_PORT: String(port) },
    stdio: "ignore"
  })
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const ready = await fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.ok, () => false)
    if (ready) break
    await sleep(2)
  }
  const millis = performance.now() - started
  await sleep(500)
  const megabytes = residentMegabytes(child.pid ?? 0)
  child.kill("SIGTERM")
  await exited
  return { millis, megabytes }
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const repeat = async (name: string, once: () => Promise<Measured>) => {
  const all: Array<Measured> = []
  for (let run = 0; run < runs; run++) all.push(await once())
  return { name, millis: median(all.map((one) => one.millis)), megabytes: median(all.map((one) => one.megabytes)) }
}

const bare =
  "require('node:http').createServer((_, response) => response.end('ok')).listen(process.env.PORT, '127.0.0.1')"
const folder = mkdtempSync(join(tmpdir(), "wicara-bench-"))
const existing = join(folder, "existing")
try {
  const serve = (dataDir: string) =>
    measure([main, "serve"], { WICARA_DATA_DIR: dataDir, WICARA_DEMO: "false" }, "/health/ready")
  let fresh = 0
  const rows = [
    await repeat("node:http", () => measure(["-e", bare], {}, "/")),
    await repeat("wicara, new database", () => serve(join(folder, `new-${fresh++}`))),
    await serve(existing).then(() => repeat("wicara, existing database", () => serve(existing)))
  ]
  const base = rows[0]
  process.stdout.write("| server | ready (ms) | ratio | memory (MB) | ratio |\n|---|---:|---:|---:|---:|\n")
  for (const row of rows) {
    process.stdout.write(
      `| ${row.name} | ${row.millis.toFixed(0)} | ${(row.millis / (base?.millis ?? 1)).toFixed(2)} | ${
        row.megabytes.toFixed(0)
      } | ${(row.megabytes / (base?.megabytes ?? 1)).toFixed(2)} |\n`
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
