import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { AccountTraffic } from "@wicara/channels/AccountTraffic"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import * as MessageTraffic from "@wicara/conversations/MessageTraffic"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { as, connect, happen, layer, phone, Provider, sendAll, statusOf, theConversation, wrote } from "./support.ts"

const day = 86_400_000
const start = 20_000 * day

describe.each(TestDatabase.all)("what went through an account on $name", (database) => {
  it.effect("is counted by the day on which it was written, with how far it came by now", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const { channelAccountId: id, organizationId } = account
      const other = yield* connect()
      yield* happen(account, wrote("m0", "Yesterday", { at: start - 5 }))
      yield* happen(account, wrote("m1", "Today", { at: start + 5 }))
      yield* happen(other, wrote("m2", "Elsewhere", { at: start + 5 }))
      const conversation = yield* theConversation(organizationId)
      const messages = yield* Messages
      for (const text of ["one", "two", "three", "four"]) {
        yield* messages.send({ conversationId: conversation.id, content: { type: "text", text } }).pipe(
          as(organizationId)
        )
      }
      yield* sendAll
      const provider = yield* Provider
      const [one, two, three] = provider.ledger.map(({ providerMessageId }) => providerMessageId)
      const traffic = yield* AccountTraffic
      const today = traffic.between(id, start, start + day).pipe(as(organizationId))
      const sofar = { received: 1, sent: 4, delivered: 0, read: 0, failed: 0, newContacts: 0 }
      assert.deepStrictEqual(yield* today, sofar)
      yield* happen(account, statusOf(one!, "read"), statusOf(two!, "delivered"), statusOf(three!, "failed"))
      assert.deepStrictEqual(yield* today, { ...sofar, sent: 3, delivered: 2, read: 1, failed: 1 })
      assert.deepStrictEqual(yield* traffic.between(id, start - day, start).pipe(as(organizationId)), {
        received: 1,
        sent: 0,
        delivered: 0,
        read: 0,
        failed: 0,
        newContacts: 1
      })
      // Who comes back after their conversation was closed is nobody new.
      yield* Conversations.use((conversations) => conversations.close(conversation.id, {})).pipe(as(organizationId))
      yield* happen(account, wrote("m3", "Again", { at: start + 6 }))
      yield* happen(account, wrote("m4", "Hello", { at: start + 7, from: phone("628222") }))
      assert.deepInclude(yield* today, { received: 3, newContacts: 1 })
      // An id of another organization has no figures.
      assert.strictEqual((yield* traffic.between(id, 0, start + day).pipe(as(other.organizationId))).received, 0)
    }).pipe(Effect.provide(MessageTraffic.layerSql.pipe(Layer.provideMerge(layer(database.layer))))))
})
