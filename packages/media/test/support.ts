import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import type { MessageContent, OutboundContent } from "@wicara/channels/MessageContent"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import { Contacts } from "@wicara/contacts/Contacts"
import { migrations as contactMigrations } from "@wicara/contacts/sql/migrations"
import { Assignees } from "@wicara/conversations/Assignees"
import { Conversations } from "@wicara/conversations/Conversations"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import { migrations as conversationMigrations } from "@wicara/conversations/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { EventLog } from "@wicara/core/EventLog"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Jobs } from "@wicara/core/Jobs"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { Standing } from "@wicara/core/Standing"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import type { UserId } from "@wicara/core/Tenancy"
import * as ContentType from "@wicara/files/ContentType"
import { FilePolicy } from "@wicara/files/FilePolicy"
import { Files } from "@wicara/files/Files"
import * as LocalBlobStore from "@wicara/files/LocalBlobStore"
import { migrations as fileMigrations } from "@wicara/files/sql/migrations"
import { VirusScanner } from "@wicara/files/VirusScanner"
import * as MediaConsumers from "@wicara/media/MediaConsumers"
import { MediaFetcher } from "@wicara/media/MediaFetcher"
import type { MediaFetcherOptions } from "@wicara/media/MediaFetcher"
import * as MessageAttachments from "@wicara/media/MessageAttachments"
import { MessageFiles } from "@wicara/media/MessageFiles"
import { migrations } from "@wicara/media/sql/migrations"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"
import type { SqlClient } from "effect/sql"

export const maxSize = 64 * 1024

type Fetched = ChannelAdapter.MediaDownload

/** What the provider of the test does when a file is asked for by its id; the account's id, and how often it was. */
export type Plan = (
  file: string,
  account: string,
  times: number
) => Effect.Effect<Fetched, ChannelAdapter.MediaUnavailable>

export const file = (bytes: Uint8Array, more: Partial<Fetched> = {}): Fetched => ({
  content: Stream.make(bytes),
  ...more
})

export const unavailable = (kind: "later" | "account" | "gone", code = kind as string) =>
  Effect.fail(new ChannelAdapter.MediaUnavailable({ kind, code, reason: `${kind} by plan` }))

const Body = Schema.fromJsonString(Schema.Array(InboundEvent))

/** What the provider was sent. */
export const taken: Array<OutboundContent> = []

/** A channel whose provider does as it is told, and loads the files of what it is sent from links. */
export const provider = (plan: Plan) => {
  const times = new Map<string, number>()
  return ChannelAdapter.make({
    id: "planned",
    name: "Planned",
    capabilities: {
      content: new Set(["text", "image"] as const),
      maxTextLength: 1000,
      maxButtons: 0,
      maxListRows: 0,
      readReceipts: false,
      typing: false,
      reactions: false,
      statuses: false,
      serviceWindowHours: null,
      reconcile: "none",
      messagesPerSecond: 100
    },
    settings: Schema.Struct({}),
    secrets: Schema.Struct({}),
    verify: () => Effect.void,
    identify: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not used" })),
    decode: (body) => Effect.orDie(Schema.decodeUnknownEffect(Body)(new TextDecoder().decode(body))),
    send: (message) =>
      Effect.sync(() => {
        taken.push(message.content)
        return { _tag: "Accepted", providerMessageId: `taken-${taken.length}` }
      }),
    fetchMedia: ({ media: { source } }, account) =>
      Effect.suspend(() => {
        const id = source.type === "provider_id" ? source.id : ""
        const key = `${account.id} ${id}`
        times.set(key, (times.get(key) ?? 0) + 1)
        return plan(id, account.id, times.get(key) ?? 1)
      }),
    test: () => Effect.succeed({ status: "ok", message: "" })
  })
}

const layerFiles = Files.layerSql.pipe(
  Layer.provide(
    Layer.unwrap(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      return LocalBlobStore.layer({ folder: yield* fs.makeTempDirectoryScoped({ prefix: "wicara-media-" }) })
    })).pipe(Layer.orDie, Layer.provide(NodeServices.layer))
  ),
  Layer.provide(VirusScanner.layerNone),
  Layer.provide(Layer.succeed(FilePolicy, { maxSize, quota: 4 * maxSize, types: ContentType.usual }))
)

/** Everything from the stored webhook to the stored file. */
export const layer = <E, R>(
  database: Layer.Layer<SqlClient.SqlClient, E, R>,
  adapters: ReadonlyArray<AnyChannelAdapter>,
  options: MediaFetcherOptions = {}
) =>
  Layer.mergeAll(MediaFetcher.layer(options), MessageFiles.layerSql, MediaConsumers.layer).pipe(
    Layer.provideMerge(Layer.mergeAll(
      Conversations.layerSql,
      Messages.layerSql,
      InboundProcessor.layer(),
      OutboxSender.layer()
    )),
    Layer.provideMerge(MessageAttachments.layerSql),
    Layer.provideMerge(Layer.merge(layerFiles, Layer.succeed(PublicUrl, "https://chat.example.com"))),
    Layer.provideMerge(Layer.mergeAll(
      Contacts.layerSql,
      ChannelAccounts.layerSql,
      InboundEvents.layerSql,
      EventConsumers.layerSql,
      Jobs.layerSql,
      Layer.succeed(Assignees, { includes: () => Effect.succeed(true), hasTeam: () => Effect.succeed(true) })
    )),
    Layer.provideMerge(ChannelRegistry.layer(adapters)),
    Layer.provideMerge(Layer.succeed(Standing, { of: () => Effect.succeed("active") })),
    Layer.provideMerge(Layer.mergeAll(Secrets.layerSql, Events.layerSql, EventLog.layerSql, Audit.layerSql)),
    Layer.provideMerge(MasterKeys.layerTest),
    Layer.provideMerge(NodeHttpClient.layerUndici),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([
      coreMigrations,
      channelMigrations,
      contactMigrations,
      conversationMigrations,
      fileMigrations,
      migrations
    ])))),
    Layer.provideMerge(database),
    Layer.provideMerge(Signals.layer)
  )

export const as = (organizationId: OrganizationId, userId?: UserId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(
      CurrentActor,
      userId === undefined
        ? systemActor("test")
        : { actor: { _tag: "User", id: userId }, permissions: new Set(["conversations:read"]) }
    )
  )

export interface Connected {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAdapter.ChannelAccountId
}

export const connect = Effect.fnUntraced(function*(organization?: OrganizationId) {
  const organizationId = organization ?? (yield* Id.next(OrganizationId))
  const accounts = yield* ChannelAccounts
  const { id } = yield* accounts.create({ channel: "planned", name: "Planned", settings: {}, secrets: {} }).pipe(
    as(organizationId)
  )
  return { organizationId, channelAccountId: id }
})

let count = 0

/** A customer sends files, named by their ids at the provider; the ids of the messages. */
export const sends = Effect.fnUntraced(
  function*(account: Connected, ...contents: ReadonlyArray<string | MessageContent>) {
    const inbound = yield* InboundEvents
    const ids = contents.map(() => `m${++count}`)
    yield* inbound.ingest({
      ...account,
      dedupeKey: ids.join(),
      body: new TextEncoder().encode(
        Schema.encodeSync(Body)(contents.map((content, index): InboundEvent => ({
          _tag: "MessageReceived",
          raw: {},
          providerMessageId: ids[index]!,
          chat: { kind: "phone", value: "628111" },
          sender: { identities: [{ kind: "phone", value: "628111" }] },
          content: typeof content === "string"
            ? { type: "image", media: { source: { type: "provider_id", id: content }, mimeType: "image/png" } }
            : content
        })))
      )
    })
    yield* InboundProcessor.use((processor) => processor.drain)
    yield* EventConsumers.use((consumers) => consumers.settled)
    const conversations = yield* Conversations
    const messages = yield* Messages
    const { data } = yield* conversations.list({}).pipe(as(account.organizationId))
    const pages = yield* Effect.forEach(data, ({ id }) => messages.list(id, { limit: 200 })).pipe(
      as(account.organizationId)
    )
    const found = pages.flatMap((page) => page.data)
    return ids.map((id) => found.find(({ providerMessageId }) => providerMessageId === id)!.id)
  }
)

export const read = <E, R>(content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat([...chunks]))
