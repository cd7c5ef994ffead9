import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import * as Emulator from "@wicara/testing/Emulator"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as Inbound from "@wicara/channels-waha/Inbound"
import { syncedEvent, WahaDirectory } from "@wicara/channels-waha/WahaDirectory"
import { resolvedEvent, WahaLids } from "@wicara/channels-waha/WahaLids"
import { connect, services } from "./support.ts"

const utf8 = new TextDecoder()

const open = Effect.fnUntraced(function*(session: string) {
  const emulator = yield* WahaEmulator
  const connected = yield* connect({ baseUrl: emulator.url, session })
  yield* emulator.setAccount(session, { addressing: "phone" })
  const people = (from: number, to: number, name: string) =>
    Effect.forEach(Array.from({ length: to - from }, (_, index) => from + index), (number) =>
      emulator.customerWrites({
        account: session,
        from: { phone: `62813${String(number).padStart(6, "0")}`, name: `${name} ${number}` },
        content: "Halo"
      }), { discard: true })
  return { emulator, people, session: () => emulator.account(session), ...connected }
})

describe.each(TestDatabase.all)("the address book and groups of a WAHA account on $name", (database) => {
  const layer = WahaDirectory.layerSql.pipe(
    Layer.provideMerge(WahaLids.layerSql()),
    Layer.provideMerge(Layer.mergeAll(NodeHttpClient.layerUndici, Jobs.Jobs.layerSql)),
    Layer.provideMerge(services(database.layer)),
    Layer.provideMerge(WahaEmulator.layer({ faults: { statuses: false } }))
  )

  it.live("are read page by page, also after a crash, and forget who is gone", () =>
    Effect.gen(function*() {
      const directory = yield* WahaDirectory
      const sql = yield* SqlClient.SqlClient
      const { id, organizationId, people, session, within } = yield* open("book")
      const other = yield* connect()
      yield* people(0, 130, "Pelanggan")
      session()?.groups.set("120363@g.us", {
        id: "120363@g.us",
        subject: "RT 05",
        description: "Warga",
        inviteCode: "x",
        messagesAdminsOnly: true,
        infoAdminsOnly: false,
        members: new Map([["62813000001@c.us", "superadmin"], ["62813000002@c.us", "participant"]])
      })
      const [contacts] = yield* within(directory.start(id))
      assert.deepInclude(contacts, { kind: "contacts", state: "running", seen: 0 })
      // It is being read: nothing begins again.
      assert.deepStrictEqual((yield* within(directory.start(id)))[0], contacts)
      const startedAt = contacts!.startedAt.epochMilliseconds
      const page = { channelAccountId: id, kind: "contacts", startedAt } as const
      yield* within(directory.readPage({ ...page, offset: 0 }))
      // The same page twice, one that is not next, and one of another reading change nothing.
      yield* within(directory.readPage({ ...page, offset: 0 }))
      yield* within(directory.readPage({ ...page, offset: 200 }))
      yield* within(directory.readPage({ ...page, offset: 100, startedAt: startedAt - 1 }))
      assert.strictEqual((yield* within(directory.states(id)))[0]?.seen, 99)
      yield* within(directory.readPage({ ...page, offset: 100 }))
      yield* within(directory.readPage({ ...page, kind: "groups", offset: 0 }))
      assert.deepStrictEqual(
        (yield* within(directory.states(id))).map(({ kind, seen, state }) => [kind, seen, state]),
        [
          ["contacts", 130, "done"],
          ["groups", 1, "done"],
          ["lids", 0, "running"]
        ]
      )
      const first = yield* within(directory.contacts(id, { limit: 100 }))
      const second = yield* within(directory.contacts(id, { limit: 100, cursor: first.nextCursor ?? "" }))
      assert.strictEqual(new Set([...first.data, ...second.data].map(({ chatId }) => chatId)).size, 130)
      assert.deepInclude(first.data[7], { chatId: "62813000007@c.us", phone: "62813000007", pushName: "Pelanggan 7" })
      const { data: [group] } = yield* within(directory.groups(id, {}))
      assert.deepInclude(group, { subject: "RT 05", description: "Warga", announceOnly: true, locked: false })
      assert.deepStrictEqual(group?.members, [
        { chatId: "62813000001@c.us", role: "owner" },
        { chatId: "62813000002@c.us", role: "member" }
      ])
      assert.strictEqual((yield* Effect.flip(other.within(directory.contacts(id, {}))))._tag, "NotFound")
      assert.lengthOf((yield* other.within(directory.groups(other.id, {}))).data, 0)

      // The names reach the contacts as if WAHA had told of them.
      const told = yield* sql<{ readonly body: Uint8Array }>`SELECT body FROM channels_inbound_events
        WHERE organization_id = ${Id.toBytes(organizationId)} AND dedupe_key LIKE ${`${syncedEvent}:%`}`
      assert.lengthOf(told, 130)
      const [event] = Inbound.decode(
        new Uint8Array(told.find(({ body }) => utf8.decode(body).includes("Pelanggan 7\""))!.body),
        { baseUrl: "http://waha.test", session: "book" }
      )
      assert.deepInclude(event, {
        _tag: "ContactChanged",
        participant: { displayName: "Pelanggan 7", identities: [{ kind: "phone", value: "62813000007" }] }
      })

      // Read again: who left is forgotten, and only news are told.
      session()?.groups.delete("120363@g.us")
      yield* people(7, 8, "Bu Tujuh")
      const again = (yield* within(directory.start(id)))[0]!.startedAt.epochMilliseconds
      for (const offset of [0, 100]) yield* within(directory.readPage({ ...page, startedAt: again, offset }))
      yield* within(directory.readPage({ ...page, kind: "groups", startedAt: again, offset: 0 }))
      assert.lengthOf((yield* within(directory.groups(id, {}))).data, 0)
      const [count] = yield* sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM channels_inbound_events
        WHERE organization_id = ${Id.toBytes(organizationId)} AND dedupe_key LIKE ${`${syncedEvent}:%`}`
      assert.strictEqual(Number(count?.total), 131)
    }).pipe(Effect.provide(layer)))

  it.live("have the numbers behind hidden ids read page by page, and told of once", () =>
    Effect.gen(function*() {
      const directory = yield* WahaDirectory
      const lids = yield* WahaLids
      const sql = yield* SqlClient.SqlClient
      const { emulator, id, organizationId, people, within } = yield* open("lids")
      const other = yield* connect({ baseUrl: emulator.url, session: "lids2" })
      const key = { organizationId, channelAccountId: id }
      const theirs = { organizationId: other.organizationId, channelAccountId: other.id }
      yield* people(0, 130, "Orang")
      const one = { kind: "lid", value: "880000000000042" } as const
      yield* emulator.customerWrites({ account: "lids", from: { phone: "6281300000042", id: one.value }, content: "a" })
      // They wrote before; of the other organization nothing is read.
      yield* within(lids.seen(key, [one]))
      yield* other.within(lids.seen(theirs, [one]))
      const rows = (of: typeof key) =>
        Effect.map(
          sql<{ readonly lid: string; readonly phone: string | null; readonly due_at: unknown }>`
            SELECT lid, phone, due_at FROM waha_lids WHERE organization_id = ${Id.toBytes(of.organizationId)}`,
          (found) => new Map(found.map((row) => [row.lid, [row.phone, row.due_at !== null]]))
        )
      const told = Effect.map(
        sql<{ readonly dedupe_key: string }>`SELECT dedupe_key FROM channels_inbound_events
          WHERE organization_id = ${Id.toBytes(organizationId)} AND dedupe_key LIKE ${`${resolvedEvent}:%`}`,
        (found) => found.map((row) => row.dedupe_key)
      )
      const read = Effect.gen(function*() {
        const states = yield* within(directory.start(id))
        const startedAt = states[2]!.startedAt.epochMilliseconds
        const page = { channelAccountId: id, kind: "lids", startedAt } as const
        yield* within(directory.readPage({ ...page, offset: 0 }))
        // It crashed before it was noted that it had been read.
        yield* sql`UPDATE waha_syncs SET position = 0 WHERE kind = 'lids'`
        yield* within(directory.readPage({ ...page, offset: 0 }))
        yield* within(directory.readPage({ ...page, offset: 100 }))
        yield* sql`UPDATE waha_syncs SET finished_at = 1`
      })
      yield* read
      const kept = yield* rows(key)
      assert.strictEqual(kept.size, 132)
      assert.deepStrictEqual(kept.get(one.value), ["6281300000042", false])
      const keys = yield* told
      assert.lengthOf(keys, 132)
      assert.include(keys, `${resolvedEvent}:${one.value}:6281300000042`)
      assert.deepStrictEqual(yield* rows(theirs), new Map([[one.value, [null, true]]]))

      // Read again, nothing is told again; nobody is asked for but by the other organization.
      yield* read
      assert.lengthOf(yield* told, 132)
      assert.strictEqual(yield* lids.runOnce, 1)

      // Whoever was only on the list is told of once more when they write, without asking WAHA.
      const [listed] = [...kept].find(([, [phone]]) => phone === "62813000007")!
      yield* emulator.setAccount("lids", { status: "STOPPED" })
      const writes = within(lids.seen(key, [{ kind: "lid", value: listed }]))
      yield* writes
      yield* writes
      assert.deepStrictEqual((yield* rows(key)).get(listed), ["62813000007", true])
      assert.strictEqual(yield* lids.runOnce, 1)
      assert.include(yield* told, `${resolvedEvent}:${listed}:62813000007`)
      assert.deepStrictEqual((yield* rows(key)).get(listed), ["62813000007", false])
      assert.strictEqual(yield* lids.runOnce, 0)

      // Their number changed.
      yield* within(lids.listed(key, "lids", [{ lid: one.value, phone: "6281300000043" }]))
      assert.include(yield* told, `${resolvedEvent}:${one.value}:6281300000043`)
      assert.deepStrictEqual((yield* rows(key)).get(one.value), ["6281300000043", false])
    }).pipe(Effect.provide(layer)))

  it.live("are read by jobs, and a reading that WAHA refuses says why", () =>
    Effect.gen(function*() {
      const directory = yield* WahaDirectory
      const { emulator, id, people, within } = yield* open("jobs")
      yield* people(0, 101, "Orang")
      yield* within(directory.start(id))
      const done = within(directory.states(id)).pipe(
        Effect.repeat({ until: (states) => states.every(({ finishedAt }) => finishedAt !== null) })
      )
      assert.deepStrictEqual((yield* done).map(({ kind, seen }) => [kind, seen]), [
        ["contacts", 101],
        ["groups", 0],
        // And the number's own.
        ["lids", 102]
      ])
      yield* emulator.setAccount("jobs", { status: "STOPPED" })
      yield* within(directory.start(id))
      const refused = yield* done
      assert.deepStrictEqual(refused.map(({ state }) => state), ["failed", "failed", "failed"])
      assert.include(refused[0]?.reason, "Session status is not as expected")
      // What was read stays.
      assert.lengthOf((yield* within(directory.contacts(id, { limit: 200 }))).data, 101)
    }).pipe(Effect.provide(WahaDirectory.layerWorker.pipe(Layer.provideMerge(layer)))))

  it.live("end with a server that knows no pages", () =>
    Effect.gen(function*() {
      const directory = yield* WahaDirectory
      const book = yield* Ref.make(100)
      const { url } = yield* Emulator.serve(HttpRouter.add(
        "GET",
        "/api/*",
        (request) =>
          Effect.map(Ref.get(book), (size) =>
            HttpServerResponse.jsonUnsafe(
              request.url.includes("/groups") ? [] : Array.from({ length: size }, (_, number) => ({
                id: `62814${String(number).padStart(6, "0")}@c.us`,
                name: `Warga ${number}`,
                lid: `99${number}@lid`,
                pn: `62814${String(number).padStart(6, "0")}@c.us`
              }))
            ))
      ))
      for (const size of [100, 101]) {
        yield* Ref.set(book, size)
        const { id, within } = yield* connect({ baseUrl: url, session: "old" })
        yield* within(directory.start(id))
        const states = yield* within(directory.states(id)).pipe(
          Effect.repeat({ until: (all) => all.every(({ finishedAt }) => finishedAt !== null) })
        )
        assert.deepInclude(states[0], { kind: "contacts", state: "done" })
        assert.deepInclude(states[2], { kind: "lids", state: "done" })
        const listed = yield* within(directory.contacts(id, { limit: 200 }))
        assert.strictEqual(listed.data.length, size)
      }
    }).pipe(Effect.provide(WahaDirectory.layerWorker.pipe(Layer.provideMerge(layer)))))
})
