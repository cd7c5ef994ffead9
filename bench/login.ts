/**
 * What a flood of sign-ins costs everybody else: the 99th percentile of an ordinary request to a server in a process of
 * its own, at rest and while 1,000 attempts to sign in arrive each minute, every one for another account from another
 * network, so that no limit refuses it before its password is hashed.
 *
 * Both are measured in turn, in slices of two seconds, so that a busy moment of the machine meets both. Requests start at
 * their time, whether or not the one before was answered. Fails when the ratio is above 2.
 *
 * `node bench/login.ts [--seconds 20] [--rate 100] [--attempts 1000] [--source] [--json]` (after `npm run build:apps`;
 * `--source` runs the server from its sources)
 */
import { execFile, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parseArgs, promisify } from "node:util"

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    rate: { type: "string", default: "100" },
    attempts: { type: "string", default: "1000" },
    source: { type: "boolean", default: false },
    json: { type: "boolean", default: false }
  }
})
const seconds = Number(options.seconds)
const rate = Number(options.rate)
const attempts = Number(options.attempts)
const sliceMillis = 2000
const limit = 2

const main = fileURLToPath(
  new URL(options.source ? "../apps/server/src/main.ts" : "../apps/server/dist/main.js", import.meta.url)
)
if (!existsSync(main)) {
  process.stderr.write("bench/login: apps/server/dist/main.js is not built; run `npm start` once, or pass --source\n")
  process.exit(2)
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const folder = mkdtempSync(join(tmpdir(), "wicara-bench-"))
const port = await freePort()
const base = `http://127.0.0.1:${port}`
const env = {
  ...process.env,
  WICARA_PORT: String(port),
  WICARA_DATA_DIR: folder,
  WICARA_DEMO: "false",
  WICARA_TRUSTED_PROXIES: "loopback",
  WICARA_RATE_LIMIT_API_KEY: "1000000/m",
  WICARA_RATE_LIMIT_ORGANIZATION: "1000000/m",
  WICARA_RATE_LIMIT_ADDRESS: "1000000/m"
}
const command = async (...args: ReadonlyArray<string>) =>
  JSON.parse((await promisify(execFile)(process.execPath, [main, ...args, "--json"], { env })).stdout)

const percentile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
    Number.NaN

/** Begins `perSecond` calls a second until the time is up, and waits for the last one's end. */
const paced = async (perSecond: number, millis: number, call: () => Promise<void>) => {
  const began = performance.now()
  const running: Array<Promise<void>> = []
  for (let n = 0; n * 1000 / perSecond < millis; n++) {
    const left = began + n * 1000 / perSecond - performance.now()
    if (left > 0) await sleep(left)
    running.push(call())
  }
  await Promise.all(running)
}

try {
  await command("org", "create", "--name", "Acme", "--owner", "ana@acme.example")
  const { key } = await command("apikey", "create", "--org", "acme", "--name", "Bench", "--role", "admin")
  const server = spawn(process.execPath, [main, "serve"], { env, stdio: "ignore" })
  try {
    while (!(await fetch(`${base}/health/ready`).then((response) => response.ok, () => false))) await sleep(20)

    const request = (latencies: Array<number>) => async () => {
      const started = performance.now()
      const response = await fetch(`${base}/v1/members?limit=10`, { headers: { authorization: `Bearer ${key}` } })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`the ordinary request is answered ${response.status}`)
      latencies.push(performance.now() - started)
    }
    const answers = new Map<number, number>()
    let attempt = 0
    const signIn = async () => {
      const n = ++attempt
      const response = await fetch(`${base}/v1/sessions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-forwarded-for": `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
        },
        body: JSON.stringify({ email: `nobody${n}@example.com`, password: "not the password" })
      })
      await response.arrayBuffer()
      answers.set(response.status, (answers.get(response.status) ?? 0) + 1)
    }

    // The first ones compile what all others run.
    await paced(rate, 3000, request([]))
    await paced(attempts / 60, 1000, signIn)
    answers.clear()
    const rest: Array<number> = []
    const flooded: Array<number> = []
    for (let spent = 0; spent < seconds * 1000; spent += sliceMillis) {
      await paced(rate, sliceMillis, request(rest))
      await Promise.all([
        paced(rate, sliceMillis, request(flooded)),
        paced(attempts / 60, sliceMillis, signIn)
      ])
    }
    const ratio = percentile(flooded, 0.99) / percentile(rest, 0.99)
    if (options.json) {
      process.stdout.write(`${
        JSON.stringify({
          rate,
          attempts,
          requests: flooded.length,
          rest: { p50: percentile(rest, 0.5), p99: percentile(rest, 0.99) },
          flooded: { p50: percentile(flooded, 0.5), p99: percentile(flooded, 0.99) },
          answers: Object.fromEntries(answers),
          ratio
        })
      }\n`)
    } else {
      process.stdout.write(`${rate} requests a second, ${attempts} attempts to sign in a minute, ${seconds} s each\n\n`)
      process.stdout.write("| | p50 (ms) | p99 (ms) | ratio |\n|---|---:|---:|---:|\n")
      for (const [name, values, times] of [["at rest", rest, 1], ["with sign-ins", flooded, ratio]] as const) {
        process.stdout.write(
          `| ${name} | ${percentile(values, 0.5).toFixed(2)} | ${percentile(values, 0.99).toFixed(2)} | ${
            times.toFixed(2)
          } |\n`
        )
      }
      const told = [...answers].map(([status, count]) => `${count} with ${status}`).join(", ")
      process.stdout.write(`\nThe attempts were answered: ${told}\n`)
    }
    process.exitCode = ratio > limit ? 1 : 0
  } finally {
    const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()))
    server.kill("SIGTERM")
    await ended
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
