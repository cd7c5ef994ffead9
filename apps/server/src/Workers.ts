/**
 * What works in the background: inbound webhooks, the outbox, bots, event consumers, clean-up.
 *
 * @since 0.1.0
 */
import * as BotConsumers from "@wicara/bots/BotConsumers"
import { BotPresence } from "@wicara/bots/BotPresence"
import { BotTurns } from "@wicara/bots/BotTurns"
import { BotWorker } from "@wicara/bots/BotWorker"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import * as ChannelNotifications from "@wicara/channels/ChannelNotifications"
import { WahaCalls } from "@wicara/channels-waha/WahaCalls"
import * as WahaConsumers from "@wicara/channels-waha/WahaConsumers"
import { WahaDirectory } from "@wicara/channels-waha/WahaDirectory"
import * as WahaMaintenance from "@wicara/channels-waha/WahaMaintenance"
import * as WahaNotifications from "@wicara/channels-waha/WahaNotifications"
import { WahaLids } from "@wicara/channels-waha/WahaLids"
import { WahaPresences } from "@wicara/channels-waha/WahaPresences"
import { WahaSockets } from "@wicara/channels-waha/WahaSockets"
import { WhatsAppCalls } from "@wicara/channels-whatsapp-cloud/WhatsAppCalls"
import * as WhatsAppConsumers from "@wicara/channels-whatsapp-cloud/WhatsAppConsumers"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { AccountMoves } from "@wicara/conversations/AccountMoves"
import * as ConversationConsumers from "@wicara/conversations/ConversationConsumers"
import * as HistoryWatch from "@wicara/conversations/HistoryWatch"
import * as ConversationNotifications from "@wicara/conversations/ConversationNotifications"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import * as RatingRequests from "@wicara/conversations/RatingRequests"
import * as AccountMailWorker from "@wicara/core/AccountMailWorker"
import { Deletions } from "@wicara/core/Deletions"
import * as Trials from "@wicara/core/Trials"
import * as FactorRecoverySweep from "@wicara/core/FactorRecoverySweep"
import * as Idempotency from "@wicara/core/Idempotency/Http"
import * as JobBatchSweep from "@wicara/core/JobBatchSweep"
import * as Maintenance from "@wicara/core/Maintenance"
import * as Runners from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { Schedules } from "@wicara/core/Schedules"
import * as FileCleanup from "@wicara/files/FileCleanup"
import * as MediaConsumers from "@wicara/media/MediaConsumers"
import { MediaFetcher } from "@wicara/media/MediaFetcher"
import * as MessageReading from "@wicara/media/MessageReading"
import * as MessageThumbnails from "@wicara/media/MessageThumbnails"
import { Thumbnails } from "@wicara/media/Thumbnails"
import * as JobWatch from "@wicara/notifications/JobWatch"
import { KnowledgeBatches } from "@wicara/knowledge/KnowledgeBatches"
import { MailSender } from "@wicara/notifications/MailSender"
import * as NotificationConsumers from "@wicara/notifications/NotificationConsumers"
import { NotificationMailer } from "@wicara/notifications/NotificationMailer"
import { PushSender } from "@wicara/notifications/PushSender"
import * as TemplateConsumers from "@wicara/templates/TemplateConsumers"
import { TemplateSync } from "@wicara/templates/TemplateSync"
import * as WebhookConsumers from "@wicara/webhooks/WebhookConsumers"
import { WebhookSender } from "@wicara/webhooks/WebhookSender"
import { Duration, Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import * as Addons from "./Addons.ts"
import * as FolderLock from "./FolderLock.ts"
import { ServerConfig } from "./ServerConfig.ts"

const running = Layer.mergeAll(
  InboundProcessor.layerWorker(),
  OutboxSender.layerWorker,
  BotWorker.layerWorker.pipe(Layer.provide(BotWorker.layer())),
  BotConsumers.layer,
  ConversationConsumers.layer,
  ConversationNotifications.layer,
  HistoryWatch.layer,
  RatingRequests.layer,
  ChannelNotifications.layer,
  WahaNotifications.layer,
  WahaConsumers.layer,
  WahaMaintenance.layer,
  WhatsAppConsumers.layer,
  WahaDirectory.layerWorker,
  WahaPresences.layerWorker,
  WahaCalls.layerWorker,
  WhatsAppCalls.layerWorker,
  WahaSockets.layerWorker,
  ChannelChecks.layerWorker,
  WahaLids.layerWorker,
  AccountMoves.layerWorker,
  FileCleanup.layer,
  MediaConsumers.layer,
  MediaFetcher.layerWorker,
  MessageReading.layer,
  MessageThumbnails.layer.pipe(Layer.provide(Thumbnails.layer())),
  TemplateConsumers.layer,
  TemplateSync.layerWorker,
  MailSender.layerWorker,
  NotificationMailer.layerWorker,
  PushSender.layerWorker,
  NotificationConsumers.layer,
  JobWatch.layer,
  WebhookConsumers.layer,
  WebhookSender.layerWorker,
  KnowledgeBatches.layerWorker,
  Maintenance.layer,
  JobBatchSweep.layer,
  AccountMailWorker.layer,
  Deletions.layerWorker,
  FactorRecoverySweep.layer,
  Trials.layerWorker.pipe(Layer.provide(Trials.Trials.layerSql)),
  Schedules.layerWorker,
  Addons.layerWorkers
).pipe(Layer.provide(BotPresence.layer()))

// A batch takes well under a second: what a process that died held is free again soon.
const runners = Layer.mergeAll(
  MediaFetcher.layer(),
  WahaSockets.layer(),
  InboundProcessor.layer({ leaseFor: "15 seconds" }),
  Layer.unwrap(
    Effect.map(
      ServerConfig,
      (config) => OutboxSender.layer({ unknownFor: Duration.seconds(config.sendUnknownSeconds) })
    )
  )
)

const releaseLeases = Effect.gen(function*() {
  const inbound = yield* InboundEvents
  const outbox = yield* OutboxSender
  const turns = yield* BotTurns
  const mail = yield* MailSender
  const media = yield* MediaFetcher
  const sockets = yield* WahaSockets
  const templates = yield* TemplateSync
  const checks = yield* ChannelChecks
  const webhooks = yield* WebhookSender
  const sql = yield* SqlClient.SqlClient
  const keys = {
    releaseLeases: (of: RunnerId | "all") =>
      Effect.provideService(Idempotency.releaseLeases(of), SqlClient.SqlClient, sql)
  }
  // The keys first: for them somebody waits who asked.
  return (of: RunnerId | "all") =>
    Effect.forEach(
      [keys, inbound, outbox, turns, mail, media, sockets, templates, checks, webhooks],
      (service) => service.releaseLeases(of),
      {
        discard: true
      }
    )
})

/** Among many processes: what one that is killed held goes to the others when it has been silent for seconds. */
const layerShared = running.pipe(
  Layer.provide(Layer.unwrap(Effect.map(releaseLeases, (onGone) => Runners.layer({ onGone })))),
  Layer.provide(runners)
)

/** On an embedded database: the only process that works takes over at once what a killed one held. */
const layerAlone = running.pipe(
  Layer.provide(Layer.effectDiscard(Effect.flatMap(releaseLeases, (release) => release("all")))),
  Layer.provide(runners)
)

/** While another process works on the file this one waits for its end. */
const layerEmbedded = (file: string) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const build = Effect.asVoid(Layer.build(layerAlone))
    if (yield* FolderLock.acquire(file)) {
      yield* build
    } else {
      yield* Effect.logWarning(`Another process works on ${file}: this one takes over when that one ends`)
      yield* FolderLock.acquire(file).pipe(
        Effect.repeat({ until: (isTaken) => isTaken, schedule: Schedule.spaced("250 millis") }),
        Effect.andThen(Effect.logInfo("The other process has ended: this one works now")),
        Effect.andThen(build),
        Effect.forkScoped
      )
    }
  }))

/**
 * The workers, unless this process is to serve HTTP only.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(ServerConfig, ({ database, workers }) => {
    // Whoever serves HTTP only has claimed keys when it is killed.
    if (!workers) return database.kind === "sqlite" ? Layer.empty : Runners.layer({})
    return database.kind === "sqlite" ? layerEmbedded(database.file) : Layer.effectDiscard(Layer.build(layerShared))
  })
)
