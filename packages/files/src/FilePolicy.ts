/**
 * What files a server takes, and how many.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import * as ContentType from "./ContentType.ts"

/**
 * @category references
 * @since 0.1.0
 */
export const FilePolicy = Context.Reference<{
  /** Bytes of the largest file. */
  readonly maxSize: number
  /** Bytes that an organization may store, unless it has a quota of its own. */
  readonly quota: number
  /** The media types that are taken, by their content; `audio/*` stands for all that begin so. */
  readonly types: ReadonlyArray<string>
}>("@wicara/files/FilePolicy", {
  defaultValue: () => ({ maxSize: 64 * 1024 * 1024, quota: 5 * 1024 * 1024 * 1024, types: ContentType.usual })
})
