/**
 * The widget's server for tests: the real layers of channels-widget on SQLite in a file, which can be stopped and started
 * again on the same port. What the business does is called directly.
 */
import { module } from "@wicara/channels-widget/module"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { NodeCrypto, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Exit, Layer, Redacted, Schema, Scope, Stream } from "effect"
import type { Context } from "effect"
import { FetchHttpClient, HttpRouter } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import type { Address } from "@wicara/channels/Address"
import type { InboundEvent, MessageReceived } from "@wicara/channels/InboundEvent"
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
import { WidgetFiles } from "@wicara/channels-widget/WidgetFiles"
import { WidgetProfiles } from "@wicara/channels-widget/WidgetProfiles"
import { WidgetFeed } from "@wicara/channels-widget/WidgetFeed"
import { WidgetMessages } from "@wicara/channels-widget/WidgetMessages"
import { WidgetSessions } from "@wicara/channels-widget/WidgetSessions"
import { WidgetSettings } from "@wicara/channels-widget/WidgetSettings"
import * as Id from "@wicara/core/Id"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import { MasterKeys } from "@wicara/core/MasterKeys"
import { Secrets } from "@wicara/core/Secrets"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import * as ContentType from "@wicara/files/ContentType"
import { FilePolicy } from "@wicara/files/FilePolicy"
import { Files } from "@wicara/files/Files"
import * as LocalBlobStore from "@wicara/files/LocalBlobStore"
import { migrations as filesMigrations } from "@wicara/files/sql/migrations"
import { VirusScanner } from "@wicara/files/VirusScanner"
import * as Migrations from "@wicara/core/Migrations"
import { NotFound } from "@wicara/core/Problem"
import { Signals } from "@wicara/core/Signals"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import { WidgetMessageId } from "@wicara/channels-widget/WidgetMessage"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
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

/** Asks a form, is closed for ever, greets, knows who is signed in, and is of a colour that text can't be read on. */
export const asking: WidgetAccount = {
  ...account,
  id: ChannelAccountId.make("0197c6a2-0000-7000-8000-0000000000a2"),
  settings: Schema.decodeSync(WidgetSettings)({
    color: "#ffd54f",
    position: "left",
    form: {
      intro: { en: "Tell us who you are.", id: "Beri tahu kami siapa Anda." },
      required: true,
      fields: [
        { key: "name", kind: "name", label: { en: "Your name" }, required: true },
        { key: "address", kind: "email", label: { en: "Your e-mail" }, required: true },
        {
          key: "topic",
          kind: "choice",
          label: { en: "What is it about?" },
          required: false,
          options: [{ value: "bill", label: { en: "My bill" } }, { value: "line", label: { en: "My line" } }]
        },
        { key: "more", kind: "long_text", label: { en: "More" }, required: false }
      ],
      consent: { text: { en: "Keep what I say here." }, purpose: "data", required: true }
    },
    offline: {
      hours: { timeZone: "Asia/Jakarta", week: [] },
      whenNobodyIsThere: false,
      message: { en: "We are back on Monday." },
      askEmail: true
    },
    greetings: [
      { id: "plans", text: { en: "Looking for a plan?" }, afterSeconds: 0, urls: ["*/plans"] },
      { id: "hello", text: { en: "Can we help you?" }, afterSeconds: 0, urls: ["*"] }
    ]
  }),
  secrets: {
    signingKey: Redacted.make("another signing key for tests, long"),
    identityKey: Redacted.make("an identity key for tests, long enough")
  }
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

/** Small files, in the folder. */
const layerFiles = (folder: string) =>
  Files.layerSql.pipe(
    Layer.provide(Layer.orDie(LocalBlobStore.layer({ folder })).pipe(Layer.provide(NodeServices.layer))),
    Layer.provide(VirusScanner.layerNone),
    Layer.provide(Layer.succeed(FilePolicy, { maxSize: 256 * 1024, quota: 4 * 1024 * 1024, types: ContentType.usual })),
    Layer.provide(Layer.mergeAll(Audit.layerSql, Events.layerSql, Secrets.layerSql)),
    Layer.provide(MasterKeys.layerTest)
  )

const layerAll = (options: { readonly port: number; readonly database: string; readonly files: string }) => {
  const accounts = Layer.succeed(WidgetAccounts, {
    find: (id) => {
      const found = [account, asking].find((one) => one.id === id)
      return found === undefined ? Effect.fail(NotFound.of("widget", id)) : Effect.succeed(found)
    }
  })
  const database = options.database === ":memory:"
    ? TestDatabase.layerSqlite
    : Layer.orDie(SqliteClient.layer({ filename: options.database }))
  const store = Layer.mergeAll(SqlWidgetStore.layer, InboundEvents.layerSql, layerFiles(options.files)).pipe(
    Layer.provideMerge(Layer.mergeAll(
      Signals.layer,
      Layer.effectDiscard(
        Effect.orDie(Migrations.run([coreMigrations, channelsMigrations, filesMigrations, migrations]))
      ).pipe(
        Layer.provideMerge(database)
      )
    ))
  )
  const services = Layer.mergeAll(
    WidgetSessions.layer,
    WidgetProfiles.layer,
    WidgetMessages.layerWith({ heartbeat: "2 seconds" })
  ).pipe(
    Layer.provideMerge(WidgetFiles.layer),
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

const heard = Effect.gen(function*() {
  const inbound = yield* InboundEvents
  const adapter = yield* WidgetAdapter.make
  const claimed = yield* inbound.claim({ limit: 100, leaseFor: "1 hour" })
  const decoded = yield* Effect.forEach(claimed, (event) => adapter.decode(event.body, account))
  return decoded.flat()
})

type Services = Layer.Success<ReturnType<typeof layerAll>>

export interface TestServer {
  readonly url: string
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** What visitors wrote since the last call. */
  readonly received: () => Promise<ReadonlyArray<MessageReceived>>
  /** What else came since the last call of either. */
  readonly heard: () => Promise<ReadonlyArray<InboundEvent>>
  /** Stores a file of the organization. */
  readonly store: (name: string, bytes: Uint8Array) => Promise<string>
  readonly askRating: (chat: Address, conversationId: string) => Promise<void>
  readonly reply: (to: MessageReceived, content: OutboundContent | string, id?: string) => Promise<void>
  readonly read: (message: MessageReceived) => Promise<void>
  readonly typing: (to: MessageReceived, on: boolean) => Promise<void>
}

export const makeTestServer = async (options: { readonly database: string }): Promise<TestServer> => {
  const files = mkdtempSync(join(tmpdir(), "wicara-widget-files-"))
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
      const context = await Effect.runPromise(Layer.buildWithScope(layerAll({ ...options, port, files }), scope))
      running = { scope, context }
    },
    stop: async () => {
      const { scope } = running ?? { scope: undefined }
      running = undefined
      if (scope !== undefined) await Effect.runPromise(Scope.close(scope, Exit.void))
    },
    received: async () =>
      (await run(heard)).filter((event): event is MessageReceived => event._tag === "MessageReceived"),
    heard: () => run(heard),
    store: (name, bytes) =>
      run(
        Files.use((stored) => stored.upload({ name, content: Stream.make(bytes) })).pipe(
          Effect.map(({ id }) => id),
          Effect.provideService(CurrentOrganization, { id: account.organizationId }),
          Effect.provideService(CurrentActor, systemActor("test"))
        )
      ),
    askRating: (chat, conversationId) =>
      run(Effect.flatMap(WidgetAdapter.make, (adapter) => adapter.askRating!({ chat, conversationId }, account))),
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
