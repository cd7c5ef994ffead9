/**
 * Takes the contents of an erased organization out of the store, as a part of its erasure. A content is of one organization
 * and of no other, whatever is in it, and nobody stores one any more whose row is gone.
 *
 * @since 0.1.0
 */
import { TenantContents } from "@wicara/core/TenantContents"
import { Effect, Layer, Option } from "effect"
import { BlobStore } from "./BlobStore.ts"

/**
 * For `Deletions`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, BlobStore> = Layer.effect(
  TenantContents,
  Effect.map(BlobStore, (blobs) => [{
    name: "files_contents",
    remove: Effect.fn("FileErasure.remove")(function*(organizationId, limit) {
      const { keys } = yield* blobs.list(Option.none(), organizationId)
      const some = keys.slice(0, limit)
      yield* Effect.forEach(some, blobs.delete, { concurrency: 4, discard: true })
      return some.length
    })
  }])
)
