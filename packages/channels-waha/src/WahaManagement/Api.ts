/**
 * The HTTP contract of the people, chats and labels of WAHA accounts.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, TooManyRequests, Unavailable } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  CallId,
  CallRejectionInput,
  ChatLabelsInput,
  ChatPresence,
  ChatRead,
  ChatReadInput,
  Label,
  LabelId,
  LabelInput,
  ManagedChat,
  ManagedContact,
  NameInput,
  NumberCheck,
  NumberCheckInput,
  OwnPresence,
  WahaChatId,
  WahaPersonId
} from "../ManagedAccount.ts"

const params = { id: ChannelAccountId }
const ofPerson = { ...params, person: WahaPersonId }
const ofChat = { ...params, chatId: WahaChatId }
const ofLabel = { ...params, labelId: LabelId }
const error = [NotFound, Conflict, InvalidInput, TooManyRequests, Unavailable] as const
const done = HttpApiSchema.NoContent
const List = <S extends Schema.Constraint>(item: S) => Schema.Struct({ data: Schema.Array(item) })
const reads = Permissions.require(permissions.read)
const writes = Permissions.require(permissions.write)

/**
 * @category api
 * @since 0.1.0
 */
export class WahaManagementApi extends HttpApiGroup.make("wahaManagement")
  .add(
    HttpApiEndpoint.post("checkNumber", "/number-checks", {
      params,
      payload: NumberCheckInput,
      success: NumberCheck,
      error
    }).middleware(Idempotency).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Ask whether a number is on WhatsApp; too many of these endanger the own number"),
    HttpApiEndpoint.get("contact", "/people/:person", { params: ofPerson, success: ManagedContact, error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "Somebody as WhatsApp and the phone's address book have them"),
    HttpApiEndpoint.put("nameContact", "/people/:person/name", {
      params: ofPerson,
      payload: NameInput,
      success: done,
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Set what the phone's address book calls somebody"),
    HttpApiEndpoint.put("block", "/people/:person/block", { params: ofPerson, success: done, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Block somebody: the number hears them no more"),
    HttpApiEndpoint.delete("unblock", "/people/:person/block", { params: ofPerson, success: done, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Hear somebody again"),
    HttpApiEndpoint.get("chats", "/chats", {
      params,
      query: Pagination.query,
      success: Pagination.Page(ManagedChat),
      error
    }).annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "The chats on the phone, in its order"),
    HttpApiEndpoint.delete("deleteChat", "/chats/:chatId", {
      params: ofChat,
      query: { confirm: WahaChatId.annotate({ description: "The id of the chat once more." }) },
      success: done,
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Delete a chat on the phone; what is stored here stays"),
    HttpApiEndpoint.put("archive", "/chats/:chatId/archive", { params: ofChat, success: done, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Archive a chat on the phone"),
    HttpApiEndpoint.delete("unarchive", "/chats/:chatId/archive", { params: ofChat, success: done, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Take a chat out of the phone's archive"),
    HttpApiEndpoint.put("markUnread", "/chats/:chatId/unread", { params: ofChat, success: done, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Mark a chat as unread on the phone"),
    HttpApiEndpoint.put("markRead", "/chats/:chatId/read", {
      params: ofChat,
      payload: ChatReadInput,
      success: ChatRead,
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Mark a chat's messages as read on the phone; their writer sees it"),
    HttpApiEndpoint.put("rejectCall", "/calls/:callId/rejection", {
      params: { ...params, callId: CallId },
      payload: CallRejectionInput,
      success: done,
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Refuse a call that rings"),
    HttpApiEndpoint.get("labels", "/labels", { params, success: List(Label), error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "The labels of a business account"),
    HttpApiEndpoint.post("createLabel", "/labels", {
      params,
      payload: LabelInput,
      success: Label.pipe(HttpApiSchema.status(201)),
      error
    }).middleware(Idempotency).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Make a label"),
    HttpApiEndpoint.put("updateLabel", "/labels/:labelId", {
      params: ofLabel,
      payload: LabelInput,
      success: Label,
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Change a label"),
    HttpApiEndpoint.delete("deleteLabel", "/labels/:labelId", { params: ofLabel, success: done, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Delete a label"),
    HttpApiEndpoint.get("labelledChats", "/labels/:labelId/chats", {
      params: ofLabel,
      success: List(Schema.Struct({ chatId: Schema.String })),
      error
    }).annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "The chats that have a label"),
    HttpApiEndpoint.get("chatLabels", "/chats/:chatId/labels", { params: ofChat, success: List(Label), error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "The labels of a chat"),
    HttpApiEndpoint.put("setChatLabels", "/chats/:chatId/labels", {
      params: ofChat,
      payload: ChatLabelsInput,
      success: List(Label),
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Give a chat these labels and no others"),
    HttpApiEndpoint.put("setPresence", "/presence", { params, payload: OwnPresence, success: done, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Show the number as online, or not"),
    HttpApiEndpoint.get("presence", "/chats/:chatId/presence", { params: ofChat, success: ChatPresence, error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "Who of a followed chat is online or writes"),
    HttpApiEndpoint.put("followPresence", "/chats/:chatId/presence/subscription", {
      params: ofChat,
      success: done,
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Follow who of a chat is online or writes")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts/:id/waha")
  .annotateMerge(OpenApi.annotations({
    title: "People, chats and labels of WAHA accounts",
    description: "What is on the phone of a paired number. 409 where the session's engine can't do it."
  }))
{}
