/**
 * The stored files that messages are sent with: a port, which `@wicara/media` fills. Without it there are none.
 *
 * @since 0.1.0
 */
import { Context, Effect } from "effect"
import type { HttpClient } from "effect/http"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { MediaUnavailable } from "@wicara/channels/ChannelAdapter"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { Media, OutboundContent } from "@wicara/channels/MessageContent"
import { InvalidInput } from "@wicara/core/Problem"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { ConversationId } from "./Conversation.ts"
import type { MessageId } from "./Message.ts"

/**
 * A message that is about to be stored.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageWithFile {
  readonly id: MessageId
  readonly conversationId: ConversationId
  readonly channelAccountId: ChannelAccountId
  readonly content: OutboundContent
}

/**
 * @category services
 * @since 0.1.0
 */
export const OutboundFiles = Context.Reference<{
  /**
   * Keeps the file for the message, in its transaction, and says what it is. Fails when the organization has no such
   * file, or the caller may not use it.
   */
  readonly attach: (
    message: MessageWithFile,
    fileId: string
  ) => Effect.Effect<Media, InvalidInput, CurrentOrganization | CurrentActor>
  /** Hands the file to the account's provider, unless it has it already: the same media at a place that it can read. */
  readonly handOver: (
    fileId: string,
    media: Media,
    account: ResolvedAccount
  ) => Effect.Effect<Media, MediaUnavailable, CurrentOrganization | CurrentActor | HttpClient.HttpClient>
}>("@wicara/conversations/OutboundFiles", {
  defaultValue: () => ({
    attach: () => Effect.fail(noFile),
    handOver: () =>
      Effect.fail(new MediaUnavailable({ kind: "gone", code: "no_files", reason: "This server keeps no files." }))
  })
})

/**
 * What is answered to a message with a file that is not there.
 *
 * @category errors
 * @since 0.1.0
 */
export const noFile = InvalidInput.of("/content/media/source/id", "There is no such file.")
