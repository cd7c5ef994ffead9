/**
 * Jobs by the clock: declared by modules, queued once however many processes there are, seen, paused and resumed by those
 * who run the server. What was missed while no process ran is made up for once.
 *
 * @since 0.1.0
 */
import { Clock, Context, Cron, DateTime, Effect, Layer, Option } from "effect"
import type { Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import { ScheduleState } from "./Job.ts"
import * as Jobs from "./Jobs.ts"
import { ModuleRegistry } from "./Module.ts"
import { onPlatform } from "./PlatformAdmins.ts"
import { NotFound } from "./Problem.ts"
import { affectedRows, insertIfAbsent, orDieSql, transaction } from "./Sql.ts"
import type { CurrentActor } from "./Tenancy.ts"

/**
 * A declared schedule.
 *
 * @category models
 * @since 0.1.0
 */
export interface Schedule {
  /** Dotted, of the package: `core.cleanup`. Never change it once released. */
  readonly name: string
  /** Minute, hour, day of the month, month and weekday, in UTC. */
  readonly cron: string
  readonly job: Jobs.JobDefinition
  readonly payload: unknown
}

/**
 * @category constructors
 * @since 0.1.0
 * @example
 * const nightly = Schedules.define({ name: "notes.tidy", cron: "0 3 * * *", job: tidyJob, payload: {} })
 */
export const define = <Payload extends Schema.ConstraintCodec<unknown, unknown>>(schedule: {
  readonly name: string
  readonly cron: string
  readonly job: Jobs.JobDefinition<Payload>
  readonly payload: Payload["Type"]
}): Schedule => schedule

/**
 * @category services
 * @since 0.1.0
 */
export class Schedules extends Context.Service<Schedules, {
  /** By name. */
  readonly list: Effect.Effect<ReadonlyArray<ScheduleState>>
  readonly pause: (name: string) => Effect.Effect<ScheduleState, NotFound, CurrentActor>
  /** Goes on with the next time that comes; what was missed is not made up for. */
  readonly resume: (name: string) => Effect.Effect<ScheduleState, NotFound, CurrentActor>
  /** Queues its job now, beside its times. */
  readonly runNow: (name: string) => Effect.Effect<ScheduleState, NotFound, CurrentActor>
  /** Queues the jobs that are due; returns how many milliseconds are left until the next is. */
  readonly tick: Effect.Effect<number>
}>()("@wicara/core/Schedules") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Schedules,
    never,
    SqlClient.SqlClient | ModuleRegistry | Jobs.Jobs | Audit
  > = Layer.suspend(() => Layer.effect(Schedules, make))

  /**
   * Looks at the clock in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, Schedules> = Layer.effectDiscard(
    Effect.gen(function*() {
      const schedules = yield* Schedules
      yield* schedules.tick.pipe(
        Effect.flatMap((left) => Effect.sleep(Math.min(Math.max(left, 100), 60_000))),
        Effect.catchCause((cause) =>
          Effect.andThen(
            Effect.logWarning("Schedules could not be looked at; trying again", cause),
            Effect.sleep("1 minute")
          )
        ),
        Effect.forever,
        Effect.forkScoped
      )
    })
  )
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ModuleRegistry
  const jobs = yield* Jobs.Jobs
  const audit = yield* Audit

  const all = registry.all.flatMap(({ schedules }) => schedules).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((schedule) => ({ ...schedule, times: Cron.parseUnsafe(schedule.cron, "UTC") }))

  const nextAfter = ({ times }: { readonly times: Cron.Cron }, now: number) =>
    Cron.next(times, DateTime.makeUnsafe(now)).getTime()

  const rows = Effect.fnUntraced(function*() {
    const now = yield* Clock.currentTimeMillis
    // One that is new runs at once.
    yield* insertIfAbsent(
      sql,
      "core_schedules",
      "name",
      all.map(({ name }) => ({ name, paused: 0, last_run_at: null, next_run_at: now }))
    )
    const found = yield* sql<ScheduleRow>`SELECT name, paused, last_run_at, next_run_at FROM core_schedules`
    return new Map(found.map((row) => [row.name, row]))
  })

  const state = (schedule: Schedule, row: ScheduleRow): ScheduleState =>
    new ScheduleState({
      name: schedule.name,
      cron: schedule.cron,
      job: schedule.job.name,
      paused: Number(row.paused) === 1,
      lastRunAt: row.last_run_at === null ? null : DateTime.makeUnsafe(Number(row.last_run_at)),
      nextRunAt: DateTime.makeUnsafe(Number(row.next_run_at))
    })

  const changing = Effect.fnUntraced(function*<R>(
    name: string,
    action: string,
    change: (schedule: typeof all[number], now: number) => Effect.Effect<unknown, never, R>
  ) {
    const schedule = all.find((one) => one.name === name)
    if (schedule === undefined) {
      return yield* new NotFound({ resource: "schedule", id: name, detail: `There is no schedule "${name}".` })
    }
    const now = yield* Clock.currentTimeMillis
    return yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        yield* rows()
        yield* change(schedule, now)
        yield* onPlatform(audit.record({ action, target: { type: "schedule", id: name } }))
        return state(schedule, (yield* rows()).get(name)!)
      })
    ))
  })

  return Schedules.of({
    list: Effect.orDie(transaction(
      sql,
      Effect.map(rows(), (found) => all.map((schedule) => state(schedule, found.get(schedule.name)!)))
    )).pipe(Effect.withSpan("Schedules.list")),
    pause: Effect.fn("Schedules.pause")((name) =>
      changing(
        name,
        "platform.schedule_paused",
        () => Effect.orDie(sql`UPDATE core_schedules SET paused = 1 WHERE name = ${name}`)
      )
    ),
    resume: Effect.fn("Schedules.resume")((name) =>
      changing(
        name,
        "platform.schedule_resumed",
        (schedule, now) =>
          Effect.orDie(sql`UPDATE core_schedules SET paused = 0, next_run_at = ${nextAfter(schedule, now)}
          WHERE name = ${name} AND paused = 1`)
      )
    ),
    runNow: Effect.fn("Schedules.runNow")((name) =>
      changing(name, "platform.schedule_run", (schedule, now) =>
        Effect.andThen(
          Effect.orDie(sql`UPDATE core_schedules SET last_run_at = ${now} WHERE name = ${name}`),
          jobs.enqueueSystem(schedule.job, schedule.payload)
        ))
    ),
    tick: Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const found = yield* Effect.orDie(rows())
      let next = now + 3_600_000
      for (const schedule of all) {
        const row = Option.fromUndefinedOr(found.get(schedule.name))
        if (Option.isNone(row) || Number(row.value.paused) === 1) continue
        const due = Number(row.value.next_run_at)
        if (due > now) {
          next = Math.min(next, due)
          continue
        }
        const after = nextAfter(schedule, now)
        next = Math.min(next, after)
        yield* Effect.orDie(transaction(
          sql,
          Effect.gen(function*() {
            // Of all processes one finds it as it was.
            const taken = yield* affectedRows(sql`UPDATE core_schedules
              SET last_run_at = ${now}, next_run_at = ${after}
              WHERE name = ${schedule.name} AND paused = 0 AND next_run_at = ${due}`)
            if (taken > 0) {
              yield* jobs.enqueueSystem(schedule.job, schedule.payload, { id: `${schedule.name}/${due}` })
            }
          })
        ))
      }
      return next - now
    }).pipe(Effect.withSpan("Schedules.tick"))
  })
})

interface ScheduleRow {
  readonly name: string
  readonly paused: unknown
  readonly last_run_at: unknown
  readonly next_run_at: unknown
}
