/**
 * The configured rate limits, and where the processes of the server share them.
 *
 * @since 0.1.0
 */
import { NodeRedis } from "@effect/platform-node"
import { CurrentPolicy } from "@wicara/core/RateLimit"
import { RateLimitStore } from "@wicara/core/RateLimitStore"
import { Effect, Layer, Option } from "effect"
import { RateLimiter } from "effect/persistence"
import { ServerConfig } from "./ServerConfig.ts"

const layerRedis = (url: string) =>
  RateLimitStore.layerRateLimiter.pipe(
    Layer.provide(RateLimiter.layerStoreRedis({ prefix: "wicara:limits:" })),
    Layer.provide(NodeRedis.layer({ url }))
  )

const layerStore = Layer.unwrap(
  Effect.map(
    ServerConfig,
    ({ redisUrl }) => Option.match(redisUrl, { onNone: () => RateLimitStore.layerSql, onSome: layerRedis })
  )
)

/**
 * In Redis when it is configured, else in the database.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.merge(
  layerStore,
  Layer.effect(CurrentPolicy, Effect.map(ServerConfig, ({ rateLimits }) => rateLimits))
)
