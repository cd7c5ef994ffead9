import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ConversationId } from "@wicara/conversations/Conversation"
import type { MessageId } from "@wicara/conversations/Message"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { NotFound } from "@wicara/core/Problem"
import { insertIfAbsent, orDieSql, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { FileId } from "@wicara/files/File"
import type { StoredFile } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import { Clock, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { MessageFileStored } from "../events.ts"

const isFileId = Schema.is(FileId)

/** A message whose file is here already. */
export interface MessageOfFile {
  readonly id: MessageId
  readonly conversationId: ConversationId
  readonly channelAccountId: ChannelAccountId
  /** The kind of the message: `image`, `document`. */
  readonly kind: string
}

/** Keeps a stored file for as long as the message is there, and says what it is. Joins the ambient transaction. */
export const attachStoredFile = Effect.fnUntraced(function*(message: MessageOfFile, file: StoredFile) {
  const sql = yield* SqlClient.SqlClient
  const files = yield* Files
  const organization = yield* CurrentOrganization
  const now = yield* Clock.currentTimeMillis
  yield* orDieSql(transaction(
    sql,
    Effect.gen(function*() {
      yield* files.hold(file.id, `message:${message.id}`)
      yield* insertIfAbsent(sql, "media_files", "message_id", [{
        organization_id: Id.toBytes(organization.id),
        conversation_id: Id.toBytes(message.conversationId),
        message_id: Id.toBytes(message.id),
        channel_account_id: Id.toBytes(message.channelAccountId),
        state: "stored",
        kind: message.kind,
        request: "{}",
        file_id: Id.toBytes(file.id),
        name: file.name,
        content_type: file.contentType,
        size: file.size,
        attempts: 0,
        created_at: now
      }])
    })
  ))
})

/** The same of a file that came in with a message, told to others as that of a file that was fetched. */
export const attachStored = Effect.fnUntraced(function*(message: MessageOfFile, fileId: string) {
  if (!isFileId(fileId)) return yield* NotFound.of("file", fileId)
  const sql = yield* SqlClient.SqlClient
  const files = yield* Files
  const events = yield* Events
  const organization = yield* CurrentOrganization
  const file = yield* files.get(fileId)
  const { channelAccountId, conversationId, id: messageId } = message
  yield* orDieSql(transaction(
    sql,
    Effect.gen(function*() {
      const present = yield* sql`SELECT state FROM media_files
        WHERE organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(conversationId)}
        AND message_id = ${Id.toBytes(messageId)}`
      if (present.length > 0) return
      yield* attachStoredFile(message, file)
      yield* events.append(MessageFileStored, {
        aggregateId: conversationId,
        payload: {
          conversationId,
          messageId,
          channelAccountId,
          fileId: file.id,
          contentType: file.contentType,
          size: file.size
        }
      })
    })
  ))
})
