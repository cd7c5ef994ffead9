import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHttp from "@wicara/channels/InboundHttp"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
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
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Notifier } from "@wicara/core/Notification"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { Standing } from "@wicara/core/Standing"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import * as ContentType from "@wicara/files/ContentType"
import { FilePolicy } from "@wicara/files/FilePolicy"
import { Files } from "@wicara/files/Files"
import * as LocalBlobStore from "@wicara/files/LocalBlobStore"
import { migrations as fileMigrations } from "@wicara/files/sql/migrations"
import { VirusScanner } from "@wicara/files/VirusScanner"
import * as TemplateConsumers from "@wicara/templates/TemplateConsumers"
import * as TemplateInbound from "@wicara/templates/TemplateInbound"
import { Templates } from "@wicara/templates/Templates"
import * as TemplateSending from "@wicara/templates/TemplateSending"
import { TemplateSync } from "@wicara/templates/TemplateSync"
import { migrations } from "@wicara/templates/sql/migrations"
import * as Emulator from "@wicara/testing/Emulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, FileSystem, Layer } from "effect"
import { SqlClient } from "effect/sql"

const layerFiles = Files.layerSql.pipe(
  Layer.provide(
    Layer.unwrap(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      return LocalBlobStore.layer({ folder: yield* fs.makeTempDirectoryScoped({ prefix: "wicara-templates-" }) })
    })).pipe(Layer.orDie, Layer.provide(NodeServices.layer))
  ),
  Layer.provide(VirusScanner.layerNone),
  Layer.provide(Layer.succeed(FilePolicy, { maxSize: 65_536, quota: 262_144, types: ContentType.usual }))
)

/** What people were told: the kind, once for each dedupe key. */
export const told = new Map<string, string>()

const layerNotifier = Layer.succeed(Notifier, {
  notify: ({ kind }, { dedupeKey }) =>
    Effect.sync(() => {
      told.set(`${kind} ${dedupeKey}`, kind)
    })
})

/** Everything from a webhook of the emulated provider to a checked message, and back to the provider. */
export const layer = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>, seed: string) =>
  Layer.mergeAll(Templates.layerSql, TemplateSync.layer({ timeout: "10 seconds" }), TemplateConsumers.layer).pipe(
    Layer.provideMerge(Layer.mergeAll(
      Conversations.layerSql,
      Messages.layerSql,
      InboundProcessor.layer(),
      OutboxSender.layer()
    )),
    Layer.provideMerge(Layer.merge(TemplateInbound.layer, TemplateSending.layerSql)),
    Layer.provideMerge(Layer.mergeAll(
      layerFiles,
      Layer.succeed(PublicUrl, "https://chat.example.com"),
      layerNotifier
    )),
    Layer.provideMerge(Layer.mergeAll(
      Contacts.layerSql,
      ChannelAccounts.layerSql,
      InboundEvents.layerSql,
      EventConsumers.layerSql,
      Layer.succeed(Assignees, { includes: () => Effect.succeed(true), hasTeam: () => Effect.succeed(true) })
    )),
    Layer.provideMerge(ChannelRegistry.layer([WhatsAppCloud.make({ timeout: "1 second" })])),
    Layer.provideMerge(Layer.succeed(Standing, { of: () => Effect.succeed("active") })),
    Layer.provideMerge(Layer.mergeAll(Secrets.layerSql, Events.layerSql, EventLog.layerSql, Audit.layerSql)),
    Layer.provideMerge(MasterKeys.layerTest),
    Layer.provideMerge(Layer.merge(NodeHttpClient.layerUndici, WhatsAppCloudEmulator.layer({ seed }))),
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

export const as = (organizationId: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

export interface Connected {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  /** The emulator's name of it. */
  readonly number: string
  readonly business: string
}

let numbers = 1000

/** A number of a business account, connected, its webhooks on their way to us. */
export const connect = Effect.fnUntraced(function*(
  options: { readonly organizationId?: OrganizationId; readonly business?: string } = {}
) {
  const emulator = yield* WhatsAppCloudEmulator
  const accounts = yield* ChannelAccounts
  const organizationId = options.organizationId ?? (yield* Id.next(OrganizationId))
  const number = String(++numbers)
  const business = options.business ?? `9${number}`
  const { id } = yield* accounts.create({
    channel: "whatsapp_cloud",
    name: `Cloud ${number}`,
    settings: { phoneNumberId: number, businessAccountId: business, graphBaseUrl: emulator.url },
    secrets: { accessToken: `token-${number}`, appSecret: `secret-${number}`, verifyToken: "v" }
  }).pipe(as(organizationId))
  const context = yield* Effect.context<ChannelAccounts | InboundEvents>()
  const { url } = yield* Emulator.serve(InboundHttp.layer.pipe(Layer.provide(Layer.succeedContext(context))))
  yield* emulator.setAccount(number, {
    businessAccountId: business,
    displayPhoneNumber: `6221${number}`,
    webhookUrl: `${url}/v1/inbound/${id}`
  })
  return { organizationId, channelAccountId: id, number, business } satisfies Connected
})

/** Everything that was asked for or told is done. */
export const settle = Effect.gen(function*() {
  const emulator = yield* WhatsAppCloudEmulator
  yield* emulator.idle
  yield* InboundProcessor.use((processor) => processor.drain)
  yield* EventConsumers.use((consumers) => consumers.settled)
  yield* TemplateSync.use((sync) => sync.drain)
  yield* EventConsumers.use((consumers) => consumers.settled)
})

/** Whatever waits for another attempt is due. */
export const makeDue = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE templates_templates SET due_at = 0, lease_id = NULL WHERE due_at IS NOT NULL`
  yield* sql`UPDATE templates_scopes SET due_at = 0, lease_id = NULL`
})

export const list = (account: Connected, filter: Parameters<Templates["Service"]["list"]>[0] = {}) =>
  Templates.use((templates) => templates.list({ limit: 200, ...filter })).pipe(
    Effect.map(({ data }) => data),
    as(account.organizationId)
  )

export const named = Effect.fnUntraced(function*(account: Connected, name: string, status?: string) {
  const [found] = yield* list(account, { name, ...(status === undefined ? undefined : { status }) })
  return found ?? (yield* Effect.die(new Error(`no template ${name}`)))
})

export const historyOf = Effect.fnUntraced(function*(account: Connected, name: string, status?: string) {
  const { id } = yield* named(account, name, status)
  const { data } = yield* Templates.use((templates) => templates.history(id, { limit: 200 })).pipe(
    as(account.organizationId)
  )
  return data.map(({ from, kind, source, to }) => ({ kind, from, to, source }))
})
