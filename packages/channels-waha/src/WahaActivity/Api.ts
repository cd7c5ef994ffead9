/**
 * The HTTP contract of what WAHA accounts do: what was asked of WAHA, and what is allowed.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import { Authentication } from "@wicara/core/Authentication"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Day, DayFigures } from "../DayFigures.ts"
import { LimitUse, requestFilter, WahaRequest } from "../WahaRequest.ts"

const params = { id: ChannelAccountId }

/**
 * @category api
 * @since 0.1.0
 */
export class WahaActivityApi extends HttpApiGroup.make("wahaActivity")
  .add(
    HttpApiEndpoint.get("requests", "/requests", {
      params,
      query: { ...Pagination.query, ...requestFilter },
      success: Pagination.Page(WahaRequest),
      error: [NotFound, Conflict, InvalidInput, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What was asked of WAHA for an account, the newest first"),
    HttpApiEndpoint.get("limits", "/limits", {
      params,
      success: Schema.Struct({ data: Schema.Array(LimitUse) }),
      error: [NotFound, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What an account may do in a span of time, and what it did"),
    HttpApiEndpoint.get("figures", "/figures", {
      params,
      query: { from: Schema.optional(Day), to: Schema.optional(Day) },
      success: Schema.Struct({ data: Schema.Array(DayFigures) }),
      error: [NotFound, Conflict, InvalidInput, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What an account did day by day; the last 30 days unless told otherwise")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts/:id/waha")
  .annotateMerge(OpenApi.annotations({
    title: "Activity of WAHA accounts",
    description: "Requests to WAHA, kept for 14 days without names, numbers and texts, the limits that are kept, and " +
      "the figures of each day."
  }))
{}
