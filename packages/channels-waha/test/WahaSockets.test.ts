/** Events read from WAHA's socket instead of webhooks, against the emulator. */
import { NodeHttpClient, NodeWS } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import type { Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WahaSockets } from "@wicara/channels-waha/WahaSockets"
import { connect, services } from "./support.ts"

const dewi = { phone: "6281300000042" }

describe.each(TestDatabase.all)("WahaSockets on $name", (database) => {
  const layer = services(database.layer).pipe(
    Layer.provideMerge(NodeWS.layerWebSocketConstructor),
    Layer.provideMerge(WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 })),
    Layer.provideMerge(NodeHttpClient.layerUndici)
  )

  /** One more process, that can be ended. */
  const process = Effect.gen(function*() {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const runner = yield* Id.next(RunnerId)
    const built = yield* Layer.buildWithScope(
      Layer.fresh(WahaSockets.layer({ reconnectAfter: "5 millis" })).pipe(
        Layer.provide(Layer.succeed(CurrentRunner, runner))
      ),
      scope
    )
    return { sockets: Context.get(built, WahaSockets), end: Scope.close(scope, Exit.void) }
  })

  /** Nobody listens to the accounts of earlier tests. */
  const alone = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`UPDATE channels_accounts SET status = 'disabled'`)

  const account = Effect.fnUntraced(function*(more: Schema.JsonObject = { transport: "websocket" }) {
    const emulator = yield* WahaEmulator
    const made = yield* connect({ baseUrl: emulator.url, ...more })
    const session: string = made.resolved.account.settings.session
    yield* emulator.setAccount(session, { webhookUrl: null })
    return { ...made, session }
  })

  const stored = Effect.fnUntraced(function*(of: { readonly organizationId: string }) {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly body: Uint8Array }>`SELECT body FROM channels_inbound_events
      WHERE organization_id = ${Id.toBytes(of.organizationId)}`
    return rows.map(({ body }) => new TextDecoder().decode(body)).filter((body) => body.includes("message.any"))
  })

  const until = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>, holds: (value: A) => boolean) {
    while (true) {
      const value = yield* effect
      if (holds(value)) return value
      yield* Effect.sleep("20 millis")
    }
  })

  const connected = (of: Effect.Success<ReturnType<typeof account>>) =>
    until(
      Effect.flatMap(ChannelAccounts, (accounts) => of.within(accounts.get(of.id))),
      ({ connection }) => connection === "connected"
    )

  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect("stores what each account's session says, once, and only that of accounts that want it", () =>
      Effect.gen(function*() {
        yield* alone
        const emulator = yield* WahaEmulator
        const one = yield* account()
        const two = yield* account()
        const posted = yield* account({})
        const { sockets } = yield* process
        assert.strictEqual(yield* sockets.sweep, 2)
        yield* connected(one)
        yield* connected(two)
        for (const { session } of [one, two, posted]) {
          yield* emulator.customerWrites({ account: session, from: dewi, content: session })
        }
        const bodies = yield* until(stored(one), (found) => found.length === 1)
        assert.include(bodies[0], one.session)
        yield* until(stored(two), (found) => found.length === 1)
        assert.deepStrictEqual(yield* stored(posted), [])
      }).pipe(Effect.scoped))

    it.effect("is held by one process at a time, and taken over when that one ends", () =>
      Effect.gen(function*() {
        yield* alone
        const emulator = yield* WahaEmulator
        const one = yield* account()
        const first = yield* process
        const second = yield* process
        assert.deepStrictEqual([yield* first.sockets.sweep, yield* second.sockets.sweep], [1, 0])
        assert.deepStrictEqual([yield* first.sockets.sweep, yield* second.sockets.sweep], [1, 0])
        yield* connected(one)
        yield* emulator.customerWrites({ account: one.session, from: dewi, content: "satu" })
        yield* until(stored(one), (found) => found.length === 1)
        yield* first.end
        assert.strictEqual(yield* second.sockets.sweep, 1)
        yield* connected(one)
        yield* until(
          Effect.tap(stored(one), () => emulator.customerWrites({ account: one.session, from: dewi, content: "dua" })),
          (found) => found.length > 1
        )
      }).pipe(Effect.scoped))

    it.effect("comes back after WAHA was away, and tells that something may be missing", () =>
      Effect.gen(function*() {
        yield* alone
        const emulator = yield* WahaEmulator
        const sql = yield* SqlClient.SqlClient
        const one = yield* account()
        const { sockets } = yield* process
        yield* sockets.sweep
        yield* connected(one)
        yield* emulator.kill
        const told = Effect.map(
          sql<{ readonly payload: string }>`SELECT payload FROM core_events
            WHERE organization_id = ${Id.toBytes(one.organizationId)} AND type = 'channel.account.connection_changed'`,
          (rows) => rows.map(({ payload }) => JSON.stringify(payload)).filter((text) => text.includes("socket.opened"))
        )
        const before = (yield* told).length
        yield* emulator.revive
        yield* until(told, (times) => times.length > before)
        yield* emulator.customerWrites({ account: one.session, from: dewi, content: "kembali" })
        yield* until(stored(one), (found) => found.length === 1)
      }).pipe(Effect.scoped))

    it.effect("lets go when the account is posted to again", () =>
      Effect.gen(function*() {
        yield* alone
        const one = yield* account()
        const { sockets } = yield* process
        assert.strictEqual(yield* sockets.sweep, 1)
        const accounts = yield* ChannelAccounts
        const { settings } = yield* one.within(accounts.get(one.id))
        yield* one.within(accounts.update(one.id, { settings: { ...settings, transport: "webhook" } }))
        assert.strictEqual(yield* sockets.sweep, 0)
        const emulator = yield* WahaEmulator
        yield* emulator.customerWrites({ account: one.session, from: dewi, content: "tidak" })
        yield* sockets.releaseLeases("all")
        assert.deepStrictEqual(yield* stored(one), [])
      }).pipe(Effect.scoped))
  })
})
