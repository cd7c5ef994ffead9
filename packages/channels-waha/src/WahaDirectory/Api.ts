/**
 * The HTTP contract of what is kept here of WAHA accounts: the address book, groups, and how chats are kept.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { DirectoryContact, DirectoryGroup, SyncState } from "../Directory.ts"
import { ChatState, chatStateFilter, WahaChatId } from "../ManagedAccount.ts"

const params = { id: ChannelAccountId }
const error = [NotFound, Conflict, Unavailable] as const
const States = Schema.Struct({ data: Schema.Array(SyncState) })

/**
 * @category api
 * @since 0.1.0
 */
export class WahaDirectoryApi extends HttpApiGroup.make("wahaDirectory")
  .add(
    HttpApiEndpoint.get("contacts", "/contacts", {
      params,
      query: Pagination.query,
      success: Pagination.Page(DirectoryContact),
      error: [...error, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The contacts of the number, as they were read last"),
    HttpApiEndpoint.get("groups", "/groups", {
      params,
      query: Pagination.query,
      success: Pagination.Page(DirectoryGroup),
      error: [...error, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The groups of the number with settings and members, as they were read last"),
    HttpApiEndpoint.get("chatStates", "/chat-states", {
      params,
      query: { ...Pagination.query, ...chatStateFilter },
      success: Pagination.Page(ChatState),
      error: [...error, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The chats that are archived on the phone or have labels there"),
    HttpApiEndpoint.get("chatState", "/chats/:chatId/state", {
      params: { ...params, chatId: WahaChatId },
      success: ChatState,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Whether a chat is archived on the phone, and its labels there"),
    HttpApiEndpoint.get("states", "/sync", { params, success: States, error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "How far the reading of contacts, groups and hidden ids came"),
    HttpApiEndpoint.post("start", "/sync", { params, success: States.pipe(HttpApiSchema.status(202)), error })
      .middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Read contacts, groups and hidden ids now, unless they are being read")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts/:id/waha")
  .annotateMerge(OpenApi.annotations({
    title: "Contacts, groups and chats of WAHA accounts",
    description:
      "Contacts and groups are read from WAHA once a day, page by page, and on demand. What is archived and " +
      "which labels chats have is kept as WAHA tells of it."
  }))
{}
