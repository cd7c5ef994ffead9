/**
 * `wicara openapi`: the description of the HTTP API. It fails for an API with an endpoint that does not say who may call
 * it, and so does the build of the server, which asks for it.
 *
 * @since 0.1.0
 */
import { verifyAccess } from "@wicara/core/Authentication/Http"
import { PermissionRegistry } from "@wicara/core/Roles"
import { Console, Effect, FileSystem, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { OpenApi } from "effect/http-api"
import * as Output from "../Output.ts"
import * as Environment from "../../Environment.ts"
import { Addons } from "../../Addons.ts"
import { ServerConfig } from "../../ServerConfig.ts"

const layer = Layer.unwrap(
  Effect.map(Addons, ({ modules }) => PermissionRegistry.layer(modules.flatMap(({ permissions }) => permissions)))
).pipe(
  Layer.provideMerge(Addons.layer),
  Layer.provide(Layer.unwrap(Effect.map(Environment.Variables, (variables) => ServerConfig.layer(variables))))
)

/** @category commands @since 0.1.0 */
export const command = Command.make("openapi", {
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withDescription("Write it to this file instead of standard output"),
    Flag.optional
  )
}, (flags) =>
  Effect.gen(function*() {
    const { api } = yield* Addons
    yield* verifyAccess(api, yield* PermissionRegistry)
    const text = `${JSON.stringify(OpenApi.fromApi(api), undefined, 2)}\n`
    if (Option.isNone(flags.output)) return yield* Console.log(text.trimEnd())
    const fs = yield* FileSystem.FileSystem
    const file = flags.output.value
    yield* Effect.mapError(
      fs.writeFileString(file, text),
      () => Output.wrongUsage(`--output: ${file} can't be written`)
    )
    yield* Output.result({ file }, [`Wrote ${file}`])
  }).pipe(Effect.provide(layer))).pipe(
    Command.withDescription("Print the HTTP API as OpenAPI 3.1")
  )
