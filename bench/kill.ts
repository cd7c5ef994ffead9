/**
 * Kills the server with `SIGKILL` at random moments while customers write to it, and judges by the emulators' ledgers:
 * every inbound message stored once, no message answered twice, and each one that was not answered in a conversation
 * that waits for a person because the provider never told whether an answer arrived (it is never resent blindly).
 *
 * `node bench/kill.ts [--kills 50] [--messages 2000] [--database sqlite|mysql] [--seed 1] [--patience 240] [--json]`
 *
 * `--patience` is how long a customer waits for an answer before it counts as missing, seconds.
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Schema } from "effect"
import * as mysql from "mysql2/promise"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import * as Simulation from "../apps/server/src/Simulation.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    messages: { type: "string", default: "2000" },
    database: { type: "string", default: "sqlite" },
    seed: { type: "string", default: "1" },
    patience: { type: "string", default: "240" },
    json: { type: "boolean", default: false }
  }
})
const kills = Number(values.kills)
const customers = Math.ceil(Number(values.messages) / 2)
if (!["sqlite", "mysql"].includes(values.database) || !(kills >= 0) || !(customers >= 1)) {
  process.stderr.write("bench/kill: --database is sqlite or mysql, --kills and --messages are numbers\n")
  process.exit(2)
}
const root = new URL("..", import.meta.url)
const path = (relative: string) => new URL(relative, root).pathname
// The bundle starts faster; without one, the sources run as they are.
const bundle = path("apps/server/dist/main.js")
const main = existsSync(bundle) && process.env["KILL_FROM_SOURCE"] === undefined
  ? bundle
  : path("apps/server/src/main.ts")
const progress = (line: string) => process.stderr.write(`${line}\n`)

let state = Number(values.seed) >>> 0
const random = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state / 4_294_967_296
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const folder = mkdtempSync(join(tmpdir(), "wicara-kill-"))
const children = new Set<ChildProcess>()
const mysqlBase = process.env["TEST_MYSQL_URL"] ?? "mysql://root@127.0.0.1:3306"
const mysqlName = `wicara_kill_${randomBytes(6).toString("hex")}`
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const environment: Record<string, string> = {
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => value === undefined ? [] : [[name, value]])
  ),
  WICARA_DATA_DIR: folder,
  WICARA_PORT: String(port),
  WICARA_DEMO: "false",
  WICARA_OUTBOUND_ALLOW: "loopback",
  WICARA_LOG_LEVEL: "error",
  // Who waits behind an unknown send is handed over before the customer's patience ends.
  WICARA_SEND_UNKNOWN_SECONDS: "30",
  ...(values.database === "mysql"
    ? {
      WICARA_DATABASE_URL: new URL(`/${mysqlName}`, mysqlBase).toString(),
      WICARA_MASTER_KEY: randomBytes(32).toString("base64")
    }
    : {})
}

const start = (args: ReadonlyArray<string>): ChildProcess => {
  const child = spawn(process.execPath, [...args], { env: environment, stdio: ["ignore", "ignore", "inherit"] })
  children.add(child)
  child.once("exit", () => children.delete(child))
  return child
}

const wicara = (...args: ReadonlyArray<string>): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args, "--json"], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"]
    })
    let out = ""
    let err = ""
    child.stdout.on("data", (chunk) => {
      out += String(chunk)
    })
    child.stderr.on("data", (chunk) => {
      err += String(chunk)
    })
    child.once("exit", (code) =>
      code === 0
        ? resolve(out.trim() === "" ? {} : JSON.parse(out))
        : reject(new Error(`wicara ${args.join(" ")}: ${err}${out}`)))
  })

const Created = Schema.decodeUnknownSync(Schema.Struct({ id: Schema.String }))

const until = async (what: string, condition: () => Promise<boolean>, millis = 60_000): Promise<void> => {
  const deadline = performance.now() + millis
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`${what} took longer than ${millis / 1000} s`)
    await sleep(15)
  }
}

const emulator = async (name: string, script: string): Promise<string> => {
  const emulatorPort = await freePort()
  start([path(script), "--port", String(emulatorPort), "--seed", `${name}-${values.seed}`])
  const base = `http://127.0.0.1:${emulatorPort}`
  await until(`the ${name} emulator`, async () => (await fetch(`${base}/_emulator/faults`)).ok)
  return base
}

const put = async (address: string, body: unknown): Promise<void> => {
  const response = await fetch(address, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body)
  })
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`)
}

interface Counts {
  readonly inbound: number
  readonly distinct: number
}

const query = async (statement: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
  if (values.database === "sqlite") {
    const database = new DatabaseSync(join(folder, "wicara.db"), { readOnly: true })
    try {
      return database.prepare(statement).all()
    } finally {
      database.close()
    }
  }
  const connection = await mysql.createConnection(environment["WICARA_DATABASE_URL"] ?? "")
  try {
    const [rows] = await connection.query<Array<mysql.RowDataPacket>>(statement)
    return rows
  } finally {
    await connection.end()
  }
}

const count = async (): Promise<Counts> => {
  const rows = await query(
    `SELECT direction, status, COUNT(*) AS n, COUNT(DISTINCT provider_message_id) AS d FROM conversations_messages GROUP BY direction, status`
  )
  const sum = (wanted: (row: Record<string, unknown>) => boolean, column: "n" | "d") =>
    rows.filter(wanted).reduce((total, row) => total + Number(row[column]), 0)
  return {
    inbound: sum((row) => row["direction"] === "inbound", "n"),
    distinct: sum((row) => row["direction"] === "inbound", "d")
  }
}

/** Whose conversations wait for people since the outcome of a send stayed unknown. */
const waitingForPeople = async (): Promise<ReadonlySet<string>> => {
  const rows = await query(
    `SELECT chat_value FROM conversations_conversations
    WHERE ownership <> 'bot' AND ownership_reason LIKE 'delivery_unknown%'`
  )
  return new Set(rows.map((row) => String(row["chat_value"])))
}

const scenario: Simulation.Scenario = {
  name: "kill",
  scripts: [
    {
      language: "en",
      lines: [{ say: "How can I pay my bill?", expect: "answer" }, {
        say: "How do I change my Wi-Fi password?",
        expect: "answer"
      }]
    },
    {
      language: "id",
      lines: [{ say: "Bagaimana cara bayar tagihan?", expect: "answer" }, {
        say: "Bagaimana cara ganti password Wi-Fi?",
        expect: "answer"
      }]
    }
  ]
}

try {
  if (values.database === "mysql") {
    const connection = await mysql.createConnection(mysqlBase)
    await connection.query(`CREATE DATABASE ${mysqlName} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    await connection.end()
  }
  const cloud = await emulator("cloud", "packages/testing/src/whatsapp-cloud/main.ts")
  const waha = await emulator("waha", "packages/testing/src/waha/main.ts")
  await wicara("migrate")
  await wicara("org", "create", "--name", "Kill", "--slug", "kill-run", "--owner", "kill@example.test")
  await wicara("knowledge", "import", path("apps/server/src/demo/knowledge"), "--org", "kill-run")
  const cloudAccount = Created(
    await wicara(
      "channel",
      "add",
      "whatsapp_cloud",
      "--org",
      "kill-run",
      "--name",
      "Cloud",
      "--setting",
      "phoneNumberId=15550001111",
      "--setting",
      "businessAccountId=100200300",
      "--setting",
      `graphBaseUrl=${cloud}`,
      "--setting",
      "messagesPerSecond=500",
      "--secret",
      "accessToken=kill-token",
      "--secret",
      "appSecret=kill-secret",
      "--secret",
      "verifyToken=kill-verify"
    )
  )
  const wahaAccount = Created(
    await wicara(
      "channel",
      "add",
      "waha",
      "--org",
      "kill-run",
      "--name",
      "WAHA",
      "--setting",
      `baseUrl=${waha}`,
      "--setting",
      "session=default",
      "--secret",
      "apiKey=kill-key",
      "--secret",
      "hmacKey=kill-hmac"
    )
  )
  await wicara("bot", "create", "--org", "kill-run", "--name", "Kira")
  await put(`${cloud}/_emulator/accounts/15550001111`, {
    accessToken: "kill-token",
    appSecret: "kill-secret",
    verifyToken: "kill-verify",
    webhookUrl: `${url}/v1/inbound/${cloudAccount.id}`,
    pairLimit: false
  })
  await put(`${waha}/_emulator/accounts/default`, {
    apiKey: "kill-key",
    hmacKey: "kill-hmac",
    webhookUrl: `${url}/v1/inbound/${wahaAccount.id}`
  })
  const trouble = { duplicate: { probability: 0.2 }, reorder: { probability: 0.1 } }
  await put(`${cloud}/_emulator/faults`, trouble)
  await put(`${waha}/_emulator/faults`, trouble)

  let server = start([main, "serve"])
  const ready = () => until("the start of the server", async () => (await fetch(`${url}/health/ready`)).ok)
  await ready()

  let killed = 0
  const running = new AbortController()
  const killer = (async () => {
    while (!running.signal.aborted && killed < kills) {
      await sleep(200 + random() * 3500)
      if (running.signal.aborted) break
      server.kill("SIGKILL")
      await until("the end of the killed server", async () => server.exitCode !== null || server.signalCode !== null)
      killed++
      server = start([main, "serve"])
      // Every other time it may be killed again while it starts.
      if (killed % 2 === 0 || killed === kills) await ready()
    }
  })()

  const run = Effect.runPromise(
    Simulation.run({
      scenario,
      targets: [
        { name: "whatsapp_cloud", controlUrl: cloud, account: "15550001111" },
        { name: "waha", controlUrl: waha, account: "default" }
      ],
      customers,
      concurrency: 60,
      patience: `${Number(values.patience)} seconds`,
      phonePrefix: "628110",
      hopeless: Effect.promise(() => waitingForPeople().catch(() => new Set<string>())),
      handedOver: () => Effect.succeed(new Set<string>()),
      onProgress: (now) =>
        Effect.sync(() =>
          progress(
            `${killed} kills, ${now.customersDone}/${customers} customers, ${now.messages} messages, ${now.replies} replies`
          )
        )
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )
  const report = await run
  running.abort()
  await killer
  await ready()
  // A webhook that is still retried, and a send that is still asked about, get their time.
  await until(
    "the settling of the last messages",
    async () => {
      const waiting = await waitingForPeople()
      return (await count()).inbound >= report.messages && report.lostOf.every((phone) => waiting.has(phone))
    },
    60_000
  ).catch(() => undefined)
  const counts = await count()
  const waiting = await waitingForPeople()
  const explained = report.lostOf.filter((phone) => waiting.has(phone)).length
  server.kill("SIGTERM")
  const summary = {
    database: values.database,
    kills: killed,
    messages: report.messages,
    stored: counts.inbound,
    storedOnce: counts.distinct,
    unanswered: report.lost,
    doubled: report.doubled,
    explained,
    seconds: report.seconds,
    latencyMillis: report.latencyMillis,
    problems: report.problems
  }
  const good = counts.inbound === report.messages && counts.distinct === report.messages && report.doubled === 0 &&
    report.lost === explained
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ...summary, good }, undefined, 2)}\n`
      : [
        "| database | kills | messages | stored once | answered twice | without an answer | of these waiting for a person | p50 ms | p95 ms |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        `| ${summary.database} | ${summary.kills} | ${summary.messages} | ${summary.storedOnce} | ${summary.doubled} | ${summary.unanswered} | ${summary.explained} | ${summary.latencyMillis.p50} | ${summary.latencyMillis.p95} |`,
        ...summary.problems,
        ""
      ].join("\n")
  )
  process.exitCode = good ? 0 : 1
} finally {
  for (const child of children) child.kill("SIGKILL")
  if (values.database === "mysql") {
    const connection = await mysql.createConnection(mysqlBase)
    await connection.query(`DROP DATABASE IF EXISTS ${mysqlName}`)
    await connection.end()
  }
  rmSync(folder, { recursive: true, force: true })
}
