/**
 * How an account's own app keeps a chat.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * A label of the app; null for what its provider did not tell.
 *
 * @category models
 * @since 0.1.0
 */
export const ChatLabel = Schema.Struct({
  id: Schema.String,
  name: Schema.NullOr(Schema.String),
  color: Schema.NullOr(Schema.String).annotate({ description: "`#rrggbb`." })
}).annotate({ identifier: "ChatLabel" })

/**
 * What is put away there, and which labels it has. Of what nothing was told nothing is.
 *
 * @category models
 * @since 0.1.0
 */
export const ChatState = Schema.Struct({
  archived: Schema.Boolean,
  labels: Schema.Array(ChatLabel)
}).annotate({ identifier: "ChatState" })
/** @since 0.1.0 */
export type ChatState = typeof ChatState.Type
