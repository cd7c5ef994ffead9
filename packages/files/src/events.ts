/**
 * What happens to files, for consumers of the event log.
 *
 * @since 0.1.0
 */
import * as Events from "@wicara/core/Events"
import { Schema } from "effect"
import { FileId } from "./File.ts"

/** @category events @since 0.1.0 */
export const FileStored = Events.define(
  "file.stored",
  Schema.Struct({ fileId: FileId, contentType: Schema.String, size: Schema.Int })
)

/** @category events @since 0.1.0 */
export const FileUpdated = Events.define("file.updated", Schema.Struct({ fileId: FileId }))

/** By a person, or because it had expired. @category events @since 0.1.0 */
export const FileDeleted = Events.define("file.deleted", Schema.Struct({ fileId: FileId, size: Schema.Int }))

/** What somebody sent was infected, and not stored. @category events @since 0.1.0 */
export const FileRefused = Events.define(
  "file.refused",
  Schema.Struct({ fileId: FileId, name: Schema.String, signature: Schema.String })
)
