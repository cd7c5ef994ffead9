/**
 * `wicara secrets`: the keys that encrypt what is secret.
 *
 * @since 0.1.0
 */
import { NodeServices } from "@effect/platform-node"
import { Secrets } from "@wicara/core/Secrets"
import type { MasterKeyStatus } from "@wicara/core/Secrets"
import { Console, Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import { Command, Flag } from "effect/cli"
import * as Environment from "../../Environment.ts"
import * as MasterKeyFile from "../../MasterKeyFile.ts"
import * as MasterKeySource from "../../MasterKeySource.ts"
import { ServerConfig } from "../../ServerConfig.ts"
import { within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const lines = (keys: ReadonlyArray<MasterKeyStatus>) =>
  Output.table(
    ["MASTER KEY", "DATA KEYS", "STATE"],
    keys.map(({ dataKeys, isAvailable, isCurrent, keyId }) => [
      keyId,
      String(dataKeys),
      isCurrent ? "current" : isAvailable ? (dataKeys === 0 ? "no longer needed" : "still needed") : "MISSING"
    ])
  )

const status = Command.make("status", {}, () =>
  withServices(
    Effect.gen(function*() {
      const secrets = yield* Secrets
      const config = yield* ServerConfig
      const keys = yield* secrets.status
      yield* Output.result({ source: MasterKeySource.kind(config), keys }, [
        `The master keys come from: ${MasterKeySource.kind(config)}`,
        ...lines(keys)
      ])
      const missing = keys.find(({ dataKeys, isAvailable }) => !isAvailable && dataKeys > 0)
      if (missing !== undefined) return yield* Output.fail(`The master key "${missing.keyId}" is not there`)
    })
  )).pipe(Command.withDescription("How many data keys each master key wraps"))

const rewrap = Effect.gen(function*() {
  const secrets = yield* Secrets
  const json = yield* Output.Json
  const before = yield* secrets.status
  const total = before.filter(({ isCurrent }) => !isCurrent).reduce((sum, { dataKeys }) => sum + dataKeys, 0)
  let done = 0
  while (true) {
    const some = yield* secrets.rewrapSome(200)
    if (some === 0) break
    done += some
    if (!json) yield* Console.log(`${done} of ${Math.max(done, total)} data keys`)
  }
  const keys = yield* secrets.status
  yield* Output.result({ rewrapped: done, keys }, [
    "Rotated: every data key is wrapped by the current key",
    ...lines(keys)
  ])
})

/** A new key in the file, where the keys are the file's. */
const addKeyToFile = Effect.gen(function*() {
  const config = yield* ServerConfig
  if (MasterKeySource.kind(config) === "file") yield* MasterKeyFile.addKey
})

const rotate = Command.make("rotate", {
  org: Flag.String("org").pipe(
    Flag.withDescription("Give one organization a new data key instead, for what it stores from now on"),
    Flag.optional
  ),
  resume: Flag.Boolean("resume").pipe(
    Flag.withDescription("Go on with a rotation that was interrupted, without a new master key"),
    Flag.withDefault(false)
  )
}, ({ org, resume }) =>
  Option.match(org, {
    onSome: (slug) =>
      withServices(
        Effect.andThen(
          Secrets.use((secrets) => secrets.rotate),
          Output.result({ organization: slug }, ["What is stored from now on gets a new data key"])
        ).pipe(within(slug))
      ),
    onNone: () =>
      Effect.gen(function*() {
        const variables = yield* Environment.Variables
        if (!resume) {
          yield* addKeyToFile.pipe(
            Effect.provide(
              Layer.mergeAll(ServerConfig.layer(variables), NodeServices.layer, SecureRandom.layerWebCrypto)
            )
          )
        }
        yield* withServices(rewrap)
      })
  })).pipe(
    Command.withDescription("Wrap every data key by a new master key, while the server runs (docs/secrets.md)")
  )

/** @category commands @since 0.1.0 */
export const command = Command.make("secrets").pipe(
  Command.withDescription("The keys that encrypt what is secret"),
  Command.withSubcommands([status, rotate])
)
