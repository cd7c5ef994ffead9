/**
 * The emulator as a program: `node packages/testing/src/openai/main.ts --port 4030`. Point any OpenAI client at the
 * address it prints; script it with `POST /_emulator/replies`, `PUT /_emulator/faults`, read `GET /_emulator/ledger`.
 *
 * @since 0.1.0
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { OpenAiEmulator } from "../OpenAiEmulator.ts"

const emulate = Command.make("openai-emulator", {
  port: Flag.Int("port").pipe(Flag.withDefault(4030), Flag.withDescription("Where to listen")),
  host: Flag.String("host").pipe(Flag.withDefault("127.0.0.1")),
  seed: Flag.String("seed").pipe(Flag.withDescription("Equal seeds give equal ids and faults"), Flag.optional),
  apiKey: Flag.String("api-key").pipe(
    Flag.withDescription("An accepted key; may be repeated; any key when absent"),
    Flag.atLeast(0)
  ),
  model: Flag.String("model").pipe(
    Flag.withDescription("A known model; may be repeated; any model when absent"),
    Flag.atLeast(0)
  )
}, ({ apiKey, host, model, port, seed }) =>
  Layer.launch(
    Layer.effectDiscard(Effect.gen(function*() {
      const emulator = yield* OpenAiEmulator
      yield* Console.log(`OpenAI emulator on ${emulator.baseUrl}, control under ${emulator.listening.url}/_emulator`)
    })).pipe(Layer.provide(OpenAiEmulator.layer({
      port,
      host,
      seed: Option.getOrUndefined(seed),
      apiKeys: apiKey.length === 0 ? undefined : apiKey,
      models: model.length === 0 ? undefined : model
    })))
  ))

Command.run(emulate, { version: "0.1.0" }).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
