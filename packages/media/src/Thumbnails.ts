/**
 * Makes small pictures of large ones: JPEG, PNG, GIF (its first picture) and WebP (stickers too).
 *
 * A picture says how large it is before anything is decoded, and one that is too large is not. The others are decoded by
 * WebAssembly in a thread of their own that is ended after a time: what breaks there breaks nothing else.
 *
 * @since 0.1.0
 */
import { Context, Duration, Effect, Layer, Schema, Semaphore } from "effect"
import { isReadable, readHeader } from "./internal/imageHeader.ts"
import { answerOf } from "./internal/thread.ts"
import type { Drawing, Drawn } from "./internal/thumbnailWorker.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface ThumbnailsOptions {
  /** Pixels of a thumbnail's longer side (320); a smaller picture keeps its size. */
  readonly longestSide?: number | undefined
  /** Bytes of the largest picture that is looked at (16 MiB). */
  readonly maxBytes?: number | undefined
  /** Pixels of the largest picture that is decoded (24 million); each takes about 16 bytes meanwhile. */
  readonly maxPixels?: number | undefined
  /** How long one picture may take (20 seconds). */
  readonly timeout?: Duration.Input | undefined
  /** Pictures at a time (1). */
  readonly concurrency?: number | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Picture {
  readonly content: Uint8Array
  /** By its content. */
  readonly contentType: string
}

/**
 * A thumbnail, upright, and how large the picture is, upright too.
 *
 * @category models
 * @since 0.1.0
 */
export interface Thumbnail {
  readonly content: Uint8Array
  /** JPEG; PNG where something shines through. */
  readonly contentType: "image/jpeg" | "image/png"
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly original: { readonly width: number; readonly height: number }
}

/**
 * There is no thumbnail of this picture, and never will be: `unsupported` (its kind), `broken`, `too_large` (bytes or
 * pixels), `timeout`.
 *
 * @category errors
 * @since 0.1.0
 */
export class NoThumbnail extends Schema.TaggedError<NoThumbnail>()("NoThumbnail", {
  reason: Schema.Literals(["unsupported", "broken", "too_large", "timeout"])
}) {}

/**
 * @category services
 * @since 0.1.0
 */
export class Thumbnails extends Context.Service<Thumbnails, {
  /** Whether thumbnails are made of files of a media type. */
  readonly takes: (contentType: string) => boolean
  /** Of a larger file there is none. */
  readonly maxBytes: number
  readonly make: (picture: Picture) => Effect.Effect<Thumbnail, NoThumbnail>
}>()("@wicara/media/Thumbnails") {
  /** @since 0.1.0 */
  static readonly layer = (options?: ThumbnailsOptions): Layer.Layer<Thumbnails> =>
    Layer.effect(Thumbnails, make(options ?? {}))
}

const make = Effect.fnUntraced(function*(options: ThumbnailsOptions) {
  const longestSide = options.longestSide ?? 320
  const maxBytes = options.maxBytes ?? 16 * 1024 * 1024
  const maxPixels = options.maxPixels ?? 24_000_000
  const timeout = options.timeout ?? Duration.seconds(20)
  const seats = yield* Semaphore.make(options.concurrency ?? 1)
  const none = (reason: NoThumbnail["reason"]) => new NoThumbnail({ reason })

  return Thumbnails.of({
    takes: isReadable,
    maxBytes,
    make: Effect.fn("Thumbnails.make")(function*({ content, contentType }) {
      if (!isReadable(contentType)) return yield* none("unsupported")
      if (content.length > maxBytes) return yield* none("too_large")
      const header = readHeader(content, contentType)
      if (header === undefined) return yield* none("broken")
      if (header.pixels > maxPixels) return yield* none("too_large")
      const drawing: Drawing = { content, longestSide, orientation: header.orientation }
      const drawn = yield* answerOf<Drawing, Drawn>("thumbnailWorker", drawing, { memory: 64 }).pipe(
        Effect.mapError(() => none("broken")),
        Effect.timeoutOrElse({ duration: timeout, orElse: () => none("timeout") }),
        seats.withPermits(1)
      )
      const { height, width } = header
      return { ...drawn, original: header.orientation >= 5 ? { width: height, height: width } : { width, height } }
    })
  })
})
