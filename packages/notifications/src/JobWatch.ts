/**
 * Tells those who run the server of jobs that were given up, whichever way they failed: once for each time one is.
 *
 * @since 0.1.0
 */
import * as CoreNotifications from "@wicara/core/CoreNotifications"
import { JobQueues } from "@wicara/core/JobQueues"
import * as Jobs from "@wicara/core/Jobs"
import { ModuleRegistry } from "@wicara/core/Module"
import { Notifier } from "@wicara/core/Notification"
import { Organizations } from "@wicara/core/Organizations"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import * as Schedules from "@wicara/core/Schedules"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { DateTime, Effect, Schema } from "effect"
import type { Layer } from "effect"

/**
 * The job that looks.
 *
 * @category jobs
 * @since 0.1.0
 */
export const watchJob = Jobs.define({ name: "notifications.watch-jobs", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * When: every five minutes.
 *
 * @category schedules
 * @since 0.1.0
 */
export const watchSchedule = Schedules.define({
  name: "notifications.watch-jobs",
  cron: "*/5 * * * *",
  job: watchJob,
  payload: {}
})

/** A day: a server that was away for less has missed nothing. */
const withinSeconds = 86_400

/** Those who run the server, by the organization in which they are told: the first that they are a member of. */
const whom = Effect.gen(function*() {
  const admins = yield* PlatformAdmins
  const organizations = yield* Organizations
  const told = new Map<OrganizationId, Array<UserId>>()
  for (const { userId } of yield* admins.list) {
    const { data: [first] } = yield* Effect.orDie(organizations.listOf(userId, { limit: 1 }))
    if (first === undefined) continue
    const { id } = first.organization
    told.set(id, [...told.get(id) ?? [], userId])
  }
  return told
})

/**
 * Looks once; what was told is not told again.
 *
 * @category running
 * @since 0.1.0
 */
export const watch = Effect.fn("JobWatch.watch")(function*() {
  const queues = yield* JobQueues
  const registry = yield* ModuleRegistry
  const notifier = yield* Notifier
  const names = registry.all.flatMap(({ jobs }) => jobs.map(({ name }) => name))
  const jobs = yield* queues.givenUp({ queues: names, withinSeconds, limit: 100 })
  if (jobs.length === 0) return
  for (const [id, userIds] of yield* whom) {
    for (const job of jobs) {
      yield* notifier.notify(CoreNotifications.jobGivenUp, {
        to: { _tag: "Users", userIds },
        values: { queue: job.queue, jobId: job.id },
        dedupeKey: `${job.queue}/${job.id}/${DateTime.toEpochMillis(job.changedAt)}`
      }).pipe(Effect.provideService(CurrentOrganization, { id }))
    }
  }
})

/**
 * Does the job in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  Jobs.Jobs | JobQueues | ModuleRegistry | Notifier | Organizations | PlatformAdmins
> = Jobs.systemWorker(watchJob, watch)
