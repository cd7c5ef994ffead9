import * as Id from "@wicara/core/Id"
import { Effect, Schema } from "effect"
import { WidgetContent } from "../WidgetMessage.ts"
import type { StoredMessage } from "../WidgetStore.ts"

export interface MessageRow {
  readonly seq: number | bigint
  readonly sender: "visitor" | "business"
  readonly message_id: Uint8Array
  readonly reply_to: Uint8Array | null
  readonly content: string
  readonly created_at: number | bigint
}

const decodeContent = Schema.decodeEffect(Schema.fromJsonString(WidgetContent))

export const messageColumns = "seq, sender, message_id, reply_to, content, created_at"

export const toMessage = (row: MessageRow): Effect.Effect<StoredMessage, Schema.SchemaError> =>
  Effect.map(decodeContent(row.content), (content) => ({
    id: Id.fromBytes(row.message_id),
    from: row.sender,
    content,
    replyTo: row.reply_to === null ? null : Id.fromBytes(row.reply_to),
    createdAt: Number(row.created_at),
    seq: Number(row.seq)
  }))
