/**
 * The tables of the queues of jobs, beside `core_jobs`, which the queue makes itself.
 *
 * @since 0.1.0
 */
import * as Migrations from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const jobMigrations: ReadonlyArray<Migration> = [
  {
    // The queues that are paused.
    name: "core_job_queues",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_job_queues (
        name ${types.text(190)} NOT NULL PRIMARY KEY,
        paused_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  {
    // `next_job` is queued when all have ended. The platform's own have its id as their organization.
    name: "core_job_batches",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_job_batches (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        name ${types.text(120)} NOT NULL,
        sealed SMALLINT NOT NULL,
        total INTEGER NOT NULL,
        done INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        cancelled INTEGER NOT NULL,
        next_job ${types.longText},
        created_by ${types.longText} NOT NULL,
        created_at ${types.instant} NOT NULL,
        cancelled_at ${types.instant},
        ended_at ${types.instant},
        PRIMARY KEY (organization_id, id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "core_job_batches_by_end",
    table: "core_job_batches",
    columns: ["ended_at"]
  }),
  {
    name: "core_job_batch_jobs",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_job_batch_jobs (
        organization_id ${types.id} NOT NULL,
        batch_id ${types.id} NOT NULL,
        job_id ${types.id} NOT NULL,
        queue ${types.text(190)} NOT NULL,
        item_key ${types.text(190)} NOT NULL,
        state ${types.text(10)} NOT NULL,
        reason ${types.text(500)},
        ended_at ${types.instant},
        PRIMARY KEY (organization_id, batch_id, job_id),
        UNIQUE (organization_id, batch_id, item_key),
        FOREIGN KEY (organization_id, batch_id) REFERENCES core_job_batches (organization_id, id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "core_job_batch_jobs_by_state",
    table: "core_job_batch_jobs",
    columns: ["organization_id", "batch_id", "state", "job_id"]
  }),
  Migrations.createIndex({
    // Where those who look at a queue find what a job belongs to.
    name: "core_job_batch_jobs_by_job",
    table: "core_job_batch_jobs",
    columns: ["job_id"]
  })
]
