import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Messages } from "@wicara/conversations/Messages"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  deliver,
  eventsOf,
  happen,
  layer,
  Provider,
  sendAll,
  statusOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"

const start = 1_790_000_000_000

describe.each(TestDatabase.all)("messages that a provider keeps back on $name", (database) => {
  it.effect("are shown with its reason, told of, not expected, and healed by what it says later, in any order", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const { organizationId } = account
      const provider = yield* Provider
      const messages = yield* Messages
      yield* happen(account, wrote("m1", "Hello", { at: start - 5 }))
      const { id } = yield* theConversation(organizationId)
      provider.plan = (_, call) =>
        call === 1 ? { hold: "quality_assessment" } : call === 4 ? "accept" : { hold: "paused" }
      for (const text of ["assessed", "paused", "dropped", "plain"]) {
        yield* messages.send({ conversationId: id, content: { type: "text", text } }).pipe(as(organizationId))
      }
      yield* sendAll
      const held = Effect.map(
        transcriptOf(organizationId),
        (transcript) => transcript.slice(1).map(({ held, stalledAt, status }) => [status, held, stalledAt !== null])
      )
      assert.deepStrictEqual(yield* held, [
        ["accepted", "quality_assessment", false],
        ["accepted", "paused", false],
        ["accepted", "paused", false],
        ["accepted", null, false]
      ])
      const told = yield* eventsOf("conversation.message.held")
      assert.sameMembers(told.map(({ reason }) => reason), ["quality_assessment", "paused", "paused"])
      assert.isTrue(told.every(({ conversationId }) => conversationId === id))
      yield* TestClock.adjust("10 minutes")
      yield* sendAll
      assert.deepStrictEqual((yield* held).map(([, , stalled]) => stalled), [false, false, false, true])
      const [assessed, , dropped] = provider.ledger.map(({ providerMessageId }) => providerMessageId)
      yield* happen(account, statusOf(assessed!, "read"), statusOf(assessed!, "sent"), statusOf(dropped!, "failed"))
      assert.deepStrictEqual((yield* held).slice(0, 3), [
        ["read", null, false],
        ["accepted", "paused", false],
        ["failed", null, false]
      ])
      assert.strictEqual((yield* eventsOf("conversation.message.held")).length, 3)
      assert.strictEqual(provider.calls.length, 4)
    }).pipe(Effect.provide(layer(database.layer))))

  it.effect("are not held when what it says of them comes before its answer, by its id or by ours", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect("callback")
      const { organizationId } = account
      const provider = yield* Provider
      const processor = yield* InboundProcessor
      const inbound = yield* InboundEvents
      const messages = yield* Messages
      yield* happen(account, wrote("m1", "Hello", { at: start - 5 }))
      const { id } = yield* theConversation(organizationId)
      provider.plan = () => ({ hold: "paused" })
      let next = 0
      provider.during = (message) =>
        Effect.gen(function*() {
          next += 1
          const name = `callback-${account.channelAccountId.slice(-6)}-${next}`
          yield* deliver(account, [statusOf(name, "sent", next === 2 ? message.id : undefined)])
          yield* processor.drain
        }).pipe(Effect.provideService(InboundEvents, inbound), Effect.orDie)
      for (const text of ["by its id", "by ours"]) {
        yield* messages.send({ conversationId: id, content: { type: "text", text } }).pipe(as(organizationId))
      }
      yield* sendAll
      const shown = (yield* transcriptOf(organizationId)).slice(1).map(({ held, status }) => [status, held])
      assert.deepStrictEqual(shown, [["sent", null], ["sent", null]])
      assert.deepStrictEqual(yield* eventsOf("conversation.message.held"), [])
    }).pipe(Effect.provide(layer(database.layer))))
})
