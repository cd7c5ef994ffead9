/** What people are told of channel accounts, from what an emulated provider does to the mail in their box. */
import { assert, layer } from "@effect/vitest"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import { EventConsumers } from "@wicara/core/EventConsumers"
import * as Id from "@wicara/core/Id"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Smtp from "../../../packages/notifications/test/SmtpCounterpart.ts"
import * as Harness from "./harness.ts"

const day = 86_400_000

for (const database of Harness.databases) {
  const served = Layer.unwrap(Effect.map(Smtp.SmtpCounterpart, ({ port }) =>
    Harness.layer(database, {
      WICARA_SMTP_URL: `smtp://127.0.0.1:${port}`,
      WICARA_MAIL_FROM: "no-reply@wicara.example"
    }))).pipe(Layer.provideMerge(Smtp.layer()))

  layer(served, { excludeTestServices: true, timeout: "60 seconds" })(
    `what is told of accounts on ${database}`,
    (it) => {
      const account = Effect.fnUntraced(function*(name: string) {
        const emulator = yield* WhatsAppCloudEmulator
        const accounts = yield* ChannelAccounts
        const consumers = yield* EventConsumers
        const sql = yield* SqlClient.SqlClient
        const smtp = yield* Smtp.SmtpCounterpart
        const tenant = yield* Harness.newTenant(name)
        const { accessToken, id, phoneNumberId } = yield* Harness.newCloudAccount(tenant)
        yield* accounts.update(id, { name }).pipe(Harness.within(tenant.id))
        const of = sql`organization_id = ${Id.toBytes(tenant.id)} AND channel_account_id = ${Id.toBytes(id)}`
        const looks = Effect.map(
          sql<{ readonly n: unknown }>`SELECT COUNT(*) AS n FROM channels_account_checks WHERE ${of}`,
          ([row]) => Number(row?.n)
        )
        const idle = Effect.map(
          sql`SELECT lease_id FROM channels_account_states WHERE ${of} AND lease_id IS NULL`,
          (rows) => rows.length > 0
        )
        const until = <E, R>(holds: Effect.Effect<boolean, E, R>) =>
          Effect.repeat(Effect.andThen(Effect.sleep("20 millis"), holds), { until: (yes) => yes }).pipe(
            Effect.timeout("20 seconds")
          )
        /** Has the server look at the account once more, with its set-up, and tell of it. */
        const look = Effect.gen(function*() {
          yield* until(idle)
          const before = yield* looks
          yield* sql`UPDATE channels_account_states SET next_check_at = 0, inspected_at = NULL WHERE ${of}`
          // Not when the worker comes to it, which is every two seconds.
          yield* ChannelChecks.use((checks) => checks.runOnce)
          yield* until(Effect.map(looks, (now) => now > before))
          yield* until(idle)
          yield* consumers.settled
        })
        const kinds = Effect.fnUntraced(function*(role: Harness.Role) {
          const answer = yield* Harness.request("/v1/notifications", { token: yield* Harness.tokenOf(tenant, role) })
          const all: ReadonlyArray<{ readonly kind: string; readonly title: string }> = answer.body.data
          // The emulator delivers to the port that is free here and not to the public address: that is told, too.
          return all.filter(({ kind }) => kind !== "account_setup")
        })
        const mails = (role: Harness.Role) =>
          smtp.received.filter(({ to }) => to.includes(tenant.users[role].email))
            .map(({ source }) => /^Subject: (.*)$/m.exec(source)?.[1]?.trim() ?? "")
            .filter((subject) => !/set-up|Penyiapan/.test(subject))
        yield* until(Effect.map(looks, (now) => now > 0))
        yield* consumers.settled
        return {
          tenant,
          look,
          mails,
          until,
          told: (role: Harness.Role) => Effect.map(kinds(role), (all) => all.map(({ kind }) => kind)),
          titles: (role: Harness.Role) => Effect.map(kinds(role), (all) => all.map(({ title }) => title)),
          provider: (input: Parameters<typeof emulator.setAccount>[1]) => emulator.setAccount(phoneNumberId, input),
          accessToken,
          emulator
        }
      })

      it.effect("an account that has to be authorized again, and one that works again, once each, in everybody's words", () =>
        Effect.gen(function*() {
          const { accessToken, look, mails, provider, tenant, titles, told, until } = yield* account("Toko")
          const other = yield* account("Lain")
          const profile = { method: "PATCH", token: yield* Harness.tokenOf(tenant, "admin"), json: { locale: "id" } }
          yield* Harness.expectStatus(yield* Harness.request("/v1/me", profile), 200)
          assert.deepStrictEqual(yield* told("owner"), [])

          yield* provider({ accessToken: "another one" })
          for (const _ of [1, 2, 3]) yield* look
          assert.deepStrictEqual(yield* titles("owner"), ["Toko is not connected"])
          assert.deepStrictEqual(yield* titles("admin"), ["Toko tidak tersambung"])
          for (const role of ["agent", "viewer"] as const) assert.deepStrictEqual(yield* told(role), [])
          yield* until(Effect.sync(() => mails("owner").length > 0 && mails("admin").length > 0))

          yield* provider({ accessToken })
          for (const _ of [1, 2]) yield* look
          assert.deepStrictEqual(yield* titles("owner"), ["Toko is connected again", "Toko is not connected"])
          assert.deepStrictEqual(yield* titles("admin"), ["Toko tersambung kembali", "Toko tidak tersambung"])
          // Good news is no mail, and bad news is one.
          assert.deepStrictEqual(mails("owner"), ["Toko is not connected"])
          assert.deepStrictEqual(mails("admin"), ["Toko tidak tersambung"])
          assert.deepStrictEqual(mails("agent"), [])

          // The other organization hears of its own account only.
          yield* other.look
          for (const role of Harness.roles) {
            assert.deepStrictEqual(yield* other.told(role), [])
            assert.deepStrictEqual(other.mails(role), [])
          }
        }))

      it.effect("credentials that end are told of a week and a day before, and new ones anew", () =>
        Effect.gen(function*() {
          const { look, mails, provider, titles, told, until } = yield* account("Kredensial")
          const now = yield* Clock.currentTimeMillis
          yield* provider({ tokenExpiresAt: now + 30 * day })
          yield* look
          assert.notInclude(yield* told("owner"), "credentials_expiring")
          yield* provider({ tokenExpiresAt: now + 3 * day })
          for (const _ of [1, 2]) yield* look
          const expiring = Effect.map(titles("owner"), (all) => all.filter((title) => /credentials/.test(title)))
          const week = "The credentials of Kredensial end within 7 days"
          assert.deepStrictEqual(yield* expiring, [week])
          yield* provider({ tokenExpiresAt: now + day / 2 })
          for (const _ of [1, 2]) yield* look
          const last = "The credentials of Kredensial end within a day"
          assert.deepStrictEqual(yield* expiring, [last, week])
          assert.deepStrictEqual(yield* told("agent"), [])
          yield* until(Effect.sync(() => mails("owner").filter((one) => one.startsWith("The cred")).length === 2))
        }))

      it.effect("a provider that does not answer is told of at the second look, once", () =>
        Effect.gen(function*() {
          const { emulator, look, told } = yield* account("Senyap")
          yield* emulator.kill
          yield* look
          assert.notInclude(yield* told("owner"), "account_unreachable")
          for (const _ of [1, 2]) yield* look
          yield* emulator.revive
          assert.deepStrictEqual(
            (yield* told("owner")).filter((kind) => kind === "account_unreachable"),
            ["account_unreachable"]
          )
          assert.deepStrictEqual(yield* told("agent"), [])
        }))
    }
  )
}
