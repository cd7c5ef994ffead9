import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Latch, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { Contacts } from "@wicara/contacts/Contacts"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import type { OutboxSenderOptions } from "@wicara/conversations/OutboxSender"
import * as Id from "@wicara/core/Id"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import { UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  deliver,
  echoed,
  eventsOf,
  finish,
  happen,
  layer,
  losingDatabaseAfter,
  phone,
  process,
  Provider,
  sendAll,
  statuses,
  statusOf,
  textOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"
import type { Connected } from "./support.ts"

const start = 1_790_000_000_000
const text = (content: string) => ({ type: "text", text: content } as const)

describe.each(TestDatabase.all)("OutboxSender on $name", (database) => {
  const withLayer = (options?: OutboxSenderOptions) => layer(database.layer, options)
  const TestLayer = withLayer()

  /** A customer who wrote, ready to be answered. */
  const customer = Effect.fnUntraced(function*(channel?: string) {
    const account = yield* connect(channel)
    yield* happen(account, wrote("m1", "Hello", { at: start }))
    const { id } = yield* theConversation(account.organizationId)
    return { account, conversationId: id }
  })

  const at = TestClock.setTime(start)

  const say = (account: Connected, conversationId: never | string, content: string, key?: string) =>
    Effect.flatMap(Messages, (messages) =>
      messages.send({
        conversationId: conversationId as never,
        content: text(content),
        ...(key === undefined ? {} : { idempotencyKey: key })
      })).pipe(as(account.organizationId))

  const answers = Effect.fnUntraced(function*(account: Connected) {
    return (yield* transcriptOf(account.organizationId)).filter((message) => message.direction === "outbound")
  })

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

  it.live(
    "sends one conversation's messages one after another, and doubles nothing with three senders at once",
    () =>
      Effect.gen(function*() {
        const provider = yield* Provider
        const account = yield* connect()
        const people = Array.from({ length: 12 }, (_, index) => phone(`6281${index + 100}`))
        for (const [index, from] of people.entries()) yield* deliver(account, [wrote(`m${index}`, "hi", { from })])
        yield* process
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations`
        const conversations = rows.map((row) => {
          const hex = Buffer.from(row.id).toString("hex")
          return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
        })
        for (let number = 0; number < 5; number++) {
          for (const id of conversations) yield* say(account, id, `${id}/${number}`)
        }
        const overlapping = new Map<string, number>()
        let overlaps = 0
        provider.during = (message) =>
          Effect.gen(function*() {
            const key = message.to.value
            overlapping.set(key, (overlapping.get(key) ?? 0) + 1)
            if (overlapping.get(key)! > 1) overlaps += 1
            yield* Effect.sleep("2 millis")
            overlapping.set(key, overlapping.get(key)! - 1)
          })
        const senders = yield* Effect.forEach(
          [1, 2, 3],
          () => Effect.provide(OutboxSender, Layer.fresh(OutboxSender.layer()))
        )
        yield* Effect.forEach(senders, (sender) => Effect.repeat(sender.runOnce, { times: 30 }), {
          concurrency: "unbounded"
        })
        yield* sendAll
        assert.strictEqual(overlaps, 0)
        assert.strictEqual(provider.ledger.length, 60)
        assert.strictEqual(provider.calls.length, 60)
        for (const id of conversations) {
          const sent = provider.ledger.map((entry) => textOf(entry)).filter((content) => content.startsWith(id))
          assert.deepStrictEqual(sent, [0, 1, 2, 3, 4].map((number) => `${id}/${number}`))
        }
      }).pipe(Effect.provide(TestLayer)),
    60_000
  )

  it.live("lets no account wait for another one that hangs", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      const stuck = yield* connect()
      const fine = yield* connect()
      provider.plan = (_message, _call, account) => account === stuck.channelAccountId ? "hang" : "accept"
      for (let index = 0; index < 30; index++) {
        yield* deliver(stuck, [wrote(`s${index}`, "hi", { from: phone(`6281${index + 100}`) })])
      }
      yield* deliver(fine, [wrote("f", "hi")])
      yield* process
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations
        WHERE channel_account_id = ${Buffer.from(stuck.channelAccountId.replaceAll("-", ""), "hex")}`
      for (const row of rows) {
        const hex = Buffer.from(row.id).toString("hex")
        yield* say(
          stuck,
          `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
          "x"
        )
      }
      const { id } = yield* theConversation(fine.organizationId)
      for (let index = 0; index < 10; index++) yield* say(fine, id, `answer ${index}`)
      const sender = yield* OutboxSender
      const running = yield* Effect.forkChild(sender.run)
      yield* Effect.repeat(Effect.sync(() => provider.ledger.length), {
        until: (length) => length === 10,
        schedule: Schedule.spaced("10 millis")
      }).pipe(Effect.timeout("10 seconds"))
      assert.strictEqual(provider.calls.length - 10, 8)
      yield* Fiber.interrupt(running)
    }).pipe(Effect.provide(withLayer({ stopTimeout: "50 millis" }))), 60_000)

  it.effect("keeps to an account's rate", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const account = yield* connect("slow")
      for (let index = 0; index < 40; index++) {
        yield* deliver(account, [wrote(`m${index}`, "hi", { from: phone(`6281${index + 100}`) })])
      }
      yield* process
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM conversations_conversations`
      for (const row of rows) {
        const hex = Buffer.from(row.id).toString("hex")
        yield* say(
          account,
          `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
          "x"
        )
      }
      yield* sendAll
      const burst = provider.calls.length
      assert.isAtMost(burst, 10)
      yield* TestClock.adjust("5 millis")
      for (let second = 1; second <= 2; second++) {
        for (let tenth = 0; tenth < 10; tenth++) {
          yield* TestClock.adjust("101 millis")
          yield* sendAll
        }
        assert.isAtMost(provider.calls.length, burst + second * 10)
        assert.isAtLeast(provider.calls.length, burst + second * 10 - 2)
      }
    }).pipe(Effect.provide(withLayer({ concurrencyPerAccount: 100 }))))

  it.effect("keeps a distance between messages to one person where that is asked for", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "one")
      yield* say(account, conversationId, "two")
      yield* sendAll
      assert.strictEqual(provider.calls.length, 1)
      yield* TestClock.adjust("5 seconds")
      yield* sendAll
      assert.strictEqual(provider.calls.length, 1)
      yield* TestClock.adjust("1 seconds")
      yield* sendAll
      assert.strictEqual(provider.calls.length, 2)
    }).pipe(Effect.provide(withLayer({ pairSpacing: "6 seconds" }))))

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

  it.effect("sends nothing while the organization is suspended, stores what customers write, and goes on afterwards", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const { account, conversationId } = yield* customer()
      const other = yield* customer()
      yield* say(account, conversationId, "queued before")
      yield* say(other.account, other.conversationId, "of another organization")
      statuses.set(account.organizationId, "suspended")
      yield* sendAll
      assert.deepStrictEqual(provider.calls.map((call) => call.content), [text("of another organization")])
      const refused = yield* Effect.flip(say(account, conversationId, "now"))
      assert.deepStrictEqual(
        refused._tag === "CannotSend" ? refused.verdict : refused,
        { _tag: "OrganizationInactive", status: "suspended" }
      )
      yield* happen(account, wrote("m2", "Are you there?", { at: start + 1 }))
      assert.include((yield* transcriptOf(account.organizationId)).map(textOf), "Are you there?")
      statuses.set(account.organizationId, "active")
      yield* TestClock.adjust("2 minutes")
      yield* sendAll
      assert.deepStrictEqual(provider.calls.map((call) => call.content).slice(1), [text("queued before")])
      statuses.set(account.organizationId, "suspended")
      yield* say(other.account, other.conversationId, "again")
      yield* TestClock.adjust("1 minute")
      yield* sendAll
      assert.lengthOf(provider.calls, 3)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("waits for an account that is down, and fails what waited too long", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const accounts = yield* ChannelAccounts
      const { account, conversationId } = yield* customer()
      const set = (status: "active" | "disabled") =>
        accounts.update(account.channelAccountId, { status }).pipe(as(account.organizationId))
      yield* say(account, conversationId, "one")
      yield* set("disabled")
      yield* sendAll
      assert.strictEqual((yield* answers(account))[0]!.status, "queued")
      yield* set("active")
      yield* TestClock.adjust("2 minutes")
      yield* sendAll
      assert.strictEqual((yield* answers(account))[0]!.status, "accepted")
      yield* say(account, conversationId, "two")
      yield* set("disabled")
      for (let minute = 0; minute < 70; minute++) {
        yield* sendAll
        yield* TestClock.adjust("1 minute")
      }
      const two = (yield* answers(account))[1]!
      assert.deepStrictEqual([two.status, two.error?.code], ["failed", "account_down"])
      yield* set("active")
      yield* say(account, conversationId, "three")
      yield* accounts.delete(account.channelAccountId).pipe(as(account.organizationId))
      yield* sendAll
      assert.strictEqual((yield* answers(account))[2]!.error?.code, "account_removed")
      assert.strictEqual(provider.calls.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  /** Lets time pass and sends what is due, in steps. */
  const pass = Effect.fnUntraced(function*(minutes: number) {
    for (let step = 0; step < minutes * 6; step++) {
      yield* TestClock.adjust("10 seconds")
      yield* sendAll
    }
  })

  it.effect(
    "holds the messages of an account that its provider refuses, tells once, and sends them when it is mended",
    () =>
      Effect.gen(function*() {
        yield* at
        const provider = yield* Provider
        const accounts = yield* ChannelAccounts
        const account = yield* connect("callback")
        const people = Array.from({ length: 12 }, (_, index) => phone(`6281${index + 100}`))
        for (const [index, from] of people.entries()) {
          yield* deliver(account, [wrote(`m${index}`, "hi", { from, at: start })])
        }
        yield* process
        const inbox = yield* Effect.flatMap(Conversations, (service) => service.list({ limit: 200 })).pipe(
          as(account.organizationId)
        )
        for (const { id } of inbox.data) yield* say(account, id, id)
        const other = yield* customer()
        provider.plan = (_message, _call, id) => id === account.channelAccountId ? { refuse: "190" } : "accept"
        yield* sendAll
        const first = provider.calls.length
        assert.isAtMost(first, 8)
        const held = yield* accounts.get(account.channelAccountId).pipe(as(account.organizationId))
        assert.deepStrictEqual([held.connection, held.health?.status, held.health?.message], [
          "needs_action",
          "fail",
          "The token has expired."
        ])
        // Other accounts go on, and this one is tried now and then with one message.
        yield* say(other.account, other.conversationId, "fine")
        yield* pass(20)
        assert.deepStrictEqual(provider.ledger.map((entry) => textOf(entry)), ["fine"])
        const tries = provider.calls.length - first - 1
        assert.isAtLeast(tries, 4)
        assert.isAtMost(tries, 8)
        const alerts = Effect.map(
          eventsOf("channel.account.connection_changed"),
          (events) => events.map((event) => [event["connection"], event["kind"]])
        )
        assert.deepStrictEqual(yield* alerts, [["needs_action", "190"]])
        // It was mended at the provider's side: the next try shows it.
        provider.plan = () => "accept"
        yield* pass(7)
        assert.deepStrictEqual(
          provider.ledger.map((entry) => textOf(entry)).sort(),
          [...inbox.data.map(({ id }) => id as string), "fine"].sort()
        )
        assert.deepStrictEqual(yield* alerts, [["needs_action", "190"], ["connected", "accepted"]])
        const mended = yield* accounts.get(account.channelAccountId).pipe(as(account.organizationId))
        assert.deepStrictEqual([mended.connection, mended.health?.status], ["connected", "ok"])
        assert.strictEqual(yield* count("conversations_outbox"), 0)
        assert.strictEqual(yield* count("channels_account_holds"), 0)
      }).pipe(Effect.provide(TestLayer)),
    60_000
  )

  it.effect("tries a held account at once when it was given other credentials", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const accounts = yield* ChannelAccounts
      const { account, conversationId } = yield* customer()
      provider.plan = () => ({ refuse: "unauthorized" })
      yield* say(account, conversationId, "Hi")
      yield* pass(10)
      provider.plan = () => "accept"
      const before = provider.calls.length
      yield* accounts.update(account.channelAccountId, { secrets: {} }).pipe(as(account.organizationId))
      yield* pass(1)
      assert.strictEqual((yield* answers(account))[0]!.status, "accepted")
      assert.strictEqual(provider.calls.length, before + 1)
      assert.strictEqual(provider.ledger.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect(
    "keeps the bot's answers while the account is refused, and hands over those that became too old",
    () =>
      Effect.gen(function*() {
        yield* at
        const provider = yield* Provider
        const messages = yield* Messages
        const { account, conversationId } = yield* customer("callback")
        const { epoch } = yield* theConversation(account.organizationId)
        provider.plan = () => ({ refuse: "190" })
        const answer = (idempotencyKey: string) =>
          messages.sendAsBot({ conversationId, epoch, content: text(idempotencyKey), idempotencyKey }).pipe(
            as(account.organizationId)
          )
        yield* answer("one")
        yield* sendAll
        yield* answer("two")
        // A person hears at once that it can't be sent.
        assert.strictEqual((yield* Effect.flip(say(account, conversationId, "three")))._tag, "CannotSend")
        yield* pass(55)
        assert.deepStrictEqual((yield* answers(account)).map((message) => message.status), ["queued", "queued"])
        assert.strictEqual((yield* theConversation(account.organizationId)).ownership, "bot")
        yield* pass(10)
        assert.deepStrictEqual(
          (yield* answers(account)).map((message) => [message.status, message.error?.code, message.error?.title]),
          [["failed", "account_down", "The token has expired."], ["failed", "account_down", "The token has expired."]]
        )
        const waiting = yield* theConversation(account.organizationId)
        assert.deepStrictEqual([waiting.ownership, waiting.epoch], ["nobody", epoch + 1])
        assert.strictEqual(waiting.ownershipReason, "delivery_failed: The token has expired.")
        assert.strictEqual((yield* eventsOf("channel.account.connection_changed")).length, 1)
      }).pipe(Effect.provide(TestLayer)),
    60_000
  )

  it.effect(
    "sends nothing by itself that failed while an account was refused, and what a person says again once",
    () =>
      Effect.gen(function*() {
        yield* at
        const provider = yield* Provider
        const accounts = yield* ChannelAccounts
        const { account, conversationId } = yield* customer()
        const other = yield* customer()
        yield* say(account, conversationId, "The technician comes at ten")
        yield* say(account, conversationId, "Please be at home")
        provider.plan = (_message, _call, id) => id === account.channelAccountId ? { refuse: "190" } : "accept"
        yield* say(other.account, other.conversationId, "Hi")
        yield* pass(65)
        // Whoever wrote it sees that it did not arrive, and why.
        const failed = yield* answers(account)
        assert.deepStrictEqual(
          failed.map(({ author, error, status }) => [author, status, error?.code, error?.title]),
          [
            ["api", "failed", "account_down", "The token has expired."],
            ["api", "failed", "account_down", "The token has expired."]
          ]
        )
        assert.strictEqual((yield* answers(other.account))[0]!.status, "accepted")
        assert.strictEqual((yield* Effect.flip(say(account, conversationId, "Hello?")))._tag, "CannotSend")

        provider.plan = () => "accept"
        yield* accounts.update(account.channelAccountId, { secrets: {} }).pipe(as(account.organizationId))
        const before = provider.ledger.length
        yield* pass(10)
        assert.strictEqual(provider.ledger.length, before)
        assert.deepStrictEqual((yield* answers(account)).map(({ status }) => status), ["failed", "failed"])

        yield* say(account, conversationId, "The technician comes at ten", "again")
        yield* say(account, conversationId, "The technician comes at ten", "again")
        yield* pass(1)
        assert.strictEqual(provider.ledger.length, before + 1)
        assert.deepStrictEqual(
          (yield* answers(account)).map((message) => [textOf(message), message.status]),
          [
            ["The technician comes at ten", "failed"],
            ["Please be at home", "failed"],
            ["The technician comes at ten", "accepted"]
          ]
        )
      }).pipe(Effect.provide(TestLayer)),
    60_000
  )

  it.effect("does not send what the customer refused after it was stored", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const contacts = yield* Contacts
      const { account, conversationId } = yield* customer()
      yield* say(account, conversationId, "one")
      const { contactId } = yield* theConversation(account.organizationId)
      yield* contacts.changeConsent({
        contactId,
        purpose: "all",
        state: "denied",
        source: "person",
        occurredAt: start + 1
      })
        .pipe(as(account.organizationId))
      yield* sendAll
      const [one] = yield* answers(account)
      assert.deepStrictEqual([one!.status, one!.error?.code], ["failed", "opted_out"])
      assert.deepStrictEqual(provider.calls, [])
    }).pipe(Effect.provide(TestLayer)))

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
