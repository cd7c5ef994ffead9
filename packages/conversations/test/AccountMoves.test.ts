import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { AccountMoves } from "@wicara/conversations/AccountMoves"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  eventsOf,
  happen,
  layer,
  losingDatabaseAfter,
  phone,
  Provider,
  sendAll,
  statusOf,
  textOf,
  wrote
} from "./support.ts"
import type { Connected } from "./support.ts"

const services = (database: TestDatabase.TestDatabase) =>
  AccountMoves.layerSql.pipe(Layer.provideMerge(Jobs.Jobs.layerSql), Layer.provideMerge(layer(database.layer)))

const say = (account: Connected, conversationId: string, text: string) =>
  Effect.flatMap(
    Messages,
    (messages) =>
      messages.send({ conversationId: conversationId as never, content: { type: "text", text } }).pipe(
        as(account.organizationId)
      )
  )

const conversationsOf = (account: Connected) =>
  Effect.flatMap(
    Conversations,
    (conversations) =>
      Effect.map(conversations.list({ limit: 200 }).pipe(as(account.organizationId)), ({ data }) => data)
  )

const lid = { kind: "lid", value: "99887766" } as const

describe.each(TestDatabase.all)("AccountMoves on $name", (database) => {
  it.effect("moves a conversation once what is under way is known, and goes on with it on both sides", () =>
    Effect.gen(function*() {
      const moves = yield* AccountMoves
      const provider = yield* Provider
      const messages = yield* Messages
      const from = yield* connect("by-id")
      const to = yield* connect("none", from.organizationId)
      const acting = as(from.organizationId)
      yield* happen(from, wrote("in-1", "Hello"))
      yield* happen(from, wrote("in-2", "Hidden", { from: lid }))
      yield* happen(from, wrote("in-5", "Me too", { from: phone("628222") }))
      const before = yield* conversationsOf(from)
      const { id } = before.find(({ chat }) => chat.value === "628111")!
      const other = before.find(({ chat }) => chat.value === "628222")!
      yield* say(from, id, "first")
      yield* sendAll
      const first = provider.ledger[0]!
      // What became of the second nobody knows yet; the third, to somebody else, has not been tried.
      provider.plan = () => "lose-answer"
      provider.reconcilable = false
      yield* say(from, id, "second")
      yield* sendAll
      provider.plan = () => "accept"
      yield* say(from, other.id, "third")
      yield* moves.start(from.channelAccountId, to.channelAccountId).pipe(acting)
      const held = yield* moves.advance(from.channelAccountId).pipe(acting)
      assert.deepInclude(held, { state: "running", moved: 1, waiting: 1, left: 1 })
      // The old account finds out, and only then the conversation follows.
      provider.reconcilable = true
      yield* TestClock.adjust("1 minute")
      yield* sendAll
      const second = provider.ledger.filter((entry) => textOf(entry) === "second")
      assert.deepStrictEqual(second.map(({ account }) => account), [from.channelAccountId])
      const third = provider.ledger.filter((entry) => textOf(entry) === "third")
      assert.deepStrictEqual(third.map(({ account }) => account), [to.channelAccountId])
      const moved = yield* moves.advance(from.channelAccountId).pipe(acting)
      assert.deepInclude(moved, { moved: 2, waiting: 0, left: 1 })
      yield* say(from, id, "fourth")
      yield* sendAll
      const fourth = provider.ledger.filter((entry) => textOf(entry) === "fourth")
      assert.deepStrictEqual(fourth.map(({ account, to }) => [account, to.value]), [[to.channelAccountId, "628111"]])
      // Late: a status and a message that came to the old account, and what comes to the new one.
      yield* happen(from, statusOf(first.providerMessageId, "delivered"))
      yield* happen(from, wrote("in-3", "Late"))
      yield* happen(to, wrote("in-4", "On the new number"))
      const page = yield* messages.list(id, { limit: 50 }).pipe(acting)
      const texts = page.data.map(textOf)
      assert.includeMembers(texts, ["Hello", "first", "second", "fourth", "Late", "On the new number"])
      assert.strictEqual(page.data.find((one) => textOf(one) === "first")?.status, "delivered")
      assert.strictEqual((yield* conversationsOf(from)).length, 3)
      const done = yield* moves.advance(from.channelAccountId).pipe(acting)
      assert.deepInclude(done, { state: "done", moved: 2, left: 1 })
      // Somebody without a number is still answered where they are.
      const accounts = yield* ChannelAccounts
      assert.strictEqual((yield* accounts.get(from.channelAccountId).pipe(acting)).status, "active")
      const again = yield* moves.start(from.channelAccountId, to.channelAccountId).pipe(acting)
      assert.strictEqual(again.id, done.id)
      assert.strictEqual((yield* eventsOf("conversation.moved")).length, 2)
    }).pipe(Effect.provide(services(database))))

  it.effect("opens no window for free answers at a number that the customer never wrote to", () =>
    Effect.gen(function*() {
      const moves = yield* AccountMoves
      const messages = yield* Messages
      const from = yield* connect("by-id")
      const to = yield* connect("callback", from.organizationId)
      const acting = as(from.organizationId)
      yield* happen(from, wrote("in-1", "Hello"))
      const [conversation] = yield* conversationsOf(from)
      yield* moves.start(from.channelAccountId, to.channelAccountId).pipe(acting)
      yield* moves.advance(from.channelAccountId).pipe(acting)
      yield* happen(from, wrote("in-2", "Late"))
      const window = Effect.map(
        messages.canSend({ conversationId: conversation!.id, content: { type: "text", text: "hi" } }).pipe(acting),
        ({ _tag }) => _tag
      )
      assert.notStrictEqual(yield* window, "Allowed")
      yield* happen(to, wrote("in-3", "On the new number"))
      assert.strictEqual(yield* window, "Allowed")
      yield* TestClock.adjust("10 seconds")
      const done = yield* moves.advance(from.channelAccountId).pipe(acting)
      assert.deepInclude(done, { state: "done", left: 0 })
      const accounts = yield* ChannelAccounts
      assert.strictEqual((yield* accounts.get(from.channelAccountId).pipe(acting)).status, "disabled")
    }).pipe(Effect.provide(services(database))))

  it.effect("goes on where it was interrupted, and moves nothing twice", () =>
    Effect.gen(function*() {
      const moves = yield* AccountMoves
      const from = yield* connect("by-id")
      const to = yield* connect("none", from.organizationId)
      const acting = as(from.organizationId)
      for (let customer = 0; customer < 4; customer++) {
        yield* happen(from, wrote(`in-${customer}`, "Hello", { from: phone(`62811${customer}`) }))
      }
      // One of them has written to the new number already.
      yield* happen(to, wrote("new-1", "Hi there", { from: phone("628110") }))
      yield* moves.start(from.channelAccountId, to.channelAccountId).pipe(acting)
      yield* TestClock.adjust("10 seconds")
      for (let statements = 3; statements < 40; statements += 5) {
        yield* Effect.exit(moves.advance(from.channelAccountId).pipe(acting, losingDatabaseAfter(statements)))
      }
      let move = yield* moves.advance(from.channelAccountId).pipe(acting)
      if (move.state === "running") move = yield* moves.advance(from.channelAccountId).pipe(acting)
      assert.deepInclude(move, { state: "done", moved: 4, left: 0, waiting: 0 })
      assert.strictEqual((yield* eventsOf("conversation.moved")).length, 4)
      const all = yield* conversationsOf(from)
      assert.strictEqual(all.length, 5)
      assert.isTrue(all.every(({ channelAccountId }) => channelAccountId === to.channelAccountId))
      // What the customer writes goes on in the one that was there first.
      yield* happen(to, wrote("new-2", "And again", { from: phone("628110") }))
      assert.strictEqual((yield* conversationsOf(from)).length, 5)
    }).pipe(Effect.provide(services(database))))

  it.effect("refuses accounts that are not there, the same one, and those of others", () =>
    Effect.gen(function*() {
      const moves = yield* AccountMoves
      const from = yield* connect("by-id")
      const other = yield* connect("by-id")
      const acting = as(from.organizationId)
      const start = (to: Connected) => moves.start(from.channelAccountId, to.channelAccountId).pipe(acting, Effect.flip)
      assert.strictEqual((yield* start(from))._tag, "InvalidInput")
      assert.strictEqual((yield* start(other))._tag, "InvalidInput")
      const stranger = as(yield* Id.next(OrganizationId))
      const theirs = yield* Effect.flip(stranger(moves.start(from.channelAccountId, other.channelAccountId)))
      assert.strictEqual(theirs._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(stranger(moves.get(from.channelAccountId))))._tag, "NotFound")
      const one = yield* connect("none", from.organizationId)
      const two = yield* connect("none", from.organizationId)
      yield* moves.start(from.channelAccountId, one.channelAccountId).pipe(acting)
      assert.strictEqual((yield* start(two))._tag, "Conflict")
    }).pipe(Effect.provide(services(database))))
})
