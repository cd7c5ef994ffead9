import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { module as coreModule } from "@wicara/core/CoreModule"
import { Deletions } from "@wicara/core/Deletions"
import { Jobs } from "@wicara/core/Jobs"
import { Mail } from "@wicara/core/Mail"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { ModuleRegistry } from "@wicara/core/Module"
import { Organizations } from "@wicara/core/Organizations"
import { Settings } from "@wicara/core/Settings"
import { Signals } from "@wicara/core/Signals"
import * as CoreSql from "@wicara/core/sql/layer"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { Users } from "@wicara/core/Users"
import { BlobFailure, BlobStore, keyOf } from "@wicara/files/BlobStore"
import * as FileErasure from "@wicara/files/FileErasure"
import { Files } from "@wicara/files/Files"
import * as LocalBlobStore from "@wicara/files/LocalBlobStore"
import { module } from "@wicara/files/module"
import * as S3BlobStore from "@wicara/files/S3BlobStore"
import { migrations } from "@wicara/files/sql/migrations"
import { VirusScanner } from "@wicara/files/VirusScanner"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Context, Effect, Exit, FileSystem, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import * as S3 from "./S3Server.ts"
import { collect, keys, layerPolicy, text, within } from "./support.ts"

const layerLocal = Layer.unwrap(Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  return LocalBlobStore.layer({ folder: yield* fs.makeTempDirectoryScoped({ prefix: "wicara-files-" }) })
})).pipe(Layer.orDie, Layer.provide(NodeServices.layer))

const layerS3 = Layer.unwrap(Effect.map(S3.S3Server, ({ endpoint }) =>
  S3BlobStore.layer({
    endpoint,
    bucket: "bucket",
    region: S3.region,
    accessKeyId: S3.accessKeyId,
    secretAccessKey: Redacted.make(S3.secretAccessKey),
    prefix: "wicara/"
  }))).pipe(Layer.provide(FetchHttpClient.layer), Layer.provide(S3.layer))

/** How many contents the store still deletes before the process is gone, or before it does not answer. */
class Fate extends Context.Service<Fate, { left: number; end: "killed" | "away" }>()("test/Fate") {
  static readonly layer = Layer.sync(Fate, () => Fate.of({ left: Infinity, end: "away" }))
}

const doomed = Layer.effect(
  BlobStore,
  Effect.gen(function*() {
    const blobs = yield* BlobStore
    const fate = yield* Fate
    return BlobStore.of({
      ...blobs,
      delete: (key) =>
        Effect.suspend(() => {
          if (fate.left-- > 0) return blobs.delete(key)
          return fate.end === "killed"
            ? Effect.die(new Error("The process is gone"))
            : Effect.fail(new BlobFailure({ operation: "delete", message: "It does not answer" }))
        })
    })
  })
)

const stores: ReadonlyArray<readonly [string, Layer.Layer<BlobStore>]> = [
  ["a folder", layerLocal],
  ["an S3 bucket", layerS3]
]

const cases = TestDatabase.all.flatMap((database) =>
  stores.map(([store, blobs]) => ({ name: `${database.name}, in ${store}`, database, blobs }))
)

const layerDeletions = CoreSql.layerOrganizations.pipe(Layer.provide(FileErasure.layer))

describe.each(cases)("Contents of an erased organization on $name", ({ blobs, database }) => {
  const TestLayer = Files.layerSql.pipe(
    Layer.provideMerge(Layer.fresh(layerDeletions)),
    Layer.provideMerge(CoreSql.layerSql),
    Layer.provide(Layer.mergeAll(MasterKeys.layerTest, layerPolicy, VirusScanner.layerNone)),
    Layer.provideMerge(Layer.mergeAll(Mail.layerTest, Jobs.layerSql, ModuleRegistry.layer([coreModule, module]))),
    Layer.provideMerge(Signals.layer),
    Layer.provideMerge(Layer.fresh(doomed).pipe(Layer.provideMerge(Layer.merge(Layer.fresh(blobs), Fate.layer)))),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database.layer)
  )

  it.live(
    "go with it, after a kill and while the store is away too, and nobody else's with them",
    () =>
      Effect.gen(function*() {
        const users = yield* Users
        const organizations = yield* Organizations
        const files = yield* Files
        const fate = yield* Fate
        const owner = yield* users.create({ email: "owner@example.com", name: "Owner" })
        const create = (name: string) => organizations.create({ name }, owner.id).pipe(within("" as never))
        const [gone, stays] = [yield* create("Gone"), yield* create("Stays")]
        const store = (n: number) => files.upload({ name: `${n}.txt`, content: text("The same words") })
        for (let n = 0; n < 7; n++) yield* store(n).pipe(within(gone.id))
        const held = yield* store(7).pipe(within(gone.id))
        yield* files.hold(held.id, "message").pipe(within(gone.id))
        const theirs = yield* store(1).pipe(within(stays.id))
        yield* Settings.use((all) => all.setPlatform("organizations.deletion_grace_days", 0)).pipe(within(gone.id))
        const deletions = yield* Deletions
        const { id } = yield* deletions.request({ confirm: gone.slug }).pipe(within(gone.id))
        const step = deletions.step(id, gone.id, 3)
        const run = Effect.gen(function*() {
          let steps = 1
          while (!(yield* step)) steps++
          return steps
        })

        fate.left = 5
        fate.end = "killed"
        assert.isTrue(Exit.isFailure(yield* Effect.exit(run)))
        const mine = Effect.map(keys, (all) => all.filter((key) => key.startsWith(gone.id)))
        assert.isAtMost((yield* mine).length, 5)
        assert.isAbove((yield* mine).length, 0)
        assert.strictEqual((yield* deletions.current.pipe(within(gone.id))).state, "erasing")

        // Another process, which has nothing but the database and the store.
        const other = yield* Layer.build(Layer.fresh(layerDeletions))
        fate.left = 1
        fate.end = "away"
        const failed = yield* Effect.exit(run.pipe(Effect.provide(other)))
        assert.isTrue(Exit.isFailure(failed), "it is not over while something is left")
        fate.left = Infinity
        yield* Deletions.use((all) => Effect.repeat(all.step(id, gone.id, 2), { until: (over) => over })).pipe(
          Effect.provide(other)
        )
        assert.deepStrictEqual(yield* mine, [])
        const receipt = yield* deletions.current.pipe(within(gone.id))
        assert.strictEqual(receipt.state, "done")
        assert.isAtLeast(receipt.erased["files_contents"] ?? 0, 1)
        assert.strictEqual(receipt.erased["files_files"], 8)
        assert.deepStrictEqual(yield* keys, [keyOf(stays.id, theirs.id)])
        const { read } = yield* files.content(theirs.id).pipe(within(stays.id))
        assert.strictEqual(String(yield* collect(read())), "The same words")
      }).pipe(Effect.scoped, Effect.provide(TestLayer)),
    30_000
  )
})
