import { NodeServices } from "@effect/platform-node"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import { BlobStore } from "@wicara/files/BlobStore"
import { FilePolicy } from "@wicara/files/FilePolicy"
import { Files } from "@wicara/files/Files"
import * as LocalBlobStore from "@wicara/files/LocalBlobStore"
import { migrations } from "@wicara/files/sql/migrations"
import * as ContentType from "@wicara/files/ContentType"
import { VirusScanner } from "@wicara/files/VirusScanner"
import { Effect, FileSystem, Layer, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"

export const megabyte = 1024 * 1024

/** A folder that is gone after the test. */
export const layerLocal = Layer.unwrap(Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  return LocalBlobStore.layer({ folder: yield* fs.makeTempDirectoryScoped({ prefix: "wicara-files-" }) })
})).pipe(Layer.orDie, Layer.provide(NodeServices.layer))

export const layerPolicy = Layer.succeed(FilePolicy, {
  maxSize: 4 * megabyte,
  quota: 10 * megabyte,
  types: ContentType.usual
})

/** Files on a database, with their contents in a folder. */
export const layer = <E, R>(
  database: Layer.Layer<SqlClient.SqlClient, E, R>,
  scanner: Layer.Layer<VirusScanner> = VirusScanner.layerNone
) =>
  Files.layerSql.pipe(
    Layer.provideMerge(Layer.mergeAll(layerLocal, scanner, Audit.layerSql, Secrets.layerSql, Events.layerSql)),
    Layer.provide(Layer.mergeAll(MasterKeys.layerTest, layerPolicy)),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database),
    Layer.provideMerge(Signals.layer)
  )

export const newOrganization = Id.next(OrganizationId)

export const within = (id: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

export const bytes = (text: string) => new TextEncoder().encode(text)
export const text = (content: string) => Stream.make(bytes(content))
export const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)

/** Plain text of so many bytes, in chunks of 64 KiB. */
export const long = (size: number, letter = "a") =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(size / 65_536) }, (_, at) =>
      bytes(letter.repeat(Math.min(65_536, size - at * 65_536))))
  )

export const collect = <E, R>(content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat(Array.from(chunks)))

/** Every key of the store. */
export const keys = Effect.gen(function*() {
  const blobs = yield* BlobStore
  const all: Array<string> = []
  let after = Option.none<string>()
  while (true) {
    const page = yield* blobs.list(after)
    all.push(...page.keys)
    if (Option.isNone(page.next)) return all
    after = page.next
  }
})

export const count = (table: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM ${sql(table)}`,
      (rows) => Number(rows[0]!.total)
    ))
