/**
 * The text of a message's file: what was said in it, or what is written in it.
 *
 * @since 0.1.0
 */
import { MessageId } from "@wicara/conversations/Message"
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"

/**
 * Characters that are kept of a text.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxLength = 100_000

/**
 * - `waiting`: it is being read, or will be again
 * - `ready`: `text` is there
 * - `failed`: it can't be had, because of `failure`: `broken`, `too_large` (packed or unpacked), `timeout`, `empty`,
 *   `encrypted` (it wants a password), `no_text` (pictures of pages, as a scanner makes them), `old_format` (of Office
 *   before 2007), `refused` (by the provider), `no_provider`, `quota_exceeded`, `gone`, `given_up`, or what the provider
 *   said
 *
 * @category models
 * @since 0.1.0
 */
export class MessageText extends Schema.Class<MessageText>("MessageText")({
  messageId: MessageId,
  state: Schema.Literals(["waiting", "ready", "failed"]),
  kind: Schema.Literals(["speech", "document"]).annotate({
    description: "`speech` was transcribed by a model, and may be misheard."
  }),
  reader: Schema.String.annotate({ description: "What read it: `transcription`, `document`, `text`." }),
  text: Schema.NullOr(Schema.String),
  language: Schema.NullOr(Schema.String).annotate({ description: "As the reader names it." }),
  isTruncated: Schema.Boolean,
  failure: Schema.NullOr(Schema.String),
  createdAt: Instant
}) {}
