import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Option, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { AccountFacts } from "@wicara/channels/InboundEvent"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { accounts, actingFor, testAdapter } from "./support.ts"

const input = (number: string) => ({
  channel: "test",
  name: "Support line",
  settings: { number },
  secrets: { key: "very secret key" }
})

const fresh = Layer.fresh(ChannelAccounts.layerSql).pipe(Layer.provide(FetchHttpClient.layer))

describe.each(TestDatabase.all)("ChannelAccounts on $name", (database) => {
  it.effect("connects an account, returns its settings and never its credentials", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const sql = yield* SqlClient.SqlClient
      const organization = yield* Id.next(OrganizationId)
      const created = yield* service.create(input("100")).pipe(actingFor(organization))
      assert.deepStrictEqual(created.settings, { number: "100" })
      assert.strictEqual(created.status, "active")
      assert.notInclude(JSON.stringify(created), "very secret")
      const [row] = yield* sql<{ readonly secrets: string }>`SELECT secrets FROM channels_accounts`
      assert.notInclude(row!.secrets, "very secret")
      const logged = yield* sql<{ readonly text: string }>`SELECT value_after AS text FROM core_audit
        UNION ALL SELECT payload AS text FROM core_events`
      assert.strictEqual(logged.length, 2)
      for (const { text } of logged) assert.notInclude(text, "very secret")
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("finds an account by its id alone, with its organization, settings and credentials", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const organization = yield* Id.next(OrganizationId)
      const created = yield* service.create(input("100")).pipe(actingFor(organization))
      const resolved = yield* service.lookup(created.id)
      assert.strictEqual(resolved.organizationId, organization)
      assert.strictEqual(resolved.adapter.id, "test")
      assert.strictEqual(resolved.account.settings.number, "100")
      assert.strictEqual(Redacted.value(resolved.account.secrets.key), "very secret key")
      for (const unknown of [organization, "nonsense", "", created.id.toUpperCase()]) {
        assert.strictEqual((yield* Effect.flip(service.lookup(unknown)))._tag, "NotFound")
      }
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("uses changed credentials at once here, and elsewhere after 5 seconds", () =>
    Effect.gen(function*() {
      const here = yield* ChannelAccounts
      const elsewhere = yield* Effect.provide(ChannelAccounts, fresh)
      const organization = yield* Id.next(OrganizationId)
      const { id } = yield* here.create(input("100")).pipe(actingFor(organization))
      const key = (service: ChannelAccounts["Service"]) =>
        Effect.map(service.lookup(id), (resolved) => Redacted.value(resolved.account.secrets.key))
      assert.strictEqual(yield* key(here), "very secret key")
      assert.strictEqual(yield* key(elsewhere), "very secret key")
      yield* here.update(id, { secrets: { key: "another secret" } }).pipe(actingFor(organization))
      assert.strictEqual(yield* key(here), "another secret")
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(yield* key(elsewhere), "another secret")
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("refuses settings and credentials that the channel does not take, without quoting credentials", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const organization = yield* Id.next(OrganizationId)
      const failure = (change: object) =>
        service.create({ ...input("100"), ...change }).pipe(actingFor(organization), Effect.flip)
      const channel = yield* failure({ channel: "telegraph" })
      assert.strictEqual(channel._tag === "InvalidInput" && channel.field, "/channel")
      const settings = yield* failure({ settings: { number: "1" } })
      assert.strictEqual(settings._tag === "InvalidInput" && settings.field, "/settings/number")
      const secrets = yield* failure({ secrets: { key: "short" } })
      assert.strictEqual(secrets._tag === "InvalidInput" && secrets.field, "/secrets/key")
      assert.notInclude(JSON.stringify(secrets), "short")
      const none = yield* failure({ secrets: {} })
      assert.strictEqual(none._tag === "InvalidInput" && none.field, "/secrets/key")
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("connects a number once in an organization, again after it was removed, and freely in another one", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const one = yield* Id.next(OrganizationId)
      const two = yield* Id.next(OrganizationId)
      const first = yield* service.create(input("100")).pipe(actingFor(one))
      const again = yield* Effect.flip(service.create(input("100")).pipe(actingFor(one)))
      assert.strictEqual(again._tag, "Conflict")
      yield* service.create(input("100")).pipe(actingFor(two))
      const second = yield* service.create(input("200")).pipe(actingFor(one))
      const moved = yield* Effect.flip(service.update(second.id, { settings: { number: "100" } }).pipe(actingFor(one)))
      assert.strictEqual(moved._tag, "Conflict")
      yield* service.delete(first.id).pipe(actingFor(one))
      yield* service.create(input("100")).pipe(actingFor(one))
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("shows one organization nothing of another's accounts", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const one = yield* Id.next(OrganizationId)
      const two = yield* Id.next(OrganizationId)
      const { id } = yield* service.create(input("100")).pipe(actingFor(one))
      assert.deepStrictEqual((yield* service.list({}).pipe(actingFor(two))).data, [])
      const attempts: ReadonlyArray<
        Effect.Effect<unknown, { readonly _tag: string }, CurrentOrganization | CurrentActor>
      > = [
        service.get(id),
        service.update(id, { name: "Mine" }),
        service.delete(id),
        service.test(id),
        service.resolve(id)
      ]
      for (const attempt of attempts) {
        assert.strictEqual((yield* Effect.flip(attempt).pipe(actingFor(two)))._tag, "NotFound")
      }
      assert.strictEqual((yield* service.get(id).pipe(actingFor(one))).name, "Support line")
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("lists accounts page by page", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const organization = yield* Id.next(OrganizationId)
      for (const number of ["100", "200", "300"]) yield* service.create(input(number)).pipe(actingFor(organization))
      const first = yield* service.list({ limit: 2 }).pipe(actingFor(organization))
      const second = yield* service.list({ limit: 2, cursor: first.nextCursor! }).pipe(actingFor(organization))
      assert.deepStrictEqual(
        [...first.data, ...second.data].map((account) => account.settings["number"]),
        ["100", "200", "300"]
      )
      assert.isNull(second.nextCursor)
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("remembers what a round trip found and what the provider said", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const sql = yield* SqlClient.SqlClient
      const organization = yield* Id.next(OrganizationId)
      const { id } = yield* service.create(input("000")).pipe(actingFor(organization))
      assert.strictEqual((yield* service.test(id).pipe(actingFor(organization))).status, "fail")
      for (let repeat = 0; repeat < 2; repeat++) {
        yield* service.recordConnection(id, { connection: "needs_action", kind: "session.status", detail: "Scan" })
          .pipe(
            actingFor(organization)
          )
      }
      const account = yield* service.get(id).pipe(actingFor(organization))
      assert.strictEqual(account.health?.message, "No such number.")
      assert.strictEqual(account.connection, "needs_action")
      assert.strictEqual((yield* service.lookup(id)).connection, "needs_action")
      const changes = yield* sql`SELECT id FROM core_events WHERE type = 'channel.account.connection_changed'`
      assert.strictEqual(changes.length, 1)
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("holds an account that is refused, tells so once, tries it less and less often, and ends it once", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const sql = yield* SqlClient.SqlClient
      const [organization, stranger] = yield* Effect.all([Id.next(OrganizationId), Id.next(OrganizationId)])
      const { id } = yield* service.create(input("100")).pipe(actingFor(organization))
      const refusal = { code: "190", reason: "The token has expired." }
      const refuse = service.hold(id, refusal).pipe(actingFor(organization))
      const hold = Effect.map(service.lookup(id), (account) => account.hold)
      yield* service.hold(id, refusal).pipe(actingFor(stranger))
      assert.isNull(yield* hold)
      // Everything that was in flight is refused at the same time.
      yield* Effect.all([refuse, refuse, refuse, refuse], { concurrency: "unbounded" })
      const first = yield* hold
      assert.deepInclude(first, refusal)
      assert.strictEqual(first!.probeAt - first!.since, 30_000)
      const waits: Array<number> = []
      for (let probe = 0; probe < 5; probe++) {
        yield* TestClock.setTime((yield* hold)!.probeAt)
        yield* refuse
        yield* refuse
        waits.push((yield* hold)!.probeAt - (yield* Clock.currentTimeMillis))
      }
      assert.deepStrictEqual(waits, [60_000, 120_000, 240_000, 300_000, 300_000])
      // What was sent before it began proves nothing.
      yield* service.endHold(id, first!.since - 1).pipe(actingFor(organization))
      yield* service.endHold(id, first!.since).pipe(actingFor(stranger))
      assert.isNotNull(yield* hold)
      const now = yield* Clock.currentTimeMillis
      const end = service.endHold(id, now).pipe(actingFor(organization))
      yield* Effect.all([end, end], { concurrency: "unbounded" })
      assert.isNull(yield* hold)
      const changes = yield* sql<{ readonly payload: string }>`SELECT payload FROM core_events
        WHERE type = 'channel.account.connection_changed' ORDER BY id`
      assert.deepStrictEqual(changes.map((row) => JSON.parse(row.payload).connection), ["needs_action", "connected"])
      assert.strictEqual((yield* service.get(id).pipe(actingFor(organization))).health?.status, "ok")
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("ends a hold with new credentials, with the provider's word, and with the account", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const sql = yield* SqlClient.SqlClient
      const organization = yield* Id.next(OrganizationId)
      const { id } = yield* service.create(input("100")).pipe(actingFor(organization))
      const refuse = service.hold(id, { code: "190", reason: "Expired." }).pipe(actingFor(organization))
      yield* refuse
      yield* service.update(id, { name: "Renamed" }).pipe(actingFor(organization))
      assert.isNotNull((yield* service.lookup(id)).hold)
      yield* service.update(id, { secrets: { key: "another secret key" } }).pipe(actingFor(organization))
      const renewed = yield* service.lookup(id)
      assert.deepStrictEqual([renewed.hold, renewed.connection], [null, "unknown"])
      yield* refuse
      yield* service.recordConnection(id, { connection: "connected", kind: "session.status", detail: undefined }).pipe(
        actingFor(organization)
      )
      assert.isNull((yield* service.lookup(id)).hold)
      yield* refuse
      yield* service.delete(id).pipe(actingFor(organization))
      assert.deepStrictEqual(yield* sql`SELECT channel_account_id FROM channels_account_holds`, [])
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("has the first account of a channel as its default one, and another when told", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const [one, two] = yield* Effect.all([Id.next(OrganizationId), Id.next(OrganizationId)])
      const nameOf = (organization: OrganizationId) =>
        Effect.map(service.defaultOf("test"), Option.map(({ id }) => id)).pipe(actingFor(organization))
      assert.isTrue(Option.isNone(yield* nameOf(one)))
      const made = yield* Effect.forEach(
        ["100", "200", "300"],
        (number) => service.create(input(number)).pipe(actingFor(one)),
        { concurrency: "unbounded" }
      )
      const marked = (yield* service.list({}).pipe(actingFor(one))).data.filter(({ isDefault }) => isDefault)
      assert.strictEqual(marked.length, 1)
      assert.deepStrictEqual(yield* nameOf(one), Option.some(marked[0]!.id))
      const other = made.find(({ isDefault }) => !isDefault)!
      assert.isTrue((yield* service.update(other.id, { isDefault: true }).pipe(actingFor(one))).isDefault)
      assert.deepStrictEqual(yield* nameOf(one), Option.some(other.id))
      assert.isTrue(Option.isNone(yield* nameOf(two)))
      yield* service.delete(other.id).pipe(actingFor(one))
      assert.isTrue(Option.isNone(yield* nameOf(one)))
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("keeps to the provider's limits and the organization's own", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const organization = yield* Id.next(OrganizationId)
      const { id, limits } = yield* service.create(input("100")).pipe(actingFor(organization))
      assert.deepStrictEqual(limits, { messagesPerSecond: null, messagesPerDay: null })
      const provider = { scope: "account", messages: 10, per: 1000 } as const
      assert.deepStrictEqual((yield* service.lookup(id)).limits, [provider])
      yield* service.update(id, { limits: { messagesPerSecond: 0.5, messagesPerDay: 200 } }).pipe(
        actingFor(organization)
      )
      assert.deepStrictEqual((yield* service.lookup(id)).limits, [
        provider,
        { scope: "account", messages: 1, per: 2000 },
        { scope: "account", messages: 200, per: 86_400_000, burst: 200 }
      ])
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("knows what a provider said last that an account may do, in whatever order it came", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const sql = yield* SqlClient.SqlClient
      const organization = yield* Id.next(OrganizationId)
      const { id } = yield* service.create(input("100")).pipe(actingFor(organization))
      const said = (facts: AccountFacts, at: number) =>
        service.recordFacts(id, { facts, at }).pipe(actingFor(organization))
      assert.deepStrictEqual((yield* service.lookup(id)).facts, {})
      yield* said({ dailyRecipients: 250, quality: "GREEN" }, 1_000)
      yield* said({ dailyRecipients: null }, 3_000)
      yield* said({ dailyRecipients: 2_000, messagesPerSecond: 1_000 }, 2_000)
      assert.deepStrictEqual((yield* service.lookup(id)).facts, {
        dailyRecipients: null,
        quality: "GREEN",
        messagesPerSecond: 1_000
      })
      yield* service.recordFacts(id, { facts: { quality: "RED" }, at: 4_000 }).pipe(
        actingFor(yield* Id.next(OrganizationId))
      )
      assert.strictEqual((yield* service.lookup(id)).facts.quality, "GREEN")
      yield* service.delete(id).pipe(actingFor(organization))
      assert.deepStrictEqual(yield* sql`SELECT facts FROM channels_account_facts`, [])
    }).pipe(Effect.provide(accounts(database.layer))))

  it.effect("is unavailable, not unknown, when this process lacks the channel", () =>
    Effect.gen(function*() {
      const service = yield* ChannelAccounts
      const organization = yield* Id.next(OrganizationId)
      const { id } = yield* service.create(input("100")).pipe(actingFor(organization))
      const without = yield* Effect.provide(ChannelAccounts, fresh).pipe(
        Effect.provide(ChannelRegistry.layer([]))
      )
      assert.strictEqual((yield* Effect.flip(without.lookup(id)))._tag, "Unavailable")
    }).pipe(Effect.provide(accounts(database.layer))))
})

describe("ChannelRegistry", () => {
  it.effect("does not start with two adapters of one id", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(
        Effect.provide(ChannelRegistry, ChannelRegistry.layer([testAdapter, testAdapter]))
      )
      assert.strictEqual(exit._tag, "Failure")
    }))
})
