/**
 * The port to where contents are kept: bytes under a key. Sizes, types, quotas and who may read what are decided above
 * it, in `Files`.
 *
 * A key is made here and of harmless characters only; nothing that a user wrote is part of it.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Context, Schema } from "effect"
import type { Effect, Option, Stream } from "effect"
import type { FileId } from "./File.ts"

/**
 * The store does not do what it is asked to; the same may succeed later.
 *
 * @category errors
 * @since 0.1.0
 */
export class BlobFailure extends Schema.TaggedError<BlobFailure>()("BlobFailure", {
  operation: Schema.Literals(["put", "get", "delete", "list"]),
  message: Schema.String
}) {}

/**
 * Which bytes: both included, counted from 0.
 *
 * @category models
 * @since 0.1.0
 */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Some of the keys of a store.
 *
 * @category models
 * @since 0.1.0
 */
export interface BlobPage {
  readonly keys: ReadonlyArray<string>
  /** Give it back as `after`; none on the last page. */
  readonly next: Option.Option<string>
}

/**
 * @category services
 * @since 0.1.0
 */
export class BlobStore extends Context.Service<BlobStore, {
  /** Which kind it is: `local`, `s3`. */
  readonly kind: string
  /** Stores all of the stream under the key, or nothing: a reader never sees a part. Replaces what was there. */
  readonly put: <E, R>(
    key: string,
    content: Stream.Stream<Uint8Array, E, R>
  ) => Effect.Effect<void, E | BlobFailure, R>
  /** The bytes under a key, as they are read. */
  readonly get: (key: string, range?: ByteRange) => Stream.Stream<Uint8Array, BlobFailure>
  /** That there is nothing under the key is fine too. */
  readonly delete: (key: string) => Effect.Effect<void, BlobFailure>
  /** The keys, of all or of one organization, in some order that stays. What is only half there is none of them. */
  readonly list: (after: Option.Option<string>, of?: OrganizationId) => Effect.Effect<BlobPage, BlobFailure>
  /** Clears away what puts that were cut off more than an hour ago left; returns how many. */
  readonly cleanup: Effect.Effect<number, BlobFailure>
}>()("@wicara/files/BlobStore") {}

/**
 * Where a file's content is.
 *
 * @category keys
 * @since 0.1.0
 */
export const keyOf = (organizationId: OrganizationId, fileId: FileId): string => `${organizationId}/${fileId}`

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
const keyPattern = new RegExp(`^(${uuid})/(${uuid})$`)

/**
 * Whose content a key is of, as the 16 bytes of storage; nothing for a key that was not made here.
 *
 * @category keys
 * @since 0.1.0
 */
export const parseKey = (
  key: string
): { readonly organizationId: Uint8Array; readonly fileId: Uint8Array } | undefined => {
  const [, organizationId, fileId] = keyPattern.exec(key) ?? []
  return organizationId === undefined || fileId === undefined
    ? undefined
    : { organizationId: Id.toBytes(organizationId), fileId: Id.toBytes(fileId) }
}
