/**
 * The widget's server for tests: the real layers of channels-widget on SQLite in a file, which can be stopped and started
 * again on the same port. What the business does is called directly.
 */
import { module } from "@wicara/channels-widget/module"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { NodeCrypto, NodeHttpServer } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Exit, Layer, Redacted, Schema, Scope } from "effect"
import type { Context } from "effect"
import { FetchHttpClient, HttpRouter } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import type { MessageReceived } from "@wicara/channels/InboundEvent"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import { migrations as channelsMigrations } from "@wicara/channels/sql/migrations"
import * as SqlWidgetStore from "@wicara/channels-widget/sql/SqlWidgetStore"
import { migrations } from "@wicara/channels-widget/sql/migrations"
import type { WidgetAccount } from "@wicara/channels-widget/Visitor"
import { VisitorLimits } from "@wicara/channels-widget/VisitorLimits"
import { WidgetApi } from "@wicara/channels-widget/Widget/Api"
import * as WidgetHttp from "@wicara/channels-widget/Widget/Http"
import { WidgetAccounts } from "@wicara/channels-widget/WidgetAccounts"
import * as WidgetAdapter from "@wicara/channels-widget/WidgetAdapter"
import { WidgetFeed } from "@wicara/channels-widget/WidgetFeed"
import { WidgetMessages } from "@wicara/channels-widget/WidgetMessages"
import { WidgetSessions } from "@wicara/channels-widget/WidgetSessions"
import { WidgetSettings } from "@wicara/channels-widget/WidgetSettings"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import { NotFound } from "@wicara/core/Problem"
import { Signals } from "@wicara/core/Signals"
import { OrganizationId } from "@wicara/core/Tenancy"
import { WidgetMessageId } from "@wicara/channels-widget/WidgetMessage"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createServer as createSocketServer } from "node:net"

export const account: WidgetAccount = {
  id: ChannelAccountId.make("0197c6a2-0000-7000-8000-0000000000a1"),
  organizationId: OrganizationId.make("0197c6a2-0000-7000-8000-00000000000a"),
  settings: Schema.decodeSync(WidgetSettings)({
    title: { en: "Lintas Fiber", id: "Lintas Fiber" },
    greeting: { en: "Hi! Ask us anything about your internet.", id: "Hai! Tanyakan apa saja tentang internet Anda." }
  }),
  secrets: { signingKey: Redacted.make("a signing key for tests, long enough") }
}

/** A port that is free now, so that the server can come back to it. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const socket = createSocketServer()
    socket.listen(0, "127.0.0.1", () => {
      const { port } = socket.address() as AddressInfo
      socket.close(() => resolve(port))
    })
  })

const layerAll = (options: { readonly port: number; readonly database: string }) => {
  const accounts = Layer.succeed(WidgetAccounts, {
    find: (id) => id === account.id ? Effect.succeed(account) : Effect.fail(NotFound.of("widget", id))
  })
  const database = options.database === ":memory:"
    ? TestDatabase.layerSqlite
    : Layer.orDie(SqliteClient.layer({ filename: options.database }))
  const store = Layer.mergeAll(SqlWidgetStore.layer, InboundEvents.layerSql).pipe(
    Layer.provideMerge(Layer.mergeAll(
      Signals.layer,
      Layer.effectDiscard(Effect.orDie(Migrations.run([channelsMigrations, migrations]))).pipe(
        Layer.provideMerge(database)
      )
    ))
  )
  const services = Layer.mergeAll(WidgetSessions.layer, WidgetMessages.layerWith({ heartbeat: "2 seconds" })).pipe(
    Layer.provideMerge(Layer.mergeAll(
      WidgetFeed.layerWith({ pollInterval: "100 millis" }),
      VisitorLimits.layerMemory(),
      accounts,
      NodeCrypto.layerMac,
      MessageTexts.layerStandard([module])
    )),
    Layer.provideMerge(store)
  )
  const server = HttpRouter.serve(
    Layer.mergeAll(
      HttpApiBuilder.layer(HttpApi.make("wicara").add(WidgetApi)).pipe(Layer.provide(WidgetHttp.layer)),
      WidgetHttp.layerCors
    ),
    { disableLogger: true, disableListenLog: true }
  )
  return Layer.mergeAll(WidgetFeed.layerDrain.pipe(Layer.provideMerge(server)), FetchHttpClient.layer).pipe(
    Layer.provideMerge(services),
    Layer.provide(Layer.orDie(NodeHttpServer.layer(() => createServer(), {
      port: options.port,
      host: "127.0.0.1",
      gracefulShutdownTimeout: "500 millis"
    })))
  )
}

type Services = Layer.Success<ReturnType<typeof layerAll>>

export interface TestServer {
  readonly url: string
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** What visitors wrote since the last call. */
  readonly received: () => Promise<ReadonlyArray<MessageReceived>>
  readonly reply: (to: MessageReceived, content: OutboundContent | string, id?: string) => Promise<void>
  readonly read: (message: MessageReceived) => Promise<void>
  readonly typing: (to: MessageReceived, on: boolean) => Promise<void>
}

export const makeTestServer = async (options: { readonly database: string }): Promise<TestServer> => {
  const port = await freePort()
  let running: { readonly scope: Scope.Closeable; readonly context: Context.Context<Services> } | undefined
  const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => {
    if (running === undefined) throw new Error("the server is stopped")
    return Effect.runPromise(Effect.provideContext(effect, running.context))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    start: async () => {
      const scope = Scope.makeUnsafe()
      const context = await Effect.runPromise(Layer.buildWithScope(layerAll({ ...options, port }), scope))
      running = { scope, context }
    },
    stop: async () => {
      const { scope } = running ?? { scope: undefined }
      running = undefined
      if (scope !== undefined) await Effect.runPromise(Scope.close(scope, Exit.void))
    },
    received: () =>
      run(Effect.gen(function*() {
        const inbound = yield* InboundEvents
        const adapter = yield* WidgetAdapter.make
        const claimed = yield* inbound.claim({ limit: 100, leaseFor: "1 hour" })
        const decoded = yield* Effect.forEach(claimed, (event) => adapter.decode(event.body, account))
        return decoded.flat().filter((event): event is MessageReceived => event._tag === "MessageReceived")
      })),
    reply: (to, content, id) =>
      run(Effect.gen(function*() {
        const adapter = yield* WidgetAdapter.make
        const outcome = yield* adapter.send({
          id: id ?? (yield* Id.next(WidgetMessageId)),
          to: to.chat,
          content: typeof content === "string" ? { type: "text", text: content } : content
        }, account)
        if (outcome._tag !== "Accepted") return yield* Effect.die(outcome)
      })),
    read: (message) =>
      run(Effect.gen(function*() {
        const adapter = yield* WidgetAdapter.make
        yield* adapter.markRead!(
          { chat: message.chat, providerMessageId: message.providerMessageId, typing: false },
          account
        )
      })),
    typing: (to, on) =>
      run(Effect.gen(function*() {
        const adapter = yield* WidgetAdapter.make
        yield* adapter.typing!({ chat: to.chat, on }, account)
      }))
  }
}
