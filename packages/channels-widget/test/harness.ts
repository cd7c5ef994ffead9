import { module } from "@wicara/channels-widget/module"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { NodeCrypto, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer, Redacted, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest, HttpRouter } from "effect/http"
import type { HttpClientResponse } from "effect/http"
import { Sse } from "effect/encoding"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import type { SqlClient } from "effect/sql"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { migrations as channelsMigrations } from "@wicara/channels/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { NotFound } from "@wicara/core/Problem"
import { Signals } from "@wicara/core/Signals"
import { Secrets } from "@wicara/core/Secrets"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { OrganizationId } from "@wicara/core/Tenancy"
import { FilePolicy } from "@wicara/files/FilePolicy"
import { Files } from "@wicara/files/Files"
import * as LocalBlobStore from "@wicara/files/LocalBlobStore"
import { migrations as filesMigrations } from "@wicara/files/sql/migrations"
import { VirusScanner } from "@wicara/files/VirusScanner"
import { migrations } from "../src/sql/migrations.ts"
import * as SqlWidgetStore from "../src/sql/SqlWidgetStore.ts"
import type { WidgetAccount } from "../src/Visitor.ts"
import { VisitorId } from "../src/Visitor.ts"
import { VisitorLimits } from "../src/VisitorLimits.ts"
import { WidgetAccounts } from "../src/WidgetAccounts.ts"
import { WidgetFeed } from "../src/WidgetFeed.ts"
import { WidgetMessageId } from "../src/WidgetMessage.ts"
import { WidgetMessages } from "../src/WidgetMessages.ts"
import { WidgetFiles } from "../src/WidgetFiles.ts"
import { WidgetProfiles } from "../src/WidgetProfiles.ts"
import { WidgetSessions } from "../src/WidgetSessions.ts"
import { WidgetSettings } from "../src/WidgetSettings.ts"
import { WidgetApi, WidgetSession } from "../src/Widget/Api.ts"
import * as WidgetHttp from "../src/Widget/Http.ts"

const settings = Schema.decodeSync(WidgetSettings)

const account = (
  id: string,
  organizationId: string,
  key: string,
  config: typeof WidgetSettings.Encoded = {}
): WidgetAccount => ({
  id: ChannelAccountId.make(id),
  organizationId: OrganizationId.make(organizationId),
  settings: settings(config),
  secrets: { signingKey: Redacted.make(key) }
})

const organizationA = "0197c6a2-0000-7000-8000-00000000000a"
const organizationB = "0197c6a2-0000-7000-8000-00000000000b"

/** Organization A: a site, and a second one with a fence of origins. */
export const site = account("0197c6a2-0000-7000-8000-0000000000a1", organizationA, "key of a1 ".repeat(5), {
  greeting: { en: "Hello!", id: "Halo!" },
  title: { en: "Chat with us" }
})
export const fenced = account("0197c6a2-0000-7000-8000-0000000000a2", organizationA, "key of a2 ".repeat(5), {
  allowedOrigins: ["https://shop.example", "https://*.apps.example"]
})
/** Organization B, with the very key of A's site: only the claims tell them apart. */
export const foreign = account("0197c6a2-0000-7000-8000-0000000000b1", organizationB, "key of a1 ".repeat(5))

const form: typeof WidgetSettings.Encoded["form"] = {
  required: true,
  fields: [
    { key: "name", kind: "name", label: { en: "Your name", id: "Nama Anda" }, required: true },
    { key: "address", kind: "email", label: { en: "E-mail" }, required: false },
    {
      key: "topic",
      kind: "choice",
      label: { en: "Topic" },
      required: false,
      options: [{ value: "bill", label: { en: "My bill" } }, { value: "line", label: { en: "My line" } }]
    }
  ],
  consent: {
    text: { en: "You may write to me.", id: "Anda boleh menulis kepada saya." },
    purpose: "marketing",
    required: true
  }
}

/** Organization A's site with a form, opening hours, and keys to say with who is signed in there. */
export const asking: WidgetAccount = {
  ...account("0197c6a2-0000-7000-8000-0000000000a3", organizationA, "key of a3 ".repeat(5), {
    form,
    offline: {
      hours: { timeZone: "Asia/Jakarta", week: [{ day: "mon", from: "08:00", to: "17:00" }] },
      whenNobodyIsThere: false,
      message: { en: "We are back on Monday." },
      askEmail: true
    }
  }),
  secrets: {
    signingKey: Redacted.make("key of a3 ".repeat(5)),
    identityKey: Redacted.make("identity key of a3 ".repeat(3)),
    previousIdentityKey: Redacted.make("older identity key of a3 ".repeat(3))
  }
}
/** Organization B's, with the same keys and users of the same ids. */
export const askingForeign: WidgetAccount = {
  ...account("0197c6a2-0000-7000-8000-0000000000b3", organizationB, "key of a3 ".repeat(5)),
  secrets: asking.secrets
}

const layerAccounts = Layer.succeed(WidgetAccounts, {
  find: (id) => {
    const found = [site, fenced, foreign, asking, askingForeign].find((one) => one.id === id)
    return found === undefined ? Effect.fail(NotFound.of("channel account", id)) : Effect.succeed(found)
  }
})

export const uuid = (n: number) => `0197c6a2-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
export const messageId = (n: number) => WidgetMessageId.make(uuid(n))
export const visitor = (n: number, of: WidgetAccount = site) => ({
  channelAccountId: of.id,
  visitorId: VisitorId.make(uuid(n))
})

const layerMigrated = (database: Layer.Layer<SqlClient.SqlClient>) =>
  Layer.effectDiscard(
    Effect.orDie(Migrations.run([coreMigrations, channelsMigrations, filesMigrations, migrations]))
  ).pipe(
    Layer.provideMerge(database)
  )

/** The organization's files, small ones, in a folder of their own; what is said to be a virus is one. */
const layerFiles = Files.layerSql.pipe(
  Layer.provide(
    Layer.unwrap(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      return LocalBlobStore.layer({ folder: yield* fs.makeTempDirectoryScoped({ prefix: "wicara-widget-" }) })
    })).pipe(Layer.orDie, Layer.provide(NodeServices.layer))
  ),
  Layer.provide(Layer.succeed(VirusScanner, {
    check: Effect.succeed("test"),
    scan: (content) =>
      Effect.map(
        Stream.mkString(Stream.decodeText(content)),
        (text) => text.includes("a virus") ? { _tag: "Infected", signature: "Test" } : { _tag: "Clean" }
      )
  })),
  Layer.provide(
    Layer.succeed(FilePolicy, { maxSize: 64 * 1024, quota: 256 * 1024, types: ["text/plain", "image/png"] })
  ),
  Layer.provide(Layer.mergeAll(Audit.layerSql, Events.layerSql, Secrets.layerSql)),
  Layer.provide(MasterKeys.layerTest)
)

/** A database with the tables, the store on it, and what receives inbound events. */
export const layerStore = (database: Layer.Layer<SqlClient.SqlClient>) =>
  Layer.mergeAll(SqlWidgetStore.layer, InboundEvents.layerSql, layerFiles).pipe(
    Layer.provideMerge(Layer.mergeAll(Signals.layer, layerMigrated(database)))
  )

/** One process's services over the store. */
export const layerProcess = (options: { readonly limits?: Layer.Layer<VisitorLimits> } = {}) =>
  Layer.mergeAll(
    WidgetSessions.layer,
    WidgetProfiles.layer,
    WidgetMessages.layerWith({ heartbeat: "300 millis" })
  ).pipe(
    Layer.provideMerge(WidgetFiles.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        WidgetFeed.layerWith({ pollInterval: "20 millis" }),
        options.limits ?? VisitorLimits.layerMemory(),
        layerAccounts,
        NodeCrypto.layerMac,
        MessageTexts.layerStandard([module])
      )
    )
  )

const Api = HttpApi.make("wicara").add(WidgetApi)

/** Everything behind a listening server, and a client to it. */
export const layerHttp = (
  database: Layer.Layer<SqlClient.SqlClient>,
  options?: { readonly limits?: Layer.Layer<VisitorLimits> }
) =>
  WidgetFeed.layerDrain.pipe(Layer.provideMerge(HttpRouter.serve(
    Layer.mergeAll(HttpApiBuilder.layer(Api).pipe(Layer.provide(WidgetHttp.layer)), WidgetHttp.layerCors),
    { disableLogger: true, disableListenLog: true }
  ))).pipe(
    Layer.provideMerge(layerProcess(options)),
    Layer.provideMerge(layerStore(database)),
    Layer.provideMerge(NodeHttpServer.layerTest)
  )

export interface Call {
  readonly token?: string
  readonly origin?: string
  readonly body?: unknown
  /** Sent as it is. */
  readonly bytes?: Uint8Array
  readonly headers?: Record<string, string>
}

export const call = Effect.fnUntraced(function*(method: "GET" | "POST" | "OPTIONS", path: string, options: Call = {}) {
  const client = yield* HttpClient.HttpClient
  const request = HttpClientRequest.make(method)(path).pipe(
    HttpClientRequest.setHeaders({
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.origin === undefined ? {} : { origin: options.origin }),
      ...options.headers
    }),
    (made) =>
      options.bytes !== undefined
        ? HttpClientRequest.bodyUint8Array(made, options.bytes)
        : options.body === undefined
        ? made
        : HttpClientRequest.bodyJsonUnsafe(made, options.body)
  )
  return yield* client.execute(request)
})

export const json = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(response.json, (body) => body as Record<string, any>)

export const openSession = Effect.fnUntraced(function*(of: WidgetAccount, options: Call = {}) {
  const response = yield* call("POST", `/v1/widget/${of.id}/sessions`, { body: {}, ...options })
  return yield* Schema.decodeUnknownEffect(WidgetSession)(yield* response.json)
})

/** The events of one connection, as a stream of parsed server-sent events. */
export const events = (token: string, lastEventId: string) =>
  Stream.unwrap(
    Effect.map(
      call("GET", "/v1/widget/events", { token, headers: { "last-event-id": lastEventId } }),
      (response) => response.stream
    )
  ).pipe(
    Stream.decodeText,
    Stream.pipeThroughChannel(Sse.decode())
  )
