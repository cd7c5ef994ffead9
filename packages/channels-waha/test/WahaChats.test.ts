/** How phones keep their chats, from WAHA's webhooks to what can be read here. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as Inbound from "@wicara/channels-waha/Inbound"
import { WahaChats } from "@wicara/channels-waha/WahaChats"
import { bytes, dewi, dewiPhone, envelope } from "./fixtures.ts"
import { connect, services } from "./support.ts"

const now = 1795200000

describe.each(TestDatabase.all)("chats of a WAHA account on $name", (database) => {
  const layer = WahaChats.layerHandler.pipe(
    Layer.provideMerge(WahaChats.layerSql),
    Layer.provideMerge(services(database.layer))
  )

  const opened = Effect.gen(function*() {
    const chats = yield* WahaChats
    const connected = yield* connect()
    const { id, organizationId, within } = connected
    return {
      ...connected,
      /** As a webhook that was sent so many seconds later. */
      hear: Effect.fnUntraced(function*(event: string, payload: object, seconds = 0) {
        const sentAt = (now + seconds) * 1000
        const body = bytes(envelope(event, payload, { timestamp: sentAt }))
        const arrival = { organizationId, channelAccountId: id, receivedAt: sentAt + 5 }
        for (const one of Inbound.decode(body, { baseUrl: "http://waha.test", session: "lintang" })) {
          for (const { handle } of yield* InboundHandlers.InboundHandlers) yield* within(handle(one, arrival))
        }
      }),
      state: (chatId: string) => within(chats.get(id, chatId)),
      list: (query: Parameters<typeof chats.list>[1] = {}) => within(chats.list(id, query))
    }
  })

  it.effect("are archived and labelled as WAHA last told, in whatever order that comes, for their organization", () =>
    Effect.gen(function*() {
      const { hear, id, list, state } = yield* opened
      const other = yield* opened
      assert.deepStrictEqual(yield* state(dewi), { chatId: dewi, archived: false, labels: [] })
      const label = { id: "6", name: "Lunas", color: 3, colorHex: "#ffd429" }

      yield* hear("chat.archive", { id: dewi, archived: true, timestamp: now })
      yield* hear("chat.archive", { id: dewi, archived: false, timestamp: now - 60 })
      yield* hear("label.chat.added", { labelId: "6", chatId: dewi, label: null }, 1)
      assert.deepStrictEqual(yield* state(dewi), {
        chatId: dewi,
        archived: true,
        labels: [{ id: "6", name: null, color: null }]
      })
      yield* hear("label.upsert", label, 2)
      yield* hear("label.chat.added", { labelId: "7", chatId: dewi, label: { id: "7", name: "Baru" } }, 3)
      yield* hear("label.chat.deleted", { labelId: "6", chatId: dewi, label }, 0)
      assert.deepStrictEqual((yield* state(dewi)).labels, [
        { id: "6", name: "Lunas", color: "#ffd429" },
        { id: "7", name: "Baru", color: null }
      ])
      // Twice is once.
      yield* hear("label.upsert", { ...label, name: "Sudah lunas" }, 5)
      yield* hear("label.upsert", { ...label, name: "Sudah lunas" }, 5)
      yield* hear("label.upsert", label, 4)
      assert.strictEqual((yield* state(dewi)).labels[0]?.name, "Sudah lunas")

      yield* hear("label.chat.added", { labelId: "6", chatId: dewiPhone, label }, 6)
      const ids = Effect.fnUntraced(function*(query: Parameters<typeof list>[0]) {
        return (yield* list(query)).data.map(({ chatId }) => chatId)
      })
      assert.deepStrictEqual(yield* ids({}), [dewiPhone, dewi])
      assert.deepStrictEqual(yield* ids({ archived: "true" }), [dewi])
      assert.deepStrictEqual(yield* ids({ archived: "false", labelId: "6" }), [dewiPhone])
      assert.deepStrictEqual(yield* ids({ labelId: "7" }), [dewi])
      const first = yield* list({ limit: 1 })
      assert.deepStrictEqual(yield* ids({ limit: 1, cursor: first.nextCursor ?? "" }), [dewi])

      yield* hear("label.deleted", { id: "6", name: "" }, 7)
      yield* hear("label.chat.deleted", { labelId: "7", chatId: dewi, label: null }, 8)
      yield* hear("chat.archive", { id: dewi, archived: false, timestamp: now + 9 })
      assert.deepStrictEqual(yield* state(dewi), { chatId: dewi, archived: false, labels: [] })

      yield* other.hear("label.chat.added", { labelId: "6", chatId: dewi, label }, 1)
      assert.deepStrictEqual((yield* other.state(dewi)).labels, [{ id: "6", name: "Lunas", color: null }])
      assert.deepStrictEqual((yield* state(dewi)).labels, [])
      const chats = yield* WahaChats
      assert.strictEqual((yield* Effect.flip(other.within(chats.get(id, dewi))))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(other.within(chats.list(id, {}))))._tag, "NotFound")
    }).pipe(Effect.provide(layer)))

  it.effect("are one under both ids of somebody whose number is known", () =>
    Effect.gen(function*() {
      const { hear, id, organizationId, state } = yield* opened
      const sql = yield* SqlClient.SqlClient
      yield* hear("chat.archive", { id: dewiPhone, archived: true, timestamp: now })
      assert.isFalse((yield* state(dewi)).archived)
      yield* sql`INSERT INTO waha_lids ${
        sql.insert({
          organization_id: Id.toBytes(organizationId),
          channel_account_id: Id.toBytes(id),
          lid: "880000000000042",
          phone: "6281300000042",
          attempts: 0,
          due_at: null
        })
      }`
      assert.deepStrictEqual(yield* state(dewi), { chatId: dewi, archived: true, labels: [] })
    }).pipe(Effect.provide(layer)))
})
