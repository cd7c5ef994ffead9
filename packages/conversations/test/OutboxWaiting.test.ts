import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { Contacts } from "@wicara/contacts/Contacts"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  deliver,
  eventsOf,
  happen,
  layer,
  phone,
  process,
  Provider,
  sendAll,
  statuses,
  textOf,
  theConversation,
  transcriptOf,
  wrote
} from "./support.ts"
import { answers, at, customer, say, start, text } from "./answering.ts"

describe.each(TestDatabase.all)("OutboxSender, about what stands in the way, on $name", (database) => {
  const TestLayer = layer(database.layer)

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
})
