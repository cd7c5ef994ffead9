/**
 * Batches of jobs: many jobs with one name, counted as a whole, with a job that comes after all of them. They can be
 * cancelled, and what was given up can be tried again.
 *
 * An organization's batches are its own; those of the server itself belong to the platform (`onPlatform`).
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as Id from "./Id.ts"
import { BatchedJob, JobBatch, JobBatchId } from "./JobBatch.ts"
import type { BatchedJobState, JobBatchState } from "./JobBatch.ts"
import { fillerKey, JobBatchCounts, NextJob } from "./JobBatchCounts.ts"
import type { BatchKey, BatchRow } from "./JobBatchCounts.ts"
import * as Jobs from "./Jobs.ts"
import * as Pagination from "./Pagination.ts"
import { platform } from "./PlatformAdmins.ts"
import { Conflict, NotFound } from "./Problem.ts"
import type { InvalidInput } from "./Problem.ts"
import { affectedRows, joinTransaction, orDieSql, rowLimit, transaction, varying } from "./Sql.ts"
import { Actor, CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * A job for a batch.
 *
 * @category models
 * @since 0.1.0
 */
export interface BatchItem<Payload> {
  readonly payload: Payload
  /**
   * What the job is about, at most 190 characters: a batch takes a key once, so that whoever fills it can begin again
   * after it was interrupted. The job's own id if absent.
   */
  readonly key?: string | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface NewBatch {
  /** Dotted, of the package: `knowledge.publish`. At most 120 characters. */
  readonly name: string
  /**
   * Queued when all jobs of the batch have ended, also those that were given up; again when they end once more after
   * they were tried again. Not when the batch was cancelled.
   */
  readonly next?: Jobs.QueuedJob | undefined
}

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class JobBatches extends Context.Service<JobBatches, {
  /** A batch to be filled by `add`; it comes to an end only after `seal`. */
  readonly create: (batch: NewBatch) => Effect.Effect<JobBatch, never, Acting>
  /** Queues jobs of a kind for it and returns how many were new to it: none once it is sealed or cancelled. */
  readonly add: <Payload extends Schema.ConstraintCodec<unknown, unknown>>(
    id: JobBatchId,
    definition: Jobs.JobDefinition<Payload>,
    items: ReadonlyArray<BatchItem<Payload["Type"]>>
  ) => Effect.Effect<number, NotFound, Acting>
  /**
   * Queues the job that fills the batch: it adds the others and seals it, and may be run again at any time. It is not one
   * of them: it counts only when it is given up. The batch ends as failed then, with its reason, and `retryFailed` lets
   * it begin again.
   */
  readonly fillBy: <Payload extends Schema.ConstraintCodec<unknown, unknown>>(
    id: JobBatchId,
    definition: Jobs.JobDefinition<Payload>,
    payload: Payload["Type"]
  ) => Effect.Effect<void, NotFound, Acting>
  /** No more jobs are added. Sealing it again changes nothing. */
  readonly seal: (id: JobBatchId) => Effect.Effect<JobBatch, NotFound, CurrentOrganization>
  /** The newest first. */
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<JobBatch>, InvalidInput, CurrentOrganization>
  readonly get: (id: JobBatchId) => Effect.Effect<JobBatch, NotFound, CurrentOrganization>
  /** In the order in which they were added. */
  readonly jobs: (
    id: JobBatchId,
    query: Pagination.PageQuery & { readonly state?: BatchedJobState | undefined }
  ) => Effect.Effect<Pagination.Page<BatchedJob>, NotFound | InvalidInput, CurrentOrganization>
  /** Takes back the jobs that nobody works on; those that run come to their end, and are not tried again. */
  readonly cancel: (id: JobBatchId) => Effect.Effect<JobBatch, NotFound | Conflict, Acting>
  /** Gives the jobs that were given up all their attempts again. */
  readonly retryFailed: (id: JobBatchId) => Effect.Effect<JobBatch, NotFound | Conflict, Acting>
  /**
   * Counts the jobs that were given up without their handler (their process died in the last attempt, they could not be
   * read), and forgets batches that ended more than 90 days ago.
   */
  readonly sweep: Effect.Effect<void>
}>()("@wicara/core/JobBatches") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    JobBatches,
    never,
    SqlClient.SqlClient | Jobs.Jobs | JobBatchCounts | Audit
  > = Layer.suspend(() => Layer.effect(JobBatches, make))
}

const pageRows = 500
const keptMillis = 90 * 86_400_000

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const jobs = yield* Jobs.Jobs
  const counts = yield* JobBatchCounts
  const audit = yield* Audit

  const columns = sql.literal(
    "id, name, sealed, total, done, failed, cancelled, next_job, created_by, created_at, cancelled_at, ended_at"
  )
  const theBatch = ({ batchId, organizationId }: BatchKey) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(batchId)}`
  const ofBatch = ({ batchId, organizationId }: BatchKey) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND batch_id = ${Id.toBytes(batchId)}`

  const keyOf = (batchId: JobBatchId) =>
    Effect.map(CurrentOrganization, ({ id }): BatchKey => ({ organizationId: id, batchId }))

  const locked = Effect.fnUntraced(function*(batch: BatchKey) {
    return (yield* counts.lock(batch)) ?? (yield* NotFound.of("batch", batch.batchId))
  })

  const read = Effect.fnUntraced(function*(batch: BatchKey) {
    const [row] = yield* sql<BatchRow>`SELECT ${columns} FROM core_job_batches WHERE ${theBatch(batch)}`
    return toBatch(row ?? (yield* NotFound.of("batch", batch.batchId)))
  })

  const record = (action: string, batch: JobBatch) =>
    audit.record({
      action,
      target: { type: "job_batch", id: batch.id },
      after: { name: batch.name, total: batch.total, done: batch.done, failed: batch.failed }
    })

  const pageOfJobs = (batch: BatchKey, state: string | undefined, after: string | undefined, limit: number) =>
    sql<BatchedRow>`SELECT job_id, queue, item_key, state, reason, ended_at FROM core_job_batch_jobs
      WHERE ${ofBatch(batch)} ${state === undefined ? sql.literal("") : sql`AND state = ${state}`}
      ${after === undefined ? sql.literal("") : sql`AND job_id > ${Id.toBytes(after)}`}
      ORDER BY job_id LIMIT ${rowLimit(sql, limit)}`

  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  const queued = (ids: ReadonlyArray<string>, condition: string) =>
    Effect.map(
      varying(
        sql,
        sql<{ readonly id: string }>`SELECT id FROM core_jobs WHERE id IN ${sql.in(ids)} AND ${sql.literal(condition)}
          ${forUpdate}`
      ),
      (rows) => rows.map(({ id }) => id)
    )

  /** Takes back a page of what has not ended; `undefined` after the last one. */
  const cancelPage = (batch: BatchKey, after: string | undefined) =>
    transaction(
      sql,
      Effect.gen(function*() {
        yield* locked(batch)
        const ids = (yield* pageOfJobs(batch, "pending", after, pageRows)).map((row) => Id.fromBytes(row.job_id))
        const last = ids.at(-1)
        if (last === undefined) return undefined
        const free = yield* queued(ids, "acquired_by IS NULL AND state = 'pending'")
        if (free.length > 0) {
          yield* varying(sql, sql`DELETE FROM core_jobs WHERE id IN ${sql.in(free)}`)
          yield* counts.settle(batch, free, "cancelled")
        }
        return last
      })
    )

  /** Counts a page of what was given up behind the back of its handler. */
  const sweepPage = Effect.fnUntraced(function*(batch: BatchKey, after: string | undefined) {
    const ids = (yield* pageOfJobs(batch, "pending", after, pageRows)).map((row) => Id.fromBytes(row.job_id))
    if (ids.length === 0) return undefined
    const rows = yield* varying(
      sql,
      sql<{ readonly id: string; readonly state: string }>`SELECT id, state FROM core_jobs WHERE id IN ${sql.in(ids)}`
    )
    const alive = new Set(rows.flatMap(({ id, state }) => (state === "failed" ? [] : [id])))
    const lost = ids.filter((id) => !alive.has(id))
    if (lost.length > 0) yield* counts.settle(batch, lost, "failed")
    return ids.at(-1)
  })

  /** Page after page, from a position to the next one. */
  const throughout = Effect.fnUntraced(function*<E>(
    page: (after: string | undefined) => Effect.Effect<string | undefined, E>
  ) {
    let after = yield* page(undefined)
    while (after !== undefined) after = yield* page(after)
  })

  /** Writes jobs of a locked batch, and queues them. */
  const enqueue = Effect.fnUntraced(function*<Payload extends Schema.ConstraintCodec<unknown, unknown>>(
    { batchId, organizationId }: BatchKey,
    definition: Jobs.JobDefinition<Payload>,
    fresh: ReadonlyArray<{ readonly jobId: string; readonly key: string; readonly payload: Payload["Type"] }>
  ) {
    yield* varying(
      sql,
      sql`INSERT INTO core_job_batch_jobs ${
        sql.insert(fresh.map(({ jobId, key }) => ({
          organization_id: Id.toBytes(organizationId),
          batch_id: Id.toBytes(batchId),
          job_id: Id.toBytes(jobId),
          queue: definition.name,
          item_key: key,
          state: "pending",
          reason: null,
          ended_at: null
        })) as never)
      }`
    )
    for (const { jobId, payload } of fresh) {
      const options = { id: jobId, batch: batchId }
      yield* organizationId === platform
        ? jobs.enqueueSystem(definition, payload, options)
        : jobs.enqueue(definition, payload, options)
    }
  })

  return JobBatches.of({
    create: Effect.fn("JobBatches.create")(function*(batch) {
      const organization = yield* CurrentOrganization
      const { actor } = yield* CurrentActor
      const id = yield* Id.next(JobBatchId)
      const next = batch.next === undefined ? null : encodeNext(yield* jobs.encode(batch.next))
      yield* Effect.orDie(sql`INSERT INTO core_job_batches ${
        sql.insert({
          organization_id: Id.toBytes(organization.id),
          id: Id.toBytes(id),
          name: batch.name,
          sealed: 0,
          total: 0,
          done: 0,
          failed: 0,
          cancelled: 0,
          next_job: next,
          created_by: encodeActor(actor),
          created_at: yield* Clock.currentTimeMillis,
          cancelled_at: null,
          ended_at: null
        })
      }`)
      return yield* Effect.orDie(read({ organizationId: organization.id, batchId: id }))
    }),
    add: Effect.fn("JobBatches.add")(function*(id, definition, items) {
      const batch = yield* keyOf(id)
      const addSome = Effect.fnUntraced(function*(some: typeof items) {
        const row = yield* locked(batch)
        if (Number(row.sealed) === 1) return 0
        const keyed = some.map(({ key, payload }) => {
          const jobId = SecureRandom.uuidV7Unsafe()
          return { jobId, key: key ?? jobId, payload }
        })
        const known = yield* varying(
          sql,
          sql<{ readonly item_key: string }>`SELECT item_key FROM core_job_batch_jobs
            WHERE ${ofBatch(batch)} AND item_key IN ${sql.in(keyed.map(({ key }) => key))}`
        )
        const seen = new Set(known.map((one) => one.item_key))
        const fresh = keyed.filter(({ key }) => !seen.has(key) && seen.add(key))
        if (fresh.length === 0) return 0
        yield* enqueue(batch, definition, fresh)
        yield* sql`UPDATE core_job_batches SET total = total + ${fresh.length} WHERE ${theBatch(batch)}`
        return fresh.length
      })
      let added = 0
      for (let from = 0; from < items.length; from += pageRows) {
        added += yield* orDieSql(joinTransaction(sql, addSome(items.slice(from, from + pageRows))))
      }
      return added
    }),
    fillBy: Effect.fn("JobBatches.fillBy")(function*(id, definition, payload) {
      const batch = yield* keyOf(id)
      yield* orDieSql(joinTransaction(
        sql,
        Effect.gen(function*() {
          const row = yield* locked(batch)
          const known = yield* sql`SELECT 1 FROM core_job_batch_jobs WHERE ${
            ofBatch(batch)
          } AND item_key = ${fillerKey}`
          if (Number(row.sealed) === 1 || known.length > 0) return
          yield* enqueue(batch, definition, [{ jobId: SecureRandom.uuidV7Unsafe(), key: fillerKey, payload }])
        })
      ))
    }),
    seal: Effect.fn("JobBatches.seal")(function*(id) {
      const batch = yield* keyOf(id)
      return yield* orDieSql(joinTransaction(
        sql,
        Effect.gen(function*() {
          const row = yield* locked(batch)
          yield* sql`UPDATE core_job_batches SET sealed = 1 WHERE ${theBatch(batch)}`
          yield* counts.endIfDone(batch, { ...row, sealed: 1 })
          return yield* read(batch)
        })
      ))
    }),
    list: Effect.fn("JobBatches.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const before = yield* Pagination.position(JobBatchId, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(sql<BatchRow>`SELECT ${columns} FROM core_job_batches
        WHERE organization_id = ${Id.toBytes(organization.id)}
        ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toBatch), limit, JobBatchId, (batch) => batch.id)
    }),
    get: Effect.fn("JobBatches.get")((id) => Effect.flatMap(keyOf(id), (batch) => orDieSql(read(batch)))),
    jobs: Effect.fn("JobBatches.jobs")(function*(id, query) {
      const batch = yield* keyOf(id)
      yield* orDieSql(read(batch))
      const after = yield* Pagination.position(JobPosition, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(pageOfJobs(batch, query.state, after, limit + 1))
      return Pagination.page(rows.map(toJob), limit, JobPosition, (job) => JobPosition.make(job.id))
    }),
    cancel: Effect.fn("JobBatches.cancel")(function*(id) {
      const batch = yield* keyOf(id)
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const row = yield* locked(batch)
          if (row.cancelled_at !== null) return
          if (row.ended_at !== null) return yield* new Conflict({ detail: "All of its jobs have ended." })
          const now = yield* Clock.currentTimeMillis
          yield* sql`UPDATE core_job_batches SET cancelled_at = ${now}, sealed = 1 WHERE ${theBatch(batch)}`
          yield* record("job_batch.cancelled", toBatch(row))
          yield* counts.endIfDone(batch, { ...row, sealed: 1, cancelled_at: now })
        })
      ))
      // A process that dies on the way leaves jobs behind that are cancelled when their turn comes.
      yield* orDieSql(throughout((after) => cancelPage(batch, after)))
      return yield* orDieSql(read(batch))
    }),
    retryFailed: Effect.fn("JobBatches.retryFailed")(function*(id) {
      const batch = yield* keyOf(id)
      return yield* orDieSql(transaction(
        sql,
        // All at once: were some done before the others are counted as open again, the batch would end in between.
        Effect.gen(function*() {
          const row = yield* locked(batch)
          if (row.cancelled_at !== null) return yield* new Conflict({ detail: "The batch was cancelled." })
          if (Number(row.failed) === 0) return toBatch(row)
          yield* throughout(Effect.fnUntraced(function*(after: string | undefined) {
            const ids = (yield* pageOfJobs(batch, "failed", after, pageRows)).map(({ job_id }) => Id.fromBytes(job_id))
            if (ids.length === 0) return undefined
            const failed = yield* queued(ids, "state = 'failed'")
            if (failed.length > 0) {
              yield* varying(sql, sql`UPDATE core_jobs SET ${sql.literal(Jobs.afresh)} WHERE id IN ${sql.in(failed)}`)
              yield* counts.reopen(batch, failed)
            }
            return ids.at(-1)
          }))
          yield* record("job_batch.retried", toBatch(row))
          return yield* read(batch)
        })
      ))
    }),
    sweep: Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const open = yield* sql<BatchIds>`SELECT organization_id, id FROM core_job_batches WHERE ended_at IS NULL`
      yield* Effect.forEach(open, (row) => throughout((after) => sweepPage(toKey(row), after)), { discard: true })
      const old = yield* sql<BatchIds>`SELECT organization_id, id FROM core_job_batches
        WHERE ended_at < ${now - keptMillis}`
      for (const row of old) {
        const batch = toKey(row)
        yield* affectedRows(sql`DELETE FROM core_job_batch_jobs WHERE ${ofBatch(batch)}`)
        yield* sql`DELETE FROM core_job_batches WHERE ${theBatch(batch)}`
      }
    }).pipe(Effect.orDie, Effect.withSpan("JobBatches.sweep"))
  })
})

const JobPosition = Schema.String.check(Schema.isUUID())

interface BatchIds {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
}

interface BatchedRow {
  readonly job_id: Uint8Array
  readonly queue: string
  readonly item_key: string
  readonly state: BatchedJobState
  readonly reason: string | null
  readonly ended_at: unknown
}

const toKey = (row: BatchIds): BatchKey => ({
  organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
  batchId: Id.fromBytes<JobBatchId>(row.id)
})

const encodeNext = Schema.encodeSync(NextJob)
const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
const decodeActor = Schema.decodeUnknownSync(Schema.fromJsonString(Actor))

const instant = (value: unknown) =>
  Option.getOrNull(Option.map(Option.fromNullOr(value), (millis) => DateTime.makeUnsafe(Number(millis))))

const stateOf = (row: BatchRow): JobBatchState => {
  if (row.ended_at === null) {
    if (row.cancelled_at !== null) return "cancelling"
    return Number(row.sealed) === 1 ? "running" : "filling"
  }
  if (row.cancelled_at !== null) return "cancelled"
  return Number(row.failed) > 0 ? "failed" : "completed"
}

const toBatch = (row: BatchRow): JobBatch => {
  const total = Number(row.total)
  const done = Number(row.done)
  const failed = Number(row.failed)
  const cancelled = Number(row.cancelled)
  return new JobBatch({
    id: Id.fromBytes<JobBatchId>(row.id),
    name: row.name,
    state: stateOf(row),
    total,
    done,
    failed,
    cancelled,
    progress: total === 0 ? (row.ended_at === null ? 0 : 100) : Math.floor((done + failed + cancelled) / total * 100),
    createdBy: decodeActor(row.created_by),
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    cancelledAt: instant(row.cancelled_at),
    endedAt: instant(row.ended_at)
  })
}

const toJob = (row: BatchedRow): BatchedJob =>
  new BatchedJob({
    id: Id.fromBytes(row.job_id),
    queue: row.queue,
    key: row.item_key,
    state: row.state,
    reason: row.reason,
    endedAt: instant(row.ended_at)
  })
