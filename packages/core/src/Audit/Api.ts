/**
 * The audit log.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { auditFilter, AuditRecord, AuditVerification } from "../AuditRecord.ts"
import { Authentication } from "../Authentication.ts"
import { audit as permissions } from "../CorePermissions.ts"
import * as Pagination from "../Pagination.ts"
import * as Sorting from "../Sorting.ts"
import * as Permissions from "../Permissions.ts"
import { InvalidInput } from "../Problem.ts"
import { EndpointClass } from "../RateLimit.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class AuditApi extends HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: { ...Pagination.query, ...auditFilter, sort: Sorting.parameter(["at"], "-at") },
      success: Pagination.Page(AuditRecord),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The audit log, the newest first"),
    HttpApiEndpoint.get("export", "/export", {
      query: {
        ...auditFilter,
        format: Schema.optional(
          Schema.Literals(["jsonl", "csv"]).annotate({
            description: "`jsonl` (if absent): one JSON object on each line; `csv`."
          })
        )
      },
      success: HttpApiSchema.StreamUint8Array()
    })
      .annotate(Permissions.Access, Permissions.require(permissions.export))
      .annotate(EndpointClass, "heavy")
      .annotate(OpenApi.Summary, "The audit log as a file, the oldest first"),
    HttpApiEndpoint.get("verify", "/verify", {
      query: {
        sequence: Schema.optional(Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0))),
        hash: Schema.optional(Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)))
      },
      success: AuditVerification
    })
      .annotate(Permissions.Access, Permissions.require(permissions.export))
      .annotate(EndpointClass, "heavy")
      .annotate(OpenApi.Summary, "Whether the audit log is whole")
      .annotate(OpenApi.Description, "`sequence` and `hash` are an end of the chain that was kept.")
  )
  .middleware(Authentication)
  .prefix("/v1/audit")
  .annotateMerge(OpenApi.annotations({ title: "Audit log", description: "Who did what to which thing." }))
{}
