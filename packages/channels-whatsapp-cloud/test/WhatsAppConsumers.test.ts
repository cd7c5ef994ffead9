/** What is left of a number in its portfolio after its account is removed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { EventLog } from "@wicara/core/EventLog"
import * as Id from "@wicara/core/Id"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { MessagingLimits } from "@wicara/channels-whatsapp-cloud/MessagingLimits"
import * as WhatsAppConsumers from "@wicara/channels-whatsapp-cloud/WhatsAppConsumers"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { connectNumber, managed } from "./fixtures/managed.ts"
import { virtual } from "./fixtures/virtual.ts"

const ConversationId = Id.make("ConversationId", "A conversation.")
const portfolio = { portfolioId: "900", dailyRecipients: 5 }

describe.each(TestDatabase.all)("a removed number on $name", (database) => {
  it.live("takes no more part in its portfolio, and the last one takes along whom it wrote to", () =>
    Effect.gen(function*() {
      const world = yield* virtual()
      const client = yield* world.run(HttpClient.HttpClient)
      yield* Effect.gen(function*() {
        const accounts = yield* ChannelAccounts
        const limits = yield* MessagingLimits
        const sql = yield* SqlClient.SqlClient
        const connect = Effect.fnUntraced(function*(number: string, organizationId?: OrganizationId) {
          const { accessToken, businessAccountId } = yield* world.core.configure(number, portfolio)
          return yield* connectNumber(number, { accessToken, businessAccountId, organizationId })
        })
        type Connected = Effect.Success<ReturnType<typeof connect>>
        const write = Effect.fnUntraced(function*({ id, within }: Connected, value: string) {
          const decision = yield* within(limits.ask({
            account: yield* within(accounts.resolve(id)),
            message: {
              id: `m${value}`,
              to: { kind: "phone", value },
              content: { type: "template", name: "hello_world", language: "en_US", components: [] }
            },
            conversationId: yield* Id.next(ConversationId),
            author: "api",
            purpose: "service",
            attempts: 0,
            queuedAt: 0,
            lastInboundAt: null
          }))
          assert.strictEqual(decision._tag, "Go")
        })
        const count = (table: string, { organizationId }: Connected) =>
          Effect.map(
            sql`SELECT 1 FROM ${sql(table)} WHERE organization_id = ${Id.toBytes(organizationId)}`,
            (rows) => rows.length
          )
        const counts = (one: Connected) =>
          Effect.all([
            count("whatsapp_cloud_accounts", one),
            count("whatsapp_cloud_portfolios", one),
            count("whatsapp_cloud_reached", one)
          ])
        const remove = Effect.fnUntraced(function*({ id, within }: Connected) {
          yield* within(accounts.delete(id))
          yield* EventConsumers.use((consumers) => consumers.settled)
        })

        const one = yield* connect("700100")
        const two = yield* connect("700200", one.organizationId)
        const stranger = yield* connect("700300")
        for (const [account, to] of [[one, "62811"], [two, "62812"], [stranger, "62811"]] as const) {
          yield* write(account, to)
        }
        assert.deepStrictEqual(yield* counts(one), [2, 1, 2])
        yield* remove(one)
        // The limit is the portfolio's: what was used of it is used.
        assert.deepStrictEqual(yield* counts(two), [1, 1, 2])
        assert.strictEqual((yield* two.within(limits.status(two.id))).reached, 2)
        yield* remove(two)
        assert.deepStrictEqual(yield* counts(two), [0, 0, 0])
        assert.deepStrictEqual(yield* counts(stranger), [1, 1, 1])

        const again = yield* connect("700400", one.organizationId)
        yield* write(again, "62811")
        assert.strictEqual((yield* again.within(limits.status(again.id))).reached, 1)
      }).pipe(Effect.provide(
        WhatsAppConsumers.layer.pipe(
          Layer.provideMerge(MessagingLimits.layerSql),
          Layer.provideMerge(EventConsumers.layerSql.pipe(Layer.provideMerge(EventLog.layerSql))),
          Layer.provideMerge(managed(database.layer, client))
        )
      ))
    }).pipe(Effect.scoped))
})
