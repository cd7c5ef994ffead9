import { assert, layer } from "@effect/vitest"
import * as ClamAv from "@wicara/files/ClamAv"
import { ScanFailure, VirusScanner } from "@wicara/files/VirusScanner"
import { Context, Effect, Layer, Stream } from "effect"
import * as Clamd from "./Clamd.ts"
import { bytes, long, megabyte, text } from "./support.ts"

const layerScanner = Layer.unwrap(
  Effect.map(Clamd.Clamd, ({ port }) => ClamAv.layer({ host: "127.0.0.1", port, timeout: "5 seconds" }))
).pipe(Layer.provideMerge(Clamd.layer))

layer(layerScanner, { excludeTestServices: true })("ClamAV", (it) => {
  it.effect("gets all of a content, and says what is in it", () =>
    Effect.gen(function*() {
      const scanner = yield* VirusScanner
      const { scanned } = yield* Clamd.Clamd
      assert.deepStrictEqual(yield* scanner.scan(long(700_000)), { _tag: "Clean" })
      assert.strictEqual(scanned.at(-1), 700_000)
      const half = Math.floor(Clamd.eicar.length / 2)
      const apart = Stream.make(bytes(Clamd.eicar.slice(0, half)), bytes(Clamd.eicar.slice(half)))
      assert.deepStrictEqual(yield* scanner.scan(apart), { _tag: "Infected", signature: "Win.Test.EICAR_HDB-1" })
      assert.match(yield* scanner.check, /^ClamAV 1\.4/)
    }))

  it.effect("that can't look into a content has not found it clean", () =>
    Effect.gen(function*() {
      const scanner = yield* VirusScanner
      const failure = yield* Effect.flip(scanner.scan(long(4 * megabyte)))
      assert.instanceOf(failure, ScanFailure)
      assert.match(failure.message, /size limit exceeded/)
    }))

  it.effect("that is away has found nothing clean", () =>
    Effect.gen(function*() {
      const away = Context.get(yield* Layer.build(ClamAv.layer({ host: "127.0.0.1", port: 1 })), VirusScanner)
      assert.instanceOf(yield* Effect.flip(away.scan(text("x"))), ScanFailure)
    }).pipe(Effect.scoped))

  it.effect("does not hide what the content itself fails with", () =>
    Effect.gen(function*() {
      const scanner = yield* VirusScanner
      assert.strictEqual(yield* Effect.flip(scanner.scan(Stream.concat(text("x"), Stream.fail("cut")))), "cut")
    }))
})
