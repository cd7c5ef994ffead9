/**
 * `wicara record`: stands between a provider and the server, in both directions, passes everything on as it is, and writes
 * down what passed with nobody in it any more.
 *
 * @since 0.1.0
 */
import { NodeServices } from "@effect/platform-node"
import { Recorder } from "@wicara/testing/Recorder"
import { Effect, FileSystem, Layer, Option, Path } from "effect"
import { SecureRandom } from "effect/crypto"
import { Command, Flag } from "effect/cli"
import * as Output from "../Output.ts"

/** Where a provider's API is that is the same for everybody. */
const apis: ReadonlyMap<string, string> = new Map([["whatsapp_cloud", "https://graph.facebook.com"]])

const place = (flag: string, text: string) => {
  const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  return port === undefined || Number(port) > 65_535
    ? Effect.fail(Output.wrongUsage(`--${flag}: "${text}" is no address like 127.0.0.1:4030`))
    : Effect.succeed({ host: host ?? "127.0.0.1", port: Number(port) })
}

const target = (flag: string, text: string) =>
  URL.canParse(text) && /^https?:/.test(text)
    ? Effect.succeed(text)
    : Effect.fail(Output.wrongUsage(`--${flag}: "${text}" is no http or https address`))

/** @category commands @since 0.1.0 */
export const command = Command.make("record", {
  channel: Flag.String("channel").pipe(Flag.withDescription("waha, whatsapp_cloud, or a channel of your own")),
  listen: Flag.String("listen").pipe(
    Flag.withDescription("Where the provider's webhooks come in: put this address in the place of the server's"),
    Flag.withDefault("127.0.0.1:4030")
  ),
  forward: Flag.String("forward").pipe(Flag.withDescription("The server, which gets them as they are")),
  apiListen: Flag.String("api-listen").pipe(
    Flag.withDescription("Where the server's calls come in: put this address in the place of the provider's"),
    Flag.withDefault("127.0.0.1:4031")
  ),
  api: Flag.String("api").pipe(
    Flag.withDescription("The provider's API, which gets them as they are; the vendor's own if absent"),
    Flag.optional
  ),
  out: Flag.String("out").pipe(Flag.withDescription("The folder of the fixtures: webhooks and api beneath it"))
}, (flags) =>
  Effect.gen(function*() {
    if (!/^[a-z][a-z0-9_-]{0,63}$/.test(flags.channel)) {
      return yield* Output.wrongUsage(`--channel: "${flags.channel}" is no name of a channel`)
    }
    const listen = yield* place("listen", flags.listen)
    const apiListen = yield* place("api-listen", flags.apiListen)
    const forward = yield* target("forward", flags.forward)
    const api = Option.getOrUndefined(flags.api) ?? apis.get(flags.channel)
    const provider = api === undefined ? undefined : yield* target("api", api)
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* Effect.mapError(
      fs.makeDirectory(flags.out, { recursive: true }),
      () => Output.wrongUsage(`--out: ${flags.out} can't be made`)
    )
    // The same key in both directions: an answer in the one is found again in the other.
    const key = SecureRandom.randomBytesUnsafe(32)
    const recording = (folder: string, passed: string, at: { readonly host: string; readonly port: number }) =>
      Effect.mapError(
        Effect.flatMap(
          Layer.build(Recorder.layer({ target: passed, folder: path.join(flags.out, folder), key, ...at })),
          (context) => Effect.provide(Recorder, context)
        ),
        () => Output.fail(`Nothing can listen at ${at.host}:${at.port}`)
      )
    const webhooks = yield* recording("webhooks", forward, listen)
    const calls = provider === undefined ? undefined : yield* recording("api", provider, apiListen)
    yield* Output.result(
      { channel: flags.channel, webhooks: webhooks.url, api: calls?.url ?? null, out: flags.out },
      [
        `Recording ${flags.channel} in ${flags.out}`,
        `Webhooks at ${webhooks.url} on their way to ${forward}`,
        calls === undefined
          ? "No API: --api says where the provider's is"
          : `API at ${calls.url} on its way to ${provider}`
      ]
    )
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))).pipe(
    Command.withDescription("Record what passes between a provider and the server, as fixtures with nobody in them")
  )
