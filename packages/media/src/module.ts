/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import * as events from "./events.ts"
import { MediaApi } from "./Media/Api.ts"
import { transcription } from "./MediaReaders.ts"
import { readJob } from "./MessageReading.ts"
import { thumbnailJob } from "./MessageThumbnails.ts"
import { migrations } from "./sql/migrations.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "media",
  name: "Files of messages",
  description: "Pictures, voice notes and documents that customers send, fetched and kept.",
  requires: ["conversations", "files"],
  migrations: [migrations],
  events: Object.values(events),
  groups: [MediaApi],
  jobs: [thumbnailJob, readJob],
  settings: [transcription],
  data: [
    TenantData.table("media_files", { except: ["lease_id"] }),
    TenantData.table("media_thumbnails"),
    TenantData.table("media_texts"),
    TenantData.internal("media_uploads")
  ]
})
