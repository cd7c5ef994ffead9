/**
 * What a member may do, and why they may or may not do something.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { AccessExplanation, EffectiveAccess } from "../AccessExplanation.ts"
import { Authentication } from "../Authentication.ts"
import { members as permissions } from "../CorePermissions.ts"
import * as Permissions from "../Permissions.ts"
import { InvalidInput, NotFound } from "../Problem.ts"
import { ChannelAccountId, TeamId } from "../Scope.ts"
import { UserId } from "../Tenancy.ts"

const params = { userId: UserId }

/**
 * @category api
 * @since 0.1.0
 */
export class MemberAccessApi extends HttpApiGroup.make("memberAccess")
  .add(
    HttpApiEndpoint.get("effective", "/", {
      params,
      success: EffectiveAccess,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What a member may do now"),
    HttpApiEndpoint.get("explain", "/explanation", {
      params,
      query: {
        permission: Schema.String.check(Schema.isMaxLength(130)),
        teamId: Schema.optional(TeamId),
        channelAccountId: Schema.optional(ChannelAccountId),
        ownerId: Schema.optional(UserId),
        address: Schema.optional(
          Schema.String.check(Schema.isMaxLength(64)).annotate({ description: "The IP address they would ask from." })
        )
      },
      success: AccessExplanation,
      error: [NotFound, InvalidInput]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Why a member may or may not do something")
  )
  .middleware(Authentication)
  .prefix("/v1/members/:userId/access")
  .annotateMerge(OpenApi.annotations({ title: "Member access", description: "What a member may do, and why." }))
{}
