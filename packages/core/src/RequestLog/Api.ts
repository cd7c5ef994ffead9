/**
 * The request log.
 *
 * @since 0.1.0
 */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { audit as permissions } from "../CorePermissions.ts"
import { LoggedRequest, requestFilter } from "../LoggedRequest.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { InvalidInput } from "../Problem.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class RequestLogApi extends HttpApiGroup.make("requests")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: { ...Pagination.query, ...requestFilter },
      success: Pagination.Page(LoggedRequest),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The requests of the organization's callers, the newest first")
  )
  .middleware(Authentication)
  .prefix("/v1/requests")
  .annotateMerge(OpenApi.annotations({
    title: "Request log",
    description: "Who asked for what and how it ended, and who read or changed whose personal data."
  }))
{}
