/**
 * `wicara serve`: the server.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Logger, Option, References } from "effect"
import type { LogLevel } from "effect"
import { Command, Flag } from "effect/cli"
import * as Environment from "../../Environment.ts"
import * as Server from "../../Server.ts"
import { ServerConfig } from "../../ServerConfig.ts"

const levels: Record<string, LogLevel.LogLevel> = {
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  none: "None"
}

/** @category commands @since 0.1.0 */
export const command = Command.make("serve", {
  host: Flag.String("host").pipe(Flag.withDescription("The address to listen on (WICARA_HOST)"), Flag.optional),
  port: Flag.String("port").pipe(Flag.withDescription("The TCP port (WICARA_PORT)"), Flag.optional),
  demo: Flag.Boolean("demo").pipe(
    Flag.withDescription("With the demo organization, its emulators and /demo (WICARA_DEMO)"),
    Flag.optional
  )
}, (flags) =>
  Effect.gen(function*() {
    const variables = yield* Environment.Variables
    const overlaid = {
      ...variables,
      ...Option.match(flags.host, { onNone: () => ({}), onSome: (host) => ({ WICARA_HOST: host }) }),
      ...Option.match(flags.port, { onNone: () => ({}), onSome: (port) => ({ WICARA_PORT: port }) }),
      ...Option.match(flags.demo, { onNone: () => ({}), onSome: (demo) => ({ WICARA_DEMO: String(demo) }) })
    }
    const layerConfig = ServerConfig.layer(overlaid)
    const layerLog = Layer.unwrap(
      Effect.map(ServerConfig, (config) =>
        Layer.mergeAll(
          Layer.succeed(References.MinimumLogLevel, levels[config.logLevel] ?? "Warn"),
          Logger.layer([Logger.consoleLogFmt])
        ))
    )
    return yield* Layer.launch(
      Server.layer.pipe(Layer.provide(layerLog), Layer.provide(layerConfig))
    )
  })).pipe(Command.withDescription("Run the server"))
