/**
 * The HTTP contract of what is done to messages after they were sent.
 *
 * @since 0.1.0
 */
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, Forbidden, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { CannotSend, ConversationClosed, ConversationId } from "../Conversation.ts"
import { SentMessages } from "../Conversations/Api.ts"
import { Message, MessageId, ResendMessages, ResentMessages } from "../Message.ts"
import { permissions } from "../permissions.ts"

const params = { id: MessageId }
const reply = Permissions.requireScoped(permissions.reply)
const error = [NotFound, Forbidden, Conflict, Unavailable] as const
const described = (summary: string, description?: string) =>
  OpenApi.annotations(description === undefined ? { summary } : { summary, description })

/**
 * @category api
 * @since 0.1.0
 */
export class MessageActionsApi extends HttpApiGroup.make("messageActions")
  .add(
    HttpApiEndpoint.patch("edit", "/:id", {
      params,
      payload: Schema.Struct({ text: Schema.NonEmptyString.check(Schema.isMaxLength(65_536)) })
        .annotate({ identifier: "EditMessage" }),
      success: Message,
      error
    }).annotate(Permissions.Access, reply).annotateMerge(described(
      "Edit a text that was sent, or what was said under a file",
      "Another person's needs conversations:assign. Channels that can't edit it answer 409."
    )),
    HttpApiEndpoint.delete("remove", "/:id", { params, success: Message, error })
      .annotate(Permissions.Access, reply).annotateMerge(described(
        "Delete a message that was sent, for everyone",
        "What it said is kept here. Another person's needs conversations:assign. Channels that can't delete answer 409."
      )),
    HttpApiEndpoint.post("forward", "/:id/forward", {
      params,
      payload: Schema.Struct({ conversationId: ConversationId }).annotate({ identifier: "ForwardMessage" }),
      success: SentMessages.pipe(HttpApiSchema.status(201)),
      error: [NotFound, Forbidden, Conflict, Unavailable, InvalidInput, ConversationClosed, CannotSend]
    }).middleware(Idempotency).annotate(Permissions.Access, reply)
      .annotateMerge(described("Forward a message to another conversation of its channel account")),
    HttpApiEndpoint.post("resend", "/:id/resend", {
      params,
      success: Message,
      error: [NotFound, Forbidden, Conflict, ConversationClosed, CannotSend]
    }).middleware(Idempotency).annotate(Permissions.Access, reply).annotateMerge(described(
      "Send a message again that failed before it was sent",
      "Its account was down, its provider put it off, or it was kept waiting for too long. What may have been sent, or failed for good, answers 409."
    )),
    HttpApiEndpoint.post("resendAll", "/resend", {
      payload: ResendMessages,
      success: ResentMessages,
      error: [NotFound, InvalidInput]
    }).middleware(Idempotency).annotate(Permissions.Access, reply).annotateMerge(described(
      "Send an account's messages again that failed before they were sent",
      "Those that failed in the span, 500 at a time: give `nextCursor` until it is null."
    )),
    HttpApiEndpoint.put("pin", "/:id/pin", {
      params,
      payload: Schema.Struct({ days: Schema.Literals([1, 7, 30]) }).annotate({ identifier: "PinMessage" }),
      success: Message,
      error
    }).annotate(Permissions.Access, reply).annotateMerge(described("Show a message on top of its chat")),
    HttpApiEndpoint.delete("unpin", "/:id/pin", { params, success: Message, error })
      .annotate(Permissions.Access, reply).annotateMerge(described("Take a pinned message off the top of its chat")),
    HttpApiEndpoint.put("star", "/:id/star", { params, success: Message, error })
      .annotate(Permissions.Access, reply).annotateMerge(described("Mark a message in the account's own list")),
    HttpApiEndpoint.delete("unstar", "/:id/star", { params, success: Message, error })
      .annotate(Permissions.Access, reply).annotateMerge(described("Take a message off the account's own list")),
    HttpApiEndpoint.put("react", "/:id/reaction", {
      params,
      payload: Schema.Struct({ emoji: Schema.NonEmptyString.check(Schema.isMaxLength(64)) })
        .annotate({ identifier: "ReactToMessage" }),
      success: Message,
      error
    }).annotate(Permissions.Access, reply).annotateMerge(described("React to a message with an emoji")),
    HttpApiEndpoint.delete("takeBack", "/:id/reaction", { params, success: Message, error })
      .annotate(Permissions.Access, reply).annotateMerge(described("Take one's reaction back")),
    HttpApiEndpoint.put("vote", "/:id/vote", {
      params,
      payload: Schema.Struct({
        options: Schema.Array(Schema.NonEmptyString.check(Schema.isMaxLength(100))).check(
          Schema.isMaxLength(12),
          Schema.isUnique()
        )
      }).annotate({ identifier: "VoteInPoll" }),
      success: Message,
      error: [...error, InvalidInput]
    }).annotate(Permissions.Access, reply).annotateMerge(described(
      "Vote in a poll for the business: its whole choice, none to take it back",
      "Channels and engines that can't vote answer 409."
    ))
  )
  .middleware(Authentication)
  .prefix("/v1/messages")
  .annotateMerge(OpenApi.annotations({
    title: "Sent messages",
    description: "What is done to messages after they were sent, where their channel lets that be done."
  }))
{}
