/**
 * The HTTP contract of what no other channel has of groups.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, TooManyRequests, Unavailable } from "@wicara/core/Problem"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  GroupInvite,
  GroupInviteCode,
  GroupPicture,
  GroupPictureInput,
  JoinedGroup,
  WahaGroupId
} from "../ManagedAccount.ts"

const params = { id: ChannelAccountId }
const ofCode = { ...params, code: GroupInviteCode }
const ofGroup = { ...params, groupId: WahaGroupId }
const error = [NotFound, Conflict, InvalidInput, TooManyRequests, Unavailable] as const
const reads = Permissions.require(permissions.read)
const writes = Permissions.require(permissions.write)

/**
 * @category api
 * @since 0.1.0
 */
export class WahaGroupsApi extends HttpApiGroup.make("wahaGroups")
  .add(
    HttpApiEndpoint.get("invite", "/group-invites/:code", { params: ofCode, success: GroupInvite, error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "The group that a code leads to: what follows https://chat.whatsapp.com/"),
    HttpApiEndpoint.put("join", "/group-invites/:code/membership", { params: ofCode, success: JoinedGroup, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Join the group that a code leads to; too many of these endanger the own number"),
    HttpApiEndpoint.post("refresh", "/groups/refresh", { params, success: HttpApiSchema.NoContent, error })
      .middleware(Idempotency).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Have WAHA read the groups from WhatsApp again"),
    HttpApiEndpoint.get("picture", "/groups/:groupId/picture", { params: ofGroup, success: GroupPicture, error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "The picture of a group"),
    HttpApiEndpoint.put("setPicture", "/groups/:groupId/picture", {
      params: ofGroup,
      payload: GroupPictureInput,
      success: HttpApiSchema.NoContent,
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Give a group another picture"),
    HttpApiEndpoint.delete("removePicture", "/groups/:groupId/picture", {
      params: ofGroup,
      success: HttpApiSchema.NoContent,
      error
    }).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Take a group's picture off")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts/:id/waha")
  .annotateMerge(OpenApi.annotations({
    title: "Groups of WAHA accounts",
    description:
      "Joining groups by a code, and their pictures. What other channels have of groups, too, is below /groups."
  }))
{}
