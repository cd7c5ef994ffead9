import { Address } from "@wicara/channels/Address"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Media } from "@wicara/channels/MessageContent"
import type { ConversationId } from "@wicara/conversations/Conversation"
import type { MessageId } from "@wicara/conversations/Message"
import * as Id from "@wicara/core/Id"
import type { FileId } from "@wicara/files/File"
import { DateTime, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { MessageFile } from "../MessageFile.ts"
import type { FileState } from "../MessageFile.ts"

/** What the provider is asked for. */
export const FileRequest = Schema.fromJsonString(Schema.Struct({
  media: Media,
  chat: Address,
  providerMessageId: Schema.NullOr(Schema.String)
}))
export const encodeRequest = Schema.encodeSync(FileRequest)
export const decodeRequest = Schema.decodeUnknownSync(FileRequest)

export interface FileRow {
  readonly organization_id: Uint8Array
  readonly conversation_id: Uint8Array
  readonly message_id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly state: FileState
  readonly kind: string
  readonly request: string
  readonly file_id: Uint8Array | null
  readonly name: string | null
  readonly content_type: string | null
  readonly size: unknown
  readonly attempts: unknown
  readonly failure_code: string | null
  readonly failure_reason: string | null
  readonly due_at: unknown
  readonly lease_id: Uint8Array | null
  readonly created_at: unknown
}

export const fileColumns = (sql: SqlClient.SqlClient) =>
  sql.literal(
    "organization_id, conversation_id, message_id, channel_account_id, state, kind, request, file_id, name, " +
      "content_type, size, attempts, failure_code, failure_reason, due_at, lease_id, created_at"
  )

/** The topic of `Signals` that is raised when files are to be fetched. */
export const fetchSignal = "media"

export const accountOf = (row: FileRow) => Id.fromBytes<ChannelAccountId>(row.channel_account_id)

/** A picture's size and its thumbnail. */
export type Shown = Pick<MessageFile, "width" | "height" | "thumbnail">

/** Of what is no picture. */
export const notShown: Shown = { width: null, height: null, thumbnail: null }

export const toMessageFile = (row: FileRow, shown: Shown): MessageFile =>
  new MessageFile({
    ...shown,
    messageId: Id.fromBytes<MessageId>(row.message_id),
    conversationId: Id.fromBytes<ConversationId>(row.conversation_id),
    state: row.state,
    kind: row.kind,
    fileId: row.file_id === null ? null : Id.fromBytes<FileId>(row.file_id),
    name: row.name,
    contentType: row.content_type,
    size: row.size === null ? null : Number(row.size),
    attempts: Number(row.attempts),
    failure: row.failure_code === null ? null : { code: row.failure_code, reason: row.failure_reason ?? "" },
    nextAttemptAt: row.state === "waiting" && row.due_at !== null ? DateTime.makeUnsafe(Number(row.due_at)) : null,
    createdAt: DateTime.makeUnsafe(Number(row.created_at))
  })

const endings: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  "video/mp4": "mp4",
  "video/3gpp": "3gp",
  "audio/ogg": "ogg",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/amr": "amr",
  "application/pdf": "pdf"
}

/** What a file is called that its sender gave no name. */
export const nameOf = (kind: string, mimeType: string | undefined): string => {
  const ending = endings[mimeType?.split(";")[0]?.trim().toLowerCase() ?? ""]
  return ending === undefined ? kind : `${kind}.${ending}`
}
