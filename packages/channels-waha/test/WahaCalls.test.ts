/** Calls to a number at which nobody takes them, against the emulator. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { CallChanged } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as Jobs from "@wicara/core/Jobs"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as Waha from "@wicara/channels-waha/Waha"
import { WahaCalls } from "@wicara/channels-waha/WahaCalls"
import { WahaLimits } from "@wicara/channels-waha/WahaLimits"
import { WahaPacing } from "@wicara/channels-waha/WahaPacing"
import { connect, services } from "./support.ts"

const from = { id: "880000000000042", phone: "6281300000042" }

describe.each(TestDatabase.all)("calls to a WAHA account on $name", (database) => {
  const layer = WahaCalls.layerHandler.pipe(
    Layer.provideMerge(WahaCalls.layer),
    Layer.provideMerge(WahaLimits.layerSql),
    Layer.provideMerge(WahaPacing.layerSql),
    Layer.provideMerge(Layer.mergeAll(NodeHttpClient.layerUndici, Jobs.Jobs.layerSql)),
    Layer.provideMerge(services(database.layer)),
    Layer.provideMerge(WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 }))
  )

  const opened = Effect.fnUntraced(function*(session: string, rejectCalls: boolean) {
    const emulator = yield* WahaEmulator
    const connected = yield* connect({ baseUrl: emulator.url, session, rejectCalls })
    const { id, organizationId, within } = connected
    yield* emulator.setAccount(session, { webhookUrl: null })
    const hear = Effect.fnUntraced(function*(callId: string, more: Partial<CallChanged> = {}) {
      const chat = { kind: "lid", value: from.id } as const
      const arrival = { organizationId, channelAccountId: id, receivedAt: Date.now() }
      for (const { handle } of yield* InboundHandlers.InboundHandlers) {
        yield* within(handle({
          _tag: "CallChanged",
          callId,
          chat,
          participant: { identities: [chat] },
          direction: "inbound",
          status: "ringing",
          video: false,
          raw: {},
          ...more
        }, arrival))
      }
    })
    const calls = Effect.map(emulator.customerCalls({ account: session, from }), ({ callId }) => callId)
    const statusOf = (callId: string) => Effect.sync(() => emulator.account(session)?.calls.get(callId)?.status)
    const refusals = Effect.sync(() =>
      emulator.ledger.all().filter(({ account, outcome }) => account === session && outcome === "call_rejected").length
    )
    return { ...connected, calls, emulator, hear, refusals, statusOf }
  })

  const queued = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM core_jobs
      WHERE queue_name LIKE '%waha.reject-call%'`
    return Number(rows[0]?.total)
  })

  it.live("are refused once, where its settings say so, and told of as refused", () =>
    Effect.gen(function*() {
      const events = yield* InboundEvents
      const closed = yield* opened("closed", true)
      const open = yield* opened("open", false)
      const callId = yield* closed.calls
      yield* closed.hear(callId)
      yield* closed.hear(callId)
      yield* open.hear(yield* open.calls)
      yield* closed.statusOf(callId).pipe(
        Effect.repeat({ until: (status) => status === "rejected" }),
        Effect.timeout("10 seconds")
      )
      const told = yield* events.claim({ limit: 10, leaseFor: "1 minute" }).pipe(
        Effect.repeat({ until: (claimed) => claimed.length > 0 }),
        Effect.timeout("10 seconds")
      )
      const decoded = yield* Effect.forEach(told, ({ body }) => Waha.adapter.decode(body, closed.resolved.account))
      assert.deepStrictEqual(
        decoded.flat().map((event) => event._tag === "CallChanged" ? [event.callId, event.status, event.chat] : []),
        [[callId, "rejected", { kind: "lid", value: from.id }]]
      )
      assert.strictEqual(yield* closed.refusals, 1)
      assert.strictEqual(yield* open.refusals, 0)
    }).pipe(Effect.provide(WahaCalls.layerWorker.pipe(Layer.provideMerge(layer)))))

  it.live("are left alone when they ring no more, were taken, or go out", () =>
    Effect.gen(function*() {
      const calls = yield* WahaCalls
      const { hear, id, refusals, within } = yield* opened("late", true)
      yield* hear("LATE", { timestamp: Date.now() - 61_000 })
      yield* hear("TAKEN", { status: "accepted" })
      yield* hear("OUT", { direction: "outbound" })
      assert.strictEqual(yield* queued, 0)
      const job = { channelAccountId: id, callId: "OLD", from: `${from.id}@lid` }
      yield* within(calls.refuse({ ...job, rangAt: Date.now() - 61_000 }))
      assert.strictEqual(yield* refusals, 0)
      // Another organization can't refuse it, and a session that is away is asked again.
      const other = yield* opened("others", true)
      yield* other.within(calls.refuse({ ...job, rangAt: Date.now() }))
      assert.strictEqual(yield* refusals, 0)
      yield* other.emulator.setAccount("late", { status: "STARTING" })
      const failed = yield* Effect.flip(within(calls.refuse({ ...job, rangAt: Date.now() })))
      assert(failed._tag === "ProviderFailure" && failed.kind === "later")
    }).pipe(Effect.provide(layer)))

  it.live("are refused by whoever asks for it, in their own organization alone, and that is audited", () =>
    Effect.gen(function*() {
      const calls = yield* WahaCalls
      const sql = yield* SqlClient.SqlClient
      const { calls: ring, id, statusOf, within } = yield* opened("asked", false)
      const other = yield* opened("stranger", false)
      const callId = yield* ring
      const caller = `${from.id}@lid`
      assert.strictEqual((yield* Effect.flip(other.within(calls.reject(id, callId, caller))))._tag, "NotFound")
      assert.strictEqual(yield* statusOf(callId), "ringing")
      yield* within(calls.reject(id, callId, caller))
      assert.strictEqual(yield* statusOf(callId), "rejected")
      const rows = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit
        WHERE action LIKE 'channel.waha.%'`
      assert.deepStrictEqual(rows.map(({ action }) => action), ["channel.waha.call_rejected"])
    }).pipe(Effect.provide(layer)))
})
