/**
 * The HTTP contract of conversations and messages.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Address } from "@wicara/channels/Address"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChatState } from "@wicara/channels/ChatState"
import { OutboundContent } from "@wicara/channels/MessageContent"
import { permissions as channelPermissions } from "@wicara/channels/permissions"
import { ContactId } from "@wicara/contacts/Contact"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import { PersonalData } from "@wicara/core/LoggedRequest"
import * as Pagination from "@wicara/core/Pagination"
import * as Sorting from "@wicara/core/Sorting"
import * as Permissions from "@wicara/core/Permissions"
import { InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { TeamId } from "@wicara/core/Scope"
import { UserId } from "@wicara/core/Tenancy"
import { Purpose, Verdict } from "../CanSend.ts"
import {
  CannotSend,
  Conversation,
  ConversationClosed,
  ConversationId,
  conversationSorts,
  Lifecycle,
  Ownership,
  StaleEpoch
} from "../Conversation.ts"
import { CustomerPresence, Feedback } from "../Feedback.ts"
import { HistoryGap } from "../HistoryGap.ts"
import { Message, MessageId, SendMessage } from "../Message.ts"
import { MessageVersion } from "../MessageVersion.ts"
import { permissions } from "../permissions.ts"

/**
 * A chat to begin, or to find.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StartConversation = Schema.Struct({
  channelAccountId: Schema.optionalKey(ChannelAccountId),
  channel: Schema.optionalKey(
    Schema.String.check(Schema.isMaxLength(64)).annotate({
      description: "In place of `channelAccountId`: the default account of this channel."
    })
  ),
  to: Address,
  displayName: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(500)))
}).annotate({ identifier: "StartConversation" })
/** @since 0.1.0 */
export type StartConversation = typeof StartConversation.Type

/**
 * Why a conversation changes hands, and the epoch it must still have.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ChangeConversation = Schema.Struct({
  reason: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(190))),
  epoch: Schema.optionalKey(Schema.Int.annotate({
    description: "Answers 409 when the conversation has changed hands since this epoch."
  }))
}).annotate({ identifier: "ChangeConversation" })
/** @since 0.1.0 */
export type ChangeConversation = typeof ChangeConversation.Type

/**
 * What was stored to be sent: one message, or several when the content did not fit into one of the channel.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SentMessages = Schema.Struct({
  data: Schema.NonEmptyArray(Message)
}).annotate({ identifier: "SentMessages" })

const params = { id: ConversationId }
const read = Permissions.requireScoped(permissions.read)
const reply = Permissions.requireScoped(permissions.reply)
const assign = Permissions.requireScoped(permissions.assign)
const described = (summary: string, description?: string) =>
  OpenApi.annotations(description === undefined ? { summary } : { summary, description })

const change = <const Name extends string, const Path extends `/${string}`>(name: Name, path: Path) =>
  HttpApiEndpoint.post(name, path, {
    params,
    payload: ChangeConversation,
    success: Conversation,
    error: [NotFound, StaleEpoch, ConversationClosed, InvalidInput]
  }).middleware(Idempotency).annotate(Permissions.Access, reply)

/**
 * @category api
 * @since 0.1.0
 */
export class ConversationsApi extends HttpApiGroup.make("conversations")
  .add(
    HttpApiEndpoint.get("list", "/conversations", {
      query: {
        ...Pagination.query,
        lifecycle: Schema.optional(Lifecycle),
        ownership: Schema.optional(Ownership),
        channelAccountId: Schema.optional(ChannelAccountId),
        ownerId: Schema.optional(UserId),
        teamId: Schema.optional(TeamId),
        sort: Sorting.parameter(conversationSorts, "-lastMessageAt")
      },
      success: Pagination.Page(Conversation),
      error: InvalidInput
    }).annotate(Permissions.Access, read).annotateMerge(described("The inbox, by the latest message")),
    HttpApiEndpoint.post("start", "/conversations", {
      payload: StartConversation,
      success: Conversation.pipe(HttpApiSchema.status(201)),
      error: [NotFound, InvalidInput, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, reply).annotateMerge(described(
      "Find or open the conversation of a chat",
      "Nothing is sent by it."
    )),
    HttpApiEndpoint.get("get", "/conversations/:id", {
      params,
      success: Conversation,
      error: NotFound
    }).annotate(PersonalData, { type: "conversation", parameter: "id", access: "read" }).annotate(
      Permissions.Access,
      read
    ).annotateMerge(described("One conversation")),
    HttpApiEndpoint.get("feedback", "/conversations/:id/feedback", {
      params,
      success: Feedback,
      error: NotFound
    }).annotate(PersonalData, { type: "conversation", parameter: "id", access: "read" }).annotate(
      Permissions.Access,
      read
    ).annotateMerge(described("What the customer said of the conversation")),
    HttpApiEndpoint.get("presence", "/conversations/:id/presence", {
      params,
      success: CustomerPresence,
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "Whether the customer is there, and writing",
      "Known of visitors of a website, and of others as far as their provider tells it. Events tell when they begin to write, and stop."
    )),
    HttpApiEndpoint.get("chatState", "/conversations/:id/chat-state", {
      params,
      success: ChatState,
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "How the account's own app keeps the chat: archived, and with which labels",
      "As far as its provider tells it. Nothing is, where a channel has no such app."
    )),
    HttpApiEndpoint.post("showTyping", "/conversations/:id/typing", {
      params,
      payload: Schema.Struct({ on: Schema.Boolean }),
      success: HttpApiSchema.NoContent,
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, reply).annotateMerge(described(
      "Show the customer that somebody writes, or stopped",
      "Repeat it while they write: it ends by itself. Where the channel can't show it, nothing happens."
    )),
    HttpApiEndpoint.get("ofContact", "/contacts/:id/conversations", {
      params: { id: ContactId },
      query: Pagination.query,
      success: Pagination.Page(Conversation),
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, read).annotateMerge(described("A contact's conversations, the latest first")),
    HttpApiEndpoint.get("messages", "/conversations/:id/messages", {
      params,
      query: Pagination.query,
      success: Pagination.Page(Message),
      error: [NotFound, InvalidInput]
    }).annotate(PersonalData, { type: "conversation", parameter: "id", access: "read" }).annotate(
      Permissions.Access,
      read
    ).annotateMerge(described("The history, the latest message first")),
    HttpApiEndpoint.post("send", "/conversations/:id/messages", {
      params,
      payload: SendMessage,
      success: SentMessages.pipe(HttpApiSchema.status(201)),
      error: [NotFound, InvalidInput, ConversationClosed, CannotSend]
    }).middleware(Idempotency).annotate(Permissions.Access, reply).annotateMerge(described(
      "Write a message",
      "It is stored and sent in the background. A person who writes takes the conversation over from the bot."
    )),
    HttpApiEndpoint.post("canSend", "/conversations/:id/can-send", {
      params,
      payload: Schema.Struct({ content: OutboundContent, purpose: Schema.optionalKey(Purpose) }),
      success: Verdict,
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described("Whether a message could be sent now, and why not")),
    HttpApiEndpoint.get("message", "/messages/:id", {
      params: { id: MessageId },
      success: Message,
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described("One message")),
    HttpApiEndpoint.get("versions", "/messages/:id/versions", {
      params: { id: MessageId },
      success: Schema.Struct({ data: Schema.Array(MessageVersion) }),
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(
      described("What an edited message said before, the oldest first")
    ),
    HttpApiEndpoint.get("gaps", "/channel-accounts/:id/gaps", {
      params: { id: ChannelAccountId },
      query: Pagination.query,
      success: Pagination.Page(HistoryGap),
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(channelPermissions.read)).annotateMerge(described(
      "What an account's provider had not delivered, the latest first",
      "Found by comparing the provider's history with what is stored. The messages are stored now."
    )),
    change("takeOver", "/conversations/:id/take-over").annotateMerge(described("Answer yourself from now on")),
    change("handBack", "/conversations/:id/hand-back").annotateMerge(described("Let the bot answer again")),
    change("release", "/conversations/:id/release").annotateMerge(described("Put the conversation into the queue")),
    change("resolve", "/conversations/:id/resolve").annotateMerge(described(
      "Settle the conversation",
      "A message within 7 days opens it again."
    )),
    change("close", "/conversations/:id/close").annotateMerge(described(
      "End the conversation for good",
      "The customer's next message opens another one."
    )),
    HttpApiEndpoint.post("markRead", "/conversations/:id/read", {
      params,
      success: Conversation,
      error: NotFound
    }).middleware(Idempotency).annotate(Permissions.Access, reply).annotateMerge(
      described("Say that a person has read what the customer wrote")
    ),
    HttpApiEndpoint.post("assign", "/conversations/:id/assign", {
      params,
      payload: Schema.Struct({ ...ChangeConversation.fields, userId: UserId }),
      success: Conversation,
      error: [NotFound, StaleEpoch, ConversationClosed, InvalidInput]
    }).middleware(Idempotency).annotate(Permissions.Access, assign)
      .annotateMerge(described("Give the conversation to a person")),
    HttpApiEndpoint.put("assignTeam", "/conversations/:id/team", {
      params,
      payload: Schema.Struct({ teamId: Schema.NullOr(TeamId) }),
      success: Conversation,
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, assign).annotateMerge(described("Say which team the conversation belongs to"))
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Conversations",
    description: "The inbox, its messages, and who answers."
  }))
{}
