/**
 * What an edited message said, and since when.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { MessageContent } from "@wicara/channels/MessageContent"

/**
 * @category models
 * @since 0.1.0
 */
export const MessageVersion = Schema.Struct({
  content: MessageContent,
  writtenAt: Schema.DateTimeUtcFromString
}).annotate({ identifier: "MessageVersion" })
/** @since 0.1.0 */
export type MessageVersion = typeof MessageVersion.Type
