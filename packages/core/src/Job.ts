/**
 * Jobs, their queues and what queues them by the clock, as those who run the server see them.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import { OrganizationId } from "./Tenancy.ts"

/**
 * `failed` ones were given up after their last attempt.
 *
 * @category schemas
 * @since 0.1.0
 */
export const JobState = Schema.Literals(["pending", "running", "completed", "failed"])
/** @since 0.1.0 */
export type JobState = typeof JobState.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Job extends Schema.Class<Job>("Job")({
  id: Schema.String,
  queue: Schema.String,
  state: JobState,
  attempts: Schema.Int,
  organizationId: Schema.NullOr(OrganizationId),
  payload: Schema.Json,
  cause: Schema.NullOr(Schema.String).annotate({ description: "Why the last attempt failed." }),
  dueAt: Instant,
  createdAt: Instant,
  changedAt: Instant
}, { description: "A job of the server; times are whole seconds." }) {}

/**
 * @category models
 * @since 0.1.0
 */
export class JobQueue extends Schema.Class<JobQueue>("JobQueue")({
  name: Schema.String,
  pending: Schema.Int,
  running: Schema.Int,
  failed: Schema.Int,
  completed: Schema.Int.annotate({ description: "Of the last week." }),
  pausedAt: Schema.NullOr(Instant).annotate({ description: "Since when no process takes jobs of it." }),
  lateBySeconds: Schema.Int.annotate({ description: "How long the longest waiting job has been due." })
}, { description: "The jobs of one kind." }) {}

/**
 * @category models
 * @since 0.1.0
 */
export class ScheduleState extends Schema.Class<ScheduleState>("ScheduleState")({
  name: Schema.String,
  cron: Schema.String.annotate({ description: "When, in UTC: minute, hour, day, month, weekday." }),
  job: Schema.String.annotate({ description: "The kind of job that it queues." }),
  paused: Schema.Boolean,
  lastRunAt: Schema.NullOr(Instant),
  nextRunAt: Instant
}, { description: "What queues a job by the clock." }) {}
