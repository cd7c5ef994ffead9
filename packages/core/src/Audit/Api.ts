/**
 * The audit log.
 *
 * @since 0.1.0
 */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { AuditRecord } from "../AuditRecord.ts"
import { Authentication } from "../Authentication.ts"
import { audit as permissions } from "../CorePermissions.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { InvalidInput } from "../Problem.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class AuditApi extends HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: Pagination.query,
      success: Pagination.Page(AuditRecord),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The audit log, the newest first")
  )
  .middleware(Authentication)
  .prefix("/v1/audit")
  .annotateMerge(OpenApi.annotations({ title: "Audit log", description: "Who did what to which thing." }))
{}
