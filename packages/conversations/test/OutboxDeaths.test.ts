import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Latch, Layer, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import type { OutboxSenderOptions } from "@wicara/conversations/OutboxSender"
import * as Id from "@wicara/core/Id"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  deliver,
  eventsOf,
  finish,
  happen,
  layer,
  losingDatabaseAfter,
  phone,
  process,
  Provider,
  sendAll,
  statusOf,
  textOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"
import { answers, at, say, start, text } from "./answering.ts"

describe.each(TestDatabase.all)("OutboxSender, when it ends, on $name", (database) => {
  const withLayer = (options?: OutboxSenderOptions) => layer(database.layer, options)
  const TestLayer = withLayer()

  it.live("finishes what is in flight when it is stopped, and gives back what it had not begun", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      const account = yield* connect()
      yield* deliver(account, [wrote("m1", "hi")])
      yield* process
      const { id } = yield* theConversation(account.organizationId)
      yield* say(account, id, "in flight")
      const reached = yield* Latch.make()
      provider.during = () => Effect.andThen(reached.open, Effect.sleep("100 millis"))
      const sender = yield* OutboxSender
      const running = yield* Effect.forkChild(sender.run)
      yield* reached.await
      yield* say(account, id, "next")
      yield* Fiber.interrupt(running)
      const [first, next] = yield* answers(account)
      assert.deepStrictEqual([first!.status, next!.status], ["accepted", "queued"])
      provider.during = () => Effect.void
      yield* Effect.repeat(sendAll, { until: () => provider.calls.length === 2, schedule: Schedule.spaced(100) }).pipe(
        Effect.timeout("10 seconds")
      )
      assert.deepStrictEqual((yield* answers(account)).map((message) => message.status), ["accepted", "accepted"])
      // One that does not end in time is left as what it is: perhaps sent.
      provider.during = () => Effect.andThen(reached.open, Effect.never)
      yield* reached.close
      yield* say(account, id, "stuck")
      const again = yield* Effect.forkChild(sender.run)
      yield* reached.await
      yield* Fiber.interrupt(again)
      assert.strictEqual((yield* answers(account))[2]!.status, "sending")
      yield* sender.releaseLeases("all")
      provider.during = () => Effect.void
      yield* sendAll
      // What may have been sent is no message to be sent: it waits for no rate.
      assert.strictEqual((yield* answers(account))[2]!.status, "unknown")
    }).pipe(Effect.provide(withLayer({ stopTimeout: "300 millis" }))))

  it.live(
    "goes on with what another runner held as soon as that one is gone, and doubles nothing",
    () =>
      Effect.gen(function*() {
        const provider = yield* Provider
        const account = yield* connect()
        const people = [phone("628111"), phone("628112")]
        for (const [index, from] of people.entries()) yield* deliver(account, [wrote(`m${index}`, "hi", { from })])
        yield* process
        const conversations = yield* Conversations
        const { data } = yield* conversations.list({}).pipe(as(account.organizationId))
        const [one, other] = data
        const runners = yield* Effect.forEach([1, 2], () => Id.next(RunnerId))
        const [killed, living] = yield* Effect.forEach(runners, (id) =>
          Effect.provide(OutboxSender, Layer.fresh(OutboxSender.layer({ leaseFor: "1 hour", stopTimeout: "1 millis" })))
            .pipe(Effect.provideService(CurrentRunner, id)))
        // The provider has it, and the process dies before it hears so.
        const reached = yield* Latch.make()
        provider.during = () =>
          Effect.andThen(reached.open, Effect.never)
        yield* say(account, one!.id, "in flight")
        const dying = yield* Effect.forkChild(killed!.run)
        yield* reached.await
        yield* Fiber.interrupt(dying)
        const [inFlight] = provider.calls
        provider.ledger.push({
          messageId: inFlight!.id,
          providerMessageId: inFlight!.providerMessageId!,
          account: account.channelAccountId,
          to: inFlight!.to,
          content: inFlight!.content
        })
        provider.during = () =>
          Effect.void
        yield* say(account, one!.id, "next")
        yield* say(account, other!.id, "elsewhere")
        // What the other one sent just now still counts for the account's rate.
        yield* Effect.repeat(living!.drain, {
          until: () => provider.ledger.length === 2,
          schedule: Schedule.spaced(100)
        }).pipe(Effect.timeout("10 seconds"))
        assert.deepStrictEqual(provider.ledger.map(textOf), ["in flight", "elsewhere"])
        // Only the leases of the one that is gone end.
        yield* living!.releaseLeases(runners[1]!)
        yield* living!.drain
        assert.strictEqual(provider.calls.length, 2)
        yield* living!.releaseLeases(runners[0]!)
        yield* Effect.repeat(living!.drain, {
          until: () => provider.ledger.length === 3,
          schedule: Schedule.spaced(100)
        })
          .pipe(Effect.timeout("10 seconds"))
        assert.deepStrictEqual(provider.calls.map(textOf), ["in flight", "elsewhere", "next"])
        assert.strictEqual(yield* count("conversations_outbox"), 0)
      }).pipe(Effect.provide(TestLayer)),
    30_000
  )

  describe("when the process dies at any statement", () => {
    /** Works a webhook off, answers it and sends the answer, losing the database after `statements` in one of the steps. */
    const crashing = Effect.fnUntraced(
      function*(channel: string, step: "receive" | "answer" | "send", statements: number) {
        const provider = yield* Provider
        const messages = yield* Messages
        const sender = yield* OutboxSender
        const account = yield* connect(channel)
        provider.ledger.length = 0
        provider.calls.length = 0
        yield* deliver(account, [wrote("m1", "Hello", { at: start })])
        const dying = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
          Effect.flatMap(Effect.forkChild(losingDatabaseAfter(statements)(effect)), finish)

        let survived = false
        if (step === "receive") survived = Exit.isSuccess(yield* dying(process))
        // A new process: the leases of the old one end, and it works on.
        yield* TestClock.adjust("2 minutes")
        yield* process
        const { epoch, id } = yield* theConversation(account.organizationId)
        const answer = messages.sendAsBot({ conversationId: id, epoch, content: text("Answer"), idempotencyKey: "m1" })
          .pipe(
            as(account.organizationId)
          )
        if (step === "answer") survived = Exit.isSuccess(yield* dying(answer))
        const { messages: [message] } = yield* answer
        if (step === "send") {
          yield* dying(sendAll)
          survived = (yield* answers(account))[0]!.status === "accepted" && (yield* count("conversations_outbox")) === 0
        }
        yield* sender.releaseLeases("all")
        for (let turn = 0; turn < 4; turn++) {
          yield* sendAll
          yield* TestClock.adjust("20 seconds")
        }
        return { account, message, survived, provider }
      }
    )

    for (const step of ["receive", "answer", "send"] as const) {
      it.effect(`in the step ${step}, loses no message and sends none twice`, () =>
        Effect.gen(function*() {
          yield* at
          let statements = 0
          while (true) {
            const { account, provider, survived } = yield* crashing("by-id", step, statements)
            const transcript = yield* transcriptOf(account.organizationId)
            assert.deepStrictEqual(
              transcript.map((message) => [message.author, message.status]),
              [["contact", null], ["bot", "accepted"]],
              `after ${statements} statements`
            )
            assert.strictEqual(provider.ledger.length, 1, `after ${statements} statements`)
            if (survived) break
            statements += 1
          }
          assert.isAbove(statements, 3)
          assert.strictEqual((yield* eventsOf("conversation.message.received")).length, statements + 1)
          assert.strictEqual((yield* eventsOf("conversation.message.sent")).length, statements + 1)
          assert.strictEqual((yield* eventsOf("contact.created")).length, statements + 1)
        }).pipe(Effect.provide(TestLayer)), 120_000)
    }

    it.effect(
      "sends nothing twice where the provider can't be asked, and learns by its statuses what was sent",
      () =>
        Effect.gen(function*() {
          yield* at
          for (let statements = 0; statements < 40; statements++) {
            const { account, message, provider, survived } = yield* crashing("callback", "send", statements)
            assert.isAtMost(provider.ledger.length, 1, `after ${statements} statements`)
            const before = (yield* answers(account))[0]!.status
            assert.include(["accepted", "unknown"], before)
            if (before === "unknown" && provider.ledger.length === 1) {
              yield* happen(account, statusOf(provider.ledger[0]!.providerMessageId, "delivered", message.id))
              assert.strictEqual((yield* answers(account))[0]!.status, "delivered")
            }
            yield* TestClock.adjust("10 minutes")
            yield* sendAll
            assert.strictEqual(yield* count("conversations_outbox"), 0)
            assert.isAtMost(provider.calls.length, 1)
            if (survived) return
          }
          assert.fail("the sender never got through")
        }).pipe(Effect.provide(TestLayer)),
      120_000
    )
  })
})
