/**
 * What works in the background: inbound webhooks, the outbox, bots, event consumers, clean-up.
 *
 * @since 0.1.0
 */
import * as BotConsumers from "@wicara/bots/BotConsumers"
import { BotTurns } from "@wicara/bots/BotTurns"
import { BotWorker } from "@wicara/bots/BotWorker"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import * as Maintenance from "@wicara/core/Maintenance"
import { Effect, Layer } from "effect"
import { ServerConfig } from "./ServerConfig.ts"

const running = Layer.mergeAll(
  InboundProcessor.layerWorker(),
  OutboxSender.layerWorker,
  BotWorker.layerWorker.pipe(Layer.provide(BotWorker.layer())),
  BotConsumers.layer,
  Maintenance.layer
)

// A batch takes well under a second: what a process that died held is free again soon.
const runners = Layer.mergeAll(InboundProcessor.layer({ leaseFor: "15 seconds" }), OutboxSender.layer())

/**
 * On the embedded database nobody else works: what a killed process held is free at once, not when its lease ends.
 */
const releaseLeases = Layer.effectDiscard(Effect.gen(function*() {
  const config = yield* ServerConfig
  if (config.database.kind !== "sqlite") return
  const inbound = yield* InboundEvents
  const outbox = yield* OutboxSender
  const turns = yield* BotTurns
  yield* inbound.releaseLeases
  yield* outbox.releaseLeases
  yield* turns.releaseLeases
}))

/**
 * The workers, unless this process is to serve HTTP only.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(
    ServerConfig,
    (config) =>
      config.workers
        ? Layer.effectDiscard(Layer.build(running.pipe(Layer.provide(releaseLeases), Layer.provide(runners))))
        : Layer.effectDiscard(Effect.void)
  )
)
