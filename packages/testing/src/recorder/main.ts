/**
 * The recorder as a program:
 * `node packages/testing/src/recorder/main.ts --target https://bot.example.com --folder fixtures --port 4030`.
 *
 * @since 0.1.0
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Command, Flag } from "effect/cli"
import { Recorder } from "../Recorder.ts"

const record = Command.make("wicara-recorder", {
  target: Flag.String("target").pipe(Flag.withDescription("Where everything is passed on to")),
  folder: Flag.String("folder").pipe(Flag.withDescription("Where the fixtures are written")),
  port: Flag.Int("port").pipe(Flag.withDefault(4030), Flag.withDescription("Where to listen")),
  host: Flag.String("host").pipe(Flag.withDefault("127.0.0.1"))
}, ({ folder, host, port, target }) =>
  Layer.launch(
    Layer.effectDiscard(Effect.gen(function*() {
      const recorder = yield* Recorder
      yield* Console.log(`Recording what passes ${recorder.url} on its way to ${target}, in ${folder}`)
    })).pipe(Layer.provide(Recorder.layer({ target, folder, port, host })))
  ))

Command.run(record, { version: "0.1.0" }).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
