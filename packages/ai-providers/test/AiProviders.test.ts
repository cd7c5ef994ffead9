import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { BigDecimal, Effect, Layer, Redacted } from "effect"
import { LanguageModel } from "effect/ai"
import { HttpServer } from "effect/http"
import { HttpApi, HttpApiMiddleware, HttpApiTest } from "effect/http-api"
import { SqlClient } from "effect/sql"
import * as AiPrice from "@wicara/ai-providers/AiPrice"
import { AiProviderId } from "@wicara/ai-providers/AiProvider"
import { AiProviderRegistry } from "@wicara/ai-providers/AiProviderAdapter"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { AiProvidersApi } from "@wicara/ai-providers/AiProviders/Api"
import * as AiProvidersHttp from "@wicara/ai-providers/AiProviders/Http"
import { migrations } from "@wicara/ai-providers/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import * as Migrations from "@wicara/core/Migrations"
import { Unauthorized } from "@wicara/core/Problem"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import { OpenAiEmulator } from "@wicara/testing/OpenAiEmulator"
import * as TestDatabase from "@wicara/testing/TestDatabase"

const actingFor = (organizationId: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

const services = (database: TestDatabase.TestDatabase) =>
  AiProviders.layerSql.pipe(
    Layer.provideMerge(AiProviderRegistry.layer()),
    Layer.provideMerge(Layer.mergeAll(Secrets.layerSql, Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(Layer.mergeAll(
      database.layer,
      MasterKeys.layerTest,
      Signals.layer,
      NodeHttpClient.layerUndici,
      OutboundAddresses.layerAll,
      OpenAiEmulator.layer({ apiKeys: ["sk-one", "sk-two"] })
    ))
  )

const openAi = (baseUrl: string, key: string, name = "Hosted") => ({
  kind: "openai_compatible",
  name,
  model: "emulated-1",
  settings: { baseUrl },
  secret: Redacted.make(key)
})

describe.each(TestDatabase.all)("AiProviders on $name", (database) => {
  layer(services(database), { excludeTestServices: true })((it) => {
    it.effect("falls back to the built-in model, then uses the default, then the one that is named", () =>
      Effect.gen(function*() {
        const providers = yield* AiProviders
        const { baseUrl } = yield* OpenAiEmulator
        const organizationId = yield* Id.next(OrganizationId)
        yield* Effect.gen(function*() {
          const none = yield* providers.resolve(null)
          assert.strictEqual(none.kind, "extractive")
          const hosted = yield* providers.create(openAi(baseUrl, "sk-one"))
          assert.isTrue(hosted.isDefault)
          assert.isTrue(hosted.hasSecret)
          const builtIn = yield* providers.create({ kind: "extractive", name: "Offline", model: "", settings: {} })
          assert.isFalse(builtIn.isDefault)
          assert.strictEqual((yield* providers.resolve(null)).providerId, hosted.id)
          assert.strictEqual((yield* providers.resolve(builtIn.id)).providerId, builtIn.id)
          yield* providers.update(builtIn.id, { isDefault: true })
          assert.strictEqual((yield* providers.resolve(null)).providerId, builtIn.id)
          assert.isFalse((yield* providers.get(hosted.id)).isDefault)
          yield* providers.delete(builtIn.id)
          assert.strictEqual((yield* providers.resolve(builtIn.id)).kind, "extractive")
          assert.strictEqual((yield* providers.list({})).data.length, 1)
        }).pipe(actingFor(organizationId))
      }))

    it.effect("uses each organization's own model, and another one after a change", () =>
      Effect.gen(function*() {
        const providers = yield* AiProviders
        const emulator = yield* OpenAiEmulator
        const one = yield* Id.next(OrganizationId)
        const two = yield* Id.next(OrganizationId)
        const ask = Effect.gen(function*() {
          const { layer } = yield* providers.resolve(null)
          return yield* Effect.provide(LanguageModel.generateText({ prompt: "Hi" }), layer)
        })
        const hosted = yield* providers.create(openAi(emulator.baseUrl, "sk-one")).pipe(actingFor(one))
        yield* providers.create(openAi(emulator.baseUrl, "sk-wrong")).pipe(actingFor(two))
        assert.strictEqual((yield* ask.pipe(actingFor(one))).text, "You said: Hi")
        const refused = yield* Effect.flip(ask.pipe(actingFor(two)))
        assert.strictEqual(refused._tag === "AiError" && refused.reason._tag, "AuthenticationError")
        yield* providers.update(hosted.id, { secret: Redacted.make("sk-wrong") }).pipe(actingFor(one))
        assert.strictEqual((yield* Effect.flip(ask.pipe(actingFor(one))))._tag, "AiError")
        const other = yield* Effect.flip(providers.get(hosted.id).pipe(actingFor(two)))
        assert.strictEqual(other._tag, "NotFound")
        const changed = yield* Effect.flip(providers.update(hosted.id, { name: "Mine" }).pipe(actingFor(two)))
        assert.strictEqual(changed._tag, "NotFound")
      }))

    it.effect("stores the secret sealed and tells of a configuration that can't work", () =>
      Effect.gen(function*() {
        const providers = yield* AiProviders
        const sql = yield* SqlClient.SqlClient
        const { baseUrl } = yield* OpenAiEmulator
        const organizationId = yield* Id.next(OrganizationId)
        yield* Effect.gen(function*() {
          const hosted = yield* providers.create(openAi(baseUrl, "sk-one"))
          const rows = yield* sql<{ readonly secret: string }>`SELECT secret FROM ai_providers WHERE id = ${
            Id.toBytes(hosted.id)
          }`
          assert.notInclude(rows[0]?.secret, "sk-one")
          assert.strictEqual((yield* providers.test(hosted.id)).status, "ok")
          yield* providers.update(hosted.id, { secret: Redacted.make("sk-wrong") })
          assert.strictEqual((yield* providers.test(hosted.id)).status, "fail")
          const kind = yield* Effect.flip(providers.create({ ...openAi(baseUrl, "x"), kind: "telepathy" }))
          assert.strictEqual(kind.field, "/kind")
          for (
            const settings of [{}, { baseUrl: "ftp://x" }, { baseUrl: "https://u:p@x.example" }, {
              baseUrl,
              headers: { Authorization: "Bearer x" }
            }, { baseUrl, typo: 1 }]
          ) {
            const error = yield* Effect.flip(providers.create({ ...openAi(baseUrl, "x"), settings }))
            assert.isTrue(error.field.startsWith("/settings"), JSON.stringify(settings))
          }
        }).pipe(actingFor(organizationId))
      }))

    it.effect("speaks HTTP without returning the secret", () =>
      Effect.gen(function*() {
        const { baseUrl } = yield* OpenAiEmulator
        const organizationId = yield* Id.next(OrganizationId)
        const authentication = Layer.succeed(Authentication, {
          cookie: () => Effect.fail(new Unauthorized({})),
          bearer: (httpEffect) => actingFor(organizationId)(httpEffect)
        })
        const client = yield* HttpApiTest.groups(HttpApi.make("wicara").add(AiProvidersApi), ["aiProviders"]).pipe(
          Effect.provide(Layer.mergeAll(
            AiProvidersHttp.layer.pipe(
              Layer.provideMerge(authentication),
              Layer.provideMerge(Layer.succeed(Idempotency, (httpEffect) => httpEffect))
            ),
            HttpServer.layerServices,
            HttpApiMiddleware.layerClient(Authentication, ({ next, request }) => next(request))
          ))
        )
        const price = {
          currency: "USD",
          input: BigDecimal.fromStringUnsafe("0.25"),
          output: BigDecimal.fromStringUnsafe("2")
        }
        const created = yield* client.aiProviders.create({ payload: { ...openAi(baseUrl, "sk-two"), price } })
        assert.notInclude(JSON.stringify(created), "sk-two")
        assert.strictEqual(created.price?.currency, "USD")
        const checked = yield* client.aiProviders.test({ params: { id: created.id } })
        assert.strictEqual(checked.status, "ok")
        const listed = yield* client.aiProviders.list({ query: { limit: 1 } })
        assert.strictEqual(listed.data[0]?.id, created.id)
        const missing = yield* Effect.flip(client.aiProviders.get({ params: { id: yield* Id.next(AiProviderId) } }))
        assert.strictEqual(missing._tag, "NotFound")
      }).pipe(Effect.scoped))
  })
})

describe("AiPrice", () => {
  layer(Layer.empty)((it) => {
    it.effect("computes the exact cost of a call", () =>
      Effect.sync(() => {
        const price = {
          currency: "USD",
          input: BigDecimal.fromStringUnsafe("0.25"),
          cachedInput: BigDecimal.fromStringUnsafe("0.025"),
          output: BigDecimal.fromStringUnsafe("2")
        }
        const cost = AiPrice.cost(price, { inputTokens: 1000, cachedInputTokens: 400, outputTokens: 150 })
        assert.strictEqual(cost === null ? "" : BigDecimal.format(cost.amount), "0.00046")
        assert.isNull(AiPrice.cost(price, { inputTokens: null, cachedInputTokens: null, outputTokens: null }))
      }))
  })
})
