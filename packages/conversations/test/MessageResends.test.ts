import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { MessageResends } from "@wicara/conversations/MessageResends"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { answers, at, customer, say, start, text } from "./answering.ts"
import {
  as,
  connect,
  count,
  eventsOf,
  happen,
  layer,
  phone,
  Provider,
  sendAll,
  statusOf,
  stranger,
  textOf,
  theConversation,
  wrote
} from "./support.ts"
import type { Connected } from "./support.ts"

describe.each(TestDatabase.all)("sending again on $name", (database) => {
  const TestLayer = layer(database.layer, { maxAccountDown: "1 minute", maxAttempts: 2 })

  const pass = Effect.fnUntraced(function*(minutes: number) {
    for (let step = 0; step < minutes * 6; step++) {
      yield* TestClock.adjust("10 seconds")
      yield* sendAll
    }
  })

  const resend = (account: Connected, id: string) =>
    Effect.flatMap(MessageResends, (resends) => resends.resend(id as never)).pipe(as(account.organizationId, stranger))

  const resendAll = (account: Connected, options: { readonly from?: number; readonly cursor?: string } = {}) =>
    Effect.flatMap(
      MessageResends,
      (resends) => resends.resendAll({ channelAccountId: account.channelAccountId, ...options })
    ).pipe(
      as(account.organizationId, stranger)
    )

  const mend = (account: Connected) =>
    Effect.flatMap(ChannelAccounts, (accounts) => accounts.update(account.channelAccountId, { secrets: {} })).pipe(
      as(account.organizationId)
    )

  it.effect("hands a message over once that failed because its account was refused, however often it is asked for", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const sql = yield* SqlClient.SqlClient
      const { account, conversationId } = yield* customer()
      const other = yield* customer()
      yield* say(account, conversationId, "The technician comes at ten")
      provider.plan = () => ({ refuse: "190" })
      yield* pass(3)
      const [failed] = yield* answers(account)
      assert.deepStrictEqual([failed!.status, failed!.error?.code], ["failed", "account_down"])
      // Still refused: nobody is told that it will be sent.
      assert.strictEqual((yield* Effect.flip(resend(account, failed!.id)))._tag, "CannotSend")
      provider.plan = () => "accept"
      yield* mend(account)
      assert.strictEqual((yield* Effect.flip(resend(other.account, failed!.id)))._tag, "NotFound")
      yield* resend(account, failed!.id)
      yield* resend(account, failed!.id)
      const [queued] = yield* answers(account)
      assert.deepStrictEqual([queued!.id, queued!.status, queued!.error], [failed!.id, "queued", null])
      assert.strictEqual(yield* count("conversations_outbox"), 1)
      yield* pass(1)
      assert.strictEqual(provider.ledger.length, 1)
      assert.strictEqual((yield* answers(account))[0]!.status, "accepted")
      assert.strictEqual((yield* Effect.flip(resend(account, failed!.id)))._tag, "Conflict")
      assert.deepStrictEqual(
        (yield* eventsOf("conversation.message.queued")).map((event) => event["messageId"]),
        [failed!.id, failed!.id]
      )
      const audited = yield* sql`SELECT 1 FROM core_audit WHERE action = 'message.resent'`
      assert.strictEqual(audited.length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("never sends again what may have been sent, was delivered, or failed for good", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const { account, conversationId } = yield* customer()
      provider.reconcilable = false
      provider.plan = (message) =>
        ({ lost: "lose-answer", refused: { reject: "131026" } } as const)[textOf(message)] ?? "accept"
      yield* say(account, conversationId, "lost")
      yield* pass(6)
      yield* say(account, conversationId, "refused")
      yield* say(account, conversationId, "told of")
      yield* pass(1)
      const all = yield* answers(account)
      assert.deepStrictEqual(all.map(({ status }) => status), ["unknown", "failed", "accepted"])
      yield* happen(account, statusOf(all[2]!.providerMessageId!, "failed"))
      provider.plan = () => "accept"
      const calls = provider.calls.length
      for (const { id } of yield* answers(account)) {
        assert.strictEqual((yield* Effect.flip(resend(account, id)))._tag, "Conflict")
      }
      assert.deepStrictEqual(yield* resendAll(account), { resent: 0, skipped: 0, nextCursor: null })
      yield* pass(1)
      assert.strictEqual(provider.calls.length, calls)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("leaves alone what the bot said before somebody else took over", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const messages = yield* Messages
      const { account, conversationId } = yield* customer()
      const { epoch } = yield* theConversation(account.organizationId)
      provider.plan = () => ({ retry: 1_000 })
      yield* messages.sendAsBot({ conversationId, epoch, content: text("Hi"), idempotencyKey: "one" }).pipe(
        as(account.organizationId)
      )
      yield* pass(1)
      provider.plan = () => "accept"
      const [said] = yield* answers(account)
      assert.deepStrictEqual([said!.status, (yield* theConversation(account.organizationId)).epoch], [
        "failed",
        epoch + 1
      ])
      assert.strictEqual((yield* Effect.flip(resend(account, said!.id)))._tag, "Conflict")
      assert.deepStrictEqual(yield* resendAll(account), { resent: 0, skipped: 1, nextCursor: null })
    }).pipe(Effect.provide(TestLayer)))

  it.effect("sends all of an account again that failed in a span, each once, in each conversation's order", () =>
    Effect.gen(function*() {
      yield* at
      const provider = yield* Provider
      const account = yield* connect()
      const elsewhere = yield* customer()
      for (const from of ["628111", "628222"]) {
        yield* happen(account, wrote(`m${from}`, "Hello", { at: start, from: phone(from) }))
      }
      const conversations = yield* Effect.flatMap(Conversations, (all) => all.list({})).pipe(as(account.organizationId))
      provider.plan = () => ({ refuse: "190" })
      for (const { id } of conversations.data) {
        yield* say(account, id, "one")
        yield* say(account, id, "two")
      }
      yield* say(elsewhere.account, elsewhere.conversationId, "elsewhere")
      yield* pass(3)
      assert.strictEqual(yield* count("conversations_outbox"), 0)
      provider.plan = () => "accept"
      yield* mend(account)
      yield* mend(elsewhere.account)
      const later = yield* Clock.currentTimeMillis
      assert.deepStrictEqual(yield* resendAll(account, { from: later }), { resent: 0, skipped: 0, nextCursor: null })
      // Asked for twice at once, each goes back once.
      const both = yield* Effect.all([resendAll(account), resendAll(account)], { concurrency: 2 })
      assert.strictEqual(both.reduce((sum, { resent }) => sum + resent, 0), 4)
      assert.deepStrictEqual(yield* resendAll(account), { resent: 0, skipped: 0, nextCursor: null })
      yield* pass(1)
      for (const chat of ["628111", "628222"]) {
        assert.deepStrictEqual(
          provider.ledger.filter(({ to }) => to.value === chat).map(textOf),
          ["one", "two"]
        )
      }
      assert.strictEqual(provider.ledger.length, 4)
    }).pipe(Effect.provide(TestLayer)))
})
