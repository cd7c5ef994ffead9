/** Messages that failed, sent again from the command line while a server runs on the same database. */
import { assert, describe, it } from "@effect/vitest"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

/** A conversation with answers that failed, because the number was blocked for more than an hour. */
const failed = Effect.fnUntraced(function*(texts: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const emulator = yield* WhatsAppCloudEmulator
  const tenant = yield* Harness.newTenant("Resend")
  const token = yield* Harness.tokenOf(tenant, "owner")
  const account = yield* Harness.newCloudAccount(tenant)
  const from = { phone: `62813${String(Harness.unique()).padStart(8, "0")}`, name: "Dewi" }
  yield* emulator.customerWrites({ account: account.phoneNumberId, from, content: "Halo" })
  const { body } = yield* Harness.eventually(
    Harness.request("/v1/conversations", { token }),
    ({ body }) => body.data.length === 1
  )
  yield* emulator.setAccount(account.phoneNumberId, { accessToken: "another" })
  const path = `/v1/conversations/${body.data[0].id}/messages`
  const ids: Array<string> = []
  for (const text of texts) {
    const said = yield* Harness.request(path, { token, json: { content: { type: "text", text } } })
    yield* Harness.expectStatus(said, 201)
    ids.push(said.body.data[0].id)
  }
  const states = Effect.map(
    Harness.request(path, { token }),
    ({ body }) => ids.map((id) => body.data.find((one: { readonly id: string }) => one.id === id)?.status)
  )
  yield* Effect.repeat(
    Effect.andThen(
      sql`UPDATE conversations_outbox SET queued_at = queued_at - 7200000, available_at = 0 WHERE lease_id IS NULL`,
      Effect.delay(states, "100 millis")
    ),
    { until: (states) => states.every((state) => state === "failed") }
  ).pipe(Effect.timeout("60 seconds"), Effect.orDie)
  const unblock = Effect.gen(function*() {
    yield* emulator.setAccount(account.phoneNumberId, { accessToken: account.accessToken })
    // Who gives an account its credentials again ends what kept it.
    const { accessToken, appSecret, verifyToken } = account
    const mended = yield* Harness.request(`/v1/channel-accounts/${account.id}`, {
      method: "PATCH",
      token,
      json: { secrets: { accessToken, appSecret, verifyToken } }
    })
    yield* Harness.expectStatus(mended, 200)
  })
  const arrived = Effect.map(
    Effect.sync(() => emulator.phones.chat(from.phone)),
    (messages) => messages.filter(({ from }) => from === "business").map(({ text }) => text)
  )
  return { account, arrived, ids, slug: tenant.slug, states, unblock }
})

describe.each(Harness.databases)("wicara messages resend on %s", (database) => {
  it.live(
    "sends again what failed while a number was blocked: one message, or an account's of a time",
    () =>
      Effect.gen(function*() {
        const place = yield* Harness.makePlace(database)
        const run = (...args: ReadonlyArray<string>) =>
          Program.run(["messages", "resend", ...args, "--json"], place.variables)
        const json = (...args: ReadonlyArray<string>) =>
          Effect.map(run(...args), ({ code, stderr, stdout }) => {
            assert.strictEqual(code, 0, stderr)
            return decode(stdout)
          })
        yield* Effect.gen(function*() {
          const one = yield* failed(["First", "Second", "Third"])
          const other = yield* failed(["Of another"])
          const blocked = yield* run(one.ids[0]!, "--org", one.slug)
          assert.strictEqual(blocked.code, 1, blocked.stderr)
          assert.match(blocked.stderr, /^wicara[^\n]*: [^\n]+\n$/)
          yield* one.unblock
          // Nobody sends what belongs to another organization.
          assert.strictEqual((yield* run(one.ids[0]!, "--org", other.slug)).code, 1)
          assert.strictEqual((yield* run("--account", one.account.id, "--org", other.slug)).code, 1)

          assert.deepStrictEqual(yield* json(one.ids[0]!, "--org", one.slug), { id: one.ids[0] })
          const until = (expected: ReadonlyArray<string>) =>
            Effect.repeat(Effect.delay(one.arrived, "50 millis"), {
              until: (texts) => texts.length >= expected.length
            }).pipe(
              Effect.timeout("30 seconds"),
              Effect.tap((texts) => Effect.sync(() => assert.deepStrictEqual(texts, expected)))
            )
          yield* until(["First"])
          const ofAccount = ["--account", one.account.id, "--org", one.slug]
          const nothing = { resent: 0, skipped: 0 }
          assert.deepStrictEqual(yield* json(...ofAccount, "--to", "2020-01-01T00:00:00Z"), nothing)
          assert.deepStrictEqual(yield* json(...ofAccount, "--from", "2020-01-01T00:00:00Z"), { resent: 2, skipped: 0 })
          yield* until(["First", "Second", "Third"])
          assert.deepStrictEqual(yield* json(...ofAccount), nothing)
          assert.deepStrictEqual(yield* other.arrived, [])
          assert.deepStrictEqual(yield* other.states, ["failed"])
        }).pipe(Effect.provide(Harness.layerAt(place).pipe(Layer.provideMerge(WhatsAppCloudEmulator.layer()))))
      }).pipe(Effect.scoped),
    240_000
  )
})
