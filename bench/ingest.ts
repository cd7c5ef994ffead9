/**
 * Signed WhatsApp Cloud webhooks over HTTP to durable, deduplicated, acknowledged rows: the server's own way
 * (`InboundNode` before its routes), beside Fastify with one insert a webhook, on the same database in the same run.
 * `--portable` adds the routes alone, as they run where there is no Node server.
 *
 * Both verify the signature on the raw body, parse it, name it by its SHA-256, store it under a unique key and answer
 * 200 after the commit. SQLite is a file in WAL mode with `synchronous = FULL`; MySQL or MariaDB is used as it is
 * configured (`innodb_flush_log_at_trx_commit` is printed). The load comes from this process, the server is a child.
 *
 * `node bench/ingest.ts [--webhooks 60000] [--connections 256] [--database sqlite|mysql] [--rounds 3] [--portable]
 * [--json]`
 */
import { MysqlClient } from "@effect/sql-mysql2"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Logger, Redacted, References } from "effect"
import { FetchHttpClient, HttpRouter } from "effect/http"
import { SqlClient } from "effect/sql"
import Fastify from "fastify"
import * as mysql from "mysql2/promise"
import { fork } from "node:child_process"
import { createHash, createHmac, randomUUID, timingSafeEqual } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { connect } from "node:net"
import type { Socket } from "node:net"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { DatabaseSync } from "node:sqlite"
import { parseArgs } from "node:util"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHttp from "@wicara/channels/InboundHttp"
import * as InboundNode from "@wicara/channels/InboundNode"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Secrets } from "@wicara/core/Secrets"
import * as SecurityHeaders from "@wicara/core/SecurityHeaders"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"

const { values: options } = parseArgs({
  options: {
    webhooks: { type: "string", default: "60000" },
    connections: { type: "string", default: "256" },
    database: { type: "string", default: "both" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
    portable: { type: "boolean", default: false },
    serve: { type: "string" },
    url: { type: "string" }
  }
})

type Database = "sqlite" | "mysql"
type Contender = "wicara" | "fastify" | "portable"

const secret = "an app secret of thirty-two bytes"
const mysqlServer = process.env["TEST_MYSQL_URL"] ?? "mysql://root@127.0.0.1:3306"

// --- the two servers -------------------------------------------------------------------------------------------------

const ready = (port: number, path: string) => process.send?.({ port, path })

const serveWicara = (url: string, isPortable: boolean) => {
  const database = url.startsWith("mysql:")
    ? MysqlClient.layer({ url: Redacted.make(url), maxConnections: 8 })
    : Layer.effectDiscard(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.forEach(pragmas, (pragma) => sql.unsafe(pragma).unprepared, { discard: true })
    })).pipe(Layer.provideMerge(SqliteClient.layer({ filename: url })))
  const services = Layer.mergeAll(InboundEvents.layerSql, ChannelAccounts.layerSql).pipe(
    Layer.provide(ChannelRegistry.layer([WhatsAppCloud.adapter])),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(Layer.mergeAll(Secrets.layerSql, Events.layerSql, Audit.layerSql)),
    Layer.provide(MasterKeys.layerTest),
    Layer.provide(Layer.effectDiscard(Migrations.run([coreMigrations, channelMigrations]))),
    Layer.provide(Signals.layer),
    Layer.provide(database)
  )
  const account = Layer.effectDiscard(Effect.gen(function*() {
    const accounts = yield* ChannelAccounts
    const organization = yield* Id.next(OrganizationId)
    const { id } = yield* accounts.create({
      channel: "whatsapp_cloud",
      name: "Bench",
      settings: { phoneNumberId: "100", businessAccountId: "200" },
      secrets: { accessToken: "token", appSecret: secret, verifyToken: "verify" }
    }).pipe(
      Effect.provideService(CurrentOrganization, { id: organization }),
      Effect.provideService(CurrentActor, systemActor("bench"))
    )
    server.on("listening", () => {
      const address = server.address()
      if (typeof address === "object" && address !== null) ready(address.port, `/v1/inbound/${id}`)
    })
  }))
  const server = createServer()
  const before = Layer.effectDiscard(Effect.gen(function*() {
    if (isPortable) return
    yield* InboundNode.putBefore(server, yield* InboundNode.makeBefore({ headers: SecurityHeaders.defaults }))
  }))
  const routes = Layer.merge(InboundHttp.layer, SecurityHeaders.layer)
  const http = before.pipe(
    Layer.provideMerge(HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }))
  ).pipe(
    Layer.provide(NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1" })),
    Layer.provide(account),
    Layer.provide(services),
    Layer.provide(Layer.succeed(References.MinimumLogLevel, "Error")),
    Layer.provide(Logger.layer([Logger.defaultLogger]))
  )
  NodeRuntime.runMain(Layer.launch(http))
}

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest()

const verified = (body: Buffer, header: unknown): boolean =>
  typeof header === "string" &&
  timingSafeEqual(sha256(header), sha256(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`))

// As the server sets them.
const pragmas = [
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA temp_store = MEMORY",
  "PRAGMA cache_size = -65536",
  "PRAGMA wal_autocheckpoint = 4000"
]

const table = (id: string, blob: string, text: string) =>
  `CREATE TABLE inbound (organization_id ${id} NOT NULL, id ${id} NOT NULL, channel_account_id ${id} NOT NULL,
    dedupe_key ${text} NOT NULL, received_at BIGINT NOT NULL, body ${blob} NOT NULL, state SMALLINT NOT NULL,
    PRIMARY KEY (organization_id, id))`

const serveFastify = async (url: string) => {
  const organization = Buffer.from(randomUUID().replaceAll("-", ""), "hex")
  const account = Buffer.from(randomUUID().replaceAll("-", ""), "hex")
  const columns = "(organization_id, id, channel_account_id, dedupe_key, received_at, body, state)"
  let insert: (body: Buffer) => Promise<unknown>
  if (url.startsWith("mysql:")) {
    const pool = mysql.createPool({ uri: url, connectionLimit: 16 })
    await pool.query(table("BINARY(16)", "LONGBLOB", "VARCHAR(190)"))
    await pool.query("CREATE UNIQUE INDEX inbound_dedupe ON inbound (organization_id, channel_account_id, dedupe_key)")
    await pool.query("CREATE INDEX inbound_work ON inbound (state, received_at, id)")
    insert = (body) =>
      pool.execute(
        `INSERT INTO inbound ${columns} VALUES (?, ?, ?, ?, ?, ?, 0) ON DUPLICATE KEY UPDATE state = state`,
        [
          organization,
          Buffer.from(randomUUID().replaceAll("-", ""), "hex"),
          account,
          sha256(body).toString("hex"),
          Date.now(),
          body
        ]
      )
  } else {
    const database = new DatabaseSync(url)
    for (const pragma of pragmas) database.exec(pragma)
    database.exec(table("BLOB", "BLOB", "TEXT"))
    database.exec("CREATE UNIQUE INDEX inbound_dedupe ON inbound (organization_id, channel_account_id, dedupe_key)")
    database.exec("CREATE INDEX inbound_work ON inbound (state, received_at, id)")
    const statement = database.prepare(
      `INSERT INTO inbound ${columns} VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING`
    )
    insert = async (body) =>
      statement.run(
        organization,
        Buffer.from(randomUUID().replaceAll("-", ""), "hex"),
        account,
        sha256(body).toString("hex"),
        Date.now(),
        body
      )
  }
  const fastify = Fastify({ logger: false })
  fastify.removeContentTypeParser("application/json")
  fastify.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: 3 * 1024 * 1024 },
    (_request, body, done) => {
      done(null, body)
    }
  )
  fastify.post("/v1/inbound/:id", async (request, reply) => {
    const body = request.body as Buffer
    if (!verified(body, request.headers["x-hub-signature-256"])) return reply.code(401).send()
    const parsed = JSON.parse(body.toString("utf8")) as { readonly object?: unknown; readonly entry?: unknown }
    if (typeof parsed.object !== "string" || !Array.isArray(parsed.entry)) return reply.code(400).send()
    await insert(body)
    return reply.code(200).send()
  })
  const address = await fastify.listen({ port: 0, host: "127.0.0.1" })
  ready(Number(new URL(address).port), "/v1/inbound/bench")
}

// --- the load ---------------------------------------------------------------------------------------------------------

interface Result {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

interface Measured extends Result {
  /** Processor time of the server, microseconds a webhook: what stays the same on a busy machine. */
  readonly cpu: number
}

/** Processor time of a process so far, microseconds; not known outside Linux. */
const cpuOf = (pid: number): number => {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return Number.NaN
  const fields = readFileSync(file, "utf8").replace(/^.*\) /s, "").split(" ")
  // User and system time, in ticks of a hundredth of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

const bodyOf = (index: number): Buffer =>
  Buffer.from(JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{
      id: "200",
      changes: [{
        field: "messages",
        value: {
          messaging_product: "whatsapp",
          metadata: { display_phone_number: "62215550100", phone_number_id: "100" },
          contacts: [{
            profile: { name: `Customer ${index % 997}` },
            wa_id: `62811${String(index % 997).padStart(6, "0")}`
          }],
          messages: [{
            from: `62811${String(index % 997).padStart(6, "0")}`,
            id: `wamid.${randomUUID()}`,
            timestamp: String(1_790_000_000 + index),
            type: "text",
            text: { body: "My connection has been slow since this morning, can you check it please? ".repeat(3) }
          }]
        }
      }]
    }]
  }))

const requestOf = (path: string, body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
        `x-hub-signature-256: sha256=${createHmac("sha256", secret).update(body).digest("hex")}\r\n` +
        `content-length: ${body.length}\r\n\r\n`
    ),
    body
  ])

/** Sends all requests over keep-alive connections, one at a time on each, and measures each from its first byte out. */
const load = (port: number, requests: ReadonlyArray<Buffer>, connections: number): Promise<Result> =>
  new Promise((resolve, reject) => {
    const latencies = new Float64Array(requests.length)
    let next = 0
    let done = 0
    const began = performance.now()
    const sockets: Array<Socket> = []
    for (let connection = 0; connection < Math.min(connections, requests.length); connection++) {
      const socket = connect(port, "127.0.0.1")
      socket.setNoDelay(true)
      sockets.push(socket)
      let current = -1
      let started = 0
      let buffered = ""
      const send = () => {
        if (next >= requests.length) return
        current = next++
        started = performance.now()
        socket.write(requests[current]!)
      }
      socket.on("connect", send)
      socket.on("error", reject)
      socket.on("data", (data) => {
        buffered += data.toString("latin1")
        const end = buffered.indexOf("\r\n\r\n")
        if (end === -1) return
        const head = buffered.slice(0, end)
        if (!head.startsWith("HTTP/1.1 200")) {
          reject(new Error(`not acknowledged: ${buffered.slice(0, 200)}`))
          return
        }
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
        if (buffered.length < end + 4 + length) return
        buffered = buffered.slice(end + 4 + length)
        latencies[current] = performance.now() - started
        done += 1
        if (done < requests.length) return send()
        const seconds = (performance.now() - began) / 1000
        for (const one of sockets) one.destroy()
        latencies.sort()
        resolve({
          perSecond: requests.length / seconds,
          p50: latencies[Math.floor(latencies.length * 0.5)]!,
          p99: latencies[Math.floor(latencies.length * 0.99)]!
        })
      })
    }
  })

const measure = async (contender: Contender, database: Database): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), "wicara-bench-"))
  const name = `wicara_bench_${randomUUID().replaceAll("-", "")}`
  const admin = database === "mysql" ? await mysql.createConnection({ uri: mysqlServer }) : undefined
  await admin?.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
  const url = database === "mysql" ? new URL(`/${name}`, mysqlServer).toString() : join(folder, "bench.db")
  const child = fork(new URL(import.meta.url).pathname, ["--serve", contender, "--url", url], { stdio: "inherit" })
  const exited = new Promise<unknown>((resolve) => child.once("exit", resolve))
  try {
    const { path, port } = await new Promise<{ readonly port: number; readonly path: string }>((resolve, reject) => {
      child.once("message", resolve as never)
      void exited.then((code) => reject(new Error(`the server ended with ${code}`)))
    })
    const webhooks = Number(options.webhooks)
    const warm = Math.min(10_000, Math.ceil(webhooks / 4))
    const bodies = Array.from({ length: warm + webhooks }, (_, index) => bodyOf(index))
    // One in a hundred is delivered twice, as providers do.
    const measured = bodies.slice(warm).map((body, index) =>
      requestOf(path, index % 100 === 99 ? bodies[warm + index - 50]! : body)
    )
    await load(port, bodies.slice(0, warm).map((body) => requestOf(path, body)), Number(options.connections))
    const before = cpuOf(child.pid!)
    const result = await load(port, measured, Number(options.connections))
    const cpu = (cpuOf(child.pid!) - before) / webhooks
    const expected = warm + webhooks - Math.floor(webhooks / 100)
    const stored = await countRows(contender, database, url)
    if (stored !== expected) {
      throw new Error(`${contender} on ${database}: ${stored} rows stored, ${expected} acknowledged`)
    }
    return { ...result, cpu }
  } finally {
    child.kill("SIGKILL")
    await exited
    await admin?.query(`DROP DATABASE IF EXISTS ${name}`)
    await admin?.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

const countRows = async (contender: Contender, database: Database, url: string): Promise<number> => {
  const statement = `SELECT COUNT(*) AS total FROM ${contender === "fastify" ? "inbound" : "channels_inbound_events"}`
  if (database === "sqlite") {
    const file = new DatabaseSync(url, { readOnly: true })
    const row = file.prepare(statement).get() as { readonly total: number }
    file.close()
    return Number(row.total)
  }
  const connection = await mysql.createConnection({ uri: url })
  const [rows] = await connection.query<Array<mysql.RowDataPacket>>(statement)
  await connection.end()
  return Number(rows[0]!["total"])
}

const durability = async (database: Database): Promise<string> => {
  if (database === "sqlite") return "WAL, synchronous = FULL"
  const connection = await mysql.createConnection({ uri: mysqlServer })
  const [rows] = await connection.query<Array<mysql.RowDataPacket>>(
    "SELECT VERSION() AS version, @@innodb_flush_log_at_trx_commit AS flush"
  )
  await connection.end()
  return `${rows[0]!["version"]}, innodb_flush_log_at_trx_commit = ${rows[0]!["flush"]}`
}

interface Results {
  readonly fastify: Measured
  readonly wicara: Measured
  readonly portable?: Measured
}

const best = (results: ReadonlyArray<Measured>): Measured =>
  results.reduce((one, other) => other.perSecond > one.perSecond ? other : one)

const main = async () => {
  if (!["sqlite", "mysql", "both"].includes(options.database)) {
    process.stderr.write("bench/ingest: --database is sqlite, mysql or both\n")
    process.exit(2)
  }
  const databases: ReadonlyArray<Database> = options.database === "both"
    ? ["sqlite", "mysql"]
    : [options.database as Database]
  const contenders: ReadonlyArray<Contender> = ["fastify", "wicara", ...(options.portable ? ["portable" as const] : [])]
  const rows: Array<{ readonly database: Database; readonly settings: string } & Results> = []
  for (const database of databases) {
    const settings = await durability(database)
    const runs: Record<Contender, Array<Measured>> = { fastify: [], wicara: [], portable: [] }
    // In turn, so that a busy moment of the machine meets all.
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const contender of contenders) runs[contender].push(await measure(contender, database))
    }
    rows.push({
      database,
      settings,
      fastify: best(runs.fastify),
      wicara: best(runs.wicara),
      ...(options.portable ? { portable: best(runs.portable) } : {})
    })
  }
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ connections: Number(options.connections), cpus: cpus().length, rows })}\n`)
  } else {
    const cell = (value: string, width: number) => value.padStart(width)
    process.stdout.write(
      `${options.webhooks} webhooks, ${options.connections} connections, ${cpus().length} cores, best of ${options.rounds}\n\n` +
        `${"".padEnd(18)}${cell("webhooks/s", 12)}${cell("p50 ms", 9)}${cell("p99 ms", 9)}${cell("cpu µs", 9)}${
          cell("ratio", 8)
        }\n`
    )
    for (const { database, settings, ...results } of rows) {
      process.stdout.write(`${database}: ${settings}\n`)
      for (const name of contenders) {
        const result = results[name]
        if (result === undefined) continue
        process.stdout.write(
          `  ${name.padEnd(16)}${cell(result.perSecond.toFixed(0), 12)}${cell(result.p50.toFixed(1), 9)}${
            cell(result.p99.toFixed(1), 9)
          }${cell(result.cpu.toFixed(0), 9)}${
            cell(`${(result.perSecond / results.fastify.perSecond).toFixed(2)}x`, 8)
          }\n`
        )
      }
    }
  }
  const missed = rows.filter(({ fastify, wicara }) =>
    wicara.perSecond < 2 * fastify.perSecond || wicara.p99 > fastify.p99
  )
  if (missed.length > 0) {
    process.stderr.write(`not met (2x, p99 no worse): ${missed.map((row) => row.database).join(", ")}\n`)
    process.exitCode = 1
  }
}

if (options.serve === "wicara" || options.serve === "portable") serveWicara(options.url!, options.serve === "portable")
else if (options.serve === "fastify") await serveFastify(options.url!)
else await main()
