/**
 * `wicara openapi`: the description of the HTTP API.
 *
 * @since 0.1.0
 */
import { Api } from "@wicara/client/Api"
import { Console, Effect, FileSystem, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { OpenApi } from "effect/http-api"

/** @category commands @since 0.1.0 */
export const command = Command.make("openapi", {
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withDescription("Write it to this file instead of standard output"),
    Flag.optional
  )
}, (flags) =>
  Effect.gen(function*() {
    const text = `${JSON.stringify(OpenApi.fromApi(Api), undefined, 2)}\n`
    if (Option.isNone(flags.output)) return yield* Console.log(text.trimEnd())
    const fs = yield* FileSystem.FileSystem
    yield* fs.writeFileString(flags.output.value, text)
  })).pipe(Command.withDescription("Print the HTTP API as OpenAPI 3.1"))
