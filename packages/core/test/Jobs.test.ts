import { assert, describe, it } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import * as Maintenance from "@wicara/core/Maintenance"
import { Schedules } from "@wicara/core/Schedules"
import { SignIn } from "@wicara/core/SignIn"
import { transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor, UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Deferred, Effect, Exit, Layer, Redacted, Schedule, Schema, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { identity, migrated, modules, newTenant, password } from "./layers.ts"

const countJob = Jobs.define({
  name: "test.count",
  payload: Schema.Struct({ n: Schema.Int, at: Schema.optionalKey(Schema.DateTimeUtc) }),
  maxAttempts: 3,
  retrySchedule: Schedule.spaced("1 millis")
})

const acting = Effect.gen(function*() {
  const organizationId = yield* Id.next(OrganizationId)
  const userId = yield* Id.next(UserId)
  return {
    organizationId,
    userId,
    run: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provideService(CurrentOrganization, { id: organizationId }),
        Effect.provideService(CurrentActor, {
          actor: { _tag: "User" as const, id: userId },
          permissions: new Set<string>()
        })
      )
  }
})

const until = (done: () => boolean) =>
  Effect.gen(function*() {
    while (!done()) yield* Effect.sleep("10 millis")
  }).pipe(Effect.timeout("20 seconds"))

const enqueue = (n: number, options?: Jobs.EnqueueOptions) =>
  Jobs.Jobs.use((jobs) => jobs.enqueue(countJob, { n }, options))

describe.each(TestDatabase.all)("Jobs on $name", (database) => {
  const layer = Jobs.Jobs.layerSql.pipe(Layer.provideMerge(migrated(database)))

  it.live("a job queued in a transaction runs after its commit, for the organization and as the actor that queued it", () =>
    Effect.gen(function*() {
      const { organizationId, run, userId } = yield* acting
      const sql = yield* SqlClient.SqlClient
      const done: Array<unknown> = []
      yield* Layer.build(Jobs.worker(countJob, {
        handle: Effect.fnUntraced(function*({ attempt, payload }) {
          const { id } = yield* CurrentOrganization
          const { actor } = yield* CurrentActor
          done.push([id, actor, payload.n, attempt])
        })
      }))
      yield* transaction(sql, Effect.andThen(enqueue(1), Effect.fail("no" as const))).pipe(run, Effect.flip)
      yield* transaction(sql, enqueue(2)).pipe(run)
      yield* until(() => done.length > 0)
      yield* Effect.sleep("1200 millis")
      assert.deepStrictEqual(done, [[organizationId, { _tag: "User", id: userId }, 2, 1]])
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("a failed job is tried again, an id is queued once, and two workers share the work", () =>
    Effect.gen(function*() {
      const { run } = yield* acting
      const attempts: Array<readonly [number, number]> = []
      const worker = Jobs.worker(countJob, {
        concurrency: 2,
        handle: ({ attempt, payload }) => {
          attempts.push([payload.n, attempt])
          return payload.n === 3 && attempt === 1 ? Effect.fail("not yet") : Effect.void
        }
      })
      yield* Layer.build(Layer.fresh(worker))
      yield* Layer.build(Layer.fresh(worker))
      for (let n = 0; n < 10; n++) yield* enqueue(n, { id: `job-${n}` }).pipe(run)
      for (let n = 0; n < 10; n++) yield* enqueue(n, { id: `job-${n}` }).pipe(run)
      yield* until(() => attempts.length >= 11)
      yield* Effect.sleep("200 millis")
      assert.deepStrictEqual(
        attempts.toSorted(([a, i], [b, j]) => a - b || i - j).map(([n, attempt]) => `${n}/${attempt}`),
        ["0/1", "1/1", "2/1", "3/1", "3/2", "4/1", "5/1", "6/1", "7/1", "8/1", "9/1"]
      )
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("a job whose process stops in the middle is done by the next one", () =>
    Effect.gen(function*() {
      const { run } = yield* acting
      const started = yield* Deferred.make<void>()
      const done = yield* Deferred.make<number>()
      const first = yield* Scope.make()
      yield* Layer.buildWithScope(
        Jobs.worker(countJob, { handle: () => Effect.andThen(Deferred.succeed(started, undefined), Effect.never) }),
        first
      )
      yield* enqueue(7).pipe(run)
      yield* Deferred.await(started)
      yield* Scope.close(first, Exit.void)
      yield* Layer.build(
        Jobs.worker(countJob, { handle: ({ payload }) => Effect.asVoid(Deferred.succeed(done, payload.n)) })
      )
      assert.strictEqual(yield* Effect.timeout(Deferred.await(done), "10 seconds"), 7)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("a payload that is a body instead of an id is refused", () =>
    Effect.gen(function*() {
      const big = Jobs.define({ name: "test.big", payload: Schema.Struct({ body: Schema.String }) })
      const exit = yield* Jobs.Jobs.use((jobs) => jobs.enqueueSystem(big, { body: "x".repeat(70_000) })).pipe(
        Effect.exit
      )
      assert.isTrue(Exit.isFailure(exit))
    }).pipe(Effect.provide(layer)))

  it.live("processes that start together on an empty database all get their queue", () =>
    Effect.gen(function*() {
      const built = yield* Effect.forEach(
        Array.from({ length: 3 }),
        () => Effect.exit(Layer.build(Layer.fresh(Jobs.Jobs.layerSql))),
        { concurrency: "unbounded" }
      )
      assert.isTrue(built.every(Exit.isSuccess))
    }).pipe(Effect.scoped, Effect.provide(migrated(database))))

  it.live("maintenance clears expired rows away and is queued once an hour", () =>
    Effect.gen(function*() {
      const tenant = yield* newTenant
      const signIn = yield* SignIn
      const sql = yield* SqlClient.SqlClient
      const login = signIn.withPassword({ email: tenant.email, password: Redacted.make(password) })
      const [expired, kept] = [yield* login, yield* login]
      yield* Effect.flip(signIn.withPassword({ email: "x@example.com", password: Redacted.make("wrong") }))
      yield* sql`UPDATE core_sessions SET expires_at = 1 WHERE id = ${Id.toBytes(expired.session.id)}`
      yield* sql`UPDATE core_sign_in_limits SET forget_at = 1`
      const process = Layer.merge(Maintenance.layer, Schedules.layerWorker).pipe(
        Layer.provide(Schedules.layerSql),
        Layer.provide(modules)
      )
      yield* Layer.build(Layer.fresh(process))
      yield* Layer.build(Layer.fresh(process))
      const ids = Effect.map(
        sql<{ readonly id: Uint8Array }>`SELECT id FROM core_sessions`,
        (rows) => rows.map((row) => Id.fromBytes(row.id))
      )
      while ((yield* ids).length > 1) yield* Effect.sleep("20 millis")
      assert.deepStrictEqual(yield* ids, [kept.session.id])
      // They are cleared away after the sessions.
      while ((yield* sql`SELECT subject FROM core_sign_in_limits`).length > 0) yield* Effect.sleep("20 millis")
      assert.lengthOf(yield* sql`SELECT id FROM core_jobs WHERE queue_name = 'core.cleanup'`, 1)
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(identity, Jobs.Jobs.layerSql).pipe(Layer.provideMerge(migrated(database)))),
      Effect.provideService(CurrentActor, systemActor("test"))
    ))
})
