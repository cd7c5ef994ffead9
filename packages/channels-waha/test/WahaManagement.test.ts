import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Jobs from "@wicara/core/Jobs"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as ManagedAccount from "@wicara/channels-waha/ManagedAccount"
import { WahaChats } from "@wicara/channels-waha/WahaChats"
import { WahaFeatures } from "@wicara/channels-waha/WahaFeatures"
import { WahaCalls } from "@wicara/channels-waha/WahaCalls"
import { WahaGroups } from "@wicara/channels-waha/WahaGroups"
import { WahaLimits } from "@wicara/channels-waha/WahaLimits"
import { WahaManagement } from "@wicara/channels-waha/WahaManagement"
import { WahaOperations } from "@wicara/channels-waha/WahaOperations"
import { WahaPacing } from "@wicara/channels-waha/WahaPacing"
import { faultsOf, present, recording } from "./openapi.ts"
import type { Made } from "./openapi.ts"
import { connect, services } from "./support.ts"

const dewi = "6281300000042@c.us"

/** Only counts and the audit log are in the database; the rest asks WAHA, and needs only one. */
const [embedded] = TestDatabase.all

/** What was asked of WAHA in all of these tests. */
class Recorder extends Context.Service<Recorder, ReadonlyArray<Made>>()("test/Recorder") {
  static readonly layer = Layer.effectContext(
    Effect.map(
      recording,
      ({ client, made }) => Context.merge(Context.make(Recorder, made), Context.make(HttpClient.HttpClient, client))
    )
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))
}

const open = Effect.fnUntraced(function*(session: string) {
  const emulator = yield* WahaEmulator
  const connected = yield* connect({ baseUrl: emulator.url, session })
  yield* emulator.setAccount(session, {})
  const { id, within } = connected
  return { emulator, id, within, session: () => emulator.account(session) }
})

describe("what is managed of a WAHA account", () => {
  assert(embedded !== undefined)
  const layer = Layer.mergeAll(
    WahaManagement.layer,
    WahaGroups.layer,
    WahaCalls.layer,
    WahaOperations.layer,
    WahaFeatures.layerSql
  ).pipe(
    Layer.provideMerge(Layer.merge(WahaLimits.layerSql, WahaChats.layerSql)),
    Layer.provideMerge(WahaPacing.layerSql),
    Layer.provideMerge(Recorder.layer),
    Layer.provideMerge(Jobs.Jobs.layerSql),
    Layer.provideMerge(services(embedded.layer)),
    Layer.provideMerge(WahaEmulator.layer({ faults: { statuses: false } }))
  )
  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect("shows people, names and blocks them, and checks numbers as often as is safe", () =>
      Effect.gen(function*() {
        const management = yield* WahaManagement
        const { emulator, id, session, within } = yield* open("people")
        yield* emulator.customerWrites({
          account: "people",
          from: { phone: "6281300000042", name: "Dewi" },
          content: "Halo"
        })
        const before = yield* within(management.contact(id, dewi))
        assert.deepInclude(before, { chatId: dewi, phone: "6281300000042", pushName: "Dewi", inAddressBook: false })
        assert.include(before.pictureUrl, "6281300000042")
        yield* within(management.nameContact(id, dewi, { firstName: "Bu", lastName: "Dewi" }))
        yield* within(management.block(id, dewi))
        assert.isTrue(session()?.blocked.has(dewi))
        assert.deepInclude(yield* within(management.contact(id, dewi)), {
          name: "Bu Dewi",
          inAddressBook: true,
          blocked: true
        })
        yield* within(management.unblock(id, dewi))
        assert.isFalse((yield* within(management.contact(id, dewi))).blocked)
        yield* emulator.setAccount("people", { unreachable: ["62999000"] })
        const check = (phone: string) => within(management.checkNumber(id, phone))
        assert.deepStrictEqual(yield* check("+6281300000042"), { exists: true, chatId: dewi })
        assert.deepStrictEqual(yield* check("62999000"), { exists: false, chatId: null })
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE waha_rate_limits SET used = 100 WHERE kind = 'number_checks'`
        assert.strictEqual((yield* Effect.flip(check("62999000")))._tag, "TooManyRequests")
        const rows = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit
          WHERE action LIKE 'channel.waha.%' ORDER BY sequence`
        assert.deepStrictEqual(rows.map(({ action }) => action), [
          "channel.waha.person_named",
          "channel.waha.person_blocked",
          "channel.waha.person_unblocked"
        ])
      }))

    it.effect("lists chats page by page, archives and marks them, and deletes one that is named twice", () =>
      Effect.gen(function*() {
        const management = yield* WahaManagement
        const { emulator, id, session, within } = yield* open("chats")
        yield* emulator.setAccount("chats", { addressing: "phone" })
        for (const phone of ["62811", "62812", "62813"]) {
          yield* emulator.customerWrites({
            account: "chats",
            from: { phone: `${phone}0000000` },
            content: `Dari ${phone}`
          })
        }
        const first = yield* within(management.chats(id, { limit: 2 }))
        assert.lengthOf(first.data, 2)
        assert.match(first.data[0]?.lastMessage?.text ?? "", /^Dari/)
        const second = yield* within(management.chats(id, { limit: 2, cursor: first.nextCursor ?? "" }))
        assert.lengthOf(second.data, 1)
        assert.isNull(second.nextCursor)
        const chatId = "628110000000@c.us"
        yield* within(management.archive(id, chatId, true))
        yield* within(management.markUnread(id, chatId))
        assert.isTrue(session()?.archived.has(chatId) && session()?.unread.has(chatId))
        yield* within(management.archive(id, chatId, false))
        assert.isFalse(session()?.archived.has(chatId))
        const wrong = yield* Effect.flip(within(management.deleteChat(id, chatId, dewi)))
        assert.strictEqual(wrong._tag, "InvalidInput")
        yield* within(management.deleteChat(id, chatId, chatId))
        const missing = yield* Effect.flip(within(management.deleteChat(id, chatId, chatId)))
        assert.strictEqual(missing._tag, "NotFound")
        assert.lengthOf((yield* within(management.chats(id, {}))).data, 2)
      }))

    it.effect("marks a chat's messages as read, the latest or those of some days, and says which", () =>
      Effect.gen(function*() {
        const management = yield* WahaManagement
        const { emulator, id, session, within } = yield* open("reading")
        yield* emulator.setAccount("reading", { addressing: "phone" })
        const written = Effect.fnUntraced(function*(days: number) {
          const { providerMessageId } = yield* emulator.customerWrites({
            account: "reading",
            from: { phone: "6281300000042" },
            content: `${days}`,
            timestamp: Date.now() - days * 86_400_000
          })
          return `false_${dewi}_${providerMessageId}`
        })
        const oldest = yield* written(9)
        const older = yield* written(3)
        const latest = yield* written(0)
        const read = (input: { readonly days?: number; readonly messages?: number }) =>
          Effect.map(within(management.markRead(id, dewi, input)), ({ messageIds }) => messageIds)
        yield* within(management.markUnread(id, dewi))
        assert.deepStrictEqual(yield* read({ messages: 1 }), [latest])
        assert.isFalse(session()?.unread.has(dewi))
        assert.deepStrictEqual(yield* read({}), [older])
        assert.deepStrictEqual(yield* read({ days: 30 }), [oldest])
        assert.deepStrictEqual(yield* read({ days: 30 }), [])
      }))

    it.effect("joins groups by a code as often as is safe, whatever the engine, and knows void codes", () =>
      Effect.gen(function*() {
        const groups = yield* WahaGroups
        const owner = yield* open("owner")
        const groupId = "120363000000000042@g.us"
        owner.session()?.groups.set(groupId, {
          id: groupId,
          subject: "RT 05",
          description: "Warga",
          inviteCode: "KodeRahasia",
          messagesAdminsOnly: false,
          infoAdminsOnly: false,
          members: new Map([["15550000001@c.us", "superadmin"]])
        })
        for (const engine of ["GOWS", "NOWEB", "WEBJS", "WPP"] as const) {
          const { emulator, id, session, within } = yield* open(`guest-${engine}`)
          yield* emulator.setAccount(`guest-${engine}`, {
            engine,
            phone: `62813${engine.length}${engine.charCodeAt(0)}`
          })
          assert.deepInclude(yield* within(groups.invite(id, "KodeRahasia")), {
            groupId,
            subject: "RT 05",
            description: "Warga"
          })
          assert.strictEqual((yield* Effect.flip(within(groups.invite(id, "KodeLama"))))._tag, "NotFound")
          assert.strictEqual((yield* Effect.flip(within(groups.join(id, "KodeLama"))))._tag, "NotFound")
          assert.isFalse(session()?.groups.has(groupId))
          assert.deepStrictEqual(yield* within(groups.join(id, "KodeRahasia")), { groupId })
          assert.deepStrictEqual(yield* within(groups.join(id, "KodeRahasia")), { groupId })
          assert.isTrue(session()?.groups.has(groupId))
          yield* within(groups.join(id, "KodeRahasia"))
          yield* within(groups.join(id, "KodeRahasia"))
          assert.strictEqual((yield* Effect.flip(within(groups.join(id, "KodeRahasia"))))._tag, "TooManyRequests")
          // Of what another organization has nothing is known.
          assert.strictEqual((yield* Effect.flip(within(groups.join(owner.id, "KodeRahasia"))))._tag, "NotFound")
        }
        assert.strictEqual(owner.session()?.groups.get(groupId)?.members.size, 5)
      }))

    it.effect("sets, shows and removes the picture of a group, and has groups read again", () =>
      Effect.gen(function*() {
        const groups = yield* WahaGroups
        const { id, session, within } = yield* open("pictures")
        const groupId = "120363000000000043@g.us"
        session()?.groups.set(groupId, {
          id: groupId,
          subject: "RT 06",
          description: "",
          inviteCode: "Lain",
          messagesAdminsOnly: false,
          infoAdminsOnly: false,
          members: new Map()
        })
        const picture = within(groups.picture(id, groupId))
        assert.deepStrictEqual(yield* picture, { pictureUrl: null })
        const text = yield* Effect.flip(within(groups.setPicture(id, groupId, new TextEncoder().encode("no picture"))))
        assert.strictEqual(text._tag, "InvalidInput")
        yield* within(groups.setPicture(id, groupId, Buffer.from("\x89PNG\r\n\x1a\n", "latin1")))
        assert.match((yield* picture).pictureUrl ?? "", /^https:/)
        yield* within(groups.setPicture(id, groupId, null))
        assert.deepStrictEqual(yield* picture, { pictureUrl: null })
        assert.strictEqual((yield* Effect.flip(within(groups.picture(id, "1@g.us"))))._tag, "NotFound")
        yield* within(groups.refresh(id))
        assert.strictEqual(session()?.groupRefreshes, 1)
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE waha_rate_limits SET used = 12 WHERE kind = 'group_refreshes'`
        assert.strictEqual((yield* Effect.flip(within(groups.refresh(id))))._tag, "TooManyRequests")
        const calls = yield* WahaCalls
        yield* within(calls.reject(id, "CALL1", dewi))
      }))

    it.effect("makes, changes and gives labels, which only business accounts have", () =>
      Effect.gen(function*() {
        const management = yield* WahaManagement
        const { emulator, id, within } = yield* open("labels")
        const made = yield* within(management.writeLabel(id, undefined, { name: "Baru", color: 1 }))
        assert.deepInclude(made, { name: "Baru", color: 1, colorHex: "#64c4ff" })
        const twice = yield* Effect.flip(within(management.writeLabel(id, undefined, { name: "Baru" })))
        assert.strictEqual(twice._tag, "InvalidInput")
        yield* within(management.writeLabel(id, made.id, { name: "Lama", color: 2 }))
        assert.deepStrictEqual((yield* within(management.setChatLabels(id, dewi, [made.id]))).map(({ name }) => name), [
          "Lama"
        ])
        assert.deepStrictEqual(yield* within(management.labelledChats(id, made.id)), [{ chatId: dewi }])
        assert.deepStrictEqual(yield* within(management.setChatLabels(id, dewi, [])), [])
        yield* within(management.deleteLabel(id, made.id))
        assert.deepStrictEqual(yield* within(management.labels(id)), [])
        assert.strictEqual((yield* Effect.flip(within(management.deleteLabel(id, made.id))))._tag, "NotFound")
        yield* emulator.setAccount("labels", { business: false })
        const refused = yield* Effect.flip(within(management.labels(id)))
        assert(refused._tag === "InvalidInput" && refused.detail?.includes("Business"))
      }))

    it.effect("shows itself and follows others as far as the engine can", () =>
      Effect.gen(function*() {
        const management = yield* WahaManagement
        const { emulator, id, session, within } = yield* open("presence")
        yield* within(management.setPresence(id, "online"))
        assert.strictEqual(session()?.presence, "online")
        assert.deepStrictEqual((yield* within(management.presence(id, dewi))).people, [])
        yield* within(management.followPresence(id, dewi))
        assert.deepStrictEqual((yield* within(management.presence(id, dewi))).people, [
          { participant: dewi, presence: "online", lastSeenAt: null }
        ])
        yield* emulator.setAccount("presence", { engine: "WEBJS" })
        const refused = yield* Effect.flip(within(management.presence(id, dewi)))
        assert(refused._tag === "Conflict" && refused.detail === "The engine of this session can't do this.")
      }))

    it.effect("shows channels, the server, and the screen where there is one", () =>
      Effect.gen(function*() {
        const operations = yield* WahaOperations
        const { emulator, id, within } = yield* open("operations")
        const channelId = "120363000000000001@newsletter"
        yield* emulator.setAccount("operations", { channels: [{ id: channelId, name: "Kabar" }] })
        assert.deepStrictEqual((yield* within(operations.channels(id))).map(({ name }) => name), ["Kabar"])
        assert.deepInclude(yield* within(operations.channel(id, channelId)), { role: "SUBSCRIBER", subscribers: 1 })
        assert.strictEqual(
          (yield* Effect.flip(within(operations.channel(id, "1@newsletter"))))._tag,
          "NotFound"
        )
        assert.deepInclude(yield* within(operations.server(id)), { engine: "GOWS", version: "2026.7.1" })
        assert.strictEqual((yield* Effect.flip(within(operations.screenshot(id))))._tag, "Conflict")
        yield* emulator.setAccount("operations", { engine: "WEBJS" })
        assert.isAbove((yield* within(operations.screenshot(id))).length, 10)
        yield* emulator.setAccount("operations", { status: "STOPPED" })
        assert.strictEqual((yield* Effect.flip(within(operations.channels(id))))._tag, "Conflict")
      }))

    it.effect("remembers for a day what the number offers", () =>
      Effect.gen(function*() {
        const features = yield* WahaFeatures
        const { emulator, id, within } = yield* open("features")
        const offered = Effect.map(
          within(features.list(id)),
          (all) => all.filter((one) => one.offered).map(({ feature }) => feature)
        )
        yield* emulator.setAccount("features", { status: "STOPPED" })
        assert.strictEqual((yield* Effect.flip(within(features.list(id))))._tag, "Unavailable")
        yield* emulator.setAccount("features", { status: "WORKING" })
        assert.deepStrictEqual(yield* offered, ["channels", "labels"])
        yield* emulator.setAccount("features", { business: false, engine: "WEBJS" })
        assert.deepStrictEqual(yield* offered, ["channels", "labels"])
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE waha_business_features SET checked_at = 0`
        assert.deepStrictEqual(yield* offered, ["channels", "screenshot"])
        const labels = (yield* within(features.list(id))).find(({ feature }) => feature === "labels")
        assert.include(labels?.reason, "Business")
      }))

    it.effect("makes keys for its own session alone, shows them once, and never touches those of others", () =>
      Effect.gen(function*() {
        const operations = yield* WahaOperations
        const client = yield* HttpClient.HttpClient
        const mine = yield* open("mine")
        const other = yield* open("other")
        const made = yield* mine.within(operations.createKey(mine.id, { isActive: true, actions: { read: true } }))
        const statusFor = (key: string, session: string) =>
          Effect.map(
            client.get(`${mine.emulator.url}/api/sessions/${session}`, { headers: { "x-api-key": key } }),
            ({ status }) => status
          )
        assert.strictEqual(yield* statusFor(made.key, "mine"), 200)
        assert.strictEqual(yield* statusFor(made.key, "other"), 403)
        const listed = yield* mine.within(operations.keys(mine.id))
        assert.deepStrictEqual(listed, [{ id: made.id, isActive: true, actions: { read: true } }])
        assert.deepStrictEqual(yield* other.within(operations.keys(other.id)), [])
        const foreign = yield* Effect.flip(other.within(operations.deleteKey(other.id, made.id)))
        assert.strictEqual(foreign._tag, "NotFound")
        yield* mine.within(operations.updateKey(mine.id, made.id, { isActive: false }))
        assert.strictEqual(yield* statusFor(made.key, "mine"), 401)
        yield* mine.within(operations.deleteKey(mine.id, made.id))
        assert.deepStrictEqual(yield* mine.within(operations.keys(mine.id)), [])
        const sql = yield* SqlClient.SqlClient
        const told = yield* sql`SELECT * FROM core_audit WHERE action LIKE 'channel.waha.key%'`
        assert.lengthOf(told, 3)
        assert.notInclude(JSON.stringify(told), made.key)
        assert.strictEqual((yield* Effect.flip(other.within(operations.keys(mine.id))))._tag, "NotFound")
      }))

    it.effect("asks nothing for an account of another organization", () =>
      Effect.gen(function*() {
        const management = yield* WahaManagement
        const mine = yield* open("tenant")
        const other = yield* open("tenant2")
        assert.strictEqual((yield* Effect.flip(other.within(management.labels(mine.id))))._tag, "NotFound")
      }))

    it.effect("asks only what WAHA's OpenAPI knows", () =>
      Effect.gen(function*() {
        const made = (yield* Recorder).filter(({ url }) => !url.includes("/_emulator"))
        assert.isAtLeast(new Set(made.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).size, 30)
        if (!present) return
        const sessions = [
          "people",
          "chats",
          "labels",
          "presence",
          "operations",
          "features",
          "mine",
          "other",
          "reading",
          "pictures"
        ]
        const faults = made.flatMap((request) => {
          const session = sessions.find((one) => /\/api\/(?:sessions\/)?([^/?]+)/.exec(request.url)?.[1] === one) ?? ""
          return faultsOf(session)(request)
        })
        assert.deepStrictEqual([...new Set(faults)], [])
      }))
  })

  it("takes only ids that WAHA has", () => {
    const isChat = Schema.is(ManagedAccount.WahaChatId)
    assert.isTrue(["6281@c.us", "88@lid", "1203-44@g.us"].every((id) => isChat(id)))
    assert.isFalse(
      ["6281", "../x@c.us", "a b@c.us", "1@newsletter", "status@broadcast", "x@evil.us"].some((id) => isChat(id))
    )
  })
})
