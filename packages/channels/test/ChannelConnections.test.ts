import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { decodeQR } from "qr/decode.js"
import { inflateSync } from "node:zlib"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelConnections } from "@wicara/channels/ChannelConnections"
import * as QrCode from "@wicara/channels/QrCode"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as MemoryLifecycle from "@wicara/testing/testkit/channel/MemoryLifecycle"
import { account, onBench } from "./memory.ts"
import { actingFor } from "./support.ts"

const changesOf = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ readonly payload: string }>`SELECT payload FROM core_events
      WHERE type = 'channel.account.connection_changed' ORDER BY id`,
    (rows) => rows.map((row) => JSON.parse(row.payload).connection)
  ))

describe.each(TestDatabase.all)("ChannelConnections on $name", (database) => {
  it.effect("connects by a QR code that is renewed when it expires, and every process knows", () =>
    onBench(
      database,
      Effect.fnUntraced(function*(bench) {
        const { session } = bench.provider
        Object.assign(session, { paired: false, status: "ended" })
        const connections = yield* ChannelConnections
        const elsewhere = yield* Effect.provide(ChannelConnections, bench.elsewhere)
        const { acting, id } = yield* account()
        const begun = yield* connections.connect(id, { method: "qr" }).pipe(acting)
        assert.deepInclude(begun.state, { _tag: "ScanQr", qr: "memory:1001:1" })
        assert.deepStrictEqual(begun.methods, ["credentials", "qr", "code"])
        assert.strictEqual(session.webhook?.url, `http://localhost:3000/v1/inbound/${id}`)
        const asked = bench.requests
        assert.deepStrictEqual((yield* elsewhere.get(id).pipe(acting)).state, begun.state)
        assert.strictEqual(bench.requests, asked)
        yield* TestClock.adjust(MemoryLifecycle.codeLifetime)
        const renewed = yield* elsewhere.get(id).pipe(acting)
        assert.deepInclude(renewed.state, { _tag: "ScanQr", qr: "memory:1001:2" })
        assert.strictEqual(renewed.revision, begun.revision + 1)
        MemoryLifecycle.pair(session)
        yield* TestClock.adjust("3 seconds")
        const done = yield* connections.get(id).pipe(acting)
        assert.deepStrictEqual(done.state, { _tag: "Connected", as: "1001" })
        const known = yield* Effect.flatMap(ChannelAccounts, (accounts) => accounts.get(id)).pipe(acting)
        assert.strictEqual(known.connection, "connected")
        assert.deepStrictEqual(yield* changesOf, ["needs_action", "connected"])
        assert.deepStrictEqual((yield* connections.inspect(id).pipe(acting)).findings, [])
      })
    ))

  it.effect("tells those who follow of every change once", () =>
    onBench(
      database,
      Effect.fnUntraced(function*({ provider }) {
        Object.assign(provider.session, { paired: false, status: "ended" })
        const connections = yield* ChannelConnections
        const { acting, id } = yield* account()
        const changes = yield* connections.changes(id).pipe(acting)
        const seen: Array<string> = []
        const reached = yield* Deferred.make<void>()
        const follower = yield* changes.pipe(
          Stream.tap(({ state }) => {
            seen.push(state?._tag ?? "")
            if (state?._tag === "ScanQr") return connections.connect(id, { method: "qr" }).pipe(acting, Effect.ignore)
            return state?._tag === "Connected" ? Deferred.succeed(reached, undefined) : Effect.void
          }),
          Stream.runDrain,
          Effect.forkChild
        )
        const until = (done: () => boolean) =>
          Effect.gen(function*() {
            while (!done()) {
              yield* TestClock.adjust("1 second")
              yield* TestClock.withLive(Effect.sleep(2))
            }
          })
        yield* until(() => seen.length === 1)
        yield* connections.connect(id, { method: "qr" }).pipe(acting)
        yield* until(() => seen.length === 2)
        MemoryLifecycle.pair(provider.session)
        yield* until(() => seen.length === 3)
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(follower)
        assert.deepStrictEqual(seen, ["Disconnected", "ScanQr", "Connected"])
      })
    ))

  it.effect("makes no state of silence, and none of an answer that was overtaken", () =>
    onBench(
      database,
      Effect.fnUntraced(function*(bench) {
        const connections = yield* ChannelConnections
        const { acting, id } = yield* account()
        yield* connections.get(id).pipe(acting)
        bench.hanging.add("1001")
        yield* TestClock.adjust("1 minute")
        const asking = yield* connections.get(id).pipe(acting, Effect.forkChild)
        for (let step = 0; step < 40; step++) {
          yield* TestClock.withLive(Effect.sleep(2))
          yield* TestClock.adjust("1 second")
        }
        const silent = yield* Fiber.join(asking)
        assert.deepInclude(silent.state, { _tag: "Connected" })
        assert.strictEqual(silent.problem?.code, "no_answer")
        bench.hanging.clear()
        // One answer stays on its way while the next one is asked for and comes.
        const gate = yield* Deferred.make<void>()
        yield* TestClock.adjust("1 minute")
        bench.provider.session.status = "failed"
        bench.before = Deferred.await(gate)
        const slow = yield* connections.get(id).pipe(acting, Effect.forkChild)
        while (bench.requests < 3) yield* TestClock.withLive(Effect.sleep(2))
        yield* TestClock.adjust(1)
        bench.before = Effect.void
        MemoryLifecycle.pair(bench.provider.session)
        const elsewhere = yield* Effect.provide(ChannelConnections, bench.elsewhere)
        assert.deepInclude((yield* elsewhere.get(id).pipe(acting)).state, { _tag: "Connected" })
        yield* Deferred.succeed(gate, undefined)
        assert.deepInclude((yield* Fiber.join(slow)).state, { _tag: "Connected" })
        assert.deepStrictEqual(yield* changesOf, ["connected"])
      })
    ))

  it.effect("wants refused credentials replaced, says so once, and goes on with other ones", () =>
    onBench(
      database,
      Effect.fnUntraced(function*({ provider }) {
        const connections = yield* ChannelConnections
        const accounts = yield* ChannelAccounts
        const { acting, id } = yield* account()
        yield* connections.get(id).pipe(acting)
        provider.withdraw(true)
        for (let round = 0; round < 3; round++) {
          yield* TestClock.adjust("31 seconds")
          assert.strictEqual((yield* connections.get(id).pipe(acting)).state?._tag, "Reauthorize")
        }
        assert.strictEqual((yield* accounts.lookup(id)).hold?.code, "reauthorize")
        assert.deepStrictEqual(yield* changesOf, ["connected", "needs_action"])
        provider.withdraw(false)
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* connections.get(id).pipe(acting)).state?._tag, "Connected")
        assert.isNull((yield* accounts.lookup(id)).hold)
        assert.deepStrictEqual(yield* changesOf, ["connected", "needs_action", "connected"])
      })
    ))

  it.effect("finds webhooks that lead elsewhere, and mends them", () =>
    onBench(
      database,
      Effect.fnUntraced(function*({ provider }) {
        const connections = yield* ChannelConnections
        const { acting, id } = yield* account()
        provider.session.webhook = { url: "https://elsewhere.example", key: "another" }
        assert.isNull((yield* connections.setup(id).pipe(acting)).inspectedAt)
        const found = yield* connections.inspect(id).pipe(acting)
        assert.deepStrictEqual(found.findings.map(({ code }) => code), ["webhook_elsewhere"])
        assert.deepStrictEqual((yield* connections.repair(id).pipe(acting)).findings, [])
        assert.strictEqual(provider.session.webhook?.key, "hook-of-1001-77ab")
        assert.deepStrictEqual((yield* connections.setup(id).pipe(acting)).findings, [])
      })
    ))

  it.effect("lets go, remembers who did it, and shows nothing to another organization", () =>
    onBench(
      database,
      Effect.fnUntraced(function*({ provider }) {
        const connections = yield* ChannelConnections
        const sql = yield* SqlClient.SqlClient
        const { acting, id } = yield* account()
        const stranger = actingFor(yield* Id.next(OrganizationId))
        const attempts: ReadonlyArray<
          Effect.Effect<unknown, { readonly _tag: string }, CurrentOrganization | CurrentActor>
        > = [
          connections.connect(id, { method: "qr" }),
          connections.get(id),
          connections.restart(id),
          connections.disconnect(id, { forget: true }),
          connections.changes(id),
          connections.inspect(id),
          connections.repair(id)
        ]
        for (const attempt of attempts) {
          assert.strictEqual((yield* Effect.flip(stranger(attempt)))._tag, "NotFound")
        }
        const wrong = yield* Effect.flip(connections.connect(id, { method: "code" }).pipe(acting))
        assert.strictEqual(wrong._tag === "InvalidInput" && wrong.field, "/phone")
        yield* connections.restart(id).pipe(acting)
        assert.strictEqual(provider.session.restarts, 1)
        const ended = yield* connections.disconnect(id, { forget: true }).pipe(acting)
        assert.strictEqual(ended.state?._tag, "Disconnected")
        assert.isNull(provider.session.webhook)
        const code = yield* connections.connect(id, { method: "code", phone: "+6281300000099" }).pipe(acting)
        assert.deepInclude(code.state, { _tag: "EnterCode", code: "ABCD-1001" })
        const audited = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit ORDER BY id`
        assert.deepStrictEqual(
          audited.map(({ action }) => action.replace("channel.account.", "")),
          ["created", "restarted", "disconnected", "connecting"]
        )
      })
    ))
})

describe("QrCode", () => {
  const text = "2@AbCd0123456789/+,abcdefghijklmnopqrstuvwxyz==,ABCDEFGHIJKLMNOP==,1"

  it("draws a PNG that scanners read", () => {
    const png = Buffer.from(QrCode.png(text))
    assert.strictEqual(png.subarray(1, 4).toString("latin1"), "PNG")
    const size = png.readUInt32BE(16)
    const data = png.subarray(png.indexOf("IDAT") + 4, png.indexOf("IEND") - 8)
    const rows = inflateSync(data)
    const pixels = new Uint8Array(size * size * 4)
    const bytes = size / 8 + 1
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const light = (rows[y * bytes + 1 + (x >> 3)]! >> (7 - (x & 7))) & 1
        pixels.set([light * 255, light * 255, light * 255, 255], (y * size + x) * 4)
      }
    }
    assert.strictEqual(decodeQR({ width: size, height: size, data: pixels }), text)
  })

  it("draws lines that scanners read from a terminal", () => {
    const lines = QrCode.terminal(text).split("\n")
    const width = lines[0]!.length
    const size = width * 4
    const pixels = new Uint8Array(size * size * 4)
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const sign = lines[y >> 3]?.[x >> 2] ?? "█"
        const isUpper = ((y >> 2) & 1) === 0
        const light = sign === "█" || sign === (isUpper ? "▀" : "▄") ? 255 : 0
        pixels.set([light, light, light, 255], (y * size + x) * 4)
      }
    }
    assert.strictEqual(decodeQR({ width: size, height: size, data: pixels }), text)
    assert.include(QrCode.svg(text), "<svg")
  })
})
