import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import { UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  echoed,
  eventsOf,
  finish,
  happen,
  layer,
  phone,
  Provider,
  sendAll,
  statusOf,
  textOf,
  theConversation,
  wrote
} from "./support.ts"
import { answers, at, customer, say, start, text } from "./answering.ts"

describe.each(TestDatabase.all)("OutboxSender on $name", (database) => {
  const TestLayer = layer(database.layer)

  it.effect("hands a message over once, under the id reserved for it", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const { account, conversationId } = yield* customer()
      const { messages: [message] } = yield* say(account, conversationId, "Hi there")
      assert.strictEqual(message.status, "queued")
      yield* sendAll
      yield* sendAll
      const [sent] = yield* answers(account)
      assert.strictEqual(sent!.status, "accepted")
      assert.strictEqual(sent!.providerMessageId, `r-${message.id}`)
      assert.strictEqual(provider.calls.length, 1)
      assert.deepStrictEqual(provider.calls[0]!.to, { kind: "phone", value: "628111" })
      assert.strictEqual(provider.calls[0]!.providerMessageId, `r-${message.id}`)
      assert.strictEqual(yield* count("conversations_outbox"), 0)
      assert.strictEqual((yield* eventsOf("conversation.message.sent")).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("marks the attempt durably before it touches the network", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const sql = yield* SqlClient.SqlClient
      const { account, conversationId } = yield* customer()
      let seen: unknown
      provider.during = () =>
        Effect.gen(function*() {
          seen = (yield* sql<{ state: string; attempts: unknown; status: string; provider_message_id: string }>`
            SELECT o.state, o.attempts, m.status, m.provider_message_id FROM conversations_outbox o
            JOIN conversations_messages m ON m.id = o.message_id`).map((row) => ({
            ...row,
            attempts: Number(row.attempts)
          }))
        }).pipe(Effect.orDie)
      const { messages: [message] } = yield* say(account, conversationId, "Hi")
      yield* sendAll
      assert.deepStrictEqual(seen, [
        { state: "sending", attempts: 1, status: "sending", provider_message_id: `r-${message.id}` }
      ])
    }).pipe(Effect.provide(TestLayer)))

  it.effect("asks about a message whose answer was lost, and does not send it again", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      provider.plan = () => "lose-answer"
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "Hi")
      yield* sendAll
      assert.strictEqual((yield* answers(account))[0]!.status, "unknown")
      yield* TestClock.adjust("3 seconds")
      yield* sendAll
      assert.strictEqual((yield* answers(account))[0]!.status, "accepted")
      assert.strictEqual(provider.calls.length, 1)
      assert.strictEqual(provider.ledger.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("sends again under the same id what the provider surely has not got", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      provider.plan = (_, call) => call === 1 ? "lose-request" : "accept"
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "Hi")
      yield* sendAll
      yield* TestClock.adjust("3 seconds")
      yield* sendAll
      assert.strictEqual((yield* answers(account))[0]!.status, "accepted")
      assert.strictEqual(provider.calls.length, 2)
      assert.strictEqual(provider.calls[0]!.providerMessageId, provider.calls[1]!.providerMessageId)
      assert.strictEqual(provider.ledger.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps asking while the provider can't tell, then tells a person, and never sends blindly", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      provider.plan = (message) => textOf(message) === "first" ? "lose-answer" : "accept"
      provider.reconcilable = false
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "first")
      yield* say(account, conversationId, "second")
      yield* sendAll
      yield* TestClock.adjust("4 minutes")
      yield* sendAll
      assert.deepStrictEqual(provider.calls.map(textOf), ["first"])
      yield* TestClock.adjust("2 minutes")
      yield* sendAll
      assert.deepStrictEqual((yield* answers(account)).map((message) => message.status), ["unknown", "accepted"])
      assert.deepStrictEqual(provider.calls.map(textOf), ["first", "second"])
      assert.strictEqual((yield* eventsOf("conversation.message.unresolved")).length, 1)
      // A status that comes much later still tells.
      const [first] = yield* answers(account)
      yield* happen(account, statusOf(first!.providerMessageId!, "delivered"))
      assert.strictEqual((yield* answers(account))[0]!.status, "delivered")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("waits for a status that names the message where the provider can't be asked", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      provider.plan = (message) => textOf(message) === "first" ? "lose-answer" : "accept"
      const { account, conversationId } = yield* customer("callback")
      const { messages: [message] } = yield* say(account, conversationId, "first")
      yield* say(account, conversationId, "second")
      yield* sendAll
      yield* TestClock.adjust("1 minute")
      yield* sendAll
      assert.deepStrictEqual(provider.calls.map(textOf), ["first"])
      yield* happen(account, statusOf("wamid.1", "sent", message.id))
      yield* sendAll
      const [first, second] = yield* answers(account)
      assert.deepStrictEqual([first!.status, first!.providerMessageId], ["sent", "wamid.1"])
      assert.strictEqual(second!.status, "accepted")
      assert.deepStrictEqual(provider.calls.map(textOf), ["first", "second"])
      yield* happen(account, statusOf("wamid.1", "read"))
      assert.strictEqual((yield* answers(account))[0]!.status, "read")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("tells a person at once where nothing can ever be found out", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      provider.plan = () => "die-after"
      const { account, conversationId } = yield* customer("none")
      yield* say(account, conversationId, "Hi")
      yield* sendAll
      assert.strictEqual((yield* answers(account))[0]!.status, "unknown")
      assert.strictEqual((yield* eventsOf("conversation.message.unresolved")).length, 1)
      yield* TestClock.adjust("1 hour")
      yield* sendAll
      assert.strictEqual(provider.calls.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("puts a conversation into the people's queue, once, when an answer stays unknown", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const sender = yield* OutboxSender
      const messages = yield* Messages
      provider.plan = () => "lose-answer"
      const { account, conversationId } = yield* customer("callback")
      const { epoch } = yield* theConversation(account.organizationId)
      const { messages: [message] } = yield* messages.sendAsBot({
        conversationId,
        epoch,
        content: text("Hi"),
        idempotencyKey: "m1"
      }).pipe(as(account.organizationId))
      yield* sendAll
      yield* TestClock.adjust("4 minutes")
      yield* sendAll
      assert.strictEqual((yield* theConversation(account.organizationId)).ownership, "bot")
      yield* TestClock.adjust("2 minutes")
      // Several senders find it due at the same time.
      yield* Effect.all([sender.drain, sender.drain, sender.drain], { concurrency: "unbounded" })
      yield* TestClock.adjust("1 hour")
      yield* sendAll
      const waiting = yield* theConversation(account.organizationId)
      assert.deepStrictEqual([waiting.ownership, waiting.lifecycle, waiting.epoch], ["nobody", "escalated", epoch + 1])
      assert.match(waiting.ownershipReason ?? "", /^delivery_unknown: /)
      assert.strictEqual((yield* eventsOf("conversation.message.unresolved")).length, 1)
      const changes = yield* eventsOf("conversation.ownership_changed")
      assert.deepStrictEqual(changes.map((one) => [one["previous"], one["ownership"]]), [["bot", "nobody"]])
      assert.strictEqual(provider.calls.length, 1)
      // A late proof still moves the message forward, and leaves the conversation with the people who look after it.
      yield* happen(account, statusOf("wamid.1", "delivered", message.id))
      const [late] = yield* answers(account)
      assert.deepStrictEqual([late!.status, late!.providerMessageId], ["delivered", "wamid.1"])
      assert.strictEqual((yield* theConversation(account.organizationId)).epoch, epoch + 1)
      assert.strictEqual(provider.calls.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("leaves a conversation where it is when its proof comes in time, a person answers, or it only promoted", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const conversations = yield* Conversations
      const messages = yield* Messages
      provider.plan = () => "lose-answer"
      const send = Effect.fnUntraced(function*(purpose: "service" | "marketing") {
        const { account, conversationId } = yield* customer("callback")
        const { messages: [message] } = yield* messages.send({ conversationId, content: text("Hi"), purpose })
          .pipe(as(account.organizationId))
        yield* sendAll
        return { account, conversationId, message }
      })
      const proved = yield* send("service")
      const answered = yield* send("service")
      const promoted = yield* send("marketing")
      const settled = yield* send("service")
      yield* happen(proved.account, statusOf("wamid.1", "sent", proved.message.id))
      const agent = UserId.make("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b11")
      yield* conversations.takeOver(answered.conversationId).pipe(as(answered.account.organizationId, agent))
      yield* conversations.resolve(settled.conversationId).pipe(as(settled.account.organizationId))
      yield* TestClock.adjust("6 minutes")
      yield* sendAll
      const owners = yield* Effect.forEach(
        [proved, answered, promoted, settled],
        ({ account }) =>
          Effect.map(theConversation(account.organizationId), ({ lifecycle, ownership }) => [ownership, lifecycle])
      )
      assert.deepStrictEqual(owners, [
        ["bot", "bot_active"],
        ["human", "transferred"],
        ["bot", "bot_active"],
        ["bot", "resolved"]
      ])
      assert.strictEqual((yield* eventsOf("conversation.message.unresolved")).length, 3)
      assert.strictEqual(yield* count("conversations_outbox"), 0)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("counts an adapter that fails or hangs as unknown, and asks", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      provider.plan = (_, call) => call === 1 ? "die-after" : "hang"
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "dies")
      yield* sendAll
      yield* TestClock.adjust("3 seconds")
      yield* sendAll
      assert.strictEqual((yield* answers(account))[0]!.status, "accepted")
      yield* say(account, conversationId, "hangs")
      const hanging = yield* Effect.forkChild(sendAll)
      yield* finish(hanging)
      assert.strictEqual((yield* answers(account))[1]!.status, "unknown")
      assert.strictEqual(provider.ledger.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("fails what the provider refuses, with its code, and goes on", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      provider.plan = (_, call) => call === 1 ? { reject: "131026" } : "accept"
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "one")
      yield* say(account, conversationId, "two")
      yield* sendAll
      const [one, two] = yield* answers(account)
      assert.deepStrictEqual([one!.status, one!.error?.code, two!.status], ["failed", "131026", "accepted"])
    }).pipe(Effect.provide(TestLayer)))

  it.effect("tries again later what the provider puts off, in order, and not without end", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      provider.plan = (message, call) => textOf(message) === "one" && call <= 2 ? { retry: 60_000 } : "accept"
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "one")
      yield* say(account, conversationId, "two")
      yield* sendAll
      yield* TestClock.adjust("59 seconds")
      yield* sendAll
      assert.deepStrictEqual(provider.calls.map(textOf), ["one"])
      assert.strictEqual((yield* answers(account))[0]!.status, "queued")
      yield* TestClock.adjust("2 seconds")
      yield* sendAll
      yield* TestClock.adjust("61 seconds")
      yield* sendAll
      assert.deepStrictEqual(provider.ledger.map((entry) => textOf(entry)), ["one", "two"])
      provider.plan = () => ({ retry: 0 })
      yield* say(account, conversationId, "three")
      for (let attempt = 0; attempt < 10; attempt++) {
        yield* sendAll
        yield* TestClock.adjust("10 minutes")
      }
      const three = (yield* answers(account))[2]!
      assert.deepStrictEqual([three.status, three.error?.code], ["failed", "busy"])
      assert.strictEqual(provider.calls.filter((call) => textOf(call) === "three").length, 8)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("recognizes its own message in an echo, before and after the answer, with and without its id", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const { account, conversationId } = yield* customer()
      // With the reserved id, while the answer is still on its way.
      provider.during = (message) =>
        Effect.orDie(happen(account, echoed(message.providerMessageId!, textOf(message), "api")))
          .pipe(Effect.provide(context))
      const context = yield* Effect.context<any>()
      yield* say(account, conversationId, "one")
      yield* sendAll
      provider.during = () => Effect.void
      yield* happen(account, echoed(provider.ledger[0]!.providerMessageId, "one", "api"))
      // The provider told no id: the text and the time tell.
      const none = yield* connect("none", account.organizationId)
      yield* happen(none, wrote("n1", "hello", { from: phone("62999") }))
      assert.deepStrictEqual((yield* answers(account).pipe(Effect.catchDefect(() => Effect.succeed([])))).length, 0)
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations
        WHERE channel_account_id = ${Buffer.from(none.channelAccountId.replaceAll("-", ""), "hex")}`
      const hex = Buffer.from(row!.id).toString("hex")
      provider.plan = () => "accept-without-id"
      yield* say(
        none,
        `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
        "two"
      )
      yield* sendAll
      yield* happen(none, echoed("given-later", "two", "api", { to: phone("62999"), at: start }))
      yield* happen(none, statusOf("given-later", "delivered"))
      const sent = yield* sql<{ readonly status: string; readonly author: string }>`
        SELECT status, author FROM conversations_messages WHERE direction = 'outbound' ORDER BY id`
      assert.deepStrictEqual(sent.map((one) => ({ ...one })), [
        { status: "accepted", author: "api" },
        { status: "delivered", author: "api" }
      ])
      // What another program sent through the same account is kept as such.
      yield* happen(none, echoed("foreign", "from elsewhere", "api", { to: phone("62999"), at: start }))
      assert.strictEqual(yield* count("conversations_messages"), 5)
    }).pipe(Effect.provide(TestLayer)))
})
