/**
 * `wicara modules`: what this server is made of, add-ons included.
 *
 * @since 0.1.0
 */
import { ModuleDescription } from "@wicara/core/ModuleState"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { Addons } from "../../Addons.ts"
import * as Environment from "../../Environment.ts"
import { ServerConfig } from "../../ServerConfig.ts"
import * as Output from "../Output.ts"

const layer = Layer.unwrap(
  Effect.map(
    Environment.Variables,
    (variables) => Addons.layer.pipe(Layer.provide(ServerConfig.layer(variables)))
  )
)

/** @category commands @since 0.1.0 */
export const command = Command.make("modules", {}, () =>
  Effect.gen(function*() {
    const { modules } = yield* Addons
    yield* Output.result(
      modules.map(ModuleDescription.of),
      Output.table(
        ["MODULE", "VERSION", "OPTIONAL", "ADD-ON", "WHAT IT IS"],
        modules.map((one) => [
          one.id,
          one.version,
          one.optional === false ? "" : "yes",
          one.addon ? "yes" : "",
          one.description
        ])
      )
    )
  }).pipe(Effect.provide(layer))).pipe(Command.withDescription("List what this server is made of"))
