/**
 * What becomes of the files of messages, for consumers of the event log. The aggregate of each is its conversation.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ConversationId } from "@wicara/conversations/Conversation"
import { MessageId } from "@wicara/conversations/Message"
import * as Events from "@wicara/core/Events"
import { FileId } from "@wicara/files/File"
import { Schema } from "effect"

const message = { conversationId: ConversationId, messageId: MessageId, channelAccountId: ChannelAccountId }

/** It is here, and can be read. @category events @since 0.1.0 */
export const MessageFileStored = Events.define(
  "conversation.message.file_stored",
  Schema.Struct({ ...message, fileId: FileId, contentType: Schema.String, size: Schema.Int })
)

/** It could not be had, and is not tried again by itself. @category events @since 0.1.0 */
export const MessageFileFailed = Events.define(
  "conversation.message.file_failed",
  Schema.Struct({ ...message, code: Schema.String })
)
