import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient, Statement } from "effect/sql"
import { AccountTraffic } from "@wicara/channels/AccountTraffic"
import { Contacts } from "@wicara/contacts/Contacts"
import { ConversationId } from "@wicara/conversations/Conversation"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import * as MessageTraffic from "@wicara/conversations/MessageTraffic"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { as, connect, happen, layer, phone, stranger, theConversation, wrote } from "./support.ts"

/** The reads of an effect, as they were sent to the database. */
const readsOf = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const reads: Array<readonly [string, ReadonlyArray<unknown>]> = []
  yield* Effect.provideService(effect, Statement.CurrentTransformer, (statement) => {
    const [text, values] = statement.compile()
    if (/^\s*SELECT/i.test(text)) reads.push([text, values])
    return Effect.succeed(statement)
  })
  return reads
})

describe.each(TestDatabase.all)("Conversations on $name", (database) => {
  it.effect("every page of the inbox and of a history is read from an index, and nothing is sorted", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const conversations = yield* Conversations
      const messages = yield* Messages
      const traffic = yield* AccountTraffic
      const account = yield* connect()
      const acting = as(account.organizationId, stranger)
      yield* happen(account, wrote("1", "hello"))
      const conversation = yield* theConversation(account.organizationId)
      const [row] = yield* sql<Record<string, unknown>>`SELECT * FROM conversations_conversations`
      for (let batch = 0; batch < 4; batch++) {
        const rows = []
        for (let n = 0; n < 400; n++) {
          rows.push({
            ...row,
            id: Id.toBytes(yield* Id.next(ConversationId)),
            chat_value: `62${batch}${String(n).padStart(6, "0")}`,
            last_message_at: n,
            ownership: n % 3 === 0 ? "human" : "bot",
            lifecycle: n % 5 === 0 ? "resolved" : "bot_active"
          })
        }
        yield* sql`INSERT INTO conversations_conversations ${sql.insert(rows as never)}`
      }
      const analyze = sql.onDialectOrElse({
        mysql: () => "ANALYZE TABLE conversations_conversations",
        orElse: () => "ANALYZE"
      })
      yield* sql`${sql.literal(analyze)}`.unprepared
      const filters = [{}, { ownership: "bot" as const }, { lifecycle: "bot_active" as const }]
      const pages = (["-lastMessageAt", "lastMessageAt"] as const).flatMap((sort) =>
        filters.map((filter) =>
          Effect.gen(function*() {
            const first = yield* conversations.list({ ...filter, sort, limit: 20 })
            assert.lengthOf(first.data, 20)
            return yield* conversations.list({ ...filter, sort, limit: 20, cursor: first.nextCursor ?? "" })
          })
        )
      )
      const reads = yield* readsOf(
        acting(Effect.all([
          Effect.all(pages, { discard: true }),
          conversations.ofContact(conversation.contactId, { limit: 20 }),
          messages.list(conversation.id, { limit: 20 }),
          traffic.between(account.channelAccountId, 1, 2)
        ]))
      )
      const explain = sql.onDialectOrElse({ mysql: () => "EXPLAIN", orElse: () => "EXPLAIN QUERY PLAN" })
      const seen = reads.filter(([text]) => /FROM conversations_/.test(text))
      assert.isAbove(seen.length, 12)
      for (const [text, values] of seen) {
        const plan = JSON.stringify(yield* sql.unsafe(`${explain} ${text}`, values).unprepared)
        assert.notMatch(plan, /SCAN conversations_|"type":"ALL"/i, `${text}: ${plan}`)
        // Of conversations only those that began in the span.
        if (/COUNT/.test(text) && /opened_at/.test(text)) assert.match(plan, /conversations_conversations_opened/, plan)
        // The reactions to the messages of one page are few.
        if (/FROM conversations_reactions/.test(text)) continue
        assert.notMatch(plan, /filesort|TEMP B-TREE/i, `${text}: ${plan}`)
      }
    }).pipe(Effect.provide(MessageTraffic.layerSql.pipe(Layer.provideMerge(layer(database.layer))))))

  it.effect("a customer's conversation and what they refused are found by them, however many others there are", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const account = yield* connect()
      yield* happen(account, wrote("1", "hello"))
      // Without statistics, as most databases of SQLite are.
      const reads = yield* readsOf(Effect.gen(function*() {
        yield* happen(account, wrote("2", "hello", { from: phone("628222") }))
        const { contactId } = (yield* Conversations.use((_) => _.list({ limit: 1 }).pipe(as(account.organizationId))))
          .data[0]!
        yield* Contacts.use((contacts) => contacts.optOuts(contactId)).pipe(as(account.organizationId))
      }))
      const found = reads.filter(([text]) =>
        /contact_id. IN|merged_into. IN|WHERE organization_id.*merged_into/s.test(text)
      )
      assert.isAtLeast(found.length, 2)
      const explain = sql.onDialectOrElse({ mysql: () => "EXPLAIN", orElse: () => "EXPLAIN QUERY PLAN" })
      for (const [text, values] of found) {
        const plan = JSON.stringify(yield* sql.unsafe(`${explain} ${text}`, values).unprepared)
        // Never of an organization or an account alone.
        assert.notMatch(
          plan,
          /\((organization_id=\?|organization_id=\? AND channel_account_id=\?)\)|"type":"ALL"/,
          `${text}: ${plan}`
        )
      }
    }).pipe(Effect.provide(layer(database.layer))))
})
