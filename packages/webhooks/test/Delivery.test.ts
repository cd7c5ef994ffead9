import { assert, describe, layer } from "@effect/vitest"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { isSigned, WebhookReceiver } from "@wicara/testing/WebhookReceiver"
import { WebhookDeliveries } from "@wicara/webhooks/WebhookDeliveries"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import * as WebhookVerifier from "@wicara/webhooks/WebhookVerifier"
import * as Events from "@wicara/core/Events"
import { DateTime, Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as support from "./support.ts"
import {
  connect,
  delivered,
  deliveriesOf,
  endpointOf,
  happens,
  makeDue,
  stored,
  told,
  within,
  wordsAt
} from "./support.ts"

describe.each(TestDatabase.all)("webhooks on $name", (database) => {
  layer(support.layer(database.layer), { excludeTestServices: true })((it) => {
    it.effect("are posted once for each event, signed, with the event's own id", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const hook = yield* connect({ headers: { "X-Tenant": Redacted.make("seven") } })
        receiver.plan(hook.path, () => ({ status: 200, body: `{"ok":true}` }))
        yield* happens(hook, "a", "one", "two")
        yield* delivered
        assert.deepStrictEqual(yield* wordsAt(hook), ["one", "two"])
        const [request] = receiver.at(hook.path)
        assert.isTrue(request !== undefined && isSigned(request, hook.secret))
        const verified = yield* WebhookVerifier.verify({ secrets: [Redacted.make(hook.secret)] }, request!)
        const [delivery] = yield* deliveriesOf(hook)
        assert.strictEqual(verified.id, delivery?.webhookId)
        assert.strictEqual(request?.headers["x-tenant"], "seven")
        assert.strictEqual(request?.headers["content-type"], "application/json")
        assert.isUndefined(request?.headers["traceparent"])
        const detail = yield* WebhookDeliveries.use((_) => _.get(delivery!.id)).pipe(within(hook.organizationId))
        assert.strictEqual(detail.body, request?.body)
        assert.deepStrictEqual(
          detail.log.map(({ attempt, error, response, status }) => ({ attempt, error, response, status })),
          [
            { attempt: 1, error: null, response: `{"ok":true}`, status: 200 }
          ]
        )
        const body = JSON.parse(request!.body)
        assert.deepInclude(body, {
          id: verified.id,
          type: "thing.noted",
          version: 1,
          organizationId: hook.organizationId,
          orderingKey: "a",
          data: { word: "one" }
        })
        assert.isNotNull((yield* endpointOf(hook)).lastSuccessAt)
      }))

    it.effect("exist from the commit of their event on, and not before", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const events = yield* Events.Events
        const hook = yield* connect()
        yield* Effect.ignore(sql.withTransaction(Effect.andThen(
          events.append(support.noted, { aggregateId: "a", payload: { word: "never" } }).pipe(
            within(hook.organizationId)
          ),
          Effect.fail("undone")
        )))
        yield* happens(hook, "a", "one")
        yield* stored
        assert.lengthOf(yield* deliveriesOf(hook), 1)
        yield* delivered
        assert.deepStrictEqual(yield* wordsAt(hook), ["one"])
      }))

    it.effect(
      "are tried again with the same id and body, later each time, until they arrive",
      () =>
        Effect.gen(function*() {
          const receiver = yield* WebhookReceiver
          const hook = yield* connect()
          receiver.plan(
            hook.path,
            (_, n) => n === 1 ? { status: 503 } : n === 2 ? { fault: "cut" } : n === 3 ? { fault: "silent" } : {}
          )
          yield* happens(hook, "a", "one")
          const waits: Array<number> = []
          for (let attempt = 1; attempt <= 4; attempt++) {
            yield* delivered
            assert.lengthOf(receiver.at(hook.path), attempt)
            const [delivery] = yield* deliveriesOf(hook)
            const now = yield* DateTime.now
            if (delivery?.nextAttemptAt != null) {
              waits.push(delivery.nextAttemptAt.epochMilliseconds - now.epochMilliseconds)
            }
            yield* makeDue(hook)
          }
          assert.strictEqual(
            new Set(receiver.at(hook.path).map(({ body, headers }) => `${headers["webhook-id"]} ${body}`)).size,
            1
          )
          for (const [index, seconds] of [5, 30, 120].entries()) {
            assert.isTrue(
              Math.abs(waits[index]! / 1000 - seconds) <= seconds * 0.2 + 1,
              `${waits[index]} ms after attempt ${index + 1}`
            )
          }
          const [delivery] = yield* deliveriesOf(hook)
          assert.strictEqual(delivery?.state, "delivered")
          const { log } = yield* WebhookDeliveries.use((_) => _.get(delivery!.id)).pipe(within(hook.organizationId))
          assert.deepStrictEqual(log.map(({ error, status }) => error ?? status), [
            "http",
            "connection",
            "timeout",
            204
          ])
          assert.isNull((yield* endpointOf(hook)).failingSince)
        }),
      30_000
    )

    it.effect("keep the order of a key while it is tried again, and other keys go on", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const hook = yield* connect()
        let refused = 0
        receiver.plan(hook.path, ({ body }) => {
          const isRefused = body.includes(`"word":"a1"`) && refused === 0
          if (isRefused) refused += 1
          return { status: isRefused ? 500 : 204 }
        })
        yield* happens(hook, "a", "a1", "a2", "a3")
        yield* happens(hook, "b", "b1", "b2")
        yield* delivered
        const first = yield* wordsAt(hook)
        assert.deepStrictEqual(first.filter((word) => word.startsWith("b")), ["b1", "b2"])
        assert.deepStrictEqual(first.filter((word) => word.startsWith("a")), ["a1"])
        assert.deepStrictEqual((yield* deliveriesOf(hook)).map(({ state }) => state), [
          "pending",
          "pending",
          "pending",
          "delivered",
          "delivered"
        ])
        yield* makeDue(hook)
        yield* happens(hook, "a", "a4")
        yield* delivered
        const all = yield* wordsAt(hook)
        assert.deepStrictEqual(all.filter((word) => word.startsWith("a")), ["a1", "a1", "a2", "a3", "a4"])
      }))

    it.effect("are given up after the last attempt, and what waits for it goes on", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const hook = yield* connect()
        receiver.plan(hook.path, ({ body }) => ({ status: body.includes("poison") ? 500 : 204 }))
        yield* happens(hook, "a", "poison", "after")
        for (let attempt = 0; attempt < 8; attempt++) yield* Effect.andThen(delivered, makeDue(hook))
        yield* delivered
        assert.deepStrictEqual((yield* deliveriesOf(hook)).map(({ attempts, state }) => [state, attempts]), [
          ["failed", 8],
          ["delivered", 1]
        ])
      }))

    it.effect("wait as long as the receiver asks, and hold nothing else up", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const hook = yield* connect()
        receiver.plan(hook.path, (_, n) => n === 1 ? { status: 429, headers: { "retry-after": "600" } } : {})
        yield* happens(hook, "a", "one")
        yield* delivered
        yield* happens(hook, "b", "two")
        yield* delivered
        assert.lengthOf(receiver.at(hook.path), 1)
        const [delivery] = yield* deliveriesOf(hook)
        const now = yield* DateTime.now
        assert.isAbove(delivery!.nextAttemptAt!.epochMilliseconds - now.epochMilliseconds, 590_000)
        yield* makeDue(hook)
        yield* delivered
        assert.deepStrictEqual((yield* wordsAt(hook)).toSorted(), ["one", "one", "two"])
      }))

    it.effect("end with an answer of 410, which disables the endpoint", () =>
      Effect.gen(function*() {
        const receiver = yield* WebhookReceiver
        const hook = yield* connect()
        receiver.plan(hook.path, () => ({ status: 410 }))
        yield* happens(hook, "a", "one", "two")
        yield* delivered
        const endpoint = yield* endpointOf(hook)
        assert.deepStrictEqual([endpoint.state, endpoint.stateReason], ["disabled", "gone"])
        yield* happens(hook, "a", "three")
        yield* delivered
        assert.deepStrictEqual((yield* deliveriesOf(hook)).map(({ state }) => state), ["discarded", "discarded"])
        assert.lengthOf(told.filter(({ values }) => (values as { endpointId: string }).endpointId === hook.id), 1)
      }))

    it.effect("of an endpoint where nothing arrives for days are paused, told of once, and resumed", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const receiver = yield* WebhookReceiver
        const hook = yield* connect()
        receiver.plan(hook.path, () => ({ status: 500 }))
        yield* happens(hook, "a", "one")
        yield* happens(hook, "b", "two")
        yield* delivered
        yield* sql`UPDATE webhooks_endpoints SET failing_since = failing_since - ${3 * 86_400_000}`
        yield* makeDue(hook)
        yield* delivered
        assert.deepStrictEqual((yield* endpointOf(hook)).state, "paused")
        yield* makeDue(hook)
        yield* happens(hook, "a", "three")
        yield* delivered
        const before = receiver.at(hook.path).length
        assert.deepStrictEqual(
          told.filter(({ values }) => (values as { endpointId: string }).endpointId === hook.id).map(({ kind }) =>
            kind
          ),
          ["webhook_stopped"]
        )
        receiver.plan(hook.path, () => ({}))
        yield* WebhookEndpoints.use((_) => _.update(hook.id, { enabled: true })).pipe(within(hook.organizationId))
        yield* delivered
        assert.deepStrictEqual((yield* wordsAt(hook)).slice(before).toSorted(), ["one", "three", "two"])
        assert.isNull((yield* endpointOf(hook)).failingSince)
      }))

    it.effect("are not kept for an endpoint that is disabled, nor for what it does not want", () =>
      Effect.gen(function*() {
        const events = yield* Events.Events
        const hook = yield* connect({ enabled: false })
        yield* happens(hook, "a", "one")
        yield* stored
        yield* WebhookEndpoints.use((_) => _.update(hook.id, { enabled: true })).pipe(within(hook.organizationId))
        yield* happens(hook, "a", "two")
        yield* events.append(support.other, { aggregateId: "a", payload: { word: "other" } }).pipe(
          within(hook.organizationId)
        )
        yield* delivered
        assert.deepStrictEqual(yield* wordsAt(hook), ["two"])
      }))

    it.effect("of two organizations never meet", () =>
      Effect.gen(function*() {
        const one = yield* connect({ events: ["*"] })
        const two = yield* connect({ events: ["*"] })
        yield* happens(one, "a", "one")
        yield* happens(two, "a", "two")
        yield* delivered
        const receiver = yield* WebhookReceiver
        for (const [hook, word] of [[one, "one"], [two, "two"]] as const) {
          const bodies = receiver.at(hook.path).map(({ body }) => JSON.parse(body))
          assert.isTrue(bodies.every(({ organizationId }) => organizationId === hook.organizationId))
          assert.deepStrictEqual(bodies.filter(({ type }) => type === "thing.noted").map(({ data }) => data.word), [
            word
          ])
        }
        const [delivery] = yield* deliveriesOf(one)
        const foreign = WebhookDeliveries.use((_) => _.get(delivery!.id)).pipe(within(two.organizationId))
        assert.strictEqual((yield* Effect.flip(foreign))._tag, "NotFound")
      }))
  })
})
