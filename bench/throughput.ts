/**
 * Messages through one WhatsApp Cloud number at its limit, while statuses of those sent before come in (sent, delivered,
 * read), judged by the emulator's own record: how many arrived in the fullest second, wherever it begins, how many were
 * refused or came twice.
 *
 * The sender, the processor of webhooks and the load run in this process's main thread, the provider (the emulator) in
 * another one; MySQL or MariaDB, where asked for, beside it.
 *
 * `node --max-semi-space-size=32 bench/throughput.ts [--messages 3000] [--limit 1000] [--statuses 3000] [--database sqlite|mysql]`
 */
import { MysqlClient } from "@effect/sql-mysql2"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Fiber, Layer, Redacted, References, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import * as mysql from "mysql2/promise"
import { mkdtempSync, rmSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { isMainThread, parentPort, Worker } from "node:worker_threads"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { Contacts } from "@wicara/contacts/Contacts"
import { migrations as contactMigrations } from "@wicara/contacts/sql/migrations"
import { Assignees } from "@wicara/conversations/Assignees"
import type { ConversationId } from "@wicara/conversations/Conversation"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import { migrations } from "@wicara/conversations/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { Standing } from "@wicara/core/Standing"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import * as SqliteGroupCommit from "../apps/server/src/SqliteGroupCommit.ts"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "3000" },
    limit: { type: "string", default: "1000" },
    statuses: { type: "string", default: "3000" },
    database: { type: "string", default: "sqlite" }
  }
})
const total = Number(values.messages)
const limit = Number(values.limit)
const statuses = Number(values.statuses)
const phoneNumberId = "100"

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

const envelope = (field: Record<string, unknown>) =>
  encode({
    object: "whatsapp_business_account",
    entry: [{
      id: "200",
      changes: [{
        field: "messages",
        value: {
          messaging_product: "whatsapp",
          metadata: { display_phone_number: "628000", phone_number_id: phoneNumberId },
          ...field
        }
      }]
    }]
  })

const seconds = () => String(Math.floor(Date.now() / 1000))

/** The most within any second, wherever it begins. */
const fullestSecond = (times: ReadonlyArray<number>): number => {
  let most = 0
  let first = 0
  times.forEach((time, index) => {
    while (time - times[first]! >= 1_000) first++
    most = Math.max(most, index - first + 1)
  })
  return most
}

/** What the provider says that arrived. */
interface Arrived {
  readonly at: number
  readonly outcome: string
  readonly clientMessageId: string | undefined
}

/** The provider, in a thread of its own: says where it listens, then, when asked, what it got. */
const emulate = Effect.gen(function*() {
  const port = parentPort!
  const emulator = yield* WhatsAppCloudEmulator
  port.on("message", () =>
    port.postMessage(
      emulator.ledger.all()
        .filter((entry) => entry.account === phoneNumberId && entry.direction === "send")
        .map(({ at, clientMessageId, outcome }): Arrived => ({ at, clientMessageId, outcome }))
    ))
  port.postMessage(emulator.url)
  return yield* Effect.never
})

const emulator = WhatsAppCloudEmulator.layer({
  accounts: { [phoneNumberId]: { businessAccountId: "200", enforceWindow: false } }
})

const ask = <A>(provider: Worker, question: string | undefined): Promise<A> =>
  new Promise((resolve, reject) => {
    provider.once("message", resolve)
    provider.once("error", reject)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    if (question !== undefined) provider.postMessage(question)
  })

const program = Effect.fnUntraced(function*(provider: Worker, graphBaseUrl: string) {
  const accounts = yield* ChannelAccounts
  const inbound = yield* InboundEvents
  const processor = yield* InboundProcessor
  const messages = yield* Messages
  const sender = yield* OutboxSender
  const sql = yield* SqlClient.SqlClient
  const organizationId = yield* Id.next(OrganizationId)
  const within = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id: organizationId }),
      Effect.provideService(CurrentActor, systemActor("bench"))
    )
  const account = yield* within(accounts.create({
    channel: "whatsapp_cloud",
    name: "Bench",
    settings: { phoneNumberId, businessAccountId: "200", graphBaseUrl, messagesPerSecond: limit },
    secrets: { accessToken: `token-${phoneNumberId}`, appSecret: "secret", verifyToken: "verify" }
  }))
  let delivery = 0
  const ingest = (body: Uint8Array) =>
    inbound.ingest({ organizationId, channelAccountId: account.id, dedupeKey: `d${++delivery}`, body })

  for (let from = 0; from < total; from += 200) {
    yield* ingest(envelope({
      messages: Array.from({ length: Math.min(200, total - from) }, (_, index) => ({
        id: `in-${from + index}`,
        from: `6281${10_000_000 + from + index}`,
        timestamp: seconds(),
        type: "text",
        text: { body: "Hello" }
      }))
    }))
  }
  yield* processor.drain
  const conversations = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations`
  const write = (text: string) =>
    Effect.forEach(
      conversations,
      ({ id }) =>
        within(messages.send({ conversationId: Id.fromBytes<ConversationId>(id), content: { type: "text", text } })),
      { discard: true, concurrency: 8 }
    )
  const arrivals = Effect.promise(() => ask<ReadonlyArray<Arrived>>(provider, "ledger"))

  const sent = Effect.repeat(
    sql<{ readonly waiting: unknown }>`SELECT COUNT(*) AS waiting FROM conversations_outbox`,
    { until: ([row]) => Number(row?.waiting) === 0, schedule: Schedule.spaced("100 millis") }
  )

  yield* write("Good morning")
  yield* Effect.raceFirst(sender.run, sent)
  const before = (yield* arrivals).length
  const known = yield* sql<{ readonly id: string }>`SELECT provider_message_id AS id FROM conversations_messages
    WHERE direction = 'outbound' AND provider_message_id IS NOT NULL ORDER BY id`
  yield* write("Your bill is ready")

  let statusesIn = 0
  const perTick = Math.max(1, Math.round(statuses / 20))
  const load = Effect.suspend(() =>
    ingest(envelope({
      statuses: Array.from({ length: perTick }, () => {
        const index = statusesIn++
        return {
          id: known[index % known.length]!.id,
          status: ["sent", "delivered", "read"][Math.floor(index / known.length) % 3],
          timestamp: seconds(),
          recipient_id: "628111"
        }
      })
    }))
  ).pipe(Effect.repeat(Schedule.fixed("50 millis")), Effect.when(Effect.succeed(statuses > 0)))

  const begun = performance.now()
  const usedBefore = process.threadCpuUsage()
  const working = yield* Effect.forkChild(sender.run)
  const loading = yield* Effect.forkChild(load)
  const processing = yield* Effect.forkChild(
    Effect.forever(Effect.andThen(processor.runOnce, Effect.sleep("5 millis")))
  )
  yield* sent
  const took = (performance.now() - begun) / 1_000
  const used = process.threadCpuUsage(usedBefore)
  yield* Fiber.interruptAll([working, loading, processing])

  const sends = (yield* arrivals).slice(before)
  const [read] = yield* sql<{ readonly applied: unknown }>`SELECT COUNT(*) AS applied FROM core_events
    WHERE type = 'conversation.message.status_changed'`
  const outcomes = new Map<string, number>()
  for (const { outcome } of sends) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  const taken = sends.filter(({ outcome }) => outcome === "accepted")
  // The first one waits for a second after what was sent before by a sender that is gone.
  const span = (taken.at(-1)!.at - taken[0]!.at) / 1_000
  const ids = new Set(taken.map(({ clientMessageId }) => clientMessageId))
  const fullest = fullestSecond(taken.map(({ at }) => at))
  console.log(`${cpus().length} cores, ${values.database}, limit ${limit}/s, statuses aimed at ${statuses}/s`)
  console.log(`messages taken by the provider   ${taken.length} of ${total}, ${taken.length - ids.size} twice`)
  console.log(`from the first to the last        ${(taken.length / span).toFixed(0)}/s over ${span.toFixed(1)} s`)
  console.log(`in the fullest second            ${fullest} (${fullest <= limit ? "within" : "BEYOND"} the limit)`)
  console.log(`statuses taken in meanwhile      ${(statusesIn / took).toFixed(0)}/s`)
  console.log(`of those applied                 ${(Number(read?.applied) / took).toFixed(0)}/s`)
  console.log(
    `processor time of our thread      ${((used.user + used.system) / 1_000 / total).toFixed(2)} ms a message`
  )
  console.log(`the emulator's outcomes          ${JSON.stringify(Object.fromEntries(outcomes))}`)
  if (fullest > limit || taken.length !== total || ids.size !== total) process.exitCode = 1
})

const folder = isMainThread ? mkdtempSync(join(tmpdir(), "wicara-throughput-")) : tmpdir()
const server = process.env["TEST_MYSQL_URL"] ?? "mysql://root@127.0.0.1:3306"
const name = `wicara_throughput_${process.pid}`
const isMysql = values.database === "mysql"
const administer = async (statement: string) => {
  const connection = await mysql.createConnection({ uri: server })
  await connection.query(statement)
  await connection.end()
}
const database = isMysql
  ? MysqlClient.layer({ url: Redacted.make(new URL(name, `${server}/`).href), maxConnections: 16 })
  // As the server has it.
  : SqliteGroupCommit.layer({
    filename: join(folder, "bench.db"),
    pragmas: ["PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -65536", "PRAGMA wal_autocheckpoint = 4000"]
  })

const services = Layer.mergeAll(Messages.layerSql, InboundProcessor.layer(), OutboxSender.layer()).pipe(
  Layer.provideMerge(Layer.mergeAll(
    Contacts.layerSql,
    ChannelAccounts.layerSql,
    InboundEvents.layerSql,
    Layer.succeed(Assignees, { includes: () => Effect.succeed(true), hasTeam: () => Effect.succeed(true) })
  )),
  Layer.provideMerge(ChannelRegistry.layer([WhatsAppCloud.adapter])),
  Layer.provideMerge(Layer.succeed(Standing, { of: () => Effect.succeed("active" as const) })),
  Layer.provideMerge(Layer.mergeAll(Secrets.layerSql, Events.layerSql, Audit.layerSql)),
  Layer.provideMerge(MasterKeys.layerTest),
  Layer.provideMerge(NodeHttpClient.layerUndici),
  Layer.provideMerge(Layer.effectDiscard(Effect.orDie(
    Migrations.run([coreMigrations, channelMigrations, contactMigrations, migrations])
  ))),
  Layer.provideMerge(database),
  Layer.provideMerge(Signals.layer),
  Layer.provide(Layer.succeed(References.MinimumLogLevel, "Error"))
)

const run = async () => {
  if (isMysql) await administer(`CREATE DATABASE ${name}`)
  const provider = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) })
  try {
    const url = await ask<string>(provider, undefined)
    await Effect.runPromise(Effect.scoped(Effect.provide(program(provider, url), services)))
  } finally {
    await provider.terminate()
    rmSync(folder, { recursive: true, force: true })
    if (isMysql) await administer(`DROP DATABASE ${name}`)
  }
}

await (isMainThread ? run() : Effect.runPromise(Effect.scoped(Effect.provide(emulate, emulator))))
