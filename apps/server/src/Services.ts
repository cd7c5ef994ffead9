/**
 * Every service of the server over the configured database, with all migrations run.
 *
 * @since 0.1.0
 */
import { NodeCrypto, NodeHttpClient, NodeServices } from "@effect/platform-node"
import { AiProviderRegistry } from "@wicara/ai-providers/AiProviderAdapter"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { permissions as aiPermissions } from "@wicara/ai-providers/permissions"
import { migrations as aiProvidersMigrations } from "@wicara/ai-providers/sql/migrations"
import { Answering } from "@wicara/bots/Answering"
import { Bots } from "@wicara/bots/Bots"
import { BotTurns } from "@wicara/bots/BotTurns"
import * as KnowledgeRetrieval from "@wicara/bots/KnowledgeRetrieval"
import { permissions as botPermissions } from "@wicara/bots/permissions"
import { migrations as botsMigrations } from "@wicara/bots/sql/migrations"
import { TurnLog } from "@wicara/bots/TurnLog"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { migrations as channelsMigrations } from "@wicara/channels/sql/migrations"
import { permissions as channelPermissions } from "@wicara/channels/permissions"
import { migrations as widgetMigrations } from "@wicara/channels-widget/sql/migrations"
import * as SqlWidgetStore from "@wicara/channels-widget/sql/SqlWidgetStore"
import { VisitorLimits } from "@wicara/channels-widget/VisitorLimits"
import { WidgetAccounts } from "@wicara/channels-widget/WidgetAccounts"
import * as WidgetAdapter from "@wicara/channels-widget/WidgetAdapter"
import { WidgetFeed } from "@wicara/channels-widget/WidgetFeed"
import { WidgetMessages } from "@wicara/channels-widget/WidgetMessages"
import { WidgetRetention } from "@wicara/channels-widget/WidgetRetention"
import { WidgetSessions } from "@wicara/channels-widget/WidgetSessions"
import * as Waha from "@wicara/channels-waha/Waha"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { Contacts } from "@wicara/contacts/Contacts"
import { permissions as contactPermissions } from "@wicara/contacts/permissions"
import { migrations as contactsMigrations } from "@wicara/contacts/sql/migrations"
import { Assignees } from "@wicara/conversations/Assignees"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { permissions as conversationPermissions } from "@wicara/conversations/permissions"
import { Realtime } from "@wicara/conversations/Realtime"
import { migrations as conversationsMigrations } from "@wicara/conversations/sql/migrations"
import { Jobs } from "@wicara/core/Jobs"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { PermissionRegistry } from "@wicara/core/Roles"
import * as CoreSql from "@wicara/core/sql/layer"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { KnowledgeImport } from "@wicara/knowledge/KnowledgeImport"
import { permissions as knowledgePermissions } from "@wicara/knowledge/permissions"
import * as KnowledgeSql from "@wicara/knowledge/sql/layer"
import { migrations as knowledgeMigrations } from "@wicara/knowledge/sql/migrations"
import { Effect, Layer } from "effect"
import * as Database from "./Database.ts"
import * as MasterKeyFile from "./MasterKeyFile.ts"

/**
 * The tables of every package, in the order in which they depend on each other.
 *
 * @category migrations
 * @since 0.1.0
 */
export const migrations = [
  coreMigrations,
  channelsMigrations,
  widgetMigrations,
  contactsMigrations,
  conversationsMigrations,
  knowledgeMigrations,
  aiProvidersMigrations,
  botsMigrations
]

/**
 * Every package's permissions.
 *
 * @category permissions
 * @since 0.1.0
 */
export const permissions = [
  channelPermissions,
  contactPermissions,
  conversationPermissions,
  knowledgePermissions,
  aiPermissions,
  botPermissions
]

const layerMasterKeys = Layer.unwrap(
  Effect.map(MasterKeyFile.load, (key) => MasterKeys.layer({ current: "master", keys: { master: key } }))
)

/** Migrations run before anything else touches the database. */
const layerDatabase = Layer.effectDiscard(Migrations.run(migrations)).pipe(Layer.provideMerge(Database.layer))

const layerPlatform = Layer.mergeAll(NodeServices.layer, NodeCrypto.layer, NodeHttpClient.layerUndici)

const layerCore = CoreSql.layerSql.pipe(Layer.provideMerge(PermissionRegistry.layer(permissions)))

const layerWidgetStore = WidgetFeed.layer.pipe(Layer.provideMerge(SqlWidgetStore.layer))

const layerRegistry = Layer.unwrap(
  Effect.map(WidgetAdapter.make, (widget) => ChannelRegistry.layer([WhatsAppCloud.adapter, Waha.adapter, widget]))
)

const layerChannels = Layer.mergeAll(InboundEvents.layerSql, ChannelAccounts.layerSql).pipe(
  Layer.provideMerge(layerRegistry),
  Layer.provideMerge(layerWidgetStore)
)

const layerAi = AiProviders.layerSql.pipe(Layer.provideMerge(AiProviderRegistry.layer()))

const layerWidget = WidgetMessages.layer.pipe(
  Layer.provideMerge(WidgetSessions.layer),
  Layer.provideMerge(Layer.mergeAll(WidgetAccounts.layer, VisitorLimits.layer, WidgetRetention.layer))
)

const layerConversations = Layer.mergeAll(Conversations.layerSql, Messages.layerSql, Realtime.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(Contacts.layerSql, Assignees.layer))
)

const layerKnowledge = KnowledgeImport.layer.pipe(Layer.provideMerge(KnowledgeSql.layerSql))

const layerBots = Bots.layerSql.pipe(
  Layer.provideMerge(Layer.mergeAll(Answering.layer, TurnLog.layerSql, BotTurns.layerSql)),
  Layer.provideMerge(KnowledgeRetrieval.layer),
  Layer.provideMerge(Layer.mergeAll(layerAi, layerKnowledge))
)

/**
 * Every service. Needs the configuration only.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.mergeAll(layerWidget, layerBots, layerConversations, Jobs.layerSql).pipe(
  Layer.provideMerge(layerChannels),
  Layer.provideMerge(layerCore),
  Layer.provideMerge(layerMasterKeys),
  Layer.provideMerge(layerDatabase),
  Layer.provideMerge(layerPlatform)
)
