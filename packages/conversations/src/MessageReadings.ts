/**
 * What is in the files of messages, as text: voice notes written down, documents read. A port, which `@wicara/media`
 * fills. Without it nothing is read.
 *
 * @since 0.1.0
 */
import { Context, Effect } from "effect"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import type { Message, MessageId } from "./Message.ts"

/**
 * `Waiting`: its text will be here soon, or it turns out that there is none.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageReading =
  | { readonly _tag: "Waiting" }
  | { readonly _tag: "Read"; readonly kind: "speech" | "document"; readonly text: string }

/**
 * @category services
 * @since 0.1.0
 */
export const MessageReadings = Context.Reference<{
  /** Of messages of one conversation; those whose files have no text are left out. */
  readonly of: (
    messages: ReadonlyArray<Message>
  ) => Effect.Effect<ReadonlyMap<MessageId, MessageReading>, never, CurrentOrganization>
}>("@wicara/conversations/MessageReadings", {
  defaultValue: () => ({ of: () => Effect.succeed(new Map()) })
})
