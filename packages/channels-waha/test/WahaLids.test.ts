/** The phone numbers behind hidden ids, and the numbers that are written in two ways, against the emulator. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import type { SqlError } from "effect/sql"
import { SqlClient } from "effect/sql"
import type { Identity } from "@wicara/channels/Address"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import { transaction } from "@wicara/core/Sql"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import { WahaLids } from "@wicara/channels-waha/WahaLids"
import * as fixtures from "./fixtures.ts"
import { connect, services } from "./support.ts"

describe.each(TestDatabase.all)("WahaLids on $name", (database) => {
  const layer = WahaLids.layerHandler.pipe(
    Layer.provideMerge(WahaLids.layerSql()),
    Layer.provideMerge(services(database.layer)),
    Layer.provideMerge(WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 })),
    Layer.provideMerge(NodeHttpClient.layerUndici)
  )

  const account = Effect.gen(function*() {
    const emulator = yield* WahaEmulator
    const made = yield* connect({ baseUrl: emulator.url })
    const session: string = made.resolved.account.settings.session
    yield* emulator.setAccount(session, { webhookUrl: null })
    return { ...made, session }
  })

  const hear = Effect.fnUntraced(
    function*(of: Effect.Success<typeof account>, identities: readonly [Identity, ...Array<Identity>]) {
      const arrival = { organizationId: of.organizationId, channelAccountId: of.id, receivedAt: 0 }
      for (const { handle } of yield* InboundHandlers.InboundHandlers) {
        yield* of.within(handle({
          _tag: "MessageReceived",
          providerMessageId: "M",
          chat: identities[0],
          sender: { identities },
          content: { type: "text", text: "Halo" },
          raw: {}
        }, arrival))
      }
    }
  )

  const lid = (value: string): Identity => ({ kind: "lid", value })

  const rows = Effect.fnUntraced(function*(of: Effect.Success<typeof account>) {
    const sql = yield* SqlClient.SqlClient
    const found = yield* sql<{ readonly lid: string; readonly phone: string | null; readonly due_at: unknown }>`
      SELECT lid, phone, due_at FROM waha_lids WHERE organization_id = ${Id.toBytes(of.organizationId)} ORDER BY lid`
    return found.map(({ due_at, lid, phone }) => [lid, phone, due_at !== null])
  })

  const told = Effect.fnUntraced(function*() {
    const events = yield* InboundEvents
    const claimed = yield* events.claim({ limit: 100, leaseFor: "1 minute" })
    return claimed.map(({ body }) => body)
  })

  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect("finds the number that WAHA knows, and tells that both are one person, once", () =>
      Effect.gen(function*() {
        const of = yield* account
        const emulator = yield* WahaEmulator
        const lids = yield* WahaLids
        yield* emulator.customerWrites({
          account: of.session,
          from: { phone: "6281300000042", id: "880000000000042" },
          content: "Halo"
        })
        yield* Effect.forEach([1, 2, 3], () => hear(of, [lid("880000000000042")]), { concurrency: "unbounded" })
        const asked = yield* Effect.all([lids.runOnce, lids.runOnce], { concurrency: "unbounded" })
        assert.strictEqual(asked[0] + asked[1], 1)
        assert.deepStrictEqual(yield* rows(of), [["880000000000042", "6281300000042", false]])
        const [body, ...others] = yield* told()
        assert.isDefined(body)
        assert.strictEqual(others.length, 0)
        const [event] = yield* Waha.adapter.decode(body, of.resolved.account)
        assert(event?._tag === "ContactChanged")
        assert.deepStrictEqual(event.participant.identities, [
          { kind: "lid", value: "880000000000042" },
          { kind: "phone", value: "6281300000042" }
        ])
        assert.strictEqual(yield* lids.runOnce, 0)
      }))

    it.effect("asks later again for what nobody knows, and never for what came with its number", () =>
      Effect.gen(function*() {
        const of = yield* account
        const lids = yield* WahaLids
        yield* hear(of, [lid("880000000000077")])
        yield* hear(of, [lid("880000000000078"), { kind: "phone", value: "6281300000078" }])
        assert.strictEqual(yield* lids.runOnce, 1)
        assert.deepStrictEqual(yield* rows(of), [
          ["880000000000077", null, true],
          ["880000000000078", "6281300000078", false]
        ])
        assert.strictEqual(yield* lids.runOnce, 0)
        assert.deepStrictEqual(yield* told(), [])
      }))

    it.effect("remembers nothing of a message that was rolled back", () =>
      Effect.gen(function*() {
        const of = yield* account
        const sql = yield* SqlClient.SqlClient
        const failed = Effect.andThen(hear(of, [lid("880000000000099")]), Effect.fail("rolled back"))
        yield* Effect.ignore(transaction(sql, failed as Effect.Effect<never, string | SqlError.SqlError>))
        assert.deepStrictEqual(yield* rows(of), [])
        yield* hear(of, [lid("880000000000099")])
        assert.strictEqual((yield* rows(of)).length, 1)
      }))
  })
})

describe("numbers that are written in two ways", () => {
  const layer = Layer.mergeAll(
    WahaEmulator.layer({ faults: { statuses: false } }),
    NodeHttpClient.layerUndici
  )
  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect("are written to as WhatsApp knows them, and not at all where it knows none", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("dua", { unreachable: ["5511888887777"] })
        const made = yield* fixture(emulator.url)
        yield* emulator.customerWrites({ account: "dua", from: { phone: "551199998888" }, content: "Oi" })
        const send = (value: string) =>
          Waha.adapter.send({ id: value, to: { kind: "phone", value }, content: { type: "text", text: "Olá" } }, made)
        assert.strictEqual((yield* send("5511999998888"))._tag, "Accepted")
        const last = emulator.ledger.all().findLast(({ direction }) => direction === "send")
        assert.strictEqual(last?.to, "551199998888")
        const missing = yield* send("5511888887777")
        assert(missing._tag === "Rejected" && missing.code === "not_on_whatsapp")
      }))
  })
})

const fixture = (baseUrl: string) =>
  Effect.sync((): Waha.Account => ({
    ...fixtures.account({ baseUrl, session: "dua" }),
    secrets: { apiKey: Redacted.make("waha-key"), hmacKey: Redacted.make("hmac") }
  }))
