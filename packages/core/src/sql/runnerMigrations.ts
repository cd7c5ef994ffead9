/**
 * The table of the processes that work in the background.
 *
 * @since 0.1.0
 */
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const runnerMigrations: ReadonlyArray<Migration> = [
  {
    // `seen_at` is the database server's time.
    name: "core_runners",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_runners (
        id ${types.id} NOT NULL PRIMARY KEY,
        started_at ${types.instant} NOT NULL,
        seen_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  }
]
