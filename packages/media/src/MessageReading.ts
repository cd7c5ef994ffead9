/**
 * Reads the files that customers send, as a durable step after they are here: recordings and documents become text, which
 * stays with its message.
 *
 * @since 0.1.0
 */
import { mediaOf } from "@wicara/channels/MessageContent"
import { ConversationId } from "@wicara/conversations/Conversation"
import { MessageId } from "@wicara/conversations/Message"
import type { Message } from "@wicara/conversations/Message"
import { MessageReadings } from "@wicara/conversations/MessageReadings"
import type { MessageReading } from "@wicara/conversations/MessageReadings"
import { Messages } from "@wicara/conversations/Messages"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import type { JobRun } from "@wicara/core/Jobs"
import { insertIfAbsent, orDieSql, transaction, varying } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { FileId } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import { Clock, DateTime, Effect, Layer, Metric, Option, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { MessageFileStored } from "./events.ts"
import { textColumns } from "./internal/textRows.ts"
import type { TextRow } from "./internal/textRows.ts"
import { ReadingFailed } from "./MediaReader.ts"
import { MediaReaders } from "./MediaReaders.ts"
import { maxLength } from "./MessageText.ts"

const maxAttempts = 8

/**
 * Reads one file.
 *
 * @category jobs
 * @since 0.1.0
 */
export const readJob = Jobs.define({
  name: "media.read",
  payload: Schema.Struct({
    conversationId: ConversationId,
    messageId: MessageId,
    fileId: FileId,
    reader: Schema.String
  }),
  maxAttempts
})

type Wanted = typeof readJob.payload.Type

const outcomes = Metric.counter("wicara_media_readings", { incremental: true })

const keyOf = Effect.fnUntraced(function*({ conversationId, messageId }: Pick<Wanted, "conversationId" | "messageId">) {
  const sql = yield* SqlClient.SqlClient
  const organization = yield* CurrentOrganization
  return sql`organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(conversationId)}
    AND message_id = ${Id.toBytes(messageId)}`
})

/** Notes that a file is to be read, once: one of a customer, of now, of a kind that the organization wants read. */
const note = Effect.fnUntraced(function*(event: StoredEvent) {
  const sql = yield* SqlClient.SqlClient
  const jobs = yield* Jobs.Jobs
  const { contentType, conversationId, fileId, messageId } = yield* Events.payload(MessageFileStored, event)
  const reader = yield* MediaReaders.use((readers) => readers.of(contentType))
  if (Option.isNone(reader)) return
  const message = yield* Messages.use((messages) => messages.get(messageId))
  if (message.direction === "outbound" || message.historical) return
  const now = yield* Clock.currentTimeMillis
  const { id, kind } = reader.value
  yield* transaction(
    sql,
    Effect.gen(function*() {
      yield* insertIfAbsent(sql, "media_texts", "message_id", [{
        organization_id: Id.toBytes(event.organizationId),
        conversation_id: Id.toBytes(conversationId),
        message_id: Id.toBytes(messageId),
        state: "waiting",
        kind,
        reader: id,
        truncated: 0,
        created_at: now
      }])
      yield* jobs.enqueue(readJob, { conversationId, messageId, fileId, reader: id }, { id: `text/${messageId}` })
    })
  )
})

const settle = Effect.fnUntraced(function*(wanted: Wanted, outcome: string, change: Record<string, string | number>) {
  const sql = yield* SqlClient.SqlClient
  yield* orDieSql(sql`UPDATE media_texts SET ${sql.update(change)} WHERE ${yield* keyOf(wanted)} AND state = 'waiting'`)
  yield* Metric.update(Metric.withAttributes(outcomes, { outcome, reader: wanted.reader }), 1)
})

const failed = (wanted: Wanted, code: string) => settle(wanted, code, { state: "failed", failure: code.slice(0, 60) })

const textOf = Effect.fnUntraced(function*(wanted: Wanted) {
  const sql = yield* SqlClient.SqlClient
  // Whoever did this before and died when it was done has paid for it once.
  const waiting = yield* Effect.orDie(
    sql`SELECT 1 FROM media_texts WHERE ${yield* keyOf(wanted)} AND state = 'waiting'`
  )
  if (waiting.length === 0) return
  const reader = yield* MediaReaders.use((readers) => Effect.succeed(readers.get(wanted.reader)))
  if (Option.isNone(reader)) return yield* new ReadingFailed({ again: false, code: "no_provider" })
  const { file, read } = yield* Files.use((files) => files.content(wanted.fileId))
  if (file.size > reader.value.maxBytes) return yield* new ReadingFailed({ again: false, code: "too_large" })
  const content = Buffer.concat(yield* Stream.runCollect(read()))
  const { contentType, name } = file
  const { isTruncated = false, language, text } = yield* reader.value.read({ name, contentType, content })
  const words = text.replaceAll("\0", "").trim()
  if (words === "") return yield* new ReadingFailed({ again: false, code: "empty" })
  yield* settle(wanted, "ready", {
    state: "ready",
    text: words.slice(0, maxLength).toWellFormed(),
    truncated: isTruncated || words.length > maxLength ? 1 : 0,
    ...(language === null ? {} : { language: language.slice(0, 40) })
  })
})

const handle = ({ attempt, payload }: JobRun<Wanted>) =>
  textOf(payload).pipe(
    Effect.catchTags({
      NotFound: () => failed(payload, "gone"),
      Unavailable: (error) => attempt < maxAttempts ? Effect.fail(error) : failed(payload, "given_up"),
      ReadingFailed: (error) => error.again && attempt < maxAttempts ? Effect.fail(error) : failed(payload, error.code)
    }),
    Effect.catchDefect((defect) =>
      attempt < maxAttempts
        ? Effect.die(defect)
        : Effect.andThen(Effect.logError("A file broke what reads it", defect), failed(payload, "given_up"))
    )
  )

/**
 * Notes and reads them, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Jobs.Jobs | SqlClient.SqlClient | Files | Messages | MediaReaders
> = Layer.merge(
  EventConsumers.consume({
    name: "media.readings",
    types: [MessageFileStored.type],
    startAt: "now",
    handle: (event) => Effect.catchTag(note(event), "NotFound", () => Effect.void)
  }),
  Jobs.worker(readJob, { handle, concurrency: 4 })
)

/** How long a message's text is waited for. Milliseconds. */
const patience = 120_000

/**
 * Fills the port of `@wicara/conversations`: provide it to whoever answers messages.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerReadings: Layer.Layer<never, never, SqlClient.SqlClient | MediaReaders> = Layer.effect(
  MessageReadings,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const readers = yield* MediaReaders

    /** Whether a file that has no text yet may still get one. */
    const isExpected = Effect.fnUntraced(function*(message: Message) {
      const kinds = yield* readers.kinds
      const media = mediaOf(message.content)
      const declared = media?.mimeType?.split(";")[0]?.trim() ?? ""
      const mayBeRead = message.content.type === "audio"
        ? kinds.has("speech")
        : message.content.type === "document" && Option.isSome(yield* readers.of(declared))
      if (!mayBeRead) return false
      const [file] = yield* Effect.orDie(sql<{ readonly state: string; readonly content_type: string | null }>`
        SELECT state, content_type FROM media_files WHERE ${yield* keyOf({ ...message, messageId: message.id }).pipe(
        Effect.provideService(SqlClient.SqlClient, sql)
      )}`)
      if (file?.state === "failed") return false
      return file?.state !== "stored" || Option.isSome(yield* readers.of(file.content_type ?? ""))
    })

    return {
      of: Effect.fn("MessageReadings.of")(function*(messages) {
        const all = new Map<MessageId, MessageReading>()
        const some = messages.filter((message) =>
          message.direction === "inbound" && !message.historical && mediaOf(message.content) !== undefined
        )
        const [first] = some
        if (first === undefined) return all
        const organization = yield* CurrentOrganization
        const now = yield* Clock.currentTimeMillis
        const rows = yield* Effect.orDie(varying(
          sql,
          sql<TextRow>`SELECT ${textColumns(sql)} FROM media_texts
            WHERE organization_id = ${Id.toBytes(organization.id)}
            AND conversation_id = ${Id.toBytes(first.conversationId)}
            AND ${sql.in("message_id", some.map(({ id }) => Id.toBytes(id)))}`
        ))
        const byMessage = new Map(rows.map((row) => [Id.fromBytes<MessageId>(row.message_id), row]))
        for (const message of some) {
          const row = byMessage.get(message.id)
          if (row?.state === "ready") all.set(message.id, { _tag: "Read", kind: row.kind, text: row.text ?? "" })
          if (row?.state === "ready" || row?.state === "failed") continue
          if (now - DateTime.toEpochMillis(message.receivedAt) > patience) continue
          if (row !== undefined || (yield* isExpected(message))) all.set(message.id, { _tag: "Waiting" })
        }
        return all
      })
    }
  })
)
