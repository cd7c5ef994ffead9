/**
 * The HTTP contract of how accounts did.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { AccountCheck, UptimeFigure } from "../AccountCheck.ts"
import { ChannelAccountId } from "../ChannelAdapter.ts"
import { permissions } from "../permissions.ts"

const params = { id: ChannelAccountId }

/**
 * @category api
 * @since 0.1.0
 */
export class ChannelChecksApi extends HttpApiGroup.make("channelChecks")
  .add(
    HttpApiEndpoint.get("list", "/:id/health", {
      params,
      query: Pagination.query,
      success: Pagination.Page(AccountCheck),
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The looks at an account, the newest first"),
    HttpApiEndpoint.get("uptime", "/:id/uptime", {
      params,
      success: Schema.Struct({ data: Schema.Array(UptimeFigure) }),
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "How an account did in the last 1, 7, 30 and 365 days")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts")
  .annotateMerge(OpenApi.annotations({
    title: "Channel health",
    description: "Round trips to providers every few minutes, kept for 30 days."
  }))
{}
