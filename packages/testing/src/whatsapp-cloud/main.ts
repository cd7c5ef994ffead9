/**
 * The emulator as a program: `node packages/testing/src/whatsapp-cloud/main.ts --port 4010`. Accounts are configured
 * with `PUT /_emulator/accounts/{phone number id}`, or given with `--account id=webhookUrl` (its token is `token-{id}`,
 * its app secret `secret-{id}`, its verify token `verify-{id}`).
 *
 * @since 0.1.0
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { WhatsAppCloudEmulator } from "../WhatsAppCloudEmulator.ts"

const emulate = Command.make("whatsapp-cloud-emulator", {
  port: Flag.Int("port").pipe(Flag.withDefault(4010), Flag.withDescription("Where to listen")),
  host: Flag.String("host").pipe(Flag.withDefault("127.0.0.1")),
  seed: Flag.String("seed").pipe(
    Flag.withDescription("Equal seeds give equal ids and faults"),
    Flag.optional
  ),
  account: Flag.String("account").pipe(
    Flag.withDescription("phoneNumberId=webhookUrl; may be repeated"),
    Flag.atLeast(0)
  )
}, ({ account, host, port, seed }) => {
  const accounts = Object.fromEntries(account.map((one) => {
    const [id = "", ...url] = one.split("=")
    return [id, { webhookUrl: url.join("=") === "" ? null : url.join("=") }]
  }))
  return Layer.launch(
    Layer.effectDiscard(Effect.gen(function*() {
      const emulator = yield* WhatsAppCloudEmulator
      yield* Console.log(`WhatsApp Cloud API emulator on ${emulator.url}, control under ${emulator.url}/_emulator`)
    })).pipe(Layer.provide(WhatsAppCloudEmulator.layer({
      port,
      host,
      accounts,
      seed: Option.getOrUndefined(seed)
    })))
  )
})

Command.run(emulate, { version: "0.1.0" }).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
