/**
 * The queues of jobs as those who run the server see them: what waits, what is worked on, what was given up and why, and
 * another attempt for that; pausing a queue and letting it go on. A job that fails again and again is set aside after its last attempt, and so is one that
 * can't be read; neither holds up the others.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError, Statement } from "effect/sql"
import { Audit } from "./Audit.ts"
import { Job, JobQueue } from "./Job.ts"
import type { JobState } from "./Job.ts"
import { JobBatchCounts } from "./JobBatchCounts.ts"
import { afresh } from "./Jobs.ts"
import type { Jobs } from "./Jobs.ts"
import { ModuleRegistry } from "./Module.ts"
import * as Pagination from "./Pagination.ts"
import { onPlatform } from "./PlatformAdmins.ts"
import { Conflict, NotFound } from "./Problem.ts"
import type { InvalidInput } from "./Problem.ts"
import * as Sorting from "./Sorting.ts"
import { affectedRows, insertIfAbsent, orDieSql, rowLimit, transaction, varying } from "./Sql.ts"
import type { CurrentActor } from "./Tenancy.ts"
import { OrganizationId } from "./Tenancy.ts"

/**
 * Which jobs to list.
 *
 * @category models
 * @since 0.1.0
 */
export interface JobsQuery extends Pagination.PageQuery {
  /** By when they were queued. */
  readonly sort?: Sorting.Sort<"createdAt"> | undefined
  readonly queue?: string | undefined
  readonly state?: JobState | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class JobQueues extends Context.Service<JobQueues, {
  /** Every queue of the server's modules, and every other one in which a job is, by name. */
  readonly list: Effect.Effect<ReadonlyArray<JobQueue>>
  /** The newest first, unless asked otherwise. */
  readonly jobs: (query: JobsQuery) => Effect.Effect<Pagination.Page<Job>, InvalidInput>
  readonly find: (queue: string, id: string) => Effect.Effect<Job, NotFound>
  /** Jobs of these queues that were given up in the last so many seconds, the latest first, `limit` at most. */
  readonly givenUp: (options: {
    readonly queues: ReadonlyArray<string>
    readonly withinSeconds: number
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<Job>>
  /** Gives a job that was given up all its attempts again. */
  readonly retry: (queue: string, id: string) => Effect.Effect<Job, NotFound | Conflict, CurrentActor>
  /** Gives those of a queue that were given up all their attempts again; returns how many. */
  readonly retryFailed: (queue: string) => Effect.Effect<number, never, CurrentActor>
  /**
   * No process takes jobs of the queue any more, from a second later on; the jobs that are running come to their end.
   * Jobs are still queued.
   */
  readonly pause: (queue: string) => Effect.Effect<JobQueue, NotFound, CurrentActor>
  readonly resume: (queue: string) => Effect.Effect<JobQueue, NotFound, CurrentActor>
  /** Forgets a job that nobody works on at this moment. */
  readonly discard: (queue: string, id: string) => Effect.Effect<void, NotFound | Conflict, CurrentActor>
}>()("@wicara/core/JobQueues") {
  /** Over the queue in `core_jobs`, which `Jobs.layerSql` makes. */
  static readonly layerSql: Layer.Layer<
    JobQueues,
    never,
    SqlClient.SqlClient | Jobs | JobBatchCounts | Audit | ModuleRegistry
  > = Layer.suspend(() => Layer.effect(JobQueues, make))
}

/** The queue counts its jobs as they come; their ids may be anything. */
const Position = Schema.Struct({ sort: Schema.String, sequence: Schema.Int })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const audit = yield* Audit
  const counts = yield* JobBatchCounts
  const registry = yield* ModuleRegistry
  const declared = registry.all.flatMap(({ jobs }) => jobs.map(({ name }) => name))

  /** The queue writes the database's own times, whole seconds. */
  const seconds = (column: string) =>
    sql.onDialectOrElse({
      mysql: () => sql.literal(`UNIX_TIMESTAMP(${column})`),
      orElse: () => sql.literal(`CAST(strftime('%s', ${column}) AS INTEGER)`)
    })

  const columns = sql`sequence, id, queue_name, element, state, attempts, last_failure, acquired_by,
    ${seconds("visible_at")} AS visible_at, ${seconds("created_at")} AS created_at,
    ${seconds("updated_at")} AS updated_at`

  const row = Effect.fnUntraced(function*(queue: string, id: string) {
    const [found] = yield* sql<JobRow>`SELECT ${columns} FROM core_jobs WHERE id = ${id} AND queue_name = ${queue}`
    return found ?? (yield* new NotFound({ resource: "job", id, detail: `There is no job "${id}" in ${queue}.` }))
  })

  const record = (action: string, queue: string, id: string, after?: unknown) =>
    onPlatform(audit.record({ action, target: { type: "job", id: `${queue}/${id}`.slice(0, 190) }, after }))

  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  /** Makes jobs that were given up due again, also for the batches that they belong to; returns how many. */
  const retryAll = Effect.fnUntraced(function*(condition: Statement.Fragment) {
    const found = yield* sql<{ readonly sequence: number; readonly id: string }>`SELECT sequence, id FROM core_jobs
      WHERE state = 'failed' AND ${condition} ${forUpdate}`
    for (let from = 0; from < found.length; from += 500) {
      const some = found.slice(from, from + 500)
      yield* varying(
        sql,
        sql`UPDATE core_jobs SET ${sql.literal(afresh)} WHERE sequence IN ${sql.in(some.map((one) => one.sequence))}`
      )
      for (const { jobIds, ...batch } of yield* counts.batchesOf(some.map(({ id }) => id))) {
        yield* counts.reopen(batch, jobIds)
      }
    }
    return found.length
  })

  const list = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* Effect.orDie(
      sql<QueueRow>`SELECT queue_name, state, COUNT(id) AS jobs,
        SUM(CASE WHEN acquired_by IS NULL THEN 0 ELSE 1 END) AS running, MIN(${seconds("visible_at")}) AS oldest
        FROM core_jobs GROUP BY queue_name, state`
    )
    const pauses = yield* Effect.orDie(
      sql<{ readonly name: string; readonly paused_at: unknown }>`SELECT name, paused_at FROM core_job_queues`
    )
    const pausedAt = new Map(pauses.map((row) => [row.name, DateTime.makeUnsafe(Number(row.paused_at))]))
    const names = new Set([...declared, ...pausedAt.keys(), ...rows.map((row) => row.queue_name)])
    return [...names].toSorted().map((name) => {
      const of = (state: string) => rows.find((row) => row.queue_name === name && row.state === state)
      const open = of("pending")
      const running = Number(open?.running ?? 0)
      const pending = Number(open?.jobs ?? 0) - running
      return new JobQueue({
        name,
        pending,
        running,
        failed: Number(of("failed")?.jobs ?? 0),
        completed: Number(of("completed")?.jobs ?? 0),
        pausedAt: pausedAt.get(name) ?? null,
        lateBySeconds: pending === 0 ? 0 : Math.max(0, Math.floor(now / 1000 - Number(open?.oldest)))
      })
    })
  })

  /** Changes whether a queue is paused; says nothing in the audit log when it was so already. */
  const changing = Effect.fnUntraced(function*(name: string, action: string, change: (now: number) => Change) {
    const found = Effect.map(list, (all) => all.find((queue) => queue.name === name))
    const now = yield* Clock.currentTimeMillis
    return yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        const before = yield* found
        if (before === undefined) {
          return yield* new NotFound({ resource: "queue", id: name, detail: `There is no queue "${name}".` })
        }
        yield* change(now)
        const after = (yield* found) ?? before
        if ((before.pausedAt === null) !== (after.pausedAt === null)) {
          yield* onPlatform(audit.record({ action, target: { type: "queue", id: name.slice(0, 190) } }))
        }
        return after
      })
    ))
  })

  return JobQueues.of({
    list: list.pipe(Effect.withSpan("JobQueues.list")),
    jobs: Effect.fn("JobQueues.jobs")(function*(query) {
      const sort = query.sort ?? "-createdAt"
      const after = yield* Sorting.positionAs(Position, query, sort)
      const limit = Pagination.limit(query)
      const keyset: Sorting.Keyset = {
        column: undefined,
        isDescending: Sorting.parts(sort).isDescending,
        id: "sequence",
        after: after === undefined ? undefined : { key: null, id: after.sequence }
      }
      const conditions = [
        ...(query.queue === undefined ? [] : [sql`queue_name = ${query.queue}`]),
        ...stateCondition(sql, query.state)
      ]
      const rows = yield* Effect.orDie(
        Sorting.read(
          sql,
          keyset,
          limit + 1,
          (where, rest) =>
            sql<JobRow>`SELECT ${columns} FROM core_jobs WHERE ${sql.and([...conditions, where])} ${rest}`
        )
      )
      const page = Pagination.page(rows, limit, Position, ({ sequence }) => ({ sort, sequence: Number(sequence) }))
      return { data: page.data.map(toJob), nextCursor: page.nextCursor }
    }),
    givenUp: Effect.fn("JobQueues.givenUp")(function*({ limit, queues, withinSeconds }) {
      if (queues.length === 0) return []
      // The queue writes the database's own times: they are compared with its own clock.
      const recent = sql.onDialectOrElse({
        mysql: () => sql`updated_at >= DATE_SUB(NOW(), INTERVAL ${withinSeconds} SECOND)`,
        orElse: () => sql`updated_at >= datetime('now', ${`-${withinSeconds} seconds`})`
      })
      const rows = yield* Effect.orDie(
        sql<JobRow>`SELECT ${columns} FROM core_jobs
        WHERE ${sql.in("queue_name", queues)} AND state = 'failed' AND ${recent}
        ORDER BY sequence DESC LIMIT ${rowLimit(sql, limit)}`
      )
      return rows.map(toJob)
    }),
    find: Effect.fn("JobQueues.find")((queue, id) => Effect.map(orDieSql(row(queue, id)), toJob)),
    retry: Effect.fn("JobQueues.retry")(function*(queue, id) {
      return yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const found = yield* row(queue, id)
          const retried = yield* retryAll(sql`sequence = ${found.sequence as number}`)
          if (retried === 0) return yield* new Conflict({ detail: "Only jobs that were given up are tried again." })
          yield* record("platform.job_retried", queue, id)
          return toJob(yield* row(queue, id))
        })
      ))
    }),
    retryFailed: Effect.fn("JobQueues.retryFailed")(function*(queue) {
      return yield* Effect.orDie(transaction(
        sql,
        Effect.gen(function*() {
          const retried = yield* retryAll(sql`queue_name = ${queue}`)
          if (retried > 0) yield* record("platform.jobs_retried", queue, "*", { jobs: retried })
          return retried
        })
      ))
    }),
    pause: Effect.fn("JobQueues.pause")((queue) =>
      changing(
        queue,
        "platform.queue_paused",
        (now) => insertIfAbsent(sql, "core_job_queues", "name", [{ name: queue, paused_at: now }])
      )
    ),
    resume: Effect.fn("JobQueues.resume")((queue) =>
      changing(queue, "platform.queue_resumed", () => sql`DELETE FROM core_job_queues WHERE name = ${queue}`)
    ),
    discard: Effect.fn("JobQueues.discard")(function*(queue, id) {
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const found = yield* row(queue, id)
          const deleted = yield* affectedRows(sql`DELETE FROM core_jobs
            WHERE sequence = ${found.sequence as number} AND acquired_by IS NULL`)
          if (deleted === 0) return yield* new Conflict({ detail: "This job is being worked on at this moment." })
          for (const { jobIds, ...batch } of yield* counts.batchesOf([id])) {
            yield* counts.settle(batch, jobIds, "cancelled")
          }
          yield* record("platform.job_discarded", queue, id)
        })
      ))
    })
  })
})

type Change = Effect.Effect<unknown, SqlError.SqlError>

const stateCondition = (sql: SqlClient.SqlClient, state: JobState | undefined) => {
  if (state === undefined) return []
  if (state === "running") return [sql`state = 'pending'`, sql`acquired_by IS NOT NULL`]
  if (state === "pending") return [sql`state = 'pending'`, sql`acquired_by IS NULL`]
  return [sql`state = ${state}`]
}

interface JobRow {
  readonly sequence: unknown
  readonly id: string
  readonly queue_name: string
  readonly element: string
  readonly state: string
  readonly attempts: unknown
  readonly last_failure: string | null
  readonly acquired_by: string | null
  readonly visible_at: unknown
  readonly created_at: unknown
  readonly updated_at: unknown
}

interface QueueRow {
  readonly queue_name: string
  readonly state: string
  readonly jobs: unknown
  readonly running: unknown
  readonly oldest: unknown
}

const decodeElement = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Struct({
  organizationId: Schema.NullOr(OrganizationId),
  payload: Schema.Json
})))

const instant = (value: unknown) => DateTime.makeUnsafe(Number(value) * 1000)

const toJob = (row: JobRow): Job => {
  const element = Result.getSuccess(decodeElement(row.element))
  const state = row.state === "pending" && row.acquired_by !== null ? "running" : row.state as JobState
  return new Job({
    id: row.id,
    queue: row.queue_name,
    state,
    attempts: Number(row.attempts),
    // Nothing of it can be read: that is why it was given up.
    organizationId: Option.getOrNull(Option.map(element, ({ organizationId }) => organizationId)),
    payload: Option.getOrNull(Option.map(element, ({ payload }) => payload)),
    cause: row.last_failure,
    dueAt: instant(row.visible_at),
    createdAt: instant(row.created_at),
    changedAt: instant(row.updated_at)
  })
}
