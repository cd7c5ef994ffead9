/**
 * What can be done to a message after it was sent, where a channel's provider lets that be done.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Address } from "./Address.ts"

/**
 * - `edit`: other words in the place of a text, or of a file's `caption`
 * - `delete`: taken back, for everyone
 * - `pin`: shown on top of the chat for so many seconds; `null` takes it off
 * - `star`: marked in the account's own list
 * - `vote`: the business's whole choice in a poll; none takes it back
 *
 * @category models
 * @since 0.1.0
 */
export type MessageAction =
  | { readonly type: "edit"; readonly text: string; readonly caption?: boolean | undefined }
  | { readonly type: "delete" }
  | { readonly type: "pin"; readonly seconds: number | null }
  | { readonly type: "star"; readonly on: boolean }
  | { readonly type: "vote"; readonly options: ReadonlyArray<string> }

/**
 * A message as its provider knows it.
 *
 * @category models
 * @since 0.1.0
 */
export const MessageTarget = Schema.Struct({
  chat: Address,
  providerMessageId: Schema.String,
  /** Whether the business wrote it. */
  fromBusiness: Schema.Boolean
})
/** @since 0.1.0 */
export type MessageTarget = typeof MessageTarget.Type
