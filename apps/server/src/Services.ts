/**
 * Every service of the server over the configured database, with all migrations run.
 *
 * @since 0.1.0
 */
import { NodeCrypto, NodeHttpClient, NodeServices } from "@effect/platform-node"
import { AiProviderRegistry } from "@wicara/ai-providers/AiProviderAdapter"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { Answering } from "@wicara/bots/Answering"
import { Bots } from "@wicara/bots/Bots"
import { BotTurns } from "@wicara/bots/BotTurns"
import * as KnowledgeRetrieval from "@wicara/bots/KnowledgeRetrieval"
import { TurnLog } from "@wicara/bots/TurnLog"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import { ChannelConnections } from "@wicara/channels/ChannelConnections"
import { AccountGroups } from "@wicara/channels/AccountGroups"
import { ChannelProfiles } from "@wicara/channels/ChannelProfiles"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { ChannelRotations } from "@wicara/channels/ChannelRotations"
import * as ChannelScopes from "@wicara/channels/ChannelScopes"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as SqlWidgetStore from "@wicara/channels-widget/sql/SqlWidgetStore"
import { VisitorLimits } from "@wicara/channels-widget/VisitorLimits"
import { WidgetAccounts } from "@wicara/channels-widget/WidgetAccounts"
import * as WidgetAdapter from "@wicara/channels-widget/WidgetAdapter"
import { WidgetFeed } from "@wicara/channels-widget/WidgetFeed"
import * as WidgetAttendance from "@wicara/channels-widget/WidgetAttendance"
import { WidgetFiles } from "@wicara/channels-widget/WidgetFiles"
import { WidgetProfiles } from "@wicara/channels-widget/WidgetProfiles"
import { WidgetMessages } from "@wicara/channels-widget/WidgetMessages"
import { WidgetRetention } from "@wicara/channels-widget/WidgetRetention"
import { WidgetSessions } from "@wicara/channels-widget/WidgetSessions"
import * as Waha from "@wicara/channels-waha/Waha"
import { WahaCalls } from "@wicara/channels-waha/WahaCalls"
import { WahaChats } from "@wicara/channels-waha/WahaChats"
import { WahaDirectory } from "@wicara/channels-waha/WahaDirectory"
import { WahaFeatures } from "@wicara/channels-waha/WahaFeatures"
import { WahaFigures } from "@wicara/channels-waha/WahaFigures"
import { WahaGroups } from "@wicara/channels-waha/WahaGroups"
import { WahaLids } from "@wicara/channels-waha/WahaLids"
import { MessagingLimits } from "@wicara/channels-whatsapp-cloud/MessagingLimits"
import { WahaLimits } from "@wicara/channels-waha/WahaLimits"
import { WahaManagement } from "@wicara/channels-waha/WahaManagement"
import { WahaOperations } from "@wicara/channels-waha/WahaOperations"
import { WahaPacing } from "@wicara/channels-waha/WahaPacing"
import { WahaPresences } from "@wicara/channels-waha/WahaPresences"
import { WahaRequests } from "@wicara/channels-waha/WahaRequests"
import { WhatsAppCalls } from "@wicara/channels-whatsapp-cloud/WhatsAppCalls"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { WhatsAppManagement } from "@wicara/channels-whatsapp-cloud/WhatsAppManagement"
import { Contacts } from "@wicara/contacts/Contacts"
import { MessageActions } from "@wicara/conversations/MessageActions"
import { MessageResends } from "@wicara/conversations/MessageResends"
import { AccountMoves } from "@wicara/conversations/AccountMoves"
import { Assignees } from "@wicara/conversations/Assignees"
import { CustomerPresences } from "@wicara/conversations/CustomerPresences"
import { Feedbacks } from "@wicara/conversations/Feedbacks"
import { Conversations } from "@wicara/conversations/Conversations"
import { HistoryChecks } from "@wicara/conversations/HistoryChecks"
import { Messages } from "@wicara/conversations/Messages"
import * as MessageTraffic from "@wicara/conversations/MessageTraffic"
import { Realtime } from "@wicara/conversations/Realtime"
import { ConsoleUrl } from "@wicara/core/ConsoleUrl"
import { Jobs } from "@wicara/core/Jobs"
import * as Module from "@wicara/core/Module"
import { PublicUrl } from "@wicara/core/PublicUrl"
import * as CoreSql from "@wicara/core/sql/layer"
import * as TenantData from "@wicara/core/TenantData"
import { KnowledgeBatches } from "@wicara/knowledge/KnowledgeBatches"
import { KnowledgeImport } from "@wicara/knowledge/KnowledgeImport"
import * as FileErasure from "@wicara/files/FileErasure"
import * as KnowledgeSql from "@wicara/knowledge/sql/layer"
import { MediaReaders } from "@wicara/media/MediaReaders"
import * as MessageAttachments from "@wicara/media/MessageAttachments"
import { MessageFiles } from "@wicara/media/MessageFiles"
import * as MessageReading from "@wicara/media/MessageReading"
import { MailLog } from "@wicara/notifications/MailLog"
import { MailSender } from "@wicara/notifications/MailSender"
import { layerNotifications } from "@wicara/notifications/sql/layer"
import * as PasskeyVerifier from "@wicara/passkeys/PasskeyVerifier"
import * as TemplateInbound from "@wicara/templates/TemplateInbound"
import * as TemplateSending from "@wicara/templates/TemplateSending"
import { Templates } from "@wicara/templates/Templates"
import { TemplateSync } from "@wicara/templates/TemplateSync"
import { WebhookDeliveries } from "@wicara/webhooks/WebhookDeliveries"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import { WebhookEventTypes } from "@wicara/webhooks/WebhookEventTypes"
import { WebhookSender } from "@wicara/webhooks/WebhookSender"
import { WebhookTransport } from "@wicara/webhooks/WebhookTransport"
import { Effect, Layer, Option } from "effect"
import * as Addons from "./Addons.ts"
import * as Database from "./Database.ts"
import * as FileStorage from "./FileStorage.ts"
import * as MailServices from "./MailServices.ts"
import * as MasterKeySource from "./MasterKeySource.ts"
import * as OutboundClient from "./OutboundClient.ts"
import * as PushServices from "./PushServices.ts"
import * as RateLimits from "./RateLimits.ts"
import { ServerConfig } from "./ServerConfig.ts"
import * as SignInProviders from "./SignInProviders.ts"

/** Where links in messages lead, and browsers are. */
const layerPublicUrl = Layer.merge(
  Layer.effect(
    PublicUrl,
    Effect.map(ServerConfig, ({ host, port, publicUrl }) => Option.getOrElse(publicUrl, () => `http://${host}:${port}`))
  ),
  Layer.effect(ConsoleUrl, Effect.map(ServerConfig, ({ consoleUrl }) => consoleUrl))
)

/** Migrations run before anything else touches the database. */
const layerDatabase = Database.layer.pipe(
  Layer.provide(
    Layer.effectDiscard(Addons.migrate).pipe(
      Layer.provide(Database.layerPatient)
    )
  )
)

const layerModules = Layer.unwrap(
  Effect.map(Addons.Addons, ({ modules }) => Module.ModuleRegistry.layer(modules))
)

const layerPlatform = Layer.mergeAll(NodeServices.layer, NodeCrypto.layer, OutboundClient.layer)

/** What the operator configured is called wherever it is. */
const operators = Layer.provide(NodeHttpClient.layerUndici)
const layerProviders = SignInProviders.layer.pipe(operators)

const layerOrganizations = CoreSql.layerOrganizations.pipe(
  Layer.provide(FileErasure.layer.pipe(Layer.provide(FileStorage.layerBlobs), operators))
)

/** With a table that nobody would erase the server does not start. */
const layerCore = Layer.mergeAll(CoreSql.layerSignIn, layerOrganizations, TenantData.TenantData.layerVerified)
  .pipe(
    Layer.provideMerge(MailServices.layer),
    Layer.provideMerge(CoreSql.layer.pipe(Layer.provide(RateLimits.layer))),
    Layer.provideMerge(
      Layer.mergeAll(layerModules, Jobs.layerSql, layerProviders, layerPublicUrl)
    ),
    Layer.provide(Layer.mergeAll(PasskeyVerifier.layer, ChannelScopes.layerSql))
  )

const layerWidgetStore = WidgetFeed.layer.pipe(Layer.provideMerge(SqlWidgetStore.layer))

const layerRegistry = Layer.unwrap(
  Effect.map(WidgetAdapter.make, (widget) => ChannelRegistry.layer([WhatsAppCloud.adapter, Waha.adapter, widget]))
)

const layerChannels = Layer.mergeAll(
  ChannelConnections.layerSql,
  ChannelRotations.layerSql,
  ChannelProfiles.layer,
  AccountGroups.layer,
  WhatsAppManagement.layer,
  WahaDirectory.layerSql,
  WahaFeatures.layerSql,
  WahaManagement.layer,
  WahaGroups.layer,
  WahaOperations.layer,
  MessagingLimits.layerEnforced
).pipe(
  // Gates and handlers add to those of the layers beneath.
  Layer.provideMerge(WahaCalls.layerHandler),
  Layer.provideMerge(WhatsAppCalls.layerHandler),
  Layer.provideMerge(WahaPresences.layerHandler),
  Layer.provideMerge(WahaChats.layerHandler),
  Layer.provideMerge(WahaChats.layerStates),
  Layer.provideMerge(Layer.mergeAll(WahaCalls.layer, WhatsAppCalls.layer, WahaPresences.layerSql, WahaChats.layerSql)),
  Layer.provideMerge(Layer.mergeAll(
    WahaLimits.layerSql,
    WahaFigures.layerSql.pipe(Layer.provide(MessageTraffic.layerSql))
  )),
  Layer.provideMerge(WahaPacing.layerEnforced),
  Layer.provideMerge(WahaLids.layerHandler),
  Layer.provideMerge(ChannelChecks.layer()),
  Layer.provideMerge(Layer.mergeAll(MessagingLimits.layerSql, WahaPacing.layerSql, WahaLids.layerSql())),
  // What is above asks WAHA through a client that logs it.
  Layer.provideMerge(WahaRequests.layerClient),
  Layer.provideMerge(WahaRequests.layerSql),
  Layer.provideMerge(Layer.mergeAll(InboundEvents.layerSql, ChannelAccounts.layerSql)),
  Layer.provideMerge(layerRegistry),
  Layer.provideMerge(layerWidgetStore)
)

const layerAi = AiProviders.layerSql.pipe(Layer.provideMerge(AiProviderRegistry.layer()))

const layerWidget = Layer.mergeAll(WidgetMessages.layer, WidgetProfiles.layer).pipe(
  Layer.provideMerge(WidgetSessions.layer.pipe(Layer.provide(WidgetAttendance.layerAgents))),
  Layer.provideMerge(WidgetFiles.layer),
  Layer.provideMerge(Layer.mergeAll(WidgetAccounts.layer, VisitorLimits.layer, WidgetRetention.layer))
)

const layerConversations = Layer.mergeAll(
  Conversations.layerSql,
  Messages.layerSql,
  HistoryChecks.layerSql,
  AccountMoves.layerSql,
  MessageActions.layerSql,
  MessageResends.layerSql,
  Realtime.layer
).pipe(
  Layer.provideMerge(Layer.mergeAll(Contacts.layerSql, Assignees.layer))
)

const layerCustomers = Layer.merge(Feedbacks.layerSql, CustomerPresences.layer).pipe(
  Layer.provideMerge(layerConversations)
)

const layerKnowledge = Layer.merge(KnowledgeImport.layer, KnowledgeBatches.layer).pipe(
  Layer.provideMerge(KnowledgeSql.layerSql)
)

const layerBots = Bots.layerSql.pipe(
  Layer.provideMerge(Layer.mergeAll(Answering.layer, TurnLog.layerSql, BotTurns.layerSql)),
  Layer.provideMerge(KnowledgeRetrieval.layer),
  Layer.provideMerge(Layer.mergeAll(layerAi, layerKnowledge))
)

const layerNotified = layerNotifications.pipe(Layer.provideMerge(PushServices.layer))

const layerFiles = MessageFiles.layerSql.pipe(
  Layer.provideMerge(layerCustomers),
  Layer.provideMerge(Layer.merge(MessageAttachments.layerSql, TemplateSending.layerSql)),
  Layer.provideMerge(FileStorage.layer.pipe(operators))
)

const layerReadings = MessageReading.layerReadings.pipe(
  Layer.provideMerge(MediaReaders.layer()),
  Layer.provide(layerAi)
)

const layerTemplates = Layer.merge(Templates.layerSql, TemplateSync.layer())

const layerWebhooks = Layer.mergeAll(WebhookEndpoints.layerSql(), WebhookDeliveries.layerSql, WebhookSender.layer())
  .pipe(
    Layer.provideMerge(WebhookEventTypes.layer),
    Layer.provide(WebhookTransport.layer())
  )

const layerPackages = Layer.mergeAll(
  layerBots,
  layerReadings,
  Layer.merge(layerWidget, layerTemplates).pipe(Layer.provideMerge(layerFiles)),
  MailLog.layerSql,
  MailSender.layer(),
  layerNotified,
  layerWebhooks
).pipe(
  Layer.provideMerge(TemplateInbound.layer),
  Layer.provideMerge(layerChannels),
  Layer.provideMerge(layerCore),
  Layer.provideMerge(MasterKeySource.layer.pipe(operators)),
  Layer.provideMerge(layerDatabase),
  Layer.provideMerge(Layer.mergeAll(layerPlatform, layerPublicUrl, Addons.Addons.layer))
)

/**
 * Every service, those of add-ons too. Needs the configuration only.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Addons.layerServices.pipe(Layer.provideMerge(layerPackages))
