/**
 * The configured rate limits, and where the processes of the server share them.
 *
 * @since 0.1.0
 */
import { NodeRedis } from "@effect/platform-node"
import { CurrentPolicy } from "@wicara/core/RateLimit"
import { RateLimitStore } from "@wicara/core/RateLimitStore"
import { Effect, FileSystem, Layer, Option, Redacted } from "effect"
import { RateLimiter } from "effect/persistence"
import type { Redis } from "effect/persistence"
import type { SqlClient } from "effect/sql"
import * as Credentials from "./Credentials.ts"
import { ServerConfig } from "./ServerConfig.ts"

/** The password is read for every connection; the name of the account is the URL's. */
const credentialsIn = (file: string, url: string, fs: FileSystem.FileSystem) => {
  const username = decodeURIComponent(new URL(url).username)
  return {
    type: "async-credentials-provider" as const,
    credentials: () =>
      Effect.runPromise(
        Effect.map(Effect.provideService(Credentials.password(file), FileSystem.FileSystem, fs), (password) => ({
          username: username === "" ? "default" : username,
          password: Redacted.value(password)
        }))
      )
  }
}

/** What the URL says of an account would come before the file. */
const withoutAccount = (text: string) => {
  const url = new URL(text)
  url.username = ""
  url.password = ""
  return url.href
}

const layerRedis = (url: string, passwordFile: Option.Option<string>) =>
  RateLimitStore.layerRateLimiter.pipe(
    Layer.provide(RateLimiter.layerStoreRedis({ prefix: "wicara:limits:" })),
    Layer.provide(Layer.unwrap(Effect.map(FileSystem.FileSystem, (fs) =>
      NodeRedis.layer({
        ...Option.match(passwordFile, {
          onNone: () => ({ url }),
          onSome: (file) => ({ url: withoutAccount(url), credentialsProvider: credentialsIn(file, url, fs) })
        })
      }))))
  )

type LayerStore = Layer.Layer<RateLimitStore, Redis.RedisError, SqlClient.SqlClient | FileSystem.FileSystem>

const layerStore = Layer.unwrap(
  Effect.map(
    ServerConfig,
    ({ redisPasswordFile, redisUrl }): LayerStore =>
      Option.match(redisUrl, {
        onNone: (): LayerStore => RateLimitStore.layerSql,
        onSome: (url) => layerRedis(url, redisPasswordFile)
      })
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
