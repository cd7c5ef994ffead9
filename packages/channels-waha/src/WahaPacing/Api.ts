/**
 * The HTTP contract of what only WAHA accounts have.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import { Authentication } from "@wicara/core/Authentication"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, NotFound, Unavailable } from "@wicara/core/Problem"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { PacingStatus } from "../PacingRules.ts"

const params = { id: ChannelAccountId }

/**
 * @category api
 * @since 0.1.0
 */
export class WahaPacingApi extends HttpApiGroup.make("wahaPacing")
  .add(
    HttpApiEndpoint.get("get", "/", {
      params,
      success: PacingStatus,
      error: [NotFound, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "How much a paired number may write today"),
    HttpApiEndpoint.delete("release", "/brake", {
      params,
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Let a paired number write to new people again")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts/:id/waha/pacing")
  .annotateMerge(OpenApi.annotations({
    title: "Pacing of WAHA accounts",
    description:
      "What a paired number has written today to people who did not write to it, and why it may be held back."
  }))
{}
