/**
 * How a batch is counted: what became of each job is written once, under the lock of its batch, with the count and, after
 * the last one, the job that comes next. A job that runs twice, or whose process dies at any moment, counts once.
 *
 * `Jobs.layerSql` provides it; only what queues, does and looks after jobs uses it.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Context, Effect, Exit, Layer, Predicate, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { PersistedQueue } from "effect/persistence"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import * as Id from "./Id.ts"
import type { JobBatchId } from "./JobBatch.ts"
import { joinTransaction, varying } from "./Sql.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * A batch, as its jobs carry it. The platform's own have the platform's id as their organization.
 *
 * @category models
 * @since 0.1.0
 */
export interface BatchKey {
  readonly organizationId: OrganizationId
  readonly batchId: JobBatchId
}

/**
 * @category models
 * @since 0.1.0
 */
export type Outcome = "done" | "failed" | "cancelled"

/**
 * @category services
 * @since 0.1.0
 */
export class JobBatchCounts extends Context.Service<JobBatchCounts, {
  /**
   * Runs the handler of a job of a batch and counts it. What has ended already is not run again, and what belongs to a
   * cancelled batch is not begun.
   */
  readonly around: <E, R>(
    batch: BatchKey,
    job: { readonly id: string; readonly isLastAttempt: boolean },
    run: Effect.Effect<void, E, R>
  ) => Effect.Effect<void, E, R>
  /** Writes what became of jobs that had not ended. */
  readonly settle: (
    batch: BatchKey,
    jobIds: ReadonlyArray<string>,
    outcome: Outcome,
    reason?: string
  ) => Effect.Effect<void, SqlError.SqlError>
  /** Jobs that were given up are tried again: they count as not ended. */
  readonly reopen: (batch: BatchKey, jobIds: ReadonlyArray<string>) => Effect.Effect<void, SqlError.SqlError>
  /**
   * Says of a locked batch that it is at its end if every job is, and queues what comes next. One whose filler was given
   * up ends without being whole, and nothing comes next.
   */
  readonly endIfDone: (batch: BatchKey, row: BatchRow) => Effect.Effect<void, SqlError.SqlError>
  /** Keeps everybody else from the batch until the transaction ends; `undefined` when there is none. */
  readonly lock: (batch: BatchKey) => Effect.Effect<BatchRow | undefined, SqlError.SqlError>
  /** The batches of those of the jobs that belong to one. */
  readonly batchesOf: (
    jobIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<BatchKey & { readonly jobIds: ReadonlyArray<string> }>, SqlError.SqlError>
}>()("@wicara/core/JobBatchCounts") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    JobBatchCounts,
    never,
    SqlClient.SqlClient | PersistedQueue.PersistedQueueStore
  > = Layer.suspend(() => Layer.effect(JobBatchCounts, make))
}

/**
 * A batch as it is stored.
 *
 * @category models
 * @since 0.1.0
 */
export interface BatchRow {
  readonly id: Uint8Array
  readonly name: string
  readonly sealed: unknown
  readonly total: unknown
  readonly done: unknown
  readonly failed: unknown
  readonly cancelled: unknown
  readonly next_job: string | null
  readonly created_by: string
  readonly created_at: unknown
  readonly cancelled_at: unknown
  readonly ended_at: unknown
}

/**
 * A job that is queued when a batch has ended, as `next_job` has it.
 *
 * @category codecs
 * @since 0.1.0
 */
export const NextJob = Schema.fromJsonString(Schema.Struct({ queue: Schema.String, element: Schema.Json }))

const decodeNext = Schema.decodeUnknownSync(NextJob)

/**
 * The key of the job that fills a batch. It is not one of those that the batch is about: it counts only when it is given
 * up, and is forgotten when it is done.
 *
 * @category constants
 * @since 0.1.0
 */
export const fillerKey = "@fill"

/** What a person may read of a failure: what it says of itself, and nothing of the server's inside. */
const reasonOf = (cause: Cause.Cause<unknown>): string => {
  for (const reason of cause.reasons) {
    if (!Cause.isFailReason(reason)) continue
    const { error } = reason
    for (const field of ["detail", "message"]) {
      const text = Predicate.hasProperty(error, field) ? error[field] : undefined
      if (Predicate.isString(text) && text !== "") return text
    }
  }
  return unexpected
}

const unexpected = "It failed unexpectedly."

const takenOut = "It was taken out of its queue."

const maximumReason = 500

/** A job id is its batch's own UUID. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const store = yield* PersistedQueue.PersistedQueueStore

  const ofBatch = ({ batchId, organizationId }: BatchKey) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND batch_id = ${Id.toBytes(batchId)}`
  const theBatch = ({ batchId, organizationId }: BatchKey) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(batchId)}`

  const lock = (batch: BatchKey) =>
    Effect.map(
      sql<BatchRow>`SELECT id, name, sealed, total, done, failed, cancelled, next_job, created_by, created_at,
        cancelled_at, ended_at FROM core_job_batches WHERE ${theBatch(batch)} ${
        sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
      }`,
      (rows) => rows[0]
    )

  const statesOf = (batch: BatchKey, jobIds: ReadonlyArray<string>) =>
    varying(
      sql,
      sql<{ readonly job_id: Uint8Array; readonly state: string; readonly item_key: string }>`
        SELECT job_id, state, item_key FROM core_job_batch_jobs WHERE ${ofBatch(batch)} AND job_id IN ${
        sql.in(jobIds.map(Id.toBytes))
      }`
    )

  const isFillerLost = (batch: BatchKey) =>
    Effect.map(
      sql`SELECT 1 FROM core_job_batch_jobs WHERE ${ofBatch(batch)} AND item_key = ${fillerKey} AND state = 'failed'`,
      ({ length }) => length > 0
    )

  const endIfDone = Effect.fnUntraced(function*(batch: BatchKey, row: BatchRow) {
    const isWhole = Number(row.sealed) === 1
    if (row.ended_at !== null) return
    if (Number(row.done) + Number(row.failed) + Number(row.cancelled) < Number(row.total)) return
    if (!isWhole && !(yield* isFillerLost(batch))) return
    const now = yield* Clock.currentTimeMillis
    yield* sql`UPDATE core_job_batches SET ended_at = ${now} WHERE ${theBatch(batch)}`
    if (row.next_job === null || row.cancelled_at !== null || !isWhole) return
    const { element, queue } = decodeNext(row.next_job)
    yield* Effect.orDie(store.offer({
      name: queue,
      id: SecureRandom.uuidV7Unsafe(),
      element,
      isCustomId: false,
      delay: undefined
    }))
  })

  const settle = (batch: BatchKey, jobIds: ReadonlyArray<string>, wanted: Outcome, reason?: string) =>
    joinTransaction(
      sql,
      Effect.gen(function*() {
        const before = yield* lock(batch)
        if (before === undefined) return
        const rows = yield* statesOf(batch, jobIds)
        const filler = rows.find((row) => row.item_key === fillerKey && row.state !== "done")
        // Taken out of its queue it fills nothing any more: the batch is not whole, and nobody cancelled it.
        const isTakenOut = filler?.state === "pending" && wanted === "cancelled" && before.cancelled_at === null
        const outcome = isTakenOut ? "failed" : wanted
        // Of two processes that did the same job one may have given it up before the other was done.
        const changing = rows.filter(({ state }) => state === "pending" || (state === "failed" && outcome === "done"))
        if (changing.length === 0) return
        const now = yield* Clock.currentTimeMillis
        const failedBefore = changing.filter(({ state }) => state === "failed").length
        yield* varying(
          sql,
          sql`UPDATE core_job_batch_jobs SET state = ${outcome}, ended_at = ${now}, reason = ${
            outcome === "failed" ? (reason ?? (isTakenOut ? takenOut : unexpected)).slice(0, maximumReason) : null
          } WHERE ${ofBatch(batch)} AND job_id IN ${sql.in(changing.map((row) => row.job_id))}`
        )
        const isFiller = filler !== undefined && changing.includes(filler)
        const counted = changing.length - (isFiller && outcome !== "failed" ? 1 : 0)
        const after = { ...before, total: Number(before.total), failed: Number(before.failed) - failedBefore }
        after[outcome] = Number(after[outcome]) + counted
        if (isFiller) {
          if (outcome === "failed") after.total += 1
          else {
            if (filler.state === "failed") after.total -= 1
            yield* sql`DELETE FROM core_job_batch_jobs WHERE ${ofBatch(batch)} AND job_id = ${filler.job_id}`
          }
        }
        yield* sql`UPDATE core_job_batches SET total = ${after.total}, done = ${Number(after.done)},
          failed = ${after.failed}, cancelled = ${Number(after.cancelled)} WHERE ${theBatch(batch)}`
        yield* endIfDone(batch, after)
      })
    )

  const isWanted = Effect.fnUntraced(function*(batch: BatchKey, jobId: string) {
    const [row] = yield* sql<{ readonly state: string; readonly cancelled_at: unknown }>`
      SELECT j.state, b.cancelled_at FROM core_job_batch_jobs j
      JOIN core_job_batches b ON b.organization_id = j.organization_id AND b.id = j.batch_id
      WHERE j.organization_id = ${Id.toBytes(batch.organizationId)} AND j.batch_id = ${Id.toBytes(batch.batchId)}
        AND j.job_id = ${Id.toBytes(jobId)}`
    if (row === undefined || row.state !== "pending") return "no"
    return row.cancelled_at === null ? "yes" : "cancelled"
  })

  return JobBatchCounts.of({
    // What was done is counted also when the process is told to stop in between.
    around: (batch, { id, isLastAttempt }, run) =>
      Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
        const settled = (outcome: Outcome, reason?: string) => Effect.orDie(settle(batch, [id], outcome, reason))
        const wanted = yield* Effect.orDie(isWanted(batch, id))
        if (wanted === "cancelled") return yield* settled("cancelled")
        if (wanted === "no") return
        const exit = yield* Effect.exit(restore(run))
        if (Exit.isSuccess(exit)) return yield* settled("done")
        if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.failCause(exit.cause)
        // It was cancelled while it ran: no other attempt is made.
        if ((yield* Effect.orDie(isWanted(batch, id))) === "cancelled") return yield* settled("cancelled")
        if (isLastAttempt) yield* settled("failed", reasonOf(exit.cause))
        return yield* Effect.failCause(exit.cause)
      })),
    settle,
    reopen: (batch, jobIds) =>
      joinTransaction(
        sql,
        Effect.gen(function*() {
          if ((yield* lock(batch)) === undefined) return
          const failed = (yield* statesOf(batch, jobIds)).filter(({ state }) => state === "failed")
          if (failed.length === 0) return
          yield* varying(
            sql,
            sql`UPDATE core_job_batch_jobs SET state = 'pending', ended_at = NULL, reason = NULL
              WHERE ${ofBatch(batch)} AND job_id IN ${sql.in(failed.map((row) => row.job_id))}`
          )
          const fillers = failed.filter((row) => row.item_key === fillerKey).length
          yield* sql`UPDATE core_job_batches
            SET total = total - ${fillers}, failed = failed - ${failed.length}, ended_at = NULL
            WHERE ${theBatch(batch)}`
        })
      ),
    endIfDone,
    lock,
    batchesOf: Effect.fnUntraced(function*(jobIds) {
      const ids = jobIds.filter((id) => uuid.test(id))
      if (ids.length === 0) return []
      const rows = yield* varying(
        sql,
        sql<{ readonly organization_id: Uint8Array; readonly batch_id: Uint8Array; readonly job_id: Uint8Array }>`
          SELECT organization_id, batch_id, job_id FROM core_job_batch_jobs
          WHERE job_id IN ${sql.in(ids.map(Id.toBytes))} ORDER BY organization_id, batch_id`
      )
      const found = new Map<string, BatchKey & { readonly jobIds: Array<string> }>()
      for (const row of rows) {
        const batchId = Id.fromBytes<JobBatchId>(row.batch_id)
        const batch = found.get(batchId) ??
          { organizationId: Id.fromBytes<OrganizationId>(row.organization_id), batchId, jobIds: [] }
        found.set(batchId, batch)
        batch.jobIds.push(Id.fromBytes(row.job_id))
      }
      return [...found.values()]
    })
  })
})
