/**
 * Contents in a folder of the machine. A content is written beside its place, made durable and then put there by one
 * rename: after a crash it is there whole, or not at all.
 *
 * @since 0.1.0
 */
import { Clock, Effect, FileSystem, Layer, Option, Path, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { SecureRandom } from "effect/crypto"
import { BlobFailure, BlobStore, parseKey } from "./BlobStore.ts"

const failure = (operation: BlobFailure["operation"]) => (error: PlatformError) =>
  new BlobFailure({ operation, message: error.message })

const hourMillis = 3_600_000

/**
 * Keeps contents below `folder`, which is made if it is absent.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: {
  /** Absolute. */
  readonly folder: string
}): Layer.Layer<BlobStore, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    BlobStore,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const temporary = path.join(options.folder, ".incoming")
      yield* fs.makeDirectory(temporary, { recursive: true, mode: 0o700 })

      /** Keys have two parts of hexadecimal digits: none leads out of the folder. */
      const placeOf = (key: string) =>
        parseKey(key) === undefined
          ? Effect.die(new Error("A key that was not made by keyOf"))
          : Effect.succeed(path.join(options.folder, ...key.split("/")))

      const syncFolder = (folder: string) =>
        Effect.scoped(Effect.flatMap(fs.open(folder, { flag: "r" }), (file) => file.sync)).pipe(
          // Windows has no handle of a folder.
          Effect.catchReason("PlatformError", "PermissionDenied", () => Effect.void)
        )

      const put = Effect.fnUntraced(function*<E, R>(key: string, content: Stream.Stream<Uint8Array, E, R>) {
        const place = yield* placeOf(key)
        const draft = path.join(temporary, SecureRandom.uuidV7Unsafe())
        const folder = path.dirname(place)
        yield* Effect.gen(function*() {
          const file = yield* Effect.mapError(fs.open(draft, { flag: "wx", mode: 0o600 }), failure("put"))
          yield* Stream.runForEach(content, (chunk) => Effect.mapError(file.writeAll(chunk), failure("put")))
          yield* Effect.mapError(file.sync, failure("put"))
        }).pipe(
          Effect.scoped,
          Effect.andThen(
            Effect.gen(function*() {
              yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
              yield* fs.rename(draft, place)
              yield* syncFolder(folder)
            }).pipe(Effect.mapError(failure("put")), Effect.uninterruptible)
          ),
          Effect.onError(() => Effect.ignore(fs.remove(draft, { force: true })))
        )
      })

      return BlobStore.of({
        kind: "local",
        put,
        get: (key, range) =>
          Stream.unwrap(Effect.map(placeOf(key), (place) =>
            fs.stream(place, {
              chunkSize: 64 * 1024,
              ...(range === undefined ? {} : { offset: range.start, bytesToRead: range.end - range.start + 1 })
            }).pipe(Stream.mapError(failure("get"))))),
        delete: (key) =>
          Effect.flatMap(
            placeOf(key),
            (place) => Effect.mapError(fs.remove(place, { force: true }), failure("delete"))
          ),
        // A folder an organization: a page is one of them.
        list: (after, of) =>
          Effect.gen(function*() {
            const folders = of !== undefined
              ? [of]
              : (yield* fs.readDirectory(options.folder)).filter((name) => !name.startsWith(".")).toSorted()
            const next = folders.find((name) => Option.isNone(after) || name > after.value)
            if (next === undefined) return { keys: [], next: Option.none() }
            const names = yield* fs.readDirectory(path.join(options.folder, next)).pipe(
              Effect.catch(() => Effect.succeed([]))
            )
            return { keys: names.map((name) => `${next}/${name}`), next: Option.some(next) }
          }).pipe(Effect.mapError(failure("list"))),
        cleanup: Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          let removed = 0
          for (const name of yield* fs.readDirectory(temporary)) {
            const draft = path.join(temporary, name)
            const info = yield* Effect.option(fs.stat(draft))
            const writtenAt = Option.flatMap(info, ({ mtime }) => mtime)
            if (Option.isSome(writtenAt) && writtenAt.value.getTime() < now - hourMillis) {
              yield* fs.remove(draft, { force: true })
              removed += 1
            }
          }
          return removed
        }).pipe(Effect.mapError(failure("delete")))
      })
    })
  )
