/**
 * Pages of an inbox and of a conversation's history, with ten thousand and with a million messages in the table: what a
 * page costs must not depend on how much there is.
 *
 * `node bench/history.ts [--large 1000000] [--small 10000] [--database sqlite|mysql] [--json]`
 */
import { MysqlClient } from "@effect/sql-mysql2"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Logger, ManagedRuntime, Redacted, References } from "effect"
import { FetchHttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import * as mysql from "mysql2/promise"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import { ContactId } from "@wicara/contacts/Contact"
import { Contacts } from "@wicara/contacts/Contacts"
import { migrations as contactMigrations } from "@wicara/contacts/sql/migrations"
import { Assignees } from "@wicara/conversations/Assignees"
import { ConversationId } from "@wicara/conversations/Conversation"
import { Conversations } from "@wicara/conversations/Conversations"
import * as MessageOrder from "@wicara/conversations/MessageOrder"
import { Messages } from "@wicara/conversations/Messages"
import { migrations as conversationMigrations } from "@wicara/conversations/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { Standing } from "@wicara/core/Standing"
import { transaction, varying } from "@wicara/core/Sql"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"

const { values: options } = parseArgs({
  options: {
    large: { type: "string", default: "1000000" },
    small: { type: "string", default: "10000" },
    database: { type: "string", default: "both" },
    json: { type: "boolean", default: false }
  }
})

type Database = "sqlite" | "mysql"

const mysqlServer = process.env["TEST_MYSQL_URL"] ?? "mysql://root@127.0.0.1:3306"
const start = 1_790_000_000_000
const perConversation = 100
const progress = (line: string) => process.stderr.write(`${line}\n`)

const services = (url: string) =>
  Layer.mergeAll(Conversations.layerSql, Messages.layerSql).pipe(
    Layer.provideMerge(Layer.mergeAll(
      Contacts.layerSql,
      ChannelAccounts.layerSql.pipe(
        Layer.provide(ChannelRegistry.layer([])),
        Layer.provide(FetchHttpClient.layer),
        Layer.provide([Secrets.layerSql, Audit.layerSql]),
        Layer.provide(MasterKeys.layerTest)
      ),
      Layer.succeed(Assignees, { includes: () => Effect.succeed(true), hasTeam: () => Effect.succeed(true) })
    )),
    Layer.provideMerge([Events.layerSql, Audit.layerSql, Standing.layerConstant("active")]),
    Layer.provideMerge(Layer.effectDiscard(
      Migrations.run([coreMigrations, channelMigrations, contactMigrations, conversationMigrations])
    )),
    Layer.provideMerge(Signals.layer),
    Layer.provideMerge(
      url.startsWith("mysql:")
        ? MysqlClient.layer({ url: Redacted.make(url), maxConnections: 4 })
        : SqliteClient.layer({ filename: url })
    ),
    Layer.provide(Layer.succeed(References.MinimumLogLevel, "Error")),
    Layer.provide(Logger.layer([Logger.defaultLogger]))
  )

/** Rows as the services write them: conversations of `perConversation` messages, their messages mixed in time. */
const fill = Effect.fnUntraced(function*(organization: OrganizationId, total: number) {
  const sql = yield* SqlClient.SqlClient
  const organizationId = Id.toBytes(organization)
  const accountId = Id.toBytes(yield* Id.next(ChannelAccountId))
  const insert = (table: string, rows: ReadonlyArray<Record<string, unknown>>) =>
    varying(sql, sql`INSERT INTO ${sql(table)} ${sql.insert(rows as never)}`)
  yield* insert("channels_accounts", [{
    organization_id: organizationId,
    id: accountId,
    channel: "bench",
    name: "Bench",
    settings: "{}",
    status: "active",
    connection: "unknown",
    created_at: start,
    updated_at: start
  }])
  const count = total / perConversation
  const conversations: Array<ConversationId> = []
  for (let from = 0; from < count; from += 500) {
    const contacts = []
    const rows = []
    for (let index = from; index < Math.min(from + 500, count); index++) {
      const contactId = Id.toBytes(yield* Id.next(ContactId))
      const id = yield* Id.next(ConversationId)
      conversations.push(id)
      contacts.push({
        organization_id: organizationId,
        id: contactId,
        display_name: `Customer ${index}`,
        attributes: "{}",
        marketing_state: "unknown",
        all_state: "unknown",
        created_at: start,
        updated_at: start
      })
      rows.push({
        organization_id: organizationId,
        id: Id.toBytes(id),
        channel_account_id: accountId,
        contact_id: contactId,
        chat_kind: "phone",
        chat_value: `62811${index}`,
        is_current: 1,
        lifecycle: index % 3 === 0 ? "resolved" : "bot_active",
        ownership: index % 5 === 0 ? "human" : "bot",
        epoch: 0,
        ownership_changed_at: start,
        last_message_at: start + total * 1000 + ((index * 7919) % count) * 1000,
        last_inbound_at: start,
        preview: "My connection has been slow since this morning",
        preview_direction: "inbound",
        unread: 0,
        opened_at: start
      })
    }
    yield* transaction(
      sql,
      Effect.andThen(insert("contacts_contacts", contacts), insert("conversations_conversations", rows))
    )
  }
  const content = JSON.stringify({
    type: "text",
    text: "My connection has been slow since this morning, can you check it please? ".repeat(2)
  })
  let written = 0
  for (let round = 0; round < perConversation; round++) {
    for (let from = 0; from < count; from += 1000) {
      const rows = conversations.slice(from, from + 1000).map((conversation, index) => {
        const sentAt = start + round * count + from + index
        const id = MessageOrder.makeId({ sentAt, receivedAt: sentAt, index: 0 })
        const inbound = round % 2 === 0
        return {
          organization_id: organizationId,
          conversation_id: Id.toBytes(conversation),
          id: Id.toBytes(id),
          channel_account_id: accountId,
          provider_message_id: `wamid.${id}`,
          direction: inbound ? "inbound" : "outbound",
          author: inbound ? "contact" : "bot",
          content,
          forwarded: 0,
          sent_at: sentAt,
          received_at: sentAt,
          status: inbound ? null : "delivered",
          status_rank: inbound ? -1 : 6
        }
      })
      yield* transaction(sql, insert("conversations_messages", rows))
      written += rows.length
      if (written % 100_000 < rows.length) progress(`  ${written} of ${total} messages`)
    }
  }
  return conversations
})

interface Timing {
  readonly inbox: number
  readonly deepInbox: number
  readonly filtered: number
  readonly history: number
  readonly olderHistory: number
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

type Calls = Record<keyof Timing, (turn: number) => Effect.Effect<unknown, unknown>>

/** Fills a database and returns the pages to ask for; each call asks for other rows. */
const prepare = Effect.fnUntraced(function*(total: number) {
  const organization = yield* Id.next(OrganizationId)
  const ids = yield* fill(organization, total)
  const conversations = yield* Conversations
  const messages = yield* Messages
  const acting = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id: organization }),
      Effect.provideService(CurrentActor, systemActor("bench"))
    )
  const list = (query: { readonly limit: number; readonly cursor?: string; readonly ownership?: "human" }) =>
    conversations.list(query).pipe(acting)
  const history = (id: ConversationId, query: { readonly limit: number; readonly cursor?: string }) =>
    messages.list(id, query).pipe(acting)
  let cursor = (yield* list({ limit: 50 })).nextCursor ?? ""
  for (let page = 1; page < 2; page++) cursor = (yield* list({ limit: 25, cursor })).nextCursor ?? cursor
  const pick = (turn: number) => ids[(turn * 7919) % ids.length]!
  const older = new Map<ConversationId, string>()
  for (let turn = 0; turn < turns; turn++) {
    if (!older.has(pick(turn))) older.set(pick(turn), (yield* history(pick(turn), { limit: 25 })).nextCursor!)
  }
  const calls: Calls = {
    inbox: () => list({ limit: 50 }),
    deepInbox: () => list({ limit: 25, cursor }),
    filtered: () => list({ limit: 20, ownership: "human" }),
    history: (turn) => history(pick(turn), { limit: 50 }),
    olderHistory: (turn) => history(pick(turn), { limit: 50, cursor: older.get(pick(turn))! })
  }
  return calls
})

const turns = 600
const warm = 100

/** The median of many calls, milliseconds, of the small and the large database in turn: a busy moment meets both. */
const compare = async (small: Calls, large: Calls, page: keyof Timing): Promise<readonly [number, number]> => {
  const times: readonly [Array<number>, Array<number>] = [[], []]
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, calls] of [small, large].entries()) {
      const began = performance.now()
      await Effect.runPromise(calls[page](turn))
      if (turn >= warm) times[index]!.push(performance.now() - began)
    }
  }
  return [median(times[0]), median(times[1])]
}

const measure = async (database: Database) => {
  const folder = mkdtempSync(join(tmpdir(), "wicara-bench-"))
  const admin = database === "mysql" ? await mysql.createConnection({ uri: mysqlServer }) : undefined
  const opened: Array<{ readonly name: string; readonly runtime: ManagedRuntime.ManagedRuntime<any, unknown> }> = []
  const open = async (total: number): Promise<Calls> => {
    const name = `wicara_bench_${randomUUID().replaceAll("-", "")}`
    await admin?.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    const url = database === "mysql" ? new URL(`/${name}`, mysqlServer).toString() : join(folder, `${total}.db`)
    const runtime = ManagedRuntime.make(services(url))
    opened.push({ name, runtime })
    progress(`${database}, ${total} messages`)
    return await runtime.runPromise(prepare(total))
  }
  try {
    const small = await open(Number(options.small))
    const large = await open(Number(options.large))
    const rows = []
    for (const page of Object.keys(names) as ReadonlyArray<keyof Timing>) {
      const [few, many] = await compare(small, large, page)
      rows.push({ database, page: names[page], small: few, large: many, ratio: many / few })
    }
    return rows
  } finally {
    for (const { name, runtime } of opened) {
      await runtime.dispose()
      await admin?.query(`DROP DATABASE IF EXISTS ${name}`)
    }
    await admin?.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (!["sqlite", "mysql", "both"].includes(options.database)) {
  process.stderr.write("bench/history: --database is sqlite, mysql or both\n")
  process.exit(2)
}
const databases: ReadonlyArray<Database> = options.database === "both"
  ? ["sqlite", "mysql"]
  : [options.database as Database]
const names: Record<keyof Timing, string> = {
  inbox: "inbox, first page of 50",
  deepInbox: "inbox, a later page",
  filtered: "inbox, of one owner",
  history: "history, last 50",
  olderHistory: "history, older 50"
}
const rows = []
for (const database of databases) rows.push(...(await measure(database)))
if (options.json) {
  process.stdout.write(`${JSON.stringify({ small: Number(options.small), large: Number(options.large), rows })}\n`)
} else {
  process.stdout.write(
    `${"median ms".padEnd(34)}${options.small.padStart(10)}${options.large.padStart(12)}${"ratio".padStart(8)}\n`
  )
  for (const row of rows) {
    process.stdout.write(
      `${`${row.database}: ${row.page}`.padEnd(34)}${row.small.toFixed(2).padStart(10)}${
        row.large.toFixed(2).padStart(12)
      }${`${row.ratio.toFixed(2)}x`.padStart(8)}\n`
    )
  }
}
const slow = rows.filter((row) => row.ratio > 1.5)
if (slow.length > 0) {
  process.stderr.write(`not met (1.5x): ${slow.map((row) => `${row.database}: ${row.page}`).join("; ")}\n`)
  process.exitCode = 1
}
