/**
 * Push messages as they are configured: the server's keys, and the way to the browsers' push services.
 *
 * @since 0.1.0
 */
import { VapidKeys } from "@wicara/notifications/VapidKeys"
import * as WebPush from "@wicara/notifications/WebPush"
import { Effect, Layer, Option } from "effect"
import { ServerConfig } from "./ServerConfig.ts"
import type { Values } from "./ServerConfig.ts"

/** Whom a push service asks when something is wrong. */
const subjectOf = ({ mailFrom, publicUrl, vapidSubject }: Values): string => {
  if (Option.isSome(vapidSubject)) return vapidSubject.value
  const url = Option.getOrElse(publicUrl, () => "")
  if (url.startsWith("https://")) return url
  const [, address = "admin@localhost"] = /([^\s<>]+@[^\s<>]+)>?$/.exec(Option.getOrElse(mailFrom, () => "")) ?? []
  return `mailto:${address}`
}

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(ServerConfig, (config) =>
    WebPush.layer({ subject: subjectOf(config) }).pipe(
      Layer.provide(
        Option.match(config.vapidPrivateKey, { onNone: () => VapidKeys.layerSql, onSome: VapidKeys.layer })
      )
    ))
)
