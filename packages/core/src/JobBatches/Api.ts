/**
 * Batches of jobs over HTTP.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { jobs as permissions } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import { BatchedJob, BatchedJobState, JobBatch, JobBatchId } from "../JobBatch.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, InvalidInput, NotFound } from "../Problem.ts"

const params = { batchId: JobBatchId }
const read = Permissions.require(permissions.read)
const write = Permissions.require(permissions.write)

/**
 * @category api
 * @since 0.1.0
 */
export class JobBatchesApi extends HttpApiGroup.make("batches")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: Pagination.query,
      success: Pagination.Page(JobBatch),
      error: InvalidInput
    })
      .annotate(Permissions.Access, read)
      .annotate(OpenApi.Summary, "The organization's batches, the newest first"),
    HttpApiEndpoint.get("get", "/:batchId", { params, success: JobBatch, error: NotFound })
      .annotate(Permissions.Access, read)
      .annotate(OpenApi.Summary, "How far a batch is"),
    HttpApiEndpoint.get("jobs", "/:batchId/jobs", {
      params,
      query: { ...Pagination.query, state: Schema.optional(BatchedJobState) },
      success: Pagination.Page(BatchedJob),
      error: [NotFound, InvalidInput]
    })
      .annotate(Permissions.Access, read)
      .annotate(OpenApi.Summary, "The jobs of a batch; those that were given up with the reason"),
    HttpApiEndpoint.post("cancel", "/:batchId/cancel", { params, success: JobBatch, error: [NotFound, Conflict] })
      .middleware(Idempotency)
      .annotate(Permissions.Access, write)
      .annotate(OpenApi.Summary, "Cancel what has not begun")
      .annotate(OpenApi.Description, "What runs comes to its end, and is not tried again. What is done stays done."),
    HttpApiEndpoint.post("retry", "/:batchId/retry", { params, success: JobBatch, error: [NotFound, Conflict] })
      .middleware(Idempotency)
      .annotate(Permissions.Access, write)
      .annotate(OpenApi.Summary, "Try again what was given up")
  )
  .middleware(Authentication)
  .prefix("/v1/batches")
  .annotateMerge(OpenApi.annotations({
    title: "Batches",
    description: "Work on many things at once, done in the background: how far it is, what failed and why."
  }))
{}
