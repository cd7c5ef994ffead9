import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { HttpApi, HttpApiMiddleware, HttpApiTest } from "effect/http-api"
import { AiProviderId } from "@wicara/ai-providers/AiProvider"
import { defaultSettings } from "@wicara/bots/Bot"
import { Bots } from "@wicara/bots/Bots"
import { BotsApi } from "@wicara/bots/Bots/Api"
import * as BotsHttp from "@wicara/bots/Bots/Http"
import { BotTurnId } from "@wicara/bots/BotTurn"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Id from "@wicara/core/Id"
import { Unauthorized } from "@wicara/core/Problem"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { as, layer, say, setUp } from "./support.ts"

const persona = { name: "Lina", languages: ["en"] } as const

/** A client that is signed in to an organization. */
const signedIn = (organizationId: OrganizationId) =>
  HttpApiTest.groups(HttpApi.make("wicara").add(BotsApi), ["bots"]).pipe(
    Effect.provide(Layer.mergeAll(
      BotsHttp.layer.pipe(
        Layer.provideMerge(Layer.succeed(Authentication, {
          cookie: () => Effect.fail(new Unauthorized({})),
          bearer: (httpEffect) => as(organizationId)(httpEffect)
        })),
        Layer.provideMerge(Layer.succeed(Idempotency, (httpEffect) => httpEffect))
      ),
      HttpServer.layerServices,
      HttpApiMiddleware.layerClient(Authentication, ({ next, request }) => next(request))
    ))
  )

describe.each(TestDatabase.all)("Bots on $name", (database) => {
  const TestLayer = layer(database.layer)

  it.live("answers on its own accounts, and one bot on all others", () =>
    Effect.gen(function*() {
      const bots = yield* Bots
      const organizationId = yield* Id.next(OrganizationId)
      const accounts = yield* ChannelAccounts
      const account = Effect.map(
        accounts.create({ channel: "test", name: "Test", settings: {}, secrets: {} }),
        ({ id }) => id
      )
      const [one, two, three] = yield* Effect.all([account, account, account]).pipe(as(organizationId))
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* bots.forAccount(one))._tag, "None")
        const everywhere = yield* bots.create({ persona })
        assert.deepStrictEqual(everywhere.settings, defaultSettings)
        const special = yield* bots.create({ persona, channelAccountIds: [one, two], settings: { threshold: 0.7 } })
        assert.deepStrictEqual(special.channelAccountIds?.toSorted(), [one, two].toSorted())
        const serving = yield* Effect.forEach([one, two, three], (id) => bots.forAccount(id))
        assert.deepStrictEqual(
          serving.map((bot) => bot._tag === "Some" ? bot.value.id : null),
          [special.id, special.id, everywhere.id]
        )
        const taken = yield* Effect.flip(bots.create({ persona, channelAccountIds: [two] }))
        assert.strictEqual(taken._tag, "Conflict")
        assert.strictEqual((yield* Effect.flip(bots.create({ persona })))._tag, "Conflict")
        for (
          const changes of [{ channelAccountIds: [yield* Id.next(ChannelAccountId)] }, {
            aiProviderId: yield* Id.next(AiProviderId)
          }]
        ) {
          assert.strictEqual((yield* Effect.flip(bots.create({ persona, ...changes })))._tag, "InvalidInput")
          assert.strictEqual((yield* Effect.flip(bots.update(special.id, changes)))._tag, "InvalidInput")
        }
        const changed = yield* bots.update(special.id, { channelAccountIds: [one], settings: { sources: 3 } })
        assert.strictEqual(changed.settings.threshold, 0.7)
        assert.strictEqual(changed.settings.sources, 3)
        const after = yield* bots.forAccount(two)
        assert.strictEqual(after._tag === "Some" && after.value.id, everywhere.id)
        yield* bots.delete(everywhere.id)
        assert.strictEqual((yield* bots.forAccount(three))._tag, "None")
        const wrong = yield* Effect.flip(bots.update(special.id, { settings: { burstWindow: 9000, burstMaximum: 10 } }))
        assert.strictEqual(wrong._tag, "InvalidInput")
      }).pipe(as(organizationId))
    }).pipe(Effect.provide(TestLayer)))

  it.live("answers a trial question with its sources, and logs it as a test", () =>
    Effect.gen(function*() {
      const bots = yield* Bots
      const setup = yield* setUp()
      const turn = yield* bots.ask({ question: "berapa biaya pemasangan?" }).pipe(as(setup.organizationId))
      assert.strictEqual(turn.outcome, "test")
      assert.strictEqual(turn.reason, "answered")
      assert.include(turn.reply, "Rp 150.000")
      assert.deepStrictEqual(turn.sources.filter((source) => source.cited).map((source) => source.itemId), [
        "installation-id"
      ])
      const unknown = yield* bots.ask({ question: "who won the world cup in 1998?" }).pipe(as(setup.organizationId))
      assert.strictEqual(unknown.reason, "off_topic")
      const none = yield* Effect.flip(bots.ask({ question: "hi" }).pipe(as(yield* Id.next(OrganizationId))))
      assert.strictEqual(none._tag, "NotFound")
    }).pipe(Effect.provide(TestLayer)))

  it.live("speaks HTTP, and knows nothing of another organization's bots and turns", () =>
    Effect.gen(function*() {
      const setup = yield* setUp()
      yield* say(setup, "is the router included?")
      const mine = yield* signedIn(setup.organizationId)
      const theirs = yield* signedIn(yield* Id.next(OrganizationId))
      const turns = yield* mine.bots.turns({ query: { botId: setup.botId } })
      assert.strictEqual(turns.data.length, 1)
      const id = turns.data[0]?.id ?? (yield* Id.next(BotTurnId))
      const turn = yield* mine.bots.turn({ params: { id } })
      assert.include(turn.prompt, "is the router included?")
      const asked = yield* mine.bots.ask({ payload: { question: "is the router included?" } })
      assert.include(asked.reply, "Wi-Fi 6")
      const updated = yield* mine.bots.update({ params: { id: setup.botId }, payload: { status: "paused" } })
      assert.strictEqual(updated.status, "paused")
      for (
        const call of [
          theirs.bots.get({ params: { id: setup.botId } }),
          theirs.bots.update({ params: { id: setup.botId }, payload: { status: "active" } }),
          theirs.bots.delete({ params: { id: setup.botId } }),
          theirs.bots.turn({ params: { id } }),
          theirs.bots.ask({ payload: { question: "hi", botId: setup.botId } })
        ]
      ) {
        const error = yield* Effect.flip(call as Effect.Effect<unknown, { readonly _tag: string }>)
        assert.strictEqual(error._tag, "NotFound")
      }
      assert.deepStrictEqual((yield* theirs.bots.turns({ query: {} })).data, [])
      assert.deepStrictEqual((yield* theirs.bots.list({ query: {} })).data, [])
      const created = yield* theirs.bots.create({ payload: { persona } })
      assert.isNull(created.channelAccountIds)
      yield* mine.bots.delete({ params: { id: setup.botId } })
      assert.deepStrictEqual((yield* mine.bots.list({ query: {} })).data, [])
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))
})
