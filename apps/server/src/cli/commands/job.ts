/**
 * `wicara job`: the queues of jobs, and what queues them by the clock.
 *
 * @since 0.1.0
 */
import { JobBatchId } from "@wicara/core/JobBatch"
import type { JobBatch } from "@wicara/core/JobBatch"
import { JobBatches } from "@wicara/core/JobBatches"
import { JobQueues } from "@wicara/core/JobQueues"
import { onPlatform } from "@wicara/core/PlatformAdmins"
import { Schedules } from "@wicara/core/Schedules"
import type { ScheduleState } from "@wicara/core/Job"
import { CurrentActor } from "@wicara/core/Tenancy"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import { DateTime, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { named } from "../Input.ts"
import { actor, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const asCli = Effect.provideService(CurrentActor, actor)

const time = (at: DateTime.Utc | null) => (at === null ? "" : DateTime.formatIso(at))

const queues = Command.make("queues", {}, () =>
  withServices(Effect.gen(function*() {
    const all = yield* Effect.flatMap(JobQueues, ({ list }) => list)
    yield* Output.result(
      all,
      Output.table(
        ["QUEUE", "PENDING", "RUNNING", "FAILED", "DONE", "LATE BY", "PAUSED SINCE"],
        all.map((one) => [
          one.name,
          ...[one.pending, one.running, one.failed, one.completed].map(String),
          `${one.lateBySeconds} s`,
          time(one.pausedAt)
        ])
      )
    )
  }))).pipe(Command.withDescription("List the queues, with how many jobs wait and how many were given up"))

const queue = Argument.String("queue").pipe(Argument.withDescription("The queue (wicara job queues)"))
const id = Argument.String("id").pipe(Argument.withDescription("The job (wicara job failed)"))

const failed = Command.make(
  "failed",
  { queue: Flag.String("queue").pipe(Flag.withDefault("")) },
  (flags) =>
    withServices(Effect.gen(function*() {
      const page = yield* JobQueues.use((all) =>
        all.jobs({ state: "failed", limit: 200, ...(flags.queue === "" ? {} : { queue: flags.queue }) })
      )
      yield* Output.result(
        page.data.map((one) => ({
          queue: one.queue,
          id: one.id,
          attempts: one.attempts,
          failedAt: time(one.changedAt),
          cause: one.cause
        })),
        Output.table(
          ["QUEUE", "ID", "ATTEMPTS", "FAILED AT", "CAUSE"],
          page.data.map((one) => [
            one.queue,
            one.id,
            String(one.attempts),
            time(one.changedAt),
            (one.cause ?? "").split("\n")[0] ?? ""
          ])
        )
      )
    }))
).pipe(Command.withDescription("List the jobs that were given up, with their cause"))

const retry = Command.make("retry", { queue, id }, (flags) =>
  withServices(Effect.gen(function*() {
    const job = yield* JobQueues.use((all) => all.retry(flags.queue, flags.id)).pipe(asCli)
    yield* Output.result({ queue: job.queue, id: job.id, state: job.state }, [`${job.id} is tried again`])
  }))).pipe(Command.withDescription("Try a job again that was given up"))

const retryAll = Command.make("retry-all", { queue }, (flags) =>
  withServices(Effect.gen(function*() {
    const retried = yield* JobQueues.use((all) => all.retryFailed(flags.queue)).pipe(asCli)
    yield* Output.result({ queue: flags.queue, retried }, [`${retried} jobs are tried again`])
  }))).pipe(Command.withDescription("Try all jobs of a queue again that were given up"))

const discard = Command.make("discard", { queue, id }, (flags) =>
  withServices(Effect.gen(function*() {
    yield* JobQueues.use((all) => all.discard(flags.queue, flags.id)).pipe(asCli)
    yield* Output.result({ queue: flags.queue, id: flags.id }, [`${flags.id} is forgotten`])
  }))).pipe(Command.withDescription("Forget a job"))

const batchOrg = Flag.String("org").pipe(
  Flag.withDescription("The organization's slug; the server's own batches when absent"),
  Flag.optional
)

const ofBatches =
  (slug: Option.Option<string>) => <A, E, R>(effect: Effect.Effect<A, E, R | CurrentOrganization | CurrentActor>) =>
    Effect.gen(function*() {
      if (Option.isSome(slug)) return yield* within(slug.value)(effect)
      return yield* onPlatform(asCli(effect))
    })

const shownBatches = (all: ReadonlyArray<JobBatch>) =>
  Output.result(
    all.map((one) => ({
      ...one,
      createdAt: time(one.createdAt),
      cancelledAt: one.cancelledAt === null ? null : time(one.cancelledAt),
      endedAt: one.endedAt === null ? null : time(one.endedAt)
    })),
    Output.table(
      ["BATCH", "NAME", "STATE", "TOTAL", "DONE", "FAILED", "CANCELLED", "PROGRESS", "CREATED"],
      all.map((one) => [
        one.id,
        one.name,
        one.state,
        ...[one.total, one.done, one.failed, one.cancelled].map(String),
        `${one.progress} %`,
        time(one.createdAt)
      ])
    )
  )

const batches = Command.make("batches", { org: batchOrg }, (flags) =>
  withServices(Effect.gen(function*() {
    const page = yield* JobBatches.use((all) => all.list({ limit: 200 })).pipe(ofBatches(flags.org))
    yield* shownBatches(page.data)
  }))).pipe(Command.withDescription("List the batches of jobs, with how far they are"))

const batch = Argument.String("batch").pipe(Argument.withDescription("The batch (wicara job batches)"))

const batchFailed = Command.make(
  "batch-failed",
  { batch, org: batchOrg },
  (flags) =>
    withServices(Effect.gen(function*() {
      const id = yield* named("batch", JobBatchId, flags.batch)
      const page = yield* JobBatches.use((all) => all.jobs(id, { state: "failed", limit: 200 })).pipe(
        ofBatches(flags.org)
      )
      yield* Output.result(
        page.data.map((one) => ({ ...one, endedAt: time(one.endedAt) })),
        Output.table(
          ["QUEUE", "ID", "ABOUT", "FAILED AT", "REASON"],
          page.data.map((one) => [one.queue, one.id, one.key, time(one.endedAt), one.reason ?? ""])
        )
      )
    }))
).pipe(Command.withDescription("List the jobs of a batch that were given up, with the reason"))

const changingBatch = (name: "cancel-batch" | "retry-batch", description: string) =>
  Command.make(name, { batch, org: batchOrg }, (flags) =>
    withServices(Effect.gen(function*() {
      const id = yield* named("batch", JobBatchId, flags.batch)
      const all = yield* JobBatches
      const change = name === "cancel-batch" ? all.cancel : all.retryFailed
      yield* shownBatches([yield* change(id).pipe(ofBatches(flags.org))])
    }))).pipe(Command.withDescription(description))

const shown = (all: ReadonlyArray<ScheduleState>) =>
  Output.result(
    all.map(({ cron, job, lastRunAt, name, nextRunAt, paused }) => ({
      name,
      cron,
      job,
      paused,
      lastRunAt: lastRunAt === null ? null : time(lastRunAt),
      nextRunAt: time(nextRunAt)
    })),
    Output.table(
      ["SCHEDULE", "WHEN (UTC)", "LAST RUN", "NEXT RUN"],
      all.map((one) => [one.name, one.cron, time(one.lastRunAt), one.paused ? "paused" : time(one.nextRunAt)])
    )
  )

const schedules = Command.make(
  "schedules",
  {},
  () => withServices(Effect.flatMap(Effect.flatMap(Schedules, ({ list }) => list), shown))
).pipe(
  Command.withDescription("List what queues jobs by the clock, with its last and next time")
)

const schedule = Argument.String("schedule").pipe(Argument.withDescription("The schedule (wicara job schedules)"))

const changing = (name: "pause" | "resume" | "run", description: string) =>
  Command.make(name, { schedule }, (flags) =>
    withServices(Effect.gen(function*() {
      const all = yield* Schedules
      const change = { pause: all.pause, resume: all.resume, run: all.runNow }[name]
      yield* shown([yield* change(flags.schedule).pipe(asCli)])
    }))).pipe(Command.withDescription(description))

const changingQueue = (name: "pause" | "resume", description: string) =>
  Command.make(`${name}-queue`, { queue }, (flags) =>
    withServices(Effect.gen(function*() {
      const changed = yield* JobQueues.use((all) => all[name](flags.queue)).pipe(asCli)
      yield* Output.result({ ...changed, pausedAt: changed.pausedAt === null ? null : time(changed.pausedAt) }, [
        changed.pausedAt === null ? `${changed.name} goes on` : `${changed.name} is paused`
      ])
    }))).pipe(Command.withDescription(description))

/** @category commands @since 0.1.0 */
export const command = Command.make("job").pipe(
  Command.withDescription("Jobs, and what queues them by the clock"),
  Command.withSubcommands([
    queues,
    failed,
    retry,
    retryAll,
    discard,
    batches,
    batchFailed,
    changingBatch("cancel-batch", "Cancel what a batch has not begun"),
    changingBatch("retry-batch", "Try again what was given up of a batch"),
    changingQueue("pause", "Take no more jobs of a queue"),
    changingQueue("resume", "Let a paused queue go on"),
    schedules,
    changing("pause", "Pause a schedule"),
    changing("resume", "Let a paused schedule go on"),
    changing("run", "Queue a schedule's job now")
  ])
)
