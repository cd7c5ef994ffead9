/**
 * Batches: jobs that belong together, as those see them who wait for the whole.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"
import { Actor } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const JobBatchId = Id.make("JobBatchId", "Jobs that belong together.")
/** @since 0.1.0 */
export type JobBatchId = typeof JobBatchId.Type

/**
 * `filling`: more jobs may be added. `cancelling`: what ran when it was cancelled has not ended yet. `failed`: all have
 * ended, and some were given up.
 *
 * @category schemas
 * @since 0.1.0
 */
export const JobBatchState = Schema.Literals(["filling", "running", "cancelling", "completed", "failed", "cancelled"])
/** @since 0.1.0 */
export type JobBatchState = typeof JobBatchState.Type

/**
 * @category models
 * @since 0.1.0
 */
export class JobBatch extends Schema.Class<JobBatch>("JobBatch")({
  id: JobBatchId,
  name: Schema.String.annotate({ description: "What it does: `knowledge.publish`." }),
  state: JobBatchState,
  total: Schema.Int,
  done: Schema.Int,
  failed: Schema.Int.annotate({ description: "Given up after their last attempt." }),
  cancelled: Schema.Int,
  progress: Schema.Int.annotate({ description: "How much has ended, in percent." }),
  createdBy: Actor,
  createdAt: Instant,
  cancelledAt: Schema.NullOr(Instant),
  endedAt: Schema.NullOr(Instant)
}, { description: "Jobs that belong together. Each job counts once, however often it was tried." }) {}

/**
 * @category schemas
 * @since 0.1.0
 */
export const BatchedJobState = Schema.Literals(["pending", "done", "failed", "cancelled"])
/** @since 0.1.0 */
export type BatchedJobState = typeof BatchedJobState.Type

/**
 * @category models
 * @since 0.1.0
 */
export class BatchedJob extends Schema.Class<BatchedJob>("BatchedJob")({
  id: Schema.String,
  queue: Schema.String,
  key: Schema.String.annotate({ description: "What it is about: the id of a thing, where there is one." }),
  state: BatchedJobState,
  reason: Schema.NullOr(Schema.String).annotate({ description: "Why it was given up." }),
  endedAt: Schema.NullOr(Instant)
}, { description: "A job of a batch." }) {}
