/**
 * Decisions of rate limits per second, beside `rate-limiter-flexible` in the same run on the same stores: memory, Redis,
 * MySQL or MariaDB.
 *
 * Two loads of 64 decisions at a time: a thousand callers well within their limit of 6000 a minute, and one that asks
 * without end for a limit of 600. `rate-limiter-flexible` asks the store for each decision (with its in-memory block for
 * who is over the limit, as its manual recommends); Wicara settles with it for many at once, and so may let through up to
 * a tenth of the limit too much for each process. What each let through of the second load is printed beside.
 *
 * `node bench/rate-limit.ts [--seconds 2] [--rounds 2] [--json]`. Stores that do not answer are left out, with a line.
 */
import { NodeRedis } from "@effect/platform-node"
import { MysqlClient } from "@effect/sql-mysql2"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Audit } from "@wicara/core/Audit"
import * as Migrations from "@wicara/core/Migrations"
import { RateLimits } from "@wicara/core/RateLimits"
import { RateLimitStore } from "@wicara/core/RateLimitStore"
import { migrations } from "@wicara/core/sql/migrations"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { RateLimiter } from "effect/persistence"
import { createPool } from "mysql2"
import * as mysql from "mysql2/promise"
import { randomUUID } from "node:crypto"
import { cpus } from "node:os"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { RateLimiterMemory, RateLimiterMySQL, RateLimiterRedis } from "rate-limiter-flexible"
import { createClient } from "redis"

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "2" },
    json: { type: "boolean", default: false }
  }
})

const seconds = Number(options.seconds)
const concurrency = 64
const callers = 1000
const mysqlServer = process.env["TEST_MYSQL_URL"] ?? "mysql://root@127.0.0.1:3306"
const redisServer = process.env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379"

type Store = "memory" | "redis" | "mysql"
type LoadName = "callers" | "hammer"

interface Contender {
  /** Resolves to whether the request is let through. */
  readonly take: (load: LoadName, key: string) => Promise<boolean>
  readonly close: () => Promise<void>
}

const limits = { callers: 6000, hammer: 600 } as const

const database = async () => {
  const name = `wicara_bench_${randomUUID().replaceAll("-", "")}`
  const admin = await mysql.createConnection({ uri: mysqlServer })
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
  return {
    name,
    url: new URL(`/${name}`, mysqlServer).toString(),
    drop: async () => {
      await admin.query(`DROP DATABASE IF EXISTS ${name}`)
      await admin.end()
    }
  }
}

const wicara = async (store: Store): Promise<Contender> => {
  const schema = store === "mysql" ? await database() : undefined
  const client = schema === undefined
    ? SqliteClient.layer({ filename: ":memory:" })
    : MysqlClient.layer({ url: Redacted.make(schema.url), maxConnections: 10 })
  const sql = Layer.effectDiscard(Migrations.run([migrations])).pipe(Layer.provideMerge(client))
  const shared = store === "mysql"
    ? RateLimitStore.layerSql
    : store === "memory"
    ? RateLimitStore.layerMemory
    : RateLimitStore.layerRateLimiter.pipe(
      Layer.provide(RateLimiter.layerStoreRedis({ prefix: `bench:${randomUUID()}:` })),
      Layer.provide(NodeRedis.layer({ url: redisServer }))
    )
  const runtime = ManagedRuntime.make(
    RateLimits.layer.pipe(Layer.provide(shared), Layer.provide(Audit.layerSql), Layer.provide(sql))
  )
  const service = await runtime.runPromise(RateLimits)
  const rateLimits = {
    callers: { limit: limits.callers, windowMillis: 60_000 },
    hammer: { limit: limits.hammer, windowMillis: 60_000 }
  }
  return {
    take: (load, key) =>
      Effect.runPromise(Effect.map(
        service.decide({ scope: "user", subject: `${load} ${key}`, rateLimit: rateLimits[load] }),
        ({ isAllowed }) => isAllowed
      )),
    close: async () => {
      await runtime.dispose()
      await schema?.drop()
    }
  }
}

const flexible = async (store: Store): Promise<Contender> => {
  const schema = store === "mysql" ? await database() : undefined
  const pool = schema === undefined ? undefined : createPool({ uri: schema.url, connectionLimit: 10 })
  const redis = store === "redis" ? createClient({ url: redisServer }) : undefined
  await redis?.connect()
  const make = async (load: LoadName) => {
    const shared = {
      points: limits[load],
      duration: 60,
      keyPrefix: `${randomUUID()}:${load}`,
      inMemoryBlockOnConsumed: limits[load]
    }
    if (redis !== undefined) return new RateLimiterRedis({ ...shared, storeClient: redis, useRedisPackage: true })
    if (pool === undefined || schema === undefined) return new RateLimiterMemory(shared)
    return new Promise<RateLimiterMySQL>((resolve, reject) => {
      const limiter: RateLimiterMySQL = new RateLimiterMySQL(
        {
          ...shared,
          storeClient: pool,
          storeType: "pool",
          dbName: schema.name,
          tableName: `limits_${load}`,
          clearExpiredByTimeout: false
        },
        (error) => error === undefined || error === null ? resolve(limiter) : reject(error)
      )
    })
  }
  const limiters = { callers: await make("callers"), hammer: await make("hammer") }
  return {
    take: (load, key) =>
      limiters[load].consume(key).then(() => true, (refusal: unknown) => {
        if (refusal instanceof Error) throw refusal
        return false
      }),
    close: async () => {
      await redis?.close()
      await pool?.promise().end()
      await schema?.drop()
    }
  }
}

interface Result {
  readonly perSecond: number
  readonly p99: number
  readonly passed: number
}

const run = async (contender: Contender, load: LoadName): Promise<Result> => {
  let asked = 0
  let passed = 0
  const latencies: Array<number> = []
  const began = performance.now()
  const until = began + seconds * 1000
  const worker = async () => {
    while (performance.now() < until) {
      const key = load === "hammer" ? "one" : `caller ${asked % callers}`
      asked += 1
      const started = performance.now()
      if (await contender.take(load, key)) passed += 1
      if (asked % 16 === 0) latencies.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const elapsed = (performance.now() - began) / 1000
  latencies.sort((one, other) => one - other)
  return { perSecond: asked / elapsed, p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0, passed }
}

const answers = async (store: Store): Promise<boolean> => {
  try {
    if (store === "redis") {
      const client = createClient({ url: redisServer, socket: { reconnectStrategy: false } }).on("error", () => {})
      await client.connect()
      await client.close()
    } else if (store === "mysql") {
      await (await mysql.createConnection({ uri: mysqlServer })).end()
    }
    return true
  } catch {
    process.stderr.write(`left out: ${store}, which does not answer\n`)
    return false
  }
}

const rows = []
for (const store of ["memory", "redis", "mysql"] as const) {
  if (!(await answers(store))) continue
  for (const load of ["callers", "hammer"] as const) {
    const best: Record<"flexible" | "wicara", Result> = {
      flexible: { perSecond: 0, p99: 0, passed: 0 },
      wicara: { perSecond: 0, p99: 0, passed: 0 }
    }
    // In turn, so that a busy moment of the machine meets both.
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const [name, make] of [["flexible", flexible], ["wicara", wicara]] as const) {
        const contender = await make(store)
        const result = await run(contender, load)
        await contender.close()
        if (result.perSecond > best[name].perSecond) best[name] = result
      }
    }
    rows.push({ store, load, ...best, ratio: best.wicara.perSecond / best.flexible.perSecond })
  }
}

if (options.json) {
  process.stdout.write(`${JSON.stringify({ seconds, concurrency, cpus: cpus().length, rows })}\n`)
} else {
  const cell = (value: string, width: number) => value.padStart(width)
  process.stdout.write(
    `${concurrency} decisions at a time for ${seconds} s, ${cpus().length} cores, best of ${options.rounds}\n\n` +
      `${"".padEnd(28)}${cell("decisions/s", 13)}${cell("p99 ms", 9)}${cell("let through", 13)}${cell("ratio", 9)}\n`
  )
  for (const { flexible, load, ratio, store, wicara } of rows) {
    process.stdout.write(
      `${store}: ${load === "callers" ? "callers within their limit" : "one caller over its limit"}\n`
    )
    for (const [name, result, times] of [["rate-limiter-flexible", flexible, 1], ["wicara", wicara, ratio]] as const) {
      process.stdout.write(
        `  ${name.padEnd(26)}${cell(result.perSecond.toFixed(0), 13)}${cell(result.p99.toFixed(2), 9)}${
          cell(load === "hammer" ? String(result.passed) : "", 13)
        }${cell(`${times.toFixed(2)}x`, 9)}\n`
      )
    }
  }
}
