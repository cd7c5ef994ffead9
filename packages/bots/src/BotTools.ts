/**
 * Tools that bots may call: what a business system offers beyond knowledge (an invoice's status, a line test). Their
 * results count as sources, and answers that rest on them cite them.
 *
 * @since 0.1.0
 */
import { Context, Effect } from "effect"
import type { Tool, Toolkit } from "effect/ai"
import type { ContactId } from "@wicara/contacts/Contact"
import type { ConversationId } from "@wicara/conversations/Conversation"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import type { Bot } from "./Bot.ts"

/**
 * For whom tools are asked for: a tool acts for this customer only.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolScope {
  readonly bot: Bot
  /** `null` for a question of `Bots.ask`: no customer's data may be read then. */
  readonly conversation: { readonly id: ConversationId; readonly contactId: ContactId } | null
}

/**
 * A toolkit with its handlers.
 *
 * @category models
 * @since 0.1.0
 */
export type BotToolkit = Toolkit.WithHandler<Record<string, Tool.Any>>

/**
 * Where a bot's tools come from; none, unless a layer provides some.
 *
 * @category references
 * @since 0.1.0
 */
export const BotTools = Context.Reference<
  (scope: ToolScope) => Effect.Effect<BotToolkit | undefined, never, CurrentOrganization>
>("@wicara/bots/BotTools", { defaultValue: () => () => Effect.succeed(undefined) })
