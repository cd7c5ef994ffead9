/**
 * The files of messages, for who may read their conversation.
 *
 * @since 0.1.0
 */
import { Conversations } from "@wicara/conversations/Conversations"
import type { ConversationId } from "@wicara/conversations/Conversation"
import { MessageId } from "@wicara/conversations/Message"
import { Messages } from "@wicara/conversations/Messages"
import { permissions } from "@wicara/conversations/permissions"
import { Audit } from "@wicara/core/Audit"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Forbidden, NotFound } from "@wicara/core/Problem"
import type { InvalidInput } from "@wicara/core/Problem"
import { Signals } from "@wicara/core/Signals"
import { affectedRows, orDieSql, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { FileId } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import type { FileContent } from "@wicara/files/Files"
import { Clock, Context, Effect, Layer } from "effect"
import type { DateTime, Duration } from "effect"
import { SqlClient } from "effect/sql"
import { fetchSignal, fileColumns, notShown, toMessageFile } from "./internal/fileRows.ts"
import type { FileRow } from "./internal/fileRows.ts"
import { makeShown } from "./internal/shownThumbnails.ts"
import { textColumns, toMessageText } from "./internal/textRows.ts"
import type { TextRow } from "./internal/textRows.ts"
import type { MessageFile } from "./MessageFile.ts"
import type { MessageText } from "./MessageText.ts"

type Caller = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class MessageFiles extends Context.Service<MessageFiles, {
  /** Where the file of a message stands. Not found, too, when the message has none. */
  readonly get: (id: MessageId) => Effect.Effect<MessageFile, NotFound, Caller>
  /** The files of a conversation, the latest message first. */
  readonly list: (
    conversationId: ConversationId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<MessageFile>, NotFound | InvalidInput, Caller>
  /** The content of a stored file. */
  readonly content: (id: MessageId) => Effect.Effect<FileContent, NotFound, Caller>
  /** A link by which anybody may read the stored file for a time, as of `Files`. */
  readonly link: (
    id: MessageId,
    options: { readonly expiresIn: Duration.Input; readonly inline?: boolean | undefined }
  ) => Effect.Effect<
    { readonly token: string; readonly expiresAt: DateTime.Utc },
    NotFound | InvalidInput,
    Caller
  >
  /** What is said or written in it; not found when nothing reads files of its kind here. */
  readonly text: (id: MessageId) => Effect.Effect<MessageText, NotFound, Caller>
  /** Has a file that failed fetched again from now on; one that waits is tried at once. */
  readonly retry: (id: MessageId) => Effect.Effect<MessageFile, NotFound | Forbidden, Caller>
}>()("@wicara/media/MessageFiles") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    MessageFiles,
    never,
    SqlClient.SqlClient | Messages | Conversations | Files | Signals | Audit
  > = Layer.suspend(() => Layer.effect(MessageFiles, make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* Messages
  const conversations = yield* Conversations
  const files = yield* Files
  const signals = yield* Signals
  const audit = yield* Audit
  const columns = fileColumns(sql)
  const shown = yield* makeShown

  const noFile = (id: MessageId) => NotFound.of("file of message", id)

  const find = Effect.fnUntraced(function*(id: MessageId) {
    // What the caller may not read is not there.
    yield* messages.get(id)
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(sql<FileRow>`SELECT ${columns} FROM media_files
      WHERE organization_id = ${Id.toBytes(organization.id)} AND message_id = ${Id.toBytes(id)}`)
    return row === undefined ? yield* noFile(id) : row
  })

  const toFile = (row: FileRow) =>
    Effect.map(shown([row]), (thumbnails) => toMessageFile(row, thumbnails.get(row) ?? notShown))

  const stored = Effect.fnUntraced(function*(id: MessageId) {
    const { file_id } = yield* find(id)
    return file_id === null ? yield* noFile(id) : Id.fromBytes<FileId>(file_id)
  })

  return MessageFiles.of({
    get: Effect.fn("MessageFiles.get")(function*(id) {
      return yield* toFile(yield* find(id))
    }),
    list: Effect.fn("MessageFiles.list")(function*(conversationId, query) {
      yield* conversations.get(conversationId)
      const organization = yield* CurrentOrganization
      const before = yield* Pagination.position(MessageId, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(sql<FileRow>`SELECT ${columns} FROM media_files
        WHERE organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(conversationId)}
        ${before === undefined ? sql.literal("") : sql`AND message_id < ${Id.toBytes(before)}`}
        ORDER BY message_id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      const thumbnails = yield* shown(rows)
      const all = rows.map((row) => toMessageFile(row, thumbnails.get(row) ?? notShown))
      return Pagination.page(all, limit, MessageId, ({ messageId }) => messageId)
    }),
    content: Effect.fn("MessageFiles.content")(function*(id) {
      return yield* files.content(yield* stored(id))
    }),
    link: Effect.fn("MessageFiles.link")(function*(id, options) {
      return yield* files.link(yield* stored(id), options)
    }),
    text: Effect.fn("MessageFiles.text")(function*(id) {
      const { conversation_id, message_id, organization_id } = yield* find(id)
      const [row] = yield* Effect.orDie(sql<TextRow>`SELECT ${textColumns(sql)} FROM media_texts
        WHERE organization_id = ${organization_id} AND conversation_id = ${conversation_id}
        AND message_id = ${message_id}`)
      return row === undefined ? yield* NotFound.of("text of message", id) : toMessageText(row)
    }),
    retry: Effect.fn("MessageFiles.retry")(function*(id) {
      const organization = yield* CurrentOrganization
      const { conversationId } = yield* messages.get(id)
      const actor = yield* CurrentActor
      if (!Permissions.can(actor, permissions.reply, yield* conversations.get(conversationId))) {
        return yield* Forbidden.of(permissions.reply.name)
      }
      const row = yield* find(id)
      const now = yield* Clock.currentTimeMillis
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const changed = yield* affectedRows(sql`UPDATE media_files
            SET state = 'waiting', due_at = ${now}, attempts = 0
            WHERE organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${row.conversation_id}
            AND message_id = ${row.message_id} AND state <> 'stored' AND lease_id IS NULL`)
          if (changed === 0) return
          yield* audit.record({
            action: "message.file_retried",
            target: { type: "message", id },
            before: { state: row.state, failure: row.failure_code }
          })
        })
      ))
      yield* signals.notify(fetchSignal)
      return yield* toFile(yield* find(id))
    })
  })
})
