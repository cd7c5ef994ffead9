import { assert, describe, layer } from "@effect/vitest"
import { Audit } from "@wicara/core/Audit"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { isSigned, WebhookReceiver } from "@wicara/testing/WebhookReceiver"
import { WebhookDeliveries } from "@wicara/webhooks/WebhookDeliveries"
import { matches } from "@wicara/webhooks/WebhookEndpoint"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import { WebhookEventTypes } from "@wicara/webhooks/WebhookEventTypes"
import { DateTime, Effect, Redacted, Result } from "effect"
import { SqlClient } from "effect/sql"
import * as support from "./support.ts"
import { connect, delivered, deliveriesOf, endpointOf, happens, makeDue, within, wordsAt } from "./support.ts"
import type { Connected } from "./support.ts"

const ago = (millis: number) => Effect.map(DateTime.now, (now) => DateTime.subtract(now, { milliseconds: millis }))

const actionsOf = (hook: Connected) =>
  Audit.use((audit) => audit.list({ limit: 50 })).pipe(
    Effect.map(({ data }) => data.map(({ action }) => action).toReversed()),
    within(hook.organizationId)
  )

describe.each(TestDatabase.all)("webhook endpoints on $name", (database) => {
  layer(support.layer(database.layer), { excludeTestServices: true })((it) => {
    it.effect("are refused where nothing is to be delivered", () =>
      Effect.gen(function*() {
        const endpoints = yield* WebhookEndpoints
        const id = yield* Id.next(OrganizationId)
        const create = (url: string, more: object = {}) =>
          Effect.flip(endpoints.create({ url, events: ["thing.*"], ...more })).pipe(
            Effect.map((problem) => problem._tag === "InvalidInput" ? problem.field : problem._tag),
            within(id)
          )
        for (
          const url of [
            "ftp://example.com",
            "nonsense",
            "http://example.com/plain",
            "https://user:pass@example.com",
            "https://example.com/#part",
            "https://10.0.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://metadata.google.internal/",
            "https://intranet/"
          ]
        ) assert.strictEqual(yield* create(url), "/url", url)
        assert.strictEqual(yield* create("https://example.com", { events: ["thing.*", "nothing.*"] }), "/events/1")
        const withHeader = (name: string, value: string) =>
          create("https://example.com", { headers: { [name]: Redacted.make(value) } })
        assert.strictEqual(yield* withHeader("Webhook-Id", "mine"), "/headers/Webhook-Id")
        assert.strictEqual(yield* withHeader("Host", "other"), "/headers/Host")
        assert.strictEqual(yield* withHeader("X-Note", "two\r\nlines"), "/headers/X-Note")
      }))

    it.effect("are so many at most, however many are created at once", () =>
      Effect.gen(function*() {
        const endpoints = yield* WebhookEndpoints
        const id = yield* Id.next(OrganizationId)
        const create = within(id)(endpoints.create({ url: "https://example.com", events: ["*"] }))
        const made = yield* Effect.forEach(
          Array.from({ length: 9 }),
          () => Effect.result(create),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(made.filter(Result.isSuccess), 5)
        const { data: [first] } = yield* within(id)(endpoints.list({ limit: 1 }))
        yield* within(id)(endpoints.delete(first!.id))
        yield* create
        assert.strictEqual((yield* Effect.flip(create))._tag, "Conflict")
        assert.lengthOf((yield* within(id)(endpoints.list({}))).data, 5)
      }))

    it.effect("sign with both secrets while one is being replaced, and show each once", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const receiver = yield* WebhookReceiver
        const hook = yield* connect()
        const rotated = yield* WebhookEndpoints.use((_) => _.rotate(hook.id, { overlapHours: 1 })).pipe(
          within(hook.organizationId)
        )
        assert.notStrictEqual(rotated.secret, hook.secret)
        assert.isNotNull(rotated.endpoint.previousSecretUntil)
        yield* happens(hook, "a", "one")
        yield* delivered
        const [both] = receiver.at(hook.path)
        assert.isTrue(isSigned(both!, hook.secret) && isSigned(both!, rotated.secret))
        yield* sql`UPDATE webhooks_endpoints SET previous_until = 1 WHERE id = ${Id.toBytes(hook.id)}`
        yield* happens(hook, "a", "two")
        yield* delivered
        const [, alone] = receiver.at(hook.path)
        assert.isTrue(!isSigned(alone!, hook.secret) && isSigned(alone!, rotated.secret))
        const [row] = yield* sql<{ secret: string; headers: string | null }>`SELECT secret, headers
          FROM webhooks_endpoints WHERE id = ${Id.toBytes(hook.id)}`
        assert.notInclude(row!.secret, rotated.secret.slice(6))
        assert.isNull((yield* endpointOf(hook)).previousSecretUntil)
        assert.deepStrictEqual(yield* actionsOf(hook), ["webhook.endpoint.created", "webhook.endpoint.rotated"])
      }))

    it.effect("are changed, disabled with what waits, and enabled without what they missed", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const endpoints = yield* WebhookEndpoints
        const hook = yield* connect({ headers: { "X-Key": Redacted.make("one") } })
        const update = (change: Parameters<typeof endpoints.update>[1]) =>
          within(hook.organizationId)(endpoints.update(hook.id, change))
        receiver.plan(hook.path, (_, n) => ({ status: n === 1 ? 500 : 204 }))
        yield* happens(hook, "a", "one", "two")
        yield* delivered
        assert.strictEqual((yield* update({ enabled: false })).state, "disabled")
        assert.deepStrictEqual((yield* deliveriesOf(hook)).map(({ state }) => state), ["discarded", "discarded"])
        yield* happens(hook, "a", "missed")
        yield* delivered
        const changed = yield* update({
          enabled: true,
          description: "The shop",
          headers: { "X-Other": Redacted.make("two") }
        })
        assert.deepInclude(changed, { state: "active", description: "The shop", headerNames: ["X-Other"] })
        yield* happens(hook, "a", "three")
        yield* delivered
        assert.deepStrictEqual(yield* wordsAt(hook), ["one", "three"])
        const { headers } = receiver.at(hook.path)[1]!
        assert.deepStrictEqual([headers["x-key"], headers["x-other"]], [undefined, "two"])
      }))

    it.effect("of another organization are nobody's", () =>
      Effect.gen(function*() {
        const endpoints = yield* WebhookEndpoints
        const hook = yield* connect()
        const stranger = within(yield* Id.next(OrganizationId))
        const refusals = yield* Effect.all([
          Effect.flip(endpoints.get(hook.id)),
          Effect.flip(endpoints.update(hook.id, { enabled: false })),
          Effect.flip(endpoints.delete(hook.id)),
          Effect.flip(endpoints.rotate(hook.id, {})),
          Effect.flip(WebhookDeliveries.use((_) => _.test(hook.id)))
        ]).pipe(stranger)
        for (const { _tag } of refusals) assert.strictEqual(_tag, "NotFound")
        assert.strictEqual((yield* endpointOf(hook)).state, "active")
      }))

    it.effect("are tested at once, whatever waits", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const hook = yield* connect()
        receiver.plan(hook.path, ({ body }) => ({ status: body.includes("webhook.test") ? 200 : 500 }))
        yield* happens(hook, "a", "one")
        yield* delivered
        const delivery = yield* WebhookDeliveries.use((_) => _.test(hook.id)).pipe(within(hook.organizationId))
        yield* delivered
        const after = yield* WebhookDeliveries.use((_) => _.get(delivery.id)).pipe(within(hook.organizationId))
        assert.deepInclude(after, { state: "delivered", type: "webhook.test", webhookId: delivery.id })
        assert.deepStrictEqual(JSON.parse(after.body!).data, { endpointId: hook.id })
      }))

    it.effect(
      "get again what is replayed: one, or all of a time, with the ids that they had",
      () =>
        Effect.gen(function*() {
          const receiver = yield* WebhookReceiver
          const deliveries = yield* WebhookDeliveries
          const hook = yield* connect()
          receiver.plan(hook.path, () => ({ status: 500 }))
          yield* happens(hook, "a", "one", "two", "three")
          for (let attempt = 0; attempt < 24; attempt++) yield* Effect.andThen(delivered, makeDue(hook))
          assert.deepStrictEqual((yield* deliveriesOf(hook)).map(({ state }) => state), ["failed", "failed", "failed"])
          const ids = new Set(receiver.at(hook.path).map(({ headers }) => headers["webhook-id"]))
          receiver.plan(hook.path, () => ({}))
          const [first] = yield* deliveriesOf(hook)
          const replayed = yield* within(hook.organizationId)(deliveries.replay(first!.id))
          assert.strictEqual(replayed.state, "pending")
          yield* delivered
          const before = receiver.at(hook.path).length
          const request = {
            endpointId: hook.id,
            from: yield* ago(60_000),
            to: yield* ago(-60_000),
            states: ["failed", "discarded"] as const,
            requestedAt: yield* DateTime.now
          }
          yield* within(hook.organizationId)(deliveries.replayRange(hook.id, request))
          assert.strictEqual(yield* within(hook.organizationId)(deliveries.replayQueued(request)), 2)
          // The job that is done twice does nothing the second time.
          assert.strictEqual(yield* within(hook.organizationId)(deliveries.replayQueued(request)), 0)
          yield* delivered
          assert.deepStrictEqual((yield* wordsAt(hook)).slice(before), ["two", "three"])
          assert.deepStrictEqual(new Set(receiver.at(hook.path).map(({ headers }) => headers["webhook-id"])), ids)
          assert.deepStrictEqual((yield* deliveriesOf(hook)).map(({ state }) => state), [
            "delivered",
            "delivered",
            "delivered"
          ])
          const wrong = deliveries.replayRange(hook.id, { from: request.to, to: request.from })
          assert.strictEqual((yield* Effect.flip(within(hook.organizationId)(wrong)))._tag, "InvalidInput")
        }),
      60_000
    )

    it.effect("list their deliveries page by page, by state, type and time", () =>
      Effect.gen(function*() {
        const deliveries = yield* WebhookDeliveries
        const hook = yield* connect()
        const other = yield* connect({ organizationId: hook.organizationId })
        yield* happens(hook, "a", "1", "2", "3", "4", "5")
        yield* delivered
        const list = (query: Parameters<typeof deliveries.list>[0]) =>
          within(hook.organizationId)(deliveries.list(query))
        const seen: Array<string> = []
        let cursor: string | undefined
        do {
          const page = yield* list({ limit: 2, endpointId: hook.id, ...(cursor === undefined ? {} : { cursor }) })
          seen.push(...page.data.map(({ id }) => id))
          cursor = page.nextCursor ?? undefined
        } while (cursor !== undefined)
        assert.deepStrictEqual(seen.toReversed(), (yield* deliveriesOf(hook)).map(({ id }) => id))
        assert.lengthOf((yield* list({})).data, 10)
        assert.lengthOf((yield* list({ endpointId: other.id })).data, 5)
        assert.lengthOf((yield* list({ state: "failed" })).data, 0)
        assert.lengthOf((yield* list({ state: "delivered", type: "thing.noted" })).data, 10)
        assert.lengthOf((yield* list({ from: yield* ago(-60_000) })).data, 0)
        assert.lengthOf((yield* list({ to: yield* ago(-60_000) })).data, 10)
      }))

    it.effect("are forgotten with their deliveries, and deliveries after 30 days", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const deliveries = yield* WebhookDeliveries
        const hook = yield* connect()
        const kept = yield* connect({ organizationId: hook.organizationId })
        yield* happens(hook, "a", "one", "two")
        yield* delivered
        yield* WebhookEndpoints.use((_) => _.delete(hook.id)).pipe(within(hook.organizationId))
        const forget = within(hook.organizationId)(deliveries.forget(hook.id, 500))
        // The job that was queued may have been faster.
        assert.include([0, 2], yield* forget)
        assert.strictEqual(yield* forget, 0)
        assert.lengthOf(yield* deliveriesOf(hook), 0)
        assert.lengthOf(yield* deliveriesOf(kept), 2)
        yield* sql`UPDATE webhooks_deliveries SET updated_at = updated_at - ${31 * 86_400_000}
          WHERE organization_id = ${Id.toBytes(hook.organizationId)}`
        assert.strictEqual(yield* deliveries.cleanup(500), 2)
        const attempts = yield* sql`SELECT attempt FROM webhooks_attempts
          WHERE organization_id = ${Id.toBytes(hook.organizationId)}`
        assert.lengthOf(attempts, 0)
      }))

    it.effect("can have any event of the server's modules, each with the schema of what is posted", () =>
      Effect.gen(function*() {
        const types = yield* WebhookEventTypes
        assert.deepStrictEqual(types.all.map(({ type }) => type), [
          "other.noted",
          "thing.noted",
          "webhook.endpoint.changed",
          "webhook.endpoint.stopped"
        ])
        const schema = JSON.parse(JSON.stringify(types.all[1]!.schema))
        assert.deepInclude(schema.properties.data.properties, { word: { type: "string" } })
        assert.deepStrictEqual(schema.properties.type.enum ?? [schema.properties.type.const], ["thing.noted"])
        assert.isTrue(matches("*", "a.b") && matches("a.*", "a.b.c") && matches("a.b", "a.b"))
        assert.isFalse(matches("a.*", "ab.c") || matches("a.b", "a.b.c") || matches("a.*", "a"))
      }))
  })
})
