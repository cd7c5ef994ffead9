import { assert, describe, layer } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import { BlobFailure, BlobStore, keyOf } from "@wicara/files/BlobStore"
import { FileId } from "@wicara/files/File"
import * as S3BlobStore from "@wicara/files/S3BlobStore"
import { Context, Effect, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import * as S3 from "./S3Server.ts"
import { bytes, collect, keys, layerLocal, long, megabyte, text } from "./support.ts"

const bucket = (endpoint: string, secret = S3.secretAccessKey) =>
  S3BlobStore.layer({
    endpoint,
    bucket: "bucket",
    region: S3.region,
    accessKeyId: S3.accessKeyId,
    secretAccessKey: Redacted.make(secret),
    prefix: "wicara/"
  }).pipe(Layer.provide(FetchHttpClient.layer))

const layerS3 = Layer.unwrap(Effect.map(S3.S3Server, ({ endpoint }) => bucket(endpoint))).pipe(
  Layer.provideMerge(S3.layer)
)

const newKey = Effect.gen(function*() {
  return keyOf(yield* Id.next(OrganizationId), yield* Id.next(FileId))
})

const stores: ReadonlyArray<{ readonly name: string; readonly store: Layer.Layer<BlobStore> }> = [
  { name: "in a folder", store: layerLocal },
  { name: "in an S3 bucket", store: layerS3 }
]

describe.each(stores)("Contents $name", ({ store }) => {
  layer(store, { excludeTestServices: true })((it) => {
    it.effect("are read as they were written, all of them or a range", () =>
      Effect.gen(function*() {
        const blobs = yield* BlobStore
        const key = yield* newKey
        yield* blobs.put(key, Stream.make(bytes("Selamat "), bytes("pagi"), bytes("!")))
        assert.strictEqual(String(yield* collect(blobs.get(key))), "Selamat pagi!")
        assert.strictEqual(String(yield* collect(blobs.get(key, { start: 8, end: 11 }))), "pagi")
        yield* blobs.put(key, text("Another"))
        assert.strictEqual(String(yield* collect(blobs.get(key))), "Another")
      }))

    it.effect("are there whole or not at all", () =>
      Effect.gen(function*() {
        const blobs = yield* BlobStore
        const key = yield* newKey
        const cut = Stream.concat(long(7 * megabyte), Stream.fail("the sender hung up" as const))
        assert.strictEqual(yield* Effect.flip(blobs.put(key, cut)), "the sender hung up")
        assert.notInclude(yield* keys, key)
        assert.instanceOf(yield* Effect.flip(collect(blobs.get(key))), BlobFailure)
        yield* blobs.put(key, text("whole"))
        yield* Effect.flip(blobs.put(key, cut))
        assert.strictEqual(String(yield* collect(blobs.get(key))), "whole")
      }))

    it.effect("of several parts come back as they went", () =>
      Effect.gen(function*() {
        const blobs = yield* BlobStore
        const key = yield* newKey
        yield* blobs.put(key, Stream.concat(long(9 * megabyte, "a"), long(9 * megabyte, "b")))
        const all = yield* collect(blobs.get(key))
        assert.strictEqual(all.length, 18 * megabyte)
        assert.strictEqual(all.indexOf("b"), 9 * megabyte)
        const seam = yield* collect(blobs.get(key, { start: 9 * megabyte - 2, end: 9 * megabyte + 1 }))
        assert.strictEqual(String(seam), "aabb")
      }))

    it.effect("are listed until they are deleted; deleting nothing is fine", () =>
      Effect.gen(function*() {
        const blobs = yield* BlobStore
        const mine = yield* Effect.all(Array.from({ length: 8 }, () => newKey))
        yield* Effect.forEach(mine, (key) => blobs.put(key, text("x")))
        assert.includeMembers(yield* keys, mine)
        yield* Effect.forEach([...mine, yield* newKey], (key) => blobs.delete(key))
        const left = new Set(yield* keys)
        assert.isFalse(mine.some((key) => left.has(key)))
      }))
  })
})

layer(layerS3, { excludeTestServices: true })("A bucket", (it) => {
  it.effect("gets large contents in parts, and keeps no parts of what was cut off", () =>
    Effect.gen(function*() {
      const server = yield* S3.S3Server
      const blobs = yield* BlobStore
      server.partSizes.length = 0
      yield* blobs.put(yield* newKey, long(20 * megabyte))
      assert.deepStrictEqual(server.partSizes, [8 * megabyte, 8 * megabyte, 4 * megabyte])
      yield* Effect.flip(blobs.put(yield* newKey, Stream.concat(long(9 * megabyte), Stream.fail("cut"))))
      assert.strictEqual(server.uploads.size, 0)
    }))

  it.effect("is asked again while it is busy", () =>
    Effect.gen(function*() {
      const server = yield* S3.S3Server
      const blobs = yield* BlobStore
      const key = yield* newKey
      server.failures = 2
      yield* blobs.put(key, text("patience"))
      assert.strictEqual(String(server.objects.get(`wicara/${key}`)), "patience")
    }))

  it.effect("refuses who has another key", () =>
    Effect.gen(function*() {
      const { endpoint, objects } = yield* S3.S3Server
      const wrong = Context.get(yield* Layer.build(bucket(endpoint, "not the secret")), BlobStore)
      const key = yield* newKey
      const failure = yield* Effect.flip(wrong.put(key, text("x")))
      assert.match(failure.message, /SignatureDoesNotMatch/)
      assert.isFalse(objects.has(`wicara/${key}`))
    }).pipe(Effect.scoped))

  it.effect("is cleared of parts that nobody goes on with, and of nothing else", () =>
    Effect.gen(function*() {
      const { uploads } = yield* S3.S3Server
      const blobs = yield* BlobStore
      const [old, recent] = [yield* newKey, yield* newKey]
      const initiated = "2020-01-01T00:00:00.000Z"
      uploads.set("old", { key: `wicara/${old}`, initiated, parts: new Map() })
      uploads.set("foreign", { key: "wicara/somebody-elses", initiated, parts: new Map() })
      uploads.set("recent", { key: `wicara/${recent}`, initiated: "2999-01-01T00:00:00.000Z", parts: new Map() })
      assert.strictEqual(yield* blobs.cleanup, 1)
      assert.deepStrictEqual([...uploads.keys()], ["foreign", "recent"])
      uploads.clear()
    }))
})
