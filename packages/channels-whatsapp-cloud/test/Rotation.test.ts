/** The app secret, the verify token and the webhook's address of a number replaced at the emulated API, by the clock. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelConnections } from "@wicara/channels/ChannelConnections"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { ChannelRotations } from "@wicara/channels/ChannelRotations"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHttp from "@wicara/channels/InboundHttp"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as Emulator from "@wicara/testing/Emulator"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as CloudCore from "@wicara/testing/whatsapp-cloud/CloudCore"
import * as CloudRoutes from "@wicara/testing/whatsapp-cloud/CloudRoutes"

const old = { accessToken: "token-1", appSecret: "app-secret-1", verifyToken: "verify-1" }

describe.each(TestDatabase.all)("a rotation of a Cloud account on $name", (database) => {
  const shared = Layer.mergeAll(
    ChannelRegistry.layer([adapter]),
    Secrets.layerSql,
    Events.layerSql,
    Audit.layerSql,
    InboundEvents.layerSql
  ).pipe(
    Layer.provideMerge(MasterKeys.layerTest),
    Layer.provideMerge(
      Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, channelMigrations]))).pipe(
        Layer.provideMerge(database.layer),
        Layer.provideMerge(Signals.layer)
      )
    )
  )

  /** A number of an organization, the API that delivers what is written to it, and this server's side of webhooks. */
  const bench = Effect.fnUntraced(function*(phoneNumberId: string) {
    const scope = yield* Effect.scope
    const context = yield* Effect.context<Layer.Success<typeof shared> | Scope.Scope>()
    const reaching: HttpClient.HttpClient = HttpClient.make((request) => server.execute(request))
    const core = yield* CloudCore.make({
      seed: phoneNumberId,
      faults: { statuses: false },
      delivery: { retryAfter: () => undefined }
    }).pipe(Effect.provideService(HttpClient.HttpClient, reaching))
    yield* core.configure(phoneNumberId, { businessAccountId: "81", ...old })
    const graph = yield* Emulator.inProcess(CloudRoutes.layer(core))
    const services = yield* Layer.buildWithScope(
      Layer.mergeAll(ChannelConnections.layerSql, ChannelRotations.layerSql).pipe(
        Layer.provideMerge(ChannelAccounts.layerSql),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, graph)),
        Layer.provideMerge(Layer.succeedContext(context))
      ),
      scope
    )
    const server = yield* Emulator.inProcess(InboundHttp.layer.pipe(Layer.provide(Layer.succeedContext(services))))

    const organizationId = yield* Id.next(OrganizationId)
    const within = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provideService(CurrentOrganization, { id: organizationId }),
        Effect.provideService(CurrentActor, systemActor("test")),
        Effect.provideContext(services)
      )
    const { id } = yield* within(Effect.flatMap(ChannelAccounts, (accounts) =>
      accounts.create({
        channel: "whatsapp_cloud",
        name: "Support",
        settings: { phoneNumberId, businessAccountId: "81", graphBaseUrl: "https://graph.example.com" },
        secrets: old
      })))
    yield* within(Effect.flatMap(ChannelConnections, (all) => all.connect(id, { method: "credentials" })))

    const stored = Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.map(
        sql`SELECT id FROM channels_inbound_events WHERE organization_id = ${Id.toBytes(organizationId)}`,
        (rows) => rows.length
      ))
    let written = 0
    /** Has a customer write, signed by the API with the app secret; whether the delivery was taken. */
    const arrives = Effect.fnUntraced(function*(appSecret: string) {
      yield* core.configure(phoneNumberId, { appSecret })
      const before = yield* stored
      yield* core.control.customerWrites({
        account: phoneNumberId,
        from: { phone: "6281300000042" },
        content: `${++written}`
      })
      yield* TestClock.adjust("1 second")
      yield* core.control.deliveries.idle
      return (yield* stored) > before
    })
    return {
      arrives,
      callback: () => core.account(phoneNumberId)!.callbacks.number!,
      // What the API does when somebody enters an address and a token there.
      verifies: (url: string, verifyToken: string) => core.verify({ url, verifyToken }),
      rotate: (input: Parameters<ChannelRotations["Service"]["rotate"]>[1]) =>
        within(Effect.flatMap(ChannelRotations, (rotations) => rotations.rotate(id, input)))
    }
  })

  it.effect("takes deliveries and verifications with the old and the new until the API uses the new, then only those", () =>
    Effect.gen(function*() {
      const { arrives, callback, rotate, verifies } = yield* bench("700100")
      const other = yield* bench("700200")
      const first = callback()
      assert.strictEqual(first.verifyToken, "verify-1")
      assert.isTrue(yield* arrives("app-secret-1"))

      const rotation = yield* rotate({ secrets: { appSecret: "app-secret-2" }, generate: true, url: true })
      assert.isTrue(rotation.registered, rotation.problem ?? "")
      const second = callback()
      assert.strictEqual(second.url, rotation.webhookUrl)
      assert.notStrictEqual(second.url, first.url)
      assert.notStrictEqual(second.verifyToken, "verify-1")

      // The app's secret is not reset at Meta yet: what it signs is taken. A stranger's is not.
      assert.isTrue(yield* arrives("app-secret-1"))
      assert.isFalse(yield* arrives("guessed"))
      assert.isTrue(yield* verifies(second.url, second.verifyToken))
      assert.isTrue(yield* verifies(first.url, "verify-1"))
      assert.isFalse(yield* verifies(second.url, "guessed"))

      // It is reset: the new secret is used, and what was signed before is still on its way for a while.
      yield* TestClock.adjust("1 hour")
      assert.isTrue(yield* arrives("app-secret-2"))
      assert.isTrue(yield* arrives("app-secret-1"))
      yield* TestClock.adjust("11 minutes")
      assert.isFalse(yield* arrives("app-secret-1"))
      assert.isTrue(yield* arrives("app-secret-2"))
      assert.isFalse(yield* verifies(first.url, "verify-1"))
      assert.isFalse(yield* verifies(second.url, "verify-1"))
      assert.isTrue(yield* verifies(second.url, second.verifyToken))

      // Another organization's number has its own.
      assert.isFalse(yield* other.arrives("app-secret-2"))
      assert.isTrue(yield* other.arrives("app-secret-1"))
    }).pipe(Effect.scoped, Effect.provide(shared)))

  it.effect("has the API learn a new verify token at the same address", () =>
    Effect.gen(function*() {
      const { callback, rotate, verifies } = yield* bench("700100")
      const first = callback()
      assert.isTrue((yield* rotate({ generate: true })).registered)
      const second = callback()
      assert.strictEqual(second.url, first.url)
      assert.notStrictEqual(second.verifyToken, first.verifyToken)
      assert.isTrue(yield* verifies(first.url, first.verifyToken))
      yield* TestClock.adjust("25 hours")
      assert.isFalse(yield* verifies(first.url, first.verifyToken))
      assert.isTrue(yield* verifies(second.url, second.verifyToken))
    }).pipe(Effect.scoped, Effect.provide(shared)))

  it.effect("takes nothing old after a leak", () =>
    Effect.gen(function*() {
      const { arrives, callback, rotate, verifies } = yield* bench("700100")
      const first = callback()
      const rotation = yield* rotate({
        secrets: { appSecret: "app-secret-2" },
        generate: true,
        url: true,
        overlapHours: 0
      })
      assert.deepInclude(rotation, { registered: true, previousUntil: null })
      assert.isFalse(yield* arrives("app-secret-1"))
      assert.isTrue(yield* arrives("app-secret-2"))
      assert.isFalse(yield* verifies(first.url, "verify-1"))
      assert.isTrue(yield* verifies(callback().url, callback().verifyToken))
    }).pipe(Effect.scoped, Effect.provide(shared)))
})
