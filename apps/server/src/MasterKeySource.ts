/**
 * Where the master keys come from: a key management service, the environment, or a file in the data folder.
 *
 * @since 0.1.0
 */
import * as AwsKms from "@wicara/core/AwsKms"
import { MasterKeys, ring } from "@wicara/core/MasterKeys"
import type { KeyRing } from "@wicara/core/MasterKeys"
import { Context, Effect, FileSystem, Layer, Option } from "effect"
import type { SecureRandom } from "effect/crypto"
import type { HttpClient } from "effect/http"
import * as Credentials from "./Credentials.ts"
import * as MasterKeyFile from "./MasterKeyFile.ts"
import { ServerConfig } from "./ServerConfig.ts"
import type { Values } from "./ServerConfig.ts"

/**
 * Which of them it is.
 *
 * @category accessors
 * @since 0.1.0
 */
export const kind = ({ kms, masterKey }: Values): "kms" | "environment" | "file" =>
  kms !== undefined ? "kms" : Option.isSome(masterKey) ? "environment" : "file"

const fromEnvironment = ({ masterKey, masterKeyPrevious }: Values): Option.Option<KeyRing> =>
  Option.map(masterKey, (key) => ring(key, masterKeyPrevious))

const layerFile = Layer.unwrap(Effect.gen(function*() {
  const context = yield* Effect.context<FileSystem.FileSystem | SecureRandom.SecureRandom | ServerConfig>()
  return MasterKeys.layerFrom(Effect.provideContext(MasterKeyFile.load, context))
}))

const layerKms = (
  options: NonNullable<Values["kms"]>,
  previous: Option.Option<KeyRing>,
  file: Option.Option<string>
) =>
  Layer.unwrap(Effect.gen(function*() {
    const older = Option.isNone(previous)
      ? undefined
      : Context.get(yield* Layer.build(MasterKeys.layer(previous.value)), MasterKeys)
    const fs = yield* FileSystem.FileSystem
    const credentials = Option.map(
      file,
      (name) => Effect.provideService(Credentials.aws(name), FileSystem.FileSystem, fs)
    )
    return AwsKms.layer({ ...options, credentials: Option.getOrUndefined(credentials), previous: older })
  }))

type Failure = Layer.Error<typeof layerFile>
type Needs = Layer.Services<typeof layerFile> | HttpClient.HttpClient

/**
 * With a key management service the keys of the environment, if there are some, open what they wrapped before.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(ServerConfig, (config): Layer.Layer<MasterKeys, Failure, Needs> => {
    const environment = fromEnvironment(config)
    if (config.kms !== undefined) return layerKms(config.kms, environment, config.kmsCredentialsFile)
    return Option.match(environment, { onNone: () => layerFile, onSome: MasterKeys.layer })
  })
)
