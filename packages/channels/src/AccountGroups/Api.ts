/**
 * The HTTP contract of the groups of accounts.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { ChangeParticipants, CreateGroup, DecideJoinRequests, GroupId, UpdateGroup } from "../GroupRequests.ts"
import { ChannelAccountId } from "../ChannelAdapter.ts"
import { Group, JoinDecision, JoinRequest } from "../ChannelGroups.ts"
import { permissions } from "../permissions.ts"

const params = { id: ChannelAccountId }
const one = { ...params, group: GroupId }
const error = [NotFound, Conflict, Unavailable] as const

/** @category models @since 0.1.0 */
export const CreatedGroup = Schema.Struct({
  /** Null where the provider makes it later: it is in the list then. */
  group: Schema.NullOr(Group)
}).annotate({ identifier: "CreatedChannelGroup" })

/** @category models @since 0.1.0 */
export const InviteLink = Schema.Struct({ link: Schema.String }).annotate({ identifier: "ChannelGroupInviteLink" })

/**
 * @category api
 * @since 0.1.0
 */
export class AccountGroupsApi extends HttpApiGroup.make("accountGroups")
  .add(
    HttpApiEndpoint.get("list", "/", {
      params,
      query: Pagination.query,
      success: Pagination.Page(Group),
      error: [...error, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The groups that an account is in"),
    HttpApiEndpoint.post("create", "/", {
      params,
      payload: CreateGroup,
      success: CreatedGroup.pipe(HttpApiSchema.status(201)),
      error
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Make a group"),
    HttpApiEndpoint.get("get", "/:group", { params: one, success: Group, error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "A group and its members"),
    HttpApiEndpoint.patch("update", "/:group", {
      params: one,
      payload: UpdateGroup,
      success: HttpApiSchema.NoContent,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change a group's subject, description or settings"),
    HttpApiEndpoint.delete("leave", "/:group", { params: one, success: HttpApiSchema.NoContent, error })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Leave a group, or delete it where it is the account's own"),
    HttpApiEndpoint.post("changeParticipants", "/:group/participants", {
      params: one,
      payload: ChangeParticipants,
      success: HttpApiSchema.NoContent,
      error
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Add, remove, promote or demote members of a group"),
    HttpApiEndpoint.get("joinRequests", "/:group/join-requests", {
      params: one,
      query: Pagination.query,
      success: Pagination.Page(JoinRequest),
      error: [...error, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Who asks to join a group"),
    HttpApiEndpoint.post("decideJoinRequests", "/:group/join-requests", {
      params: one,
      payload: DecideJoinRequests,
      success: JoinDecision,
      error
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Let people into a group, or not"),
    HttpApiEndpoint.get("inviteLink", "/:group/invite-link", { params: one, success: InviteLink, error })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "The link to join a group by"),
    HttpApiEndpoint.post("resetInviteLink", "/:group/invite-link", { params: one, success: InviteLink, error })
      .middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Make a new link to join a group by: the former one is void")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts/:id/groups")
  .annotateMerge(OpenApi.annotations({
    title: "Groups of channel accounts",
    description: "Group chats at the providers that have them: WhatsApp, through WAHA or the Cloud API."
  }))
{}
