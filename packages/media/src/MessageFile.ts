/**
 * The file of a message: where it stands on its way here.
 *
 * @since 0.1.0
 */
import { ConversationId } from "@wicara/conversations/Conversation"
import { MessageId } from "@wicara/conversations/Message"
import { FileId } from "@wicara/files/File"
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"

/**
 * - `waiting`: it is being fetched, or will be again
 * - `stored`: it is here
 * - `failed`: it could not be had; somebody may ask for it once more
 *
 * @category schemas
 * @since 0.1.0
 */
export const FileState = Schema.Literals(["waiting", "stored", "failed"])
/** @since 0.1.0 */
export type FileState = typeof FileState.Type

/**
 * Why it is not here (yet): `gone` (it expired or was deleted at the provider), `account` (the provider refuses the
 * account), `too_large`, `type_refused`, `infected`, `quota_exceeded`, `empty`, `given_up` (tried too often), or what the
 * provider said last.
 *
 * @category models
 * @since 0.1.0
 */
export const FileFailure = Schema.Struct({
  code: Schema.String,
  reason: Schema.String
}).annotate({ identifier: "MessageFileFailure" })
/** @since 0.1.0 */
export type FileFailure = typeof FileFailure.Type

const Pixels = Schema.NullOr(Schema.Int).annotate({ description: "Pixels, as the picture is seen." })

/**
 * A small picture of the message's picture: of JPEG, PNG, GIF and WebP.
 *
 * - `waiting`: it is being made
 * - `ready`: `url` shows it
 * - `failed`: there is none, because of `failure`: `broken`, `too_large`, `timeout`, `quota_exceeded`, `gone`,
 *   `not_stored`, `given_up`
 *
 * @category models
 * @since 0.1.0
 */
export const MessageThumbnail = Schema.Struct({
  state: Schema.Literals(["waiting", "ready", "failed"]),
  width: Pixels,
  height: Pixels,
  url: Schema.NullOr(Schema.String).annotate({
    description: "Shows it to whoever has this address, without a credential, until `expiresAt`."
  }),
  expiresAt: Schema.NullOr(Instant),
  failure: Schema.NullOr(Schema.String)
}).annotate({ identifier: "MessageThumbnail" })
/** @since 0.1.0 */
export type MessageThumbnail = typeof MessageThumbnail.Type

/**
 * @category models
 * @since 0.1.0
 */
export class MessageFile extends Schema.Class<MessageFile>("MessageFile")({
  messageId: MessageId,
  conversationId: ConversationId,
  state: FileState,
  /** The kind of the message: `image`, `video`, `audio`, `document`, `sticker`. */
  kind: Schema.String,
  /** The stored file; null until it is here. */
  fileId: Schema.NullOr(FileId),
  name: Schema.NullOr(Schema.String),
  /** Told by its content, not by the sender. */
  contentType: Schema.NullOr(Schema.String),
  /** Bytes. */
  size: Schema.NullOr(Schema.Int),
  /** Of a picture, once its thumbnail is made. */
  width: Pixels,
  height: Pixels,
  /** Null for what is no picture, or is not here yet. */
  thumbnail: Schema.NullOr(MessageThumbnail),
  attempts: Schema.Int,
  /** The latest one. */
  failure: Schema.NullOr(FileFailure),
  /** When it is tried next, while it waits. */
  nextAttemptAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  createdAt: Schema.DateTimeUtcFromString
}) {}
