import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as SendGate from "@wicara/channels/SendGate"
import { Messages } from "@wicara/conversations/Messages"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  deliver,
  happen,
  layer,
  process,
  Provider,
  sendAll,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"

const start = 1_790_000_000_000

const template = (name: string): InboundEvent => ({
  _tag: "TemplateChanged",
  raw: {},
  templateId: name,
  name,
  language: "en",
  status: "APPROVED"
})

/** What a package does in the processor's transaction, and how often it stumbles on the way. */
class Ledger extends Context.Service<Ledger, { stumbles: number; readonly heard: Array<string> }>()("test/Ledger") {
  static readonly layer = Layer.sync(Ledger, () => ({ stumbles: 0, heard: [] }))
}

const handlers = InboundHandlers.layer(Effect.gen(function*() {
  const ledger = yield* Ledger
  const sql = yield* SqlClient.SqlClient
  return InboundHandlers.on(["TemplateChanged"], (event) =>
    Effect.gen(function*() {
      yield* sql`INSERT INTO heard (name) VALUES (${event.name})`
      if (ledger.stumbles-- > 0) return yield* Effect.die("stumbled")
    }).pipe(Effect.orDie))
})).pipe(
  Layer.provideMerge(
    InboundHandlers.layer(
      Effect.map(Ledger, (ledger) =>
        InboundHandlers.on(["MessageReceived"], (event, arrival) =>
          Effect.sync(() => {
            ledger.heard.push(`${event.providerMessageId} ${arrival.receivedAt}`)
          })))
    )
  ),
  Layer.provideMerge(Ledger.layer)
)

describe.each(TestDatabase.all)("ports on $name", (database) => {
  it.effect("hand events to every package that knows what they mean, once, with everything else or not at all", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const sql = yield* SqlClient.SqlClient
      const ledger = yield* Ledger
      yield* sql`CREATE TABLE heard (name VARCHAR(40) NOT NULL)`
      const account = yield* connect()
      ledger.stumbles = 2
      yield* deliver(account, [wrote("m1", "Hello"), template("welcome")])
      yield* process
      assert.deepStrictEqual(yield* sql`SELECT name FROM heard`, [])
      assert.strictEqual((yield* sql`SELECT id FROM conversations_messages`).length, 0)
      yield* TestClock.adjust("1 hour")
      yield* process
      assert.deepStrictEqual((yield* sql<{ name: string }>`SELECT name FROM heard`).map(({ name }) => name), [
        "welcome"
      ])
      assert.strictEqual((yield* transcriptOf(account.organizationId)).length, 1)
      assert.strictEqual(ledger.heard.at(-1), `m1 ${start}`)
    }).pipe(
      Effect.provide(layer(database.layer).pipe(Layer.provideMerge(handlers), Layer.provideMerge(database.layer)))
    ))

  it.effect("hear that a message they let go was not sent: another held it back, or the provider refused it", () => {
    let holds = true
    const unsent: Array<string> = []
    const gates = SendGate.layer(Effect.succeed({
      channel: "by-id",
      ask: () =>
        Effect.succeed(
          holds ? { _tag: "Wait", until: start + 60_000, code: "warm_up", reason: "Young." } : SendGate.go
        )
    })).pipe(Layer.provideMerge(SendGate.layer(Effect.succeed({
      ask: () => Effect.succeed(SendGate.go),
      unsent: ({ attempts, message }) => Effect.sync(() => unsent.push(`${message.content.type} ${attempts}`))
    }))))
    return Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const provider = yield* Provider
      const account = yield* connect()
      yield* happen(account, wrote("m1", "Hello", { at: start - 5 }))
      const { id } = yield* theConversation(account.organizationId)
      const send = Messages.use((messages) =>
        messages.send({ conversationId: id, content: { type: "text", text: "one" } })
      ).pipe(as(account.organizationId))
      yield* send
      yield* sendAll
      assert.deepStrictEqual([provider.calls.length, unsent], [0, ["text 0"]])
      holds = false
      provider.plan = (_, call) => call === 1 ? { retry: 1_000 } : call === 2 ? { reject: "no" } : "accept"
      for (const _ of [1, 2]) {
        yield* TestClock.adjust("1 minute")
        yield* sendAll
      }
      assert.deepStrictEqual([provider.calls.length, unsent], [2, ["text 0", "text 0", "text 1"]])
      // What was taken, or may have been, is not told of.
      yield* send
      provider.plan = (_, call) => call === 3 ? "accept" : "lose-answer"
      yield* sendAll
      yield* send
      yield* sendAll
      assert.deepStrictEqual([provider.calls.length, unsent.length], [4, 3])
    }).pipe(Effect.provide(layer(database.layer).pipe(Layer.provideMerge(gates))))
  })

  it.effect("hold a message back until a gate lets it go, and not for ever; attempts are not counted", () => {
    let until = start + 60_000
    const asked: Array<string> = []
    const gate = (channel: string) =>
      SendGate.layer(Effect.succeed({
        channel,
        ask: (message) =>
          Effect.sync(() => {
            asked.push(`${channel} ${message.author} ${message.attempts} ${message.lastInboundAt}`)
            return until <= start ? SendGate.go : { _tag: "Wait", until, code: "warm_up", reason: "A young number." }
          })
      }))
    return Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const provider = yield* Provider
      const account = yield* connect()
      yield* happen(account, wrote("m1", "Hello", { at: start - 5 }))
      const { id } = yield* theConversation(account.organizationId)
      const send = (text: string) =>
        Effect.flatMap(Messages, (messages) => messages.send({ conversationId: id, content: { type: "text", text } }))
          .pipe(as(account.organizationId))
      yield* send("one")
      yield* sendAll
      assert.deepStrictEqual([provider.calls.length, asked], [0, [`by-id api 0 ${start - 5}`]])
      yield* TestClock.adjust("59 seconds")
      yield* sendAll
      assert.strictEqual(asked.length, 1)
      until = 0
      yield* TestClock.adjust("1 second")
      yield* sendAll
      assert.deepStrictEqual([provider.calls.length, asked.at(-1)], [1, `by-id api 0 ${start - 5}`])
      until = start + 3 * 86_400_000
      yield* send("two")
      yield* sendAll
      const last = (yield* transcriptOf(account.organizationId)).at(-1)
      assert.deepStrictEqual([last?.status, last?.error?.code, provider.calls.length], ["failed", "warm_up", 1])
    }).pipe(Effect.provide(
      layer(database.layer).pipe(
        Layer.provideMerge(gate("by-id").pipe(Layer.provideMerge(gate("other"))))
      )
    ))
  })
})
