/**
 * Where files are kept and what is taken, as it is configured.
 *
 * @since 0.1.0
 */
import * as ClamAv from "@wicara/files/ClamAv"
import * as ContentType from "@wicara/files/ContentType"
import { FilePolicy } from "@wicara/files/FilePolicy"
import { Files } from "@wicara/files/Files"
import * as LocalBlobStore from "@wicara/files/LocalBlobStore"
import * as S3BlobStore from "@wicara/files/S3BlobStore"
import { VirusScanner } from "@wicara/files/VirusScanner"
import type { BlobStore } from "@wicara/files/BlobStore"
import { Effect, FileSystem, Layer, Option, Redacted } from "effect"
import type { Path as PathService } from "effect"
import type { HttpClient } from "effect/http"
import * as Path from "node:path"
import * as Credentials from "./Credentials.ts"
import { ServerConfig } from "./ServerConfig.ts"
import type { Values } from "./ServerConfig.ts"

type LayerBlobs = Layer.Layer<BlobStore, never, FileSystem.FileSystem | PathService.Path | HttpClient.HttpClient>

/**
 * Where their contents are: a folder or a bucket.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerBlobs = Layer.unwrap(Effect.gen(function*() {
  const config = yield* ServerConfig
  const fs = yield* FileSystem.FileSystem
  return blobsOf(config, fs)
}))

const blobsOf = (config: Values, fs: FileSystem.FileSystem): LayerBlobs => {
  if (Option.isNone(config.filesS3Bucket)) {
    const folder = Option.getOrElse(config.filesDir, () => Path.join(config.dataDir, "files"))
    return Layer.orDie(LocalBlobStore.layer({ folder: Path.resolve(folder) }))
  }
  return S3BlobStore.layer({
    endpoint: Option.getOrElse(config.filesS3Endpoint, () => `https://s3.${config.filesS3Region}.amazonaws.com`),
    bucket: config.filesS3Bucket.value,
    region: config.filesS3Region,
    prefix: Option.getOrUndefined(config.filesS3Prefix),
    accessKeyId: Option.getOrElse(config.filesS3AccessKeyId, () => ""),
    secretAccessKey: Option.getOrElse(config.filesS3SecretAccessKey, () => Redacted.make("")),
    credentials: Option.getOrUndefined(
      Option.map(
        config.filesS3CredentialsFile,
        (file) => Effect.provideService(Credentials.aws(file), FileSystem.FileSystem, fs)
      )
    )
  })
}

const layerScanner = Layer.unwrap(Effect.map(ServerConfig, ({ filesClamAv }) => {
  if (Option.isNone(filesClamAv)) return VirusScanner.layerNone
  const [host = "", port] = filesClamAv.value.split(":")
  return ClamAv.layer({ host, port: Number(port) })
}))

const layerPolicy = Layer.effect(
  FilePolicy,
  Effect.map(ServerConfig, ({ filesMaxSize, filesQuota, filesTypes }) => ({
    maxSize: filesMaxSize,
    quota: filesQuota,
    types: Option.match(filesTypes, {
      onNone: () => ContentType.usual,
      onSome: (types) => types.split(",").map((type) => type.trim())
    })
  }))
)

/**
 * Files, with their store and their scanner.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Files.layerSql.pipe(
  Layer.provideMerge(Layer.mergeAll(layerBlobs, layerScanner)),
  Layer.provide(layerPolicy)
)
