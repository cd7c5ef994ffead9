/**
 * `wicara serve`: the server.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import * as Environment from "../../Environment.ts"
import * as Server from "../../Server.ts"
import { ServerConfig } from "../../ServerConfig.ts"
import * as Telemetry from "../../Telemetry.ts"

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
    return yield* Layer.launch(
      Server.layer.pipe(Layer.provide(Telemetry.layer), Layer.provide(layerConfig))
    ).pipe(
      // To be told to end is how a server ends well: `main.ts` leaves this code as it is.
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          process.exitCode = 0
        })
      )
    )
  })).pipe(Command.withDescription("Run the server"))
