import { assert, describe, layer } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WidgetStore } from "../src/WidgetStore.ts"
import { foreign, layerStore, messageId, site, visitor } from "./harness.ts"

const text = (n: number, from: "visitor" | "business" = "visitor", createdAt = 1000 + n) => ({
  id: messageId(n),
  from,
  content: { type: "text" as const, text: `message ${n}` },
  replyTo: null,
  createdAt
})

describe.each(TestDatabase.all)("WidgetStore on $name", (database) => {
  layer(layerStore(database.layer), { excludeTestServices: true })((it) => {
    it.effect("gives the messages of a visitor growing numbers, and reads them in both directions", () =>
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const ref = visitor(1)
        for (let n = 1; n <= 5; n++) {
          yield* store.append(site.organizationId, ref, text(n, n % 2 === 0 ? "business" : "visitor"))
        }
        const all = yield* store.after(site.organizationId, ref, 0, 100)
        assert.deepStrictEqual(all.map((message) => message.id), [1, 2, 3, 4, 5].map(messageId))
        assert.isTrue(all.every((message, index) => index === 0 || message.seq > all[index - 1]!.seq))
        const later = yield* store.after(site.organizationId, ref, all[2]!.seq, 1)
        assert.deepStrictEqual(later.map((message) => message.id), [messageId(4)])
        const earlier = yield* store.before(site.organizationId, ref, all[2]!.seq, 100)
        assert.deepStrictEqual(earlier.map((message) => message.id), [messageId(2), messageId(1)])
        assert.deepStrictEqual(earlier[0]!.content, { type: "text", text: "message 2" })
      }))

    it.effect("keeps one message for one id, however many append it at once", () =>
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const ref = visitor(2)
        const results = yield* Effect.all(
          Array.from({ length: 20 }, () => store.append(site.organizationId, ref, text(7))),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(results.filter((result) => result.added).length, 1)
        assert.strictEqual(new Set(results.map((result) => result.message.seq)).size, 1)
        // The same id from the other side is another message.
        const reply = yield* store.append(site.organizationId, ref, text(7, "business"))
        assert.isTrue(reply.added)
        assert.strictEqual((yield* store.after(site.organizationId, ref, 0, 100)).length, 2)
      }))

    it.effect("shows a follower every message once, while many append at once", () =>
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const ref = visitor(3)
        const total = 200
        const seen: Array<string> = []
        const follower = yield* Effect.forkChild(Effect.gen(function*() {
          let seq = 0
          while (seen.length < total) {
            const messages = yield* store.after(site.organizationId, ref, seq, 7)
            for (const message of messages) seen.push(message.id)
            seq = messages[messages.length - 1]?.seq ?? seq
            if (messages.length === 0) yield* Effect.sleep("1 millis")
          }
        }))
        yield* Effect.forEach(
          Array.from({ length: total }, (_, n) => n),
          (n) => store.append(site.organizationId, ref, text(100 + n, n % 3 === 0 ? "visitor" : "business")),
          { concurrency: 8, discard: true }
        )
        yield* Fiber.join(follower)
        assert.strictEqual(new Set(seen).size, total)
        const all = yield* store.after(site.organizationId, ref, 0, 1000)
        assert.deepStrictEqual(seen, all.map((message) => message.id as string))
      }), 30_000)

    it.effect("keeps equal visitors and messages of two organizations apart", () =>
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const here = visitor(4)
        const there = visitor(4, foreign)
        yield* store.append(site.organizationId, here, text(1))
        const other = yield* store.append(foreign.organizationId, there, text(1, "visitor", 9))
        assert.isTrue(other.added)
        assert.strictEqual(other.message.createdAt, 9)
        assert.deepStrictEqual(yield* store.after(foreign.organizationId, here, 0, 10), [])
        assert.strictEqual(yield* store.find(foreign.organizationId, here, "visitor", messageId(1)), undefined)
        yield* store.update(foreign.organizationId, there, { businessReadSeq: 1, visitorTypingUntil: 5 })
        const [state] = yield* store.states(site.organizationId, site.id, [here.visitorId])
        assert.strictEqual(state!.businessReadSeq, 0)
        assert.strictEqual(state!.visitorTypingUntil, 0)
      }))

    it.effect("moves read marks forward only, and ends the typing of the side that wrote", () =>
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const ref = visitor(5)
        yield* store.append(site.organizationId, ref, text(1))
        yield* store.update(site.organizationId, ref, {
          businessReadSeq: 4,
          businessTypingUntil: 99,
          visitorTypingUntil: 88
        })
        yield* store.update(site.organizationId, ref, { businessReadSeq: 2 })
        const [state] = yield* store.states(site.organizationId, site.id, [ref.visitorId])
        assert.strictEqual(state!.businessReadSeq, 4)
        assert.strictEqual(state!.businessTypingUntil, 99)
        yield* store.append(site.organizationId, ref, text(2, "business"))
        const [answered] = yield* store.states(site.organizationId, site.id, [ref.visitorId])
        assert.strictEqual(answered!.businessTypingUntil, 0)
        assert.strictEqual(answered!.visitorTypingUntil, 88)
        // An unknown visitor is not made known by a state.
        yield* store.update(site.organizationId, visitor(55), { businessTypingUntil: 1 })
        assert.deepStrictEqual(yield* store.states(site.organizationId, site.id, [visitor(55).visitorId]), [])
      }))

    it.effect("trims old messages, and visitors who have not been seen since", () =>
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const sql = yield* SqlClient.SqlClient
        yield* sql`DELETE FROM widget_messages`
        yield* sql`DELETE FROM widget_visitors`
        yield* store.append(site.organizationId, visitor(61), text(1, "visitor", 10))
        yield* store.append(site.organizationId, visitor(62), text(1, "visitor", 10))
        yield* store.append(site.organizationId, visitor(62), text(2, "business", 200))
        yield* store.append(foreign.organizationId, visitor(61, foreign), text(1, "visitor", 200))
        let after: Parameters<typeof store.trim>[0]["after"] = null
        const done = { messages: 0, visitors: 0, steps: 0 }
        do {
          const step: Effect.Success<ReturnType<typeof store.trim>> = yield* store.trim({
            before: 100,
            after,
            limit: 1
          })
          done.messages += step.messages
          done.visitors += step.visitors
          done.steps += 1
          after = step.next
        } while (after !== null)
        assert.deepStrictEqual(done, { messages: 2, visitors: 1, steps: 4 })
        assert.deepStrictEqual(yield* store.states(site.organizationId, site.id, [visitor(61).visitorId]), [])
        const kept = yield* store.after(site.organizationId, visitor(62), 0, 10)
        assert.deepStrictEqual(kept.map((message) => message.id), [messageId(2)])
        assert.strictEqual((yield* store.after(foreign.organizationId, visitor(61, foreign), 0, 10)).length, 1)
        // What was trimmed can be written again: the stream begins anew.
        assert.isTrue((yield* store.append(site.organizationId, visitor(61), text(1, "visitor", 300))).added)
      }))
  })
})
