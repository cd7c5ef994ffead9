/**
 * What a reader of files is: a document or a recording becomes text.
 *
 * @since 0.1.0
 */
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import { Schema } from "effect"
import type { Effect } from "effect"

/**
 * It could not be read: `again` whether another attempt may help.
 *
 * @category errors
 * @since 0.1.0
 */
export class ReadingFailed extends Schema.TaggedError<ReadingFailed>()("ReadingFailed", {
  again: Schema.Boolean,
  /** `broken`, `encrypted`, `no_provider`, `refused`, `quota_exceeded`, or what the provider says. */
  code: Schema.String
}) {}

/**
 * @category models
 * @since 0.1.0
 */
export interface MediaReader {
  /** Stored with what it read: never change it once released. */
  readonly id: string
  /** A recording is answered as though it had been written; a document is read along. */
  readonly kind: "speech" | "document"
  /** Media types, by the content. */
  readonly takes: (contentType: string) => boolean
  /** Bytes of the largest file that it reads. */
  readonly maxBytes: number
  readonly isOn: Effect.Effect<boolean, never, CurrentOrganization>
  readonly read: (file: {
    readonly name: string
    readonly contentType: string
    readonly content: Uint8Array
  }) => Effect.Effect<
    {
      readonly text: string
      readonly language: string | null
      /** Whether there is more than was read. */
      readonly isTruncated?: boolean | undefined
    },
    ReadingFailed,
    CurrentOrganization
  >
}
