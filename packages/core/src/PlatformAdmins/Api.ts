/**
 * What those who run the server do with it: look after organizations, set what holds for all of them, name each other.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { AuditRecord } from "../AuditRecord.ts"
import { Authentication } from "../Authentication.ts"
import { FactorRecovery, FactorRecoveryId, Identification } from "../FactorRecovery.ts"
import { Idempotency } from "../Idempotency.ts"
import { Instant } from "../Instant.ts"
import { Job, JobQueue, JobState, ScheduleState } from "../Job.ts"
import { ModuleDescription } from "../ModuleState.ts"
import { Organization } from "../Organization.ts"
import { BatchedJob, BatchedJobState, JobBatch, JobBatchId } from "../JobBatch.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { PlatformAdmin } from "../PlatformAdmin.ts"
import { platformAdmin } from "../PlatformPermission.ts"
import { Conflict, Forbidden, InvalidInput, NotFound } from "../Problem.ts"
import { RemovedAddon } from "../RemovedAddon.ts"
import { ReauthenticationRequired } from "../Session.ts"
import { SettingKey } from "../Settings/Api.ts"
import { SettingValue } from "../SettingValue.ts"
import * as Sorting from "../Sorting.ts"
import { OrganizationId, UserId } from "../Tenancy.ts"

const OneJob = Schema.Struct({
  queue: Schema.String.check(Schema.isMaxLength(255)),
  id: Schema.String.check(Schema.isMaxLength(255))
})

const oneBatch = { batchId: JobBatchId }

/**
 * @category api
 * @since 0.1.0
 */
export class PlatformApi extends HttpApiGroup.make("platform")
  .add(
    HttpApiEndpoint.get("listOrganizations", "/organizations", {
      query: Pagination.query,
      success: Pagination.Page(Organization),
      error: InvalidInput
    }).annotate(OpenApi.Summary, "All organizations of the server"),
    HttpApiEndpoint.get("getOrganization", "/organizations/:organizationId", {
      params: { organizationId: OrganizationId },
      success: Organization,
      error: NotFound
    }).annotate(OpenApi.Summary, "An organization"),
    HttpApiEndpoint.put("setStatus", "/organizations/:organizationId/status", {
      params: { organizationId: OrganizationId },
      payload: Schema.Struct({
        status: Schema.Literals(["trial", "active", "suspended"]),
        reason: Schema.Trim.check(Schema.isBetweenLength(3, 500)).annotate({
          description: "Told by the organization's audit log."
        }),
        trialEndsAt: Schema.optionalKey(Instant).annotate({
          description: "When the trial ends; after `organizations.trial_days` days if absent."
        })
      }),
      success: Organization,
      error: [NotFound, Conflict, InvalidInput]
    })
      .annotate(OpenApi.Summary, "Suspend an organization, or make it active again")
      .annotate(
        OpenApi.Description,
        "A suspended organization can be read and not changed; it sends nothing and no bot answers, while what providers " +
          "deliver is stored and shown. A trial allows what an active organization may do, until its end: then it is suspended. " +
          "Three days before, those who may change the organization are reminded."
      ),
    HttpApiEndpoint.get("listSettings", "/settings", {
      success: Schema.Struct({ data: Schema.Array(SettingValue) })
    }).annotate(OpenApi.Summary, "The settings with the platform's values"),
    HttpApiEndpoint.put("setSetting", "/settings/:key", {
      params: { key: SettingKey },
      payload: Schema.Struct({ value: Schema.Json }),
      success: SettingValue,
      error: [NotFound, InvalidInput]
    }).annotate(OpenApi.Summary, "Give a setting a value for all organizations that have none of their own"),
    HttpApiEndpoint.delete("resetSetting", "/settings/:key", {
      params: { key: SettingKey },
      success: SettingValue,
      error: NotFound
    }).annotate(OpenApi.Summary, "Take the platform's value away: the default holds again"),
    HttpApiEndpoint.get("listModules", "/modules", {
      success: Schema.Struct({ data: Schema.Array(ModuleDescription), removed: Schema.Array(RemovedAddon) })
    }).annotate(OpenApi.Summary, "What this server is made of, and the add-ons that left tables behind"),
    HttpApiEndpoint.get("listAdmins", "/admins", {
      success: Schema.Struct({ data: Schema.Array(PlatformAdmin) })
    }).annotate(OpenApi.Summary, "Who runs the server"),
    HttpApiEndpoint.put("grantAdmin", "/admins/:userId", {
      params: { userId: UserId },
      success: PlatformAdmin,
      error: NotFound
    }).annotate(OpenApi.Summary, "Make a person a platform administrator"),
    HttpApiEndpoint.delete("revokeAdmin", "/admins/:userId", {
      params: { userId: UserId },
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict]
    }).annotate(OpenApi.Summary, "A person is no platform administrator any more"),
    HttpApiEndpoint.get("listFactorRecoveries", "/factor-recoveries", {
      query: Pagination.query,
      success: Pagination.Page(FactorRecovery),
      error: InvalidInput
    }).annotate(OpenApi.Summary, "Who lost their second factor and waits to be let back in, the newest first"),
    HttpApiEndpoint.post("approveFactorRecovery", "/factor-recoveries/:factorRecoveryId/approve", {
      params: { factorRecoveryId: FactorRecoveryId },
      payload: Schema.Struct({ identifiedBy: Identification }),
      success: FactorRecovery,
      error: [NotFound, Conflict, Forbidden, ReauthenticationRequired]
    }).middleware(Idempotency).annotate(
      OpenApi.Summary,
      "Approve the recovery of a second factor in place of all organizations of the person"
    ),
    HttpApiEndpoint.get("listQueues", "/queues", {
      success: Schema.Struct({ data: Schema.Array(JobQueue) })
    }).annotate(OpenApi.Summary, "The queues of jobs, with how many wait and how many were given up"),
    HttpApiEndpoint.get("listJobs", "/jobs", {
      query: {
        ...Pagination.query,
        queue: Schema.optional(Schema.String.check(Schema.isMaxLength(255))),
        state: Schema.optional(JobState),
        sort: Sorting.parameter(["createdAt"], "-createdAt")
      },
      success: Pagination.Page(Job),
      error: InvalidInput
    }).annotate(OpenApi.Summary, "The jobs; those that were given up with their cause"),
    HttpApiEndpoint.post("retryJob", "/jobs/retry", {
      payload: OneJob,
      success: Job,
      error: [NotFound, Conflict]
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Try a job again that was given up"),
    HttpApiEndpoint.post("retryQueue", "/queues/retry", {
      payload: Schema.Struct({ queue: OneJob.fields.queue }),
      success: Schema.Struct({ retried: Schema.Int })
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Try all jobs of a queue again that were given up"),
    HttpApiEndpoint.post("changeQueue", "/queues/state", {
      payload: Schema.Struct({ queue: OneJob.fields.queue, action: Schema.Literals(["pause", "resume"]) }),
      success: JobQueue,
      error: NotFound
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Pause a queue, or let it go on").annotate(
      OpenApi.Description,
      "While it is paused jobs are queued and no process takes one of them; those that are running come to their end."
    ),
    HttpApiEndpoint.post("discardJob", "/jobs/discard", {
      payload: OneJob,
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict]
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Forget a job"),
    HttpApiEndpoint.get("listBatches", "/batches", {
      query: Pagination.query,
      success: Pagination.Page(JobBatch),
      error: InvalidInput
    }).annotate(OpenApi.Summary, "The server's own batches of jobs, the newest first"),
    HttpApiEndpoint.get("getBatch", "/batches/:batchId", { params: oneBatch, success: JobBatch, error: NotFound })
      .annotate(OpenApi.Summary, "How far a batch of the server is"),
    HttpApiEndpoint.get("listBatchJobs", "/batches/:batchId/jobs", {
      params: oneBatch,
      query: { ...Pagination.query, state: Schema.optional(BatchedJobState) },
      success: Pagination.Page(BatchedJob),
      error: [NotFound, InvalidInput]
    }).annotate(OpenApi.Summary, "The jobs of a batch of the server"),
    HttpApiEndpoint.post("changeBatch", "/batches/:batchId", {
      params: oneBatch,
      payload: Schema.Struct({ action: Schema.Literals(["cancel", "retryFailed"]) }),
      success: JobBatch,
      error: [NotFound, Conflict]
    }).middleware(Idempotency).annotate(
      OpenApi.Summary,
      "Cancel a batch of the server, or try again what was given up"
    ),
    HttpApiEndpoint.get("listSchedules", "/schedules", {
      success: Schema.Struct({ data: Schema.Array(ScheduleState) })
    }).annotate(OpenApi.Summary, "What queues jobs by the clock, with its last and next time"),
    HttpApiEndpoint.post("changeSchedule", "/schedules/:schedule", {
      params: { schedule: Schema.String.check(Schema.isMaxLength(120)) },
      payload: Schema.Struct({ action: Schema.Literals(["pause", "resume", "run"]) }),
      success: ScheduleState,
      error: NotFound
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Pause a schedule, let it go on, or queue its job now"),
    HttpApiEndpoint.get("audit", "/audit", {
      query: Pagination.query,
      success: Pagination.Page(AuditRecord),
      error: InvalidInput
    }).annotate(OpenApi.Summary, "What was done with the server, the newest first")
  )
  .annotateEndpoints(Permissions.Access, Permissions.require(platformAdmin))
  .annotateEndpoints(Permissions.AllowInactive, true)
  .middleware(Authentication)
  .prefix("/v1/platform")
  .annotateMerge(OpenApi.annotations({
    title: "Platform",
    description: "For those who run the server. In an organization they act by naming it in the header " +
      "`wicara-organization` of any request, with the reason in `wicara-reason`; its audit log tells each one."
  }))
{}
