import { assert, describe, it } from "@effect/vitest"
import { Audit } from "@wicara/core/Audit"
import { JobQueues } from "@wicara/core/JobQueues"
import * as Jobs from "@wicara/core/Jobs"
import * as Module from "@wicara/core/Module"
import { ModuleRegistry } from "@wicara/core/Module"
import { onPlatform } from "@wicara/core/PlatformAdmins"
import * as Schedules from "@wicara/core/Schedules"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Deferred, Effect, Layer, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { migrated } from "./layers.ts"

const job = Jobs.define({
  name: "test.work",
  payload: Schema.Struct({ n: Schema.Int }),
  maxAttempts: 2,
  retrySchedule: Schedule.spaced("1 millis")
})

const other = Jobs.define({ name: "test.other", payload: Schema.Struct({}) })

const daily = Schedules.define({ name: "test.daily", cron: "0 3 * * *", job: other, payload: {} })

const module = Module.make({ id: "test", name: "Test", description: "A test.", jobs: [job, other], schedules: [daily] })

const asOperator = Effect.provideService(CurrentActor, systemActor("operator"))

const until = <R>(done: Effect.Effect<boolean, never, R>) =>
  Effect.repeat(done, { until: (yes) => yes, schedule: Schedule.spaced("20 millis") }).pipe(
    Effect.timeout("20 seconds"),
    Effect.orDie
  )

describe.each(TestDatabase.all)("JobQueues on $name", (database) => {
  const layer = Layer.merge(JobQueues.layerSql, Schedules.Schedules.layerSql).pipe(
    Layer.provideMerge(Layer.mergeAll(Jobs.Jobs.layerSql, Audit.layerSql, ModuleRegistry.layer([module]))),
    Layer.provideMerge(migrated(database))
  )

  it.live("a job that always fails and one that can't be read are set aside with their cause, and hold up nobody", () =>
    Effect.gen(function*() {
      const queues = yield* JobQueues
      const jobs = yield* Jobs.Jobs
      const sql = yield* SqlClient.SqlClient
      const done: Array<number> = []
      let isMended = false
      yield* jobs.enqueueSystem(job, { n: 13 }, { id: "poison" })
      yield* jobs.enqueueSystem(job, { n: 14 }, { id: "unreadable" })
      yield* sql`UPDATE core_jobs SET element = '{"not": json' WHERE id = 'unreadable'`
      for (const n of [1, 2, 3]) yield* jobs.enqueueSystem(job, { n })
      yield* jobs.enqueueSystem(other, {}, { delay: "1 hour" })
      yield* Layer.build(Jobs.systemWorker(job, ({ payload }) =>
        payload.n === 13 && !isMended
          ? Effect.fail(new Error("There is no number thirteen"))
          : Effect.sync(() => {
            done.push(payload.n)
          })))
      yield* until(Effect.map(queues.list, (all) => all.find(({ name }) => name === job.name)?.failed === 2))
      yield* until(Effect.sync(() => done.length === 3))
      assert.sameMembers(done, [1, 2, 3])

      const failed = (yield* queues.jobs({ queue: job.name, state: "failed" })).data
      assert.sameMembers(failed.map(({ id }) => id), ["poison", "unreadable"])
      const poison = yield* queues.find(job.name, "poison")
      assert.deepStrictEqual([poison.attempts, poison.payload], [2, { n: 13 }])
      assert.include(poison.cause, "There is no number thirteen")
      assert.isNull((yield* queues.find(job.name, "unreadable")).payload)
      const waiting = (yield* queues.list).find(({ name }) => name === other.name)
      assert.deepStrictEqual([waiting?.pending, waiting?.failed, waiting?.lateBySeconds], [1, 0, 0])

      isMended = true
      const retried = yield* queues.retry(job.name, "poison").pipe(asOperator)
      assert.deepStrictEqual([retried.state, retried.attempts], ["pending", 0])
      yield* until(Effect.sync(() => done.includes(13)))
      yield* until(Effect.map(Effect.orDie(queues.find(job.name, "poison")), ({ state }) => state === "completed"))
      assert.strictEqual((yield* Effect.flip(queues.retry(job.name, "poison").pipe(asOperator)))._tag, "Conflict")
      assert.strictEqual((yield* Effect.flip(queues.retry(job.name, "none").pipe(asOperator)))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(queues.retry(other.name, "poison").pipe(asOperator)))._tag, "NotFound")
      yield* queues.discard(job.name, "unreadable").pipe(asOperator)
      assert.strictEqual(yield* queues.retryFailed(job.name).pipe(asOperator), 0)
      const records = (yield* onPlatform(Audit.use((audit) => audit.list({})))).data
      assert.deepStrictEqual(records.map(({ action, target }) => [action, target.id]), [
        ["platform.job_discarded", "test.work/unreadable"],
        ["platform.job_retried", "test.work/poison"]
      ])
    }).pipe(Effect.provide(layer)))

  it.live("jobs are listed page by page, by queue and state", () =>
    Effect.gen(function*() {
      const queues = yield* JobQueues
      const jobs = yield* Jobs.Jobs
      for (let n = 0; n < 5; n++) yield* jobs.enqueueSystem(job, { n }, { id: `job-${n}` })
      yield* jobs.enqueueSystem(other, {})
      const first = yield* queues.jobs({ queue: job.name, state: "pending", limit: 3 })
      const second = yield* queues.jobs({ queue: job.name, limit: 3, cursor: first.nextCursor ?? "" })
      assert.deepStrictEqual(
        [...first.data, ...second.data].map(({ id }) => id),
        ["job-4", "job-3", "job-2", "job-1", "job-0"]
      )
      assert.isNull(second.nextCursor)
      const oldest = yield* queues.jobs({ queue: job.name, sort: "createdAt", limit: 2 })
      const next = yield* queues.jobs({ queue: job.name, sort: "createdAt", cursor: oldest.nextCursor ?? "" })
      assert.deepStrictEqual(
        [...oldest.data, ...next.data].map(({ id }) => id),
        ["job-0", "job-1", "job-2", "job-3", "job-4"]
      )
      const mixed = yield* Effect.flip(queues.jobs({ queue: job.name, cursor: oldest.nextCursor ?? "" }))
      assert.strictEqual(mixed._tag, "InvalidInput")
      assert.lengthOf((yield* queues.jobs({ state: "running" })).data, 0)
      assert.lengthOf((yield* queues.jobs({})).data, 6)
    }).pipe(Effect.provide(layer)))

  it.live("a paused queue takes jobs in no process, and goes on where it was when it is resumed", () =>
    Effect.gen(function*() {
      const queues = yield* JobQueues
      const jobs = yield* Jobs.Jobs
      const done: Array<string> = []
      const inHand = yield* Deferred.make<void>()
      const letGo = yield* Deferred.make<void>()
      const process = (name: string) =>
        Jobs.systemWorker(job, ({ payload }) =>
          payload.n === 0
            ? Effect.andThen(Deferred.succeed(inHand, undefined), Deferred.await(letGo))
            : Effect.sync(() => {
              done.push(`${name} ${payload.n}`)
            })).pipe(Layer.provide(Layer.fresh(Jobs.Jobs.layerSql)))
      const otherDone = yield* Deferred.make<void>()
      yield* Layer.build(Layer.mergeAll(
        process("one"),
        process("two"),
        Jobs.systemWorker(other, () => Deferred.succeed(otherDone, undefined))
      ))
      // One of the processes is at work on a job while the other waits for one.
      yield* jobs.enqueueSystem(job, { n: 0 }, { id: "running" })
      yield* Deferred.await(inHand)
      const paused = yield* queues.pause(job.name).pipe(asOperator)
      assert.deepStrictEqual([paused.name, paused.running, paused.pausedAt === null], [job.name, 1, false])
      assert.deepStrictEqual(yield* queues.pause(job.name).pipe(asOperator), paused)
      yield* Effect.sleep("1500 millis")
      for (const n of [1, 2, 3]) yield* jobs.enqueueSystem(job, { n })
      yield* Deferred.succeed(letGo, undefined)
      yield* until(Effect.map(Effect.orDie(queues.find(job.name, "running")), ({ state }) => state === "completed"))
      yield* jobs.enqueueSystem(other, {})
      yield* Deferred.await(otherDone)
      yield* Effect.sleep("1500 millis")
      assert.deepStrictEqual(done, [])
      const listed = (yield* queues.list).find(({ name }) => name === job.name)
      assert.deepStrictEqual([listed?.pending, listed?.running, listed?.pausedAt], [3, 0, paused.pausedAt])

      // A process that starts meanwhile takes none either.
      yield* Layer.build(process("three"))
      yield* Effect.sleep("500 millis")
      assert.deepStrictEqual(done, [])
      assert.isNull((yield* queues.resume(job.name).pipe(asOperator)).pausedAt)
      yield* until(Effect.sync(() => done.length === 3))
      assert.sameMembers(done.map((one) => one.split(" ")[1]), ["1", "2", "3"])
      assert.strictEqual((yield* Effect.flip(queues.pause("none").pipe(asOperator)))._tag, "NotFound")
      const records = (yield* onPlatform(Audit.use((audit) => audit.list({})))).data
      assert.deepStrictEqual(records.map(({ action, target }) => [action, target.id]), [
        ["platform.queue_resumed", job.name],
        ["platform.queue_paused", job.name]
      ])
    }).pipe(Effect.provide(layer)))

  it.effect("a schedule queues its job once at its time, however many processes look, and makes up once for what was missed", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const dayMillis = 86_400_000
      const queued: Array<string> = []
      // The queue's own loops would run on while the clock is moved by days.
      const recording = Layer.succeed(
        Jobs.Jobs,
        Jobs.Jobs.of({
          enqueue: () => Effect.die(new Error("Nothing queues for an organization here")),
          enqueueSystem: (definition, _, options) =>
            Effect.sync(() => {
              queued.push(`${definition.name} ${options?.id ?? "now"}`)
              return ""
            }),
          encode: () => Effect.die(new Error("Nothing is queued later here")),
          take: () => Effect.never,
          cleanup: Effect.void
        })
      )
      const process = Effect.flatMap(
        Layer.build(Layer.fresh(
          Schedules.Schedules.layerSql.pipe(
            Layer.provide(Layer.mergeAll(recording, Audit.layerSql, ModuleRegistry.layer([module])))
          )
        )),
        (context) => Effect.provide(Schedules.Schedules, context)
      )
      const [one, two] = [yield* process, yield* process]
      const tick = Effect.all([one.tick, two.tick], { concurrency: "unbounded" })
      yield* TestClock.setTime(10 * dayMillis + 3_600_000)
      yield* tick
      // It is new: its first time is now.
      assert.deepStrictEqual(queued, [`test.other test.daily/${10 * dayMillis + 3_600_000}`])
      const [left] = yield* tick
      assert.strictEqual(left, 3_600_000)
      const [state] = yield* one.list
      assert.strictEqual(state?.nextRunAt.epochMilliseconds, 10 * dayMillis + 3 * 3_600_000)
      assert.strictEqual(state?.lastRunAt?.epochMilliseconds, 10 * dayMillis + 3_600_000)
      yield* TestClock.setTime(10 * dayMillis + 3 * 3_600_000)
      yield* tick
      assert.lengthOf(queued, 2)
      // Nobody looked for three days.
      yield* TestClock.setTime(13 * dayMillis + 4 * 3_600_000)
      yield* tick
      yield* tick
      assert.lengthOf(queued, 3)

      yield* one.pause("test.daily").pipe(asOperator)
      yield* TestClock.setTime(20 * dayMillis)
      yield* tick
      assert.lengthOf(queued, 3)
      const resumed = yield* two.resume("test.daily").pipe(asOperator)
      assert.deepStrictEqual(
        [resumed.paused, resumed.nextRunAt.epochMilliseconds],
        [false, 20 * dayMillis + 3 * 3_600_000]
      )
      yield* tick
      assert.lengthOf(queued, 3)
      yield* one.runNow("test.daily").pipe(asOperator)
      assert.strictEqual(queued.at(-1), "test.other now")
      assert.strictEqual((yield* Effect.flip(one.pause("none").pipe(asOperator)))._tag, "NotFound")
      assert.lengthOf(yield* sql`SELECT name FROM core_schedules`, 1)
    }).pipe(Effect.provide(migrated(database))))
})
