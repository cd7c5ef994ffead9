/** What is left of people after the account through which they were read is removed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { EventLog } from "@wicara/core/EventLog"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaChats } from "@wicara/channels-waha/WahaChats"
import * as WahaConsumers from "@wicara/channels-waha/WahaConsumers"
import { module } from "@wicara/channels-waha/module"
import { dewi, dewiPhone } from "./fixtures.ts"
import { connect, services } from "./support.ts"

type Connected = Effect.Success<ReturnType<typeof connect>>

describe.each(TestDatabase.all)("a removed WAHA account on $name", (database) => {
  const layer = Layer.merge(WahaConsumers.layer, WahaChats.layerSql).pipe(
    Layer.provideMerge(EventConsumers.layerSql.pipe(Layer.provideMerge(EventLog.layerSql))),
    Layer.provideMerge(services(database.layer))
  )

  /** Somebody in the address book, with a hidden number, who was written to first and whose chat is followed. */
  const knowDewi = Effect.fnUntraced(function*({ id, organizationId }: Connected) {
    const sql = yield* SqlClient.SqlClient
    const key = { organization_id: Id.toBytes(organizationId), channel_account_id: Id.toBytes(id) }
    const at = 1_795_000_000_000
    yield* sql`INSERT INTO waha_contacts ${
      sql.insert({ ...key, chat_id: dewi, phone: dewiPhone, in_address_book: 1, blocked: 0, synced_at: at })
    }`
    yield* sql`INSERT INTO waha_lids ${sql.insert({ ...key, lid: dewi, phone: dewiPhone, attempts: 0 })}`
    yield* sql`INSERT INTO waha_chats ${sql.insert({ ...key, chat_id: dewi, archived: 1, changed_at: at })}`
    yield* sql`INSERT INTO waha_chat_labels ${
      sql.insert({ ...key, chat_id: dewi, label_id: "6", added: 1, changed_at: at })
    }`
    yield* sql`INSERT INTO waha_followed_chats ${sql.insert({ ...key, chat_id: dewi, wrote_at: at })}`
    yield* sql`INSERT INTO waha_groups ${
      sql.insert({ ...key, chat_id: "1@g.us", subject: "Keluarga", members: JSON.stringify([dewi]), synced_at: at })
    }`
    yield* sql`INSERT INTO waha_first_contacts ${
      sql.insert({
        ...key,
        conversation_id: key.channel_account_id,
        address_kind: "phone",
        address: dewiPhone,
        contacted_at: at
      })
    }`
  })

  /** The tables that have rows of the account. */
  const kept = Effect.fnUntraced(function*({ id }: Connected) {
    const sql = yield* SqlClient.SqlClient
    const tables: Array<string> = []
    for (const { table } of module.data) {
      const rows = yield* sql`SELECT 1 FROM ${sql(table)} WHERE channel_account_id = ${Id.toBytes(id)}`
      if (rows.length > 0) tables.push(table)
    }
    return tables
  })

  it.live("leaves nobody behind, and nothing of others is touched", () =>
    Effect.gen(function*() {
      const accounts = yield* ChannelAccounts
      const removed = yield* connect()
      const other = yield* connect()
      yield* knowDewi(removed)
      yield* knowDewi(other)
      const before = yield* kept(other)
      assert.lengthOf(before, 7)
      assert.deepStrictEqual(yield* kept(removed), before)
      yield* removed.within(accounts.delete(removed.id))
      yield* EventConsumers.use((consumers) => consumers.settled)
      assert.deepStrictEqual(yield* kept(removed), [])
      assert.deepStrictEqual(yield* kept(other), before)
      const chats = yield* WahaChats
      assert.isTrue((yield* other.within(chats.get(other.id, dewi))).archived)
    }).pipe(Effect.provide(layer)))
})
