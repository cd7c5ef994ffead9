/**
 * How conversations are opened and who owns them at first. One for the process; provide another value to change it.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Ownership } from "./Conversation.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface ConversationPolicyOptions {
  /** Who answers a new conversation with one person, and one that was resolved: `bot`, unless said otherwise. */
  readonly initialOwnership: Ownership
  /** Who answers in groups, newsletters and broadcasts: `nobody`. */
  readonly groupOwnership: Ownership
  /** How long after it was resolved a message opens a conversation again, milliseconds: 7 days. */
  readonly reopenWithin: number
}

/**
 * @category services
 * @since 0.1.0
 */
export const ConversationPolicy = Context.Reference<ConversationPolicyOptions>(
  "@wicara/conversations/ConversationPolicy",
  { defaultValue: () => ({ initialOwnership: "bot", groupOwnership: "nobody", reopenWithin: 7 * 86_400_000 }) }
)
