import { assert, describe, it } from "@effect/vitest"
import { Audit } from "@wicara/core/Audit"
import type { JobBatch } from "@wicara/core/JobBatch"
import { JobBatchId } from "@wicara/core/JobBatch"
import { JobBatches } from "@wicara/core/JobBatches"
import { JobQueues } from "@wicara/core/JobQueues"
import * as Jobs from "@wicara/core/Jobs"
import * as Module from "@wicara/core/Module"
import { ModuleRegistry } from "@wicara/core/Module"
import { onPlatform, platform } from "@wicara/core/PlatformAdmins"
import { NotFound } from "@wicara/core/Problem"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Deferred, Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { migrated } from "./layers.ts"

const job = Jobs.define({
  name: "test.work",
  payload: Schema.Struct({ n: Schema.Int }),
  maxAttempts: 2,
  retrySchedule: Schedule.spaced("1 millis")
})

const after = Jobs.define({ name: "test.after", payload: Schema.Struct({ of: Schema.String }) })

const filler = Jobs.define({
  name: "test.fill",
  payload: Schema.Struct({ batchId: JobBatchId, count: Schema.Int }),
  maxAttempts: 2,
  retrySchedule: Schedule.spaced("1 millis")
})

const module = Module.make({ id: "test", name: "Test", description: "A test.", jobs: [job, after, filler] })

const organizationId = OrganizationId.make("01890000-0000-7000-8000-000000000001")
const otherId = OrganizationId.make("01890000-0000-7000-8000-000000000002")

const within = (id: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

const inOrganization = within(organizationId)

const until = <R>(done: Effect.Effect<boolean, never, R>) =>
  Effect.repeat(done, { until: (yes) => yes, schedule: Schedule.spaced("20 millis") }).pipe(
    Effect.timeout("25 seconds"),
    Effect.orDie
  )

const countsOf = ({ cancelled, done, failed, state, total }: JobBatch) => ({ state, total, done, failed, cancelled })

const ended = (id: JobBatchId, state: JobBatch["state"]) =>
  until(Effect.map(Effect.orDie(JobBatches.use((all) => all.get(id))), (batch) => batch.state === state))

/** A batch of the numbers. */
const batchOf = Effect.fnUntraced(function*(numbers: ReadonlyArray<number>) {
  const batches = yield* JobBatches
  const { id } = yield* batches.create({ name: "test.numbers", next: Jobs.queued(after, { of: "numbers" }) })
  yield* batches.add(id, job, numbers.map((n) => ({ key: String(n), payload: { n } })))
  return yield* batches.seal(id)
})

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

describe.each(TestDatabase.all)("JobBatches on $name", (database) => {
  const layer = Layer.merge(JobBatches.layerSql, JobQueues.layerSql).pipe(
    Layer.provideMerge(Layer.mergeAll(Jobs.Jobs.layerSql, Audit.layerSql, ModuleRegistry.layer([module]))),
    Layer.provideMerge(migrated(database))
  )

  /** A process that works on jobs, and stops with the scope. */
  const process = (handle: (n: number) => Effect.Effect<void, unknown>) =>
    Jobs.worker(job, { handle: ({ payload }) => handle(payload.n), concurrency: 4 }).pipe(
      Layer.provide(Layer.fresh(Jobs.Jobs.layerSql))
    )

  it.live("every job counts once while processes die in the middle, jobs fail and run twice", () =>
    Effect.gen(function*() {
      const batches = yield* JobBatches
      const sql = yield* SqlClient.SqlClient
      const runs = new Map<number, number>()
      const following: Array<string> = []
      yield* Layer.build(Jobs.worker(after, {
        handle: ({ payload }) =>
          Effect.sync(() => {
            following.push(payload.of)
          })
      }))
      // Every seventh fails for good, every fifth at first.
      const handle = (n: number) =>
        Effect.gen(function*() {
          const run = (runs.get(n) ?? 0) + 1
          runs.set(n, run)
          yield* Effect.sleep(`${n % 3} millis`)
          if (n % 7 === 0) return yield* Effect.fail(NotFound.of("number", String(n)))
          if (n % 5 === 0 && run === 1) return yield* Effect.fail("not yet")
        })
      const batch = yield* batchOf(numbers(60))
      assert.deepStrictEqual(countsOf(batch), { state: "running", total: 60, done: 0, failed: 0, cancelled: 0 })
      const steady = yield* Effect.forkScoped(Effect.scoped(Effect.andThen(Layer.build(process(handle)), Effect.never)))
      const dying = Effect.gen(function*() {
        const one = yield* Effect.forkChild(Effect.scoped(Effect.andThen(Layer.build(process(handle)), Effect.never)))
        yield* Effect.sleep("150 millis")
        // What is done is given out again, as after a kill between the work and its acknowledgement.
        yield* Effect.orDie(
          sql`UPDATE core_jobs SET state = 'pending' WHERE state = 'completed' AND queue_name = ${job.name}`
        )
        yield* Fiber.interrupt(one)
      })
      yield* Effect.repeat(dying, { times: 4 })
      yield* ended(batch.id, "failed")
      const final = yield* batches.get(batch.id)
      assert.deepStrictEqual(countsOf(final), { state: "failed", total: 60, done: 51, failed: 9, cancelled: 0 })
      assert.strictEqual(final.progress, 100)
      yield* until(Effect.sync(() => following.length > 0))
      yield* Effect.sleep("1200 millis")
      assert.deepStrictEqual(following, ["numbers"])
      assert.deepStrictEqual(countsOf(yield* batches.get(batch.id)), countsOf(final))

      const failed = (yield* batches.jobs(batch.id, { state: "failed" })).data
      assert.deepStrictEqual(failed.map(({ key }) => key), ["0", "7", "14", "21", "28", "35", "42", "49", "56"])
      assert.include(failed[0]?.reason, `"0"`)
      yield* Fiber.interrupt(steady)
    }).pipe(inOrganization, Effect.scoped, Effect.provide(layer)))

  it.live("what was given up is tried again, alone or all of it, and the batch ends once more", () =>
    Effect.gen(function*() {
      const batches = yield* JobBatches
      const queues = yield* JobQueues
      let isMended = false
      const following: Array<string> = []
      yield* Layer.build(Layer.merge(
        process((n) => n < 3 && !isMended ? Effect.fail("broken") : Effect.void),
        Jobs.worker(after, {
          handle: ({ payload }) =>
            Effect.sync(() => {
              following.push(payload.of)
            })
        })
      ))
      const batch = yield* batchOf(numbers(5))
      yield* ended(batch.id, "failed")
      const [first] = (yield* batches.jobs(batch.id, { state: "failed" })).data
      assert.strictEqual(first?.reason, "It failed unexpectedly.")
      // The handler has been counted before the queue sets the job aside.
      yield* until(Effect.map(queues.list, (all) => all.find(({ name }) => name === job.name)?.failed === 3))
      isMended = true
      yield* queues.retry(job.name, first?.id ?? "")
      yield* until(Effect.map(Effect.orDie(batches.get(batch.id)), ({ done }) => done === 3))
      assert.strictEqual((yield* batches.get(batch.id)).failed, 2)
      yield* batches.retryFailed(batch.id)
      yield* ended(batch.id, "completed")
      assert.deepStrictEqual(countsOf(yield* batches.get(batch.id)), {
        state: "completed",
        total: 5,
        done: 5,
        failed: 0,
        cancelled: 0
      })
      yield* until(Effect.sync(() => following.length === 3))
      assert.strictEqual((yield* Effect.flip(batches.cancel(batch.id)))._tag, "Conflict")
      assert.strictEqual((yield* batches.retryFailed(batch.id)).state, "completed")
    }).pipe(inOrganization, Effect.scoped, Effect.provide(layer)))

  it.live("a cancelled batch begins nothing more, lets come to its end what runs, and queues nothing after it", () =>
    Effect.gen(function*() {
      const batches = yield* JobBatches
      const sql = yield* SqlClient.SqlClient
      const begun = yield* Deferred.make<void>()
      const letGo = yield* Deferred.make<void>()
      const ran: Array<number> = []
      yield* Layer.build(
        Jobs.worker(job, {
          handle: ({ payload }) =>
            Effect.gen(function*() {
              ran.push(payload.n)
              yield* Deferred.succeed(begun, undefined)
              yield* Deferred.await(letGo)
              return yield* Effect.fail("too late")
            })
        })
      )
      const batch = yield* batchOf(numbers(600))
      yield* Deferred.await(begun)
      const cancelling = yield* batches.cancel(batch.id)
      assert.deepStrictEqual(countsOf(cancelling), {
        state: "cancelling",
        total: 600,
        done: 0,
        failed: 0,
        cancelled: 599
      })
      assert.strictEqual(yield* batches.add(batch.id, job, [{ payload: { n: 99 } }]), 0)
      yield* Deferred.succeed(letGo, undefined)
      yield* ended(batch.id, "cancelled")
      assert.strictEqual((yield* batches.get(batch.id)).cancelled, 600)
      assert.lengthOf(ran, 1)
      assert.lengthOf(yield* sql`SELECT id FROM core_jobs WHERE queue_name = ${after.name}`, 0)
      assert.strictEqual((yield* Effect.flip(batches.retryFailed(batch.id)))._tag, "Conflict")
      assert.strictEqual((yield* batches.cancel(batch.id)).state, "cancelled")
      const actions = (yield* Audit.use((audit) => audit.list({}))).data.map(({ action }) => action)
      assert.deepStrictEqual(actions, ["job_batch.cancelled"])
    }).pipe(inOrganization, Effect.scoped, Effect.provide(layer)))

  it.live("jobs that were given up without their handler are counted, and so are those that an operator forgets", () =>
    Effect.gen(function*() {
      const batches = yield* JobBatches
      const queues = yield* JobQueues
      const sql = yield* SqlClient.SqlClient
      const batch = yield* batchOf(numbers(4))
      const all = (yield* batches.jobs(batch.id, {})).data
      assert.deepStrictEqual(all.map(({ key, state }) => [key, state]), [
        ["0", "pending"],
        ["1", "pending"],
        ["2", "pending"],
        ["3", "pending"]
      ])
      // One can't be read; the process of another one died in its last attempt.
      yield* sql`UPDATE core_jobs SET state = 'failed' WHERE id = ${all[0]?.id ?? ""} OR id = ${all[1]?.id ?? ""}`
      yield* batches.sweep
      yield* queues.discard(job.name, all[2]?.id ?? "")
      yield* batches.sweep
      assert.deepStrictEqual(countsOf(yield* batches.get(batch.id)), {
        state: "running",
        total: 4,
        done: 0,
        failed: 2,
        cancelled: 1
      })
      assert.strictEqual(yield* queues.retryFailed(job.name), 2)
      yield* Layer.build(process(() => Effect.void))
      yield* ended(batch.id, "completed")
      assert.deepStrictEqual(countsOf(yield* batches.get(batch.id)), {
        state: "completed",
        total: 4,
        done: 3,
        failed: 0,
        cancelled: 1
      })
      yield* sql`UPDATE core_job_batches SET ended_at = 1`
      yield* batches.sweep
      assert.strictEqual((yield* Effect.flip(batches.get(batch.id)))._tag, "NotFound")
    }).pipe(inOrganization, Effect.scoped, Effect.provide(layer)))

  it.live("a batch whose filler is given up ends as failed with its cause, and is whole when it is tried again", () =>
    Effect.gen(function*() {
      const batches = yield* JobBatches
      const queues = yield* JobQueues
      const sql = yield* SqlClient.SqlClient
      const following: Array<string> = []
      let isBroken = true
      yield* Layer.build(Layer.mergeAll(
        process(() => Effect.void),
        Jobs.worker(after, { handle: ({ payload }) => Effect.sync(() => void following.push(payload.of)) }),
        Jobs.worker(filler, {
          handle: ({ payload }) =>
            Effect.gen(function*() {
              const items = numbers(payload.count).map((n) => ({ key: String(n), payload: { n } }))
              yield* batches.add(payload.batchId, job, isBroken ? items.slice(0, 3) : items)
              if (isBroken) return yield* Effect.fail(NotFound.of("source", "of it all"))
              yield* batches.seal(payload.batchId)
            })
        }).pipe(Layer.provide(Layer.fresh(Jobs.Jobs.layerSql)))
      ))
      const { id } = yield* batches.create({ name: "test.filled", next: Jobs.queued(after, { of: "filled" }) })
      yield* batches.fillBy(id, filler, { batchId: id, count: 8 })
      yield* batches.fillBy(id, filler, { batchId: id, count: 8 })
      yield* ended(id, "failed")
      const given = yield* batches.get(id)
      assert.deepStrictEqual(countsOf(given), { state: "failed", total: 4, done: 3, failed: 1, cancelled: 0 })
      assert.isNotNull(given.endedAt)
      const [lost, ...others] = (yield* batches.jobs(id, { state: "failed" })).data
      assert.deepStrictEqual([lost?.queue, others.length], [filler.name, 0])
      assert.strictEqual(lost?.reason, "No source \"of it all\" in this organization.")
      assert.deepStrictEqual(following, [])

      isBroken = false
      const again = yield* batches.retryFailed(id)
      assert.isNull(again.endedAt)
      yield* ended(id, "completed")
      assert.deepStrictEqual(countsOf(yield* batches.get(id)), {
        state: "completed",
        total: 8,
        done: 8,
        failed: 0,
        cancelled: 0
      })
      yield* until(Effect.sync(() => following.length === 1))
      yield* until(
        Effect.map(Effect.orDie(batches.jobs(id, {})), ({ data }) => data.every((one) => one.queue === job.name))
      )

      // One whose process died in its last attempt, and one that an operator took out.
      yield* queues.pause(filler.name)
      // Workers hear of it within a second; until then they may still take one.
      yield* Effect.sleep("2500 millis")
      const [dead, taken] = [
        yield* batches.create({ name: "test.dead" }),
        yield* batches.create({ name: "test.taken" })
      ]
      for (const batch of [dead, taken]) yield* batches.fillBy(batch.id, filler, { batchId: batch.id, count: 2 })
      const fillerOf = (batchId: JobBatchId) => Effect.map(batches.jobs(batchId, {}), ({ data }) => data[0]?.id ?? "")
      yield* sql`UPDATE core_jobs SET state = 'failed' WHERE id = ${yield* fillerOf(dead.id)}`
      yield* batches.sweep
      yield* queues.discard(filler.name, yield* fillerOf(taken.id))
      for (const batch of [dead, taken]) {
        assert.deepStrictEqual(countsOf(yield* batches.get(batch.id)), {
          state: "failed",
          total: 1,
          done: 0,
          failed: 1,
          cancelled: 0
        })
      }
      yield* queues.resume(filler.name)
      yield* batches.retryFailed(dead.id)
      yield* ended(dead.id, "completed")
    }).pipe(inOrganization, Effect.scoped, Effect.provide(layer)))

  it.live("a batch is filled in steps by whoever begins again, and is its organization's own", () =>
    Effect.gen(function*() {
      const batches = yield* JobBatches
      const done: Array<number> = []
      const { id } = yield* batches.create({ name: "test.steps" }).pipe(inOrganization)
      const items = numbers(120).map((n) => ({ key: `item ${n}`, payload: { n } }))
      assert.strictEqual(yield* batches.add(id, job, items.slice(0, 70)).pipe(inOrganization), 70)
      const both = Effect.all([batches.add(id, job, items), batches.add(id, job, items)], { concurrency: 2 })
      const [one, two] = yield* both.pipe(inOrganization)
      assert.strictEqual(one + two, 50)
      yield* Layer.build(Jobs.worker(job, {
        handle: ({ payload }) =>
          Effect.sync(() => {
            done.push(payload.n)
          }),
        concurrency: 8
      }))
      yield* until(Effect.sync(() => done.length === 120))
      const filling = yield* batches.get(id).pipe(inOrganization)
      assert.deepStrictEqual([filling.state, filling.total], ["filling", 120])
      yield* batches.seal(id).pipe(inOrganization)
      yield* ended(id, "completed").pipe(inOrganization)
      assert.sameMembers(done, numbers(120))

      assert.strictEqual((yield* Effect.flip(batches.get(id).pipe(within(otherId))))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(batches.cancel(id).pipe(within(otherId))))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(batches.jobs(id, {}).pipe(within(otherId))))._tag, "NotFound")
      assert.lengthOf((yield* batches.list({}).pipe(within(otherId))).data, 0)
      const empty = yield* batches.create({ name: "test.empty" }).pipe(within(platform))
      const sealed = yield* onPlatform(batches.seal(empty.id))
      assert.deepStrictEqual([sealed.state, sealed.progress], ["completed", 100])
      assert.deepStrictEqual((yield* onPlatform(batches.list({}))).data.map(({ name }) => name), ["test.empty"])
      const firstPage = yield* batches.list({ limit: 1 }).pipe(inOrganization)
      assert.deepStrictEqual([firstPage.data[0]?.id, firstPage.nextCursor], [id, null])
    }).pipe(Effect.scoped, Effect.provide(layer)))
})
