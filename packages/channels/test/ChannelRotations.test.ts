import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelRotations } from "@wicara/channels/ChannelRotations"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHttp from "@wicara/channels/InboundHttp"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as MemoryChannel from "@wicara/testing/testkit/channel/MemoryChannel"
import { account, onBench } from "./memory.ts"
import { actingFor } from "./support.ts"

/** The server's side of webhooks: what the provider's deliveries are answered with. */
const inbound = Effect.gen(function*() {
  const context = yield* Effect.context<ChannelAccounts | InboundEvents>()
  // Requests come by the test's clock, too.
  const clock = Context.make(Clock.Clock, yield* Clock.Clock)
  const { dispose, handler } = HttpRouter.toWebHandler(
    InboundHttp.layer.pipe(
      Layer.provide(Layer.succeedContext(context)),
      Layer.provideMerge(HttpServer.layerServices)
    ),
    { disableLogger: true }
  )
  yield* Effect.addFinalizer(() => Effect.promise(dispose))
  return (url: string, body: Uint8Array, signature: string) =>
    Effect.promise(() =>
      handler(
        new Request(url, {
          method: "POST",
          headers: { "content-type": "application/json", "x-memory-signature": signature },
          body: Uint8Array.from(body)
        }),
        clock
      )
    ).pipe(Effect.map(({ status }) => status))
})

describe.each(TestDatabase.all)("ChannelRotations on $name", (database) => {
  it.effect("takes the old signature and address until the provider uses the new ones, and a little longer", () =>
    onBench(
      database,
      Effect.fnUntraced(
        function*({ provider }) {
          const accounts = yield* ChannelAccounts
          const rotations = yield* ChannelRotations
          const sql = yield* SqlClient.SqlClient
          const { acting, id } = yield* account()
          const deliver = yield* inbound
          const [line] = provider.accounts
          let number = 0
          const post = (url: string, hookKey: string) => {
            const body = line.wrote({ id: `m${++number}`, text: "Hello", at: 1_790_000_000_000 })
            const signing = {
              ...line.account,
              settings: { number: "1001" },
              secrets: { key: Redacted.make("x"), hookKey: Redacted.make(hookKey) }
            }
            return deliver(url, body, MemoryChannel.sign(body, signing))
          }
          const oldUrl = `http://localhost:3000/v1/inbound/${id}`
          const oldKey = "hook-of-1001-77ab"
          assert.strictEqual(yield* post(oldUrl, oldKey), 200)
          const rotation = yield* rotations.rotate(id, { generate: true, url: true }).pipe(acting)
          assert.isTrue(rotation.registered, rotation.problem ?? "")
          const { key: newKey, url: newUrl } = provider.session.webhook!
          assert.strictEqual(newUrl, rotation.webhookUrl)
          assert.notStrictEqual(newUrl, oldUrl)
          assert.notStrictEqual(newKey, oldKey)
          // What the provider had signed and addressed before is no less true.
          assert.strictEqual(yield* post(oldUrl, oldKey), 200)
          assert.strictEqual(yield* post(newUrl, oldKey), 200)
          assert.strictEqual(yield* post(oldUrl, newKey), 200)
          assert.strictEqual(yield* post(newUrl, "guessed"), 401)
          assert.strictEqual(yield* post(`${oldUrl}?key=guessed`, "guessed"), 401)
          const again = yield* Effect.flip(rotations.rotate(id, { generate: true }).pipe(acting))
          assert.strictEqual(again._tag, "Conflict")
          assert.strictEqual(yield* post(newUrl, newKey), 200)
          // What it repeats now it may have signed before.
          assert.strictEqual(yield* post(oldUrl, oldKey), 200)
          yield* TestClock.adjust("11 minutes")
          assert.strictEqual(yield* post(newUrl, newKey), 200)
          assert.strictEqual(yield* post(newUrl, oldKey), 401)
          assert.strictEqual(yield* post(oldUrl, newKey), 404)
          assert.strictEqual(yield* post(`${oldUrl}?key=guessed`, newKey), 404)
          // A leak: nothing of before is taken.
          const leaked = yield* rotations.rotate(id, { generate: true, overlapHours: 0 }).pipe(acting)
          assert.isNull(leaked.previousUntil)
          assert.strictEqual(yield* post(newUrl, newKey), 401)
          assert.strictEqual(yield* post(newUrl, provider.session.webhook!.key), 200)
          const audited = yield* sql<{ readonly value_after: string }>`SELECT value_after FROM core_audit
            WHERE action = 'channel.account.rotated' ORDER BY id`
          assert.deepStrictEqual(audited.map((row) => JSON.parse(row.value_after)), [
            { replaced: ["hookKey"], url: true, overlapHours: 24 },
            { replaced: ["hookKey"], url: false, overlapHours: 0 }
          ])
          const stored = yield* sql<{ readonly text: string }>`SELECT url_key AS text FROM channels_account_rotations`
          assert.notInclude(stored[0]!.text, newUrl.split("key=")[1]!)
          assert.strictEqual((yield* accounts.lookup(id)).webhookUrl, newUrl)
        },
        Effect.provide(InboundEvents.layerSql),
        Effect.scoped
      )
    ))

  it.effect("says that the provider does not know it yet, and takes the old the longest for a day", () =>
    onBench(
      database,
      Effect.fnUntraced(function*(bench) {
        const rotations = yield* ChannelRotations
        const accounts = yield* ChannelAccounts
        const { acting, id } = yield* account()
        bench.provider.withdraw(true)
        const rotation = yield* rotations.rotate(id, { secrets: { hookKey: "chosen by somebody" } }).pipe(acting)
        assert.deepInclude(rotation, { registered: false, problem: "The key is not taken." })
        assert.isNotNull((yield* accounts.lookup(id)).previous)
        yield* TestClock.adjust("25 hours")
        assert.isNull((yield* accounts.lookup(id)).previous)
      })
    ))

  it.effect("refuses what is no credential, nothing at all, and strangers", () =>
    onBench(
      database,
      Effect.fnUntraced(function*() {
        const rotations = yield* ChannelRotations
        const { acting, id } = yield* account()
        const wrong = yield* Effect.flip(rotations.rotate(id, { secrets: { hookKey: "" } }).pipe(acting))
        assert.strictEqual(wrong._tag === "InvalidInput" && wrong.field, "/secrets/hookKey")
        assert.strictEqual((yield* Effect.flip(rotations.rotate(id, {}).pipe(acting)))._tag, "InvalidInput")
        const stranger = actingFor(yield* Id.next(OrganizationId))
        assert.strictEqual((yield* Effect.flip(stranger(rotations.rotate(id, { url: true }))))._tag, "NotFound")
      })
    ))
})
