import type { MessageId } from "@wicara/conversations/Message"
import * as Id from "@wicara/core/Id"
import { DateTime } from "effect"
import type { SqlClient } from "effect/sql"
import { MessageText } from "../MessageText.ts"

export interface TextRow {
  readonly message_id: Uint8Array
  readonly state: MessageText["state"]
  readonly kind: MessageText["kind"]
  readonly reader: string
  readonly text: string | null
  readonly language: string | null
  readonly truncated: unknown
  readonly failure: string | null
  readonly created_at: unknown
}

export const textColumns = (sql: SqlClient.SqlClient) =>
  sql.literal("message_id, state, kind, reader, text, language, truncated, failure, created_at")

export const toMessageText = (row: TextRow): MessageText =>
  new MessageText({
    messageId: Id.fromBytes<MessageId>(row.message_id),
    state: row.state,
    kind: row.kind,
    reader: row.reader,
    text: row.text,
    language: row.language,
    isTruncated: Number(row.truncated) === 1,
    failure: row.failure,
    createdAt: DateTime.makeUnsafe(Number(row.created_at))
  })
