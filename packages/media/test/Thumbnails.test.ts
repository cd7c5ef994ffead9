import { PhotonImage } from "@cf-wasm/photon"
import { assert, describe, layer } from "@effect/vitest"
import { EventConsumers } from "@wicara/core/EventConsumers"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import { Files } from "@wicara/files/Files"
import { MediaFetcher } from "@wicara/media/MediaFetcher"
import type { MessageFile } from "@wicara/media/MessageFile"
import { MessageFiles } from "@wicara/media/MessageFiles"
import * as MessageThumbnails from "@wicara/media/MessageThumbnails"
import { Thumbnails } from "@wicara/media/Thumbnails"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Tracer } from "effect"
import { SqlClient } from "effect/sql"
import * as pictures from "./pictures.ts"
import * as support from "./support.ts"
import { as, connect, file, read, sends } from "./support.ts"

/** What a person sees of a pixel: red, blue, or through it. */
const seen = (picture: Uint8Array, x: number, y: number) => {
  const decoded = PhotonImage.new_from_byteslice(picture)
  const at = 4 * (y * decoded.get_width() + x)
  const [red = 0, , blue = 0, alpha = 0] = decoded.get_raw_pixels().subarray(at, at + 4)
  return alpha < 128 ? "clear" : red > blue ? "red" : "blue"
}

describe("Thumbnails", () => {
  const make = (content: Uint8Array, contentType: string) =>
    Thumbnails.use((thumbnails) => thumbnails.make({ content, contentType }))
  const reasonOf = (content: Uint8Array, contentType: string) =>
    Effect.map(Effect.flip(make(content, contentType)), ({ reason }) => reason)

  layer(Thumbnails.layer({ longestSide: 24, maxPixels: 1_000_000, maxBytes: 200_000 }), { excludeTestServices: true })(
    (it) => {
      it.effect("are upright, however the camera was held", () =>
        Effect.gen(function*() {
          // Where red is, which is at the left of what is stored.
          const where = ["left", "right", "right", "left", "top", "top", "bottom", "bottom"]
          for (const [index, side] of where.entries()) {
            const { content, height, original, width } = yield* make(pictures.turned(index + 1), "image/jpeg")
            const sideways = index >= 4
            assert.deepStrictEqual([width, height], sideways ? [16, 24] : [24, 16])
            assert.deepStrictEqual(original, sideways ? { width: 32, height: 48 } : { width: 48, height: 32 })
            const points = { left: [1, 8], right: [22, 8], top: [8, 1], bottom: [8, 22] }
            const red = Object.entries(points).filter(([, [x = 0, y = 0]]) =>
              x < width && y < height && seen(content, x, y) === "red"
            ).map(([name]) => name)
            assert.include(red, side, `orientation ${index + 1}`)
            const opposite = { left: "right", right: "left", top: "bottom", bottom: "top" }[side]
            assert.notInclude(red, opposite, `orientation ${index + 1}`)
          }
        }))

      it.effect("are of the first picture where there are many, and let through what the picture lets through", () =>
        Effect.gen(function*() {
          const animation = yield* make(pictures.gif(40, 20, 0, 1), "image/gif")
          assert.deepStrictEqual([animation.contentType, animation.width, animation.height], ["image/jpeg", 24, 12])
          assert.strictEqual(seen(animation.content, 12, 6), "red")
          const sticker = yield* make(pictures.animatedSticker, "image/webp")
          assert.deepStrictEqual([sticker.contentType, sticker.original], ["image/png", { width: 64, height: 64 }])
          assert.deepStrictEqual([seen(sticker.content, 2, 12), seen(sticker.content, 21, 12)], ["red", "clear"])
        }))

      it.effect("keep the size of what is smaller", () =>
        Effect.gen(function*() {
          const { height, width } = yield* make(pictures.gif(10, 3, 1), "image/gif")
          assert.deepStrictEqual([width, height], [10, 3])
          assert.deepInclude(yield* make(SampleFiles.png(4000, 1), "image/png"), { width: 24, height: 1 })
        }))

      it.effect("are not made of what is broken, cut off, too large, or something else", () =>
        Effect.gen(function*() {
          const { jpeg } = pictures
          assert.strictEqual(yield* reasonOf(jpeg.subarray(0, 100), "image/jpeg"), "broken")
          assert.strictEqual(yield* reasonOf(Buffer.from("not at all a picture of anything"), "image/gif"), "broken")
          const damaged = SampleFiles.png(30, 30)
          assert.strictEqual(
            yield* reasonOf(damaged.map((byte, at) => at > 45 ? byte ^ 0xff : byte), "image/png"),
            "broken"
          )
          const deep = reasonOf(pictures.nestedFrames(200_000), "image/webp").pipe(Effect.provide(Thumbnails.layer()))
          assert.strictEqual(yield* deep, "broken")
          assert.strictEqual(yield* reasonOf(new Uint8Array(200_001), "image/png"), "too_large")
          assert.strictEqual(yield* reasonOf(jpeg, "application/pdf"), "unsupported")
          assert.strictEqual((yield* make(jpeg, "image/jpeg")).width, 24)
        }))

      it.effect("are not made of what says, or hides, that it unpacks to very much", () =>
        Effect.gen(function*() {
          const header = new Uint8Array(SampleFiles.png(1, 1))
          new DataView(header.buffer).setUint32(16, 60_000)
          new DataView(header.buffer).setUint32(20, 60_000)
          assert.strictEqual(yield* reasonOf(header, "image/png"), "too_large")
          // A small canvas with a large picture inside.
          const sticker = new Uint8Array(pictures.animatedSticker)
          const inside = Buffer.from(sticker).indexOf("ANMF") + 8 + 6
          sticker.set([0xff, 0x3f, 0, 0xff, 0x3f, 0], inside)
          assert.strictEqual(yield* reasonOf(sticker, "image/webp"), "too_large")
          const animation = pictures.gif(10, 10, 0)
          const frame = Buffer.from(animation).indexOf(0x2c, 19) + 5
          animation.set([0xff, 0xff, 0xff, 0xff], frame)
          assert.strictEqual(yield* reasonOf(animation, "image/gif"), "too_large")
        }))
    }
  )

  layer(Thumbnails.layer({ timeout: 0 }), { excludeTestServices: true })((it) => {
    it.effect("are given up after a time", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* reasonOf(pictures.jpeg, "image/jpeg"), "timeout")
      }))
  })
})

const plan: support.Plan = (id) => {
  switch (id) {
    case "portrait":
      return Effect.succeed(file(pictures.turned(6), { mimeType: "image/jpeg" }))
    case "broken":
      return Effect.succeed(file(pictures.jpeg.subarray(0, 300), { mimeType: "image/jpeg" }))
    case "bomb": {
      const content = new Uint8Array(SampleFiles.png(1, 1))
      new DataView(content.buffer).setUint32(16, 60_000)
      new DataView(content.buffer).setUint32(20, 60_000)
      return Effect.succeed(file(content, { mimeType: "image/png" }))
    }
    default:
      return Effect.succeed(file(new TextEncoder().encode("%PDF-1.4\n"), { mimeType: "application/pdf" }))
  }
}

describe.each(TestDatabase.all)("Thumbnails of messages on $name", (database) => {
  const services = MessageThumbnails.layer.pipe(
    Layer.provideMerge(Thumbnails.layer({ longestSide: 24 })),
    Layer.provideMerge(support.layer(database.layer, [support.provider(plan)]))
  )

  const stateOf = (account: support.Connected, id: Parameters<MessageFiles["Service"]["get"]>[0]) =>
    MessageFiles.use((files) => files.get(id)).pipe(as(account.organizationId))

  /** When nothing is being made any more. */
  const settled = (account: support.Connected, ids: Parameters<typeof stateOf>[1][]) =>
    Effect.gen(function*() {
      yield* MediaFetcher.use((fetcher) => fetcher.drain)
      yield* EventConsumers.use((consumers) => consumers.settled)
      return yield* Effect.forEach(ids, (id) => stateOf(account, id)).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({
          until: (all: ReadonlyArray<MessageFile>) => all.every((one) => one.thumbnail?.state !== "waiting")
        }),
        Effect.timeout("30 seconds")
      )
    })

  layer(services, { excludeTestServices: true })((it) => {
    it.effect("are made after the picture came, counted, and shown by an address of their own", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const ids = yield* sends(account, "portrait", "document")
        yield* MediaFetcher.use((fetcher) => fetcher.drain)
        const [portrait, document] = yield* settled(account, ids)
        assert.deepInclude({ ...portrait }, { state: "stored", width: 32, height: 48 })
        assert.deepInclude({ ...portrait?.thumbnail }, { state: "ready", width: 16, height: 24, failure: null })
        assert.deepInclude({ ...document }, { state: "stored", width: null, height: null, thumbnail: null })
        const [, token] = /^https:\/\/chat\.example\.com\/v1\/file-links\/(.+)$/.exec(portrait?.thumbnail?.url ?? "") ??
          []
        const files = yield* Files
        const shown = yield* files.openLink(token ?? "")
        assert.deepStrictEqual([shown.inline, shown.file.contentType], [true, "image/jpeg"])
        assert.strictEqual(seen(yield* read(shown.read()), 8, 1), "red")
        const usage = yield* files.usage.pipe(as(account.organizationId))
        assert.strictEqual(usage.files, 3)
        assert.strictEqual(usage.bytes, portrait!.size! + document!.size! + shown.file.size)
        // Its list shows the same, and to another organization nothing.
        const listed = yield* MessageFiles.use((all) => all.list(portrait!.conversationId, {})).pipe(
          as(account.organizationId)
        )
        assert.deepStrictEqual(listed.data.map(({ thumbnail }) => thumbnail?.state), [undefined, "ready"])
        const other = yield* Effect.flip(
          stateOf({ ...account, organizationId: yield* Id.next(OrganizationId) }, ids[0]!)
        )
        assert.strictEqual(other._tag, "NotFound")
      }))

    it.effect("that can't be made say why, and keep nothing from its message", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const all = yield* settled(account, yield* sends(account, "broken", "bomb", "portrait"))
        assert.deepStrictEqual(all.map(({ state, thumbnail }) => [state, thumbnail?.state, thumbnail?.failure]), [
          ["stored", "failed", "broken"],
          ["stored", "failed", "too_large"],
          ["stored", "ready", null]
        ])
      }))

    it.effect("are made once, however often they are asked for, and by whichever process", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const another = Layer.build(Layer.fresh(MessageThumbnails.layer))
        yield* another
        const ids = yield* sends(account, "portrait", "portrait", "portrait")
        yield* settled(account, ids)
        yield* EventConsumers.use((consumers) => consumers.replay("media.thumbnails", 0))
        yield* settled(account, ids)
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql`SELECT id FROM files_files
          WHERE organization_id = ${Id.toBytes(account.organizationId)} AND derived_from IS NOT NULL`
        assert.lengthOf(rows, 3)
        const { conversationId } = yield* stateOf(account, ids[0]!)
        const steps = (limit: number) =>
          Effect.gen(function*() {
            let count = 0
            const tracer = Tracer.make({
              span: (options) => {
                count++
                return new Tracer.NativeSpan(options)
              }
            })
            const page = yield* MessageFiles.use((all) => all.list(conversationId, { limit })).pipe(
              as(account.organizationId),
              Effect.provideService(Tracer.Tracer, tracer)
            )
            assert.isTrue(page.data.every(({ thumbnail }) => thumbnail?.url?.startsWith("https://") === true))
            return [page.data.length, count]
          })
        const [[, one], [many, asMany]] = yield* Effect.all([steps(1), steps(3)])
        assert.strictEqual(many, 3)
        assert.strictEqual(asMany, one)
      }).pipe(Effect.scoped))
  })
})
