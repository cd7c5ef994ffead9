import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { AccountTraffic } from "@wicara/channels/AccountTraffic"
import type { Traffic } from "@wicara/channels/AccountTraffic"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaFigures } from "@wicara/channels-waha/WahaFigures"
import { WahaRequests } from "@wicara/channels-waha/WahaRequests"
import { connect, services } from "./support.ts"

const day = 86_400_000
const start = 20_000 * day
const nothing: Traffic = { received: 0, sent: 0, delivered: 0, read: 0, failed: 0, newContacts: 0 }

/** What went through accounts, by the beginning of the day. */
class Stored extends Context.Service<Stored, Map<number, Traffic>>()("test/Stored") {
  static readonly layer = Layer.effectContext(Effect.sync(() => {
    const days = new Map<number, Traffic>()
    return Context.make(Stored, days).pipe(Context.add(AccountTraffic, {
      between: (_, from) => Effect.succeed(days.get(from) ?? nothing)
    }))
  }))
}

describe.each(TestDatabase.all)("daily figures of WAHA accounts on $name", (database) => {
  const layer = WahaFigures.layerSql.pipe(
    Layer.provideMerge(ChannelChecks.layer()),
    Layer.provideMerge(NodeHttpClient.layerUndici),
    Layer.provideMerge(WahaRequests.layerSql),
    Layer.provideMerge(Stored.layer),
    Layer.provideMerge(services(database.layer))
  )

  it.effect("are the same however often they are computed, follow late statuses, and make up for missed days", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start + 1000)
      const figures = yield* WahaFigures
      const requests = yield* WahaRequests
      const stored = yield* Stored
      const sql = yield* SqlClient.SqlClient
      const { id, organizationId, within } = yield* connect()
      const other = yield* connect()
      stored.set(start, { ...nothing, received: 4, sent: 3, newContacts: 1 })
      const request = { organizationId, channelAccountId: id, method: "GET", path: "/ping", durationMillis: 1 } as const
      yield* requests.add({ ...request, status: 200, error: null })
      yield* requests.add({ ...request, status: 500, error: null })
      yield* requests.add({ ...request, status: null, error: "timeout" })
      yield* requests.flush
      yield* sql`INSERT INTO channels_account_days ${
        sql.insert({
          organization_id: Id.toBytes(organizationId),
          channel_account_id: Id.toBytes(id),
          day: 20_000,
          checks: 4,
          failed: 1,
          took_millis: 0
        })
      }`
      yield* Effect.all([figures.compute, figures.compute], { concurrency: "unbounded" })
      yield* figures.compute
      const list = (query: Parameters<typeof figures.list>[1] = {}) => within(figures.list(id, query))
      const today = {
        day: "2024-10-04",
        received: 4,
        sent: 3,
        delivered: 0,
        read: 0,
        failed: 0,
        newContacts: 1,
        requests: 3,
        requestErrors: 2,
        uptime: 0.75
      }
      assert.deepStrictEqual((yield* list()).at(-1), today)
      // A day that is over is not counted again, however many requests are kept.
      yield* TestClock.adjust("1 day")
      yield* figures.compute
      yield* sql`DELETE FROM waha_api_requests WHERE channel_account_id = ${Id.toBytes(id)}`
      yield* figures.compute
      assert.deepInclude((yield* list({ from: "2024-10-04" }))[0], { requests: 3, requestErrors: 2, received: 4 })
      stored.set(start, { ...nothing, received: 4, sent: 3, delivered: 3, newContacts: 1 })
      stored.set(start + 2 * day, { ...nothing, received: 9 })
      yield* TestClock.adjust("1 day")
      yield* figures.compute
      yield* TestClock.adjust("3 days")
      yield* figures.compute
      assert.deepStrictEqual(
        (yield* list({ from: "2024-10-04" })).map((one) => [one.day, one.received, one.delivered]),
        [
          ["2024-10-04", 4, 3],
          ["2024-10-05", 0, 0],
          ["2024-10-06", 9, 0],
          ["2024-10-07", 0, 0],
          ["2024-10-08", 0, 0],
          ["2024-10-09", 0, 0]
        ]
      )
      assert.lengthOf(yield* list({ from: "2024-10-06", to: "2024-10-07" }), 2)
      assert.strictEqual((yield* Effect.flip(list({ from: "2024-10-07", to: "2024-10-06" })))._tag, "InvalidInput")
      assert.strictEqual((yield* Effect.flip(other.within(figures.list(id, {}))))._tag, "NotFound")
      yield* TestClock.adjust("401 days")
      yield* figures.compute
      assert.lengthOf(yield* list({ from: "2024-10-04", to: "2024-10-09" }), 0)
    }).pipe(Effect.provide(layer)))
})
