/**
 * The emulator as a program: `node packages/testing/src/waha/main.ts --port 4020`. Sessions are configured with
 * `PUT /_emulator/accounts/{session}`, or given with `--account session=webhookUrl` (its API key is `key-{session}`, its
 * webhooks are signed with `hmac-{session}`); the server's own key is `--api-key`.
 *
 * @since 0.1.0
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { WahaEmulator } from "../WahaEmulator.ts"

const emulate = Command.make("waha-emulator", {
  port: Flag.Int("port").pipe(Flag.withDefault(4020), Flag.withDescription("Where to listen")),
  host: Flag.String("host").pipe(Flag.withDefault("127.0.0.1")),
  seed: Flag.String("seed").pipe(Flag.withDescription("Equal seeds give equal ids and faults"), Flag.optional),
  apiKey: Flag.String("api-key").pipe(
    Flag.withDescription("The key that opens every session"),
    Flag.withDefault("waha-key")
  ),
  addressing: Flag.Literals("addressing", ["lid", "phone"]).pipe(
    Flag.withDescription("Whether customers appear under their LID or their phone number"),
    Flag.withDefault("lid")
  ),
  account: Flag.String("account").pipe(Flag.withDescription("session=webhookUrl; may be repeated"), Flag.atLeast(0))
}, ({ account, addressing, apiKey, host, port, seed }) => {
  const accounts = Object.fromEntries(account.map((one) => {
    const [session = "", ...url] = one.split("=")
    return [session, { addressing, webhookUrl: url.join("=") === "" ? null : url.join("=") }]
  }))
  return Layer.launch(
    Layer.effectDiscard(Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      yield* Console.log(`WAHA emulator on ${emulator.url}, control under ${emulator.url}/_emulator`)
    })).pipe(Layer.provide(WahaEmulator.layer({
      port,
      host,
      apiKey,
      accounts,
      seed: Option.getOrUndefined(seed)
    })))
  )
})

Command.run(emulate, { version: "0.1.0" }).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
