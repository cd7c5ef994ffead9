/**
 * Makes the thumbnails of messages' pictures, as a durable step after the picture is here: whatever becomes of it, the
 * message and its picture are there.
 *
 * @since 0.1.0
 */
import { ConversationId } from "@wicara/conversations/Conversation"
import * as ConversationEvents from "@wicara/conversations/events"
import { MessageId } from "@wicara/conversations/Message"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import type { JobRun } from "@wicara/core/Jobs"
import { insertIfAbsent, orDieSql, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { StoredFile } from "@wicara/files/File"
import { FileId } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import type { UploadError } from "@wicara/files/Files"
import { Clock, Effect, Layer, Metric, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { MessageFileStored } from "./events.ts"
import { NoThumbnail, Thumbnails } from "./Thumbnails.ts"
import type { Thumbnail } from "./Thumbnails.ts"

const maxAttempts = 6

/**
 * Makes one thumbnail.
 *
 * @category jobs
 * @since 0.1.0
 */
export const thumbnailJob = Jobs.define({
  name: "media.thumbnail",
  payload: Schema.Struct({ conversationId: ConversationId, messageId: MessageId, fileId: FileId }),
  maxAttempts
})

type Wanted = typeof thumbnailJob.payload.Type

const outcomes = Metric.counter("wicara_media_thumbnails", { incremental: true })

const keyOf = Effect.fnUntraced(function*({ conversationId, messageId }: Pick<Wanted, "conversationId" | "messageId">) {
  const sql = yield* SqlClient.SqlClient
  const organization = yield* CurrentOrganization
  return sql`organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(conversationId)}
    AND message_id = ${Id.toBytes(messageId)}`
})

/** Notes that a thumbnail is to be made, once, if the message's file is here and of a kind that has one. */
const note = Effect.fnUntraced(function*(event: StoredEvent) {
  const sql = yield* SqlClient.SqlClient
  const thumbnails = yield* Thumbnails
  const jobs = yield* Jobs.Jobs
  const { conversationId, messageId } = event.type === MessageFileStored.type
    ? yield* Events.payload(MessageFileStored, event)
    : yield* Events.payload(ConversationEvents.MessageSent, event)
  const [row] = yield* sql<{ readonly file_id: Uint8Array | null; readonly content_type: string | null }>`
    SELECT file_id, content_type FROM media_files WHERE ${yield* keyOf({ conversationId, messageId })}`
  if (row === undefined || row.file_id === null || !thumbnails.takes(row.content_type ?? "")) return
  const fileId = Id.fromBytes<FileId>(row.file_id)
  const now = yield* Clock.currentTimeMillis
  yield* transaction(
    sql,
    Effect.gen(function*() {
      yield* insertIfAbsent(sql, "media_thumbnails", "message_id", [{
        organization_id: Id.toBytes(event.organizationId),
        conversation_id: Id.toBytes(conversationId),
        message_id: Id.toBytes(messageId),
        state: "waiting",
        created_at: now
      }])
      yield* jobs.enqueue(thumbnailJob, { conversationId, messageId, fileId }, { id: `thumbnail/${messageId}` })
    })
  )
})

const failed = (wanted: Wanted, reason: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* orDieSql(sql`UPDATE media_thumbnails SET state = 'failed', failure = ${reason}
      WHERE ${yield* keyOf(wanted)} AND state = 'waiting'`)
    yield* Metric.update(Metric.withAttributes(outcomes, { outcome: reason }), 1)
  })

const keep = (wanted: Wanted, { height, original, width }: Thumbnail, file: StoredFile) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* orDieSql(sql`UPDATE media_thumbnails SET ${
      sql.update({
        state: "ready",
        file_id: Id.toBytes(file.id),
        picture_width: original.width,
        picture_height: original.height,
        width,
        height,
        failure: null
      })
    } WHERE ${yield* keyOf(wanted)} AND state = 'waiting'`)
    yield* Metric.update(Metric.withAttributes(outcomes, { outcome: "ready" }), 1)
  })

/** What is not worth another attempt, as it is recorded; a failure of the store is. */
const reasonOf = (error: Exclude<UploadError, { readonly _tag: "Unavailable" }>): string => {
  switch (error._tag) {
    case "FileQuotaExceeded":
      return "quota_exceeded"
    case "FileTooLarge":
      return "too_large"
    default:
      return "not_stored"
  }
}

const thumbnailOf = Effect.fnUntraced(function*(wanted: Wanted) {
  const files = yield* Files
  const thumbnails = yield* Thumbnails
  const { file, read } = yield* files.content(wanted.fileId)
  if (file.size > thumbnails.maxBytes) return yield* new NoThumbnail({ reason: "too_large" })
  const content = Buffer.concat(yield* Stream.runCollect(read()))
  const thumbnail = yield* thumbnails.make({ content, contentType: file.contentType })
  const stored = yield* files.derive(wanted.fileId, "thumbnail", {
    name: thumbnail.contentType === "image/png" ? "thumbnail.png" : "thumbnail.jpg",
    content: Stream.make(thumbnail.content),
    size: thumbnail.content.length
  })
  yield* keep(wanted, thumbnail, stored)
})

const handle = ({ attempt, payload }: JobRun<Wanted>) =>
  thumbnailOf(payload).pipe(
    Effect.catch((error) => {
      switch (error._tag) {
        case "NoThumbnail":
          return failed(payload, error.reason)
        case "NotFound":
          return failed(payload, "gone")
        case "Unavailable":
          return attempt < maxAttempts ? Effect.fail(error) : failed(payload, "given_up")
        default:
          return failed(payload, reasonOf(error))
      }
    }),
    Effect.catchDefect((defect) =>
      attempt < maxAttempts
        ? Effect.die(defect)
        : Effect.andThen(Effect.logError("A picture broke what makes thumbnails", defect), failed(payload, "given_up"))
    )
  )

/**
 * Notes and makes them, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Jobs.Jobs | SqlClient.SqlClient | Files | Thumbnails
> = Layer.merge(
  EventConsumers.consume({
    name: "media.thumbnails",
    types: [MessageFileStored.type, ConversationEvents.MessageSent.type],
    startAt: "now",
    handle: note
  }),
  Jobs.worker(thumbnailJob, { handle })
)
