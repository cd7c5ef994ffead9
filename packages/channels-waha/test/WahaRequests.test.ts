import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as Failure from "@wicara/channels-waha/Failure"
import * as Waha from "@wicara/channels-waha/Waha"
import * as WahaApi from "@wicara/channels-waha/WahaApi"
import { WahaLimits } from "@wicara/channels-waha/WahaLimits"
import { WahaPacing } from "@wicara/channels-waha/WahaPacing"
import { WahaRequests } from "@wicara/channels-waha/WahaRequests"
import { connect, services } from "./support.ts"

const day = 86_400_000
const start = 20_000 * day

describe.each(TestDatabase.all)("requests to WAHA on $name", (database) => {
  const layer = WahaLimits.layerSql.pipe(
    Layer.provideMerge(WahaPacing.layerSql),
    Layer.provideMerge(WahaRequests.layerClient.pipe(Layer.provide(NodeHttpClient.layerUndici))),
    Layer.provideMerge(WahaRequests.layerSql),
    Layer.provideMerge(services(database.layer))
  )

  it.live("are logged with how they ended, and without whom they were about", () =>
    Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      const requests = yield* WahaRequests
      const connected = yield* connect({ baseUrl: emulator.url, session: "toko" })
      const other = yield* connect({ baseUrl: emulator.url, session: "other" })
      yield* emulator.setAccount("toko", {})
      const account: Waha.Account = connected.resolved.account
      const ask = (path: string, of: WahaApi.Reachable = account) => Failure.reply(of, { method: "GET", path })
      yield* ask(WahaApi.path`/api/${"toko"}/chats/${"6281300000042@c.us"}/messages`)
      yield* ask("/api/toko/nothing-here")
      yield* ask(WahaApi.path`/api/sessions/${"toko"}`)
      yield* ask("/ping", { ...account, settings: { ...account.settings, baseUrl: "http://127.0.0.1:1" } })
      yield* ask("/ping", {
        ...account,
        secrets: { apiKey: Redacted.make("secret-key") }
      })
      yield* requests.flush
      const list = (query: Parameters<typeof requests.list>[1]) => connected.within(requests.list(connected.id, query))
      const { data } = yield* list({})
      assert.deepStrictEqual(data.map(({ method, outcome, path, status }) => ({ method, outcome, path, status })), [
        { method: "GET", path: "/ping", outcome: "success", status: 200 },
        { method: "GET", path: "/ping", outcome: "no_answer", status: null },
        { method: "GET", path: "/api/sessions/{}", outcome: "success", status: 200 },
        { method: "GET", path: "/api/{}/nothing-here", outcome: "client_error", status: 404 },
        { method: "GET", path: "/api/{}/chats/{}/messages", outcome: "success", status: 200 }
      ])
      assert.strictEqual(data[1]?.error, "ECONNREFUSED")
      const sql = yield* SqlClient.SqlClient
      assert.notInclude(JSON.stringify(yield* sql`SELECT method, path, outcome, error FROM waha_api_requests`), "628")
      const first = yield* list({ limit: 2 })
      const second = yield* list({ limit: 3, cursor: first.nextCursor ?? "" })
      assert.deepStrictEqual([...first.data, ...second.data], data)
      assert.isNull(second.nextCursor)
      assert.lengthOf((yield* list({ outcome: "client_error" })).data, 1)
      assert.lengthOf((yield* list({ path: "/api/{}/chats" })).data, 1)
      assert.lengthOf((yield* list({ method: "POST" })).data, 0)
      assert.lengthOf((yield* other.within(requests.list(other.id, {}))).data, 0)
      assert.strictEqual((yield* Effect.flip(other.within(requests.list(connected.id, {}))))._tag, "NotFound")
    }).pipe(Effect.provide(layer), Effect.provide(WahaEmulator.layer())))

  it.live("are logged where a sent message is changed, as well", () =>
    Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      const requests = yield* WahaRequests
      const { id, resolved, within } = yield* connect({ baseUrl: emulator.url, session: "warung" })
      yield* emulator.setAccount("warung", {})
      const chat = { kind: "group", value: "120363000000000042" } as const
      const target = { chat, providerMessageId: "3EB0C0FFEE", fromBusiness: true }
      assert(Waha.adapter.act !== undefined)
      yield* Waha.adapter.act(target, { type: "delete" }, resolved.account)
      yield* requests.flush
      const path = "/api/{}/chats/{}/messages/{}"
      assert.deepStrictEqual(
        (yield* within(requests.list(id, {}))).data.map((request) => [request.method, request.path]),
        [["DELETE", path], ["GET", path], ["GET", path]]
      )
    }).pipe(Effect.provide(layer), Effect.provide(WahaEmulator.layer())))

  it.effect("are forgotten after 14 days", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const requests = yield* WahaRequests
      const { id, organizationId, within } = yield* connect()
      const request = { organizationId, channelAccountId: id, method: "GET", path: "/ping", error: null } as const
      yield* requests.add({ ...request, status: 200, durationMillis: 5 })
      yield* TestClock.adjust("14 days")
      yield* requests.add({ ...request, status: 503, durationMillis: 7 })
      yield* requests.flush
      assert.strictEqual(yield* requests.cleanup, 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* requests.cleanup, 1)
      const { data } = yield* within(requests.list(id, {}))
      assert.deepStrictEqual(data.map(({ durationMillis, outcome }) => [outcome, durationMillis]), [[
        "server_error",
        7
      ]])
    }).pipe(Effect.provide(layer)))

  it.effect("keep to limits that all processes count together, and begin anew with each span of time", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start + 1000)
      const limits = yield* WahaLimits
      const { id, organizationId, within } = yield* connect()
      const other = yield* connect()
      const key = { organizationId, channelAccountId: id }
      const asked = yield* Effect.forEach(
        Array.from({ length: 30 }),
        () => Effect.result(limits.take(key, "presence_subscriptions")),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(asked.filter(({ _tag }) => _tag === "Success").length, 20)
      const refused = yield* Effect.flip(limits.take(key, "presence_subscriptions"))
      assert.strictEqual(refused.retryAfterSeconds, 86_399)
      yield* limits.take({ organizationId: other.organizationId, channelAccountId: other.id }, "presence_subscriptions")
      const find = (kind: string) => Effect.map(within(limits.list(id)), (all) => all.find((one) => one.kind === kind))
      assert.deepInclude(yield* find("presence_subscriptions"), { allowed: 20, used: 20, perSeconds: 86_400 })
      assert.deepInclude(yield* find("messages"), { used: 0 })
      yield* TestClock.adjust("1 day")
      assert.deepInclude(yield* find("presence_subscriptions"), { used: 0 })
      yield* limits.take(key, "presence_subscriptions")
      assert.deepInclude(yield* find("presence_subscriptions"), { used: 1 })
    }).pipe(Effect.provide(layer)))
})
